//! How far each partition is, and waiting for it without holding a thread.

use std::time::Duration;
use tokio::sync::watch;

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
}

impl Default for Progress {
    fn default() -> Self {
        Self { told: watch::Sender::new(Reached::default()) }
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

    /// Waits until `enough` of the progress, at most so long. Whether it came that far.
    pub async fn until(&self, wait: Duration, enough: impl FnMut(&Reached) -> bool) -> bool {
        let mut subscription = self.told.subscribe();
        let reached = tokio::time::timeout(wait, subscription.wait_for(enough)).await;
        matches!(reached, Ok(Ok(_)))
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
