//! The RocksDB of the embedded log: what lies under which key, and where each partition ends.
//!
//! Column family `default` has the records ([`super::row`]), `meta` the words `format`, `partitions`, `identity` and, once
//! the log could not be written, `probe`.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode, Options, WriteBatch, WriteOptions};

use super::super::{Append, Code, Error, Record};
use super::heads::Heads;
use super::row;
use crate::disk::{self, Reserve};
use crate::framing::{self, Refused};

const META: &str = "meta";
const FORMAT: &[u8] = b"2";
/// Memory for records that are written but not yet in a table.
const WRITE_BUFFER_BYTES: usize = 32 << 20;
/// How many such buffers there are at most.
const WRITE_BUFFERS_MAX: i32 = 3;
/// Memory for blocks that are read.
const BLOCK_CACHE_BYTES: usize = 32 << 20;
/// Open table files of a log that is written.
const OPEN_FILES_MAX: i32 = 256;
/// Who reads beside a writer keeps every file open from the start, so that none can be taken away under it.
const OPEN_FILES_ALL: i32 = -1;
/// RocksDB's own account of what it does: files that are kept, and the bytes of one.
const INFO_LOGS_MAX: usize = 2;
const INFO_LOG_BYTES_MAX: usize = 1 << 20;

/// The opened database, its ends, and what it knows of itself.
pub(super) struct Store {
    directory: PathBuf,
    /// Nothing while it could not be opened again after a failure.
    database: RwLock<Option<DB>>,
    cache: Cache,
    heads: Heads,
    partitions: u32,
    identity: String,
}

/// What a log says of itself.
struct Description {
    partitions: u32,
    identity: String,
}

impl Store {
    /// Opens the log for its one writer, and makes it where it is not there: with as many partitions as are wanted, else
    /// with `otherwise`. One that has records, or had, is never made anew.
    pub(super) fn open(directory: &Path, wanted: Option<u32>, otherwise: u32) -> Result<Self, Error> {
        std::fs::create_dir_all(directory).map_err(|error| failed(disk::code_of(&error), &format!("{}: {error}", directory.display())))?;
        let cache = Cache::new_lru_cache(BLOCK_CACHE_BYTES);
        let had_tables = framing::has_tables(directory);
        let kept = keep(directory)?;
        let database = open(directory, &cache)?;
        let description = match describe(&database)? {
            Some(known) => known,
            None if had_tables || has_records(&database)? => return Err(undescribed(directory, kept.as_deref())),
            None => begin(&database, wanted.unwrap_or(otherwise))?,
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != description.partitions) {
            return Err(super::super::preflight::partitions_changed(wanted, description.partitions));
        }
        Self::new(directory, database, cache, description)
    }

    /// Opens a log as it is now, also while another process writes to it.
    pub(super) fn open_read_only(directory: &Path) -> Result<Self, Error> {
        whole(directory)?;
        let cache = Cache::new_lru_cache(BLOCK_CACHE_BYTES);
        let mut all = options(&cache);
        all.set_max_open_files(OPEN_FILES_ALL);
        let database = DB::open_cf_descriptors_read_only(&all, directory, families(&cache), false).map_err(|error| failure(&error))?;
        let description = describe(&database)?.ok_or_else(|| Error::new(Code::Corrupt, "the embedded log does not say what it is"))?;
        Self::new(directory, database, cache, description)
    }

    fn new(directory: &Path, database: DB, cache: Cache, description: Description) -> Result<Self, Error> {
        let Description { partitions, identity } = description;
        let heads = Heads::new(ends(&database, partitions)?);
        Ok(Self { directory: directory.to_owned(), database: RwLock::new(Some(database)), cache, heads, partitions, identity })
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

    /// Bytes of memory: of blocks that were read, and of records that are not in files yet.
    pub(super) fn memory(&self) -> (usize, usize) {
        let buffers = self.with(|database| {
            let of = |family| database.property_int_value_cf(family, "rocksdb.cur-size-all-mem-tables").ok().flatten().unwrap_or(0);
            let bytes: u64 = ["default", META].iter().filter_map(|name| database.cf_handle(name)).map(of).sum();
            Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
        });
        (self.cache.get_usage(), buffers.unwrap_or(0))
    }

    fn lock(&self) -> RwLockReadGuard<'_, Option<DB>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the database, where it is open.
    pub(super) fn with<T>(&self, work: impl FnOnce(&DB) -> Result<T, Error>) -> Result<T, Error> {
        match self.lock().as_ref() {
            Some(database) => work(database),
            None => Err(failed(Code::DiskFailing, "it could not be opened again")),
        }
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
            let key = row::key(record.partition, *head);
            row::encode(record, &key, &mut value)?;
            batch.put(key, &value);
            offsets.push(*head);
            // An offset grows by one a record: 2^63 of them are never written.
            *head += 1;
        }
        self.room(batch.size_in_bytes())?;
        self.with(|database| database.write_opt(batch, &synced()).map_err(|error| failure(&error)))?;
        self.heads.publish(heads);
        Ok(offsets)
    }

