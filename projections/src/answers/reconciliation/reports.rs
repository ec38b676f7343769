//! Reports: what came of each, and whether that is what its end says.

use super::context::Context;
use super::terms::ReconciliationTerms;
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{HOUSE_LINES, REPORTS};
use crate::views::Order;
use schemas::money::Currency;
use schemas::report::ReportClosed;
use schemas::time::Date;
use std::collections::BTreeMap;

/// Whether a report is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum ReportState {
    Complete,
    Incomplete,
    Open,
}

impl ReportState {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Open => "open",
        }
    }
}

/// A report in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// Who reports.
    pub source: String,
    /// The file.
    pub report: String,
    /// Its date: as its end says, else that of its first line.
    pub date: Option<Date>,
    /// In what.
    pub currency: Currency,
    /// Lines that came.
    pub lines: u64,
    /// What their credits add up to.
    pub credits: i128,
    /// What their debits add up to.
    pub debits: i128,
    /// Whether that is what the end of the report says.
    pub state: ReportState,
}

#[derive(Default)]
struct Came {
    date: Option<Date>,
    lines: u64,
    credits: i128,
    debits: i128,
    closed: Option<ReportClosed>,
}

/// The reports that came up to a date, the newest first. As many as there are files and currencies.
///
/// # Errors
/// What the views say.
pub fn reports(shards: &[Shard<'_>], terms: &ReconciliationTerms, as_of: Option<Date>, open: Date) -> Result<Vec<ReportRow>, Error> {
    let context = Context::read(shards, terms, as_of, open)?;
    let mut all = BTreeMap::<(String, String, Currency), Came>::new();
    for shard in shards {
        for row in shard.snapshot.scan(&REPORTS, &(), Order::Ascending)? {
            let (key, report) = row?;
            let came = report.came.iter().filter(|(date, ..)| *date <= context.until);
            let closed = report.closed.iter().rfind(|(date, _)| *date <= context.until);
            let mut is_there = closed.is_some();
            let place = all.entry(key.clone()).or_default();
            for (_, lines, credits, debits) in came {
                is_there = true;
                (place.lines, place.credits, place.debits) = (place.lines + lines, place.credits + credits, place.debits + debits);
            }
            if let Some((_, closed)) = closed {
                place.closed = Some(closed.clone());
            }
            if is_there {
                place.date = place.date.into_iter().chain(report.date).min();
            } else if *place == Came::default() {
                all.remove(&key);
            }
        }
        for row in shard.snapshot.scan(&HOUSE_LINES, &(), Order::Ascending)? {
            let ((source, report, currency, _), line) = row?;
            let Some(came) = line.date.filter(|date| *date <= context.until) else { continue };
            let _ = came;
            if context.is_claimed(line.hash)? {
                continue;
            }
            let place = all.entry((source, report, currency)).or_default();
            place.lines += 1;
            place.date = place.date.into_iter().chain(line.dated).min();
            if line.credit { place.credits += line.minor } else { place.debits -= line.minor }
        }
    }
    let mut rows: Vec<ReportRow> = all.into_iter().map(|((source, report, currency), came)| row(source, report, currency, &came)).collect();
    rows.sort_by(|one, other| (other.date, &one.source, &one.report, one.currency).cmp(&(one.date, &other.source, &other.report, other.currency)));
    Ok(rows)
}

impl PartialEq for Came {
    fn eq(&self, other: &Self) -> bool {
        (self.date, self.lines, self.credits, self.debits) == (other.date, other.lines, other.credits, other.debits)
            && self.closed.is_none() == other.closed.is_none()
    }
}

fn row(source: String, report: String, currency: Currency, came: &Came) -> ReportRow {
    let Came { date, lines, credits, debits, closed } = came;
    let state = match closed {
        None => ReportState::Open,
        Some(closed) => {
            let says = (closed.count, i128::from(closed.credits.minor), i128::from(closed.debits.minor));
            if says == (*lines, *credits, *debits) { ReportState::Complete } else { ReportState::Incomplete }
        }
    };
    let date = closed.as_ref().map(|closed| closed.date).or(*date);
    ReportRow { source, report, date, currency, lines: *lines, credits: *credits, debits: *debits, state }
}
