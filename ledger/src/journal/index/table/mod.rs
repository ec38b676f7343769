//! One table whose rows are appended and found by an index: what is kept of it in memory, and how it is read at a start.

mod append;
mod check;
mod find;

pub use check::sweep;

use super::listing::Listing;
use super::page::Key;
use super::recent::Recent;
use super::rows::{self, ROWS, Rows};
use super::run::Run;
use super::{hash, recent_max};
use crate::journal::Error;
use crate::source::Table;
use rocksdb::DB;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// The index of a table, and its last rows.
pub struct Index {
    table: Table,
    recent_max: usize,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Values that are full.
    full: u64,
    /// The last value, with fewer than 64 rows; committed as it is.
    partial: Arc<Vec<u8>>,
    /// Rows of it.
    partial_rows: u64,
    recent: Recent,
    /// Keys that a run is being made of, and the row after their last.
    aside: Option<(Arc<Recent>, u64)>,
    /// By their rows.
    runs: Vec<Arc<Run>>,
    next_run: u64,
}

impl Inner {
    fn rows(&self) -> u64 {
        self.full * ROWS + self.partial_rows
    }

    fn covered(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.listing.end)
    }
}

impl Index {
    /// Reads what is kept in memory: filters and fences of the runs, and the keys of the rows that no run covers.
    pub fn open(store: &DB, families: &Families<'_>, table: Table, shards: u32) -> Result<Self, Error> {
        let tag = table as u8;
        let listing = store.get_cf(families.default, listing_key(table))?.map_or(Ok(Listing::default()), |bytes| Listing::from_bytes(&bytes))?;
        let runs: Vec<Arc<Run>> =
            listing.runs.iter().map(|run| Ok(Arc::new(Run::open(store, families.index, tag, run.clone())?))).collect::<Result<_, Error>>()?;
        let mut inner = Inner { runs, next_run: listing.next_run, partial: Arc::new(rows::empty()), ..Inner::default() };
        let mut from = store.raw_iterator_cf(families.rows);
        from.seek(row_key(table, listing.covered() / ROWS));
        let mut next = listing.covered();
        while let Some((key, value)) = from.item() {
            let Some(number) = number_of(table, key) else { break };
            let before = number * ROWS;
            let mut read = Rows::new(value)?;
            let mut row = before;
            while let Some(found) = read.next()? {
                if row >= next {
                    inner.recent.insert(Key { hash: hash::of(table, found.key), row });
                    next = row + 1;
                }
                row += 1;
            }
            if row - before == ROWS {
                (inner.full, inner.partial_rows) = (number + 1, 0);
            } else {
                (inner.full, inner.partial_rows, inner.partial) = (number, row - before, Arc::new(value.to_vec()));
            }
            from.next();
        }
        from.status()?;
        if inner.rows() < listing.covered() {
            return Err(Error::Corrupt(format!("{table:?}: {} rows where the index has {}", inner.rows(), listing.covered())));
        }
        Ok(Self { table, recent_max: recent_max(shards), inner: RwLock::new(inner) })
    }

    fn lock(&self) -> RwLockReadGuard<'_, Inner> {
        // What is kept is changed by one call that does not fail half-way.
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes in memory, about.
    pub fn bytes(&self) -> usize {
        let inner = self.lock();
        let aside = inner.aside.as_ref().map_or(0, |(aside, _)| aside.bytes());
        inner.recent.bytes() + aside + inner.runs.iter().map(|run| run.bytes()).sum::<usize>()
    }

    /// The list of runs as it is now.
    #[cfg(test)]
    pub(in crate::journal) fn runs(&self) -> Vec<super::listing::RunListing> {
        self.lock().runs.iter().map(|run| run.listing.clone()).collect()
    }
}

/// Column families that an index reads while its store is not whole yet.
pub struct Families<'a> {
    /// Of the list of runs.
    pub default: &'a rocksdb::ColumnFamily,
    /// Of the table's rows.
    pub rows: &'a rocksdb::ColumnFamily,
    /// Of the runs.
    pub index: &'a rocksdb::ColumnFamily,
}

fn row_key(table: Table, number: u64) -> [u8; 9] {
    let mut key = [table as u8; 9];
    if let Some(rest) = key.get_mut(1..) {
        rest.copy_from_slice(&number.to_be_bytes());
    }
    key
}

fn number_of(table: Table, key: &[u8]) -> Option<u64> {
    let (tag, number) = key.split_first()?;
    if *tag != table as u8 {
        return None;
    }
    <[u8; 8]>::try_from(number).ok().map(u64::from_be_bytes)
}

fn listing_key(table: Table) -> Vec<u8> {
    [b"index".as_slice(), &[table as u8]].concat()
}