    /// Whether so many bytes can be written without the disk being full.
    fn room(&self, bytes: usize) -> Result<(), Error> {
        Reserve::Log.room(&self.directory, bytes).map_err(|what| failed(Code::DiskFull, &what))
    }

    /// Whether the log can be written again after a failure: tries it, and opens the database anew where it met the failure
    /// in the middle of a write, after which RocksDB takes nothing more. Not before there is room, for it is read meanwhile.
    pub(super) fn probe(&self) -> Result<(), Error> {
        self.room(0)?;
        let write = || {
            self.with(|database| {
                let meta = database.cf_handle(META).ok_or_else(|| Error::new(Code::Corrupt, "the embedded log has no description of itself"))?;
                database.put_cf_opt(meta, "probe", jiff::Timestamp::now().to_string(), &synced()).map_err(|error| failure(&error))
            })
        };
        if write().is_ok() {
            return Ok(());
        }
        let mut held = self.database.write().unwrap_or_else(PoisonError::into_inner);
        *held = None;
        keep(&self.directory)?;
        let database = open(&self.directory, &self.cache)?;
        let heads = ends(&database, self.partitions)?;
        *held = Some(database);
        drop(held);
        self.heads.publish(heads);
        write()
    }

    /// The records of a partition from `offset` up to `end`, at most `max` and about `bytes_max`.
    pub(super) fn read(&self, partition: u32, offset: i64, end: i64, max: usize, bytes_max: usize) -> Result<Vec<Record>, Error> {
        self.with(|database| read(database, partition, offset, end, max, bytes_max))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // What is closed needs no log of writes to be whole.
        let flushed = self.with(|database| {
            let families = ["default", META].iter().filter_map(|name| database.cf_handle(name));
            families.into_iter().try_for_each(|family| database.flush_cf(family)).map_err(|error| failure(&error))
        });
        if let Err(error) = flushed {
            tracing::debug!(detail = error.detail, "the embedded log was closed without writing its files");
        }
    }
}

fn read(database: &DB, partition: u32, offset: i64, end: i64, max: usize, bytes_max: usize) -> Result<Vec<Record>, Error> {
    let mut rows = database.raw_iterator();
    rows.seek(row::key(partition, offset));
    let mut records = Vec::new();
    let mut bytes = 0;
    let mut expected = offset;
    while expected < end && records.len() < max && bytes < bytes_max {
        let Some((key, value)) = rows.item() else { break };
        if key != row::key(partition, expected) {
            break;
        }
        bytes += value.len();
        records.push(row::decode(partition, expected, value)?);
        expected += 1;
        rows.next();
    }
    rows.status().map_err(|error| failure(&error))?;
    if records.is_empty() && offset < end && max > 0 {
        return Err(row::corrupt(partition, offset, "the record is missing"));
    }
    Ok(records)
}

fn synced() -> WriteOptions {
    let mut synced = WriteOptions::default();
    synced.set_sync(true);
    synced
}

fn open(directory: &Path, cache: &Cache) -> Result<DB, Error> {
    whole(directory)?;
    DB::open_cf_descriptors(&options(cache), directory, families(cache)).map_err(|error| failure(&error))
}

/// Whether the database's account of its files is what was written.
fn whole(directory: &Path) -> Result<(), Error> {
    framing::check(directory).map_err(|what| Error::new(Code::Corrupt, format!("the embedded log: {what}; restore the data directory from a backup")))
}

/// Keeps what RocksDB may remove when it opens a log to write whose manifest was torn; answers where.
fn keep(directory: &Path) -> Result<Option<PathBuf>, Error> {
    framing::before_writing(directory, || named(directory)).map_err(|refused| match refused {
        Refused::Damaged(what) => Error::new(Code::Corrupt, format!("the embedded log: {what}; restore the data directory from a backup")),
        Refused::Disk(path, error) => failed(disk::code_of(&error), &format!("{}: {error}", path.display())),
        Refused::Unread(error) => failure(&error),
    })
}

/// The files with rows that the manifest has. Nothing is changed.
fn named(directory: &Path) -> Result<Vec<String>, rocksdb::Error> {
    let options = Options::default();
    let families = DB::list_cf(&options, directory)?;
    let database = DB::open_cf_for_read_only(&options, directory, families, false)?;
    Ok(database.live_files()?.into_iter().map(|file| file.name).collect())
}

