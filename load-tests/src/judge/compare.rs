//! Compares what the model said of a record with what the service said.

use crate::model::money::Decimal;
use crate::model::said::{Outcome, Said};
use serde_json::Value;
use std::collections::BTreeMap;

/// How two answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Other entries, outcomes or codes.
    Outcome,
    /// The same outcomes, other money.
    Lines,
    /// The same outcomes and the same sums on every account, but debits paired with other credits.
    Pairing,
    /// The same outcomes and lines, in another order.
    LineOrder,
    /// The same entries, in another order.
    EntryOrder,
    /// Only dates, types or subjects differ.
    Label,
}

impl Difference {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome => "outcomes differ",
            Self::Lines => "lines differ",
            Self::Pairing => "every account moves alike, only debits and credits are paired otherwise",
            Self::LineOrder => "only the order of lines differs",
            Self::EntryOrder => "only the order of entries differs",
            Self::Label => "only dates, types or subjects differ",
        }
    }
}

/// The first difference between the model's entries and the service's, the gravest kind first.
pub fn difference(model: &[Said], service: &Value) -> Option<Difference> {
    let mine: Vec<Entry> = model.iter().map(Entry::of_model).collect();
    let empty = Vec::new();
    let theirs: Vec<Entry> = service.get("entries").and_then(Value::as_array).unwrap_or(&empty).iter().map(Entry::of_service).collect();
    if mine == theirs {
        return None;
    }
    let (mut my_sorted, mut their_sorted) = (mine.clone(), theirs.clone());
    my_sorted.sort_by_key(|entry| entry.key());
    their_sorted.sort_by_key(|entry| entry.key());
    let keys = |entries: &[Entry]| entries.iter().map(Entry::key).collect::<Vec<_>>();
    if keys(&my_sorted) != keys(&their_sorted) {
        return Some(Difference::Outcome);
    }
    let pairs = || my_sorted.iter().zip(&their_sorted);
    if pairs().any(|(one, other)| one.sums != other.sums) {
        return Some(Difference::Lines);
    }
    if pairs().any(|(one, other)| counted(&one.lines) != counted(&other.lines)) {
        return Some(Difference::Pairing);
    }
    if pairs().any(|(one, other)| one.lines != other.lines) {
        return Some(Difference::LineOrder);
    }
    Some(if keys(&mine) != keys(&theirs) { Difference::EntryOrder } else { Difference::Label })
}

fn counted(lines: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line.as_str()).or_insert(0) += 1;
    }
    counts
}

/// One entry, as both sides can say it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    record: i64,
    subject: String,
    outcome: String,
    code: String,
    kind: String,
    date: String,
    lines: Vec<String>,
    /// Debits less credits of each account, as text and in units of 10^-4.
    sums: BTreeMap<String, i128>,
}

impl Entry {
    fn of_model(said: &Said) -> Self {
        Self::of_json(&said.json(), said.outcome != Outcome::Quarantined)
    }

    fn of_service(entry: &Value) -> Self {
        Self::of_json(entry, entry.get("outcome").and_then(Value::as_str) != Some("quarantined"))
    }

    /// What is told of an unreadable record beside its code is free: some of it could be read, some not.
    fn of_json(entry: &Value, labelled: bool) -> Self {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let label = |name: &str| if labelled { text(name) } else { String::new() };
        let posted = matches!(text("outcome").as_str(), "posted" | "refused");
        Self {
            record: entry.get("record").and_then(Value::as_i64).unwrap_or(-1),
            subject: label("subject"),
            outcome: text("outcome"),
            code: text("code"),
            kind: label("type"),
            // Only what is booked is booked on a date.
            date: if posted { text("business_date") } else { String::new() },
            lines: lines(entry).map(canonical).collect(),
            sums: sums(entry),
        }
    }

    fn key(&self) -> (i64, String, String, String) {
        (self.record, self.subject.clone(), self.outcome.clone(), self.code.clone())
    }
}

fn lines(entry: &Value) -> impl Iterator<Item = &Value> {
    entry.get("lines").and_then(Value::as_array).into_iter().flatten()
}

fn sums(entry: &Value) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for line in lines(entry) {
        let wallet = format!("{} {}", text(line, "book"), text(line, "currency"));
        // No currency has more than four decimals.
        let amount = Decimal::read(text(line, "amount")).and_then(|amount| amount.scaled(4)).unwrap_or(0);
        for (side, signed) in [("debit", amount), ("credit", -amount)] {
            *sums.entry(format!("{wallet} {}", account(line, side))).or_insert(0) += signed;
        }
    }
    sums
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn account(line: &Value, side: &str) -> String {
    let account = line.get(side).unwrap_or(&Value::Null);
    ["code", "party", "detail"].map(|name| text(account, name)).join("/")
}

/// A line as text, the same whatever the order of its keys.
fn canonical(line: &Value) -> String {
    let wallet = format!("{} {}", text(line, "book"), text(line, "currency"));
    format!("{wallet} Dr {} Cr {} {}", account(line, "debit"), account(line, "credit"), text(line, "amount"))
}

/// Both sides, to be read by a person.
pub fn shown(model: &[Said], service: &Value) -> String {
    let mut text = String::from("  model:");
    for said in model {
        text.push_str(&format!("\n    record {} {said}", said.offset));
    }
    text.push_str("\n  service:");
    for entry in service.get("entries").and_then(Value::as_array).into_iter().flatten() {
        let field = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or("-");
        let record = entry.get("record").and_then(Value::as_i64).unwrap_or(-1);
        text.push_str(&format!("\n    record {record} {} {} {} {}", field("event"), field("type"), field("subject"), field("outcome")));
        text.push_str(&format!(" {} on {}", field("code"), field("business_date")));
        for line in entry.get("lines").and_then(Value::as_array).into_iter().flatten() {
            text.push_str(&format!("\n      {}", canonical(line)));
        }
    }
    text
}
