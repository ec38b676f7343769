//! The log without Kafka: the same partitions, offsets and keys in the data directory of one machine.
//!
//! Records lie in a RocksDB of their own ([`store`]). One thread writes them ([`writer`]): whatever is waiting shares one
//! synced batch, so that many small appends cost one sync. Readers ([`reader`]) sleep until a commit wakes them.
//! Offsets are contiguous from 0 and nothing is ever removed. RocksDB's lock lets one process in; others may read what is
//! there ([`Inspected`]).

mod heads;
mod inspect;
mod reader;
mod row;
mod store;
mod writer;

pub use inspect::Inspected;

use std::path::Path;
use std::sync::Arc;

use super::{Append, Code, Error, Log, Watermarks};
use store::Store;
use writer::Writer;

/// The embedded log.
pub struct Embedded {
    store: Arc<Store>,
    writer: Writer,
}

impl Embedded {
    /// Opens the log in a directory, or makes it there with so many partitions.
    ///
    /// # Errors
    /// `partitions_changed` where it was made with another number; else what the disk says, or `corrupt`.
    pub fn open(directory: &Path, partitions: u32) -> Result<Self, Error> {
        Self::open_or_make(directory, Some(partitions), partitions)
    }

    /// Opens the log in a directory with the partitions that it has, or makes it there: with as many as are wanted, else
    /// with `otherwise`.
    ///
    /// # Errors
    /// As [`Embedded::open`], where a number is wanted.
    pub fn open_or_make(directory: &Path, wanted: Option<u32>, otherwise: u32) -> Result<Self, Error> {
        let store = Arc::new(Store::open(directory, wanted, otherwise)?);
        let writer = Writer::start(Arc::clone(&store))?;
        Ok(Self { store, writer })
    }

    /// Bytes of memory: of blocks that were read, and of records that are not in files yet.
    pub fn memory(&self) -> (usize, usize) {
        self.store.memory()
    }

    fn check_partition(&self, partition: u32) -> Result<(), Error> {
        let partitions = self.store.partitions();
        if partition < partitions {
            return Ok(());
        }
        Err(Error::new(Code::PartitionsChanged, format!("there is no partition {partition}: the embedded log has {partitions}, from 0")))
    }
}

impl Log for Embedded {
    fn partitions(&self) -> Result<u32, Error> {
        Ok(self.store.partitions())
    }

    fn identity(&self) -> Result<String, Error> {
        Ok(self.store.identity().to_owned())
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        self.check_partition(partition)?;
        Ok(Watermarks { low: 0, high: self.store.heads().get(partition) })
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn super::Reader>, Error> {
        let Watermarks { low, high } = self.watermarks(partition)?;
        if offset > high {
            return Err(super::preflight::truncated(offset, high));
        }
        Ok(Box::new(reader::Reader::new(Arc::clone(&self.store), partition, offset.max(low))))
    }

    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error> {
        for record in &records {
            self.check_partition(record.partition)?;
        }
        if records.is_empty() { Ok(Vec::new()) } else { self.writer.append(records) }
    }

    fn trouble(&self) -> Option<Error> {
        self.writer.trouble()
    }
}
