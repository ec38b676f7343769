//! Customers by the period of their first visit, and how many of them came again in each later period.
//!
//! The first visit is the first ever to what the filters describe; cohorts are those whose first visits lie within the
//! dates asked. A period in which nobody came again has no row.

use super::Told;
use super::crowd::{Count, Gathering};
use super::history::{Question, seen_before};
use super::people::people;
use super::query::Query;
use super::rows::row_of;
use super::suppression::left_out;
use crate::answers::calendar::{monday, month_number, month_start};
use crate::answers::ratio::percent_of;
use crate::answers::{Error, Shard};
use crate::folds::consumption::CustomerNumber;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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
    pub customers: Count,
    /// Their share of the cohort, in hundredths of a percent.
    pub retention_percent: Option<i128>,
}

/// The customers of a cohort.
struct Cohort {
    size: u64,
    members: Gathering,
    /// How many came, by periods since.
    came: BTreeMap<u32, u64>,
}

/// Cohorts within the dates asked. Left out are cohorts as a whole, by their size, then rows. The query's keys are not used.
///
/// # Errors
/// Views that do not answer.
pub fn cohorts(shards: &[Shard], query: &Query, period: Period) -> Result<Told<CohortRow>, Error> {
    let mut cohorts: BTreeMap<Date, Cohort> = BTreeMap::new();
    people(shards, query, false, |people| {
        let everyone: Vec<CustomerNumber> = people.iter().map(|((_, customer), _)| *customer).collect();
        let question = Question { before: query.from, of: Vec::new(), customers: &everyone };
        let before = seen_before(shards, query, &[question])?.pop().unwrap_or_default();
        for ((_, customer), person) in people.iter().filter(|((_, customer), _)| before.binary_search(customer).is_err()) {
            let Some(first) = person.dates.first() else { continue };
            let cohort = match cohorts.entry(period.start(*first)) {
                Entry::Occupied(cohort) => cohort.into_mut(),
                Entry::Vacant(place) => place.insert(Cohort { size: 0, members: Gathering::new()?, came: BTreeMap::new() }),
            };
            cohort.size += 1;
            cohort.members.add(*customer);
            let mut periods: Vec<u32> = person.dates.iter().map(|date| period.between(*first, *date)).collect();
            periods.dedup();
            periods.into_iter().for_each(|after| *cohort.came.entry(after).or_insert(0) += 1);
        }
        Ok(())
    })?;
    let cohorts: Vec<_> = cohorts.into_iter().map(|(start, cohort)| ([start], cohort.size, cohort.members.crowd(), cohort.came)).collect();
    let given: Vec<_> = cohorts.iter().map(|(start, _, members, _)| row_of(start, members)).collect();
    let hidden = left_out(&given, query.k());
    let mut told = Told { rows: Vec::new(), suppressed: 0 };
    for (([cohort], size, _, came), hidden) in cohorts.iter().zip(hidden) {
        for (after, customers) in came {
            if hidden || *customers < query.k() as u64 {
                told.suppressed += 1;
                continue;
            }
            let retention_percent = percent_of((*customers).into(), (*size).into());
            told.rows.push(CohortRow { cohort: *cohort, after: *after, customers: Count::exact(*customers), retention_percent });
        }
    }
    Ok(told)
}
