//! Moments: now, a date as it closed, a position.
//!
//! A date that is closed is read from the history. A position within a date is the close of the date before, and the
//! entries from there on: so its price is bounded by one date, however long the history is.

use super::{Error, Shard};
use crate::folds::reference::{DATES, STARTS};
use crate::follower::Entries;
use schemas::time::Date;
use std::ops::Range;

/// As of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// As it is.
    Now,
    /// A closed date as it closed, or the open date.
    Date(Date),
    /// After the record at an offset.
    Position(i64),
}

/// What to read for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// `None`: the rows of now; a date: the rows as it closed.
    pub closed: Option<Date>,
    /// Entries to replay upon them.
    pub replay: Range<u64>,
    /// The offset up to which every event is in; −1: none.
    pub position: i64,
    /// The business date of the moment.
    pub business_date: Option<Date>,
}

/// What to read of a shard for a moment.
///
/// # Errors
/// [`Error::NotCaughtUp`] where the shard has not got there.
pub fn moment(shard: &Shard, as_of: AsOf) -> Result<Moment, Error> {
    let at = shard.checkpoint();
    let now = Moment { closed: None, replay: 0..0, position: at.position, business_date: at.open };
    match as_of {
        AsOf::Now => Ok(now),
        AsOf::Date(date) => match at.open {
            Some(open) if date == open => Ok(now),
            Some(open) if date < open => {
                // Before the first date there was nothing.
                let position = shard.snapshot.get(&DATES, &date)?.and_then(|range| range.closed).map_or(-1, |closed| closed.position);
                Ok(Moment { closed: Some(date), replay: 0..0, position, business_date: Some(date) })
            }
            Some(_) | None => Err(Error::NotCaughtUp),
        },
        AsOf::Position(position) if position > at.position => Err(Error::NotCaughtUp),
        AsOf::Position(position) if position == at.position => Ok(now),
        AsOf::Position(position) => within(shard, position),
    }
}

fn within(shard: &Shard, position: i64) -> Result<Moment, Error> {
    let started = shard.snapshot.last_until(&STARTS, &(), &position)?;
    let Some((_, Some(date))) = started else {
        // Before the ledger was opened nothing was booked.
        return Ok(Moment { closed: Some(Date::from_days(i32::MIN)), replay: 0..0, position, business_date: None });
    };
    let range = shard.snapshot.get(&DATES, &date)?.ok_or(Error::NotFound)?;
    if range.closed.is_some_and(|closed| position >= closed.position) {
        return Ok(Moment { closed: Some(date), replay: 0..0, position, business_date: Some(date) });
    }
    let below = range.closed.map_or(shard.checkpoint().next_entry, |closed| closed.entry);
    let end = end_of(shard.entries, range.first, below, position)?;
    Ok(Moment { closed: Some(date.plus_days(-1)), replay: range.first..end, position, business_date: Some(date) })
}

/// The first entry from `low` on, below `high`, that is of a record above `position`: offsets do not fall.
fn end_of(entries: &dyn Entries, mut low: u64, mut high: u64, position: i64) -> Result<u64, Error> {
    while low < high {
        let middle = low + (high - low) / 2;
        match entries.entry(middle)? {
            Some(entry) if entry.row.offset <= position => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
