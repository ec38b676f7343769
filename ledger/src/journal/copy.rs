//! Another journal with the same rows, and whether two journals have the same state.
//!
//! A copy is made row by row of a journal that is opened to be read, so it needs nothing of a process that writes
//! meanwhile, every byte of it was checked on the way, and it shares no file with what it was made of. Bound: a batch of
//! [`BATCH_BYTES`] in memory.

use super::store::{Shared, Store};
use super::{Error, Reader};
use crate::rules::state::stored::says_the_same;
use crate::source::Table;
use rocksdb::{ReadOptions, WriteBatch, WriteOptions};
use std::path::Path;

/// Bytes that are written at a time.
const BATCH_BYTES: usize = 4 << 20;
/// Bytes that the disk is asked for ahead.
const READAHEAD_BYTES: usize = 2 << 20;

/// A table of state that is not the same in two journals: how many rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDifference {
    /// Which table.
    pub table: Table,
    /// Rows that only the first has.
    pub only_first: u64,
    /// Rows that only the second has.
    pub only_second: u64,
    /// Rows of one key with two values.
    pub changed: u64,
}

/// Writes the rows of a journal, as [`Reader::open_read_only`] found it, into a directory that is empty or not there; how
/// many bytes of keys and values that were. All of it is on the disk when this answers.
///
/// # Errors
/// What is read is damaged, or the disk does not take it; what was written of the copy is then worth nothing.
pub fn copy(from: &Reader, directory: &Path, shared: &Shared) -> Result<u64, Error> {
    let to = Store::open(directory, shared)?;
    // The log of writes would only double what is written: a copy that is cut off is thrown away.
    let mut unlogged = WriteOptions::default();
    unlogged.disable_wal(true);
    let mut bytes = 0;
    let source_store = from.store()?;
    for family in source_store.families() {
        let (name, source) = family?;
        let target = to.family(name)?;
        let mut batch = WriteBatch::default();
        let mut rows = source_store.db.raw_iterator_cf_opt(source, reading());
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            bytes += (key.len() + value.len()) as u64;
            batch.put_cf(target, key, value);
            if batch.size_in_bytes() >= BATCH_BYTES {
                to.db.write_opt(std::mem::take(&mut batch), &unlogged)?;
            }
            rows.next();
        }
        rows.status()?;
        to.db.write_opt(batch, &unlogged)?;
    }
    to.flush()?;
    Ok(bytes)
}

/// Compares every table of state of two journals that have folded the same records; the tables that differ. Byte for byte, but for what
/// earlier programs kept of merchants without saying anything, see [`says_the_same`].
///
/// # Errors
/// Rows cannot be read.
pub fn same_state(first: &Reader, second: &Reader) -> Result<Vec<StateDifference>, Error> {
    let (first, second) = (first.store()?, second.store()?);
    let mut found = Vec::new();
    for table in Table::ALL {
        let difference = compare(&first, &second, table)?;
        if (difference.only_first, difference.only_second, difference.changed) != (0, 0, 0) {
            found.push(difference);
        }
    }
    Ok(found)
}

fn compare(first: &Store, second: &Store, table: Table) -> Result<StateDifference, Error> {
    let mut difference = StateDifference { table, only_first: 0, only_second: 0, changed: 0 };
    if let (Some(one), Some(other)) = (first.indexed(table), second.indexed(table)) {
        // Which commits a row was appended by is not part of the state.
        one.each(first, &mut |key, value| {
            match other.get(second, key)? {
                None => difference.only_first += 1,
                Some(theirs) => difference.changed += u64::from(theirs != value),
            }
            Ok(true)
        })?;
        other.each(second, &mut |key, _| {
            difference.only_second += u64::from(one.get(first, key)?.is_none());
            Ok(true)
        })?;
        return Ok(difference);
    }
    let bounded = || {
        let mut options = reading();
        options.set_iterate_upper_bound([table as u8 + 1]);
        options
    };
    let mut one = first.db.raw_iterator_cf_opt(first.table(table)?, bounded());
    let mut other = second.db.raw_iterator_cf_opt(second.table(table)?, bounded());
    one.seek([table as u8]);
    other.seek([table as u8]);
    loop {
        let order = match (one.key(), other.key()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(one), Some(other)) => one.cmp(other),
        };
        match order {
            std::cmp::Ordering::Less => difference.only_first += 1,
            std::cmp::Ordering::Greater => difference.only_second += 1,
            std::cmp::Ordering::Equal => {
                let same = match (one.value(), other.value()) {
                    (Some(one), Some(other)) => says_the_same(table, one, other),
                    (one, other) => one == other,
                };
                difference.changed += u64::from(!same);
            }
        }
        if order.is_le() {
            one.next();
        }
        if order.is_ge() {
            other.next();
        }
    }
    one.status()?;
    other.status()?;
    Ok(difference)
}

fn reading() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.fill_cache(false);
    options.set_readahead_size(READAHEAD_BYTES);
    options
}
