//! Questions to lists over all merchants, and about the versions of contracts.

use super::asker::{Asker, encoded, query};
use super::bank::range;
use super::compare::{Compared, same, same_rows};
use crate::figures::lists;
use crate::service::Error;
use schemas::time::Date;
use serde_json::Value;

/// Questions with a filter to each list at a moment.
const FILTERED: usize = 8;
/// Filters of payments by what a row shows.
const PAYMENT_FILTERS: &[&str] = &["merchant", "state", "currency", "amount", "terminal", "available_on", "payment"];
/// Filters of entries by what a row shows.
const ENTRY_FILTERS: &[&str] = &["merchant", "type", "payment", "reference", "amount"];
/// Filters of holds, payouts and disputes by what a row shows.
const OBJECT_FILTERS: &[&str] = &["merchant", "state", "currency", "amount"];

/// All of them.
///
/// # Errors
/// The service does not answer.
pub fn ask(asker: &mut Asker<'_>) -> Result<(), Error> {
    payments(asker)?;
    entries(asker)?;
    for list in ["holds", "payouts", "disputes"] {
        objects(asker, list)?;
    }
    for merchant in asker.chronicle.merchants() {
        let mine = lists::contracts(asker.chronicle, &merchant);
        asker.ask_list("past contracts", &format!("/v1/merchants/{}/contracts", encoded(&merchant)), |theirs| in_this_order(&mine, theirs))?;
    }
    Ok(())
}

/// Whether the rows are the same in the same order.
pub fn in_this_order(mine: &[Value], theirs: &Value) -> Compared {
    same("rows", &Value::Array(mine.to_vec()), theirs)
}

fn payments(asker: &mut Asker<'_>) -> Result<(), Error> {
    let all = lists::payments(asker.chronicle);
    let rows: Vec<Value> = all.iter().map(|(_, row)| row.clone()).collect();
    asker.ask_list("all payments", "/v1/payments", |theirs| in_this_order(&rows, theirs))?;
    for _ in 0..FILTERED {
        let (from, to) = range(asker);
        let within = |date: Date| from.is_none_or(|from| date >= from) && to.is_none_or(|to| date <= to);
        let dated: Vec<Value> = all.iter().filter(|(date, _)| within(*date)).map(|(_, row)| row.clone()).collect();
        let Some((key, value)) = some_filter(asker, PAYMENT_FILTERS, &rows) else { continue };
        let mine = filtered(&dated, key, &value);
        asker.ask_list("all payments, filtered", &format!("/v1/payments{}", asked(&[(key, &value)], from, to)), |theirs| in_this_order(&mine, theirs))?;
    }
    // The reference may be any of the payment's events'.
    let named = lists::entries(asker.chronicle);
    if let Some((_, value)) = some_filter(asker, &["reference"], &named) {
        let names = lists::payments_named(asker.chronicle, &value);
        let of = |row: &&Value| names.iter().any(|(merchant, payment)| row["merchant"] == **merchant && row["payment"] == **payment);
        let mine: Vec<Value> = rows.iter().filter(of).cloned().collect();
        asker.ask_list("all payments, by reference", &format!("/v1/payments{}", asked(&[("reference", &value)], None, None)), |theirs| {
            in_this_order(&mine, theirs)
        })?;
    }
    Ok(())
}

fn entries(asker: &mut Asker<'_>) -> Result<(), Error> {
    let all = lists::entries(asker.chronicle);
    asker.ask_list("all entries", "/v1/entries", |theirs| in_this_order(&all, theirs))?;
    for _ in 0..FILTERED {
        let Some((key, value)) = some_filter(asker, ENTRY_FILTERS, &all) else { continue };
        let mut mine = filtered(&all, key, &value);
        let (from, to) = range(asker);
        let date = |row: &Value| row["business_date"].as_str().and_then(Date::parse);
        mine.retain(|row| date(row).is_some_and(|date| from.is_none_or(|from| date >= from) && to.is_none_or(|to| date <= to)));
        asker.ask_list("all entries, filtered", &format!("/v1/entries{}", asked(&[(key, &value)], from, to)), |theirs| {
            if key == "amount" { at_least(&mine, theirs) } else { in_this_order(&mine, theirs) }
        })?;
    }
    Ok(())
}

/// An amount also finds events without one of their own: by that of their hold, payout or dispute.
fn at_least(mine: &[Value], theirs: &Value) -> Compared {
    let known = theirs.as_array().cloned().unwrap_or_default();
    let known: Vec<Value> = known.into_iter().filter(|row| mine.iter().any(|own| own["entry"] == row["entry"])).collect();
    in_this_order(mine, &Value::Array(known))
}

fn objects(asker: &mut Asker<'_>, list: &str) -> Result<(), Error> {
    let (all, key) = lists::objects(asker.chronicle, list);
    let falls = move |theirs: &Value| {
        let rows = theirs.as_array().map(Vec::as_slice).unwrap_or_default();
        match rows.windows(2).find(|pair| pair[0][key].as_str() < pair[1][key].as_str()) {
            Some(pair) => Err(format!("{} stands before {}, and is older", pair[0], pair[1])),
            None => Ok(0),
        }
    };
    asker.ask_list(&format!("all {list}"), &format!("/v1/{list}"), |theirs| Ok(same_rows(list, &all, theirs)? + falls(theirs)?))?;
    for _ in 0..FILTERED {
        let Some((filter, value)) = some_filter(asker, OBJECT_FILTERS, &all) else { continue };
        let mine = filtered(&all, filter, &value);
        asker.ask_list(&format!("all {list}, filtered"), &format!("/v1/{list}{}", asked(&[(filter, &value)], None, None)), |theirs| {
            Ok(same_rows(list, &mine, theirs)? + falls(theirs)?)
        })?;
    }
    Ok(())
}

/// A filter and a value that some row has.
fn some_filter(asker: &mut Asker<'_>, keys: &[&'static str], rows: &[Value]) -> Option<(&'static str, String)> {
    let key = asker.dice.pick(keys);
    let having: Vec<&str> = rows.iter().filter_map(|row| row[key].as_str()).collect();
    let place = asker.dice.place(having.len())?;
    Some((key, (*having.get(place)?).to_owned()))
}

/// Rows with a value; amounts are compared as numbers, whatever they are in.
fn filtered(rows: &[Value], key: &str, value: &str) -> Vec<Value> {
    let number = |text: &str| text.parse::<rust_decimal::Decimal>().ok();
    let fits = |row: &&Value| match (&row[key], key) {
        (Value::String(text), "amount") => number(text) == number(value),
        (found, _) => found == value,
    };
    rows.iter().filter(fits).cloned().collect()
}

fn asked(filters: &[(&str, &str)], from: Option<Date>, to: Option<Date>) -> String {
    let more: Vec<_> = from.map(|from| ("from", from.to_string())).into_iter().chain(to.map(|to| ("to", to.to_string()))).collect();
    query(&[], filters, &more)
}
