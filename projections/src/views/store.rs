//! RocksDB as the views use it: one database a shard, one key space, and what bounds its memory.
//!
//! | key | value |
//! |---|---|
//! | generation 0, `catalogue` | which copies of which projections there are, and how far they are |
//! | generation (4 bytes), table (1 byte), key | a row |
//!
//! Each copy of a projection has its own *generation*, a number that is never used twice, so that a copy can be folded
//! beside another, take its place by one small write, and be dropped as one range. Rows and checkpoint are one batch,
//! see [`super::batch`].

use super::Error;
use super::catalogue::Latest;
use ledger::framing;
use rocksdb::{BlockBasedIndexType, BlockBasedOptions, Cache, DB, DBCompressionType, Options, WriteBufferManager};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Bounds of all views of a process.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Memory for blocks, indexes and filters of all shards, in bytes.
    pub cache_bytes: usize,
    /// Memory for what is not in files yet, of all shards, in bytes.
    pub write_buffer_bytes: usize,
    /// Memory for decoded rows of one shard, in bytes; the rows of the batch being folded come on top.
    pub row_cache_bytes: usize,
    /// Memory for entries that are read from one shard's journal at a time, in bytes.
    pub page_bytes: usize,
    /// How many shards share it.
    pub shards: u32,
    /// Files with rows that each shard keeps open.
    pub open_files: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_bytes: 256 << 20, write_buffer_bytes: 256 << 20, row_cache_bytes: 64 << 20, page_bytes: 32 << 20, shards: 1, open_files: OPEN_FILES }
    }
}

/// What the views of all shards share: one cache, one budget of write buffers.
#[derive(Clone)]
pub struct Shared {
    pub(super) settings: Settings,
    cache: Cache,
    write_buffers: WriteBufferManager,
    /// Bytes of decoded rows of all shards.
    pub(super) rows: Arc<AtomicUsize>,
    /// Bytes of the pages of journals that are being folded.
    pages: Arc<AtomicUsize>,
}

impl Shared {
    /// Takes memory only as it is used.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            cache: Cache::new_lru_cache(settings.cache_bytes),
            write_buffers: WriteBufferManager::new_write_buffer_manager(settings.write_buffer_bytes, false),
            rows: Arc::default(),
            pages: Arc::default(),
        }
    }

    /// Bytes in the shared block cache now.
    pub fn cache_bytes_used(&self) -> usize {
        self.cache.get_usage()
    }

    /// Bytes in the write buffers of all shards now.
    pub fn write_buffer_bytes_used(&self) -> usize {
        self.write_buffers.get_usage()
    }

    /// Counts the bytes of a page of a journal as long as what is answered is there.
    pub(crate) fn page(&self, bytes: usize) -> Page {
        self.pages.fetch_add(bytes, Ordering::Relaxed);
        Page { bytes, of: Arc::clone(&self.pages) }
    }

    /// How many entries of a journal are read at a time, of which a page has at most so many.
    pub(crate) fn page_entries(&self, most: usize) -> usize {
        (self.settings.page_bytes / ENTRY_BYTES).clamp(PAGE_ENTRIES_MIN, most)
    }

    /// Bytes of the pages of journals that are being folded, about.
    pub fn page_bytes_used(&self) -> usize {
        self.pages.load(Ordering::Relaxed)
    }

    /// Bytes of decoded rows of all shards, about, as of their last commits.
    pub fn row_bytes_used(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }
}

/// A page of a journal that is in memory.
pub(crate) struct Page {
    bytes: usize,
    of: Arc<AtomicUsize>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.of.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What an entry takes in memory, where it is large.
const ENTRY_BYTES: usize = 2_560;
/// However little memory there is: a page of fewer costs much an entry.
const PAGE_ENTRIES_MIN: usize = 512;
/// The write buffer is flushed at this size at the latest, and at a shard's share of the budget.
const WRITE_BUFFER_BYTES_MAX: usize = 64 << 20;
/// However many shards there are, a buffer is not smaller: files of less are not worth their names.
const WRITE_BUFFER_BYTES_MIN: usize = 1 << 20;
/// The log of writes is kept until the buffer is flushed; beyond this it is made to.
const WAL_BYTES_MAX: u64 = 128 << 20;
/// Open files of one shard's views that are written, where nothing else is said.
const OPEN_FILES: i32 = 256;
/// Who reads beside a writer keeps every file open from the start, so that none can be taken away under it.
const OPEN_FILES_ALL: i32 = -1;
/// RocksDB's own account of what it does: files that are kept, and the bytes of one.
const INFO_LOGS_MAX: usize = 2;
const INFO_LOG_BYTES_MAX: usize = 1 << 20;
/// Threads that flush and compact.
const BACKGROUND_JOBS: i32 = 2;
/// Bits of a filter per key.
const FILTER_BITS: f64 = 10.0;

/// What the crate has no calls for, in RocksDB's own words. Files take no more of the disk than what is in them. What a kill left in the log of
/// writes is in memory again after opening, and no file is written of it before anybody is answered. A commit's rows come in the order of their
/// keys: of each table, the place of the last row in the write buffer is where the next one is looked for.
const AS_TEXT: &str = "allow_fallocate=false;avoid_flush_during_recovery=true;memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.5";

/// The handle, which does not leave this folder.
pub(super) struct Store {
    pub db: DB,
    /// How a file that is taken in is written.
    pub files: Options,
    /// What readers saw of the catalogue last.
    pub latest: Latest,
    /// The first damage that a reader met.
    damage: OnceLock<String>,
}

impl Store {
    /// Opens the directory, and makes it where it is not there.
    pub fn open(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        std::fs::create_dir_all(directory).map_err(|error| Error::at(directory, &error))?;
        framing::check(directory).map_err(Error::Corrupt)?;
        let options = options(shared);
        Ok(Self { db: DB::open(&options, directory)?, files: files(options), latest: Latest::default(), damage: OnceLock::new() })
    }

