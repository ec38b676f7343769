//! How densely records come. A commit of three records costs much what one of fifty does, here and in all that follows the journal;
//! who sends many a second without waiting for each is served sooner by fewer commits.

use super::batch::Bounds;
use std::time::{Duration, Instant};

/// How long it is counted before it is judged.
const WINDOW: Duration = Duration::from_millis(100);
/// Records of a window from which on they come densely: a thousand a second.
const DENSE_FROM: usize = 100;
/// Records of a batch, on average: whoever sends the next one when the last was answered has batches of one.
const TOGETHER_FROM: usize = 2;

/// What came in the window that is counted, and how the one before was judged.
pub(super) struct Pace {
    since: Instant,
    records: usize,
    batches: usize,
    is_dense: bool,
}

impl Pace {
    /// Nothing came yet.
    pub const fn new(now: Instant) -> Self {
        Self { since: now, records: 0, batches: 0, is_dense: false }
    }

    /// A batch came.
    pub fn came(&mut self, now: Instant, records: usize) {
        self.records = self.records.saturating_add(records);
        self.batches = self.batches.saturating_add(1);
        let passed = now.saturating_duration_since(self.since);
        if passed >= WINDOW {
            // A window that a silence made long is judged by its length.
            let expected = DENSE_FROM as u128 * passed.as_millis() / WINDOW.as_millis();
            self.is_dense = self.records as u128 >= expected && self.records >= self.batches.saturating_mul(TOGETHER_FROM);
            (self.since, self.records, self.batches) = (now, 0, 0);
        }
    }

    /// How long the first record of a batch waits for others: while records come densely and nobody waits for them.
    pub fn rest(&self, bounds: &Bounds, is_awaited: impl FnOnce() -> bool) -> Duration {
        if self.is_dense && !is_awaited() { bounds.rest } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the next batch rests after so many batches of so many records, so many milliseconds apart.
    fn rest(batches: u64, records: usize, apart: u64, is_awaited: bool) -> Duration {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for batch in 1..=batches {
            pace.came(start + Duration::from_millis(batch * apart), records);
        }
        pace.rest(&Bounds::default(), || is_awaited)
    }

    #[test]
    fn dense_records_wait_for_more_where_nobody_waits_for_them() {
        let all = Bounds::default().rest;
        assert_eq!(rest(100, 4, 2, false), all, "two thousand a second, four at a time");
        assert_eq!(rest(100, 4, 2, true), Duration::ZERO, "somebody waits");
        assert_eq!(rest(1000, 1, 1, false), Duration::ZERO, "one after the other, as of one who waits for each");
        assert_eq!(rest(100, 4, 10, false), Duration::ZERO, "few a second");
        assert_eq!(rest(20, 4, 2, false), Duration::ZERO, "nothing is judged before its time");
    }

    #[test]
    fn it_ends_when_fewer_come() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.came(start + WINDOW, 400);
        assert_eq!(pace.rest(&Bounds::default(), || false), Bounds::default().rest);
        pace.came(start + WINDOW * 20, 400);
        assert_eq!(pace.rest(&Bounds::default(), || false), Duration::ZERO, "a silence lay before them");
    }
}
