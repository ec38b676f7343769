//! Whether rows and runs agree, and what a process that ended left half made.

use super::Index;
use crate::journal::Error;
use crate::journal::index::build::BUILDING;
use crate::journal::index::hash;
use crate::journal::index::listing::check;
use crate::journal::index::run::{prefix, run_of};
use crate::journal::store::Store;
use crate::source::Table;
use rocksdb::DB;

impl Index {
    /// Whether rows and runs agree; how many rows there are, those that were replaced too.
    pub fn verify(&self, store: &Store) -> Result<u64, Error> {
        let runs = self.lock().runs.clone();
        let mut sums = runs.iter().map(|run| (run.listing.end, 0u64)).peekable();
        let (mut checks, mut rows) = (Vec::new(), 0);
        self.walk(store, &mut |number, row| {
            if let Some((end, sum)) = sums.peek_mut() {
                *sum = sum.wrapping_add(check(hash::of(self.table, row.key), number));
                if number + 1 == *end {
                    checks.push(*sum);
                    sums.next();
                }
            }
            rows = number + 1;
            Ok(true)
        })?;
        for (run, expected) in runs.iter().zip(checks) {
            run.verify(&store.db, store.index()?, self.table as u8, expected)?;
        }
        Ok(rows)
    }

    /// Removes what a process that ended left half made.
    pub fn clean(&self, store: &Store) -> Result<(), Error> {
        let listed: Vec<u64> = self.lock().runs.iter().map(|run| run.listing.id).collect();
        let family = store.index()?;
        let mut runs = store.db.raw_iterator_cf(family);
        runs.seek([self.table as u8]);
        while let Some(key) = runs.key() {
            let Some(run) = run_of(key).filter(|_| key.first() == Some(&(self.table as u8))) else { break };
            if !listed.contains(&run) {
                remove(&store.db, family, self.table, run)?;
            }
            runs.seek(prefix(self.table as u8, run.wrapping_add(1)));
        }
        runs.status()?;
        Ok(())
    }
}

/// Removes a run's pages: their file as a whole, and what may lie elsewhere.
pub(super) fn remove(db: &DB, family: &rocksdb::ColumnFamily, table: Table, run: u64) -> Result<(), Error> {
    let (from, to) = (prefix(table as u8, run), prefix(table as u8, run + 1));
    db.delete_file_in_range_cf(family, &from, &to)?;
    let mut rest = db.raw_iterator_cf(family);
    rest.seek(&from);
    if rest.key().is_some_and(|key| key < to.as_slice()) {
        // A copy of a journal has several runs in a file.
        db.delete_range_cf(family, &from, &to)?;
    }
    Ok(())
}

/// Removes files of runs that a process which ended was making.
pub fn sweep(directory: &std::path::Path) {
    let left = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for file in left.filter(|file| file.file_name().to_string_lossy().starts_with(BUILDING)) {
        if let Err(error) = std::fs::remove_file(file.path()) {
            tracing::warn!(%error, "a file of a run that was not finished cannot be removed");
        }
    }
}
