//! Reads one partition of the embedded log onwards.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Error, Record};
use super::store::Store;

/// Bytes after which a fetch takes no further record.
const FETCH_BYTES_MAX: usize = 16 << 20;

/// Holds the next offset.
pub(super) struct Reader {
    store: Arc<Store>,
    partition: u32,
    next: i64,
}

impl Reader {
    pub(super) const fn new(store: Arc<Store>, partition: u32, next: i64) -> Self {
        Self { store, partition, next }
    }
}

impl super::super::Reader for Reader {
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        let end = self.store.heads().wait_past(self.partition, self.next, wait);
        if end <= self.next {
            return Ok(Vec::new());
        }
        let records = self.store.read(self.partition, self.next, end, max, FETCH_BYTES_MAX)?;
        if let Some(last) = records.last() {
            self.next = last.offset.saturating_add(1);
        }
        Ok(records)
    }

    fn position(&self) -> i64 {
        self.next
    }
}
