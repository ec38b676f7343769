//! Fund-hold exposure as of now: `GET /v1/exposure`.
//!
//! [`parts`] says what is held, where and since when; [`liability`] what it may have to pay for; [`alerts`] and
//! [`batches`] what is to be looked at; here the parts are grouped.

pub mod alerts;
pub mod batches;
pub mod liability;
pub mod parts;

use super::chronicle::Chronicle;
use super::ratio::{nearest_rank, percent, ratio, scaled};
use crate::model::money::text;
use parts::{Part, parts};
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that exposure can be grouped and filtered by.
pub const KEYS: &[&str] = &["holder", "merchant", "mcc", "partner", "reason", "age"];
/// Of how many dates payouts are looked at, today included.
const PAYOUT_DATES: i32 = 30;

/// The rows, where each filter's key has its value.
pub fn rows(chronicle: &Chronicle, keys: &[&str], filters: &[(&str, &str)]) -> Vec<Value> {
    let today = chronicle.today();
    let mut rows = BTreeMap::<Vec<Option<String>>, (Currency, i128, i128, BTreeSet<String>)>::new();
    for part in parts(chronicle).0 {
        if filters.iter().any(|(key, wanted)| part.value(chronicle, key).as_deref() != Some(wanted)) {
            continue;
        }
        let values = keys.iter().chain(&["currency"]).map(|key| part.value(chronicle, key)).collect();
        let (_, amount, overdue, units) = rows.entry(values).or_insert_with(|| (part.currency, 0, 0, BTreeSet::new()));
        *amount += part.amount;
        *overdue += if part.expected.is_some_and(|expected| expected < today) { part.amount } else { 0 };
        units.insert(part.unit.clone());
    }
    let told = |(values, (currency, amount, overdue, units)): (Vec<Option<String>>, (Currency, i128, i128, BTreeSet<String>))| {
        let mut row: Map<String, Value> =
            keys.iter().copied().chain(["currency"]).map(str::to_owned).zip(values.into_iter().map(|value| json!(value))).collect();
        row.insert("amount".into(), json!(text(amount, currency)));
        row.insert("overdue".into(), json!(text(overdue, currency)));
        row.insert("count".into(), json!(units.len()));
        Value::Object(row)
    };
    rows.into_iter().map(told).collect()
}

/// Reserve by the date of its release, and by other keys.
pub fn ladder(chronicle: &Chronicle, keys: &[&str]) -> Vec<Value> {
    let mut sums = BTreeMap::new();
    for part in parts(chronicle).0.into_iter().filter(|part| part.reason == "reserve") {
        let values: Vec<Option<String>> = keys.iter().map(|key| part.value(chronicle, key)).collect();
        *sums.entry((part.expected, values, part.currency)).or_insert(0) += part.amount;
    }
    let mut rows = Vec::new();
    for ((date, values, currency), amount) in sums {
        let mut row = json!({"release_on": date.map(|date| date.to_string()), "currency": currency.code(), "amount": text(amount, currency)});
        keys.iter().zip(values).for_each(|(key, value)| row[*key] = json!(value));
        rows.push(row);
    }
    rows
}

/// Merchants that traded and stopped: with sales on five dates or more of the thirty up to the last one, since which five
/// weekdays or more have passed, while a chargeback of it may still come.
pub fn stopped_trading(chronicle: &Chronicle) -> Vec<Value> {
    let today = chronicle.today();
    let mut rows = Vec::new();
    for merchant in chronicle.merchants() {
        let sales = chronicle.posted().filter(|entry| entry.merchant() == Some(&merchant) && matches!(entry.kind(), "sale" | "preauth_completed"));
        let dates: BTreeSet<Date> = sales.map(super::Entry::date).collect();
        let (Some(last), Some(terms)) = (dates.last().copied(), chronicle.contract(&merchant)) else { continue };
        let sold = dates.iter().filter(|date| **date > last.plus_days(-30)).count();
        let silent = (last.days() + 1..today.days()).filter(|day| Date::from_days(*day).weekday() <= 5).count();
        if sold >= 5 && silent >= 5 && i128::from(today.days() - last.days()) < terms.risk.chargeback_days {
            rows.push(json!({"merchant": merchant, "last_sale_on": last.to_string(), "sale_dates": sold, "silent_weekdays": silent}));
        }
    }
    rows
}

