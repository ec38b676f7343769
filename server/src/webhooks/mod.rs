//! Webhooks: calls to a merchant's own server when something happens to it, by the Standard Webhooks specification.
//!
//! | file | what it knows |
//! |---|---|
//! | `hook` | a hook as it was asked for, how far it is, its deliveries |
//! | `kind` | what a hook may tell of |
//! | `message` | what an entry means to a hook |
//! | `signature` | secrets, and signing with them |
//! | `address` | where a hook may send to |
//! | `store` | where hooks are kept: files, or a compacted topic |
//! | `files` | hooks as files, and their copies in a backup |
//! | `cell` | a hook as it runs |
//! | `dispatch` | the sink of a partition: which entries are of which hook |
//! | `schedule` | whose turn is next: at most a few of one merchant, and of those that fail |
//! | `workers` | the threads that send, as many as there are hooks |
//! | `deliver` | a hook's turn, and its pauses |
//! | `attempt` | one call of a receiver |
//! | `keep` | the thread that reads the hooks and keeps how far they are |
//! | `given` | which node calls a hook |
//!
//! At least once: how far a hook is, is kept every half second, and what was sent since is sent again after a kill, under the same
//! id. In order: a hook is of one merchant and sends one message at a time, so a later one waits for an earlier one. A receiver that
//! fails holds up its own hook, and receivers that do not answer keep no more than half of the threads from the others, those of one merchant a quarter.
//!
//! Bounds: [`HOOKS_MAX`] hooks; [`schedule::THREADS`] messages on their way; of a hook, [`cell::QUEUE_MAX`] entries that wait in memory
//! (more are looked up again) and [`cell::DELIVERIES_MAX`] deliveries that are listed.

mod address;
mod attempt;
mod cell;
mod deliver;
mod dispatch;
pub mod files;
mod given;
mod hook;
mod keep;
mod kind;
mod message;
mod schedule;
mod signature;
mod store;
mod workers;

pub use cell::{Cell, DELIVERIES_MAX};
pub use hook::{Delivery, Hook, Kept, Monitor, OLD_SECRET_HOURS, Progress, SECRETS_MAX, State, TYPES_MAX};
pub use kind::{BELOW, all as kinds};
pub use message::Compose;
pub use signature::{generate as new_secret, is_secret};
pub use store::{Unreadable, kept_in};

use crate::config::Config;
use jiff::Timestamp;
use ledger::entry::Recorded;
use ledger::log::kafka::Options;
use ledger::log::{self, Code};
use projections::answers::{self, Shard};
use projections::follower::Sink;
use schedule::Schedule;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use store::Store;
use workers::Senders;

/// The most hooks.
pub const HOOKS_MAX: usize = 10_000;

