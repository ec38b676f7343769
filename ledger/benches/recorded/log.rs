//! A log that lies in memory.

use ledger::log::{Append, Error, Log, Reader, Record, Watermarks};
use std::sync::Arc;
use std::time::Duration;

/// A log that lies in memory.
pub struct Recorded {
    /// The records of each.
    pub partitions: Vec<Arc<Vec<Record>>>,
}

struct Cursor {
    records: Arc<Vec<Record>>,
    at: usize,
}

impl Reader for Cursor {
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        let end = (self.at + max.min(8192)).min(self.records.len());
        let batch = self.records[self.at..end].to_vec();
        self.at = end;
        if batch.is_empty() {
            std::thread::sleep(wait);
        }
        Ok(batch)
    }

    fn position(&self) -> i64 {
        self.at as i64
    }
}

impl Log for Recorded {
    fn partitions(&self) -> Result<u32, Error> {
        Ok(self.partitions.len() as u32)
    }

    fn identity(&self) -> Result<String, Error> {
        Ok("bench".to_owned())
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        Ok(Watermarks { low: 0, high: self.partitions[partition as usize].len() as i64 })
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn Reader>, Error> {
        Ok(Box::new(Cursor { records: Arc::clone(&self.partitions[partition as usize]), at: offset as usize }))
    }

    fn append(&self, _records: Vec<Append>) -> Result<Vec<i64>, Error> {
        unreachable!("nothing is appended")
    }
}
