//! The thread that reads the hooks, and keeps how far they are: what was told since is told again after a kill.

use super::store::{Change, Lost};
use super::{Inner, lock};
use jiff::Timestamp;
use ledger::log;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How far hooks are is kept so often.
const KEEP_EVERY: Duration = Duration::from_millis(500);
/// Of hooks that have nothing to tell, how far they are is kept so often.
const KEEP_IDLE_EVERY: Duration = Duration::from_secs(60);

impl Inner {
    /// Reads the hooks, then keeps how far they are twice a second, until it is stopped.
    pub(super) fn keep(self: &Arc<Self>) {
        let mut kept_idle_at = Instant::now();
        loop {
            if lock(&self.unread).is_some() {
                self.read();
            } else {
                self.read_gained();
                let is_time = kept_idle_at.elapsed() >= KEEP_IDLE_EVERY;
                if is_time || self.is_stopping() {
                    kept_idle_at = Instant::now();
                    self.note_idle();
                }
                if is_time {
                    self.keep_lost();
                }
                self.claim();
                self.keep_dirty();
            }
            if self.is_stopping() {
                return;
            }
            self.hire();
            let schedule = lock(&self.schedule);
            if !self.is_stopping() {
                drop(self.stopped.wait_timeout(schedule, KEEP_EVERY).unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Reads the hooks the first time, and has them run.
    pub(super) fn read(self: &Arc<Self>) {
        let began = Instant::now();
        match self.read_store() {
            Ok(kept) => {
                let Some(placed) = self.placed(kept) else { return };
                self.take_over(began);
                for (partition, kept) in placed {
                    self.run(partition, kept);
                }
                *lock(&self.unread) = None;
                self.store.look_over();
            }
            Err(error) => {
                let mut unread = lock(&self.unread);
                if unread.as_ref().is_none_or(|(before, _)| before.code != error.code) {
                    tracing::warn!(code = error.code.as_str(), detail = error.detail, "the webhooks cannot be read yet");
                }
                let since = unread.as_ref().map_or_else(Timestamp::now, |(_, since)| *since);
                *unread = Some((error, since));
            }
        }
    }

    /// Hooks that have told everything are as far as they have looked.
    fn note_idle(&self) {
        let cells: Vec<_> = lock(&self.cells).values().cloned().collect();
        for cell in &cells {
            if !self.owns(cell.partition) {
                continue;
            }
            let partition = self.partition(cell.partition);
            let partition = lock(&partition);
            let mut running = cell.lock();
            if running.live && running.queue.is_empty() && !running.busy && running.progress.next < partition.dispatched {
                running.progress.next = partition.dispatched;
                drop(running);
                self.note_dirty(cell);
            }
        }
    }

    /// Keeps hooks as they are now, and with them what a topic lacks that was made again: what is known here is then kept nowhere else.
    /// Whoever calls this holds the lock of `writing`, and none of a hook.
    pub(super) fn write(&self, changes: Vec<Change>) -> Result<(), log::Error> {
        self.store.write(changes, &|lost| self.known_of(lost))
    }

    /// The hooks that a topic lacks, as they are known.
    fn known_of(&self, lost: Lost) -> Vec<Change> {
        let cells: Vec<_> = lock(&self.cells).values().cloned().collect();
        let is_lost = |partition| match lost {
            Lost::Every => true,
            Lost::Own => self.owns(partition),
        };
        let kept = cells.iter().filter(|cell| is_lost(cell.partition)).map(|cell| cell.lock().kept());
        kept.map(|kept| (kept.hook.id.clone(), Some(kept))).collect()
    }

    /// Keeps hooks whose topic was deleted since, where nothing else is kept that would have them written.
    fn keep_lost(&self) {
        let _writing = lock(&self.writing);
        if self.store.is_local() || lock(&self.cells).is_empty() {
            return;
        }
        if let Err(error) = self.write(Vec::new()) {
            tracing::warn!(code = error.code.as_str(), detail = error.detail, "webhooks whose topic was deleted are not kept; it is tried again");
        }
    }

    /// Keeps how far those are that have gone on since.
    pub(super) fn keep_dirty(&self) {
        let dirty = std::mem::take(&mut *lock(&self.dirty));
        if dirty.is_empty() {
            return;
        }
        // Nothing is a change here: hooks of partitions that this node calls are not read again.
        let _writing = lock(&self.writing);
        let changes: Vec<_> = dirty
            .iter()
            .filter(|(_, cell)| self.owns(cell.partition) && !cell.lock().removed)
            .map(|(id, cell)| (id.clone(), Some(cell.lock().kept())))
            .collect();
        if changes.is_empty() {
            return;
        }
        if let Err(error) = self.write(changes) {
            tracing::warn!(code = error.code.as_str(), detail = error.detail, "how far webhooks are is not kept; it is tried again");
            dirty.values().for_each(|cell| self.note_dirty(cell));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Webhooks;
    use super::super::testing::Silent;
    use super::*;
    use crate::config::Config;
    use ledger::log::WarningCode;

    #[test]
    fn hooks_that_cannot_be_read_are_told_until_they_can_be() {
        let data = tempfile::tempdir().expect("a directory");
        let directory = data.path().join("hooks");
        std::fs::write(&directory, "no directory").expect("written");
        let config = Config::embedded(data.path().to_owned()).expect("a configuration");
        let webhooks = Webhooks::new(&config, &ledger::log::kafka::Options::default()).expect("webhooks");
        assert!(webhooks.warnings().is_empty(), "nothing was tried yet");
        webhooks.start(Box::new(Silent), Box::new(|_| Some(0))).expect("a thread");
        let told = webhooks.warnings();
        assert_eq!(told.iter().map(|warning| warning.code).collect::<Vec<_>>(), [WarningCode::WebhooksUnread], "{told:?}");
        assert!(told[0].detail.contains("none is called"), "{told:?}");
        std::fs::remove_file(&directory).expect("removed");
        let begun = Instant::now();
        while webhooks.trouble().is_some() || !webhooks.warnings().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", webhooks.warnings());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
