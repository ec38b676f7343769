//! Readers: any number, from any thread, beside the one writer.
//!
//! Full blocks never change and the partial one is in memory, so a [`Snapshot`] needs no lock and no RocksDB snapshot:
//! it is a count of entries, their head, and the partial block as it was.

use super::block::{GENESIS, link, open};
use super::codec::Unpacker;
use super::health::Place;
use super::names::LookingUp;
use super::progress::{Origin, Progress};
use super::shelf::Shelf;
use super::store::{Shared, Store, after_prefix, table_key};
use super::writer::{read_origin, read_progress};
use super::{Error, Hash, PAGE_ENTRIES_MAX, ROWS_PER_BLOCK};
use crate::entry::Recorded;
use crate::framing::Gap;
use crate::log::{self, Fingerprint};
use crate::source::{self, Source, Table};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// What was committed last.
pub(super) struct Position {
    entries: u64,
    cursor: i64,
    head: Hash,
    previous: Hash,
    last_record: Option<Fingerprint>,
    partial: Box<[u8]>,
}

impl Position {
    pub fn new(progress: &Progress, partial: &[u8]) -> Self {
        Self {
            entries: progress.entries,
            cursor: progress.cursor,
            head: progress.head(partial),
            previous: Hash::from_bytes(progress.previous),
            last_record: progress.last_record,
            partial: partial.into(),
        }
    }
}

/// Reads a journal, always as of its last commit.
#[derive(Clone)]
pub struct Reader {
    shelf: Arc<Shelf>,
    position: Arc<RwLock<Arc<Position>>>,
}

impl Reader {
    pub(super) fn new(shelf: Shelf, position: Position) -> Self {
        Self { shelf: Arc::new(shelf), position: Arc::new(RwLock::new(Arc::new(position))) }
    }

    /// Opens a directory to read it as it is now, also while another process writes to it.
    ///
    /// # Errors
    /// [`Error::CutOff`] where only a part of it could be read.
    pub fn open_read_only(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        let shelf = Shelf::open_read_only(directory, shared)?;
        let (progress, partial) = shelf.with(read_progress)?;
        Ok(Self::new(shelf, Position::new(&progress, partial.bytes())))
    }

    pub(super) fn store(&self) -> Result<Arc<Store>, Error> {
        self.shelf.store()
    }

    pub(super) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Where the journal's log of writes was damaged when it was opened to be written. What was committed from there on is gone, and its records
    /// are to be folded again.
    pub fn gap(&self) -> Option<Gap> {
        self.store().ok()?.gap.clone()
    }

    pub(super) fn publish(&self, position: Position) {
        // The lock guards one pointer, which is whole even after a panic elsewhere.
        *self.position.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(position);
    }

    /// The journal as of its last commit.
    pub fn snapshot(&self) -> Snapshot {
        let at = Arc::clone(&self.position.read().unwrap_or_else(PoisonError::into_inner));
        Snapshot { shelf: Arc::clone(&self.shelf), at }
    }

    /// How many entries there are.
    pub fn count(&self) -> u64 {
        self.snapshot().count()
    }

    /// The next offset to read; the position is one below.
    pub fn cursor(&self) -> i64 {
        self.snapshot().cursor()
    }

    /// The chain up to the last entry.
    pub fn head(&self) -> Hash {
        self.snapshot().head()
    }

    /// One entry; `None` beyond the last.
    pub fn entry(&self, number: u64) -> Result<Option<Recorded>, Error> {
        self.snapshot().entry(number)
    }

    /// Entries from a number on, at most `limit` and at most [`PAGE_ENTRIES_MAX`].
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        self.snapshot().entries(from, limit)
    }

    /// Writes a copy of the journal, whole as of one commit, into a directory that is not there yet. The writer goes on;
    /// on the same disk the copy shares its files and costs next to nothing. It is opened like any journal.
    pub fn backup(&self, directory: &Path) -> Result<(), Error> {
        Ok(rocksdb::checkpoint::Checkpoint::new(&self.store()?.db)?.create_checkpoint(directory)?)
    }

    /// What of it could not be read when somebody asked, as long as that is so. It reads the place again now and then.
    pub fn trouble(&self) -> Option<log::Error> {
        let store = match self.store() {
            Ok(store) => store,
            Err(error) => return Some(log::Error::new(error.code(), error.to_string())),
        };
        store.health.trouble(|place| match place {
            // What lies beyond the last full block is in memory.
            Place::Block(number) => self.snapshot().read_block(*number, |_, _, _| Ok(())),
            Place::Row(table, key) => self.row(*table, key).map(drop),
        })
    }

    /// Bytes in memory that lead to ids and payments, about.
    pub fn index_bytes(&self) -> usize {
        self.store().map_or(0, |store| store.indexes().map(|(_, index)| index.bytes()).sum())
    }

    /// Which log the journal was folded from.
    pub fn origin(&self) -> Result<Option<Origin>, Error> {
        self.shelf.with(read_origin)
    }
}

