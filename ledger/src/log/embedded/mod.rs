//! The log without Kafka: the same partitions, offsets and keys in the data directory of one machine.
//!
//! Records lie in a RocksDB of their own ([`store`]). One thread writes them ([`writer`]): whatever is waiting shares one
//! synced batch, so that many small appends cost one sync. Readers ([`reader`]) sleep until a commit wakes them.
//! Offsets are contiguous from 0 and nothing is ever removed. RocksDB's lock lets one process in.

mod reader;
mod store;
mod writer;

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
    /// `partitions_changed` where it was made with another number; `disk_full`; `corrupt` where it cannot be opened, also
    /// because another process has it open.
    pub fn open(directory: &Path, partitions: u32) -> Result<Self, Error> {
        let store = Arc::new(Store::open(directory, partitions)?);
        let writer = Writer::start(Arc::clone(&store))?;
        Ok(Self { store, writer })
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
            return Err(super::preflight::truncated(partition, offset, high));
        }
        Ok(Box::new(reader::Reader::new(Arc::clone(&self.store), partition, offset.max(low))))
    }

    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error> {
        for record in &records {
            self.check_partition(record.partition)?;
        }
        if records.is_empty() { Ok(Vec::new()) } else { self.writer.append(records) }
    }
}
