//! Questions of marketing. What is shown must be exact; what is left out must not follow.

use super::asker::{Asker, query};
use super::bank::{filter, groupings, range};
use super::compare::{Compared, in_order, leaves, same};
use crate::figures::consumption::purchase::{KEYS, purchases};
use crate::figures::consumption::{Range, Row, affinity, cohorts, customers, segments, suppression, tables};
use crate::service::Error;
use serde_json::Value;
use std::collections::BTreeSet;

/// Groupings by two keys that are asked for at a moment, of each answer.
const PAIRS: usize = 12;
/// Of how many questions one has filters.
const FILTERED_OF: u64 = 4;

/// All of them; `k` is the fewest customers of a row.
///
/// # Errors
/// The service does not answer.
pub fn ask(asker: &mut Asker<'_>, k: usize) -> Result<(), Error> {
    for what in ["footfall", "tickets", "customers", "mix"] {
        let groupings = groupings(asker, KEYS, usize::MAX).into_iter().filter(|keys| may_be_asked(keys) && !keys.is_empty()).collect::<Vec<_>>();
        let (single, pairs): (Vec<_>, Vec<_>) = groupings.into_iter().partition(|keys| keys.len() == 1);
        let mut chosen = super::merchants::some(asker, pairs, PAIRS);
        chosen.extend(single);
        if matches!(what, "tickets" | "customers") {
            chosen.push(Vec::new());
        }
        for keys in chosen {
            let (range, path) = asked(asker, what, &keys);
            let mine = match what {
                "footfall" => tables::footfall(&range, &keys),
                "tickets" => tables::tickets(&range, &keys),
                "customers" => customers::customers(&range, &keys),
                _ => tables::mix(&range, &keys),
            };
            let single = by_each_key(asker, &path, &keys)?;
            asker.ask(what, &path, |theirs| {
                let compared = judge(&mine, theirs, &keys, k, &single)?;
                Ok(compared + in_order(&theirs["rows"], &keys)?)
            })?;
        }
    }
    for keys in groupings(asker, segments::KEYS, 6) {
        let (range, path) = asked(asker, "segments", &keys);
        let keys = if keys.is_empty() { vec!["recency", "frequency"] } else { keys };
        let mine = segments::segments(&range, &keys, &[]);
        let single = by_each_key(asker, &path, &keys)?;
        asker.ask("segments", &path, |theirs| judge(&mine, theirs, &keys, k, &single))?;
    }
    for period in ["week", "month"] {
        let (range, path) = asked(asker, "cohorts", &[]);
        let mine = cohorts::cohorts(&range, period);
        let path = format!("{path}{}period={period}", if path.contains('?') { "&" } else { "?" });
        asker.ask("cohorts", &path, |theirs| shown_are_true(&mine, theirs, &["cohort", "after"], k).map(|(figures, _)| figures))?;
    }
    for key in ["merchant", "mcc"] {
        let (range, path) = asked(asker, "affinity", &[key]);
        let mine = affinity::affinity(&range, key);
        let is_pairs_filter = range.filters.iter().any(|(name, _)| matches!(name.as_str(), "merchant" | "mcc"));
        if !is_pairs_filter {
            asker.ask("affinity", &path, |theirs| shown_are_true(&mine, theirs, &["a", "b"], k).map(|(figures, _)| figures))?;
        }
    }
    Ok(())
}

/// Not two of day, week, month and weekday, nor a merchant with its MCC or region.
fn may_be_asked(keys: &[&str]) -> bool {
    let days = keys.iter().filter(|key| matches!(**key, "day" | "week" | "month" | "weekday")).count();
    days < 2 && !(keys.contains(&"merchant") && (keys.contains(&"mcc") || keys.contains(&"region")))
}

/// A range of dates, perhaps a filter, and the path that asks for it.
fn asked(asker: &mut Asker<'_>, what: &str, keys: &[&str]) -> (Range, String) {
    let all = purchases(asker.chronicle);
    let (from, to) = range(asker);
    let last = to.unwrap_or(asker.chronicle.today());
    let mut range = Range { all, from: from.unwrap_or(last.plus_days(-29)), to: last, filters: Vec::new() };
    if asker.dice.below(FILTERED_OF) == 0 {
        let key = asker.dice.pick(KEYS);
        let values: Vec<Value> = range.all.iter().map(|purchase| serde_json::json!({ (key): purchase.value(key) })).collect();
        range.filters.extend(filter(asker, key, &values).map(|(key, value)| (key.to_owned(), value)));
    }
    let more: Vec<_> = from.map(|from| ("from", from.to_string())).into_iter().chain(to.map(|to| ("to", to.to_string()))).collect();
    let filters: Vec<(&str, &str)> = range.filters.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let path = format!("/v1/consumption/{what}{}", query(keys, &filters, &more));
    (range, path)
}