/// The journal as it was at one commit. Cheap to take and to keep; not kept across a restart.
#[derive(Clone)]
pub struct Snapshot {
    shelf: Arc<Shelf>,
    at: Arc<Position>,
}

impl Snapshot {
    /// How many entries there are.
    pub fn count(&self) -> u64 {
        self.at.entries
    }

    /// The next offset to read; the position is one below.
    pub fn cursor(&self) -> i64 {
        self.at.cursor
    }

    /// The chain up to the last entry.
    pub fn head(&self) -> Hash {
        self.at.head
    }

    /// Whether the last entries are of the record at the cursor, which was not folded whole yet: the rest of its entries follow.
    pub fn ends_within_a_record(&self) -> Result<bool, Error> {
        let Some(last) = self.at.entries.checked_sub(1) else { return Ok(false) };
        Ok(self.entry(last)?.is_some_and(|entry| entry.row.offset >= self.at.cursor))
    }

    /// The last record that was folded.
    pub fn last_record(&self) -> Option<Fingerprint> {
        self.at.last_record
    }

    /// The chain up to an earlier number of entries: what a replica that is behind must have as its head. `None` where
    /// there are not so many.
    pub fn head_at(&self, entries: u64) -> Result<Option<Hash>, Error> {
        if entries > self.at.entries {
            return Ok(None);
        }
        let (block, rows) = (entries / ROWS_PER_BLOCK, entries % ROWS_PER_BLOCK);
        if rows == 0 {
            return match block.checked_sub(1) {
                None => Ok(Some(GENESIS)),
                Some(last) => self.with_block(last, |_, _, own| Ok(Some(own))),
            };
        }
        self.with_block(block, |previous, packed, _| {
            let mut rest = Unpacker::new(packed)?;
            for _ in 0..rows {
                if !rest.skip()? {
                    return Err(Error::Corrupt(format!("block {block} has fewer rows than were counted")));
                }
            }
            let read = packed.len() - rest.remaining();
            Ok(Some(link(&previous, packed.get(..read).unwrap_or(packed))))
        })
    }

    /// One entry; `None` beyond the last.
    pub fn entry(&self, number: u64) -> Result<Option<Recorded>, Error> {
        if number >= self.at.entries {
            return Ok(None);
        }
        let store = self.store()?;
        self.with_block(number / ROWS_PER_BLOCK, |_, packed, _| {
            let mut rows = Unpacker::new(packed)?;
            for _ in 0..number % ROWS_PER_BLOCK {
                rows.skip()?;
            }
            let row = rows.next(&mut LookingUp::new(&store))?.ok_or_else(|| Error::Corrupt(format!("entry {number} is not in its block")))?;
            Ok(Some(Recorded { number, row }))
        })
    }

