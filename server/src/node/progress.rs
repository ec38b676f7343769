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
    /// The journal was committed up to this next offset.
    pub fn folded(&self, next_offset: i64) {
        self.told.send_if_modified(|reached| {
            // Notices may overtake each other between threads; a journal never goes back.
            let rises = next_offset > reached.folded;
            if rises {
                reached.folded = next_offset;
            }
            rises
        });
    }

    /// The views were committed up to this next offset. One thread tells it; views that are folded anew go back.
    pub fn viewed(&self, next_offset: i64) {
        self.told.send_if_modified(|reached| std::mem::replace(&mut reached.viewed, next_offset) != next_offset);
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
        progress.folded(7);
        progress.folded(5);
        assert_eq!(progress.now(), Reached { folded: 7, viewed: 0 });
        assert!(!progress.until(Duration::from_millis(1), |reached| reached.viewed > 6).await);
        let (waited, ()) = tokio::join!(progress.until(Duration::from_secs(60), |reached| reached.viewed > 6), async { progress.viewed(7) });
        assert!(waited);
    }
}
