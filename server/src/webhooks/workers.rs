//! The threads that send. A hook that has something to tell is due at a moment; whoever is free takes the one that is due first, has it
//! take its turn ([`super::deliver`]), and puts it back. A failed attempt makes it due later.
//!
//! There are as many threads as hooks, [`THREADS`] at most: a hook sends one message at a time, so more would have nothing to do, but for
//! one that was removed in the middle of an attempt; and who has no hooks has none. One that was started stays until all are stopped.

use super::cell::Cell;
use super::deliver::Turn;
use super::hook::Kept;
use super::schedule::{Lane, THREADS};
use super::{Inner, LOOK_EVERY, lock};
use ledger::log::{self, Code};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The pause after a turn that ended in a panic, which took its thread with it.
const PANIC_PAUSE: Duration = Duration::from_secs(60);

/// The threads that send.
#[derive(Default)]
pub(super) struct Senders {
    /// Each, in the order in which they were started.
    pub threads: Vec<JoinHandle<()>>,
    /// Whether the last one could not be started, which is said once.
    is_short: bool,
}

/// Reads the hooks where they are files, and starts the thread that keeps how far they are.
///
/// # Errors
/// There is no thread for it.
pub(super) fn start(inner: &Arc<Inner>) -> Result<JoinHandle<()>, log::Error> {
    // Files are there at once, so nobody who asks a server that has just begun is put off; a topic may take its time.
    if inner.store.is_local() {
        inner.read();
    }
    let inner = Arc::clone(inner);
    let started = std::thread::Builder::new().name("webhooks-keep".to_owned()).spawn(move || inner.keep());
    started.map_err(|error| log::Error::new(Code::TooManyFiles, format!("no thread for webhooks: {error}")))
}

impl Inner {
    /// Has a hook run.
    pub(super) fn run(self: &Arc<Self>, partition: u32, kept: Kept) -> Arc<Cell> {
        let (id, merchant) = (kept.hook.id.clone(), kept.hook.merchant.clone());
        if kept.ledger.as_ref() != self.whose.get() {
            self.unclaimed.store(true, Ordering::Relaxed);
        }
        let cell = Arc::new(Cell::new(partition, kept));
        lock(&self.cells).insert(id, Arc::clone(&cell));
        lock(&self.partition(partition)).by_merchant.entry(merchant).or_default().push(Arc::clone(&cell));
        self.share_lists();
        self.due_if_idle(&cell, Instant::now());
        self.hire();
        cell
    }

    /// Has a hook looked at at a moment, whatever was said before.
    pub(super) fn due(&self, cell: &Arc<Cell>, at: Instant) {
        let mut running = cell.lock();
        if running.removed || running.progress.off.is_some() {
            running.due = None;
            return;
        }
        running.due = Some(at);
        let id = running.hook.id.clone();
        drop(running);
        lock(&self.schedule).put(at, id);
        self.wake.notify_one();
    }

    /// The same, unless it is due or somebody is at it.
    pub(super) fn due_if_idle(&self, cell: &Arc<Cell>, at: Instant) {
        let running = cell.lock();
        let is_idle = running.due.is_none() && !running.busy;
        drop(running);
        if is_idle {
            self.due(cell, at);
        }
    }

    /// Has every thread end after what it is at.
    pub(super) fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        // Whoever is about to wait sees it, because the flag is looked at under this lock.
        drop(lock(&self.schedule));
        self.wake.notify_all();
        self.stopped.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Starts the threads that hooks lack. Where one cannot be had, the others have more to do, and it is tried again.
    pub(super) fn hire(self: &Arc<Self>) {
        let wanted = lock(&self.cells).len().min(THREADS);
        let mut senders = lock(&self.senders);
        // One that ended in a panic does not count.
        if !self.is_stopping() {
            senders.threads.retain(|thread| !thread.is_finished());
        }
        // Whoever stops them looks for them under this lock, after it has said so.
        while senders.threads.len() < wanted && !self.is_stopping() {
            let inner = Arc::clone(self);
            let name = format!("webhooks-{}", senders.threads.len());
            match std::thread::Builder::new().name(name).spawn(move || inner.work()) {
                Ok(thread) => senders.threads.push(thread),
                Err(error) => {
                    if !std::mem::replace(&mut senders.is_short, true) {
                        tracing::warn!(%error, "there is no thread for webhooks; it is tried again");
                    }
                    return;
                }
            }
        }
        senders.is_short = false;
    }

    /// Takes hooks that are due until it is stopped.
    fn work(self: &Arc<Self>) {
        while let Some((cell, lane)) = self.next() {
            self.take_turn(&cell, &lane);
        }
    }

