//! The next offset of each partition, and the wake-up of whoever waits for one to grow.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Where each partition ends.
pub(super) struct Heads {
    next: Mutex<Vec<i64>>,
    grown: Condvar,
}

impl Heads {
    pub(super) const fn new(next: Vec<i64>) -> Self {
        Self { next: Mutex::new(next), grown: Condvar::new() }
    }

    /// The next offset of a partition; 0 for one that does not exist.
    pub(super) fn get(&self, partition: u32) -> i64 {
        at(&self.lock(), partition)
    }

    /// Waits until a partition has grown past an offset, at most so long; answers its next offset then.
    pub(super) fn wait_past(&self, partition: u32, offset: i64, wait: Duration) -> i64 {
        let deadline = Instant::now() + wait;
        let mut next = self.lock();
        loop {
            let head = at(&next, partition);
            let left = deadline.saturating_duration_since(Instant::now());
            if head > offset || left.is_zero() {
                return head;
            }
            next = self.grown.wait_timeout(next, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn all(&self) -> Vec<i64> {
        self.lock().clone()
    }

    pub(super) fn publish(&self, next: Vec<i64>) {
        *self.lock() = next;
        self.grown.notify_all();
    }

    /// A panic elsewhere leaves whole values behind: the vector is only ever replaced.
    fn lock(&self) -> MutexGuard<'_, Vec<i64>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at(next: &[i64], partition: u32) -> i64 {
    usize::try_from(partition).ok().and_then(|place| next.get(place)).copied().unwrap_or(0)
}
