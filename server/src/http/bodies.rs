//! Memory for the bodies of all requests: a budget that every body takes its part of before it is in memory, and gives back when its
//! events are in the log, or its request has ended.
//!
//! Nobody waits for room: a body that finds none is answered 503 `unavailable`, reason `busy`, with `Retry-After`. One whose length is said finds it, or
//! finds none, before a byte of it is read; any other takes it as it comes. One part of the budget in [`RESERVED_PART`] is for small
//! bodies, of at most [`SMALL_BYTES`], so that single events are taken while large batches have all the rest.

use super::problem::{BUSY, Code, Problem};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A small body: it may take of the whole budget.
pub const SMALL_BYTES: usize = 64 << 10;
/// The part of the budget that large bodies leave alone: one in so many.
const RESERVED_PART: usize = 8;
/// How often a byte of a body counts: as it came, and in its event on the way to the log.
const COPIES: usize = 2;

/// What the bodies of all requests take, and may take.
#[derive(Debug)]
pub struct Bodies {
    used: AtomicUsize,
    budget: usize,
}

impl Bodies {
    /// With a budget of so many bytes.
    pub const fn new(budget: usize) -> Self {
        Self { used: AtomicUsize::new(0), budget }
    }

    /// Bytes that are taken now.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed) as u64
    }

    /// Bytes that may be taken.
    pub const fn budget(&self) -> u64 {
        self.budget as u64
    }

    /// Takes more, where all that is taken is at most so much then.
    fn take(&self, more: usize, at_most: usize) -> bool {
        let grown = |used: usize| used.checked_add(more).filter(|all| *all <= at_most);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }
}

/// The room of one body, until it is dropped.
#[derive(Debug)]
pub struct Room {
    bodies: Arc<Bodies>,
    bytes: usize,
}

impl Room {
    /// None yet.
    pub const fn none(bodies: Arc<Bodies>) -> Self {
        Self { bodies, bytes: 0 }
    }

    /// Makes it large enough for a body of so many bytes; where that does not fit, it stays as it is.
    pub fn grow(&mut self, length: usize) -> Result<(), Problem> {
        let more = length.saturating_mul(COPIES).saturating_sub(self.bytes);
        let reserved = if length <= SMALL_BYTES { 0 } else { self.bodies.budget / RESERVED_PART };
        // A budget is above its part.
        if !self.bodies.take(more, self.bodies.budget - reserved) {
            let detail = format!(
                "{} of {} MiB for the bodies of requests are taken, and this one does not fit; send it again a little later, or in smaller parts",
                self.bodies.used() >> 20,
                self.bodies.budget >> 20
            );
            return Err(Problem::new(Code::Unavailable, detail).because(Some(BUSY)));
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.bodies.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BODIES_MIB_MIN;
    use crate::http::body::BODY_BYTES_MAX;

    #[test]
    fn large_bodies_leave_small_ones_their_part_and_each_gives_back_what_it_took() {
        let bodies = Arc::new(Bodies::new(16 << 20));
        let room = |length: usize| {
            let mut room = Room::none(Arc::clone(&bodies));
            room.grow(length).map(|()| room)
        };
        // Seven MiB count twice, and an eighth of sixteen is left.
        let mut large = room(6 << 20).expect("room");
        large.grow(7 << 20).expect("room");
        assert_eq!(bodies.used(), 14 << 20);
        assert_eq!(room(SMALL_BYTES + 1).map_err(|problem| problem.code()).err(), Some("unavailable"));
        assert!(large.grow(8 << 20).is_err() && bodies.used() == 14 << 20, "what does not fit takes nothing");
        let small: Vec<Room> = (0..16).map(|_| room(SMALL_BYTES).expect("room")).collect();
        assert!(room(1).is_err(), "small ones have their bound, too");
        drop(large);
        assert!(room(SMALL_BYTES + 1).is_ok());
        drop(small);
        assert_eq!(bodies.used(), 0);
    }

    #[test]
    fn the_longest_body_fits_into_the_smallest_budget() {
        let budget = usize::try_from(BODIES_MIB_MIN << 20).expect("small");
        assert!(Room::none(Arc::new(Bodies::new(budget))).grow(BODY_BYTES_MAX).is_ok());
    }
}
