//! What a shard asks of a fold. The rules are one; tests have simpler ones.

use crate::entry::Row;
use crate::rules;
use crate::source::{Changes, Error, Source};
use schemas::time::Date;

/// A pure fold over the records of one partition.
pub trait Folding: Sized {
    /// Restores it from what was committed.
    fn open(partition: u32, partitions: u32, source: &dyn Source) -> Result<Self, Error>;
    /// Folds a record: appends the rows that it makes, at least one.
    fn record(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<(), Error>;
    /// Folds a part of a record that makes very many rows, and goes on with it when it is asked again with the same record, also after
    /// it was restored. Whether the record is folded whole.
    fn part(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<bool, Error> {
        self.record(source, offset, value, rows).map(|()| true)
    }
    /// Adds what changed since the last call.
    fn changes(&mut self, changes: &mut Changes) -> Result<(), Error>;
    /// The number of the next entry, as the fold counts.
    fn next_entry(&self) -> u64;
    /// The open business date.
    fn open_date(&self) -> Option<Date>;
    /// Bounds the committed state that stays in memory, in bytes.
    fn bound(&mut self, _bytes: usize) {}
    /// Bytes of the committed state that is in memory, about.
    fn bytes(&self) -> usize {
        0
    }
}

impl Folding for rules::Fold {
    fn open(partition: u32, partitions: u32, source: &dyn Source) -> Result<Self, Error> {
        Self::open(partition, partitions, source)
    }

    fn record(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<(), Error> {
        Self::record(self, source, offset, value, rows)
    }

    fn part(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<bool, Error> {
        Self::part(self, source, offset, value, rows)
    }

    fn changes(&mut self, changes: &mut Changes) -> Result<(), Error> {
        Self::changes(self, changes);
        Ok(())
    }

    fn next_entry(&self) -> u64 {
        Self::next_entry(self)
    }

    fn open_date(&self) -> Option<Date> {
        Self::open_date(self)
    }

    fn bound(&mut self, bytes: usize) {
        Self::bound(self, bytes);
    }

    fn bytes(&self) -> usize {
        Self::bytes(self)
    }
}
