//! Appending: rows with a commit, and runs as they are made.

use super::check::remove;
use super::{Index, listing_key, row_key};
use crate::journal::Error;
use crate::journal::index::build::{Builder, Plan, Work};
use crate::journal::index::hash;
use crate::journal::index::listing::{Listing, RunListing};
use crate::journal::index::page::Key;
use crate::journal::index::rows::{self, ROWS};
use crate::journal::index::run::Run;
use crate::journal::store::Store;
use crate::source::Change;
use rocksdb::WriteBatch;
use std::sync::{Arc, PoisonError};

/// Runs of one level that are merged into one of the next.
const MERGED: usize = 4;

/// What a commit appends to a table.
pub struct Staged {
    values: Vec<(u64, Vec<u8>)>,
    partial_rows: u64,
    added: Vec<Key>,
}

/// A new run, to be committed.
pub struct Adopted {
    runs: Vec<Arc<Run>>,
    merged: Vec<Arc<Run>>,
    listing: Listing,
}

impl Index {
    /// Lays out the rows that a commit appends.
    pub fn stage<'a>(&self, changes: impl Iterator<Item = Change<'a>>) -> Staged {
        let inner = self.lock();
        let (mut number, mut count) = (inner.full, inner.partial_rows);
        let mut value: Option<Vec<u8>> = None;
        let (mut values, mut added) = (Vec::new(), Vec::new());
        for change in changes {
            let bytes = value.get_or_insert_with(|| if number == inner.full { inner.partial.as_ref().clone() } else { rows::empty() });
            rows::push(bytes, rows::Row { key: change.key, value: change.value });
            added.push(Key { hash: hash::of(self.table, change.key), row: number * ROWS + count });
            count += 1;
            if count == ROWS {
                values.extend(value.take().map(|bytes| (number, bytes)));
                (number, count) = (number + 1, 0);
            }
        }
        values.extend(value.map(|bytes| (number, bytes)));
        Staged { values, partial_rows: count, added }
    }

    /// Puts what was staged into the batch of a commit.
    pub fn put(&self, store: &Store, staged: &Staged, batch: &mut WriteBatch) -> Result<(), Error> {
        let family = store.table(self.table)?;
        staged.values.iter().for_each(|(number, bytes)| batch.put_cf(family, row_key(self.table, *number), bytes));
        Ok(())
    }

    /// What was staged is committed.
    pub fn appended(&self, staged: Staged) {
        let Staged { values, partial_rows, added } = staged;
        let Some((last, bytes)) = values.into_iter().next_back() else { return };
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        added.into_iter().for_each(|key| inner.recent.insert(key));
        inner.partial_rows = partial_rows;
        (inner.full, inner.partial) = if partial_rows == 0 { (last + 1, Arc::new(rows::empty())) } else { (last, Arc::new(bytes)) };
    }

    /// Takes the run that was made, if one was, into the batch of a commit; and begins the next where it is due.
    pub fn adopt(&self, store: &Arc<Store>, builder: &mut Builder, batch: &mut WriteBatch) -> Result<Option<Adopted>, Error> {
        // Where keys come faster than runs are made, the writer waits: memory is bounded.
        let wait = {
            let inner = self.lock();
            inner.recent.len() >= self.recent_max && inner.aside.is_some()
        };
        let run = match builder.take(wait) {
            Ok(run) => run,
            Err(error @ Error::Disk(..)) => {
                tracing::warn!(%error, "a run of the index could not be made; it is tried again");
                None
            }
            Err(error) => return Err(error),
        };
        let adopted = run.map(|run| self.with(run)).transpose()?;
        if let Some(adopted) = &adopted {
            batch.put(listing_key(self.table), adopted.listing.to_bytes());
        } else if !builder.is_busy() {
            self.begin(store, builder);
        }
        Ok(adopted)
    }

    /// The runs with a new one among them.
    fn with(&self, run: Run) -> Result<Adopted, Error> {
        let inner = self.lock();
        let is_within = |other: &Arc<Run>| run.listing.first <= other.listing.first && other.listing.end <= run.listing.end;
        let (merged, mut runs): (Vec<_>, Vec<_>) = inner.runs.iter().map(Arc::clone).partition(is_within);
        let place = runs.partition_point(|other| other.listing.first < run.listing.first);
        runs.insert(place, Arc::new(run));
        let listing = Listing { next_run: inner.next_run, runs: runs.iter().map(|run| run.listing.clone()).collect() };
        Listing::from_bytes(&listing.to_bytes())?;
        Ok(Adopted { runs, merged, listing })
    }

    /// The list with the new run is committed: it is searched from now on, and what it was made of is removed.
    pub fn adopted(&self, store: &Store, adopted: Adopted) {
        {
            let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
            inner.runs = adopted.runs;
            let covered = inner.covered();
            if inner.aside.as_ref().is_some_and(|(_, end)| *end <= covered) {
                inner.aside = None;
            }
        }
        let removed = adopted.merged.iter().try_for_each(|run| remove(&store.db, store.index()?, self.table, run.listing.id));
        if let Err(error) = removed {
            tracing::warn!(%error, "runs that were merged are not removed; the next start tries again");
        }
    }

    /// Begins a run where one is due: of recent keys first.
    fn begin(&self, store: &Arc<Store>, builder: &mut Builder) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let (id, covered) = (inner.next_run, inner.covered());
        let plan = |work, level, first, end| Plan { table: self.table, work, listing: RunListing { id, level, first, end, check: 0 } };
        if inner.aside.is_none() && inner.recent.len() >= self.recent_max {
            let rows = inner.rows();
            inner.aside = Some((Arc::new(std::mem::take(&mut inner.recent)), rows));
        }
        let plan = match &inner.aside {
            Some((aside, end)) => plan(Work::Recent(Arc::clone(aside)), 0, covered, *end),
            None => {
                let Some(runs) = mergeable(&inner.runs) else { return };
                let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return };
                // 4^60 keys do not fit into 64 bits.
                plan(Work::Runs(runs.to_vec()), first.listing.level + 1, first.listing.first, last.listing.end)
            }
        };
        inner.next_run += 1;
        drop(inner);
        builder.start(store, plan);
    }
}

/// The oldest runs of one level that are as many as a merge takes.
fn mergeable(runs: &[Arc<Run>]) -> Option<&[Arc<Run>]> {
    runs.windows(MERGED).find(|window| {
        let mut levels = window.iter().map(|run| run.listing.level);
        let first = levels.next();
        levels.all(|level| Some(level) == first)
    })
}
