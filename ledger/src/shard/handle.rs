//! Starts a shard, and what others hold of it.

use super::batch::Bounds;
use super::feed::Feed;
use super::folding::Folding;
use super::status::{Board, Status};
use super::worker::Worker;
use crate::entry::Recorded;
use crate::journal::{Committed, Error, Hash, Journal, Reader, Shared};
use crate::log::{self, Log};
use crate::rules;
use schemas::time::Date;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Which shard, and where.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory of the process.
    pub data: PathBuf,
    /// The partition.
    pub partition: u32,
    /// What bounds a batch.
    pub bounds: Bounds,
}

/// What is told of each commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which partition.
    pub partition: u32,
    /// Where its journal stands; `cursor` is the next offset.
    pub committed: Committed,
    /// The open business date.
    pub open_date: Option<Date>,
}

/// Called on the shard's thread after each commit: it should be quick, and must not wait for the shard.
pub type OnCommit = Arc<dyn Fn(&Notice) + Send + Sync>;

/// The directory of a shard: `journal` and `views` lie in it.
pub fn directory(data: &Path, partition: u32) -> PathBuf {
    data.join(format!("{partition:04}"))
}

/// The partitions that a data directory has shards of, in order; none where there is no such directory.
pub fn known_partitions(data: &Path) -> std::io::Result<Vec<u32>> {
    let entries = match std::fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut partitions = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let number = name.to_str().filter(|name| name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_digit()));
        partitions.extend(number.and_then(|name| name.parse::<u32>().ok()));
    }
    partitions.sort_unstable();
    Ok(partitions)
}

/// A running shard. Dropping it stops it.
pub struct Handle {
    partition: u32,
    board: Arc<Board>,
    feed: Arc<Feed>,
    reader: Option<Reader>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Starts a shard with the rules of the ledger.
///
/// # Errors
/// Only where the directory belongs to somebody else or the thread cannot be made. A journal that is damaged gives a
/// shard that is halted and has no reader, so that the others go on.
pub fn spawn(config: Config, log: Arc<dyn Log>, shared: &Shared, on_commit: OnCommit) -> Result<Handle, Error> {
    spawn_with::<rules::Fold>(config, log, shared, on_commit)
}

/// Starts a shard with another fold.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_with<F: Folding + 'static>(config: Config, log: Arc<dyn Log>, shared: &Shared, on_commit: OnCommit) -> Result<Handle, Error> {
    let partition = config.partition;
    let feed = Arc::new(Feed::default());
    let journal = match Journal::open(&directory(&config.data, partition).join("journal"), shared) {
        Ok(journal) => journal,
        Err(error @ Error::Locked(_)) => return Err(error),
        Err(error) => {
            tracing::error!(partition, %error, "the shard's journal cannot be opened");
            let board = Arc::new(Board::new(partition, 0, 0, Hash::from_bytes([0; 32])));
            board.halted(&log::Error::new(error.code(), error.to_string()), false);
            board.ended();
            return Ok(Handle { partition, board, feed, reader: None, thread: Mutex::new(None) });
        }
    };
    let reader = journal.reader();
    let board = Arc::new(Board::new(partition, journal.cursor(), journal.entries(), reader.head()));
    let worker = Worker::<F>::new(config, log, journal, Arc::clone(&board), Arc::clone(&feed), on_commit);
    let thread = std::thread::Builder::new()
        .name(format!("shard-{partition}"))
        .spawn(worker)
        .map_err(|error| Error::Io(format!("the thread of shard {partition} cannot be started: {error}")))?;
    Ok(Handle { partition, board, feed, reader: Some(reader), thread: Mutex::new(Some(thread)) })
}

impl Handle {
    /// Which partition.
    pub const fn partition(&self) -> u32 {
        self.partition
    }

    /// What it does now.
    pub fn status(&self) -> Status {
        self.board.status()
    }

    /// Reads the journal, whatever the shard does; `None` where it could not be opened.
    pub fn reader(&self) -> Option<Reader> {
        self.reader.clone()
    }

    /// The entries of each commit from now on, in order. Where the numbers have a gap, the journal has what is missing.
    pub fn subscribe(&self) -> Receiver<Arc<[Recorded]>> {
        self.feed.subscribe()
    }

    /// Waits until the record at an offset was folded, at most so long; holds the calling thread. Whether it was.
    pub fn wait_for(&self, offset: i64, time: Duration) -> bool {
        self.board.wait_for(offset, time)
    }

    /// Ends the thread after its commit and waits for it. Readers go on answering.
    pub fn stop(&self) {
        self.board.stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!(partition = self.partition, "the shard's thread ended in a panic");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}
