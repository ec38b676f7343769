//! Who came, and who was new.

use super::purchase::{month_start, week};
use super::{Purchase, Range, Row, estimate};
use schemas::time::Date;
use std::collections::BTreeSet;

/// Distinct customers, those without an earlier visit to what the row describes, and the others.
pub fn customers(range: &Range, keys: &[&str]) -> Vec<Row> {
    let described: Vec<&str> = keys.iter().copied().filter(|key| !is_time(key)).collect();
    let told = |(mut row, purchases): (Row, Vec<&Purchase>)| {
        let Some(first) = purchases.first() else { return row };
        let from = start(keys, first.date).unwrap_or(range.from);
        let is_described = |purchase: &Purchase| range.passes(purchase) && described.iter().all(|key| purchase.value(key) == first.value(key));
        let earlier: BTreeSet<&String> =
            range.all.iter().filter(|purchase| purchase.date < from && is_described(purchase)).filter_map(|purchase| purchase.customer.as_ref()).collect();
        let returning = row.customers.iter().filter(|customer| earlier.contains(customer)).count();
        for (name, count) in [("customers", row.customers.len()), ("new", row.customers.len() - returning), ("returning", returning)] {
            row.told.insert(name.to_owned(), estimate(count));
        }
        row
    };
    range.groups(keys, false).into_iter().map(told).collect()
}

/// The first day of a row's own period.
fn start(keys: &[&str], date: Date) -> Option<Date> {
    keys.iter().find_map(|key| match *key {
        "day" => Some(date),
        "week" => Some(week(date)),
        "month" => Some(month_start(date)),
        _ => None,
    })
}

fn is_time(key: &str) -> bool {
    matches!(key, "day" | "week" | "month")
}
