//! The threads that send. A hook that has something to tell is due at a moment; whoever is free takes the one that is due first, sends a
//! few messages of it one after the other, and puts it back. A failed attempt makes it due later.

use super::cell::Cell;
use super::hook::{Delivery, Hook, Kept, State, TRIED_FOR, pause_after};
use super::message::{Message, messages};
use super::schedule::{Lane, THREADS};
use super::signature::signatures;
use super::{Inner, LOOK_EVERY, OfPartition, lock};
use jiff::Timestamp;
use ledger::log::{self, Code};
use projections::answers;
use projections::folds::entries::LISTS;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Messages of one hook before another hook has its turn.
const TURN_MESSAGES: usize = 64;
/// Entries that are looked through at a time.
const SCAN_ENTRIES: u64 = 65_536;
/// The pause while the views do not answer.
const VIEWS_PAUSE: Duration = Duration::from_millis(500);
/// How far hooks are is kept so often.
const KEEP_EVERY: Duration = Duration::from_millis(500);
/// Of hooks that have nothing to tell, how far they are is kept so often.
const KEEP_IDLE_EVERY: Duration = Duration::from_secs(60);
/// A receiver that answers this wants nothing more.
const GONE: u16 = 410;
/// Bytes of an answer that are read, so that the connection can be used again.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// What became of a hook's turn.
enum Turn {
    /// It has nothing to tell.
    Idle,
    /// It has more to tell, at this moment.
    Due(Instant),
    /// Another node tells it.
    Elsewhere,
}

/// What became of one attempt.
struct Attempt {
    status: Option<u16>,
    error: Option<String>,
}

impl Attempt {
    fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Starts the threads that read the hooks, send, and keep how far they are.
pub(super) fn start(inner: &Arc<Inner>) -> Result<Vec<JoinHandle<()>>, log::Error> {
    // Files are there at once, so nobody who asks a server that has just begun is put off; a topic may take its time.
    if inner.store.is_local() {
        inner.read();
    }
    let failed = |error: std::io::Error| log::Error::new(Code::TooManyFiles, format!("no thread for webhooks: {error}"));
    let mut threads = Vec::new();
    for number in 0..THREADS {
        let inner = Arc::clone(inner);
        threads.push(std::thread::Builder::new().name(format!("webhooks-{number}")).spawn(move || inner.work()).map_err(failed)?);
    }
    let inner = Arc::clone(inner);
    threads.push(std::thread::Builder::new().name("webhooks-keep".to_owned()).spawn(move || inner.keep()).map_err(failed)?);
    Ok(threads)
}

impl Inner {
    pub(super) fn partition(&self, partition: u32) -> Arc<Mutex<OfPartition>> {
        Arc::clone(lock(&self.partitions).entry(partition).or_default())
    }

