//! A hook as it runs: what waits to be told, and how far it is.

use super::hook::{Delivery, Hook, Kept, Progress};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Entries of one hook that wait; beyond that they are looked up again.
pub const QUEUE_MAX: usize = 1024;
/// Deliveries that are listed.
pub const DELIVERIES_MAX: usize = 1000;

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
    /// Whether it was removed.
    pub removed: bool,
    /// The last deliveries, the oldest first.
    pub deliveries: VecDeque<Delivery>,
}

impl Cell {
    /// Of what is kept.
    pub fn new(partition: u32, kept: Kept) -> Self {
        let Kept { hook, progress } = kept;
        let (scanned, queue, deliveries) = (progress.next, VecDeque::new(), VecDeque::new());
        let running = Running { hook, progress, queue, scanned, live: false, due: None, busy: false, removed: false, deliveries };
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
        Kept { hook: self.hook.clone(), progress: self.progress.clone() }
    }

    /// Notes a delivery, instead of what was said of it before.
    pub fn note(&mut self, delivery: Delivery) {
        match self.deliveries.iter_mut().rev().find(|own| own.number == delivery.number) {
            Some(own) => *own = delivery,
            None => {
                if self.deliveries.len() >= DELIVERIES_MAX {
                    self.deliveries.pop_front();
                }
                self.deliveries.push_back(delivery);
            }
        }
    }
}
