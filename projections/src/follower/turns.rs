//! Turns of sinks while the fold has much to do: however many there are, together they work no more than a small part of the time, so
//! that refilling topics beside a long fold does not slow it down. What they then are behind, they make up for afterwards.
//!
//! Nobody holds a turn: a sink that stands still in the middle of its work delays others by [`TURN_MIN`] and no more.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After a turn was begun, the next may begin so much later at the earliest.
const TURN_MIN: Duration = Duration::from_millis(50);
/// Sinks work one part in so many of the time of each processor. What they have others do, such as compressing and storing, takes about
/// as much again.
const PART_OF_PROCESSOR: u32 = 10;
/// The longest that one turn puts off the next.
const REST_MAX: Duration = Duration::from_secs(5);

/// The turns of all sinks of a node.
#[derive(Debug)]
pub struct Turns {
    processors: u32,
    free_at: Mutex<Instant>,
}

impl Default for Turns {
    fn default() -> Self {
        Self::of(std::thread::available_parallelism().map_or(1, NonZero::get))
    }
}

impl Turns {
    /// Of a machine with so many processors.
    pub fn of(processors: usize) -> Self {
        Self { processors: u32::try_from(processors).unwrap_or(u32::MAX).max(1), free_at: Mutex::new(Instant::now()) }
    }

    /// How long whoever asks has to wait; nothing where it has its turn.
    pub(super) fn ask(&self) -> Duration {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let wait = free_at.saturating_duration_since(now);
        if wait.is_zero() {
            *free_at = now + TURN_MIN;
        }
        wait
    }

    /// Says that a turn took so long.
    pub(super) fn worked(&self, took: Duration) {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        *free_at = (*free_at).max(Instant::now()) + (took * PART_OF_PROCESSOR / self.processors).min(REST_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_one_after_the_other_and_are_paid_for_by_all() {
        let turns = Turns::of(2);
        assert_eq!(turns.ask(), Duration::ZERO);
        assert!(turns.ask() > Duration::ZERO, "somebody has just begun");
        turns.worked(Duration::from_millis(400));
        turns.worked(Duration::from_millis(400));
        let wait = turns.ask();
        assert!(wait > Duration::from_millis(3500) && wait <= Duration::from_millis(4050), "five times what both took, on two processors: {wait:?}");
        turns.worked(Duration::from_secs(3600));
        assert!(turns.ask() < Duration::from_secs(10), "one that stood still puts nobody off for long");
    }
}
