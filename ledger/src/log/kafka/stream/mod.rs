//! Topics that the ledger writes: one partition of one topic, each record exactly once for whoever reads `read_committed`.
//!
//! | file | what it knows |
//! |---|---|
//! | `topic` | which topic it is now: its id, how many partitions, what it takes; makes it where nobody ever saw it |
//! | `keeps` | what it is to keep, and whether it does |
//! | `end` | the last record that can be read, which says where to write on |
//! | `writer` | one producer of one transactional id, and one transaction after the other |
//!
//! Where to write on is told by the topic alone. A transactional id belongs to one partition of one output: whoever opens it
//! fences its predecessor and ends what that one left open, so nothing is added behind the end that is read then. After any
//! failure the producer is thrown away and the end is read again: no error needs to be understood to be survived.
//!
//! A topic that was deleted and made again under a producer takes its records without a word, from offset 0 on. So each
//! transaction looks at where its records lie: below the end that was known is another topic, and the transaction is
//! aborted before anybody can read it.
//!
//! Bounds: every question ([`ANSWER_WAIT_MAX`](super::options::ANSWER_WAIT_MAX)), [`COMMIT_WAIT_MAX`] for a transaction,
//! [`END_WAIT_MAX`] for finding the end.

mod end;
mod keeps;
mod topic;
mod writer;

pub use end::{End, LastRecord};
pub use keeps::Keeps;
pub use topic::StreamTopic;
pub use writer::StreamWriter;

use std::time::Duration;

/// How long a transaction may take, from its first record until its commit is known.
pub const COMMIT_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long opening a transactional id may take: it ends what a predecessor left open.
pub const OPEN_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long the last record of a partition is looked for.
pub const END_WAIT_MAX: Duration = Duration::from_secs(30);