    /// Has a hook take its turn, which ends whatever comes of it.
    fn take_turn(&self, cell: &Arc<Cell>, lane: &Lane) {
        let mut taken = Taken { inner: self, cell, lane, turn: None };
        taken.turn = Some(self.turn(cell));
    }

    /// A hook's turn has ended.
    fn end_turn(&self, cell: &Arc<Cell>, lane: &Lane, turn: &Turn) {
        if lock(&self.schedule).done(lane) {
            self.wake.notify_all();
        }
        let mut running = cell.lock();
        running.busy = false;
        // What came while somebody was at it is in the queue.
        let again = match turn {
            Turn::Due(at) => Some(*at),
            Turn::Idle => (!running.queue.is_empty() || !running.live).then(Instant::now),
            Turn::Elsewhere => None,
        };
        let asked = running.due.take();
        drop(running);
        if let Some(at) = asked.into_iter().chain(again).min() {
            self.due(cell, at);
        }
    }

    /// The hook that is due, marked as busy, and whose turn it takes; nothing where it is to stop.
    fn next(&self) -> Option<(Arc<Cell>, Lane)> {
        let mut schedule = lock(&self.schedule);
        loop {
            if self.is_stopping() {
                return None;
            }
            let now = Instant::now();
            let first = schedule.first();
            let wait = first.map_or(LOOK_EVERY, |at| at.saturating_duration_since(now));
            if first.is_none() || !wait.is_zero() {
                schedule = self.wake.wait_timeout(schedule, wait.min(LOOK_EVERY)).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let Some((at, id)) = schedule.take() else { continue };
            drop(schedule);
            let cell = lock(&self.cells).get(&id).cloned();
            let mut is_other = true;
            if let Some(cell) = cell {
                let mut running = cell.lock();
                // It may have been said to be due at another moment since.
                if running.due == Some(at) && !running.busy && !running.removed {
                    is_other = false;
                    let lane = Lane { merchant: running.hook.merchant.clone(), is_failing: running.progress.attempts > 0 };
                    // One that must wait is still due at that moment when a turn of its lane has ended.
                    if lock(&self.schedule).begin(&lane, at, &id) {
                        (running.due, running.busy) = (None, true);
                        drop(running);
                        return Some((cell, lane));
                    }
                }
            }
            schedule = lock(&self.schedule);
            if is_other {
                schedule.look_again();
                self.wake.notify_all();
            }
        }
    }
}

/// A hook that has its turn. The turn ends with this, also by a panic: else nobody would call the hook again, and its merchant would have a
/// turn less for good.
struct Taken<'a> {
    inner: &'a Inner,
    cell: &'a Arc<Cell>,
    lane: &'a Lane,
    /// What became of it; nothing after a panic.
    turn: Option<Turn>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let turn = self.turn.take().unwrap_or_else(|| {
            let hook = self.cell.lock().hook.id.clone();
            tracing::error!(hook, "a turn of a webhook ended in a panic; it is tried again in a minute");
            self.inner.wait(self.cell, "its last turn ended in a panic, which the log has".to_owned());
            Turn::Due(Instant::now() + PANIC_PAUSE)
        });
        self.inner.end_turn(self.cell, self.lane, &turn);
    }
}

#[cfg(test)]
mod tests {
    use super::super::schedule::OF_MERCHANT_MAX;
    use super::super::testing::{Broken, hook, webhooks};
    use super::*;
    use crate::webhooks::Progress;

    #[test]
    fn a_turn_that_ends_in_a_panic_ends() {
        let (webhooks, _) = webhooks(false);
        let inner = &webhooks.inner;
        inner.ledger.get_or_init(|| Box::new(Broken));
        // Nobody else takes turns.
        inner.ask_to_stop();
        let cell = inner.run(0, Kept { hook: hook("wh_1", "M1"), progress: Progress::default(), ledger: None });
        cell.lock().queue.push_back(7);
        let lane = Lane { merchant: "M1".to_owned(), is_failing: false };
        assert!(lock(&inner.schedule).begin(&lane, Instant::now(), "wh_1"));
        {
            let mut running = cell.lock();
            (running.busy, running.due) = (true, None);
        }
        inner.stop.store(false, Ordering::Relaxed);
        let turn = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| inner.take_turn(&cell, &lane)));
        inner.stop.store(true, Ordering::Relaxed);
        assert!(turn.is_err());
        let running = cell.lock();
        assert!(!running.busy && running.due.is_some_and(|due| due > Instant::now()) && running.waits.is_some());
        drop(running);
        let mut schedule = lock(&inner.schedule);
        assert!((0..OF_MERCHANT_MAX).all(|_| schedule.begin(&lane, Instant::now(), "wh_2")), "its merchant has as many turns as before");
    }
}
