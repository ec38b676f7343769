//! Checkpoints: what a partition's shard has on disk, kept in a directory or in S3, so that a node without it opens from there and
//! folds on.
//!
//! | file | what it knows |
//! |---|---|
//! | `objects` | named bytes in a directory or a bucket: the one file that names object_store |
//! | `requests` | how object_store's requests are sent |
//! | `manifest` | what a checkpoint says of itself |
//! | `writing` | makes one of a partition, checks what was stored |
//! | `pruning` | removes what is too old |
//! | `opening` | makes a shard's directory of the newest one that is whole |
//! | `looking` | looks for one, where a shard is to be opened |
//! | `follower` | the thread that writes them |
//! | `status` | how far they are |
//! | `waiting` | a thread that is waited for at the end, but not for ever |
//!
//! ```text
//! ledger-3f9c…/0007/objects/<BLAKE3 of its bytes>             a file of a journal or of views, stored once
//! ledger-3f9c…/0007/checkpoints/<cursor>-<entries>.json       which files make the shard, with the journal's head
//! ```
//!
//! RocksDB never writes to a file of rows again, so a checkpoint stores only what is new since the one before. Its manifest is
//! written last: what has none is no checkpoint. What is stored is read back and its hash compared before the manifest is written; what
//! is opened is compared again, file by file, and then the journal's head.
//!
//! A checkpoint is never the truth, only the shorter way to it: whatever is wrong with one, the one before is taken, and in the end the
//! log. A ledger has a directory of its own, so two that share a bucket do not meet.
//!
//! Bounds: one file's part of [`objects::PART_BYTES`] in memory; as many checkpoints of a partition as the configuration says; what no
//! checkpoint names is removed [`pruning::GRACE`] after it was stored, so that another node that is storing it is not disturbed.

mod follower;
mod looking;
mod manifest;
mod objects;
mod opening;
mod pruning;
mod requests;
mod status;
mod waiting;
mod writing;

pub use follower::{Checkpoints, Shards, Source};
pub use objects::Objects;
pub use status::Status;

use ledger::journal::{Settings, Shared};
use std::path::Path;

/// Memory for reading a journal that is stored or was fetched, in bytes.
const READING_BYTES: usize = 8 << 20;

/// Which ledger's partition it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// Of how many partitions.
    pub partitions: u32,
    /// What tells the log from another of the same name.
    pub identity: String,
    /// Which partition.
    pub partition: u32,
}

impl Whose {
    /// Where its objects and checkpoints are.
    fn place(&self) -> String {
        let hash = blake3::hash(format!("{}\n{}", self.partitions, self.identity).as_bytes()).to_hex();
        let ledger = hash.get(..16).unwrap_or_default();
        format!("ledger-{ledger}/{:04}", self.partition)
    }

    fn objects(&self) -> String {
        format!("{}/objects", self.place())
    }

    fn checkpoints(&self) -> String {
        format!("{}/checkpoints", self.place())
    }
}

/// Why a checkpoint cannot be written or opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory or the bucket does not answer as it should.
    #[error("{place}: {detail}")]
    Store {
        /// Where it is.
        place: String,
        /// What was said.
        detail: String,
    },
    /// What is stored is not what a checkpoint must be.
    #[error("{0}")]
    Damaged(String),
    /// This machine's own disk.
    #[error(transparent)]
    Disk(#[from] ledger::log::Error),
    /// The journal that is to be stored.
    #[error(transparent)]
    Journal(#[from] ledger::journal::Error),
    /// The views that are to be stored.
    #[error(transparent)]
    Views(#[from] projections::views::Error),
    /// The node ends.
    #[error("the node ends")]
    Stopped,
}

impl Error {
    fn disk(path: &Path, error: &std::io::Error) -> Self {
        Self::Disk(ledger::directory::failed(path, error))
    }
}

/// Memory for reading one journal.
fn reading() -> Shared {
    Shared::new(Settings { cache_bytes: READING_BYTES, write_buffer_bytes: READING_BYTES, ..Settings::default() })
}
