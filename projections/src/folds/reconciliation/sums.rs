//! What single pairs come to, by their dates and how they are answered: an answer adds these up and never looks at the pairs.
//!
//! Whether an answer was late, or is missing, follows from the two dates and the calendar of the wait, so rows are of those: as many as
//! dates of sources, times the days that answers take. A source may have a calendar of its own by configuration; the calendar here is that of
//! the payment's contract.

use super::SUMS;
use super::item::{Item, Side, Sides};
use super::name::{NodeName, number_of_kind};
use super::pair::Answer;
use crate::folds::reference::{self, Terms};
use crate::views::{Error, Rows};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What pairs come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub count: i64,
    /// Ours.
    pub ours: i128,
    /// Theirs.
    pub theirs: i128,
    /// How many have fees of ours, and what these come to.
    pub fees_ours: (i64, i128),
    /// The same of theirs.
    pub fees_theirs: (i64, i128),
}

/// The calendar of the wait of a single pair: that of the contract of its payment; empty where there is none.
pub struct Calendar(Option<Arc<Terms>>);

impl Calendar {
    /// Of a pair that has none.
    pub const NONE: Self = Self(None);

    /// Its name.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().and_then(|terms| terms.calendar.as_ref()).map_or("", |calendar| calendar.as_str())
    }
}

/// The calendar of a pair by its first item.
pub fn calendar(first: Option<&Item>, rows: &mut Rows) -> Result<Calendar, Error> {
    match first.map(|first| &first.side) {
        Some(Side::Ours { contract: Some(contract), .. }) => Ok(Calendar(Some(reference::terms(rows, *contract)?))),
        Some(Side::Ours { contract: None, .. } | Side::Theirs { .. }) | None => Ok(Calendar::NONE),
    }
}

/// Counts a single pair, or counts it no more. `first` is its first item.
pub fn count(place: NodeName<'_>, first: &Item, sides: &Sides, told: (Answer, &str), is_there: bool, rows: &mut Rows) -> Result<(), Error> {
    let (day, came) = match &first.side {
        Side::Ours { .. } => (first.date, sides.theirs.first),
        Side::Theirs { date, .. } => (*date, Some(first.date)),
    };
    let times = if is_there { 1 } else { -1 };
    let fees = |fees: Option<i128>| fees.map_or((0, 0), |fee| (times, fee * i128::from(times)));
    let change = Sum {
        count: times,
        ours: sides.ours.minor * i128::from(times),
        theirs: sides.theirs.minor * i128::from(times),
        fees_ours: fees(sides.ours.fees()),
        fees_theirs: fees(sides.theirs.fees()),
    };
    add((place, first.currency, day, came), told, &change, rows)
}

/// Counts an entry that is all that there is of its pair: it waits.
pub fn expect(place: NodeName<'_>, item: &Item, calendar: &str, rows: &mut Rows) -> Result<(), Error> {
    let change = Sum { count: 1, ours: item.minor, fees_ours: item.fee.map_or((0, 0), |fee| (1, fee)), ..Sum::default() };
    add((place, item.currency, item.date, None), (Answer::Apart(0), calendar), &change, rows)
}

fn add(at: (NodeName<'_>, Currency, Date, Option<Date>), told: (Answer, &str), change: &Sum, rows: &mut Rows) -> Result<(), Error> {
    let ((place, currency, day, came), (answer, calendar)) = (at, told);
    let key = (place.source, number_of_kind(place.kind), currency, day, came, calendar, answer.number());
    let row = rows.row(&SUMS, key)?;
    row.count += change.count;
    row.ours += change.ours;
    row.theirs += change.theirs;
    row.fees_ours = (row.fees_ours.0 + change.fees_ours.0, row.fees_ours.1 + change.fees_ours.1);
    row.fees_theirs = (row.fees_theirs.0 + change.fees_theirs.0, row.fees_theirs.1 + change.fees_theirs.1);
    if row.count == 0 { rows.remove(&SUMS, key) } else { Ok(()) }
}
