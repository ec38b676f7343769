//! Webhooks: calls to a merchant's own server when something happens to it, by the Standard Webhooks specification.
//!
//! | file | what it knows |
//! |---|---|
//! | `hook` | a hook as it was asked for, how far it is, its deliveries |
//! | `attributes` | what a hook is cut to, as whoever added it is |
//! | `kind` | what a hook may tell of |
//! | `message` | what an entry means to a hook |
//! | `signature` | secrets, and signing with them |
//! | `address` | where a hook may send to |
//! | `store` | where hooks are kept: files, or a compacted topic |
//! | `files` | hooks as files, and their copies in a backup |
//! | `all` | the hooks of a node, as the service has them |
//! | `change` | a hook that is added, removed, given another secret, or has a delivery tried again |
//! | `error` | why something is not done |
//! | `inner` | what the threads share, and the order of its locks |
//! | `writing` | in which order hooks are written, read and run |
//! | `cell` | a hook as it runs |
//! | `waits` | why a hook cannot be told what is next |
//! | `dispatch` | the sink of a partition: which entries are of which hook |
//! | `schedule` | whose turn is next: at most a few of one merchant, and of those that fail |
//! | `workers` | the threads that send, as many as there are hooks |
//! | `deliver` | a hook's turn, and its pauses |
//! | `attempt` | one call of a receiver |
//! | `keep` | the thread that reads the hooks and keeps how far they are |
//! | `given` | which node calls a hook |
//! | `whose` | which ledger a hook is of; those of others are left alone |
//!
//! At least once: how far a hook is, is kept every half second, and what was sent since is sent again after a kill, under the same
//! id. In order: a hook is of one merchant and sends one message at a time, so a later one waits for an earlier one. A receiver that
//! fails holds up its own hook, and receivers that do not answer keep no more than half of the threads from the others, those of one merchant a quarter.
//!
//! Bounds: [`HOOKS_MAX`] hooks, [`HOOKS_OF_MERCHANT_MAX`] of a merchant's own; [`schedule::THREADS`] messages on their way; of a hook,
//! [`cell::QUEUE_MAX`] entries that wait in memory (more are looked up again) and [`cell::DELIVERIES_MAX`] deliveries that are listed, of
//! all hooks together [`cell::ALL_DELIVERIES_MAX`].

mod address;
mod all;
mod attempt;
mod attributes;
mod cell;
mod change;
mod deliver;
mod dispatch;
mod error;
pub mod files;
mod given;
mod hook;
mod inner;
mod keep;
mod kind;
mod message;
mod schedule;
mod signature;
mod store;
#[cfg(test)]
mod testing;
mod waits;
mod whose;
mod workers;
mod writing;

pub use all::{Dispatcher, Webhooks};
pub use attributes::Attributes;
pub use cell::{Cell, STATES};
pub use error::Error;
pub use hook::{Delivery, Hook, Kept, Monitor, OLD_SECRET_HOURS, Progress, SECRETS_MAX, State, TYPES_MAX};
pub use kind::{BELOW, all as kinds};
pub use message::Compose;
pub use signature::{generate as new_secret, is_secret};
pub use store::{Unreadable, kept_in};

use inner::Inner;
use ledger::entry::Recorded;
use projections::answers::{self, Shard};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most hooks.
pub const HOOKS_MAX: usize = 10_000;
/// The most hooks of one merchant that keys without the role bank added.
pub const HOOKS_OF_MERCHANT_MAX: usize = 100;
/// How long a thread sleeps at most before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What hooks tell of.
pub trait Ledger: Send + Sync {
    /// An entry of a partition.
    ///
    /// # Errors
    /// Its journal is not open here, does not have it, or cannot be read.
    fn entry(&self, partition: u32, number: u64) -> Result<Recorded, String>;
    /// What tells its log from every other; nothing while that is not known.
    fn identity(&self) -> Option<String>;
    /// Asks the views of a partition, with the journal beside them.
    ///
    /// # Errors
    /// They do not answer now.
    fn ask(&self, partition: u32, question: &mut dyn FnMut(&Shard<'_>) -> Result<(), answers::Error>) -> Result<(), String>;
}

/// Says in which partition a merchant lies; nothing before the log said how many there are.
pub type Home = Box<dyn Fn(&str) -> Option<u32> + Send + Sync>;

/// What a lock guards is whole, also after a panic elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
