//! Why a node does not answer.

use ledger::{journal, log, source};
use projections::{answers, views};

/// A node that does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log has not said yet how many partitions it has.
    #[error("the log has not been reached yet, and nothing of it is on this machine")]
    NoLog,
    /// A position was not reached in time.
    #[error("partition {partition} is at offset {reached}, asked was {asked}")]
    NotCaughtUp {
        /// Which partition.
        partition: u32,
        /// What was asked.
        asked: i64,
        /// Where it is.
        reached: i64,
    },
    /// A shard has nothing to read from, or takes nothing.
    #[error("partition {partition}: {detail}")]
    Unavailable {
        /// Which partition.
        partition: u32,
        /// Its code, as in `/readyz`.
        code: Option<&'static str>,
        /// Why.
        detail: String,
    },
    /// The log does not take or give records.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// A journal cannot be read.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// State cannot be read.
    #[error(transparent)]
    State(#[from] source::Error),
    /// Views cannot be read.
    #[error(transparent)]
    Views(#[from] views::Error),
    /// The views have no such answer.
    #[error("partition {partition}: {error}")]
    Answer {
        /// Which partition.
        partition: u32,
        /// Why not.
        error: answers::Error,
    },
    /// Something of ours went wrong.
    #[error("{0}")]
    Failed(String),
}
