//! Questions about single merchants.

use super::asker::{Asker, encoded, query};
use super::compare::{same, same_rows};
use crate::figures::balances::balances;
use crate::figures::{fees, objects, payment, statement};
use crate::service::Error;
use schemas::time::Date;
use serde_json::Value;
use std::ops::RangeInclusive;

/// Closed dates that are asked for at a moment.
const DATES: usize = 8;
/// Positions that are asked for at a moment.
const POSITIONS: usize = 4;
/// Payments that are asked for at a moment.
const PAYMENTS: usize = 60;

/// All of them.
///
/// # Errors
/// The service does not answer.
pub fn ask(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let closed = chronicle.closed();
    let dates = some(asker, closed.clone(), DATES);
    let last = chronicle.position();
    let positions = (0..POSITIONS).map(|_| i64::try_from(asker.dice.below(u64::try_from(last + 1).unwrap_or(1))).unwrap_or(0)).collect::<Vec<_>>();
    let merchants = chronicle.merchants();
    balances_at(asker, &merchants, last, None, "balances now")?;
    balances_at(asker, &merchants, last, Some(chronicle.today().to_string()), "balances of the open date")?;
    for position in positions {
        balances_at(asker, &merchants, position, Some(format!("0:{position}")), "balances at a position")?;
    }
    for (date, position) in dates {
        balances_at(asker, &merchants, position, Some(date.to_string()), "balances of a closed date")?;
        let first = some(asker, closed.clone(), 1).first().map_or(date, |(first, _)| (*first).min(date));
        for merchant in &merchants {
            statement_of(asker, merchant, &(date..=date), position)?;
            statement_of(asker, merchant, &(first..=date), position)?;
        }
    }
    for merchant in &merchants {
        lists(asker, merchant)?;
    }
    payments(asker)
}

/// So many of a list, in their order.
pub fn some<T>(asker: &mut Asker<'_>, from: Vec<T>, count: usize) -> Vec<T> {
    let mut from = from;
    while from.len() > count {
        let Some(place) = asker.dice.place(from.len()) else { break };
        from.remove(place);
    }
    from
}

fn balances_at(asker: &mut Asker<'_>, merchants: &[String], position: i64, as_of: Option<String>, kind: &str) -> Result<(), Error> {
    let model = asker.chronicle.model_at(position);
    let query = query(&[], &[], &as_of.map(|as_of| ("as_of", as_of)).into_iter().collect::<Vec<_>>());
    for merchant in merchants {
        // What a merchant has before it has a contract is nothing, and nobody's.
        if let Some(mine) = balances(asker.chronicle, &model, merchant, position) {
            asker.ask_whole(kind, &format!("/v1/merchants/{}/balances{query}", encoded(merchant)), &mine)?;
        }
    }
    Ok(())
}

fn statement_of(asker: &mut Asker<'_>, merchant: &str, dates: &RangeInclusive<Date>, position: i64) -> Result<(), Error> {
    if asker.chronicle.contract_at(merchant, position).is_none() {
        return Ok(());
    }
    let mut mine = statement::statement(asker.chronicle, merchant, dates, position);
    let accounts = taken(&mut mine, "accounts");
    let (first, last) = (dates.start(), dates.end());
    let (kind, asked) = if first == last { ("statements", first.to_string()) } else { ("statements of ranges", format!("{first}..{last}")) };
    let path = format!("/v1/merchants/{}/statements/{asked}", encoded(merchant));
    asker.ask(kind, &path, |theirs| Ok(same("", &mine, theirs)? + same_rows("accounts", &accounts, &theirs["accounts"])?))
}

fn lists(asker: &mut Asker<'_>, merchant: &str) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let found: [(&str, Vec<Value>); 4] = [
        ("fees", fees::rows(chronicle, merchant)),
        ("payouts", objects::payouts(chronicle, merchant)),
        ("holds", objects::holds(chronicle, merchant)),
        ("disputes", objects::disputes(chronicle, merchant)),
    ];
    for (name, mine) in found {
        asker.ask_list(name, &format!("/v1/merchants/{}/{name}", encoded(merchant)), |theirs| same_rows(name, &mine, theirs))?;
    }
    Ok(())
}

fn payments(asker: &mut Asker<'_>) -> Result<(), Error> {
    let names = asker.chronicle.payments().map(|(name, _)| name.clone()).collect();
    for name in some(asker, names, PAYMENTS) {
        if let Some(mine) = payment::payment(asker.chronicle, &name) {
            let (mut mine, path) = (mine, format!("/v1/merchants/{}/payments/{}", encoded(&name.0), encoded(&name.1)));
            // Whether an event that waited is told where it came or where it was posted is left open.
            let events = taken(&mut mine, "events");
            asker.ask("payments", &path, |theirs| Ok(same("", &mine, theirs)? + same_rows("events", &events, &theirs["events"])?))?;
        }
    }
    Ok(())
}

/// Takes a list out of an object.
fn taken(from: &mut Value, name: &str) -> Vec<Value> {
    match from.as_object_mut().and_then(|members| members.remove(name)) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