    /// Has a hook run.
    pub(super) fn run(&self, partition: u32, kept: Kept) -> Arc<Cell> {
        let (id, merchant) = (kept.hook.id.clone(), kept.hook.merchant.clone());
        let cell = Arc::new(Cell::new(partition, kept));
        lock(&self.cells).insert(id, Arc::clone(&cell));
        lock(&self.partition(partition)).by_merchant.entry(merchant).or_default().push(Arc::clone(&cell));
        self.due_if_idle(&cell, Instant::now());
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

    pub(super) fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        // Whoever is about to wait sees it, because the flag is looked at under this lock.
        drop(lock(&self.schedule));
        self.wake.notify_all();
        self.stopped.notify_all();
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes hooks that are due until it is stopped.
    fn work(self: &Arc<Self>) {
        while let Some((cell, lane)) = self.next() {
            let turn = self.turn(&cell);
            if lock(&self.schedule).done(&lane) {
                self.wake.notify_all();
            }
            let mut running = cell.lock();
            running.busy = false;
            // What came while somebody was at it is in the queue.
            let again = match turn {
                Turn::Due(at) => Some(at),
                Turn::Idle => (!running.queue.is_empty() || !running.live).then(Instant::now),
                Turn::Elsewhere => None,
            };
            let asked = running.due.take();
            drop(running);
            if let Some(at) = asked.into_iter().chain(again).min() {
                self.due(&cell, at);
            }
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
            if let Some(cell) = cell {
                let mut running = cell.lock();
                // It may have been said to be due at another moment since.
                if running.due == Some(at) && !running.busy && !running.removed {
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
        }
    }

    /// Sends what a hook has to tell, a few messages at most.
    fn turn(&self, cell: &Arc<Cell>) -> Turn {
        for _ in 0..TURN_MESSAGES {
            if self.is_stopping() {
                return Turn::Idle;
            }
            let running = cell.lock();
            if running.removed || running.progress.off.is_some() {
                return Turn::Idle;
            }
            let (first, live) = (running.queue.front().copied(), running.live);
            drop(running);
            if !self.owns(cell.partition) {
                return Turn::Elsewhere;
            }
            match (first, live) {
                (Some(number), _) => {
                    if let Some(at) = self.tell(cell, number) {
                        return Turn::Due(at);
                    }
                }
                (None, true) => return Turn::Idle,
                (None, false) => {
                    if let Err(why) = self.scan(cell) {
                        tracing::debug!(why, "a webhook waits for the views");
                        return Turn::Due(Instant::now() + VIEWS_PAUSE);
                    }
                }
            }
        }
        Turn::Due(Instant::now())
    }

    /// Looks up entries that the queue lacks. Once it has all that was dispatched, it is fed.
    fn scan(&self, cell: &Arc<Cell>) -> Result<(), String> {
        let partition = self.partition(cell.partition);
        let (from, dispatched, merchant) = {
            let partition = lock(&partition);
            let mut running = cell.lock();
            running.live = running.scanned >= partition.dispatched;
            (running.scanned, partition.dispatched, running.hook.merchant.clone())
        };
        if from >= dispatched {
            return Ok(());
        }
        let to = dispatched.min(from + SCAN_ENTRIES);
        let mut numbers = Vec::new();
        let mut behind = false;
        let ledger = self.ledger.get().ok_or_else(|| "the ledger is being opened".to_owned())?;
        ledger.ask(cell.partition, &mut |shard| {
            behind = shard.snapshot.checkpoint().next_entry < to;
            numbers.clear();
            LISTS.newest_first(&shard.snapshot, &(merchant.clone(), None), from..to, |number| {
                numbers.push(number);
                Ok(true)
            })?;
            Ok(())
        })?;
        if behind {
            return Err(format!("the views have not got to entry {to}"));
        }
        let mut running = cell.lock();
        running.queue.extend(numbers.into_iter().rev());
        running.scanned = to;
        Ok(())
    }

    /// Tells one entry; answers when to go on, where that is later.
    fn tell(&self, cell: &Arc<Cell>, number: u64) -> Option<Instant> {
        let hook = cell.lock().hook.clone();
        let told = match self.messages(cell, &hook, number) {
            Ok(told) => told,
            Err(why) => {
                tracing::debug!(hook = hook.id, number, why, "a webhook waits for the views");
                return Some(Instant::now() + VIEWS_PAUSE);
            }
        };
        let told_before = usize::try_from(cell.lock().progress.part).unwrap_or(usize::MAX);
        for (part, message) in told.iter().enumerate().skip(told_before) {
            let attempt = self.attempt(&hook, &id_of(&hook, cell.partition, number, part), &message.body);
            if let Some(at) = self.record(cell, number, part, message, &attempt) {
                return (at > Instant::now()).then_some(at).or(Some(Instant::now()));
            }
        }
        let mut running = cell.lock();
        running.queue.pop_front();
        (running.progress.next, running.progress.part) = (number + 1, 0);
        drop(running);
        if !told.is_empty() {
            lock(&self.dirty).insert(hook.id, Arc::clone(cell));
        }
        None
    }

    fn messages(&self, cell: &Arc<Cell>, hook: &Hook, number: u64) -> Result<Vec<Message>, String> {
        let ledger = self.ledger.get().ok_or_else(|| "the ledger is being opened".to_owned())?;
        let entry = ledger.entry(cell.partition, number).ok_or_else(|| format!("entry {number} cannot be read"))?;
        let (mut told, compose) = (Vec::new(), self.compose.get().copied());
        ledger.ask(cell.partition, &mut |shard| {
            if shard.snapshot.checkpoint().next_entry <= number {
                return Err(answers::Error::NotCaughtUp { open: None, position: entry.row.offset });
            }
            told = messages(hook, &entry, shard, compose)?;
            Ok(())
        })?;
        Ok(told)
    }

    /// Notes what became of an attempt; when the next one is, where it failed.
    fn record(&self, cell: &Arc<Cell>, number: u64, part: usize, message: &Message, attempt: &Attempt) -> Option<Instant> {
        let now = Timestamp::now();
        let mut running = cell.lock();
        let first_at = *running.progress.failing_since.get_or_insert(now);
        running.progress.attempts += 1;
        let attempts = running.progress.attempts;
        let delivery_number = running.progress.count;
        let tried_for = now.duration_since(first_at).unsigned_abs();
        let is_over = attempt.status == Some(GONE) || tried_for >= TRIED_FOR;
        let pause = pause_after(attempts);
        let (state, next_at) = match (attempt.is_taken(), is_over) {
            (true, _) => (State::Delivered, None),
            (false, true) => (State::Failed, None),
            (false, false) => (State::Retrying, jiff::SignedDuration::try_from(pause).ok().and_then(|pause| now.checked_add(pause).ok())),
        };
        let part = u32::try_from(part).unwrap_or(u32::MAX);
        let (id, kind) = (id_of(&running.hook, cell.partition, number, usize::try_from(part).unwrap_or(usize::MAX)), message.kind.clone());
        let (status, error) = (attempt.status, attempt.error.clone());
        running.note(Delivery { number: delivery_number, id, entry: number, part, kind, state, attempts, status, error, first_at, last_at: now, next_at });
        let hook_id = running.hook.id.clone();
        let again = match state {
            State::Delivered => {
                running.progress.count += 1;
                running.progress.part = part + 1;
                (running.progress.attempts, running.progress.failing_since) = (0, None);
                None
            }
            State::Retrying => Some(Instant::now() + pause),
            State::Failed => {
                let why = attempt.error.clone().unwrap_or_else(|| format!("it was answered {}", attempt.status.unwrap_or(0)));
                // Its address may have a secret in it.
                tracing::error!(hook = hook_id, why, "the webhook is off: it was tried for as long as that goes on");
                running.progress.off = Some((why, now));
                Some(Instant::now())
            }
        };
        drop(running);
        lock(&self.dirty).insert(hook_id, Arc::clone(cell));
        again
    }

    /// Sends a delivery that was taken once more.
    pub(super) fn send_again(&self, cell: &Arc<Cell>, delivery: &Delivery) -> Result<Delivery, String> {
        let hook = cell.lock().hook.clone();
        let part = usize::try_from(delivery.part).unwrap_or(usize::MAX);
        let told = self.messages(cell, &hook, delivery.entry)?;
        let message = told.get(part).ok_or_else(|| "the entry is not told as this any more".to_owned())?;
        let attempt = self.attempt(&hook, &delivery.id, &message.body);
        let (attempts, last_at) = (delivery.attempts + 1, Timestamp::now());
        Ok(Delivery { attempts, last_at, status: attempt.status, error: attempt.error, ..delivery.clone() })
    }

    /// One attempt to send a message.
    fn attempt(&self, hook: &Hook, id: &str, body: &[u8]) -> Attempt {
        let now = Timestamp::now();
        let signature = signatures(hook.secrets(now), id, now.as_second(), body);
        let sent = self
            .agent
            .post(&hook.url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.as_second().to_string())
            .header("webhook-signature", signature)
            .send(body);
        match sent {
            Ok(mut answer) => {
                let status = answer.status().as_u16();
                // Read to its end, so that the connection may be used again; what it says is the receiver's own affair.
                let _ = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
                let error = (!(200..300).contains(&status)).then(|| format!("it was answered {status}"));
                Attempt { status: Some(status), error }
            }
            Err(error) => Attempt { status: None, error: Some(error.to_string()) },
        }
    }

    /// Reads the hooks, then keeps how far they are once a second, until it is stopped.
    fn keep(self: &Arc<Self>) {
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
            let schedule = lock(&self.schedule);
            if !self.is_stopping() {
                drop(self.stopped.wait_timeout(schedule, KEEP_EVERY).unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    fn read(self: &Arc<Self>) {
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

/// The header `webhook-id`: the same at every attempt, and of no other message.
fn id_of(hook: &Hook, partition: u32, number: u64, part: usize) -> String {
    format!("{}-{partition}-{number}-{part}", hook.id)
}
