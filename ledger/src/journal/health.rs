//! What of a journal could not be read, until it can be again.
//!
//! A block that is damaged on the disk fails whoever asks for it, and nobody else; so that the shard as a whole says so,
//! the first such place is kept, and read again now and then: what passes by itself (a disk that is back, a file that was
//! restored) is forgotten by itself.

use super::Error;
use crate::log;
use crate::source::Table;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the place is read again, at most.
const AGAIN_EVERY: Duration = Duration::from_secs(1);

/// A place that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A block.
    Block(u64),
    /// A row of state, or the first of a range.
    Row(Table, Vec<u8>),
}

struct Found {
    place: Place,
    error: log::Error,
    /// When it was read last.
    read: Instant,
}

/// The first place that could not be read.
#[derive(Default)]
pub(super) struct Health {
    found: Mutex<Option<Found>>,
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, Option<Found>> {
        // What is kept is replaced as a whole, so it is whole after any panic.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what could not be read, if nothing is kept yet. What is out of order is the caller's, not the disk's.
    pub fn note(&self, place: impl FnOnce() -> Place, error: &Error) {
        if matches!(error, Error::OutOfOrder(_)) {
            return;
        }
        self.lock().get_or_insert_with(|| {
            tracing::error!(%error, "the journal cannot be read");
            Found { place: place(), error: log::Error::new(error.code(), error.to_string()), read: Instant::now() }
        });
    }

    /// What is kept. It is read again where that was not done lately, and forgotten where it can be read.
    pub fn trouble(&self, read: impl FnOnce(&Place) -> Result<(), Error>) -> Option<log::Error> {
        let (place, error) = {
            let mut found = self.lock();
            let found = found.as_mut()?;
            if found.read.elapsed() < AGAIN_EVERY {
                return Some(found.error.clone());
            }
            found.read = Instant::now();
            (found.place.clone(), found.error.clone())
        };
        if read(&place).is_err() {
            return Some(error);
        }
        tracing::info!("what could not be read of the journal can be again");
        *self.lock() = None;
        None
    }
}
