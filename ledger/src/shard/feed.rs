//! Hands committed entries to followers without waiting for them.

use crate::entry::{Recorded, Row};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Batches that wait for one follower. One that is still busy with a batch is sent none: it sees that numbers are missing
/// and reads the journal, so it never holds up the shard, and rows that nobody waits for need not be kept.
pub const FEED_BATCHES_MAX: usize = 1;

/// Everybody who listens, and what is in hand.
#[derive(Default)]
pub(super) struct Feed {
    followers: Mutex<Vec<Follower>>,
    /// Bytes of the batch that is being folded and of its entries that are kept, about.
    folding: AtomicUsize,
}

struct Follower {
    sender: SyncSender<Arc<[Recorded]>>,
    /// What it was sent last; gone once it is done with that.
    last: Option<Weak<[Recorded]>>,
    /// What that takes, in bytes.
    bytes: usize,
}

/// Entries of a batch that is being folded, kept for followers as far as there is room.
pub(super) struct Kept {
    rows: Option<Vec<Row>>,
    bytes: usize,
    most: usize,
}

impl Kept {
    /// Nothing is kept where nobody waits for it.
    pub fn new(is_awaited: bool, most: usize) -> Self {
        Self { rows: is_awaited.then(Vec::new), bytes: 0, most }
    }

    /// Takes rows over. Where there is no room for them, followers have to read the journal, and nothing is kept.
    pub fn add(&mut self, rows: &mut Vec<Row>) {
        let Some(kept) = &mut self.rows else { return rows.clear() };
        self.bytes += rows.iter().map(Row::bytes).sum::<usize>();
        if self.bytes > self.most {
            (self.rows, self.bytes) = (None, 0);
            return rows.clear();
        }
        kept.append(rows);
    }

    /// What is kept takes, in bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// What was kept, and its bytes; none where it is not all there.
    pub fn take(self) -> Option<(Vec<Row>, usize)> {
        self.rows.map(|rows| (rows, self.bytes))
    }
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
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(Follower { sender, last: None, bytes: 0 });
        receiver
    }

    /// Whether somebody waits for entries: then those of the next commit are worth keeping.
    pub fn is_awaited(&self) -> bool {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).iter().any(Follower::is_idle)
    }

    /// Notes what the batch that is being folded takes, in bytes; 0 once it is.
    pub fn folds(&self, bytes: usize) {
        self.folding.store(bytes, Ordering::Relaxed);
    }

    /// Bytes that are in hand: of the batch that is being folded, and of what followers have not done with.
    pub fn bytes(&self) -> usize {
        let followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        // Several followers share what they were sent.
        let held = followers.iter().filter(|follower| !follower.is_idle()).map(|follower| follower.bytes).max().unwrap_or(0);
        held + self.folding.load(Ordering::Relaxed)
    }

    /// Sends a batch, which takes so many bytes, to those who wait for one, and forgets those who are gone.
    pub fn publish(&self, batch: &Arc<[Recorded]>, bytes: usize) {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        followers.retain_mut(|follower| {
            if !follower.is_idle() {
                return true;
            }
            let sent = follower.sender.try_send(Arc::clone(batch));
            if sent.is_ok() {
                (follower.last, follower.bytes) = (Some(Arc::downgrade(batch)), bytes);
            }
            !matches!(sent, Err(TrySendError::Disconnected(_)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Outcome;
    use schemas::time::Date;

    fn rows(count: usize) -> Vec<Row> {
        vec![Row::of(0, 0, Date::from_days(0), Outcome::Posted); count]
    }

    #[test]
    fn entries_are_kept_as_far_as_there_is_room() {
        let one: usize = rows(1).iter().map(Row::bytes).sum();
        let kept = |is_awaited, most, counts: &[usize]| {
            let mut kept = Kept::new(is_awaited, most);
            for count in counts {
                let mut rows = rows(*count);
                kept.add(&mut rows);
                assert!(rows.is_empty(), "they are used again");
            }
            (kept.bytes(), kept.take().map(|(rows, bytes)| (rows.len(), bytes)))
        };
        assert_eq!(kept(true, one * 3, &[1, 2]), (one * 3, Some((3, one * 3))));
        assert_eq!(kept(true, one * 3, &[1, 3, 1]), (0, None), "what came after is not kept either: numbers would be missing");
        assert_eq!(kept(false, one * 3, &[1]), (0, None), "nobody waits");
    }

    #[test]
    fn what_is_in_hand_is_what_is_folded_and_what_followers_have() {
        let feed = Feed::default();
        let batch = |numbers: std::ops::Range<u64>| -> Arc<[Recorded]> { numbers.zip(rows(4)).map(|(number, row)| Recorded { number, row }).collect() };
        let (first, second) = (feed.subscribe(), feed.subscribe());
        feed.folds(100);
        feed.publish(&batch(0..4), 1000);
        assert_eq!(feed.bytes(), 1100, "both have the same entries");
        feed.folds(0);
        drop(first.recv());
        assert_eq!(feed.bytes(), 1000, "one has not done with them");
        drop(second.recv());
        assert_eq!(feed.bytes(), 0);
    }
}
