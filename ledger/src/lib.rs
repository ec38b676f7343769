//! What we write down: the pure rules, the journal they are kept in, the log they come from, and the shard that ties the three.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod entry;
pub mod few;
pub mod footprint;
pub mod format;
pub mod places;
pub mod source;

pub mod rules;

pub mod log;

pub mod journal;

pub mod code;
pub mod directory;
pub mod disk;
pub mod framing;
pub mod priority;

pub mod shard;

pub mod tree;
