//! Questions about the whole bank: the trial balance, fee income, exposure.

use super::asker::{Asker, query};
use super::compare::{Compared, in_order, same, same_rows};
use super::first;
use super::merchants::some;
use crate::figures::exposure::{self, alerts, liability};
use crate::figures::terms::Risk;
use crate::figures::{Chronicle, accounts, fee_income, unbooked};
use crate::model::said::Outcome;
use crate::service::Error;
use schemas::time::Date;
use serde_json::Value;

/// Groupings by two keys that are asked for at a moment, of each answer.
const PAIRS: usize = 20;
/// Questions with a filter at a moment, of each answer.
const FILTERED: usize = 10;
/// Moments of the past at which the trial balance is asked for.
const PAST: usize = 4;

/// All of them.
///
/// # Errors
/// The service does not answer.
pub fn ask(asker: &mut Asker<'_>) -> Result<(), Error> {
    trial_balance(asker)?;
    income(asker)?;
    not_booked(asker)?;
    held(asker)?;
    first::ask(asker)
}

/// No key, each single key, and some pairs of them.
pub fn groupings(asker: &mut Asker<'_>, keys: &[&'static str], pairs: usize) -> Vec<Vec<&'static str>> {
    let both = keys.iter().flat_map(|one| keys.iter().filter(move |other| *other != one).map(move |other| vec![*one, *other])).collect();
    let both = some(asker, both, pairs);
    [Vec::new()].into_iter().chain(keys.iter().map(|key| vec![*key])).chain(both).collect()
}

/// A filter by a value that some row has; mostly.
pub fn filter(asker: &mut Asker<'_>, key: &'static str, rows: &[Value]) -> Option<(&'static str, String)> {
    let place = asker.dice.place(rows.len())?;
    let value = match rows.get(place).map(|row| &row[key]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return None,
    };
    Some((key, value))
}

fn trial_balance(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let last = chronicle.position();
    let mut moments: Vec<(Option<String>, i64)> = vec![(None, last), (Some(chronicle.today().to_string()), last)];
    moments.extend(some(asker, chronicle.closed(), PAST).into_iter().map(|(date, position)| (Some(date.to_string()), position)));
    for _ in 0..PAST {
        let position = i64::try_from(asker.dice.below(u64::try_from(last + 1).unwrap_or(1))).unwrap_or(0);
        moments.push((Some(format!("0:{position}")), position));
    }
    for (at, position) in moments {
        let more: Vec<_> = at.map(|at| ("at", at)).into_iter().collect();
        let mut groupings = groupings(asker, accounts::KEYS, 3);
        groupings.push(vec!["book", "code", "party", "detail", "merchant"]);
        for keys in groupings {
            let mine = accounts::rows(chronicle, &keys, &[], position);
            asker.ask("accounts", &format!("/v1/accounts{}", query(&keys, &[], &more)), |theirs| rows(&mine, theirs, &keys))?;
        }
        let key = asker.dice.pick(accounts::KEYS);
        let all = accounts::rows(chronicle, &[key], &[], position);
        if let Some((key, value)) = filter(asker, key, &all) {
            let filters = [(key, value.as_str())];
            let mine = accounts::rows(chronicle, &["code", "party"], &filters, position);
            asker.ask("accounts", &format!("/v1/accounts{}", query(&["code", "party"], &filters, &more)), |theirs| rows(&mine, theirs, &["code"]))?;
        }
    }
    Ok(())
}

/// Rows, and that they follow their keys.
fn rows(mine: &[Value], theirs: &Value, keys: &[&str]) -> Compared {
    let ordered: Vec<&str> = keys.iter().copied().take_while(|key| !matches!(*key, "age" | "reason")).collect();
    Ok(same_rows("rows", mine, &theirs["rows"])? + in_order(&theirs["rows"], &ordered)?)
}

/// Two dates, mostly within the life.
pub fn range(asker: &mut Asker<'_>) -> (Option<Date>, Option<Date>) {
    let (today, days) = (asker.chronicle.today(), asker.chronicle.closed().len());
    let back = |asker: &mut Asker<'_>| i32::try_from(asker.dice.below(u64::try_from(days + 2).unwrap_or(1))).unwrap_or(0);
    let (one, other) = (today.plus_days(-back(asker)), today.plus_days(-back(asker)));
    match asker.dice.below(5) {
        0 => (None, None),
        1 => (None, Some(one)),
        2 => (Some(one), None),
        _ => (Some(one.min(other)), Some(one.max(other))),
    }
}

