//! RocksDB as the journal uses it: column families, key tags, and what bounds its memory.
//!
//! | column family | key | value |
//! |---|---|---|
//! | `default` | a word | the format, the origin, the progress |
//! | `blocks` | block number, 8 bytes big-endian | 64 packed rows, see `block` |
//! | `ids` | tag 4, number | rows of ids of events, 64 in a value, see `index` |
//! | `payments` | tag 3, number | rows of payments, likewise |
//! | `index` | tag, run, part | where each of those is, see `index` |
//! | `state` | tag of the table, key | every other table: small and rewritten often |
//!
//! Tags are those of [`Table`], for ever. Every family is written in one batch and recovered from one log, so they are
//! never out of step.

use super::health::Health;
use super::index::{self, Families, Index};
use super::names::Found;
use super::{Error, FORMAT_VERSION};
use crate::framing::{self, Gap};
use crate::source::Table;
use rocksdb::{BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode, Options, WriteBufferManager};
use std::path::Path;
use std::time::Duration;

/// When a commit reaches the disk itself, and not only the system's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before it answers.
    EachCommit,
    /// Together with those after it, at most so much later. A power cut in between loses the last commits, and the shard
    /// folds the same records to the same bytes again; the end of the process alone loses nothing.
    Grouped(Duration),
}

/// Bounds and habits of all journals of a process.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Memory for blocks, indexes and filters of all shards, in bytes.
    pub cache_bytes: usize,
    /// Memory for what is not in files yet, of all shards, in bytes.
    pub write_buffer_bytes: usize,
    /// How many shards share it.
    pub shards: u32,
    /// When commits are synced.
    pub sync: Sync,
    /// Files with rows that each journal keeps open.
    pub open_files: i32,
}

impl Default for Settings {
    fn default() -> Self {
        let sync = Sync::Grouped(Duration::from_millis(200));
        Self { cache_bytes: 256 << 20, write_buffer_bytes: 256 << 20, shards: 1, sync, open_files: OPEN_FILES }
    }
}

/// What the journals of all shards share: one cache, one budget of write buffers.
#[derive(Clone)]
pub struct Shared {
    pub(super) settings: Settings,
    cache: Cache,
    write_buffers: WriteBufferManager,
}

impl Shared {
    /// Reserves nothing yet; memory is taken as it is used.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            cache: Cache::new_lru_cache(settings.cache_bytes),
            // A writer is not stalled: the manager makes the fullest buffer be flushed before the budget is used up.
            write_buffers: WriteBufferManager::new_write_buffer_manager(settings.write_buffer_bytes, false),
        }
    }

    /// How many shards share it, at least one.
    pub fn shards(&self) -> u32 {
        self.settings.shards.max(1)
    }

    /// Bytes in the shared block cache now.
    pub fn cache_bytes_used(&self) -> usize {
        self.cache.get_usage()
    }

    /// Bytes in the write buffers of all shards now.
    pub fn write_buffer_bytes_used(&self) -> usize {
        self.write_buffers.get_usage()
    }
}

/// One buffer of a column family is flushed at this size at the latest, and at a shard's share of the budget.
const WRITE_BUFFER_BYTES_MAX: usize = 32 << 20;
/// However many shards there are, a buffer is not smaller: files of less are not worth their names.
const WRITE_BUFFER_BYTES_MIN: usize = 1 << 20;
/// Memory that a family takes at a time while its buffer fills, at most; a quiet shard has five families and costs little.
const ARENA_BYTES_MAX: usize = 256 << 10;
const ARENA_BYTES_MIN: usize = 16 << 10;
/// The log of writes is kept until every family is flushed; beyond this the oldest one is made to.
const WAL_BYTES_MAX: u64 = 64 << 20;
/// Open files of one journal that is written, where nothing else is said; their indexes and filters are in the shared cache.
const OPEN_FILES: i32 = 256;
/// Who reads beside a writer keeps every file open from the start, so that none can be taken away under it.
const OPEN_FILES_ALL: i32 = -1;
/// RocksDB's own account of what it does: files that are kept, and the bytes of one.
const INFO_LOGS_MAX: usize = 2;
const INFO_LOG_BYTES_MAX: usize = 1 << 20;
/// Threads that flush and compact, for all journals of the process together.
const BACKGROUND_JOBS: i32 = 2;
/// Bits of a filter per key: about one percent of vain look-ups still read a block.
const FILTER_BITS: f64 = 10.0;

const DEFAULT: &str = "default";
const BLOCKS: &str = "blocks";
const IDS: &str = "ids";
const PAYMENTS: &str = "payments";
const STATE: &str = "state";
const INDEX: &str = "index";
const FAMILIES: [&str; 6] = [DEFAULT, BLOCKS, IDS, PAYMENTS, STATE, INDEX];

