//! The journal of one partition: what was written down, in order, for ever.
//!
//! | file | what it knows |
//! |---|---|
//! | `codec` | the rows of a block to bytes and back; how a row is laid out is `format`'s |
//! | `block` | 64 rows in one value, its link to the block before it, and the check on reading |
//! | `names` | names that stand in many entries, and their numbers |
//! | `progress` | how far the journal is: the row that is rewritten by each commit |
//! | `shelf` | the store, which is opened again after a write that failed in the middle |
//! | `store` | RocksDB: column families, key tags, memory bounds |
//! | `writer` | the one writer: a commit is entries, state and cursor in one batch |
//! | `reader` | any number of readers: snapshots of what was committed, and the tables of state |
//! | `index` | the two tables of state that grow by nearly every event, ids and payments, and how a row of them is found |
//! | `health` | what could not be read, until it can be again |
//! | `verify` | reads it all again and recomputes the chain |
//! | `copy` | another journal with the same rows; and whether the state of two says the same |
//! | `carried` | entries as they travel from one node to another |
//! | `error` | what may go wrong |
//!
//! Order: entries are numbered from 0 without gaps, and lie in blocks of [`ROWS_PER_BLOCK`] numbers, never of a batch, so
//! that the bytes and the *head* (the chain of hashes up to the last entry) are the same on every machine that has made an
//! equal number of entries of the same log. State is the same, too, wherever a commit fell, once a record is folded whole. A full
//! block is never written again; the last, partial one travels with the progress row.
//!
//! Bounds: one block cache and one budget of write buffers for all shards ([`Shared`]); a page of entries is at most
//! [`PAGE_ENTRIES_MAX`]; the partial block is at most 63 rows.
//!
//! There is no update and no delete of an entry: the RocksDB handle is private to this folder.

mod block;
mod carried;
mod codec;
mod copy;
mod error;
mod health;
mod index;
mod names;
mod progress;
mod reader;
mod shelf;
mod store;
mod verify;
mod writer;

pub use blake3::Hash;
pub use carried::{pack, unpack};
pub use codec::row_bytes;
pub use copy::{StateDifference, copy, same_state};
pub use error::Error;
pub use progress::Origin;
pub use reader::{Reader, Snapshot};
pub use store::{Settings, Shared, Sync};
pub use verify::{Report, verify};
pub use writer::{Commit, Committed, Journal};

/// How many sequence numbers share a block. For ever: it decides the chain.
pub const ROWS_PER_BLOCK: u64 = 64;

/// The most entries that one call of [`Snapshot::entries`] answers.
pub const PAGE_ENTRIES_MAX: usize = 16_384;

/// The version of the layout on disk, and of how rows of state are found. It rises where what lies there can no longer be read; rows under a new
/// letter of `rules::state::Object` do not raise it. 3: ids and payments are appended and found by an index.
/// 4: lines say what they are for; holds, refunds, disputes and batches are rows of their own, and who is due is listed.
/// 5: names have numbers, and rows are laid out by `format`. 6: so are rows of state, each with the version of its layout.
pub const FORMAT_VERSION: u32 = 6;

#[cfg(test)]
mod tamper_tests;
