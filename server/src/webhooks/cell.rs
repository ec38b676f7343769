//! A hook as it runs: what waits to be told, and how far it is.

use super::hook::{Delivery, Hook, Kept, Progress};
use super::waits::Waits;
use super::whose::Whose;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Entries of one hook that wait; beyond that they are looked up again.
pub const QUEUE_MAX: usize = 1024;
/// Deliveries of one hook that are listed, where there are few hooks.
pub const DELIVERIES_MAX: usize = 1000;
/// Deliveries of all hooks together that are listed.
pub const ALL_DELIVERIES_MAX: usize = 200_000;

/// Deliveries of each hook that are listed, where there are so many hooks: of 200 hooks [`DELIVERIES_MAX`], of 10 000 twenty.
pub const fn deliveries_of_each(hooks: usize) -> usize {
    match ALL_DELIVERIES_MAX.checked_div(hooks) {
        Some(share) if share < DELIVERIES_MAX => share,
        Some(_) | None => DELIVERIES_MAX,
    }
}

/// What a hook does: it has nothing to tell or is at it, cannot be told what is next, has a delivery that fails, or is off.
pub const STATES: [&str; 4] = ["on", "waiting", "retrying", "off"];

/// A hook that runs.
pub struct Cell {
    /// In which partition its merchant lies.
    pub partition: u32,
    state: Mutex<Running>,
}

/// How it runs.
pub struct Running {
    /// As it was asked for.
    pub hook: Hook,
    /// How far it is.
    pub progress: Progress,
    /// The ledger whose entries that counts; none where that was not kept yet.
    pub ledger: Option<Whose>,
    /// Entries to tell of, in order.
    pub queue: VecDeque<u64>,
    /// Up to which entry the queue has everything.
    pub scanned: u64,
    /// Whether the queue is fed; else what it lacks is looked up.
    pub live: bool,
    /// When it is looked at next; nothing while there is nothing to do.
    pub due: Option<Instant>,
    /// Whether somebody is at it.
    pub busy: bool,
    /// Whether it was removed, or another cell has taken its place.
    pub removed: bool,
    /// What it waits for, where it cannot be told what is next.
    pub waits: Option<Waits>,
    /// The last deliveries, the oldest first.
    pub deliveries: VecDeque<Delivery>,
}

impl Cell {
    /// Of what is kept.
    pub fn new(partition: u32, kept: Kept) -> Self {
        let Kept { hook, progress, ledger } = kept;
        let (scanned, queue, deliveries) = (progress.next, VecDeque::new(), VecDeque::new());
        let running = Running { hook, progress, ledger, queue, scanned, live: false, due: None, busy: false, removed: false, waits: None, deliveries };
        Self { partition, state: Mutex::new(running) }
    }

    /// Every change of it is whole, also after a panic elsewhere.
    pub fn lock(&self) -> MutexGuard<'_, Running> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// What is kept of it.
    pub fn kept(&self) -> Kept {
        Kept { hook: self.hook.clone(), progress: self.progress.clone(), ledger: self.ledger.clone() }
    }

    /// The first entry of the queue is told, or passed over. What of it was being tried is not told any more: its merchant has left what the hook
    /// is cut to.
    pub fn pass(&mut self, number: u64) {
        self.queue.pop_front();
        (self.progress.next, self.progress.part) = (number + 1, 0);
        if self.progress.attempts > 0 {
            (self.progress.attempts, self.progress.failing_since, self.progress.first_at) = (0, None, None);
            let untold = self.progress.count;
            self.deliveries.retain(|delivery| delivery.number != untold);
        }
    }

    /// What it does, one of [`STATES`].
    pub fn state(&self) -> &'static str {
        match (&self.progress.off, self.waits_for(), self.progress.attempts) {
            (Some(_), _, _) => "off",
            (None, Some(_), _) => "waiting",
            (None, None, 0) => "on",
            (None, None, _) => "retrying",
        }
    }

    /// Why it is off, or waits.
    pub fn detail(&self) -> Option<&str> {
        self.progress.off.as_ref().map(|(why, _)| why.as_str()).or_else(|| self.waits_for())
    }

    /// Why it cannot be told what is next, where that has gone on for long.
    pub fn waits_for(&self) -> Option<&str> {
        self.waits.as_ref()?.told(Instant::now())
    }

    /// Notes a delivery, instead of what was said of it before; of all of them the last `most` are listed.
    pub fn note(&mut self, delivery: Delivery, most: usize) {
        match self.deliveries.iter_mut().rev().find(|own| own.number == delivery.number) {
            Some(own) => *own = delivery,
            None => self.deliveries.push_back(delivery),
        }
        while self.deliveries.len() > most {
            self.deliveries.pop_front();
        }
    }

    /// Lists the last so many deliveries, and has room for no more.
    pub fn list(&mut self, most: usize) {
        let over = self.deliveries.len().saturating_sub(most);
        drop(self.deliveries.drain(..over));
        self.deliveries.shrink_to(most);
    }
}

#[cfg(test)]
mod tests {
    use super::super::HOOKS_MAX;
    use super::super::testing::hook;
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_hook_that_cannot_be_told_what_is_next_says_so_after_a_while() {
        let cell = Cell::new(0, Kept { hook: hook("wh_1", "M1"), progress: Progress::default(), ledger: None });
        let mut running = cell.lock();
        let long_ago = Instant::now().checked_sub(Duration::from_secs(60)).expect("the machine has run for longer");
        running.waits = Some(Waits::new("entry 7 cannot be read".to_owned(), Instant::now()));
        assert_eq!((running.state(), running.detail()), ("on", None));
        running.waits = Some(Waits::new("entry 7 cannot be read".to_owned(), long_ago));
        assert_eq!((running.state(), running.detail()), ("waiting", Some("entry 7 cannot be read")));
        running.progress.off = Some(("it was answered 410".to_owned(), jiff::Timestamp::UNIX_EPOCH));
        assert_eq!((running.state(), running.detail()), ("off", Some("it was answered 410")));
        assert!(STATES.contains(&running.state()));
    }

    #[test]
    fn lists_of_any_number_of_hooks_are_bounded_together() {
        assert_eq!([0, 1, 200, 201, 10_000].map(deliveries_of_each), [1000, 1000, 1000, 995, 20]);
        assert!((0..=HOOKS_MAX).all(|hooks| deliveries_of_each(hooks) * hooks <= ALL_DELIVERIES_MAX && deliveries_of_each(hooks) > 0));
    }
}
