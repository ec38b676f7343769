//! How much is folded before a commit: the more, the more entries wait.

use super::{BATCH_ENTRIES_MAX, BATCH_ROWS_MAX};
use std::time::Duration;

/// More entries than these are very many.
const VERY_MANY: u64 = 8 * BATCH_ENTRIES_MAX as u64;
/// While very many wait, a commit is so many times as large, where memory allows.
const TIMES: usize = 4;

/// What is folded before a commit, whichever comes first; the last batch may go beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portion {
    /// Entries.
    pub entries: u64,
    /// Rows that they change.
    pub rows: usize,
    /// How long after the first of them was folded, about.
    pub within: Duration,
}

impl Portion {
    /// While so many entries wait: nobody sees the last of them sooner by many commits, and a row that many of them change is written
    /// once a commit.
    pub(super) const fn behind(waiting: u64) -> Self {
        const ENTRIES: u64 = BATCH_ENTRIES_MAX as u64;
        let (rows, within) = (BATCH_ROWS_MAX, Duration::from_millis(200));
        if waiting <= ENTRIES {
            Self { entries: ENTRIES, rows, within }
        } else if waiting <= VERY_MANY {
            Self { entries: ENTRIES, rows, within: Duration::from_secs(1) }
        } else {
            Self { entries: TIMES as u64 * ENTRIES, rows: TIMES * rows, within: Duration::from_secs(10) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_caught_up_is_seen_at_once_and_who_is_far_behind_seldom() {
        let many = BATCH_ENTRIES_MAX as u64;
        let each = [0, many, many + 1, VERY_MANY, VERY_MANY + 1, u64::MAX].map(Portion::behind);
        assert!(each.is_sorted_by_key(|portion| (portion.within, portion.entries, portion.rows)));
        assert_eq!(each.map(|portion| portion.within.as_millis()), [200, 200, 1000, 1000, 10_000, 10_000]);
        assert_eq!((each[3].entries, each[4].entries), (many, 4 * many));
    }
}
