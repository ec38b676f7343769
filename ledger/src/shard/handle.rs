//! Starts a shard, and what others hold of it.

use super::batch::Bounds;
use super::feed::Feed;
use super::folding::Folding;
use super::large::Large;
use super::status::{Board, Status};
use super::worker::{PAUSE_MAX, PAUSE_MIN, Worker};
use crate::entry::Recorded;
use crate::framing::Gap;
use crate::journal::{Committed, Error, Hash, Journal, Reader, Shared};
use crate::log::{self, Code, Log};
use crate::rules;
use schemas::time::Date;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
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
    /// Memory for committed state of the fold that is hot, in bytes.
    pub state_bytes: usize,
    /// What the shards of the process know of each other's large records.
    pub large: Arc<Large>,
}

/// Memory for the hot state of one shard, where nothing else is said.
pub const STATE_BYTES_DEFAULT: usize = 64 << 20;

/// What is told of each commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which partition.
    pub partition: u32,
    /// Where its journal stands; `cursor` is the next offset.
    pub committed: Committed,
    /// The open business date.
    pub open_date: Option<Date>,
    /// The offset of the first record of more than [`LARGE_ENTRIES`](super::LARGE_ENTRIES) entries of which this commit has some.
    pub large: Option<i64>,
}

/// Who listens to a shard, on the shard's thread: it should be quick, and must not wait for the shard.
pub trait Listener: Send + Sync {
    /// Called after each commit.
    fn committed(&self, notice: &Notice);

    /// Whether somebody waits for what comes next. Where nobody does, few of many records may be kept waiting for more
    /// ([`super::Bounds::rest`]).
    fn is_awaited(&self) -> bool {
        true
    }
}

/// Of whom it is not known whether they wait.
impl<F: Fn(&Notice) + Send + Sync> Listener for F {
    fn committed(&self, notice: &Notice) {
        self(notice);
    }
}

/// Who listens, shared with others.
pub type OnCommit = Arc<dyn Listener>;

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
    reader: Arc<OnceLock<Reader>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Starts a shard with the rules of the ledger.
///
/// # Errors
/// Only where the directory belongs to somebody else or the thread cannot be made. A journal that is damaged gives a
/// shard that is halted and has no reader, so that the others go on; one that cannot be opened for a reason that passes (a
/// full disk) is tried again.
pub fn spawn(config: Config, log: Arc<dyn Log>, shared: &Shared, on_commit: OnCommit) -> Result<Handle, Error> {
    spawn_with::<rules::Fold>(config, log, shared, on_commit)
}

/// Starts a shard with another fold.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_with<F: Folding + 'static>(config: Config, log: Arc<dyn Log>, shared: &Shared, on_commit: OnCommit) -> Result<Handle, Error> {
    let partition = config.partition;
    let place = directory(&config.data, partition).join("journal");
    let (feed, reader) = (Arc::new(Feed::default()), Arc::new(OnceLock::new()));
    let (board, journal) = match Journal::open(&place, shared) {
        Ok(journal) => {
            let board = Board::new(partition, journal.cursor(), journal.entries(), journal.reader().head());
            tell_gap(partition, reader.get_or_init(|| journal.reader()));
            (Arc::new(board), Some(journal))
        }
        Err(error @ Error::Locked(_)) => return Err(error),
        Err(error) => {
            tracing::error!(partition, code = error.code().as_str(), %error, "the shard's journal cannot be opened");
            let board = Arc::new(Board::new(partition, 0, 0, Hash::from_bytes([0; 32])));
            board.halted(&log::Error::new(error.code(), error.to_string()), error.code().passes());
            if !error.code().passes() {
                board.ended();
                return Ok(Handle { partition, board, feed, reader, thread: Mutex::new(None) });
            }
            (board, None)
        }
    };
    let (its_board, its_feed, its_reader, shared) = (Arc::clone(&board), Arc::clone(&feed), Arc::clone(&reader), shared.clone());
    let run = move || {
        let Some(journal) = journal.or_else(|| open_again(&place, &shared, &its_board, &its_reader)) else { return its_board.ended() };
        Worker::<F>::new(config, log, journal, its_board, its_feed, on_commit)();
    };
    let thread = std::thread::Builder::new()
        .name(format!("shard-{partition}"))
        .spawn(run)
        .map_err(|error| Error::Disk(Code::TooManyFiles, format!("the thread of shard {partition} cannot be started: {error}")))?;
    Ok(Handle { partition, board, feed, reader, thread: Mutex::new(Some(thread)) })
}

/// Opens a journal that could not be opened, with growing pauses; nothing where it will never open, or nobody waits any more.
fn open_again(place: &Path, shared: &Shared, board: &Board, reader: &OnceLock<Reader>) -> Option<Journal> {
    let mut pause = PAUSE_MIN;
    while !board.stopping() {
        board.pause(pause);
        pause = (pause * 2).min(PAUSE_MAX);
        match Journal::open(place, shared) {
            Ok(journal) => {
                board.opened(journal.cursor(), journal.entries(), journal.reader().head());
                tell_gap(board.status().partition, reader.get_or_init(|| journal.reader()));
                return Some(journal);
            }
            Err(error) => {
                board.halted(&log::Error::new(error.code(), error.to_string()), error.code().passes());
                if !error.code().passes() {
                    return None;
                }
            }
        }
    }
    None
}

/// Says what is to be folded again because the disk does not have it any more.
fn tell_gap(partition: u32, reader: &Reader) {
    if let Some(Gap { file, byte }) = reader.gap() {
        let (file, cursor) = (file.display(), reader.cursor());
        tracing::warn!(partition, %file, byte, cursor, "the journal's log of writes is damaged: what was committed behind that is folded again");
    }
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

    /// What it does, once the log was compared with what was folded; waits at most so long for that.
    pub fn wait_checked(&self, time: Duration) -> Status {
        self.board.wait_checked(time)
    }

    /// Reads the journal, whatever the shard does; `None` where it could not be opened yet.
    pub fn reader(&self) -> Option<Reader> {
        self.reader.get().cloned()
    }

    /// The entries of each commit from now on, in order. Where the numbers have a gap, the journal has what is missing.
    pub fn subscribe(&self) -> Receiver<Arc<[Recorded]>> {
        self.feed.subscribe()
    }

    /// Bytes of records and entries that it has in hand, about: being folded, or with who follows the journal.
    pub fn bytes_in_hand(&self) -> usize {
        self.feed.bytes()
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
