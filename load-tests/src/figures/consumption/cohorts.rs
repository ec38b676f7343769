//! Customers by the period of their first visit ever, and how many of them came again.

use super::purchase::{month_start, week};
use super::{Range, Row, estimate};
use crate::figures::ratio::percent;
use schemas::time::Date;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};

/// The first day of the period of a date.
fn period_of(period: &str, date: Date) -> Date {
    if period == "month" { month_start(date) } else { week(date) }
}

/// How many periods later; both are first days of periods.
fn periods_between(period: &str, first: Date, later: Date) -> i32 {
    if period == "month" {
        let months = |date: Date| i32::from(date.to_civil().year()) * 12 + i32::from(date.to_civil().month());
        months(later) - months(first)
    } else {
        (later.days() - first.days()) / 7
    }
}

/// The rows by `week` or `month`: every cohort whose first visits lie in the range, and each period after it in which
/// any of its customers came, up to `to`.
pub fn cohorts(range: &Range, period: &str) -> Vec<Row> {
    let mut visits = BTreeMap::<&String, BTreeSet<Date>>::new();
    for purchase in range.all.iter().filter(|purchase| range.passes(purchase) && purchase.date <= range.to) {
        if let Some(customer) = &purchase.customer {
            visits.entry(customer).or_default().insert(purchase.date);
        }
    }
    let mut cohorts = BTreeMap::<Date, BTreeMap<i32, BTreeSet<String>>>::new();
    for (customer, dates) in visits {
        let Some(first) = dates.first().copied().filter(|first| *first >= range.from) else { continue };
        let cohort = period_of(period, first);
        for date in dates {
            let after = periods_between(period, cohort, period_of(period, date));
            cohorts.entry(cohort).or_default().entry(after).or_default().insert(customer.clone());
        }
    }
    let mut rows = Vec::new();
    for (cohort, periods) in cohorts {
        let size = periods.get(&0).map_or(0, BTreeSet::len);
        for (after, customers) in periods {
            let share = percent(i128::try_from(customers.len()).unwrap_or(0), i128::try_from(size).unwrap_or(0));
            let told = Map::from_iter([
                ("cohort".to_owned(), json!(cohort.to_string())),
                ("after".to_owned(), json!(after)),
                ("customers".to_owned(), estimate(customers.len())),
                ("retention_percent".to_owned(), json!(share)),
            ]);
            rows.push(Row { keys: vec![json!(cohort.to_string()), json!(after)], currency: None, customers, told });
        }
    }
    rows
}
