//! Kills the service and Kafka while topics are written, and reads these as anybody would: each entry once, in order, without a gap.
//!
//! [`pace`] tells what they cost the fold, and how soon a record is there.
//!
//! `records.py` and `read.py` are the reader: Python's confluent-kafka, `read_committed`. Bounds: [`WAIT_MAX`] for whatever is waited for.

pub mod command;
pub mod pace;
pub mod reader;
pub mod run;

use std::time::Duration;

/// Until something that is waited for has happened.
pub const WAIT_MAX: Duration = Duration::from_secs(120);

/// Why a run ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service.
    #[error(transparent)]
    Service(#[from] crate::service::Error),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] crate::kafka::Error),
    /// A file or process of ours.
    #[error("{0}")]
    Machine(#[from] std::io::Error),
    /// The topic could not be read.
    #[error("the topic {topic} could not be read: {said}")]
    Read {
        /// Which.
        topic: String,
        /// What the reader said.
        said: String,
    },
    /// An entry is missing, or comes twice, or in another order.
    #[error("topic {topic}, partition {partition}: {detail}")]
    Wrong {
        /// Which topic.
        topic: String,
        /// Which partition.
        partition: u32,
        /// What is wrong.
        detail: String,
    },
}
