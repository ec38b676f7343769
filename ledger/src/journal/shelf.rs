//! Where a journal's store is kept, and opened again after a write that failed in the middle: RocksDB takes nothing more then,
//! although the disk may have room again.
//!
//! Readers take the store for one look at a time, so the old one can be closed beneath them; who looks meanwhile is told that
//! the disk does not answer. Bound: [`READERS_WAIT_MAX`] until the last reader is done, else it is tried again later.

use super::Error;
use super::store::{Shared, Store};
use crate::disk::Reserve;
use crate::log::Code;
use arc_swap::ArcSwapOption;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a look of a reader may take before opening again is given up for now.
const READERS_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often it is looked whether they are done.
const READERS_LOOK_EVERY: Duration = Duration::from_millis(1);

/// A store, and how to open it.
pub(super) struct Shelf {
    directory: PathBuf,
    shared: Shared,
    /// None while it is opened again, or could not be.
    store: ArcSwapOption<Store>,
}

impl Shelf {
    /// Opens a directory for its one writer.
    pub fn open(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        Ok(Self::new(directory, shared, Store::open(directory, shared)?))
    }

    /// Opens a directory as it is now, to read it alone.
    pub fn open_read_only(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        Ok(Self::new(directory, shared, Store::open_read_only(directory, shared)?))
    }

    fn new(directory: &Path, shared: &Shared, store: Store) -> Self {
        Self { directory: directory.to_owned(), shared: shared.clone(), store: ArcSwapOption::from_pointee(store) }
    }

    /// The store, for one piece of work.
    pub fn store(&self) -> Result<Arc<Store>, Error> {
        self.store.load_full().ok_or_else(closed)
    }

    /// Looks something up, without counting who holds the store.
    pub fn with<T>(&self, look: impl FnOnce(&Store) -> Result<T, Error>) -> Result<T, Error> {
        look(self.store.load().as_deref().ok_or_else(closed)?)
    }

    /// Whether so many bytes can be written without the disk being full.
    pub fn room(&self, bytes: usize) -> Result<(), Error> {
        Reserve::Journal.room(&self.directory, bytes).map_err(|what| Error::Disk(Code::DiskFull, what))
    }

    /// Closes the store and opens it again. Where it cannot be opened, nothing can be read until a later call succeeds.
    pub fn open_again(&self) -> Result<Arc<Store>, Error> {
        self.room(0)?;
        if let Some(old) = self.store.swap(None) {
            let begun = Instant::now();
            while Arc::strong_count(&old) > 1 {
                if begun.elapsed() > READERS_WAIT_MAX {
                    self.store.store(Some(old));
                    return Err(Error::Disk(Code::DiskFailing, "it is to be opened again, and is still being read".to_owned()));
                }
                std::thread::sleep(READERS_LOOK_EVERY);
            }
        }
        let store = Arc::new(Store::open(&self.directory, &self.shared)?);
        self.store.store(Some(Arc::clone(&store)));
        Ok(store)
    }
}

/// What is told while there is no store.
fn closed() -> Error {
    Error::Disk(Code::DiskFailing, "it is being opened again after a write that failed".to_owned())
}