const FORMAT_KEY: &[u8] = b"format";
pub(super) const ORIGIN_KEY: &[u8] = b"origin";
pub(super) const PROGRESS_KEY: &[u8] = b"progress";

/// The handle, which does not leave this folder.
pub(super) struct Store {
    pub db: DB,
    /// Where the log of writes was damaged when it was opened to be written: what was committed from there on is gone.
    pub gap: Option<Gap>,
    /// What could not be read.
    pub health: Health,
    /// Names that readers have looked up.
    pub found: Found,
    /// Of the tables that grow for ever.
    indexes: Vec<(Table, Index)>,
    /// How files of the index are written.
    index_options: Options,
}

impl Store {
    /// Opens the directory for the one writer, and makes it where it is not there.
    pub fn open(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        std::fs::create_dir_all(directory).map_err(|error| Error::at(directory, &error))?;
        let gap = framing::gap(directory).map_err(Error::Corrupt)?;
        framing::before_writing(directory, || named(directory))?;
        if !directory.join("CURRENT").exists() {
            // A family that is being made opens the directory once more, those that are opened share it: four files less a shard.
            drop(DB::open_cf_descriptors(&database(shared), directory, families(shared))?);
        }
        let mut store = Self::with_indexes(DB::open_cf_descriptors(&database(shared), directory, families(shared))?, shared, true)?;
        store.gap = gap;
        index::sweep(directory);
        store.indexes.iter().try_for_each(|(_, index)| index.clean(&store))?;
        Ok(store)
    }

    /// Opens the directory as it is now, also while another process writes to it. Later commits are not seen. One that would be read in part
    /// is refused: whoever reads it takes what is there for all.
    pub fn open_read_only(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        if let Some(gap) = framing::gap(directory).map_err(Error::Corrupt)? {
            return Err(Error::CutOff(gap.to_string()));
        }
        let mut options = database(shared);
        options.set_max_open_files(OPEN_FILES_ALL);
        Self::with_indexes(DB::open_cf_descriptors_read_only(&options, directory, families(shared), false)?, shared, false)
    }

    /// The handle, after the format was found to be ours.
    fn with_indexes(db: DB, shared: &Shared, write: bool) -> Result<Self, Error> {
        let mut store = Self { db, gap: None, health: Health::default(), found: Found::default(), indexes: Vec::new(), index_options: index_options(shared) };
        store.check_format(write)?;
        for table in index::TABLES {
            let families = Families { default: store.family(DEFAULT)?, rows: store.table(table)?, index: store.index()? };
            let index = Index::open(&store.db, &families, table, shared.shards())?;
            store.indexes.push((table, index));
        }
        Ok(store)
    }

    /// Writes what is in memory to files: what is closed needs no log of writes to be whole.
    pub fn flush(&self) -> Result<(), Error> {
        FAMILIES.iter().try_for_each(|name| Ok(self.db.flush_cf(self.family(name)?)?))
    }

    /// Every column family, by name.
    pub fn families(&self) -> impl Iterator<Item = Result<(&'static str, &ColumnFamily), Error>> {
        FAMILIES.iter().map(|name| Ok((*name, self.family(name)?)))
    }

    fn check_format(&self, write: bool) -> Result<(), Error> {
        match self.db.get(FORMAT_KEY)? {
            None if write => Ok(self.db.put(FORMAT_KEY, FORMAT_VERSION.to_be_bytes())?),
            None => Err(Error::Corrupt("there is no format row".into())),
            Some(bytes) => match <[u8; 4]>::try_from(bytes.as_slice()).map(u32::from_be_bytes) {
                Ok(FORMAT_VERSION) => Ok(()),
                Ok(found) => Err(Error::Format { found, known: FORMAT_VERSION }),
                Err(_) => Err(Error::Corrupt("the format row cannot be read".into())),
            },
        }
    }

    pub fn family(&self, name: &str) -> Result<&ColumnFamily, Error> {
        self.db.cf_handle(name).ok_or_else(|| Error::Corrupt(format!("there is no column family {name}")))
    }

    /// Where blocks are.
    pub fn blocks(&self) -> Result<&ColumnFamily, Error> {
        self.family(BLOCKS)
    }

    /// Where runs of the indexes are.
    pub fn index(&self) -> Result<&ColumnFamily, Error> {
        self.family(INDEX)
    }

    /// How files of runs are written.
    pub const fn index_options(&self) -> &Options {
        &self.index_options
    }

    /// The index of a table, where its rows are appended and found by one.
    pub fn indexed(&self, table: Table) -> Option<&Index> {
        self.indexes.iter().find(|(of, _)| *of == table).map(|(_, index)| index)
    }

    /// The tables whose rows are found by an index.
    pub fn indexes(&self) -> impl Iterator<Item = &(Table, Index)> {
        self.indexes.iter()
    }

