//! How far checkpoints are, and whether their threads are to end.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A place that did not answer is not asked for another shard for so long: each would wait for it again.
const AWAY_FOR: Duration = Duration::from_secs(60);

/// How far the checkpoints of a partition are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Entries in the newest one that this node wrote; none before the first.
    pub entries: Option<u64>,
    /// Entries that the views in it have; whoever opens it folds the others into them.
    pub viewed: Option<u64>,
    /// When the newest one was last found to have everything: when it was written, or when nothing had come since.
    pub current_at: Option<jiff::Timestamp>,
    /// How many were written since the start.
    pub written: u64,
    /// Bytes that were stored for them.
    pub stored_bytes: u64,
    /// How often one could not be written.
    pub failures: u64,
    /// Why the last one could not be.
    pub trouble: Option<String>,
    /// Entries that the shard was opened with from a checkpoint.
    pub opened_entries: Option<u64>,
    /// Checkpoints that were passed over then.
    pub passed_over: u64,
}

/// What the threads of checkpoints share.
#[derive(Default)]
pub(super) struct Shared {
    statuses: Mutex<BTreeMap<u32, Status>>,
    /// Until then the place is not asked for a shard: it did not answer.
    away_until: Mutex<Option<Instant>>,
    stop: Mutex<bool>,
    wake: Condvar,
}

impl Shared {
    /// How far each partition's are.
    pub fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Status>> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether they are to end.
    pub fn stopping(&self) -> bool {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long; whether they are to end.
    pub fn rest(&self, time: Duration) -> bool {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        *self.wake.wait_timeout_while(stop, time, |stop| !*stop).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Has them end.
    pub fn stop(&self) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    /// Whether the place did not answer just now.
    pub fn is_away(&self) -> bool {
        self.away_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }

    /// The place did not answer.
    pub fn went_away(&self) {
        *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + AWAY_FOR);
    }
}
