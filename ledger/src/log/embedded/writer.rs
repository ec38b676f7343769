//! The one thread that writes the embedded log: it takes what is waiting and commits it together. Once that has failed it
//! says so, and tries now and then whether it works again, so that nobody need post an event to find out.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::super::{Append, Code, Error};
use super::store::Store;

/// Appends that wait for the thread at most; a further one blocks until there is room.
const WAITING_APPENDS_MAX: usize = 1024;
/// Records after which a commit takes no further append.
const COMMIT_RECORDS_MAX: usize = 65_536;
/// After a failure, how often it is tried whether the log can be written again.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Why the last write failed; nothing where it did not.
type Trouble = Arc<Mutex<Option<Error>>>;

struct Waiting {
    records: Vec<Append>,
    answer: SyncSender<Result<Vec<i64>, Error>>,
}

/// The queue to the thread. Dropping it writes what waits and ends the thread.
pub(super) struct Writer {
    queue: Option<SyncSender<Waiting>>,
    thread: Option<JoinHandle<()>>,
    trouble: Trouble,
}

impl Writer {
    pub(super) fn start(store: Arc<Store>) -> Result<Self, Error> {
        let (queue, waiting) = sync_channel(WAITING_APPENDS_MAX);
        let trouble = Trouble::default();
        let told = Arc::clone(&trouble);
        let thread = std::thread::Builder::new().name("embedded-log".into()).spawn(move || run(&store, &waiting, &told));
        let thread = thread.map_err(|error| Error::new(Code::Corrupt, format!("the embedded log's thread does not start: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), trouble })
    }

    /// Why the last write failed, as long as none has succeeded since.
    pub(super) fn trouble(&self) -> Option<Error> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers when the records are on disk.
    pub(super) fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error> {
        let gone = || Error::new(Code::Corrupt, "the embedded log's thread has ended; start the service again");
        let (answer, answered) = sync_channel(1);
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.send(Waiting { records, answer }).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the embedded log's thread panicked");
        }
    }
}

fn run(store: &Store, queue: &Receiver<Waiting>, trouble: &Trouble) {
    let mut failed = false;
    loop {
        let next = match failed {
            false => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            true => queue.recv_timeout(PROBE_EVERY),
        };
        failed = match next {
            Ok(first) => commit(store, first, queue, trouble),
            Err(RecvTimeoutError::Timeout) => tell(trouble, store.probe().err()),
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

/// Says how the last write went; whether it failed.
fn tell(trouble: &Trouble, error: Option<Error>) -> bool {
    let mut trouble = trouble.lock().unwrap_or_else(PoisonError::into_inner);
    match (&*trouble, &error) {
        (None, Some(error)) => tracing::error!(code = error.code.as_str(), detail = error.detail, "the embedded log takes no records"),
        (Some(_), None) => tracing::info!("the embedded log takes records again"),
        (None, None) | (Some(_), Some(_)) => {}
    }
    *trouble = error;
    trouble.is_some()
}

/// Writes what waits in one batch and tells everyone their share of the offsets. Whoever has stopped waiting is not told.
/// Whether it failed, which is said before anybody is answered.
fn commit(store: &Store, first: Waiting, queue: &Receiver<Waiting>, trouble: &Trouble) -> bool {
    let mut records = first.records;
    let mut shares = vec![(records.len(), first.answer)];
    while records.len() < COMMIT_RECORDS_MAX
        && let Ok(next) = queue.try_recv()
    {
        shares.push((next.records.len(), next.answer));
        records.extend(next.records);
    }
    let written = store.write(&records);
    let failed = tell(trouble, written.as_ref().err().cloned());
    let mut offsets = written.map(Vec::into_iter);
    for (count, answer) in shares {
        let share = offsets.as_mut().map(|offsets| offsets.by_ref().take(count).collect());
        drop(answer.send(share.map_err(|error| error.clone())));
    }
    failed
}
