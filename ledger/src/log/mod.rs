//! The log that the ledger is a function of: partitions of records, each with an offset.
//!
//! [`kafka`] is a topic of Apache Kafka, [`embedded`] the same thing in the data directory of one machine, [`simulated`]
//! one for tests that tears, repeats and fails on a seed. [`preflight`] is what a shard asks before it reads on.

pub mod embedded;
pub mod kafka;
mod original;
mod preflight;
pub mod simulated;
mod warning;

pub use crate::code::Code;
pub use original::{Original, Originals};
pub use preflight::{Fingerprint, Remembered, preflight};
pub use warning::{Warning, WarningCode, Warnings};

use std::time::Duration;

/// One record of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its offset; offsets rise, with gaps.
    pub offset: i64,
    /// The merchant, `@house`, or nothing.
    pub key: Option<Vec<u8>>,
    /// The event as it was sent.
    pub value: Vec<u8>,
}

/// The first offset that is still there, and the next that will be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// The oldest offset kept.
    pub low: i64,
    /// One above the newest, whether or not it may be read yet: what an open transaction hides lies below it.
    pub high: i64,
}

/// A log that does not answer: a code, what happened, and the way out.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Error {
    /// The stable code.
    pub code: Code,
    /// For the operator: what was found and what to do.
    pub detail: String,
}

impl Error {
    /// An error with its code and what the operator should read.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// A record to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// To which partition.
    pub partition: u32,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
}

/// Makes JSON of what was sent in another encoding. Pure but for waiting: the same bytes give the same answer for ever, or none yet.
pub trait Decode: std::fmt::Debug + Send + Sync {
    /// The event of a framed value as JSON; nothing where the value is not what its schema says.
    ///
    /// # Errors
    /// `registry_unreachable` or `schema_unknown`: what it says cannot be known now.
    fn decode(&self, value: &[u8]) -> Result<Option<Vec<u8>>, Error>;
}

/// Reads one partition onwards.
pub trait Reader: Send {
    /// The next records, at most `max`; waits at most `wait` for the first one. An empty answer means that there was
    /// nothing. Transient trouble is an error with `KafkaUnreachable`: call again.
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Error>;
    /// The next offset to read: whatever lies below was given, or is no record (the end of a transaction, what was aborted,
    /// what compaction removed). It never falls.
    fn position(&self) -> i64;
}

/// A log: Kafka's, the embedded one, or a simulated one.
pub trait Log: Send + Sync {
    /// How many partitions it has.
    fn partitions(&self) -> Result<u32, Error>;
    /// What tells this log from another of the same name (a topic that was made again): `id:` and Kafka's topic id, or
    /// `name:` and its name where no id is to be had, which tells nothing. Asked afresh each time.
    fn identity(&self) -> Result<String, Error>;
    /// Where a partition begins and ends.
    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error>;
    /// Up to where a partition may be read: below the end while a transaction is open, whose outcome is not known.
    fn readable_end(&self, partition: u32) -> Result<i64, Error> {
        Ok(self.watermarks(partition)?.high)
    }
    /// Whether records vanish from the middle, as compaction makes them; `true` where that cannot be known.
    fn loses_records(&self) -> bool {
        false
    }
    /// A shard is about to read a partition for the first time since the start: the moment to look at what lies in it. Best
    /// effort; what is found is in [`Log::warnings`].
    fn look_over(&self, _partition: u32) {}
    /// What an operator should know although the log is followed.
    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }
    /// Reads a partition from an offset on; skips whatever lies below it.
    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn Reader>, Error>;
    /// Reads a partition from an offset on with everything that its records came with, for who passes them on.
    fn originals(&self, partition: u32, offset: i64) -> Result<Box<dyn Originals>, Error> {
        Ok(Box::new(original::Bare(self.reader(partition, offset)?)))
    }
    /// The event of a partition's record as JSON where it was sent in another encoding; nothing where it is folded as it came.
    ///
    /// # Errors
    /// It cannot be known now, and nothing behind it may be folded before it is.
    fn plain(&self, _partition: u32, _record: &Record) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }
    /// Appends durably, in order per partition; answers the offset of each.
    /// On an error some of the records may have been appended all the same: an event's id makes repeating them harmless.
    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error>;
    /// Why the log takes no records now, where it is known without asking it: nothing, as a rule.
    fn trouble(&self) -> Option<Error> {
        None
    }
    /// Tells tools that watch lag how far a partition was folded. Best effort, and never what we resume from.
    fn note_progress(&self, _partition: u32, _next_offset: i64) {}
}
