//! The views as they were after the last record that is whole, kept while a larger one is committed in parts: readers see them until that
//! record is whole, too. A part of a record belongs to no position, so nobody is told of it.
//!
//! RocksDB's snapshots borrow their database, so a thread keeps one as long as it is needed, and is asked as another process would be.
//! It takes no memory; what it sees stays on disk.

use super::Error;
use super::catalogue::{Catalogue, Checkpoint};
use super::elsewhere::{Elsewhere, Page, Span};
use super::snapshot::Snapshot;
use super::store::Store;
use ledger::log::Code;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

/// Questions that wait.
const QUEUE_MAX: usize = 64;

/// What is asked, and where the answer goes.
enum Job {
    Get(Vec<u8>, SyncSender<Result<Option<Vec<u8>>, Error>>),
    Rows(Span, SyncSender<Result<Page, Error>>),
}

/// Views after a record that is whole.
pub(super) struct Whole {
    catalogue: Arc<Catalogue>,
    /// Nothing once it ends.
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Whole {
    /// Keeps what is committed now.
    fn keep(store: &Arc<Store>) -> Result<Self, Error> {
        let (jobs, asked) = sync_channel(QUEUE_MAX);
        let (opened, catalogue) = sync_channel(1);
        let store = Arc::clone(store);
        let thread = std::thread::Builder::new().name("views-whole".to_owned()).spawn(move || answer(&store, &asked, &opened));
        let thread = thread.map_err(|error| Error::Disk(Code::TooManyFiles, format!("no thread for a snapshot of the views: {error}")))?;
        let catalogue = catalogue.recv().map_err(|_| gone())??;
        Ok(Self { catalogue, jobs: Some(jobs), thread: Some(thread) })
    }

    /// What is live in it, and how far that is.
    pub const fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    fn ask<T>(&self, job: impl FnOnce(SyncSender<Result<T, Error>>) -> Job) -> Result<T, Error> {
        let (answer, answered) = sync_channel(1);
        self.jobs.as_ref().ok_or_else(gone)?.send(job(answer)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

impl Elsewhere for Whole {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.ask(|answer| Job::Get(key.to_vec(), answer))
    }

    fn page(&self, span: &Span) -> Result<Page, Error> {
        self.ask(|answer| Job::Rows(span.clone(), answer))
    }
}

impl Drop for Whole {
    /// Who closes the database finds nobody who still has it open.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a snapshot of the views panicked");
        }
    }
}

fn gone() -> Error {
    Error::Elsewhere("their snapshot of the last whole record is no longer kept".to_owned())
}

/// Takes a snapshot, and answers of it until nobody is left who may ask.
fn answer(store: &Store, asked: &Receiver<Job>, opened: &SyncSender<Result<Arc<Catalogue>, Error>>) {
    let snapshot = match Snapshot::of(store) {
        Ok(snapshot) => snapshot,
        Err(error) => return drop(opened.send(Err(error))),
    };
    drop(opened.send(Ok(snapshot.shared_catalogue())));
    while let Ok(job) = asked.recv() {
        // Whoever asked may have gone.
        match job {
            Job::Get(key, answer) => drop(answer.send(snapshot.bytes_of(&key))),
            Job::Rows(span, answer) => drop(answer.send(snapshot.page_of(&span))),
        }
    }
}

/// What readers see: the database as it is, or what is kept of it.
#[derive(Default)]
pub(super) struct Seen(RwLock<Option<Arc<Whole>>>);

impl Seen {
    /// Keeps what is committed now for readers, before a part of a record is; nothing where something is kept already.
    pub fn keep(&self, store: &Arc<Store>) -> Result<(), Error> {
        if self.kept().is_none() {
            self.put(Some(Arc::new(Whole::keep(store)?)));
        }
        Ok(())
    }

    /// Readers see the database as it is, from now on.
    pub fn release(&self) {
        self.put(None);
    }

    fn put(&self, whole: Option<Arc<Whole>>) {
        let before = std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), whole);
        // Whoever reads of it keeps it; else its thread ends here, and not under the lock.
        drop(before);
    }

    fn kept(&self) -> Option<Arc<Whole>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far what is kept is; nothing where readers see the database as it is.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.kept().map(|whole| whole.catalogue.live.checkpoint)
    }

    /// What is kept, or what `take` takes of the database: no part of a record is committed meanwhile.
    pub fn or<T>(&self, take: impl FnOnce() -> T) -> Result<T, Arc<Whole>> {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match &*seen {
            None => Ok(take()),
            Some(whole) => Err(Arc::clone(whole)),
        }
    }
}
