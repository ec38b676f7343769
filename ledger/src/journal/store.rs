//! RocksDB as the journal uses it: column families, key tags, and what bounds its memory.
//!
//! | column family | key | value |
//! |---|---|---|
//! | `default` | a word | the format, the origin, the progress |
//! | `blocks` | block number, 8 bytes big-endian | 64 packed rows, see `block` |
//! | `ids` | tag 4, key | ids of events: random keys that are mostly asked for in vain, hence filters |
//! | `payments` | tag 3, key | payments |
//! | `state` | tag of the table, key | every other table: small and rewritten often |
//!
//! Tags are those of [`Table`], for ever. Every family is written in one batch and recovered from one log, so they are
//! never out of step.

use super::{Error, FORMAT_VERSION};
use crate::source::Table;
use rocksdb::{BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, Options, WriteBufferManager};
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
    /// When commits are synced.
    pub sync: Sync,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_bytes: 256 << 20, write_buffer_bytes: 256 << 20, sync: Sync::Grouped(Duration::from_millis(200)) }
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

    /// Bytes in the shared block cache now.
    pub fn cache_bytes_used(&self) -> usize {
        self.cache.get_usage()
    }

    /// Bytes in the write buffers of all shards now.
    pub fn write_buffer_bytes_used(&self) -> usize {
        self.write_buffers.get_usage()
    }
}

/// One buffer of a column family is flushed at this size, if the shared budget did not ask for it before.
const WRITE_BUFFER_BYTES: usize = 32 << 20;
/// The log of writes is kept until every family is flushed; beyond this the oldest one is made to.
const WAL_BYTES_MAX: u64 = 256 << 20;
/// Open files of one journal; their indexes and filters are in the shared cache.
const OPEN_FILES_MAX: i32 = 256;
/// Threads that flush and compact, for all journals of the process together.
const BACKGROUND_JOBS: i32 = 2;
/// Bits of a filter per key: about one percent of vain look-ups still read a block.
const FILTER_BITS: f64 = 10.0;

const BLOCKS: &str = "blocks";
const IDS: &str = "ids";
const PAYMENTS: &str = "payments";
const STATE: &str = "state";

const FORMAT_KEY: &[u8] = b"format";
pub(super) const ORIGIN_KEY: &[u8] = b"origin";
pub(super) const PROGRESS_KEY: &[u8] = b"progress";

/// The handle, which does not leave this folder.
pub(super) struct Store {
    pub db: DB,
}

impl Store {
    /// Opens the directory for the one writer, and makes it where it is not there.
    pub fn open(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        std::fs::create_dir_all(directory).map_err(|error| Error::Io(format!("{}: {error}", directory.display())))?;
        let store = Self { db: DB::open_cf_descriptors(&database(shared), directory, families(shared))? };
        store.check_format(true)?;
        Ok(store)
    }

    /// Opens the directory as it is now, also while another process writes to it. Later commits are not seen.
    pub fn open_read_only(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        let store = Self { db: DB::open_cf_descriptors_read_only(&database(shared), directory, families(shared), false)? };
        store.check_format(false)?;
        Ok(store)
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

    fn family(&self, name: &str) -> Result<&ColumnFamily, Error> {
        self.db.cf_handle(name).ok_or_else(|| Error::Corrupt(format!("there is no column family {name}")))
    }

    /// Where blocks are.
    pub fn blocks(&self) -> Result<&ColumnFamily, Error> {
        self.family(BLOCKS)
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

fn database(shared: &Shared) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_write_buffer_manager(&shared.write_buffers);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_keep_log_file_num(4);
    options.set_paranoid_checks(true);
    options.set_bytes_per_sync(1 << 20);
    options
}

fn families(shared: &Shared) -> Vec<ColumnFamilyDescriptor> {
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
        options.set_write_buffer_size(WRITE_BUFFER_BYTES);
        options.set_max_write_buffer_number(3);
        // Small arenas: a quiet shard has five families and should cost little.
        options.set_arena_block_size(256 << 10);
        options.set_write_buffer_manager(&shared.write_buffers);
        options
    };
    // Most ids and payments are asked for in vain, also in the write buffers.
    let sought = |compression: DBCompressionType| {
        let mut options = family(compression, &table(4 << 10, true));
        options.set_memtable_whole_key_filtering(true);
        options.set_memtable_prefix_bloom_ratio(0.05);
        options
    };
    [
        ("default", family(DBCompressionType::None, &table(4 << 10, false))),
        // Rows repeat their accounts: LZ4 makes 112 bytes a sale of 305.
        (BLOCKS, family(DBCompressionType::Lz4, &table(16 << 10, false))),
        (IDS, sought(DBCompressionType::None)),
        (PAYMENTS, sought(DBCompressionType::Lz4)),
        (STATE, family(DBCompressionType::Lz4, &table(4 << 10, true))),
    ]
    .into_iter()
    .map(|(name, options)| ColumnFamilyDescriptor::new(name, options))
    .collect()
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
