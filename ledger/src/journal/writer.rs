//! The one writer of a journal. A commit is entries, state and cursor together, or nothing.

use super::block::{link, seal};
use super::codec::Packer;
use super::index::{Builder, TABLES};
use super::names::Dictionary;
use super::progress::{Origin, Progress};
use super::reader::{Position, Reader};
use super::shelf::Shelf;
use super::store::{ORIGIN_KEY, PROGRESS_KEY, Shared, Store, Sync, write_key};
use super::{Error, Hash, ROWS_PER_BLOCK};
use crate::entry::Row;
use crate::format::stored::Stored;
use crate::log::Fingerprint;
use crate::source::{Change, Changes};
use rocksdb::{WriteBatch, WriteOptions};
use std::path::Path;
use std::time::Instant;

/// What a commit adds to the rows that were pushed before it. There is no way to append without saying how far the log was
/// read.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The rows of state that changed.
    pub changes: &'a Changes,
    /// The next offset to read; never below the one before.
    pub cursor: i64,
    /// The last record that was folded.
    pub last_record: Option<Fingerprint>,
    /// Whether the last rows are of the record at `cursor`, which is not folded whole: it is read again, and the rest of its rows
    /// follows.
    pub is_part: bool,
}

/// Where the journal stands after a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The number of the first entry of the commit.
    pub first_number: u64,
    /// How many entries there are now.
    pub entries: u64,
    /// The next offset to read.
    pub cursor: i64,
    /// The chain up to the last entry.
    pub head: Hash,
}

/// The journal of one partition, open for writing. Readers may outlive it; the directory is free once all are gone.
pub struct Journal {
    reader: Reader,
    progress: Progress,
    partial: Packer,
    names: Dictionary,
    staged: Option<Staged>,
    /// How large the last batch was: the next one takes that much at once.
    batch_bytes: usize,
    origin: Option<Origin>,
    sync: Sync,
    last_sync: Instant,
    unsynced: bool,
    /// Whether a write failed in the middle.
    is_broken: bool,
    /// Runs of the indexes that are being made.
    builders: [Builder; TABLES.len()],
}

/// What is taken at once for a batch, at most; one that is larger grows.
const BATCH_BYTES_KEPT: usize = 16 << 20;

/// Rows that were pushed and not committed: packed at once, so that a row need not outlive the record that it is made of.
struct Staged {
    batch: WriteBatch,
    progress: Progress,
    partial: Packer,
}

impl Journal {
    /// Opens a directory, or makes it. Checks that the last blocks and the progress row agree.
    pub fn open(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        let shelf = Shelf::open(directory, shared)?;
        let (progress, partial) = shelf.with(read_progress)?;
        let origin = shelf.with(read_origin)?;
        let names = shelf.with(Dictionary::open)?;
        let reader = Reader::new(shelf, Position::new(&progress, partial.bytes()));
        reader.snapshot().check_end()?;
        Ok(Self {
            reader,
            progress,
            partial,
            names,
            staged: None,
            batch_bytes: 0,
            origin,
            sync: shared.settings.sync,
            last_sync: Instant::now(),
            unsynced: false,
            is_broken: false,
            builders: Default::default(),
        })
    }

    /// Opens the store again where a write failed in the middle, after which it takes nothing more. What that write was to commit
    /// may be there or not: how far the journal is, is read anew.
    pub fn mend(&mut self) -> Result<(), Error> {
        if !self.is_broken {
            return Ok(());
        }
        self.staged = None;
        // Runs that are being made hold the store; they are begun again.
        self.builders = Default::default();
        let store = self.reader.shelf().open_again()?;
        let (progress, partial) = read_progress(&store)?;
        if (progress.entries, progress.cursor) < (self.progress.entries, self.progress.cursor) {
            return Err(Error::Corrupt(format!("it had {} entries before a write failed, and has {}", self.progress.entries, progress.entries)));
        }
        self.origin = read_origin(&store)?;
        self.names = Dictionary::open(&store)?;
        self.reader.publish(Position::new(&progress, partial.bytes()));
        (self.progress, self.partial, self.unsynced, self.is_broken) = (progress, partial, false, false);
        self.reader.snapshot().check_end()?;
        tracing::info!("the journal takes commits again after a write that failed");
        Ok(())
    }

