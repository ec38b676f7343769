//! How views leave the machine to a fold that is in the middle of a large record, such as the close of a day: what a merchant's close costs
//! is for the most part views, and nobody can see the last of them before the fold has made it.
//!
//! Views that have little to do go on: who waits for an entry of their shard does not wait for another shard's close.

use ledger::entry::Recorded;
use ledger::shard::Large;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Views hold back where so many entries wait for them.
pub(super) const HOLD_FROM: u64 = 256;
/// Views hold back so long at a time; then they do a little before they do it again.
pub const HOLD_MAX: Duration = Duration::from_secs(2);
/// Entries of that little.
pub(super) const HELD_PAGE_ENTRIES: usize = 1_024;

/// Whether views hold back now.
pub(super) struct Holding {
    /// What their node's shards have in hand; nothing where they follow something else.
    large: Option<Arc<Large>>,
    /// Since when they do.
    since: Option<Instant>,
    /// Where it was looked what lies before the large record.
    looked_at: Option<u64>,
}

impl Holding {
    pub const fn new(large: Option<Arc<Large>>) -> Self {
        Self { large, since: None, looked_at: None }
    }

    /// Whether a large record is being folded.
    pub fn is_busy(&self) -> bool {
        self.large.as_ref().is_some_and(|large| large.is_busy())
    }

    /// Whether to hold back where so many entries wait; asked again and again, it says no once after [`HOLD_MAX`].
    pub fn holds(&mut self, behind: u64, now: Instant) -> bool {
        if behind < HOLD_FROM || !self.is_busy() {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let holds = now.saturating_duration_since(since) < HOLD_MAX;
        if !holds {
            self.since = None;
        }
        holds
    }

    /// Notes that what comes next is this entry; whether that is new.
    pub fn is_at(&mut self, next: u64) -> bool {
        self.looked_at.replace(next) != Some(next)
    }
}

/// How many of these entries, as many as are read at a time, lie before those of a large record at their end. None where there is no such
/// record: then they are what the views hold back from.
pub(super) fn before_large(entries: &[Recorded]) -> usize {
    let before = before_last(entries);
    if entries.len() - before >= usize::try_from(HOLD_FROM).unwrap_or(usize::MAX) { before } else { 0 }
}

/// How many of these entries lie before those of the last record of them.
pub(super) fn before_last(entries: &[Recorded]) -> usize {
    let Some(last) = entries.last() else { return 0 };
    entries.iter().rev().skip_while(|entry| entry.row.offset == last.row.offset).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::entry::{Outcome, Row};
    use schemas::time::Date;

    #[test]
    fn views_hold_back_while_a_large_record_is_folded_and_never_for_long() {
        let (large, start) = (Arc::new(Large::of(2)), Instant::now());
        let mut holding = Holding::new(Some(Arc::clone(&large)));
        assert!(!holding.holds(HOLD_FROM, start), "nothing is folded");
        let expected = large.expect();
        assert!(!holding.holds(HOLD_FROM - 1, start), "who has little to do goes on");
        assert!(holding.holds(HOLD_FROM, start));
        assert!(holding.holds(HOLD_FROM, start + HOLD_MAX / 2));
        assert!(!holding.holds(HOLD_FROM, start + HOLD_MAX), "it does a little");
        assert!(holding.holds(HOLD_FROM, start + HOLD_MAX), "and holds back again");
        assert!(holding.holds(HOLD_FROM, start + HOLD_MAX * 3 / 2));
        drop(expected);
        assert!(!holding.holds(HOLD_FROM, start + HOLD_MAX * 3 / 2));
        let _again = large.expect();
        assert!(holding.holds(HOLD_FROM, start + HOLD_MAX * 3), "another one is another time");
        assert!(!Holding::new(None).holds(u64::MAX, start));
    }

    #[test]
    fn what_lies_before_a_large_record_is_known() {
        let entries = |records: &[(i64, u64)]| -> Vec<Recorded> {
            let rows = records.iter().flat_map(|(offset, count)| (0..*count).map(|_| Row::of(*offset, 0, Date::from_days(1), Outcome::Posted)));
            rows.enumerate().map(|(number, row)| Recorded { number: number as u64, row }).collect()
        };
        assert_eq!(before_large(&[]), 0);
        assert_eq!(before_large(&entries(&[(4, 1), (5, 2), (6, HOLD_FROM)])), 3);
        assert_eq!(before_large(&entries(&[(6, HOLD_FROM)])), 0, "in the middle of it");
        assert_eq!(before_large(&entries(&[(4, 500), (5, 1)])), 0, "much of what is small");
        assert_eq!(before_large(&entries(&[(4, 500), (5, HOLD_FROM)])), 500, "the end of a large one is no reason to wait for another");
        let mut holding = Holding::new(None);
        assert_eq!([3, 3, 4, 3].map(|next| holding.is_at(next)), [true, false, true, true]);
    }
}
