//! The thread that reads the hooks, and keeps how far they are: what was told since is told again after a kill.

use super::{Inner, lock};
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
                if kept_idle_at.elapsed() >= KEEP_IDLE_EVERY || self.is_stopping() {
                    kept_idle_at = Instant::now();
                    self.note_idle();
                }
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
        let Some(home) = self.home.get() else { return };
        match self.read_store() {
            Ok(kept) => {
                // Where a merchant lies is known once the log said how many partitions there are.
                let Some(placed) = kept.into_iter().map(|kept| Some((home(&kept.hook.merchant)?, kept))).collect::<Option<Vec<_>>>() else { return };
                for (partition, kept) in placed {
                    self.run(partition, kept);
                }
                *lock(&self.unread) = None;
                self.store.look_over();
            }
            Err(error) => {
                let mut unread = lock(&self.unread);
                if unread.as_ref().is_none_or(|before| before.code != error.code) {
                    tracing::warn!(code = error.code.as_str(), detail = error.detail, "the webhooks cannot be read yet");
                }
                *unread = Some(error);
            }
        }
    }

    /// Hooks that have told everything are as far as they have looked.
    fn note_idle(&self) {
        for cell in lock(&self.cells).values() {
            if !self.owns(cell.partition) {
                continue;
            }
            let partition = self.partition(cell.partition);
            let partition = lock(&partition);
            let mut running = cell.lock();
            if running.live && running.queue.is_empty() && !running.busy && running.progress.next < partition.dispatched {
                running.progress.next = partition.dispatched;
                let id = running.hook.id.clone();
                drop(running);
                lock(&self.dirty).insert(id, Arc::clone(cell));
            }
        }
    }

    fn keep_dirty(&self) {
        let dirty = std::mem::take(&mut *lock(&self.dirty));
        if dirty.is_empty() {
            return;
        }
        let _writing = lock(&self.writing);
        let changes: Vec<_> = dirty
            .iter()
            .filter(|(_, cell)| !cell.lock().removed && self.owns(cell.partition))
            .map(|(id, cell)| (id.clone(), Some(cell.lock().kept())))
            .collect();
        if let Err(error) = self.store.write(changes) {
            tracing::warn!(code = error.code.as_str(), detail = error.detail, "how far webhooks are is not kept; it is tried again");
            let mut again = lock(&self.dirty);
            for (id, cell) in dirty {
                again.entry(id).or_insert(cell);
            }
        }
    }
}
