//! What single pairs come to, by their dates and how they are answered: an answer adds these up and never looks at the pairs.
//!
//! Whether an answer was late, or is missing, follows from the two dates and the calendar of the wait, so rows are of those: as many as
//! dates of sources, times the days that answers take. A source may have a calendar of its own by configuration; the calendar here is that of
//! the payment's contract.

use super::item::{Item, NodeKey, Side, Sides, number_of_kind};
use super::pair::Answer;
use super::{SUMS, SumKey};
use crate::folds::reference;
use crate::views::{Error, Rows};
use serde::{Deserialize, Serialize};

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
pub fn calendar(first: Option<&Item>, rows: &mut Rows) -> Result<String, Error> {
    match first.map(|first| &first.side) {
        Some(Side::Ours { contract: Some(contract), .. }) => {
            Ok(reference::terms(rows, *contract)?.calendar.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        Some(Side::Ours { contract: None, .. } | Side::Theirs { .. }) | None => Ok(String::new()),
    }
}

/// Counts a single pair, or counts it no more. `first` is its first item.
pub fn count(place: &NodeKey, first: &Item, sides: &Sides, told: (Answer, String), is_there: bool, rows: &mut Rows) -> Result<(), Error> {
    let (answer, calendar) = told;
    let (day, came) = match &first.side {
        Side::Ours { .. } => (first.date, sides.theirs.first),
        Side::Theirs { date, .. } => (*date, Some(first.date)),
    };
    let key: SumKey = (place.source.clone(), number_of_kind(place.kind), first.currency, day, came, calendar, answer.number());
    let times = if is_there { 1 } else { -1 };
    let row = rows.row(&SUMS, &key)?;
    let fees = |fees: Option<i128>| fees.map_or((0, 0), |fee| (times, fee * i128::from(times)));
    let (ours, theirs) = (fees(sides.ours.fees()), fees(sides.theirs.fees()));
    row.count += times;
    row.ours += sides.ours.minor * i128::from(times);
    row.theirs += sides.theirs.minor * i128::from(times);
    row.fees_ours = (row.fees_ours.0 + ours.0, row.fees_ours.1 + ours.1);
    row.fees_theirs = (row.fees_theirs.0 + theirs.0, row.fees_theirs.1 + theirs.1);
    if row.count == 0 { rows.remove(&SUMS, &key) } else { Ok(()) }
}
