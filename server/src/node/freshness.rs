//! How long a reader has been behind what it reads: whether its answers can be relied on now.
//!
//! How many records it is behind does not tell that: thousands may be a moment's work, and one that is never folded is there
//! for ever. So the end is noted from time to time, and the oldest end that was not reached says since when.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long answers may be behind and still be relied on.
pub const BEHIND_MAX: Duration = Duration::from_secs(10);
/// The shortest time between two ends that are noted.
const NOTE_EVERY: Duration = Duration::from_millis(250);
/// Ends that are kept: more than twice [`BEHIND_MAX`]. Beyond that the oldest ones are what counts.
const ENDS_MAX: usize = 96;

/// The ends that were not reached yet, oldest first.
#[derive(Debug, Default)]
pub struct Freshness {
    ends: VecDeque<(Instant, i64)>,
}

impl Freshness {
    /// Notes that the end is at the next offset `end` now, and that everything below `reached` was read. Answers for how long
    /// the reader has been behind.
    pub fn note(&mut self, now: Instant, end: i64, reached: i64) -> Duration {
        while self.ends.front().is_some_and(|(_, end)| *end <= reached) {
            self.ends.pop_front();
        }
        let is_new = self.ends.back().is_none_or(|(at, last)| *last < end && now.saturating_duration_since(*at) >= NOTE_EVERY);
        if end > reached && is_new && self.ends.len() < ENDS_MAX {
            self.ends.push_back((now, end));
        }
        self.ends.front().map_or(Duration::ZERO, |(at, _)| now.saturating_duration_since(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_behind_counts_from_the_oldest_end_that_was_not_reached() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut freshness = Freshness::default();
        assert_eq!(freshness.note(at(0), 5, 5), Duration::ZERO);
        // One record that is never folded.
        assert_eq!(freshness.note(at(1), 6, 5), Duration::ZERO);
        assert_eq!(freshness.note(at(12), 6, 5), Duration::from_secs(11));
        assert_eq!(freshness.note(at(13), 6, 6), Duration::ZERO);
        // A busy log: each end is reached a second later.
        for second in 14..40 {
            let end = i64::try_from(second).expect("small") * 100;
            assert!(freshness.note(at(second), end, end - 100) <= Duration::from_secs(1), "second {second}");
        }
    }

    #[test]
    fn it_stays_small() {
        let start = Instant::now();
        let mut freshness = Freshness::default();
        for step in 0..10_000u32 {
            freshness.note(start + NOTE_EVERY * step, i64::from(step) + 1, 0);
        }
        assert!(freshness.ends.len() <= ENDS_MAX);
        assert_eq!(freshness.note(start + NOTE_EVERY * 10_000, 10_001, 0), NOTE_EVERY * 10_000);
    }
}