    /// Opens the directory as it is now, also while another process writes to it.
    pub fn open_read_only(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        framing::check(directory).map_err(Error::Corrupt)?;
        let mut options = options(shared);
        options.set_max_open_files(OPEN_FILES_ALL);
        Ok(Self { db: DB::open_for_read_only(&options, directory, false)?, files: files(options), latest: Latest::default(), damage: OnceLock::new() })
    }

    /// Keeps damage that a reader met, for the writer to see.
    pub fn noted<T>(&self, read: Result<T, Error>) -> Result<T, Error> {
        read.inspect_err(|error| {
            if let Error::Corrupt(what) = error {
                self.damage.get_or_init(|| what.clone());
            }
        })
    }

    /// The first damage that a reader met; none, as a rule.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// Writes what is in memory to files, so that opening again is quick.
    pub fn flush(&self) -> Result<(), Error> {
        Ok(self.db.flush()?)
    }
}

/// Of files that are written whole and taken in: like those of a flushed write buffer, which are not compressed. Where a compression is
/// given by level, RocksDB's writer of files takes that of the last level, whatever the plain one is: so there must be none by level.
fn files(mut options: Options) -> Options {
    options.set_compression_per_level(&[]);
    options.set_compression_type(DBCompressionType::None);
    options
}

fn options(shared: &Shared) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&shared.cache);
    table.set_block_size(8 << 10);
    table.set_format_version(6);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_bloom_filter(FILTER_BITS, false);
    // Index and filter of a large file are larger than what one shard of the cache should hold: in one piece each, they
    // drive each other out, and every look-up reads megabytes.
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_partition_filters(true);
    table.set_pin_top_level_index_and_filter(true);
    let mut options = Options::default().get_options_from_string(AS_TEXT).unwrap_or_default();
    let share = shared.settings.write_buffer_bytes / usize::try_from(shared.settings.shards.max(1)).unwrap_or(usize::MAX);
    options.create_if_missing(true);
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    // What comes from memory is merged soon: only what stays is worth compressing.
    options.set_compression_per_level(&[DBCompressionType::None, DBCompressionType::Lz4]);
    options.set_write_buffer_manager(&shared.write_buffers);
    options.set_write_buffer_size(share.clamp(WRITE_BUFFER_BYTES_MIN, WRITE_BUFFER_BYTES_MAX));
    options.set_max_write_buffer_number(3);
    // Most rows that are asked for in vain are new ones: a filter beside the write buffer spares the walk through it.
    options.set_memtable_whole_key_filtering(true);
    options.set_memtable_prefix_bloom_ratio(0.05);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    options.set_max_open_files(shared.settings.open_files);
    options.set_keep_log_file_num(INFO_LOGS_MAX);
    options.set_max_log_file_size(INFO_LOG_BYTES_MAX);
    options.set_stats_dump_period_sec(0);
    options.set_bytes_per_sync(1 << 20);
    options.set_level_compaction_dynamic_level_bytes(true);
    options
}

/// The first key that is above every key with this prefix; `None` where there is none.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut bound = prefix.get(..=last)?.to_vec();
    *bound.last_mut()? += 1;
    Some(bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::table::PREFIX_BYTES;

    #[test]
    fn rocksdb_takes_what_is_said_in_its_own_words() {
        Options::default().get_options_from_string(AS_TEXT).expect("taken");
        assert!(AS_TEXT.ends_with(&format!("FixedPrefix.{PREFIX_BYTES}")), "the prefix of a table's rows");
    }

    #[test]
    fn files_that_are_taken_in_are_not_compressed() {
        let (directory, shared) = (tempfile::tempdir().expect("a directory"), Shared::new(Settings::default()));
        // Rows that LZ4 makes a fraction of.
        let (rows, value) = (1_000u32, [7u8; 1_000]);
        let written = |options: &Options, name: &str| {
            let path = directory.path().join(name);
            let mut file = rocksdb::SstFileWriter::create(options);
            file.open(&path).expect("a file");
            (0..rows).for_each(|row| file.put(row.to_be_bytes(), value).expect("a row"));
            file.finish().expect("written");
            std::fs::metadata(&path).expect("a file").len()
        };
        let whole = u64::from(rows) * value.len() as u64;
        assert!(written(&options(&shared), "by-level") < whole / 4, "by level, the last one's compression is taken");
        assert!(written(&files(options(&shared)), "taken-in") > whole);
    }

    #[test]
    fn opening_after_a_kill_writes_no_files_and_has_every_row_also_the_next_time() {
        let (directory, shared) = (tempfile::tempdir().expect("a directory"), Shared::new(Settings::default()));
        for round in 0u8..3 {
            // Closed without being flushed, as a kill leaves it.
            let store = Store::open(directory.path(), &shared).expect("opened");
            for earlier in 0..round {
                assert_eq!(store.db.get([0, 0, 0, 1, 1, earlier]).expect("read").as_deref(), Some(&[earlier][..]), "round {round}");
            }
            let files = store.db.live_files().expect("a list");
            assert!(files.is_empty(), "round {round}: {} files", files.len());
            store.db.put([0, 0, 0, 1, 1, round], [round]).expect("written");
        }
    }
}
