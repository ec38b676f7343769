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
    let ahead = || Error::NotCaughtUp { open: at.open, position: at.position };
    match as_of {
        AsOf::Now => Ok(now),
        AsOf::Date(date) => match at.open {
            Some(open) if date == open => Ok(now),
            Some(open) if date < open => {
                // Before the first date there was nothing.
                let position = shard.snapshot.get(&DATES, &date)?.and_then(|range| range.closed).map_or(-1, |closed| closed.position);
                Ok(Moment { closed: Some(date), replay: 0..0, position, business_date: Some(date) })
            }
            Some(_) | None => Err(ahead()),
        },
        AsOf::Position(position) if position > at.position => Err(ahead()),
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
    let at = shard.checkpoint();
    let (below, last) = range.closed.map_or((at.next_entry, at.position), |closed| (closed.entry, closed.position));
    // Nearly every record of a date leaves one entry, so from its end on entries are counted as records are.
    let guess = below.saturating_sub(u64::try_from(last - position).unwrap_or(0));
    let end = end_of(shard.entries, range.first..below, guess, position)?;
    Ok(Moment { closed: Some(date.plus_days(-1)), replay: range.first..end, position, business_date: Some(date) })
}

/// The first entry within a range that is of a record above `position`: offsets do not fall. It is looked for around
/// `guess`, in steps that double, so that a good one costs two or three entries.
fn end_of(entries: &dyn Entries, within: Range<u64>, guess: u64, position: i64) -> Result<u64, Error> {
    let is_after = |number: u64| Ok::<bool, Error>(entries.entry(number)?.is_none_or(|entry| entry.row.offset > position));
    let (mut low, mut high) = (within.start, within.end);
    let (mut at, mut step) = (guess.clamp(low, high), 1);
    // Every entry below `low` is at or before the position, every one from `high` on after it.
    while low < high {
        let probe = at.clamp(low, high - 1);
        if is_after(probe)? {
            high = probe;
            at = probe.saturating_sub(step);
        } else {
            low = probe + 1;
            at = probe.saturating_add(step);
        }
        step *= 2;
        if step > high.saturating_sub(low) {
            at = low + (high - low) / 2;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::entry::{Outcome, Recorded, Row};

    #[test]
    fn the_end_is_found_from_any_guess() {
        // Three entries of one record, then one each, with a gap.
        let offsets = [4, 4, 4, 5, 6, 7, 7, 20, 21];
        let row = |offset| Row::of(offset, offset, Date::from_days(20_000), Outcome::Posted);
        let entries: Vec<Recorded> = offsets.iter().enumerate().map(|(number, offset)| Recorded { number: number as u64, row: row(*offset) }).collect();
        for position in 0..25 {
            for guess in 0..12 {
                for start in 0..=9 {
                    let expected = (start..9).find(|number| offsets[*number as usize] > position).unwrap_or(9);
                    assert_eq!(end_of(&entries, start..9, guess, position).expect("readable"), expected, "{position}, guessed {guess}, from {start}");
                }
            }
        }
    }
}
