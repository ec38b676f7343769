//! Snapshots that are kept for other nodes, each by a thread of its own until it is given back, or nothing was asked of it for
//! [`IDLE_MAX`].

use projections::views::{Error, Page, Span, Views};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// The most snapshots that are kept at once.
pub const SESSIONS_MAX: usize = 1024;
/// How long one is kept that nothing is asked of.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Questions of one that wait.
const QUEUE_MAX: usize = 64;

/// What is asked of a snapshot, and where the answer goes.
enum Job {
    Get(Vec<u8>, SyncSender<Result<Option<Vec<u8>>, Error>>),
    Rows(Span, SyncSender<Result<Page, Error>>),
    Close,
}

/// The snapshots that are kept.
pub struct Sessions {
    open: Mutex<HashMap<u64, SyncSender<Job>>>,
    next: AtomicU64,
}

impl Default for Sessions {
    fn default() -> Self {
        // A number that was given before this process began is none now.
        let mut bytes = [0; 8];
        let first = getrandom::fill(&mut bytes).map_or(0, |()| u64::from_le_bytes(bytes));
        Self { open: Mutex::default(), next: AtomicU64::new(first) }
    }
}

impl Sessions {
    /// Keeps a snapshot of views as they are now; its number, and what it has.
    ///
    /// # Errors
    /// The views do not answer, or as many are kept as there may be.
    pub fn open(self: &Arc<Self>, views: Views) -> Result<(u64, Vec<u8>), Error> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (jobs, asked) = sync_channel(QUEUE_MAX);
        {
            let mut open = self.lock();
            if open.len() >= SESSIONS_MAX {
                return Err(Error::Elsewhere(format!("{SESSIONS_MAX} snapshots are kept for other nodes, as many as there may be")));
            }
            open.insert(number, jobs);
        }
        let (opened, catalogue) = sync_channel(1);
        let sessions = Arc::downgrade(self);
        let spawned = std::thread::Builder::new().name("snapshot".to_owned()).spawn(move || keep(&views, &asked, &opened, &Kept(sessions, number)));
        if let Err(error) = spawned {
            self.lock().remove(&number);
            return Err(Error::Elsewhere(format!("there is no thread for a snapshot: {error}")));
        }
        Ok((number, catalogue.recv().map_err(|_| gone(number))??))
    }

    /// The value of a key.
    ///
    /// # Errors
    /// The snapshot is not kept any more, or does not answer.
    pub fn get(&self, number: u64, key: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        self.ask(number, |answer| Job::Get(key, answer))
    }

    /// Rows.
    ///
    /// # Errors
    /// The snapshot is not kept any more, or does not answer.
    pub fn rows(&self, number: u64, span: Span) -> Result<Page, Error> {
        self.ask(number, |answer| Job::Rows(span, answer))
    }

    /// It is no longer needed.
    pub fn close(&self, number: u64) {
        if let Some(jobs) = self.lock().remove(&number) {
            // Dropping the last sender ends it, too.
            drop(jobs.try_send(Job::Close));
        }
    }

    fn ask<T>(&self, number: u64, job: impl FnOnce(SyncSender<Result<T, Error>>) -> Job) -> Result<T, Error> {
        let jobs = self.lock().get(&number).cloned().ok_or_else(|| gone(number))?;
        let (answer, answered) = sync_channel(1);
        jobs.send(job(answer)).map_err(|_| gone(number))?;
        answered.recv().map_err(|_| gone(number))?
    }

    /// The map is whole also after a panic elsewhere.
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, SyncSender<Job>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of a snapshot, which is free again when its thread ends, however it does.
struct Kept(Weak<Sessions>, u64);

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(sessions) = self.0.upgrade() {
            sessions.lock().remove(&self.1);
        }
    }
}

fn gone(number: u64) -> Error {
    Error::Elsewhere(format!("the snapshot {number} is no longer kept"))
}

fn keep(views: &Views, asked: &Receiver<Job>, opened: &SyncSender<Result<Vec<u8>, Error>>, _kept: &Kept) {
    let snapshot = match views.snapshot().and_then(|snapshot| Ok((snapshot.catalogue()?, snapshot))) {
        Ok((catalogue, snapshot)) => {
            // Whoever asked may have gone.
            drop(opened.send(Ok(catalogue)));
            snapshot
        }
        Err(error) => return drop(opened.send(Err(error))),
    };
    while let Ok(job) = asked.recv_timeout(IDLE_MAX) {
        match job {
            Job::Get(key, answer) => drop(answer.send(snapshot.bytes_of(&key))),
            Job::Rows(span, answer) => drop(answer.send(snapshot.page_of(&span))),
            Job::Close => return,
        }
    }
}