/// Whether there are records, whatever the log says of itself.
fn has_records(database: &DB) -> Result<bool, Error> {
    let mut rows = database.raw_iterator();
    rows.seek_to_first();
    rows.status().map_err(|error| failure(&error))?;
    Ok(rows.valid())
}

/// What is told of a log that does not say what it is, and is not new.
fn undescribed(directory: &Path, kept: Option<&Path>) -> Error {
    let kept = kept.map_or_else(String::new, |kept| format!("; what was there before it was opened is kept in {}", kept.display()));
    let what = format!("{} has had records and does not say any more what it is{kept}", directory.display());
    Error::new(Code::Corrupt, format!("the embedded log: {what}; restore the data directory from a backup"))
}

fn families(cache: &Cache) -> [ColumnFamilyDescriptor; 2] {
    [ColumnFamilyDescriptor::new("default", options(cache)), ColumnFamilyDescriptor::new(META, options(cache))]
}

fn options(cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_cache_index_and_filter_blocks(true);
    // A quiet log takes no more of the disk than what is in it; the crate has no call for this, the text form has.
    let mut options = Options::default().get_options_from_string("allow_fallocate=false").unwrap_or_default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_max_write_buffer_number(WRITE_BUFFERS_MAX);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_keep_log_file_num(INFO_LOGS_MAX);
    options.set_max_log_file_size(INFO_LOG_BYTES_MAX);
    options.set_stats_dump_period_sec(0);
    // An unfinished record at the end is a power cut before its answer; damage anywhere else must not pass for one.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options
}

/// Reads what the log says of itself; nothing where it is new.
fn describe(database: &DB) -> Result<Option<Description>, Error> {
    let Some(meta) = database.cf_handle(META) else {
        return Err(Error::new(Code::Corrupt, "the embedded log has no description of itself"));
    };
    let read = |name: &str| database.get_cf(meta, name).map_err(|error| failure(&error));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let Some(format) = read("format")? else { return Ok(None) };
    if format != FORMAT {
        let detail =
            format!("the embedded log is of format {}, this program reads 2: use the program that wrote it, or begin in an empty data directory", text(format));
        return Err(Error::new(Code::OtherFormat, detail));
    }
    let partitions = read("partitions")?.map(text).and_then(|digits| digits.parse::<u32>().ok());
    match (partitions, read("identity")?.map(text)) {
        (Some(partitions), Some(identity)) => Ok(Some(Description { partitions, identity })),
        _ => Err(Error::new(Code::Corrupt, "the embedded log does not say how many partitions it has")),
    }
}

/// Writes down what a new log is.
fn begin(database: &DB, partitions: u32) -> Result<Description, Error> {
    let Some(meta) = database.cf_handle(META) else {
        return Err(Error::new(Code::Corrupt, "the embedded log has no description of itself"));
    };
    // The time of making is enough to tell this log from another in the same place.
    let identity = format!("id:{:x}", jiff::Timestamp::now().as_nanosecond());
    let mut batch = WriteBatch::default();
    batch.put_cf(meta, "format", FORMAT);
    batch.put_cf(meta, "partitions", partitions.to_string());
    batch.put_cf(meta, "identity", &identity);
    database.write_opt(batch, &synced()).map_err(|error| failure(&error))?;
    Ok(Description { partitions, identity })
}

/// The next offset of each partition: one above its last row.
fn ends(database: &DB, partitions: u32) -> Result<Vec<i64>, Error> {
    let mut rows = database.raw_iterator();
    let end = |partition: u32| {
        rows.seek_for_prev(row::key(partition, i64::MAX));
        let last = rows.key().and_then(|key| key.strip_prefix(&partition.to_be_bytes())).and_then(|offset| offset.try_into().ok()).map(i64::from_be_bytes);
        rows.status().map_err(|error| failure(&error))?;
        Ok(last.map_or(0, |offset| offset.saturating_add(1)))
    };
    (0..partitions).map(end).collect()
}

/// What RocksDB says, with the code and the way out.
pub(super) fn failure(error: &rocksdb::Error) -> Error {
    let words = error.to_string();
    match disk::code_of_database(&words) {
        Some(code) => failed(code, &words),
        None => Error::new(Code::Corrupt, format!("the embedded log: {words}; restore the data directory from a backup")),
    }
}

fn failed(code: Code, words: &str) -> Error {
    let what = if code == Code::InUse { "the embedded log is open in another process" } else { "the embedded log cannot be read or written" };
    Error::new(code, format!("{what}: {words}; {}", disk::way_out(code)))
}
