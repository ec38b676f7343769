//! The embedded log as it is now, to read: also while a server writes to it. For verification and backups.

use std::path::Path;
use std::sync::Arc;

use rocksdb::{ReadOptions, WriteBatch, WriteOptions};

use super::super::{Append, Code, Error, Log, Watermarks};
use super::store::{Store, failure};
use super::{reader, row};

/// Bytes that are written to a copy at a time.
const BATCH_BYTES: usize = 4 << 20;
/// Bytes that the disk is asked for ahead.
const READAHEAD_BYTES: usize = 2 << 20;

/// The log, opened to be read. What is appended later is not seen.
pub struct Inspected {
    store: Arc<Store>,
}

impl Inspected {
    /// Opens the log in a directory.
    ///
    /// # Errors
    /// There is none, or it cannot be read: its code says why.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        if !directory.is_dir() {
            let detail =
                format!("{} is missing: the embedded log, of which everything else is made; restore the data directory from a backup", directory.display());
            return Err(Error::new(Code::Corrupt, detail));
        }
        Ok(Self { store: Arc::new(Store::open_read_only(directory)?) })
    }

    /// Reads every record of every partition and checks it; how many there are. `progress` is told that now and then.
    ///
    /// # Errors
    /// The first record that is missing, or not what was written, or at a place where there should be none.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<u64, Error> {
        self.store.with(|database| {
            let mut rows = database.raw_iterator_opt(reading());
            rows.seek_to_first();
            let (mut partition, mut offset, mut records) = (0u32, 0i64, 0u64);
            while let Some((key, value)) = rows.item() {
                let found = key
                    .split_first_chunk::<4>()
                    .and_then(|(partition, offset)| Some((u32::from_be_bytes(*partition), i64::from_be_bytes(offset.try_into().ok()?))));
                let Some((at_partition, at_offset)) = found.filter(|(partition, _)| *partition < self.store.partitions()) else {
                    return Err(row::corrupt(partition, offset, "a row that is no record lies after it"));
                };
                if at_partition != partition {
                    (partition, offset) = (at_partition, 0);
                }
                if at_offset != offset {
                    return Err(row::corrupt(partition, offset, "the record is missing"));
                }
                row::decode(partition, offset, value)?;
                offset += 1;
                records += 1;
                if records.is_multiple_of(4096) {
                    progress(records);
                }
                rows.next();
            }
            rows.status().map_err(|error| failure(&error))?;
            progress(records);
            Ok(records)
        })
    }

    /// Writes a copy into a directory that is empty or not there; how many records. All of it is on the disk when this answers.
    ///
    /// # Errors
    /// A record is not what was written, or the disk does not take it; what was written of the copy is then worth nothing.
    pub fn copy(&self, directory: &Path) -> Result<u64, Error> {
        let to = Store::open(directory, Some(self.store.partitions()), self.store.partitions())?;
        let mut unlogged = WriteOptions::default();
        unlogged.disable_wal(true);
        let missing = || Error::new(Code::Corrupt, "the embedded log has no description of itself");
        self.store.with(|source| {
            to.with(|target| {
                let mut records = 0;
                for name in ["default", "meta"] {
                    let (from, to) = (source.cf_handle(name).ok_or_else(missing)?, target.cf_handle(name).ok_or_else(missing)?);
                    let mut batch = WriteBatch::default();
                    let mut rows = source.raw_iterator_cf_opt(from, reading());
                    rows.seek_to_first();
                    while let Some((key, value)) = rows.item() {
                        batch.put_cf(to, key, value);
                        records += u64::from(name == "default");
                        if batch.size_in_bytes() >= BATCH_BYTES {
                            target.write_opt(std::mem::take(&mut batch), &unlogged).map_err(|error| failure(&error))?;
                        }
                        rows.next();
                    }
                    rows.status().map_err(|error| failure(&error))?;
                    target.write_opt(batch, &unlogged).map_err(|error| failure(&error))?;
                    target.flush_cf(to).map_err(|error| failure(&error))?;
                }
                Ok(records)
            })
        })
    }
}

/// It is read as any log; nothing is appended to it.
impl Log for Inspected {
    fn partitions(&self) -> Result<u32, Error> {
        Ok(self.store.partitions())
    }

    fn identity(&self) -> Result<String, Error> {
        Ok(self.store.identity().to_owned())
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        Ok(Watermarks { low: 0, high: self.store.heads().get(partition) })
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn super::super::Reader>, Error> {
        Ok(Box::new(reader::Reader::new(Arc::clone(&self.store), partition, offset.max(0))))
    }

    fn append(&self, _records: Vec<Append>) -> Result<Vec<i64>, Error> {
        Err(Error::new(Code::Permission, "the log was opened to be read"))
    }
}

fn reading() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.fill_cache(false);
    options.set_readahead_size(READAHEAD_BYTES);
    options
}
