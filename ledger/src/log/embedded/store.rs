//! The RocksDB of the embedded log: what lies under which key, and where each partition ends.
//!
//! Column family `default`: partition (u32, big-endian), offset (i64, big-endian; never negative) → key length plus one
//! (u32, big-endian; 0: no key), key, value. Column family `meta`: `format`, `partitions`, `identity`. For ever.

use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode, ErrorKind, Options, WriteBatch, WriteOptions};

use super::super::{Append, Code, Error, Record};

const META: &str = "meta";
const FORMAT: &[u8] = b"1";
/// Memory for records that are written but not yet in a table.
const WRITE_BUFFER_BYTES: usize = 32 << 20;
/// How many such buffers there are at most.
const WRITE_BUFFERS_MAX: i32 = 3;
/// Memory for blocks that are read.
const BLOCK_CACHE_BYTES: usize = 32 << 20;
/// Open table files.
const OPEN_FILES_MAX: i32 = 256;
/// RocksDB's own log files that are kept.
const INFO_LOGS_MAX: usize = 4;

/// The opened database, its ends, and what it knows of itself.
pub(super) struct Store {
    database: DB,
    heads: Heads,
    partitions: u32,
    identity: String,
}

impl Store {
    pub(super) fn open(directory: &Path, partitions: u32) -> Result<Self, Error> {
        std::fs::create_dir_all(directory).map_err(|error| Error::new(io_code(&error), format!("{}: {error}", directory.display())))?;
        let families = [ColumnFamilyDescriptor::new("default", options()), ColumnFamilyDescriptor::new(META, Options::default())];
        let database = DB::open_cf_descriptors(&options(), directory, families).map_err(|error| failure(&error))?;
        let identity = describe(&database, partitions)?;
        let heads = (0..partitions).map(|partition| end_of(&database, partition)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { database, heads: Heads::new(heads), partitions, identity })
    }

    pub(super) const fn partitions(&self) -> u32 {
        self.partitions
    }

    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    pub(super) const fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Writes records at the ends of their partitions, synced, and answers their offsets in order. Called by the one
    /// writer thread only: nothing else moves the ends.
    pub(super) fn write(&self, records: &[Append]) -> Result<Vec<i64>, Error> {
        let mut heads = self.heads.all();
        let mut batch = WriteBatch::default();
        let mut offsets = Vec::with_capacity(records.len());
        let mut value = Vec::new();
        for record in records {
            let head = usize::try_from(record.partition).ok().and_then(|place| heads.get_mut(place));
            let Some(head) = head else {
                return Err(Error::new(Code::PartitionsChanged, format!("there is no partition {}", record.partition)));
            };
            encode(record, &mut value)?;
            batch.put(row_key(record.partition, *head), &value);
            offsets.push(*head);
            // An offset grows by one a record: 2^63 of them are never written.
            *head += 1;
        }
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        self.database.write_opt(batch, &synced).map_err(|error| failure(&error))?;
        self.heads.publish(heads);
        Ok(offsets)
    }

    /// The records of a partition from `offset` up to `end`, at most `max` and about `bytes_max`.
    pub(super) fn read(&self, partition: u32, offset: i64, end: i64, max: usize, bytes_max: usize) -> Result<Vec<Record>, Error> {
        let mut rows = self.database.raw_iterator();
        rows.seek(row_key(partition, offset));
        let mut records = Vec::new();
        let mut bytes = 0;
        let mut expected = offset;
        while expected < end && records.len() < max && bytes < bytes_max {
            let Some((key, value)) = rows.item() else { break };
            if key != row_key(partition, expected) {
                break;
            }
            bytes += value.len();
            records.push(decode(partition, expected, value)?);
            expected += 1;
            rows.next();
        }
        rows.status().map_err(|error| failure(&error))?;
        if records.is_empty() && offset < end && max > 0 {
            return Err(corrupt(partition, offset, "the record is missing"));
        }
        Ok(records)
    }
}

/// The next offset of each partition, and the wake-up of whoever waits for one to grow.
pub(super) struct Heads {
    next: Mutex<Vec<i64>>,
    grown: Condvar,
}

impl Heads {
    const fn new(next: Vec<i64>) -> Self {
        Self { next: Mutex::new(next), grown: Condvar::new() }
    }

    /// The next offset of a partition; 0 for one that does not exist.
    pub(super) fn get(&self, partition: u32) -> i64 {
        at(&self.lock(), partition)
    }