fn income(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let mut questions: Vec<(Vec<&'static str>, Vec<(&'static str, String)>)> =
        groupings(asker, fee_income::KEYS, PAIRS).into_iter().map(|keys| (keys, Vec::new())).collect();
    for _ in 0..FILTERED {
        let key = asker.dice.pick(fee_income::KEYS);
        let all = fee_income::rows(chronicle, &[key], &[], Date::from_days(0), chronicle.today());
        questions.extend(filter(asker, key, &all).map(|filter| (vec![asker.dice.pick(fee_income::KEYS)], vec![filter])));
    }
    for (keys, filters) in questions {
        let (mut from, mut to) = range(asker);
        if filters.iter().any(|(key, _)| matches!(*key, "day" | "week" | "month")) {
            // Whether one day is a range by itself, where no date is asked, is left open.
            (from, to) = (from.or(to), to.or(Some(chronicle.today())));
            from = from.or(Some(Date::from_days(0).plus_days(10_000)));
        }
        let more: Vec<_> = from.map(|from| ("from", from.to_string())).into_iter().chain(to.map(|to| ("to", to.to_string()))).collect();
        let last = to.unwrap_or(chronicle.today());
        let filters: Vec<(&str, &str)> = filters.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mine = fee_income::rows(chronicle, &keys, &filters, from.unwrap_or(last.plus_days(-29)), last);
        let kind = match (keys.len(), filters.is_empty()) {
            (_, false) => "fee income, filtered",
            (0 | 1, true) => "fee income, up to one key",
            _ => "fee income, two keys",
        };
        asker.ask(kind, &format!("/v1/fee-income{}", query(&keys, &filters, &more)), |theirs| rows(&mine, theirs, &keys))?;
    }
    Ok(())
}

/// What was not booked: each outcome, all of them in their order, and by each key and some pairs.
fn not_booked(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let all = Value::Array(unbooked::rows(chronicle, None));
    asker.ask_list("not booked", "/v1/events", |theirs| same("rows", &all, theirs))?;
    for outcome in [Outcome::Refused, Outcome::Parked, Outcome::Quarantined, Outcome::Duplicate] {
        let mine = Value::Array(unbooked::rows(chronicle, Some(outcome)));
        asker.ask_list("not booked, of an outcome", &format!("/v1/events?outcome={}", outcome.as_str()), |theirs| same("rows", &mine, theirs))?;
    }
    for keys in groupings(asker, unbooked::KEYS, PAIRS).into_iter().filter(|keys| !keys.is_empty()) {
        let mine = unbooked::sums(chronicle, &keys);
        asker.ask("not booked, by keys", &format!("/v1/events{}", query(&keys, &[], &[])), |theirs| rows(&mine, theirs, &keys))?;
    }
    Ok(())
}

fn held(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let mut questions: Vec<(Vec<&'static str>, Vec<(&'static str, String)>)> =
        groupings(asker, exposure::KEYS, PAIRS).into_iter().map(|keys| (keys, Vec::new())).collect();
    questions.push((vec!["holder", "merchant", "reason", "age"], Vec::new()));
    for _ in 0..FILTERED {
        let key = asker.dice.pick(exposure::KEYS);
        let all = exposure::rows(chronicle, &[key], &[]);
        questions.extend(filter(asker, key, &all).map(|filter| (vec![asker.dice.pick(exposure::KEYS)], vec![filter])));
    }
    for (keys, filters) in questions {
        let filters: Vec<(&str, &str)> = filters.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let path = format!("/v1/exposure{}", query(&keys, &filters, &[]));
        let mine = exposure::rows(chronicle, &keys, &filters);
        asker.ask("exposure rows", &path, |theirs| rows(&mine, theirs, &keys))?;
        // What liability is not told apart by does not filter it either.
        if filters.iter().all(|(key, _)| liability::KEYS.contains(key)) {
            let mine = liability::rows(chronicle, &keys, &filters);
            asker.ask("exposure liability", &path, |theirs| same_rows("liability", &mine, &theirs["liability"]))?;
        }
    }
    exposure_then(asker, None, chronicle)?;
    let mut moments: Vec<(String, i64)> = some(asker, chronicle.closed(), PAST).into_iter().map(|(date, position)| (date.to_string(), position)).collect();
    for _ in 0..PAST {
        let position = i64::try_from(asker.dice.below(u64::try_from(chronicle.position() + 1).unwrap_or(1))).unwrap_or(0);
        moments.push((format!("0:{position}"), position));
    }
    for (as_of, position) in moments {
        exposure_then(asker, Some(as_of), &chronicle.until(position))?;
    }
    stress(asker)
}

