//! What the rest of the program sees of a follower.

use super::entries::Entries;
use super::holding::Holding;
use super::opening::Opening;
use super::{QUEUE_BATCHES_MAX, run};
use crate::views::{Checkpoint, Differences, Error, Factory, Shared, Views, Writer};
use jiff::Timestamp;
use ledger::entry::Recorded;
use ledger::log::Code;
use ledger::priority;
use ledger::shard::Large;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How far a follower is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The live views, as readers see them: whole records, and no entry while there is nothing to read.
    pub checkpoint: Checkpoint,
    /// What is being folded beside them.
    pub building: Option<Built>,
    /// Why it stands still; it tries again now and then. `None` while it follows.
    pub halted: Option<Error>,
    /// Whether the views have all that the journal had when they were opened: until then they lack what was long told.
    pub settled: bool,
    /// Why they are being folded anew from the first entry, until they are settled.
    pub anew: Option<String>,
    /// How often they were folded anew since the start.
    pub anew_count: u64,
}

/// What is being folded beside the live views, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Which projections have no answers until it is done; none where it takes the place of one that answers.
    pub missing: Vec<String>,
    /// Entries folded.
    pub entries: u64,
    /// Entries to fold, as of now.
    pub of: u64,
    /// Since when this process has the views open.
    pub since: Timestamp,
}

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildProgress {
    /// Entries folded.
    pub entries: u64,
    /// Entries to fold, as of now.
    pub of: u64,
    /// Whether all are folded and rows are being compared.
    pub comparing: bool,
}

/// A rebuild that is asked for.
pub struct Rebuild {
    /// Which projection.
    pub name: String,
    /// Told now and then.
    pub progress: Box<dyn FnMut(RebuildProgress) + Send>,
    /// Told the end.
    pub(super) done: SyncSender<Result<Differences, Error>>,
}

/// What the thread and its handles share.
pub(super) struct Inner {
    state: Mutex<State>,
    /// Something is to be done.
    pub(super) wake: Condvar,
    /// Progress was made, or it halted.
    changed: Condvar,
    notify: Option<Notify>,
    /// Nothing while they are closed, to be opened again or folded anew, and while there is nothing whole to read.
    views: RwLock<Option<Views>>,
}

/// Told each progress, from the follower's thread: quick, and never waiting.
pub type Notify = Box<dyn Fn(&Progress) + Send + Sync>;

#[derive(Default)]
pub(super) struct State {
    pub queue: VecDeque<Arc<[Recorded]>>,
    pub rebuild: Option<Rebuild>,
    pub stop: bool,
    /// How many hold it where it is.
    pub held: usize,
    /// Something was offered since the thread looked last.
    pub news: bool,
    progress: Progress,
}

impl State {
    fn may_rebuild(&self) -> Result<(), Error> {
        match &self.rebuild {
            Some(other) => Err(Error::Busy(other.name.clone())),
            None if self.stop => Err(Error::Stopped),
            None => self.progress.halted.clone().map_or(Ok(()), Err),
        }
    }
}

impl Inner {
    /// Of a follower that is so far, with nothing to do yet.
    pub(super) fn new(progress: Progress, views: Option<Views>, notify: Option<Notify>) -> Self {
        let state = State { progress, ..State::default() };
        Self { state: Mutex::new(state), wake: Condvar::new(), changed: Condvar::new(), notify, views: RwLock::new(views) }
    }

    /// The state is whole even after a panic elsewhere: every change to it is one assignment.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What answers are read from, from now on.
    pub(super) fn show(&self, views: Option<Views>) {
        *self.views.write().unwrap_or_else(PoisonError::into_inner) = views;
    }

    /// What was published last.
    pub(super) fn published(&self) -> Progress {
        self.lock().progress.clone()
    }

    pub(super) fn publish(&self, progress: Progress) {
        self.lock().progress = progress.clone();
        self.changed.notify_all();
        if let Some(notify) = &self.notify {
            notify(&progress);
        }
    }
}

/// What readers are shown of views: nothing while all there is ends in the middle of a record.
pub(super) fn to_read(writer: &Writer) -> Option<Views> {
    writer.seen().map(|_| writer.views())
}

/// What is followed, where, and by which folds.
pub struct Config {
    /// The partition, for the thread's name.
    pub partition: u32,
    /// Where the views are: `views` in the shard's directory.
    pub directory: PathBuf,
    /// The journal.
    pub entries: Arc<dyn Entries>,
    /// Makes the folds: [`crate::folds::all`].
    pub make: Factory,
    /// Entries as they are committed, in order; where numbers are missing, the journal is read. Without it, call
    /// [`Follower::offer`] or [`Follower::wake`].
    pub feed: Option<Receiver<Arc<[Recorded]>>>,
    /// Told each progress.
    pub notify: Option<Notify>,
    /// What the shards of the process have in hand: while they fold a large record, views that have much to do hold back.
    pub large: Option<Arc<Large>>,
}

