//! A node: the log, a shard for each of its partitions, and the views of each; and waiting for how far they are.
//!
//! | file | what it knows |
//! |---|---|
//! | `open` | makes or opens everything; a log that is not there yet is tried again |
//! | `framed` | from where on records may be framed by ids of a registry |
//! | `lock` | one process at a time has a data directory |
//! | `place` | one partition, wherever it lies |
//! | `local` | one that lies on this machine: its shard, its views |
//! | `nodes` | this node among others |
//! | `kafka_files` | when the certificates of the connection to Kafka end |
//! | `asked` | what it answers other nodes |
//! | `progress` | how far a partition is, and waiting for it |
//! | `freshness` | for how long it has been behind |
//! | `reliance` | whether its answers can be relied on |
//! | `intake` | what comes in, and where it goes |
//! | `admission` | which events are taken |
//! | `checkpointed` | checkpoints of its partitions: opened from, and written |
//! | `memory` | what takes memory, and how much |
//! | `events` | what became of a record, or of an event |
//! | `controls` | control events that one partition lacks and others have |
//! | `rebuilds` | projections that are folded again |
//! | `told` | what webhooks ask of it |
//! | `together` | like things done at the same time |
//! | `error` | why the node does not answer |
//!
//! Whatever the log does, the node answers from what was committed.

mod admission;
mod asked;
mod checkpointed;
pub mod controls;
mod error;
mod events;
mod framed;
mod freshness;
mod intake;
pub mod kafka_files;
mod local;
mod lock;
mod memory;
mod nodes;
mod open;
mod place;
mod progress;
pub mod proofs;
mod rebuilds;
mod reliance;
mod together;
mod told;

pub use crate::streams::{JournalHead, StreamStatus};
pub use admission::{Refused, Taken, is_of};
pub use error::Error;
pub use events::{FoundEvent, Scope};
pub use intake::{HOUSE_KEY, Intake, Target};
pub use local::{Local, ShardStatus};
pub use memory::{Memory, resident_bytes};
pub use nodes::Nodes;
pub use place::{HEAD_MISMATCH, Kept, NOT_HELD, Others, Place, Route, Source};
pub use progress::{Progress, Reached};
pub use projections::views::Stop;
pub use rebuilds::{RebuildStatus, Rebuilds};

use crate::access::FileStatus;
use crate::checkpoints::Checkpoints;
use crate::cluster::Fault;
use crate::cluster::client::ASK_WAIT_MAX;
use crate::cluster::wire::{Ask, Reply};
use crate::config::Config;
use crate::shape::Position;
use crate::streams::{Heads, Topics};
use crate::traces;
use crate::webhooks::Webhooks;
use ledger::journal;
use ledger::log::embedded::Embedded;
use ledger::log::{self, Log};
use ledger::shard::Large;
use projections::views;
use schemas::partition::partition_of;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tracing::Instrument;

/// How long another node is waited for at a time.
const WAIT_ELSEWHERE_MAX: Duration = Duration::from_secs(2);
/// How long views are waited for that have a large record before them: so long they need for a small one.
const SEEN_BEHIND_LARGE: Duration = Duration::from_millis(50);
/// A partition that nobody answers for is looked for again after this.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How far a partition is: in its journal, or in its views.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// In the journal.
    Folded,
    /// In the views.
    Viewed,
}

impl Which {
    /// The next offset.
    const fn of(self, reached: &Reached) -> i64 {
        match self {
            Self::Folded => reached.folded,
            Self::Viewed => reached.viewed,
        }
    }
}

/// What all shards of a node share.
struct Shared {
    journals: journal::Shared,
    views: views::Shared,
    topics: Arc<Topics>,
    large: Arc<Large>,
}