    /// What a write came to: one that failed in the middle leaves a store that must be opened again.
    fn written(&mut self, written: Result<(), rocksdb::Error>) -> Result<(), Error> {
        self.is_broken |= written.is_err();
        Ok(written?)
    }

    /// A reader; as many as one likes.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The next offset to read.
    pub const fn cursor(&self) -> i64 {
        self.progress.cursor
    }

    /// How many entries there are; also the number of the next one.
    pub const fn entries(&self) -> u64 {
        self.progress.entries
    }

    /// The last record that was folded.
    pub const fn last_record(&self) -> Option<Fingerprint> {
        self.progress.last_record
    }

    /// Which log it was folded from; `None` before the first [`Journal::bind`].
    pub const fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Writes down which log the journal is folded from. A second call must say the same partition of the same number;
    /// the identity may change (a log that was moved by its operator), after the caller has compared the records.
    pub fn bind(&mut self, origin: Origin) -> Result<(), Error> {
        if let Some(known) = &self.origin {
            if (known.partition, known.partitions) != (origin.partition, origin.partitions) {
                return Err(Error::Misplaced(format!(
                    "the journal is of partition {} of {}, not {} of {}",
                    known.partition, known.partitions, origin.partition, origin.partitions
                )));
            }
            if *known == origin {
                return Ok(());
            }
        }
        let mut bytes = Vec::new();
        origin.write(&mut bytes);
        let mut options = WriteOptions::default();
        options.set_sync(true);
        let written = self.reader.store()?.db.put_opt(ORIGIN_KEY, bytes, &options);
        self.written(written)?;
        self.origin = Some(origin);
        Ok(())
    }

    /// Packs a row for the next commit. An error leaves nothing pushed.
    pub fn push(&mut self, row: &Row) -> Result<(), Error> {
        let mut staged = match self.staged.take() {
            Some(staged) => staged,
            None => self.stage(),
        };
        match staged.push(row, &self.reader, &mut self.names) {
            Ok(()) => self.staged = Some(staged),
            Err(error) => {
                self.names.abandon();
                return Err(error);
            }
        }
        Ok(())
    }

    fn stage(&self) -> Staged {
        Staged { batch: WriteBatch::with_capacity_bytes(self.batch_bytes), progress: self.progress.clone(), partial: self.partial.clone() }
    }

    /// Adds what was pushed, state and cursor in one batch. Nothing is written, seen by a reader, or left pushed, where it fails.
    pub fn commit(&mut self, commit: &Commit<'_>) -> Result<Committed, Error> {
        let committed = self.write(commit);
        if committed.is_err() {
            self.names.abandon();
        }
        committed
    }

    fn write(&mut self, commit: &Commit<'_>) -> Result<Committed, Error> {
        let Staged { mut batch, mut progress, partial } = match self.staged.take() {
            Some(staged) => staged,
            None => self.stage(),
        };
        let last = progress.last_offset.map_or(commit.cursor, |last| last.saturating_add(i64::from(!commit.is_part)));
        if commit.cursor < self.progress.cursor.max(last) {
            return Err(Error::OutOfOrder(format!("cursor {} after {}", commit.cursor, self.progress.cursor.max(last))));
        }
        let store = &self.reader.store()?;
        // RocksDB inserts keys that rise far faster than keys in no order; of two changes of one row the later one stays last.
        let sorted = commit.changes.iter().filter(|change| store.indexed(change.table).is_none());
        let mut changes: Vec<(u128, Change<'_>)> = sorted.map(|change| (beginning(&change), change)).collect();
        changes.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.key.cmp(other.key)));
        let mut key = Vec::new();
        for (_, change) in changes {
            let family = store.table(change.table)?;
            write_key(&mut key, change.table, change.key);
            match change.value {
                Some(value) => batch.put_cf(family, &key, value),
                None => batch.delete_cf(family, &key),
            }
        }
        let mut appended = Vec::with_capacity(TABLES.len());
        for ((table, index), builder) in store.indexes().zip(&mut self.builders) {
            let staged = index.stage(commit.changes.iter().filter(|change| change.table == *table));
            index.put(store, &staged, &mut batch)?;
            appended.push((index, staged, index.adopt(store, builder, &mut batch)?));
        }
        self.names.write(store, &mut batch)?;
        progress.cursor = commit.cursor;
        progress.last_record = commit.last_record.or(progress.last_record);
        batch.put(PROGRESS_KEY, progress.to_bytes(partial.bytes()));

