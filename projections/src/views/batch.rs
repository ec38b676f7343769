//! What a commit writes: rows and the checkpoint, together or not at all.
//!
//! Few rows go through RocksDB's write buffer and its log of writes. Many, as while a follower catches up, are written as a
//! file of their own, which is taken in by one change of the manifest: no row of it is sorted into a buffer, logged and
//! written again. Its keys must rise, so whoever fills it comes with all rows in the order of their keys.
//!
//! Nothing is synced: what a power cut takes is folded again. The log of writes lets another process (`verify`) read what
//! this one has committed.

use super::Error;
use super::store::Store;
use ledger::disk::Reserve;
use ledger::log::Code;
use rocksdb::{IngestExternalFileOptions, SstFileWriter, WriteBatch, WriteOptions};
use std::path::{Path, PathBuf};

/// Rows from which on a commit is a file: of fewer, a file costs more than it saves, here and when it is merged.
const FILE_ROWS_MIN: usize = 65_536;
/// The name of the file while it is written; one that was left by a process that ended is written over.
const FILE: &str = "commit.incoming";

/// Rows that are written together.
pub(super) struct Batch<'a> {
    rows: Rows<'a>,
    bytes: usize,
}

enum Rows<'a> {
    Buffered(WriteBatch),
    /// In the order of their keys.
    File(SstFileWriter<'a>, PathBuf),
}

impl Default for Batch<'_> {
    fn default() -> Self {
        Self { rows: Rows::Buffered(WriteBatch::default()), bytes: 0 }
    }
}

impl<'a> Batch<'a> {
    /// For so many rows, which take about so many bytes.
    pub fn of(store: &'a Store, rows: usize, bytes: usize) -> Result<Self, Error> {
        if rows < FILE_ROWS_MIN {
            return Ok(Self { rows: Rows::Buffered(WriteBatch::with_capacity_bytes(bytes)), bytes: 0 });
        }
        room(store, bytes)?;
        let path = store.db.path().join(FILE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::at(&path, &error)),
            Ok(()) | Err(_) => {}
        }
        let file = SstFileWriter::create(&store.files);
        file.open(&path)?;
        Ok(Self { rows: Rows::File(file, path), bytes: 0 })
    }

    /// How many bytes it has.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Writes a row.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.bytes += key.len() + value.len();
        match &mut self.rows {
            Rows::Buffered(batch) => batch.put(key, value),
            Rows::File(file, _) => file.put(key, value)?,
        }
        Ok(())
    }

    /// Removes a row.
    pub fn delete(&mut self, key: &[u8]) -> Result<(), Error> {
        self.bytes += key.len();
        match &mut self.rows {
            Rows::Buffered(batch) => batch.delete(key),
            Rows::File(file, _) => file.delete(key)?,
        }
        Ok(())
    }

    /// Drops everything of a generation.
    pub fn drop_generation(&mut self, generation: u32) -> Result<(), Error> {
        let (from, below) = (generation.to_be_bytes(), generation.saturating_add(1).to_be_bytes());
        match &mut self.rows {
            Rows::Buffered(batch) => batch.delete_range(from, below),
            Rows::File(file, _) => file.delete_range(from, below)?,
        }
        Ok(())
    }

    /// Writes it whole or not at all.
    pub fn write(self, store: &Store) -> Result<(), Error> {
        room(store, self.bytes)?;
        match self.rows {
            Rows::Buffered(batch) => Ok(store.db.write_opt(batch, &WriteOptions::default())?),
            Rows::File(mut file, path) => {
                file.finish()?;
                take_in(store, &path)
            }
        }
    }
}

fn take_in(store: &Store, path: &Path) -> Result<(), Error> {
    let mut options = IngestExternalFileOptions::default();
    options.set_move_files(true);
    Ok(store.db.ingest_external_file_opts(&options, vec![path])?)
}

fn room(store: &Store, bytes: usize) -> Result<(), Error> {
    Reserve::Views.room(store.db.path(), bytes).map_err(|what| Error::Disk(Code::DiskFull, what))
}
