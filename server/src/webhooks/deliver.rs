//! A hook's turn: a few messages of it, one after the other, each tried until it is taken.

use super::attempt::Attempt;
use super::cell::{Cell, QUEUE_MAX};
use super::hook::{Delivery, Hook, State, TRIED_FOR, pause_after};
use super::message::{Message, messages};
use super::waits::Waits;
use super::{Error, Inner, lock};
use jiff::Timestamp;
use projections::answers;
use projections::folds::entries::LISTS;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Messages of one hook before another hook has its turn.
const TURN_MESSAGES: usize = 64;
/// Entries that are looked through at a time.
const SCAN_ENTRIES: u64 = 65_536;
/// Of hooks that cannot be told, one is logged so often: where a partition is away, that is so of all its hooks.
const WARN_EVERY: Duration = Duration::from_secs(1);

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
                        return Turn::Due(self.wait(cell, why));
                    }
                }
            }
        }
        Turn::Due(Instant::now())
    }

    /// Looks up entries that the queue lacks. Once it has all that was dispatched, it is fed.
    fn scan(&self, cell: &Arc<Cell>) -> Result<(), String> {
        let partition = self.partition(cell.partition);
        let (from, dispatched, is_ahead, merchant) = {
            let partition = lock(&partition);
            let mut running = cell.lock();
            let is_ahead = partition.is_open && running.scanned > partition.dispatched;
            running.live = running.scanned >= partition.dispatched && !is_ahead;
            if running.live {
                running.waits = None;
            }
            (running.scanned, partition.dispatched, is_ahead, running.hook.merchant.clone())
        };
        if is_ahead {
            return Err(format!(
                "what it tells next is entry {from}, and the ledger has {dispatched} so far: it is folded again, or the webhook was another ledger's"
            ));
        }
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
        running.waits = None;
        // What does not fit in is looked up again.
        running.scanned = if numbers.len() > QUEUE_MAX { numbers.iter().rev().nth(QUEUE_MAX).copied().unwrap_or(to) } else { to };
        running.queue.extend(numbers.into_iter().rev().take(QUEUE_MAX));
        Ok(())
    }

    /// A hook cannot be told what is next: when it is looked again. Where that goes on for long, the hook's state says why, and it is logged
    /// once.
    pub(super) fn wait(&self, cell: &Cell, why: String) -> Instant {
        let now = Instant::now();
        let mut running = cell.lock();
        let (hook, next) = (running.hook.id.clone(), running.progress.next);
        tracing::debug!(hook, next, why, "a webhook waits");
        let waits = match &mut running.waits {
            Some(waits) => {
                waits.again(why);
                waits
            }
            none => none.insert(Waits::new(why, now)),
        };
        if let Some(why) = waits.told(now).map(str::to_owned)
            && !waits.is_said
            && self.may_warn(now)
        {
            waits.is_said = true;
            tracing::warn!(hook, partition = cell.partition, next, why, "a webhook cannot be told what is next; it is tried again by itself");
        }
        now + waits.pause(now)
    }

    /// Whether a hook that cannot be told is logged now.
    fn may_warn(&self, now: Instant) -> bool {
        let mut warned = lock(&self.warned);
        let may = warned.is_none_or(|at| now.saturating_duration_since(at) >= WARN_EVERY);
        if may {
            *warned = Some(now);
        }
        may
    }

    /// Tells one entry; answers when to go on, where that is later.
    fn tell(&self, cell: &Arc<Cell>, number: u64) -> Option<Instant> {
        let hook = cell.lock().hook.clone();
        let told = match self.messages(cell, &hook, number) {
            Ok(told) => told,
            Err(why) => return Some(self.wait(cell, why)),
        };
        let told_before = {
            let mut running = cell.lock();
            running.waits = None;
            usize::try_from(running.progress.part).unwrap_or(usize::MAX)
        };
        for (part, message) in told.iter().enumerate().skip(told_before) {
            let attempt = self.attempt(&hook, &id_of(&hook, cell.partition, number, part), &message.body);
            if let Some(at) = self.record(cell, number, part, message, &attempt) {
                return (at > Instant::now()).then_some(at).or(Some(Instant::now()));
            }
        }
        cell.lock().pass(number);
        // What is passed over since it is outside of what the hook is cut to stays so, also after a kill.
        if !told.is_empty() || !hook.attributes.are_none() {
            self.note_dirty(cell);
        }
        None
    }

    fn messages(&self, cell: &Arc<Cell>, hook: &Hook, number: u64) -> Result<Vec<Message>, String> {
        let ledger = self.ledger.get().ok_or_else(|| "the ledger is being opened".to_owned())?;
        let entry = ledger.entry(cell.partition, number).map_err(|why| format!("entry {number} cannot be read: {why}"))?;
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
        let (now, listed) = (Timestamp::now(), self.listed());
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
        let delivery = Delivery { number: delivery_number, id, entry: number, part, kind, state, attempts, status, error, first_at, last_at: now, next_at };
        running.note(delivery, listed);
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
        self.note_dirty(cell);
        again
    }

    /// Sends a delivery that was taken once more.
    ///
    /// # Errors
    /// The entry cannot be told now, or is not told any more.
    pub(super) fn send_again(&self, cell: &Arc<Cell>, delivery: &Delivery) -> Result<Delivery, Error> {
        let hook = cell.lock().hook.clone();
        let part = usize::try_from(delivery.part).unwrap_or(usize::MAX);
        let told = self.messages(cell, &hook, delivery.entry).map_err(Error::Views)?;
        let untold = || Error::Unknown(format!("message of delivery {} any more: the webhook does not tell its entry", delivery.number));
        let message = told.get(part).ok_or_else(untold)?;
        let attempt = self.attempt(&hook, &delivery.id, &message.body);
        let (attempts, last_at) = (delivery.attempts + 1, Timestamp::now());
        Ok(Delivery { attempts, last_at, status: attempt.status, error: attempt.error, ..delivery.clone() })
    }
}

/// The header `webhook-id`: the same at every attempt, and of no other message.
fn id_of(hook: &Hook, partition: u32, number: u64, part: usize) -> String {
    format!("{}-{partition}-{number}-{part}", hook.id)
}