    /// Where a table is.
    pub fn table(&self, table: Table) -> Result<&ColumnFamily, Error> {
        self.family(match table {
            Table::Ids => IDS,
            Table::Payments => PAYMENTS,
            _ => STATE,
        })
    }
}

/// The files with rows that the manifest has. Nothing is changed.
fn named(directory: &Path) -> Result<Vec<String>, rocksdb::Error> {
    let options = Options::default();
    let families = DB::list_cf(&options, directory)?;
    let database = DB::open_cf_for_read_only(&options, directory, families, false)?;
    Ok(database.live_files()?.into_iter().map(|file| file.name).collect())
}

/// The key of a row of a table.
pub(super) fn table_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut tagged = Vec::with_capacity(1 + key.len());
    write_key(&mut tagged, table, key);
    tagged
}

/// The same, over what was in `tagged`.
pub(super) fn write_key(tagged: &mut Vec<u8>, table: Table, key: &[u8]) {
    tagged.clear();
    tagged.push(table as u8);
    tagged.extend_from_slice(key);
}

/// The first key that is above every key with this prefix; `None` where there is none.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut bound = prefix.get(..=last)?.to_vec();
    *bound.last_mut()? += 1;
    Some(bound)
}

/// Options of a database whose files take no more of the disk than what is in them. RocksDB would set aside as much as a
/// write buffer for the log of writes, which a quiet shard never needs; the crate has no call for it, the text form has.
pub(super) fn without_preallocation() -> Options {
    Options::default().get_options_from_string("allow_fallocate=false").unwrap_or_default()
}

fn database(shared: &Shared) -> Options {
    let mut options = without_preallocation();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_write_buffer_manager(&shared.write_buffers);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    options.set_max_open_files(shared.settings.open_files);
    options.set_keep_log_file_num(INFO_LOGS_MAX);
    options.set_max_log_file_size(INFO_LOG_BYTES_MAX);
    options.set_stats_dump_period_sec(0);
    options.set_paranoid_checks(true);
    // Commits are synced in groups, and the disk may write pages of a log in any order: a power cut can leave a hole in the middle of the last
    // ones. What lies before it is whole, and the records behind it are folded again from the log of events, so a shard goes on from there. That
    // there was a hole is told all the same: the mode does not tell it from a log that was damaged.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_bytes_per_sync(1 << 20);
    options
}

fn families(shared: &Shared) -> Vec<ColumnFamilyDescriptor> {
    let share = shared.settings.write_buffer_bytes / usize::try_from(shared.settings.shards.max(1)).unwrap_or(usize::MAX);
    let buffer = share.clamp(WRITE_BUFFER_BYTES_MIN, WRITE_BUFFER_BYTES_MAX);
    let arena = (share / 16).clamp(ARENA_BYTES_MIN, ARENA_BYTES_MAX);
    let table = |block_bytes: usize, filter: bool| {
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&shared.cache);
        table.set_block_size(block_bytes);
        table.set_format_version(6);
        table.set_cache_index_and_filter_blocks(true);
        table.set_pin_l0_filter_and_index_blocks_in_cache(true);
        if filter {
            table.set_bloom_filter(FILTER_BITS, false);
            table.set_optimize_filters_for_memory(true);
        }
        table
    };
    let family = |compression: DBCompressionType, table: &BlockBasedOptions| {
        let mut options = Options::default();
        options.set_compression_type(compression);
        options.set_block_based_table_factory(table);
        options.set_write_buffer_size(buffer);
        options.set_max_write_buffer_number(3);
        options.set_arena_block_size(arena);
        options.set_write_buffer_manager(&shared.write_buffers);
        options
    };
    [
        (DEFAULT, family(DBCompressionType::None, &table(4 << 10, false))),
        // What is left of an entry is mostly random: ids, and the key of a customer.
        (BLOCKS, family(DBCompressionType::None, &table(16 << 10, false))),
        (IDS, family(DBCompressionType::None, &table(4 << 10, false))),
        (PAYMENTS, family(DBCompressionType::Lz4, &table(16 << 10, false))),
        (STATE, family(DBCompressionType::Lz4, &table(4 << 10, true))),
        (INDEX, family(DBCompressionType::None, &table(4 << 10, false))),
    ]
    .into_iter()
    .map(|(name, options)| ColumnFamilyDescriptor::new(name, options))
    .collect()
}

/// How a run of an index is written: its pages are random numbers, which do not compress.
fn index_options(shared: &Shared) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&shared.cache);
    table.set_block_size(4 << 10);
    table.set_format_version(6);
    let mut options = Options::default();
    options.set_compression_type(DBCompressionType::None);
    options.set_block_based_table_factory(&table);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_next_one_begins() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(&[1, 0xff]), Some(vec![2]));
        assert_eq!(after_prefix(&[0xff, 0xff]), None);
        assert_eq!(after_prefix(&[]), None);
    }
}
