//! A node: the log, a shard for each of its partitions, and the views of each; and waiting for how far they are.
//!
//! | file | what it knows |
//! |---|---|
//! | `open` | makes or opens everything; a log that is not there yet is tried again |
//! | `lock` | one process at a time has a data directory |
//! | `place` | one partition: its shard, its views, its progress |
//! | `progress` | how far a partition is, and waiting for it |
//! | `freshness` | for how long it has been behind |
//! | `reliance` | whether its answers can be relied on |
//! | `intake` | what comes in, and where it goes |
//! | `admission` | which events are taken |
//! | `memory` | what takes memory, and how much |
//! | `events` | what became of a record, or of an event |
//! | `controls` | control events that one partition lacks and others have |
//! | `rebuilds` | projections that are folded again |
//! | `told` | what webhooks ask of it |
//! | `error` | why the node does not answer |
//!
//! Whatever the log does, the node answers from what was committed.

mod admission;
pub mod controls;
mod error;
mod events;
mod freshness;
mod intake;
mod lock;
mod memory;
mod open;
mod place;
mod progress;
pub mod proofs;
mod rebuilds;
mod reliance;
mod told;

pub use crate::streams::{JournalHead, StreamStatus};
pub use admission::{Refused, Taken, is_of};
pub use error::Error;
pub use events::{FoundEvent, Scope};
pub use intake::{HOUSE_KEY, Intake, Target};
pub use memory::{Memory, resident_bytes};
pub use place::{Place, ShardStatus};
pub use progress::{Progress, Reached};
pub use projections::views::Stop;
pub use rebuilds::{RebuildStatus, Rebuilds};

use crate::config::Config;
use crate::shape::Position;
use crate::streams::Heads;
use crate::webhooks::Webhooks;
use ledger::journal;
use ledger::log::embedded::Embedded;
use ledger::log::{self, Log};
use projections::views;
use schemas::partition::partition_of;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The log and everything that follows it.
pub struct Node {
    config: Config,
    log: Arc<dyn Log>,
    /// In order of the partitions; empty until the log said how many there are.
    places: OnceLock<Vec<Place>>,
    /// Why there are no places yet.
    trouble: Mutex<Option<log::Error>>,
    opener: Mutex<Option<open::Opener>>,
    rebuilds: Rebuilds,
    /// What the shards share; nothing until they are opened.
    shared: OnceLock<(journal::Shared, views::Shared)>,
    embedded: Option<Arc<Embedded>>,
    /// Tells how far the journals are; nothing where that is off.
    heads_out: OnceLock<Heads>,
    webhooks: Webhooks,
    /// The last to be let go.
    _lock: lock::Lock,
}

impl Node {
    /// What it was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Each partition, in order; empty until the log said how many there are.
    pub fn places(&self) -> &[Place] {
        self.places.get().map_or(&[], Vec::as_slice)
    }

    /// How many partitions there are; 0 until the log said so.
    pub fn partitions(&self) -> u32 {
        u32::try_from(self.places().len()).unwrap_or(u32::MAX)
    }

    /// The partition of this number.
    pub fn place(&self, partition: u32) -> Option<&Place> {
        self.places().get(usize::try_from(partition).ok()?)
    }

    /// The partition that a key lies in.
    pub fn home(&self, key: &str) -> Result<&Place, Error> {
        self.place(partition_of(key.as_bytes(), self.partitions())).ok_or(Error::NoLog)
    }

    /// Why the log as a whole is not followed, or takes nothing.
    pub fn trouble(&self) -> Option<log::Error> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        trouble.or_else(|| self.log.trouble())
    }

    /// What each shard does.
    pub fn statuses(&self) -> Vec<ShardStatus> {
        self.places().iter().map(Place::status).collect()
    }

    /// What each stream of each partition does.
    pub fn streams(&self) -> Vec<StreamStatus> {
        self.places().iter().filter_map(Place::streams).flat_map(|streams| streams.statuses()).collect()
    }

    /// Calls to merchants' own servers.
    pub const fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    /// What tells heads, where that is on.
    pub fn heads_out(&self) -> Option<&Heads> {
        self.heads_out.get()
    }

    /// How far each journal is.
    pub fn heads(&self) -> Vec<JournalHead> {
        self.places().iter().filter_map(|place| place.head().ok()).collect()
    }

    /// Waits until the views include each of these positions, at most so long.
    pub async fn reach(&self, positions: &[Position], wait: Duration) -> Result<(), Error> {
        self.until(positions, wait, |reached| reached.viewed).await
    }

    /// Waits until the journals include each of these positions, at most so long. Whether they do.
    pub async fn folded(&self, positions: &[Position], wait: Duration) -> bool {
        self.until(positions, wait, |reached| reached.folded).await.is_ok()
    }

    async fn until(&self, positions: &[Position], wait: Duration, which: fn(&Reached) -> i64) -> Result<(), Error> {
        let deadline = tokio::time::Instant::now() + wait;
        for position in positions {
            let place = self.place(position.partition).ok_or(Error::NoLog)?;
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            // One that is there already is not waited for, also when no time is left.
            let there = |reached: &Reached| which(reached) > position.offset;
            if !there(&place.progress().now()) && !place.progress().until(left, there).await {
                let reached = which(&place.progress().now()) - 1;
                return Err(Error::NotCaughtUp { partition: position.partition, asked: position.offset, reached });
            }
        }
        Ok(())
    }

    /// As [`Node::take_now`], where all are to be taken.
    pub fn append_now(&self, events: Vec<Intake>) -> Result<Vec<Vec<Position>>, Error> {
        self.take_now(events)?.into_iter().map(|taken| taken.map_err(Error::from)).collect()
    }

    /// Projections that are folded again.
    pub const fn rebuilds(&self) -> &Rebuilds {
        &self.rebuilds
    }

    /// The log that is followed.
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.log
    }

    /// Ends every thread, after the commit that it is at, and waits for it. Readers go on answering.
    pub fn stop(&self) {
        let opener = self.opener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(opener) = opener {
            opener.stop();
        }
        self.webhooks.stop();
        if let Some(heads) = self.heads_out.get() {
            heads.stop();
        }
        // All are asked before any is waited for.
        std::thread::scope(|scope| {
            for place in self.places() {
                scope.spawn(|| place.stop());
            }
        });
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}
