//! How far each partition is, and waiting for it without holding a thread.

use crate::streams::Wakers;
use ledger::shard;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Large records that are remembered until the views have them; of more, the oldest are forgotten, and waited for.
const LARGE_MAX: usize = 64;

/// The next offsets of one partition: everything below was folded, everything below was viewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The journal's next offset.
    pub folded: i64,
    /// The views' next offset; never above the journal's for long.
    pub viewed: i64,
    /// How many entries the journal had at its next offset.
    entries: u64,
    /// How many the views had.
    viewed_entries: u64,
}

impl Reached {
    /// Where the views have every entry, they include whatever the journal does: the log may have gone on over offsets that
    /// are no records.
    fn settle(&mut self) {
        if self.viewed_entries >= self.entries {
            self.viewed = self.viewed.max(self.folded);
        }
    }
}

/// Where one partition's progress is told, and waited for.
#[derive(Debug)]
pub struct Progress {
    told: watch::Sender<Reached>,
    /// Large records that the views do not have yet.
    large: Mutex<VecDeque<Large>>,
}

/// A large record that was folded: its offset, and how many entries the journal had with it.
#[derive(Clone, Copy, Debug)]
struct Large {
    offset: i64,
    entries: u64,
}

impl Default for Progress {
    fn default() -> Self {
        Self { told: watch::Sender::new(Reached::default()), large: Mutex::default() }
    }
}

impl Progress {
    /// The journal was committed up to this next offset, where it has so many entries.
    pub fn folded(&self, next_offset: i64, entries: u64) {
        self.tell(|reached| {
            // Notices may overtake each other between threads; a journal never goes back.
            if next_offset > reached.folded {
                (reached.folded, reached.entries) = (next_offset, entries);
            }
        });
    }

    /// The journal has entries of a large record: so many entries in all. Told before it is told how far the journal is.
    pub fn large(&self, offset: i64, entries: u64) {
        let mut large = self.lock();
        match large.back_mut().filter(|last| last.offset == offset) {
            Some(last) => last.entries = entries,
            None => large.push_back(Large { offset, entries }),
        }
        if large.len() > LARGE_MAX {
            large.pop_front();
        }
    }

    /// Whether a large record lies between the views and the record at an offset, which was folded: the views need a while for it.
    pub fn is_behind_large(&self, offset: i64) -> bool {
        let viewed = self.told.borrow().viewed_entries;
        let mut large = self.lock();
        large.retain(|large| large.entries > viewed);
        large.iter().any(|large| large.offset < offset)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Large>> {
        // What a panic left is whole.
        self.large.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The views were committed up to this next offset, where they have so many entries. One thread tells it; views that are
    /// folded anew go back.
    pub fn viewed(&self, next_offset: i64, entries: u64) {
        self.tell(|reached| (reached.viewed, reached.viewed_entries) = (next_offset, entries));
    }

    fn tell(&self, change: impl Fn(&mut Reached)) {
        self.told.send_if_modified(|reached| {
            let before = *reached;
            change(reached);
            reached.settle();
            (reached.folded, reached.viewed) != (before.folded, before.viewed)
        });
    }

    /// How far it is now.
    pub fn now(&self) -> Reached {
        *self.told.borrow()
    }

    /// A subscription to each change.
    pub fn subscribe(&self) -> watch::Receiver<Reached> {
        self.told.subscribe()
    }

    /// Whether somebody waits for more.
    pub fn is_awaited(&self) -> bool {
        self.told.receiver_count() > 0
    }

    /// Waits until `enough` of the progress, at most so long. Whether it came that far.
    pub async fn until(&self, wait: Duration, enough: impl FnMut(&Reached) -> bool) -> bool {
        let mut subscription = self.told.subscribe();
        let reached = tokio::time::timeout(wait, subscription.wait_for(enough)).await;
        matches!(reached, Ok(Ok(_)))
    }
}

/// Tells of a shard's commits.
pub(super) struct Commits {
    /// Where they are told.
    pub progress: Arc<Progress>,
    /// Whoever follows the journal.
    pub wakers: Wakers,
}

impl shard::Listener for Commits {
    fn committed(&self, notice: &shard::Notice) {
        if let Some(offset) = notice.large {
            self.progress.large(offset, notice.committed.entries);
        }
        self.progress.folded(notice.committed.cursor, notice.committed.entries);
        self.wakers.wake();
    }

    fn is_awaited(&self) -> bool {
        self.progress.is_awaited()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_journal_never_goes_back_and_progress_is_waited_for() {
        let progress = Progress::default();
        let reached = |progress: &Progress| (progress.now().folded, progress.now().viewed);
        progress.folded(7, 3);
        progress.folded(5, 2);
        assert_eq!(reached(&progress), (7, 0));
        assert!(!progress.until(Duration::from_millis(1), |reached| reached.viewed > 6).await);
        let (waited, ()) = tokio::join!(progress.until(Duration::from_secs(60), |reached| reached.viewed > 6), async { progress.viewed(7, 3) });
        assert!(waited);
    }

    #[test]
    fn what_lies_behind_a_large_record_is_known_until_the_views_have_it() {
        let progress = Progress::default();
        assert!(!progress.is_behind_large(5));
        // A close at offset 3, in two parts, and what came in the commit with the second one.
        progress.large(3, 4_100);
        progress.folded(3, 4_100);
        progress.large(3, 9_000);
        progress.folded(6, 9_000);
        let behind = |offsets: [i64; 3]| offsets.map(|offset| progress.is_behind_large(offset));
        assert_eq!(behind([2, 3, 4]), [false, false, true], "not what came before it, nor it itself");
        progress.viewed(3, 8_999);
        assert_eq!(behind([2, 3, 4]), [false, false, true]);
        progress.viewed(6, 9_000);
        assert_eq!(behind([2, 3, 4]), [false, false, false]);
        // Another one, and more than are remembered.
        for n in 0..1_000 {
            progress.large(100 + n, 10_000);
        }
        assert!(progress.lock().len() <= LARGE_MAX && progress.is_behind_large(2_000));
        progress.viewed(7, 10_000);
        assert!(!progress.is_behind_large(2_000) && progress.lock().is_empty());
    }

    #[test]
    fn views_with_every_entry_are_as_far_as_the_journal() {
        let progress = Progress::default();
        let reached = |progress: &Progress| (progress.now().folded, progress.now().viewed);
        progress.folded(10, 4);
        progress.viewed(8, 3);
        // The end of a transaction, and no entry: the views have not got all of them yet.
        progress.folded(12, 4);
        assert_eq!(reached(&progress), (12, 8));
        progress.viewed(10, 4);
        assert_eq!(reached(&progress), (12, 12));
        progress.folded(20, 4);
        assert_eq!(reached(&progress), (20, 20));
        progress.folded(22, 5);
        assert_eq!(reached(&progress), (22, 20));
    }
}
