//! What the entries mean: one pure fold a file, the views that they make, and the answers that are read from them.
//!
//! | room | what it knows |
//! |---|---|
//! | `views` | rows on disk: typed tables, snapshots, copies of projections; names RocksDB |
//! | `folds` | one projection a file: a pure function of the entries |
//! | `follower` | a thread a shard that keeps the views up with the journal; rebuilds, verifies |
//! | `answers` | plain answers from one shard's snapshot, merged over shards |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod answers;
pub mod folds;
pub mod follower;
pub mod views;
