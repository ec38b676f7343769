//! Hands committed entries to followers without waiting for them.

use crate::entry::Recorded;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Batches that wait for one follower. One that is still busy with a batch is sent none: it sees that numbers are missing
/// and reads the journal, so it never holds up the shard, and rows that nobody waits for need not be kept.
pub const FEED_BATCHES_MAX: usize = 1;

/// Everybody who listens.
#[derive(Default)]
pub(super) struct Feed {
    followers: Mutex<Vec<Follower>>,
}

struct Follower {
    sender: SyncSender<Arc<[Recorded]>>,
    /// What it was sent last; gone once it is done with that.
    last: Option<Weak<[Recorded]>>,
}

impl Follower {
    fn is_idle(&self) -> bool {
        self.last.as_ref().is_none_or(|last| last.strong_count() == 0)
    }
}

impl Feed {
    /// One more listener, from the next commit on.
    pub fn subscribe(&self) -> Receiver<Arc<[Recorded]>> {
        let (sender, receiver) = sync_channel(FEED_BATCHES_MAX);
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(Follower { sender, last: None });
        receiver
    }

    /// Whether somebody waits for entries: then those of the next commit are worth keeping.
    pub fn is_awaited(&self) -> bool {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).iter().any(Follower::is_idle)
    }

    /// Sends a batch to those who wait for one, and forgets those who are gone.
    pub fn publish(&self, batch: &Arc<[Recorded]>) {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        followers.retain_mut(|follower| {
            if !follower.is_idle() {
                return true;
            }
            let sent = follower.sender.try_send(Arc::clone(batch));
            if sent.is_ok() {
                follower.last = Some(Arc::downgrade(batch));
            }
            !matches!(sent, Err(TrySendError::Disconnected(_)))
        });
    }
}