/// The rows of the answers by each of two keys alone: whoever asks for both has them, too.
fn by_each_key(asker: &Asker<'_>, path: &str, keys: &[&'static str]) -> Result<Vec<Value>, Error> {
    let (Some((what, parameters)), true) = (path.split_once('?').or(Some((path, ""))), keys.len() == 2) else { return Ok(Vec::new()) };
    let others: Vec<&str> = parameters.split('&').filter(|part| !part.is_empty() && !part.starts_with("group_by=")).collect();
    let ask =
        |key: &&str| Ok(asker.client.get(&format!("{what}?{}", [&[format!("group_by={key}").as_str()], others.as_slice()].concat().join("&")))?["rows"].take());
    keys.iter().map(ask).collect()
}

/// Shown rows are true, what is left out is counted, and none of it follows.
fn judge(mine: &[Row], theirs: &Value, keys: &[&str], k: usize, single: &[Value]) -> Compared {
    let (figures, shown) = shown_are_true(mine, theirs, keys, k)?;
    let said = theirs["suppressed"].as_u64().and_then(|said| usize::try_from(said).ok());
    let hidden = |shown: &[bool]| shown.iter().filter(|shown| !**shown).count();
    // A row of customers enough but without a ticket is all zero, and left out for that alone.
    let is_zero = |row: &Row| row.told.get("count") == Some(&Value::from(0)) && row.customers.len() >= k;
    let with_zeros: Vec<bool> = shown.iter().zip(mine).map(|(shown, row)| *shown || is_zero(row)).collect();
    let shown = if said == Some(hidden(&shown)) { shown } else { with_zeros };
    if said != Some(hidden(&shown)) {
        return Err(format!("{} rows are said to be left out, {} are", theirs["suppressed"], hidden(&shown)));
    }
    let is_told = |key: usize, row: &Row| {
        let (Some(rows), Some(name)) = (single.get(key).and_then(Value::as_array), keys.get(key)) else { return true };
        let currency = row.told.get("currency").unwrap_or(&Value::Null);
        // A total of customers enough without a ticket is not there because it is all zero: that is told, too.
        let same_total: Vec<&Row> = mine.iter().filter(|other| other.keys.get(key) == row.keys.get(key) && other.currency == row.currency).collect();
        let customers: BTreeSet<&String> = same_total.iter().flat_map(|row| &row.customers).collect();
        let is_all_zero = same_total.iter().all(|row| row.told.get("count") == Some(&Value::from(0))) && customers.len() >= k;
        is_all_zero || rows.iter().any(|other| row.keys.get(key) == other.get(*name) && other["currency"] == *currency)
    };
    suppression::check(mine, &shown, k, is_told)?;
    Ok(figures + 1)
}

/// Each row shown is one of the model's, figure for figure, with customers enough; answers which are shown.
fn shown_are_true(mine: &[Row], theirs: &Value, keys: &[&str], k: usize) -> Result<(u64, Vec<bool>), String> {
    if theirs["k"].as_u64() != u64::try_from(k).ok() {
        return Err(format!("k is {}", theirs["k"]));
    }
    let (mut shown, mut figures) = (vec![false; mine.len()], 0);
    for row in theirs["rows"].as_array().into_iter().flatten() {
        let is_row = |own: &Row| keys.iter().chain(&["currency"]).all(|key| own.told.get(*key).unwrap_or(&Value::Null) == &row[*key]);
        let found = mine.iter().zip(&mut shown).find(|(own, _)| is_row(own));
        let Some((own, seen)) = found else { return Err(format!("a row that is none: {row}")) };
        if own.customers.len() < k || *seen {
            return Err(format!("a row of {} customers, or one told twice: {row}", own.customers.len()));
        }
        *seen = true;
        figures += if own.told.contains_key("p50") {
            ticket(own, row)?
        } else {
            same("row", &Value::Object(own.told.clone()), row).map_err(|why| format!("{why}\n    in {row}"))?
        };
    }
    Ok((figures, shown))
}

/// Counts and means are exact, quantiles within the error that the row tells.
fn ticket(own: &Row, row: &Value) -> Compared {
    let is_quantile = |name: &str| tables::QUANTILES.iter().any(|(quantile, _)| *quantile == name);
    for (name, value) in &own.told {
        if !is_quantile(name) {
            same(name, value, &row[name.as_str()]).map_err(|why| format!("{why}\n    in {row}"))?;
        } else if !is_within(value, &row[name.as_str()], &row["error_percent"]) {
            return Err(format!("{name}: model {value}, service {} within {} %\n    in {row}", row[name.as_str()], row["error_percent"]));
        }
    }
    Ok(leaves(&Value::Object(own.told.clone())))
}

fn is_within(mine: &Value, theirs: &Value, error_percent: &Value) -> bool {
    let decimal = |value: &Value| value.as_str().and_then(|text| text.parse::<rust_decimal::Decimal>().ok());
    match (decimal(mine), decimal(theirs), decimal(error_percent)) {
        (Some(mine), Some(theirs), Some(percent)) => (mine - theirs).abs() * rust_decimal::Decimal::ONE_HUNDRED <= mine * percent,
        _ => mine == theirs,
    }
}