/// What hooks tell of.
pub trait Ledger: Send + Sync {
    /// An entry of a partition; nothing while its journal is not open.
    fn entry(&self, partition: u32, number: u64) -> Option<Recorded>;
    /// Asks the views of a partition, with the journal beside them.
    ///
    /// # Errors
    /// They do not answer now.
    fn ask(&self, partition: u32, question: &mut dyn FnMut(&Shard<'_>) -> Result<(), answers::Error>) -> Result<(), String>;
}

/// Says in which partition a merchant lies; nothing before the log said how many there are.
pub type Home = Box<dyn Fn(&str) -> Option<u32> + Send + Sync>;

/// Hooks of one partition, by merchant.
#[derive(Default)]
struct OfPartition {
    /// Up to which entry hooks that are live were fed.
    dispatched: u64,
    by_merchant: HashMap<String, Vec<Arc<Cell>>>,
}

struct Inner {
    store: Store,
    private: bool,
    agent: ureq::Agent,
    ledger: OnceLock<Box<dyn Ledger>>,
    home: OnceLock<Home>,
    compose: OnceLock<Compose>,
    cells: Mutex<BTreeMap<String, Arc<Cell>>>,
    partitions: Mutex<HashMap<u32, Arc<Mutex<OfPartition>>>>,
    schedule: Mutex<Schedule>,
    wake: Condvar,
    /// Told when it is to stop; with the lock of the schedule.
    stopped: Condvar,
    stop: AtomicBool,
    /// Why hooks are not known yet; nothing once they are.
    unread: Mutex<Option<log::Error>>,
    /// What is kept among them and cannot be read.
    unreadable: Mutex<Unreadable>,
    /// The partitions that this node owns, of whose merchants it calls the hooks; nothing on a node that is alone, which owns all.
    owned: Mutex<Option<BTreeSet<u32>>>,
    /// Partitions that it was given since the hooks were read last.
    gained: Mutex<BTreeSet<u32>>,
    /// Held while a hook is written, until what it says here is the same: else what somebody else is about to write, as it was before,
    /// would come last.
    writing: Mutex<()>,
    /// Hooks whose progress is to be kept.
    dirty: Mutex<BTreeMap<String, Arc<Cell>>>,
    /// The threads that send.
    senders: Mutex<Senders>,
}

/// Makes the sinks of partitions.
#[derive(Clone)]
pub struct Dispatcher(Arc<Inner>);

impl Dispatcher {
    /// The sink of a partition whose views have so many entries.
    pub fn dispatch(&self, partition: u32, viewed: Box<dyn Fn() -> u64 + Send>) -> Box<dyn Sink> {
        Box::new(dispatch::Dispatch::new(Arc::clone(&self.0), partition, viewed))
    }
}

/// All hooks.
pub struct Webhooks {
    inner: Arc<Inner>,
    /// The thread that keeps how far they are, once it is started.
    keeper: Mutex<Option<JoinHandle<()>>>,
}

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such hook, or delivery.
    #[error("there is no {0}")]
    Unknown(String),
    /// There are as many as there may be.
    #[error("there are {HOOKS_MAX} webhooks, as many as there may be")]
    TooMany,
    /// As many secrets of a hook sign as may, the first of them until then.
    #[error("{SECRETS_MAX} secrets sign, as many as may, each for {OLD_SECRET_HOURS} hours after it was replaced: there is room for another at {0:.0}")]
    TooManySecrets(Timestamp),
    /// They cannot be read or kept now.
    #[error("{0}")]
    Store(log::Error),
    /// It cannot be looked up now.
    #[error("{0}")]
    Views(String),
}

impl Webhooks {
    /// Of a configuration. Nothing is read yet.
    ///
    /// # Errors
    /// The client library refuses its options.
    pub fn new(config: &Config, options: &Options) -> Result<Self, log::Error> {
        let private = config.webhooks.private_addresses;
        let unread = log::Error::new(Code::StreamAhead, "the webhooks are being read");
        let inner = Inner {
            store: Store::open(config, options)?,
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
            unread: Mutex::new(Some(unread)),
            unreadable: Mutex::default(),
            owned: Mutex::new(config.cluster.is_some().then(BTreeSet::new)),
            gained: Mutex::default(),
            writing: Mutex::default(),
            dirty: Mutex::default(),
            senders: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner), keeper: Mutex::default() })
    }

    /// Reads the hooks, and starts to send. `ledger` tells what of.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn start(&self, ledger: Box<dyn Ledger>, home: Home) -> Result<(), log::Error> {
        self.inner.ledger.get_or_init(|| ledger);
        self.inner.home.get_or_init(|| home);
        *lock(&self.keeper) = Some(workers::start(&self.inner)?);
        Ok(())
    }

    /// Says how a payout is told.
    pub fn compose_with(&self, compose: Compose) {
        self.inner.compose.get_or_init(|| compose);
    }

    /// Says which partitions this node owns. Hooks of those that it was just given are read again: another node called them until now.
    pub fn own(&self, partitions: &BTreeSet<u32>) {
        let mut owned = lock(&self.inner.owned);
        if owned.as_ref() != Some(partitions) {
            let gained: Vec<u32> = partitions.iter().filter(|partition| owned.as_ref().is_none_or(|owned| !owned.contains(partition))).copied().collect();
            lock(&self.inner.gained).extend(gained);
            *owned = Some(partitions.clone());
        }
    }

    /// Reads again what other nodes keep: the hooks of their partitions.
    ///
    /// # Errors
    /// They cannot be read now.
    pub fn read_others(&self) -> Result<(), Error> {
        self.known()?;
        self.inner.read_again(|partition, owned| !owned.contains(&partition)).map_err(Error::Store)
    }

    /// What makes the sinks of partitions.
    pub fn dispatcher(&self) -> Dispatcher {
        Dispatcher(Arc::clone(&self.inner))
    }

    /// Whether a hook may send to this URL; else what is wrong.
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        address::check(url, self.inner.private)
    }

    /// Why hooks are not known, or not kept.
    pub fn trouble(&self) -> Option<log::Error> {
        lock(&self.inner.unread).clone()
    }

    /// What an operator should know of where they are kept.
    pub fn warnings(&self) -> Vec<log::Warning> {
        self.inner.store.warnings()
    }

    /// How many records or files among them cannot be read, and are passed over.
    pub fn unreadable(&self) -> usize {
        lock(&self.inner.unreadable).len()
    }

    /// Those of a merchant, or all, by their ids; where `after` is an id, those behind it.
    ///
    /// # Errors
    /// They were not read yet.
    pub fn list(&self, merchant: Option<&str>, after: Option<&str>) -> Result<Vec<Arc<Cell>>, Error> {
        self.known()?;
        let cells = lock(&self.inner.cells);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = cells.range::<str, _>((from, Bound::Unbounded)).map(|(_, cell)| cell);
        Ok(behind.filter(|cell| merchant.is_none_or(|merchant| cell.lock().hook.merchant == merchant)).cloned().collect())
    }

    /// The hook of an id.
    ///
    /// # Errors
    /// There is none, or they were not read yet.
    pub fn find(&self, id: &str) -> Result<Arc<Cell>, Error> {
        self.known()?;
        lock(&self.inner.cells).get(id).cloned().ok_or_else(|| Error::Unknown(format!("webhook {id}")))
    }

    /// Adds a hook of a partition, and keeps it.
    ///
    /// # Errors
    /// There are too many, or it is not kept.
    pub fn add(&self, partition: u32, hook: Hook) -> Result<Arc<Cell>, Error> {
        self.known()?;
        if lock(&self.inner.cells).len() >= HOOKS_MAX {
            return Err(Error::TooMany);
        }
        let kept = Kept { progress: Progress { next: hook.from, ..Progress::default() }, hook };
        self.inner.store.write(vec![(kept.hook.id.clone(), Some(kept.clone()))]).map_err(Error::Store)?;
        Ok(self.inner.run(partition, kept))
    }

    /// Removes a hook.
    ///
    /// # Errors
    /// There is none, or that is not kept.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let writing = lock(&self.inner.writing);
        let cell = self.find(id)?;
        self.inner.store.write(vec![(id.to_owned(), None)]).map_err(Error::Store)?;
        self.inner.let_go(&cell);
        drop(writing);
        lock(&self.inner.cells).remove(id);
        Ok(())
    }

    /// Gives a hook another secret; the one before signs, too, for [`OLD_SECRET_HOURS`] more, as each one before it does for its own.
    ///
    /// # Errors
    /// There is no such hook, that is not kept, or as many secrets sign as may.
    pub fn rotate(&self, id: &str, secret: String) -> Result<Arc<Cell>, Error> {
        let _writing = lock(&self.inner.writing);
        let cell = self.find(id)?;
        let now = Timestamp::now();
        let mut kept = cell.lock().kept();
        kept.hook.rotate(secret, now, now + jiff::SignedDuration::from_hours(OLD_SECRET_HOURS)).map_err(Error::TooManySecrets)?;
        self.inner.store.write(vec![(id.to_owned(), Some(kept.clone()))]).map_err(Error::Store)?;
        cell.lock().hook = kept.hook;
        Ok(cell)
    }

    /// Has a delivery tried now. One that waits for its next attempt is tried at once, also of a hook that is off, which is on again;
    /// one that was taken is sent again.
    ///
    /// # Errors
    /// There is none, or the entry cannot be told now.
    pub fn retry(&self, cell: &Arc<Cell>, number: u64) -> Result<Delivery, Error> {
        let mut running = cell.lock();
        let found = running.deliveries.iter().find(|delivery| delivery.number == number).cloned();
        let mut delivery = found.ok_or_else(|| Error::Unknown(format!("delivery {number} among the last {DELIVERIES_MAX} since the start")))?;
        if delivery.state == State::Delivered {
            drop(running);
            let sent = self.inner.send_again(cell, &delivery).map_err(Error::Views)?;
            cell.lock().note(sent.clone());
            return Ok(sent);
        }
        running.progress.off = None;
        // It is tried for as long as a new one, and when it was tried first stays what it was.
        running.progress.first_at = running.progress.first_at.or(running.progress.failing_since);
        running.progress.failing_since = None;
        delivery.state = State::Retrying;
        delivery.next_at = Some(Timestamp::now());
        running.note(delivery.clone());
        drop(running);
        self.inner.due(cell, Instant::now());
        Ok(delivery)
    }

    /// Ends every thread, after the attempts that they are at, and keeps how far each hook is.
    pub fn stop(&self) {
        self.inner.ask_to_stop();
        let senders = std::mem::take(&mut lock(&self.inner.senders).threads);
        let keeper = lock(&self.keeper).take();
        for thread in senders.into_iter().chain(keeper) {
            // What asks may hold the last reference to the node, and then must not wait for itself.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the webhooks ended in a panic");
            }
        }
    }

    fn known(&self) -> Result<(), Error> {
        self.trouble().map_or(Ok(()), |error| Err(Error::Store(error)))
    }
}

impl Drop for Webhooks {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a lock guards is whole, also after a panic elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a thread sleeps at most before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);
