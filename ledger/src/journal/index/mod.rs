//! Two tables of state that grow for ever, the ids of events and the payments, and how a row of them is found.
//!
//! Their keys are random and are mostly asked for in vain. RocksDB would sort each of them into place several times over; here
//! rows are appended, 64 in a value, in the order of their commits, and each has a number. An index leads from 64 bits of a key's
//! hash to the numbers of rows that may have that key; a row says its key itself, so two keys with one hash are told apart.
//!
//! | file | what it knows |
//! |---|---|
//! | `hash` | the 64 bits of a key |
//! | `rows` | rows in values of 64: appended, found by their number |
//! | `recent` | keys of the last rows, in memory |
//! | `filter` | which keys a run has not got, for nearly all of them |
//! | `page` | sorted keys to bytes and back |
//! | `run` | sorted keys in pages, written once: found by hash |
//! | `build` | runs being made, on a thread of their own: of recent keys, or of four runs |
//! | `number` | numbers as LEB128 |
//! | `listing` | the row that says which runs there are |
//! | `table` | one table: reading, appending, adopting a run |
//!
//! A row that changes is appended again, and the last one with its key is the row. Recent keys are read back from the rows when the
//! journal is opened, so a commit writes rows alone. A run is made beside the writer and counts from the commit on that lists it;
//! one that was made and not listed (the process ended) is removed at the next start.
//!
//! Bounds: [`recent_max`] keys in memory, and as many more while a run is made of them; two bytes of filter a key; at most
//! `4 × levels` runs, and levels grow with the logarithm of the keys.

mod build;
mod filter;
mod hash;
mod listing;
mod number;
mod page;
mod recent;
mod rows;
mod run;
mod table;
#[cfg(test)]
mod tests;

pub(super) use build::Builder;
pub(super) use table::{Families, Index, sweep};

use crate::source::Table;

/// The tables that are kept so.
pub(super) const TABLES: [Table; 2] = [Table::Ids, Table::Payments];

/// Recent keys of one table, of all shards together: about 20 bytes each.
const RECENT_MAX_TOTAL: usize = 1 << 20;
/// … of one shard, at the least and at the most.
const RECENT_MAX: std::ops::RangeInclusive<usize> = 16_384..=262_144;

/// How many recent keys of one table fill a run, where so many shards share the memory.
pub(super) fn recent_max(shards: u32) -> usize {
    let shards = usize::try_from(shards.max(1)).unwrap_or(RECENT_MAX_TOTAL);
    (RECENT_MAX_TOTAL / shards).clamp(*RECENT_MAX.start(), *RECENT_MAX.end())
}
