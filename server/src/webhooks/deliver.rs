//! A hook's turn: a few messages of it, one after the other, each tried until it is taken.

use super::attempt::Attempt;
use super::cell::Cell;
use super::hook::{Delivery, Hook, State, TRIED_FOR, pause_after};
use super::message::{Message, messages};
use super::{Inner, lock};
use jiff::Timestamp;
use projections::answers;
use projections::folds::entries::LISTS;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Messages of one hook before another hook has its turn.
const TURN_MESSAGES: usize = 64;
/// Entries that are looked through at a time.
const SCAN_ENTRIES: u64 = 65_536;
/// The pause while the views do not answer.
const VIEWS_PAUSE: Duration = Duration::from_millis(500);

/// What became of a hook's turn.
pub(super) enum Turn {
    /// It has nothing to tell.
    Idle,
    /// It has more to tell, at this moment.
    Due(Instant),
    /// Another node tells it.
    Elsewhere,
}

impl Inner {
    /// Sends what a hook has to tell, a few messages at most.
    pub(super) fn turn(&self, cell: &Arc<Cell>) -> Turn {
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
        let since = *running.progress.failing_since.get_or_insert(now);
        // What was kept before this was kept begins with what was known then.
        let first_at = *running.progress.first_at.get_or_insert(since);
        running.progress.attempts += 1;
        let attempts = running.progress.attempts;
        let delivery_number = running.progress.count;
        let tried_for = now.duration_since(since).unsigned_abs();
        let is_over = attempt.is_gone() || tried_for >= TRIED_FOR;
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
                (running.progress.attempts, running.progress.failing_since, running.progress.first_at) = (0, None, None);
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
}

/// The header `webhook-id`: the same at every attempt, and of no other message.
fn id_of(hook: &Hook, partition: u32, number: u64, part: usize) -> String {
    format!("{}-{partition}-{number}-{part}", hook.id)
}