    /// Entries from a number on, at most `limit` and at most [`PAGE_ENTRIES_MAX`].
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        let limit = u64::try_from(limit.min(PAGE_ENTRIES_MAX)).unwrap_or(u64::MAX);
        let end = self.at.entries.min(from.saturating_add(limit));
        let mut page = Vec::with_capacity(usize::try_from(end.saturating_sub(from)).unwrap_or(0));
        let mut next = from;
        let store = self.store()?;
        while next < end {
            self.with_block(next / ROWS_PER_BLOCK, |_, packed, _| {
                let (mut rows, mut names) = (Unpacker::new(packed)?, LookingUp::new(&store));
                for _ in 0..next % ROWS_PER_BLOCK {
                    rows.skip()?;
                }
                let block_end = (next / ROWS_PER_BLOCK + 1) * ROWS_PER_BLOCK;
                while next < end.min(block_end) {
                    let row = rows.next(&mut names)?.ok_or_else(|| Error::Corrupt(format!("entry {next} is not in its block")))?;
                    page.push(Recorded { number: next, row });
                    next += 1;
                }
                Ok(())
            })?;
        }
        Ok(page)
    }

    /// How many bytes each entry takes in its block, from a number on, at most `limit` and at most [`PAGE_ENTRIES_MAX`]; the last ones
    /// are left out while their block is not full.
    pub fn lengths(&self, from: u64, limit: usize) -> Result<Vec<usize>, Error> {
        let full = self.at.entries - self.at.entries % ROWS_PER_BLOCK;
        let end = full.min(from.saturating_add(limit.min(PAGE_ENTRIES_MAX) as u64));
        let mut lengths = Vec::new();
        for block in from / ROWS_PER_BLOCK..end.div_ceil(ROWS_PER_BLOCK) {
            self.with_block(block, |_, packed, _| {
                let mut rows = Unpacker::new(packed)?;
                for number in block * ROWS_PER_BLOCK..(block + 1) * ROWS_PER_BLOCK {
                    let before = rows.remaining();
                    rows.skip()?;
                    if (from..end).contains(&number) {
                        lengths.push(before - rows.remaining());
                    }
                }
                Ok(())
            })?;
        }
        Ok(lengths)
    }

    /// Checks that the last full block is the one that the progress row counted, and that none lies beyond it.
    pub(super) fn check_end(&self) -> Result<(), Error> {
        let full = self.at.entries / ROWS_PER_BLOCK;
        if let Some(last) = full.checked_sub(1) {
            let own = self.with_block(last, |_, _, own| Ok(own))?;
            if own != self.at.previous {
                return Err(Error::Corrupt(format!("block {last} is not the one that the progress row counted")));
            }
        }
        if self.shelf.with(|store| Ok(store.db.get_pinned_cf(store.blocks()?, full.to_be_bytes())?.is_some()))? {
            return Err(Error::Corrupt(format!("block {full} lies beyond the last entry")));
        }
        Ok(())
    }

    /// Calls `read` with the hash before a block, its packed rows, and its own hash. What cannot be read is kept, for the
    /// shard to tell.
    pub(super) fn with_block<T>(&self, number: u64, read: impl FnOnce(Hash, &[u8], Hash) -> Result<T, Error>) -> Result<T, Error> {
        self.read_block(number, read).inspect_err(|error| {
            // While there is no store, that is the trouble.
            if let Ok(store) = self.store() {
                store.health.note(|| Place::Block(number), error);
            }
        })
    }

    fn read_block<T>(&self, number: u64, read: impl FnOnce(Hash, &[u8], Hash) -> Result<T, Error>) -> Result<T, Error> {
        if number == self.at.entries / ROWS_PER_BLOCK {
            return read(self.at.previous, &self.at.partial, self.at.head);
        }
        self.shelf.with(|store| {
            let value = store.db.get_pinned_cf(store.blocks()?, number.to_be_bytes())?;
            let value = value.ok_or_else(|| Error::Corrupt(format!("block {number} is gone")))?;
            let sealed = open(number, &value)?;
            read(sealed.previous, sealed.packed, sealed.own)
        })
    }

    pub(super) fn store(&self) -> Result<Arc<Store>, Error> {
        self.shelf.store()
    }
}

/// Reads the tables of state as of the last commit.
impl Source for Reader {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, source::Error> {
        Ok(self.row(table, key).map_err(|error| self.noted(table, key, error))?)
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), source::Error> {
        let store = self.store()?;
        if let Some(index) = store.indexed(table) {
            let scanned = match prefix.strip_suffix(&[0]) {
                Some(id) => index.of_id(&store, id, visit),
                None => index.each(&store, &mut |key, value| Ok(!key.starts_with(prefix) || visit(key, value))),
            };
            return Ok(scanned.map_err(|error| self.noted(table, prefix, error))?);
        }
        let from = table_key(table, prefix);
        let mut options = rocksdb::ReadOptions::default();
        if let Some(bound) = after_prefix(&from) {
            options.set_iterate_upper_bound(bound);
        }
        let mut rows = store.db.raw_iterator_cf_opt(store.table(table)?, options);
        rows.seek(&from);
        while let Some((key, value)) = rows.item() {
            // The first byte is the table's tag.
            if !visit(key.get(1..).unwrap_or_default(), value) {
                break;
            }
            rows.next();
        }
        Ok(rows.status().map_err(|error| self.noted(table, prefix, error.into()))?)
    }
}

impl Reader {
    /// The value of one row of state.
    fn row(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.shelf.with(|store| {
            if let Some(index) = store.indexed(table) {
                return index.get(store, key);
            }
            let value = store.db.get_pinned_cf(store.table(table)?, table_key(table, key))?;
            Ok(value.map(|bytes| bytes.to_vec()))
        })
    }

    /// An error that was met at a row of state; it is kept, for the shard to tell.
    fn noted(&self, table: Table, key: &[u8], error: Error) -> Error {
        // While there is no store, that is the trouble.
        if let Ok(store) = self.store() {
            store.health.note(|| Place::Row(table, key.to_vec()), &error);
        }
        error
    }
}
