//! Footfall, tickets and the mix: sums over purchases by any keys.

use super::{Purchase, Range, Row, estimate};
use crate::figures::ratio::{divide, nearest_rank, percent};
use crate::model::money::text;
use schemas::money::Currency;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The quantiles that are told.
pub const QUANTILES: &[(&str, usize)] = &[("p10", 10), ("p25", 25), ("p50", 50), ("p75", 75), ("p90", 90), ("p95", 95), ("p99", 99)];

fn net(purchases: &[&Purchase]) -> i128 {
    purchases.iter().map(|purchase| purchase.net).sum()
}

/// Visits, customers and sales.
pub fn footfall(range: &Range, keys: &[&str]) -> Vec<Row> {
    let told = |(mut row, purchases): (Row, Vec<&Purchase>)| {
        let sales = row.currency.map(|currency| text(net(&purchases), currency));
        row.told.extend([
            ("visits".to_owned(), json!(purchases.len())),
            ("customers".to_owned(), estimate(row.customers.len())),
            ("sales".to_owned(), json!(sales)),
        ]);
        row
    };
    range.groups(keys, true).into_iter().map(told).collect()
}

/// Visits, customers, sales and their share of all sales of the currency.
pub fn mix(range: &Range, keys: &[&str]) -> Vec<Row> {
    let mut totals = BTreeMap::<Currency, i128>::new();
    for purchase in range.purchases() {
        *totals.entry(purchase.currency).or_insert(0) += purchase.net;
    }
    let sums: Vec<i128> = range.groups(keys, true).iter().map(|(_, purchases)| net(purchases)).collect();
    let share = |(mut row, sum): (Row, i128)| {
        let total = row.currency.and_then(|currency| totals.get(&currency)).copied().unwrap_or(0);
        row.told.insert("share_percent".to_owned(), json!(percent(sum, total)));
        row
    };
    footfall(range, keys).into_iter().zip(sums).map(share).collect()
}

/// Purchases with something left of them, their mean and exact quantiles.
pub fn tickets(range: &Range, keys: &[&str]) -> Vec<Row> {
    let told = |(mut row, purchases): (Row, Vec<&Purchase>)| {
        let mut tickets: Vec<i128> = purchases.iter().map(|purchase| purchase.net).filter(|net| *net > 0).collect();
        tickets.sort_unstable();
        let money = |minor: Option<i128>| json!(minor.zip(row.currency).map(|(minor, currency)| text(minor, currency)));
        let count = i128::try_from(tickets.len()).unwrap_or(i128::MAX);
        let mut figures: Vec<(String, Value)> = vec![("count".into(), json!(count)), ("mean".into(), money(divide(tickets.iter().sum(), count)))];
        for (name, percent) in QUANTILES {
            figures.push(((*name).to_owned(), money(tickets.get(nearest_rank(*percent, tickets.len())).copied())));
        }
        row.told.extend(figures);
        row
    };
    range.groups(keys, true).into_iter().map(told).collect()
}