/// Every part of exposure, now or as it was.
fn exposure_then(asker: &mut Asker<'_>, as_of: Option<String>, chronicle: &Chronicle) -> Result<(), Error> {
    let kind = |part: &str| if as_of.is_some() { format!("exposure {part}, of the past") } else { format!("exposure {part}") };
    let ladder_keys = some(asker, liability::KEYS.to_vec(), 2);
    let mut more: Vec<(&str, String)> = as_of.iter().map(|as_of| ("as_of", as_of.clone())).collect();
    if as_of.is_some() {
        let keys = ["merchant", "reason", "age"];
        let path = format!("/v1/exposure{}", query(&keys, &[], &more));
        let mine = exposure::rows(chronicle, &keys, &[]);
        asker.ask(&kind("rows"), &path, |theirs| rows(&mine, theirs, &keys))?;
        let mine = liability::rows(chronicle, &keys, &[]);
        asker.ask(&kind("liability"), &path, |theirs| same_rows("liability", &mine, &theirs["liability"]))?;
    }
    let parts: [(&str, Vec<Value>); 4] = [
        ("scheme_receivable", exposure::scheme_receivable(chronicle)),
        ("concentration", exposure::concentration(chronicle)),
        ("retention", exposure::retention(chronicle)),
        ("stopped_trading", exposure::stopped_trading(chronicle)),
    ];
    let path = format!("/v1/exposure{}", query(&[], &[], &more));
    for (part, mine) in parts {
        asker.ask(&kind(part), &path, |theirs| same_rows(part, &mine, &theirs[part]))?;
    }
    asker.ask(&kind("alerts"), &path, |theirs| alerts_of(&alerts::alerts(chronicle), &theirs["alerts"]))?;
    asker.ask(&kind("ladder"), &path, |theirs| same_rows("ladder", &exposure::ladder(chronicle, &[]), &theirs["ladder"]))?;
    more.push(("ladder_group_by", ladder_keys.join(",")));
    let path = format!("/v1/exposure{}", query(&[], &[], &more));
    asker.ask(&kind("ladder by keys"), &path, |theirs| same_rows("ladder", &exposure::ladder(chronicle, &ladder_keys), &theirs["ladder"]))
}

/// Liability under a stress test.
fn stress(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let (percent, days) = (asker.dice.between(0, 20), asker.dice.between(1, 200));
    let stressed = |risk: Risk| Risk {
        chargeback_percent: i128::from(percent) * 1_000_000,
        chargeback_days: i128::from(days),
        delivery: vec![(60_000_000, 30), (5_500_000, 7)],
        ..risk
    };
    let more = [("chargeback_percent", percent.to_string()), ("chargeback_days", days.to_string()), ("delivery", "60:30,5.5:7".to_owned())];
    let path = format!("/v1/exposure{}", query(&["merchant"], &[], &more));
    let mine = liability::stressed(chronicle, &["merchant"], &[], &stressed);
    asker.ask("exposure liability, stressed", &path, |theirs| same_rows("liability", &mine, &theirs["liability"]))
}

/// Alerts have fields by kind, and refused money has an amount or none, so each is compared by itself.
fn alerts_of(mine: &[Value], theirs: &Value) -> Compared {
    let kinds = ["safeguarding", "second_clearing", "out_of_balance", "unpriced", "chargeback_exceeds_captured", "money_refused"];
    let of = |rows: &[Value], kind: &str, tells_amount: bool| {
        rows.iter().filter(|row| row["kind"] == kind && row.get("amount").is_some() == tells_amount).cloned().collect::<Vec<_>>()
    };
    let theirs = theirs.as_array().cloned().unwrap_or_default();
    if let Some(unknown) = theirs.iter().find(|row| !kinds.iter().any(|kind| row["kind"] == *kind)) {
        return Err(format!("an alert of no known kind: {unknown}"));
    }
    let order = |row: &Value| {
        let rank = ["critical", "warning", "info"].iter().position(|severity| row["severity"] == *severity);
        (rank, row["since"].as_str().map(str::to_owned))
    };
    if let Some(pair) = theirs.windows(2).find(|pair| order(&pair[0]) > order(&pair[1])) {
        return Err(format!("{} stands before {}, which is more severe or older", pair[0], pair[1]));
    }
    let each = kinds.iter().flat_map(|kind| [true, false].map(|tells_amount| (kind, tells_amount)));
    each.into_iter()
        .try_fold(0, |sum, (kind, tells_amount)| Ok(sum + same_rows(kind, &of(mine, kind, tells_amount), &Value::Array(of(&theirs, kind, tells_amount)))?))
}