/// The log and everything that follows it.
pub struct Node {
    config: Config,
    log: Arc<dyn Log>,
    /// In order of the partitions; empty until the log said how many there are.
    places: OnceLock<Vec<Place>>,
    /// Why there are no places yet.
    trouble: Mutex<Option<log::Error>>,
    /// Held by who appends something to every partition.
    order: tokio::sync::Mutex<()>,
    opener: Mutex<Option<open::Opener>>,
    rebuilds: Rebuilds,
    /// What the shards share; nothing until they are opened.
    shared: OnceLock<Shared>,
    embedded: Option<Arc<Embedded>>,
    /// Tells how far the journals are; nothing where that is off.
    heads_out: OnceLock<Heads>,
    webhooks: Webhooks,
    /// This node among others; nothing where it is alone.
    nodes: Option<Arc<Nodes>>,
    /// Nothing where they are kept nowhere.
    checkpoints: Option<Checkpoints>,
    /// What the files of `[kafka]` said at the start.
    kafka_files: Vec<FileStatus>,
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
        let fenced = || self.nodes.as_ref()?.fenced().map(|detail| log::Error::new(log::Code::InUse, detail));
        trouble.or_else(|| self.log.trouble()).or_else(fenced)
    }

    /// What each shard of this machine does.
    pub fn statuses(&self) -> Vec<ShardStatus> {
        self.places().iter().filter_map(Place::status).collect()
    }

    /// The partitions that lie on this machine.
    pub fn locals(&self) -> Vec<Arc<Local>> {
        self.places().iter().filter_map(Place::local).collect()
    }

    /// The partitions that nobody answers for now: the code of why, and the same for people.
    pub fn unanswered(&self) -> BTreeMap<u32, (&'static str, String)> {
        // What another node is configured with keeps nobody from answering.
        let is_why = |warning: &log::Warning| warning.code != log::WarningCode::NodeConfiguredOtherwise;
        let refused = self.nodes.as_ref().and_then(|nodes| nodes.warnings().into_iter().find(is_why)).map(|warning| warning.detail);
        // A node that the group does not take is given nothing; one of another log, or under another's address, is not asked.
        let beside = |detail: String| match &refused {
            Some(refused) => format!("{detail}: {refused}"),
            None => detail,
        };
        let why = |error: Error| match error {
            Error::Unavailable { code: Some(NOT_HELD), detail, .. } => (NOT_HELD, beside(detail)),
            Error::Unavailable { code: Some(code), detail, .. } => (code, detail),
            other => (NOT_HELD, other.to_string()),
        };
        self.places().iter().filter_map(|place| place.source().err().map(|error| (place.partition(), why(error)))).collect()
    }

    /// This node among others; nothing where it is alone.
    pub const fn nodes(&self) -> Option<&Arc<Nodes>> {
        self.nodes.as_ref()
    }

    /// What is in force of the files of certificates of `[kafka]`.
    pub fn kafka_files(&self) -> &[FileStatus] {
        &self.kafka_files
    }

    /// What each stream of each partition does.
    pub fn streams(&self) -> Vec<StreamStatus> {
        self.locals().iter().filter_map(|local| local.streams()).flat_map(|streams| streams.statuses()).collect()
    }

    /// What an operator should know although the log is followed, and topics are written: of the log, of these topics, and of the group.
    pub fn warnings(&self) -> Vec<log::Warning> {
        let streams = self.shared.get().map(|shared| shared.topics.warnings());
        let (heads, group) = (self.heads_out().map(Heads::warnings), self.nodes.as_ref().map(|nodes| nodes.warnings()));
        [Some(self.log.warnings()), streams, heads, group, Some(self.webhooks.warnings())].into_iter().flatten().flatten().collect()
    }

    /// Calls to merchants' own servers.
    pub const fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    /// What tells heads, where that is on.
    pub fn heads_out(&self) -> Option<&Heads> {
        self.heads_out.get()
    }

    /// How far each journal of this machine is that can be read.
    pub fn heads(&self) -> Vec<JournalHead> {
        self.locals().iter().filter_map(|local| local.head().ok()).collect()
    }

    /// How far the journal of each partition is, wherever it lies: of all of them, or why of one it cannot be told.
    pub fn heads_everywhere(&self) -> Result<Vec<JournalHead>, Error> {
        let of_partition = |partition, error| match error {
            Error::Journal(error) => Error::Unavailable { partition, code: Some(error.code().as_str()), detail: error.to_string() },
            other => other,
        };
        self.places().iter().map(|place| place.head().map_err(|error| of_partition(place.partition(), error))).collect()
    }

    /// Waits until the views include each of these positions, at most so long.
    pub async fn reach(&self, positions: &[Position], wait: Duration) -> Result<(), Error> {
        let span = tracing::trace_span!(target: traces::TARGET, "views");
        self.until(positions, wait, Which::Viewed).instrument(span).await
    }

    /// Waits until the journals include each of these positions, at most so long. Whether they do.
    pub async fn folded(&self, positions: &[Position], wait: Duration) -> bool {
        let span = tracing::trace_span!(target: traces::TARGET, "fold");
        self.until(positions, wait, Which::Folded).instrument(span).await.is_ok()
    }

    /// Waits until the views include each of these positions, which were folded, at most so long; and not much longer than
    /// [`SEEN_BEHIND_LARGE`] for those that lie behind a large record that the views do not have.
    pub async fn seen(&self, positions: &[Position], wait: Duration) {
        let is_behind = |position: &&Position| self.place(position.partition).is_some_and(|place| place.progress().is_behind_large(position.offset));
        let (behind, others): (Vec<Position>, Vec<Position>) = positions.iter().partition(is_behind);
        // Who waits in vain is told so by the answer that it asks for next.
        let seen = async { tokio::join!(self.until(&others, wait, Which::Viewed), self.until(&behind, wait.min(SEEN_BEHIND_LARGE), Which::Viewed)) };
        let (_, _) = seen.instrument(tracing::trace_span!(target: traces::TARGET, "views")).await;
    }

    async fn until(&self, positions: &[Position], wait: Duration, which: Which) -> Result<(), Error> {
        let deadline = tokio::time::Instant::now() + wait;
        for position in positions {
            self.until_one(*position, deadline, which).await?;
        }
        Ok(())
    }

    async fn until_one(&self, position: Position, deadline: tokio::time::Instant, which: Which) -> Result<(), Error> {
        let Position { partition, offset } = position;
        let place = self.place(partition).ok_or(Error::NoLog)?;
        loop {
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            let not_there = |reached| Error::NotCaughtUp { partition, asked: offset, reached };
            match place.source() {
                Ok(Source::Remote(others, url)) => {
                    let wait = left.min(WAIT_ELSEWHERE_MAX);
                    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    let ask = Ask::Wait { partition, offset, viewed: matches!(which, Which::Viewed), wait_ms };
                    let client = Arc::clone(others.client());
                    let asked = tokio::task::spawn_blocking(move || client.ask(&url, &ask, ASK_WAIT_MAX + wait)).await;
                    match asked.map_err(|error| Error::Failed(error.to_string()))? {
                        Ok(Reply::Reached { there: true, .. }) => return Ok(()),
                        Ok(Reply::Reached { next, .. }) if left <= wait => return Err(not_there(next - 1)),
                        // It waited as long as it was asked to.
                        Ok(Reply::Reached { .. }) => {}
                        Ok(_) if left.is_zero() => return Err(not_there(which.of(&place.progress().now()) - 1)),
                        Ok(_) => tokio::time::sleep(left.min(LOOK_AGAIN)).await,
                        Err(fault) => {
                            let error = others.failed(partition, &fault);
                            if left.is_zero() {
                                return Err(error);
                            }
                            // Who was not reached is left out now. Who refuses is asked again, and not without a pause.
                            if let Fault::Refused { .. } = fault {
                                tokio::time::sleep(left.min(LOOK_AGAIN)).await;
                            }
                        }
                    }
                }
                // What lies here is waited for, also while it is behind.
                found if place.local().is_some() && !place.differs() => {
                    // One that is there already is not waited for, also when no time is left.
                    let there = |reached: &Reached| which.of(reached) > offset;
                    let progress = place.progress();
                    if there(&progress.now()) {
                        return Ok(());
                    }
                    // Where nobody is near, somebody else may be, a little later.
                    let wait = if found.is_err() && self.nodes.is_some() { left.min(LOOK_AGAIN) } else { left };
                    if progress.until(wait, there).await {
                        return Ok(());
                    }
                    if left <= wait {
                        return Err(not_there(which.of(&progress.now()) - 1));
                    }
                }
                Ok(Source::Local(_)) => return Err(Error::NoLog),
                Err(error) if left.is_zero() || place.differs() => return Err(error),
                Err(_) => tokio::time::sleep(left.min(LOOK_AGAIN)).await,
            }
        }
    }

    /// As [`Node::take_now`], where all are to be taken.
    pub fn append_now(&self, events: Vec<Intake>) -> Result<Vec<Vec<Position>>, Error> {
        self.take_now(events)?.into_iter().map(|taken| taken.map_err(Error::from)).collect()
    }

    /// What the shards of this node know of each other's large records; nothing before they are opened.
    pub fn large(&self) -> Option<Arc<Large>> {
        self.shared.get().map(|shared| Arc::clone(&shared.large))
    }

    /// Held by who appends something to every partition, so that it has one order on all of them.
    pub const fn order(&self) -> &tokio::sync::Mutex<()> {
        &self.order
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
        // Whoever waits for a checkpoint waits no longer.
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.end_soon();
        }
        let opener = self.opener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(opener) = opener {
            opener.stop();
        }
        // What came of the last calls is kept before another node is given their partitions: kept later, it would take the place of what that
        // node keeps.
        self.webhooks.stop();
        if let Some(nodes) = &self.nodes {
            nodes.stop();
        }
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.stop();
        }
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
