//! The sink of a partition: hands the number of each entry to the hooks of its merchant. It never waits for a hook: one whose queue
//! is full looks up later what it missed.

use super::cell::QUEUE_MAX;
use super::{Inner, lock};
use ledger::entry::{Outcome, Recorded};
use ledger::log::{self, Code};
use projections::follower::Sink;
use schemas::event::Subject;
use std::sync::Arc;
use std::time::Instant;

/// Hands entries of one partition to hooks.
pub struct Dispatch {
    inner: Arc<Inner>,
    partition: u32,
    /// How many entries the views have: beyond them nothing can be told. Nothing while nobody can read them.
    viewed: Box<dyn Fn() -> Option<u64> + Send>,
}

impl Dispatch {
    pub(super) fn new(inner: Arc<Inner>, partition: u32, viewed: Box<dyn Fn() -> Option<u64> + Send>) -> Self {
        Self { inner, partition, viewed }
    }
}

impl Sink for Dispatch {
    /// From now on; what came before, each hook looks up for itself.
    fn open(&mut self) -> Result<u64, log::Error> {
        let viewed = (self.viewed)().ok_or_else(|| log::Error::new(Code::ViewsBehind, "the views cannot be read yet"))?;
        let partition = self.inner.partition(self.partition);
        let mut partition = lock(&partition);
        (partition.is_open, partition.dispatched) = (true, viewed);
        let cells: Vec<_> = partition.by_merchant.values().flatten().cloned().collect();
        let next = partition.dispatched;
        drop(partition);
        for cell in cells {
            cell.lock().live = false;
            self.inner.due_if_idle(&cell, Instant::now());
        }
        Ok(next)
    }

    fn take(&mut self, entries: &[Recorded]) -> Result<(), log::Error> {
        let partition = self.inner.partition(self.partition);
        let mut partition = lock(&partition);
        let mut fed = Vec::new();
        for entry in entries {
            if let (Outcome::Posted, Some(Subject::Merchant(merchant))) = (&entry.row.outcome, &entry.row.subject) {
                for cell in partition.by_merchant.get(merchant.as_str()).into_iter().flatten() {
                    let mut running = cell.lock();
                    // Views that are folded anew, as after a restore, come by entries that it has told.
                    if entry.number < running.scanned {
                        continue;
                    }
                    if running.live && running.queue.len() < QUEUE_MAX {
                        running.queue.push_back(entry.number);
                        running.scanned = entry.number + 1;
                    } else if running.live {
                        (running.live, running.scanned) = (false, entry.number);
                    }
                    drop(running);
                    fed.push(Arc::clone(cell));
                }
            }
            partition.dispatched = entry.number + 1;
        }
        drop(partition);
        fed.iter().for_each(|cell| self.inner.due_if_idle(cell, Instant::now()));
        Ok(())
    }

    fn idle(&mut self) -> Result<(), log::Error> {
        Ok(())
    }
}
