//! Hands committed entries to followers without waiting for them.

use crate::entry::Recorded;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Batches that wait for one follower. A batch that finds no room is not sent: the follower sees that numbers are
/// missing and reads the journal, so it never holds up the shard.
pub const FEED_BATCHES_MAX: usize = 2;

/// Everybody who listens.
#[derive(Default)]
pub(super) struct Feed {
    followers: Mutex<Vec<SyncSender<Arc<[Recorded]>>>>,
}

impl Feed {
    /// One more listener, from the next commit on.
    pub fn subscribe(&self) -> Receiver<Arc<[Recorded]>> {
        let (sender, receiver) = sync_channel(FEED_BATCHES_MAX);
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Sends a batch to those who have room, and forgets those who are gone. `batch` is made only where somebody listens.
    pub fn publish(&self, batch: impl FnOnce() -> Arc<[Recorded]>) {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        if followers.is_empty() {
            return;
        }
        let batch = batch();
        followers.retain(|follower| !matches!(follower.try_send(Arc::clone(&batch)), Err(TrySendError::Disconnected(_))));
    }
}
