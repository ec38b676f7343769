//! Customers by the period of their first visit, and how many of them came again in each later period.
//!
//! The first visit is the first ever to what the filters describe; cohorts are those whose first visits lie within the
//! dates asked. A period in which nobody came again has no row.

use super::Told;
use super::history::{Question, seen_before};
use super::key::{monday, month_number, month_start};
use super::people::people;
use super::query::Query;
use super::ratio::percent;
use super::suppression::{Row, left_out};
use crate::answers::{Error, Shard};
use crate::folds::consumption::CustomerNumber;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// How long a period is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// From Monday on.
    #[default]
    Week,
    /// A calendar month.
    Month,
}

impl Period {
    /// The period of this name.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            _ => None,
        }
    }

    /// The first day of a date's period.
    fn start(self, date: Date) -> Date {
        match self {
            Self::Week => monday(date),
            Self::Month => month_start(date),
        }
    }

    /// Periods from one date's to another's, which is not before it.
    fn between(self, first: Date, later: Date) -> u32 {
        let periods = match self {
            Self::Week => (monday(later).days() - monday(first).days()) / 7,
            Self::Month => month_number(later) - month_number(first),
        };
        periods.unsigned_abs()
    }
}

/// How many of a cohort came in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortRow {
    /// The first day of the period of the first visits.
    pub cohort: Date,
    /// Periods since.
    pub after: u32,
    /// Customers of the cohort with a visit in that period.
    pub customers: u64,
    /// Their share of the cohort, in hundredths of a percent.
    pub retention_percent: Option<i128>,
}

/// Cohorts within the dates asked. Left out are cohorts as a whole, by their size, then rows. The query's keys are not used.
///
/// # Errors
/// Views that do not answer.
pub fn cohorts(shards: &[Shard], query: &Query, period: Period) -> Result<Told<CohortRow>, Error> {
    let people = people(shards, query, false)?;
    let everyone: Vec<CustomerNumber> = people.keys().map(|(_, customer)| *customer).collect();
    let question = Question { before: query.from, of: Vec::new(), currency: None, customers: &everyone };
    let before = seen_before(shards, query, &[question])?.pop().unwrap_or_default();
    let mut sizes: BTreeMap<Date, Vec<CustomerNumber>> = BTreeMap::new();
    let mut came: BTreeMap<Date, BTreeMap<u32, BTreeSet<CustomerNumber>>> = BTreeMap::new();
    for ((_, customer), person) in people.iter().filter(|((_, customer), _)| !before.contains(customer)) {
        let Some(first) = person.dates.first() else { continue };
        let cohort = period.start(*first);
        sizes.entry(cohort).or_default().push(*customer);
        for date in &person.dates {
            came.entry(cohort).or_default().entry(period.between(*first, *date)).or_default().insert(*customer);
        }
    }
    let starts: Vec<[Date; 1]> = sizes.keys().map(|start| [*start]).collect();
    let given: Vec<Row<Date>> = starts.iter().zip(sizes.values()).map(|(values, customers)| Row { values, customers }).collect();
    let hidden = left_out(&given, query.k());
    let mut told = Told { rows: Vec::new(), suppressed: 0 };
    for (((cohort, members), rows), hidden) in sizes.iter().zip(came.values()).zip(hidden) {
        for (after, customers) in rows {
            if hidden || customers.len() < query.k() {
                told.suppressed += 1;
                continue;
            }
            let retention_percent = percent(customers.len() as u128, members.len() as u128);
            told.rows.push(CohortRow { cohort: *cohort, after: *after, customers: customers.len() as u64, retention_percent });
        }
    }
    Ok(told)
}
