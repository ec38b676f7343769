//! Follows the journal for somebody outside: a sink takes entries in order, from the place that it finds by itself.
//!
//! One thread a sink, see `tail`. It reads the journal as the views do and shares nothing with them or with other sinks: one that stands
//! still holds up nobody, says why, and is opened again after a growing pause. Where it was is the sink's own to know, and
//! to make sure of: an entry is handed over again until it was taken.
//!
//! While the fold has much to do, sinks leave it the machine: they work by [`Turns`].
//!
//! Bounds: [`PAGE_ENTRIES_MAX`](super::PAGE_ENTRIES_MAX) entries are handed over at a time; `tail::PAUSE_MAX` between two tries.

use super::entries::Entries;
use super::turns::Turns;
use jiff::Timestamp;
use ledger::entry::Recorded;
use ledger::log;
use std::sync::Arc;
use std::time::Duration;

/// Takes entries of one partition, in order.
pub trait Sink: Send {
    /// Finds its place: the number of the entry that it takes next. Called at the start and after every failure.
    ///
    /// # Errors
    /// Why it cannot; it is called again.
    fn open(&mut self) -> Result<u64, log::Error>;

    /// Takes entries, the first of which is the next one. Done when they are where they belong, for good.
    ///
    /// # Errors
    /// Some of them may have been taken all the same: [`Sink::open`] says where to go on.
    fn take(&mut self, entries: &[Recorded]) -> Result<(), log::Error>;

    /// There is nothing to take now: a moment to see whether its place is still what it was. Called at least every half second.
    ///
    /// # Errors
    /// It is not: it is opened again.
    fn idle(&mut self) -> Result<(), log::Error>;
}

/// The longest that a sink rests between two takes.
pub const REST_MAX: Duration = Duration::from_millis(80);

/// Up to where entries may be handed over: the number of the first one that must wait.
pub type Limit = Box<dyn Fn() -> u64 + Send>;
/// Whether the fold has much to do, so that a sink should leave it the machine.
pub type Busy = Box<dyn Fn() -> bool + Send>;

/// What a sink follows.
pub struct Following {
    /// The name of its thread.
    pub name: String,
    /// The journal.
    pub entries: Arc<dyn Entries>,
    /// How far it may go.
    pub limit: Limit,
    /// What it yields to; nothing where it never waits for others.
    pub yields: Option<Yield>,
    /// Between the beginnings of two takes at least, and more where a take takes long ([`REST_MAX`]): what comes meanwhile is taken
    /// together. Zero for a sink whose takes cost nothing by themselves.
    pub apart: Duration,
}

/// When a sink works by turns, and with whom.
pub struct Yield {
    /// Whether the fold has much to do.
    pub busy: Busy,
    /// The turns.
    pub turns: Arc<Turns>,
}

/// How far a sink is.
#[derive(Clone, Debug, Default)]
pub struct SinkProgress {
    /// The number of the next entry; none before its place was found for the first time.
    pub next_entry: Option<u64>,
    /// Entries that it took since the start.
    pub taken: u64,
    /// Why it stands still, and since when; it tries again by itself.
    pub halted: Option<(log::Error, Timestamp)>,
    /// How often it was opened again since the start.
    pub reopened: u64,
}