/// One shard's follower. Dropping it stops the thread.
pub struct Follower {
    inner: Arc<Inner>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Follower {
    /// Opens the views and starts to follow. What cannot be opened now is folded anew or tried again by the thread.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn spawn(config: Config, shared: &Shared) -> Result<Self, Error> {
        let Config { partition, directory, entries, make, feed, notify, large } = config;
        let mut opening = Opening::new(partition, directory, shared.clone(), make);
        let first = opening.open(&*entries);
        let views = first.as_ref().ok().and_then(to_read);
        let progress = first.as_ref().map_or_else(|_| Progress::default(), |writer| opening.progress(writer));
        let inner = Arc::new(Inner::new(progress, views, notify));
        let shared_inner = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name(format!("views-{partition:04}"))
            .spawn(move || {
                priority::give_way();
                run::run(opening, first, &*entries, feed, Holding::new(large), &shared_inner);
            })
            .map_err(|error| Error::Disk(Code::TooManyFiles, format!("no thread for the views: {error}")))?;
        Ok(Self { inner, thread: Mutex::new(Some(thread)) })
    }

    /// Readers of the views; none while these are closed, to be opened again or folded anew, or were opened in the middle of a record that
    /// is not whole yet.
    pub fn views(&self) -> Option<Views> {
        self.inner.views.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.inner.lock().progress.clone()
    }

    /// Hands over entries that were just committed. Never waits: what does not fit is read from the journal later.
    pub fn offer(&self, batch: Arc<[Recorded]>) {
        let mut state = self.inner.lock();
        if state.queue.len() < QUEUE_BATCHES_MAX {
            state.queue.push_back(batch);
        }
        state.news = true;
        drop(state);
        self.inner.wake.notify_one();
    }

    /// Says that the journal has more.
    pub fn wake(&self) {
        self.inner.lock().news = true;
        self.inner.wake.notify_one();
    }

    /// Holds the views where they are until the answer is dropped, so that a test sees what others do meanwhile.
    #[must_use]
    pub fn hold(&self) -> Held {
        self.inner.lock().held += 1;
        Held(Arc::clone(&self.inner))
    }

    /// Waits until every record up to an offset is in the views; `false` after `timeout` or once it has halted.
    pub fn wait_for(&self, offset: i64, timeout: Duration) -> bool {
        self.wait_until(timeout, |progress| progress.checkpoint.position >= offset)
    }

    /// Waits until this many entries, and every record that has some of them, are in the views; `false` after `timeout` or once it has halted.
    pub fn wait_for_entries(&self, count: u64, timeout: Duration) -> bool {
        self.wait_until(timeout, |progress| progress.checkpoint.next_entry >= count)
    }

    /// Waits until nothing is being folded beside the live views; `false` after `timeout` or once it has halted.
    pub fn wait_for_building(&self, timeout: Duration) -> bool {
        self.wait_until(timeout, |progress| progress.building.is_none())
    }

    fn wait_until(&self, timeout: Duration, there: impl Fn(&Progress) -> bool) -> bool {
        let deadline = Instant::now() + timeout;
        let mut state = self.inner.lock();
        loop {
            if there(&state.progress) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.progress.halted.is_some() {
                return false;
            }
            state = self.inner.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Folds a projection afresh beside the live one, compares both, and puts the new one in its place. Live traffic
    /// goes on. One that was interrupted goes on where it was. The receiver is told the end: what differed.
    pub fn rebuild(&self, name: &str, progress: Box<dyn FnMut(RebuildProgress) + Send>) -> Result<Receiver<Result<Differences, Error>>, Error> {
        let (done, receiver) = sync_channel(1);
        let mut state = self.inner.lock();
        state.may_rebuild()?;
        state.rebuild = Some(Rebuild { name: name.to_owned(), progress, done });
        drop(state);
        self.inner.wake.notify_one();
        Ok(receiver)
    }

    /// Whether a rebuild could be asked for now: none is, and it follows.
    pub fn may_rebuild(&self) -> Result<(), Error> {
        self.inner.lock().may_rebuild()
    }

    /// Stops after the batch in hand and waits for the thread.
    pub fn stop(&self) {
        self.inner.lock().stop = true;
        self.inner.wake.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the follower's thread panicked");
        }
    }
}

/// Views that are held where they are, until this is dropped.
pub struct Held(Arc<Inner>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().held -= 1;
        self.0.wake.notify_one();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop();
    }
}
