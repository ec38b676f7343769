//! Searching: of the rows whose key may be the one that is asked for, the last that says so.

use super::{Index, number_of, row_key};
use crate::journal::Error;
use crate::journal::index::hash;
use crate::journal::index::rows::{self, ROWS, Rows};
use crate::journal::index::run::{Run, Searched};
use crate::journal::store::Store;
use rocksdb::ReadOptions;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run that another process or thread merges away while it is searched: the search begins again, at most so often.
const SEARCHES_MAX: usize = 8;
/// Bytes that the disk is asked for ahead of a walk.
const READAHEAD_BYTES: usize = 1 << 20;

/// The last value as it was when a search began.
struct Seen {
    full: u64,
    partial: Arc<Vec<u8>>,
}

impl Index {
    /// The value of a key, as it was appended last.
    pub fn get(&self, store: &Store, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.find(store, key)?.and_then(|(_, value)| value))
    }

    /// The number of the row of a key that was appended last, and its value.
    fn find(&self, store: &Store, key: &[u8]) -> Result<Option<(u64, Option<Vec<u8>>)>, Error> {
        let hash = hash::of(self.table, key);
        let mut found = Vec::new();
        for _ in 0..SEARCHES_MAX {
            let (runs, seen) = {
                let inner = self.lock();
                found.clear();
                inner.recent.find(hash, &mut found);
                if let Some((aside, _)) = &inner.aside {
                    aside.find(hash, &mut found);
                }
                let runs: Vec<Arc<Run>> = inner.runs.iter().rev().filter(|run| run.filter.may_have(hash)).map(Arc::clone).collect();
                if found.is_empty() && runs.is_empty() {
                    return Ok(None);
                }
                (runs, Seen { full: inner.full, partial: Arc::clone(&inner.partial) })
            };
            if let Some(row) = self.newest(store, &seen, key, &mut found)? {
                return Ok(Some(row));
            }
            let mut whole = true;
            for run in runs {
                found.clear();
                if run.find(&store.db, store.index()?, self.table as u8, (hash, hash), &mut found)? == Searched::Gone {
                    whole = false;
                    break;
                }
                if let Some(row) = self.newest(store, &seen, key, &mut found)? {
                    return Ok(Some(row));
                }
            }
            if whole {
                return Ok(None);
            }
        }
        Err(Error::Corrupt(format!("{:?}: pages of the index are gone", self.table)))
    }

    /// Of rows that may have a key, the one that was appended last and has it.
    fn newest(&self, store: &Store, seen: &Seen, key: &[u8], found: &mut [u64]) -> Result<Option<(u64, Option<Vec<u8>>)>, Error> {
        found.sort_unstable_by(|a, b| b.cmp(a));
        for row in found.iter() {
            let value = self.read(store, seen, *row, |row| Ok((row.key == key).then(|| row.value.map(<[u8]>::to_vec))))?;
            if let Some(value) = value {
                return Ok(Some((*row, value)));
            }
        }
        Ok(None)
    }

    fn read<T>(&self, store: &Store, seen: &Seen, row: u64, read: impl FnOnce(rows::Row<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let (number, place) = (row / ROWS, row % ROWS);
        if number == seen.full {
            return read(rows::at(&seen.partial, place)?);
        }
        let bytes = store.db.get_pinned_cf(store.table(self.table)?, row_key(self.table, number))?;
        let bytes = bytes.ok_or_else(|| Error::Corrupt(format!("{:?}: rows from {} on are gone", self.table, number * ROWS)))?;
        read(rows::at(&bytes, place)?)
    }

    /// Calls `visit` with the rows of one event id, whoever owns it, in the order of their keys.
    pub fn of_id(&self, store: &Store, id: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        let between = hash::of_id(id);
        let mut found = Vec::new();
        for _ in 0..SEARCHES_MAX {
            found.clear();
            let (runs, seen) = {
                let inner = self.lock();
                inner.recent.find_between(between.0, between.1, &mut found);
                if let Some((aside, _)) = &inner.aside {
                    aside.find_between(between.0, between.1, &mut found);
                }
                (inner.runs.clone(), Seen { full: inner.full, partial: Arc::clone(&inner.partial) })
            };
            let mut whole = true;
            for run in &runs {
                whole &= run.find(&store.db, store.index()?, self.table as u8, between, &mut found)? == Searched::Whole;
            }
            if !whole {
                continue;
            }
            found.sort_unstable();
            // The last one of a key stays.
            let mut rows = BTreeMap::new();
            for row in &found {
                let (key, value) = self.read(store, &seen, *row, |row| Ok((row.key.to_vec(), row.value.map(<[u8]>::to_vec))))?;
                rows.insert(key, value);
            }
            let is_of = |key: &[u8]| key.strip_prefix(id).is_some_and(|rest| rest.first() == Some(&0));
            let _ = rows.iter().filter(|(key, _)| is_of(key)).all(|(key, value)| value.as_ref().is_none_or(|value| visit(key, value)));
            return Ok(());
        }
        Err(Error::Corrupt(format!("{:?}: pages of the index are gone", self.table)))
    }

    /// Calls `visit` with every row that is the last of its key, in the order in which they were appended, until it says `false`.
    pub fn each(&self, store: &Store, visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<bool, Error>) -> Result<(), Error> {
        self.walk(store, &mut |number, row| match row.value {
            Some(value) if self.find(store, row.key)?.is_some_and(|(last, _)| last == number) => visit(row.key, value),
            _ => Ok(true),
        })
    }

    /// Calls `visit` with every row and its number, those that were replaced or removed too, in order, until it says `false`. How
    /// many rows there are is asked once: what is appended meanwhile is left out.
    ///
    /// # Errors
    /// Rows are missing, or cannot be read.
    pub(super) fn walk(&self, store: &Store, visit: &mut dyn FnMut(u64, rows::Row<'_>) -> Result<bool, Error>) -> Result<(), Error> {
        let rows = self.lock().rows();
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        options.set_readahead_size(READAHEAD_BYTES);
        let mut values = store.db.raw_iterator_cf_opt(store.table(self.table)?, options);
        values.seek(row_key(self.table, 0));
        let mut next = 0;
        while let Some((key, bytes)) = values.item().filter(|_| next < rows) {
            if number_of(self.table, key).is_none_or(|number| number * ROWS != next) {
                break;
            }
            let mut read = Rows::new(bytes)?;
            while let Some(row) = read.next()?.filter(|_| next < rows) {
                if !visit(next, row)? {
                    return Ok(());
                }
                next += 1;
            }
            values.next();
        }
        values.status()?;
        if next < rows { Err(Error::Corrupt(format!("{:?}: rows from {next} on are gone", self.table))) } else { Ok(()) }
    }
}