/// 1010 per scheme.
pub fn scheme_receivable(chronicle: &Chronicle) -> Vec<Value> {
    let mut sums = BTreeMap::new();
    for line in chronicle.posted().flat_map(|entry| &entry.said.lines) {
        for (account, signed) in [(&line.debit, line.amount), (&line.credit, -line.amount)] {
            if account.code == 1010 {
                *sums.entry((account.party.clone(), line.book.clone(), line.currency)).or_insert(0) += signed;
            }
        }
    }
    let open = sums.into_iter().filter(|(_, amount)| *amount != 0);
    open.map(|((scheme, holder, currency), amount)| json!({"scheme": scheme, "holder": holder, "currency": currency.code(), "amount": text(amount, currency)}))
        .collect()
}

/// The ten largest by merchant, MCC, partner and PSP, and how much lies with few.
pub fn concentration(chronicle: &Chronicle) -> Vec<Value> {
    let parts = parts(chronicle).0;
    let mut rows = Vec::new();
    for by in ["merchant", "mcc", "partner", "psp"] {
        let mut sums = BTreeMap::<Currency, BTreeMap<String, i128>>::new();
        for part in &parts {
            if let Some(key) = part.value(chronicle, by) {
                *sums.entry(part.currency).or_default().entry(key).or_insert(0) += part.amount;
            }
        }
        for (currency, keys) in sums {
            let total: i128 = keys.values().sum();
            let squares: i128 = keys.values().map(|amount| amount * amount).sum();
            let mut largest: Vec<(String, i128)> = keys.into_iter().collect();
            largest.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
            let top: Vec<Value> = largest
                .iter()
                .take(10)
                .map(|(key, amount)| json!({"key": key, "amount": text(*amount, currency), "share_percent": percent(*amount, total)}))
                .collect();
            rows.push(json!({"by": by, "currency": currency.code(), "top": top, "hhi": ratio(squares, total * total, 4)}));
        }
    }
    rows
}

/// What PSPs hold, and the age of the money that their payouts paid lately.
pub fn retention(chronicle: &Chronicle) -> Vec<Value> {
    let (parts, paid) = parts(chronicle);
    let mut rows = BTreeMap::<(String, Currency), (i128, Vec<(i32, i128)>)>::new();
    for (part, psp) in parts.iter().filter_map(|part: &Part| Some((part, part.book.strip_prefix("psp:")?))) {
        rows.entry((psp.to_owned(), part.currency)).or_default().0 += part.amount;
    }
    let first = chronicle.today().plus_days(1 - PAYOUT_DATES);
    for paid in paid.iter().filter(|paid| paid.on >= first) {
        if let Some(psp) = paid.book.strip_prefix("psp:") {
            rows.entry((psp.to_owned(), paid.currency)).or_default().1.push((paid.age, paid.amount));
        }
    }
    let told = |((psp, currency), (amount, mut ages)): ((String, Currency), (i128, Vec<(i32, i128)>))| {
        ages.sort_unstable();
        let total = ages.iter().map(|(_, amount)| amount).sum::<i128>();
        let quantile = |percent: usize| {
            let rank = i128::try_from(nearest_rank(percent, usize::try_from(total).unwrap_or(usize::MAX))).unwrap_or(i128::MAX);
            let mut below = 0;
            let found = ages.iter().find(|(_, amount)| {
                below += amount;
                below > rank
            });
            found.map(|(age, _)| scaled(i128::from(*age) * 10, 1))
        };
        json!({"psp": psp, "currency": currency.code(), "amount": text(amount, currency), "days_to_pay": {"p50": quantile(50), "p95": quantile(95)}})
    };
    rows.into_iter().map(told).collect()
}
