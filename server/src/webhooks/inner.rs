//! What the hooks of a node are, shared by the threads that send, the one that keeps them, and whoever asks.
//!
//! Locks are taken in this order, each of them by itself where that is enough: `writing`; `owned`, `gained`; `cells`; a partition; a
//! cell; `dirty` or `schedule`. Nobody waits for Kafka or for a receiver with one of them in hand, but for `writing` while a hook is
//! written ([`super::writing`]).

use super::cell::{Cell, deliveries_of_each};
use super::schedule::Schedule;
use super::store::{Store, Unreadable};
use super::whose::{Foreign, Whose};
use super::workers::Senders;
use super::writing::Writing;
use super::{Compose, Home, Ledger, address, lock};
use jiff::Timestamp;
use ledger::log::{self, Code};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Instant;

/// Why hooks are not known where nothing has gone wrong: no reading has ended yet. None fails with this code.
pub(super) const NOT_TRIED: Code = Code::ViewsBehind;

/// Hooks of one partition, by merchant.
#[derive(Default)]
pub(super) struct OfPartition {
    /// Whether the sink was opened, and so `dispatched` says how far the ledger is.
    pub is_open: bool,
    /// Up to which entry hooks that are live were fed.
    pub dispatched: u64,
    pub by_merchant: HashMap<String, Vec<Arc<Cell>>>,
}

pub(super) struct Inner {
    pub store: Store,
    pub private: bool,
    pub agent: ureq::Agent,
    pub ledger: OnceLock<Box<dyn Ledger>>,
    pub home: OnceLock<Home>,
    pub compose: OnceLock<Compose>,
    pub cells: Mutex<BTreeMap<String, Arc<Cell>>>,
    pub partitions: Mutex<HashMap<u32, Arc<Mutex<OfPartition>>>>,
    pub schedule: Mutex<Schedule>,
    pub wake: Condvar,
    /// Told when it is to stop; with the lock of the schedule.
    pub stopped: Condvar,
    pub stop: AtomicBool,
    /// Why hooks are not known yet, and since when they are wanted; nothing once they are.
    pub unread: Mutex<Option<(log::Error, Timestamp)>>,
    /// What is kept among them and cannot be read.
    pub unreadable: Mutex<Unreadable>,
    /// Since when there is something of that kind.
    pub unreadable_since: Mutex<Option<Timestamp>>,
    /// Which ledger this is, once its log has said so.
    pub whose: OnceLock<Whose>,
    /// What is kept among them of other ledgers.
    pub foreign: Mutex<Foreign>,
    /// Whether a hook may be kept without its ledger.
    pub unclaimed: AtomicBool,
    /// The partitions that this node owns; nothing on a node that is alone, which owns all.
    pub owned: Mutex<Option<BTreeSet<u32>>>,
    /// Those of them whose hooks were not read since it was given them, and when it was: another node may have kept them until now.
    pub gained: Mutex<BTreeMap<u32, Instant>>,
    /// Held while a hook is written, until what runs here is the same.
    pub writing: Mutex<Writing>,
    /// Hooks whose progress is to be kept.
    pub dirty: Mutex<BTreeMap<String, Arc<Cell>>>,
    /// How many deliveries of each hook are listed.
    pub listed: AtomicUsize,
    /// When a hook that cannot be told was logged last.
    pub warned: Mutex<Option<Instant>>,
    /// The threads that send.
    pub senders: Mutex<Senders>,
}

impl Inner {
    /// Of where hooks are kept. Nothing is read yet. A node of a group owns nothing until it is said to.
    pub fn new(store: Store, private: bool, is_of_group: bool) -> Self {
        let unread = log::Error::new(NOT_TRIED, "the webhooks are being read: ask again");
        Self {
            store,
            private,
            agent: address::agent(private),
            ledger: OnceLock::new(),
            home: OnceLock::new(),
            compose: OnceLock::new(),
            cells: Mutex::default(),
            partitions: Mutex::default(),
            schedule: Mutex::default(),
            wake: Condvar::new(),
            stopped: Condvar::new(),
            stop: AtomicBool::new(false),
            unread: Mutex::new(Some((unread, Timestamp::now()))),
            unreadable: Mutex::default(),
            unreadable_since: Mutex::default(),
            whose: OnceLock::new(),
            foreign: Mutex::default(),
            unclaimed: AtomicBool::new(false),
            owned: Mutex::new(is_of_group.then(BTreeSet::new)),
            gained: Mutex::default(),
            writing: Mutex::default(),
            dirty: Mutex::default(),
            listed: AtomicUsize::new(deliveries_of_each(0)),
            warned: Mutex::default(),
            senders: Mutex::default(),
        }
    }

    /// The hooks of a partition.
    pub fn partition(&self, partition: u32) -> Arc<Mutex<OfPartition>> {
        Arc::clone(lock(&self.partitions).entry(partition).or_default())
    }

    /// How far a hook is, is to be kept; unless it runs no more, for then it would take the place of the one that does.
    pub fn note_dirty(&self, cell: &Arc<Cell>) {
        let running = cell.lock();
        if !running.removed {
            lock(&self.dirty).insert(running.hook.id.clone(), Arc::clone(cell));
        }
    }

    /// How many deliveries of each hook are listed.
    pub fn listed(&self) -> usize {
        self.listed.load(Ordering::Relaxed)
    }

    /// Says how many deliveries of each hook are listed, by how many hooks there are now; where that is fewer than before, the oldest go.
    pub fn share_lists(&self) {
        let cells = lock(&self.cells);
        let most = deliveries_of_each(cells.len());
        if most < self.listed.swap(most, Ordering::Relaxed) {
            cells.values().for_each(|cell| cell.lock().list(most));
        }
    }
}
