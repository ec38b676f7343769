//! Three nodes on one topic, disturbed: killed, stopped for a while, cut off, upgraded; while records come and checkers ask all the time.
//!
//! | file | what it does |
//! |---|---|
//! | `link` | a way between two places, which can be cut |
//! | `who` | says which node a connection comes from |
//! | `group` | the nodes, their Kafka, and the ways between them |
//! | `truth` | what every answer must be, by the independent model |
//! | `sender` | sends at a rate, the model first |
//! | `checker` | asks all the time, and judges |
//! | `fault` | what is done to nodes |
//! | `disturb` | does it, and takes the time until all is answered again |
//! | `end` | compares what is left, with the model and with a service that nobody disturbed |
//! | `report` | what came of it |
//! | `run`, `command` | all of it |
//! | `throughput` | what one, two and three nodes fold, by processor time |
//!
//! Bounds: whatever is waited for has one ([`WAIT_MAX`], [`SHARED_WAIT_MAX`]), and the run ends with its last fault.

pub mod checker;
pub mod command;
pub mod disturb;
pub mod end;
pub mod fault;
pub mod group;
pub mod link;
pub mod report;
pub mod run;
pub mod sender;
pub mod throughput;
pub mod truth;
pub mod who;

use std::time::Duration;

/// Nodes of a group.
pub const NODES: usize = 3;
/// Partitions of the topic.
pub const PARTITIONS: u32 = 6;
/// Until something that is waited for has happened.
pub const WAIT_MAX: Duration = Duration::from_secs(120);
/// Until every partition has exactly the holders that it should have.
pub const SHARED_WAIT_MAX: Duration = Duration::from_secs(180);

/// The run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] crate::kafka::Error),
    /// A node.
    #[error(transparent)]
    Service(#[from] crate::service::Error),
    /// A file, port or process of ours.
    #[error("{0}")]
    Machine(#[from] std::io::Error),
    /// Partitions did not come to be shared out as they should be.
    #[error("after {} s not every partition has an owner and its holders: {seen}", .within.as_secs())]
    NotShared {
        /// The bound.
        within: Duration,
        /// What each node said last.
        seen: String,
    },
    /// A thread of ours gave up in a panic.
    #[error("a thread of the run ended in a panic")]
    Thread,
    /// What was asked for cannot be done.
    #[error("{0}")]
    Options(String),
}
