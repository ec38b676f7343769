//! What was not booked: `GET /v1/events`, as a list and by its keys.

use super::chronicle::Chronicle;
use super::entry::Entry;
use crate::model::money::text;
use crate::model::said::Outcome;
use schemas::money::Currency;
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Everything that it can be grouped by, besides currency.
pub const KEYS: &[&str] = &["outcome", "code", "type", "day"];

/// The last entry of each record that did not end as posted: what waited and has left is told as it left.
fn ended(chronicle: &Chronicle) -> Vec<&Entry> {
    let mut last = BTreeMap::new();
    // What a day close moves of merchants has no record of its own.
    let own = chronicle.entries.iter().filter(|entry| !(entry.kind() == "day_closed" && entry.said.subject.is_some()));
    for entry in own {
        last.insert(entry.said.offset, entry);
    }
    let mut ended: Vec<&Entry> = last.into_values().filter(|entry| !entry.is_posted()).collect();
    ended.sort_by_key(|entry| Reverse((entry.date(), entry.said.offset)));
    ended
}

/// The rows of the list, newest first: of one outcome, or of all.
pub fn rows(chronicle: &Chronicle, outcome: Option<Outcome>) -> Vec<Value> {
    let fitting = ended(chronicle).into_iter().filter(|entry| outcome.is_none_or(|outcome| entry.said.outcome == outcome));
    fitting.map(row).collect()
}

fn amount(entry: &Entry) -> Option<(Currency, i128)> {
    let event = entry.event.as_ref()?;
    Some((event.currency()?, event.amount()?))
}

fn row(entry: &Entry) -> Value {
    let said = &entry.said;
    let (currency, amount) = amount(entry).map(|(currency, minor)| (currency.code().to_owned(), text(minor, currency))).unzip();
    let payment = entry.event.as_ref().and_then(|event| event.text("payment"));
    json!({"id": said.event, "merchant": said.subject, "type": said.kind, "payment": payment, "currency": currency, "amount": amount,
        "outcome": said.outcome.as_str(), "code": said.code, "business_date": said.business_date.map(|date| date.to_string()),
        "position": format!("0:{}", said.offset)})
}

/// How many, and how much by currency, by some keys.
pub fn sums(chronicle: &Chronicle, keys: &[&str]) -> Vec<Value> {
    let mut sums = BTreeMap::<Vec<Option<String>>, (Option<Currency>, u64, i128)>::new();
    for entry in ended(chronicle) {
        let said = &entry.said;
        let amount = amount(entry);
        let value = |key: &str| match key {
            "outcome" => Some(said.outcome.as_str().to_owned()),
            "code" => said.code.clone(),
            "type" => said.kind.clone(),
            "day" => said.business_date.map(|date| date.to_string()),
            _ => amount.map(|(currency, _)| currency.code().to_owned()),
        };
        let key = keys.iter().copied().chain(["currency"]).map(value).collect();
        let sum = sums.entry(key).or_insert((amount.map(|(currency, _)| currency), 0, 0));
        (sum.1, sum.2) = (sum.1 + 1, sum.2 + amount.map_or(0, |(_, minor)| minor));
    }
    let told = |(values, (currency, count, minor)): (Vec<Option<String>>, (Option<Currency>, u64, i128))| {
        let mut row: Map<String, Value> =
            keys.iter().copied().chain(["currency"]).map(str::to_owned).zip(values.into_iter().map(|value| json!(value))).collect();
        row.insert("count".into(), json!(count));
        row.insert("amount".into(), currency.map_or(Value::Null, |currency| json!(text(minor, currency))));
        Value::Object(row)
    };
    sums.into_iter().map(told).collect()
}