        let sync = match self.sync {
            Sync::EachCommit => true,
            Sync::Grouped(every) => self.last_sync.elapsed() >= every,
        };
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        let batch_bytes = batch.size_in_bytes();
        self.reader.shelf().room(batch_bytes)?;
        self.written(store.db.write_opt(batch, &options))?;
        self.names.committed();
        for (index, staged, adopted) in appended {
            index.appended(staged);
            if let Some(adopted) = adopted {
                index.adopted(store, adopted);
            }
        }
        self.batch_bytes = batch_bytes.min(BATCH_BYTES_KEPT);
        self.unsynced = !sync;
        if sync {
            self.last_sync = Instant::now();
        }

        let committed =
            Committed { first_number: self.progress.entries, entries: progress.entries, cursor: progress.cursor, head: progress.head(partial.bytes()) };
        self.reader.publish(Position::new(&progress, partial.bytes()));
        self.progress = progress;
        self.partial = partial;
        Ok(committed)
    }

    /// Whether the disk has room for a small commit.
    pub fn room(&self) -> Result<(), Error> {
        self.reader.shelf().room(0)
    }

    /// Forgets rows that were pushed and not committed: their record is folded again.
    pub fn abandon(&mut self) {
        self.staged = None;
        self.names.abandon();
    }

    /// Syncs what a grouped commit left: to be called when the log is quiet.
    pub fn sync(&mut self) -> Result<(), Error> {
        if self.unsynced {
            let flushed = self.reader.store()?.db.flush_wal(true);
            self.written(flushed)?;
            self.unsynced = false;
            self.last_sync = Instant::now();
        }
        Ok(())
    }
}

impl Staged {
    fn push(&mut self, row: &Row, reader: &Reader, names: &mut Dictionary) -> Result<(), Error> {
        let last = self.progress.last_offset.unwrap_or(i64::MIN);
        if row.offset < last {
            return Err(Error::OutOfOrder(format!("an entry at offset {} after one at {last}", row.offset)));
        }
        let store = reader.store()?;
        self.partial.push(row, &mut names.with(&store))?;
        self.progress.last_offset = Some(row.offset);
        if self.partial.count() == ROWS_PER_BLOCK {
            let previous = Hash::from_bytes(self.progress.previous);
            let own = link(&previous, self.partial.bytes());
            let block = self.progress.full_blocks().to_be_bytes();
            self.batch.put_cf(store.blocks()?, block, seal(&previous, self.partial.bytes(), &own));
            self.progress.previous = *own.as_bytes();
            self.partial.clear();
        }
        // One more entry a nanosecond would take five hundred years to leave 64 bits.
        self.progress.entries += 1;
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // What is not on the disk is folded again; closing must not fail for it.
        if let Err(error) = self.sync().and_then(|()| self.reader.store()?.flush()) {
            tracing::warn!(%error, "the journal was closed without its last bytes on the disk");
        }
    }
}

/// The table and the first bytes of the key: enough to tell most changes apart without looking at their keys.
fn beginning(change: &Change<'_>) -> u128 {
    let mut bytes = [0; 16];
    bytes[0] = change.table as u8;
    for (to, from) in bytes.iter_mut().skip(1).zip(change.key) {
        *to = *from;
    }
    u128::from_be_bytes(bytes)
}

/// How far a store is.
pub(super) fn read_progress(store: &Store) -> Result<(Progress, Packer), Error> {
    match store.db.get_pinned(PROGRESS_KEY)? {
        Some(bytes) => Progress::from_bytes(&bytes),
        None => Ok((Progress::empty(), Packer::new())),
    }
}

/// Which log a store was folded from.
pub(super) fn read_origin(store: &Store) -> Result<Option<Origin>, Error> {
    let Some(bytes) = store.db.get_pinned(ORIGIN_KEY)? else { return Ok(None) };
    Origin::read(&bytes).map(Some).map_err(|error| Error::Corrupt(format!("the origin row cannot be read: {error}")))
}
