//! The one thread that writes the embedded log: it takes what is waiting and commits it together.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::super::{Append, Code, Error};
use super::store::Store;

/// Appends that wait for the thread at most; a further one blocks until there is room.
const WAITING_APPENDS_MAX: usize = 1024;
/// Records after which a commit takes no further append.
const COMMIT_RECORDS_MAX: usize = 65_536;

struct Waiting {
    records: Vec<Append>,
    answer: SyncSender<Result<Vec<i64>, Error>>,
}

/// The queue to the thread. Dropping it writes what waits and ends the thread.
pub(super) struct Writer {
    queue: Option<SyncSender<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(store: Arc<Store>) -> Result<Self, Error> {
        let (queue, waiting) = sync_channel(WAITING_APPENDS_MAX);
        let thread = std::thread::Builder::new().name("embedded-log".into()).spawn(move || run(&store, &waiting));
        let thread = thread.map_err(|error| Error::new(Code::Corrupt, format!("the embedded log's thread does not start: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
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

fn run(store: &Store, queue: &Receiver<Waiting>) {
    while let Ok(first) = queue.recv() {
        let mut records = first.records;
        let mut shares = vec![(records.len(), first.answer)];
        while records.len() < COMMIT_RECORDS_MAX
            && let Ok(next) = queue.try_recv()
        {
            shares.push((next.records.len(), next.answer));
            records.extend(next.records);
        }
        commit(store, &records, shares);
    }
}

/// Writes one batch and tells everyone their share of the offsets. Whoever has stopped waiting is not told.
fn commit(store: &Store, records: &[Append], shares: Vec<(usize, SyncSender<Result<Vec<i64>, Error>>)>) {
    match store.write(records) {
        Ok(offsets) => {
            let mut offsets = offsets.into_iter();
            for (count, answer) in shares {
                drop(answer.send(Ok(offsets.by_ref().take(count).collect())));
            }
        }
        Err(error) => {
            for (_, answer) in shares {
                drop(answer.send(Err(error.clone())));
            }
        }
    }
}