    /// Waits until a partition has grown past an offset, at most so long; answers its next offset then.
    pub(super) fn wait_past(&self, partition: u32, offset: i64, wait: Duration) -> i64 {
        let deadline = Instant::now() + wait;
        let mut next = self.lock();
        loop {
            let head = at(&next, partition);
            let left = deadline.saturating_duration_since(Instant::now());
            if head > offset || left.is_zero() {
                return head;
            }
            next = self.grown.wait_timeout(next, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn all(&self) -> Vec<i64> {
        self.lock().clone()
    }

    fn publish(&self, next: Vec<i64>) {
        *self.lock() = next;
        self.grown.notify_all();
    }

    /// A panic elsewhere leaves whole values behind: the vector is only ever replaced.
    fn lock(&self) -> MutexGuard<'_, Vec<i64>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at(next: &[i64], partition: u32) -> i64 {
    usize::try_from(partition).ok().and_then(|place| next.get(place)).copied().unwrap_or(0)
}

fn options() -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&Cache::new_lru_cache(BLOCK_CACHE_BYTES));
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_max_write_buffer_number(WRITE_BUFFERS_MAX);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_keep_log_file_num(INFO_LOGS_MAX);
    // An unfinished record at the end is a power cut before its answer; damage anywhere else must not pass for one.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options
}

/// Reads what the log says of itself, or writes it where the log is new; answers its identity.
fn describe(database: &DB, partitions: u32) -> Result<String, Error> {
    let Some(meta) = database.cf_handle(META) else {
        return Err(Error::new(Code::Corrupt, "the embedded log has no description of itself"));
    };
    let read = |name: &str| database.get_cf(meta, name).map_err(|error| failure(&error));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let Some(format) = read("format")? else {
        // The time of making is enough to tell this log from another in the same place.
        let identity = format!("id:{:x}", jiff::Timestamp::now().as_nanosecond());
        let mut batch = WriteBatch::default();
        batch.put_cf(meta, "format", FORMAT);
        batch.put_cf(meta, "partitions", partitions.to_string());
        batch.put_cf(meta, "identity", &identity);
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        database.write_opt(batch, &synced).map_err(|error| failure(&error))?;
        return Ok(identity);
    };
    if format != FORMAT {
        return Err(Error::new(Code::Corrupt, format!("the embedded log is of format {}, this program reads 1; use a newer program", text(format))));
    }
    let found = read("partitions")?.map(text).and_then(|digits| digits.parse::<u32>().ok());
    match (found, read("identity")?.map(text)) {
        (Some(found), Some(identity)) if found == partitions => Ok(identity),
        (Some(found), Some(_)) => Err(super::super::preflight::partitions_changed(partitions, found)),
        _ => Err(Error::new(Code::Corrupt, "the embedded log does not say how many partitions it has")),
    }
}

/// The next offset of a partition: one above its last row.
fn end_of(database: &DB, partition: u32) -> Result<i64, Error> {
    let mut rows = database.raw_iterator();
    rows.seek_for_prev(row_key(partition, i64::MAX));
    let last = rows.key().and_then(|key| key.strip_prefix(&partition.to_be_bytes())).and_then(|offset| offset.try_into().ok()).map(i64::from_be_bytes);
    rows.status().map_err(|error| failure(&error))?;
    Ok(last.map_or(0, |offset| offset.saturating_add(1)))
}

fn row_key(partition: u32, offset: i64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&partition.to_be_bytes());
    key[4..].copy_from_slice(&offset.to_be_bytes());
    key
}

fn encode(record: &Append, row: &mut Vec<u8>) -> Result<(), Error> {
    row.clear();
    let length = match &record.key {
        None => 0,
        Some(key) => u32::try_from(key.len()).ok().and_then(|length| length.checked_add(1)).ok_or_else(|| Error::new(Code::Corrupt, "a key above 4 GiB"))?,
    };
    row.extend_from_slice(&length.to_be_bytes());
    row.extend_from_slice(record.key.as_deref().unwrap_or_default());
    row.extend_from_slice(&record.value);
    Ok(())
}

fn decode(partition: u32, offset: i64, row: &[u8]) -> Result<Record, Error> {
    let torn = || corrupt(partition, offset, "the row is shorter than it says");
    let (length, rest) = row.split_first_chunk::<4>().ok_or_else(torn)?;
    let (key, value) = match u32::from_be_bytes(*length) {
        0 => (None, rest),
        length => {
            let (key, value) = usize::try_from(length - 1).ok().and_then(|length| rest.split_at_checked(length)).ok_or_else(torn)?;
            (Some(key.to_vec()), value)
        }
    };
    Ok(Record { offset, key, value: value.to_vec() })
}

fn corrupt(partition: u32, offset: i64, what: &str) -> Error {
    Error::new(Code::Corrupt, format!("embedded log, partition {partition}, offset {offset}: {what}; restore the data directory from a backup"))
}

fn io_code(error: &std::io::Error) -> Code {
    if error.kind() == std::io::ErrorKind::StorageFull { Code::DiskFull } else { Code::Corrupt }
}

/// RocksDB says only in words that the disk is full or that another process has the lock.
fn failure(error: &rocksdb::Error) -> Error {
    let text = error.to_string();
    if error.kind() == ErrorKind::IOError && text.contains("No space left") {
        Error::new(Code::DiskFull, format!("the embedded log cannot be written: {text}; make room, then start the service again"))
    } else if error.kind() == ErrorKind::IOError && text.to_ascii_lowercase().contains("lock") {
        Error::new(Code::Corrupt, format!("the embedded log is open in another process: {text}; stop that one, or use another data directory"))
    } else {
        Error::new(Code::Corrupt, format!("the embedded log: {text}; restore the data directory from a backup"))
    }
}
