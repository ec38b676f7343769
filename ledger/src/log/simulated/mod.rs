//! A log in memory for tests, whose faults follow a seed: the same seed and the same calls give the same answers.
//!
//! What it does on its own ([`Faults`]): tears a fetch short, gives records again from below the reader's place, answers
//! nothing although there is something (so that partitions overtake each other), fails for a moment, and leaves gaps
//! between offsets. What a test does to it: cut it off, truncate it, expire its start, make it again, leave offsets that are
//! no records at its end, open a transaction that hides what comes after it, and stop giving anything.

mod faults;
mod reader;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

pub use faults::Faults;

use super::{Append, Code, Error, Log, Record, Watermarks};
use faults::Dice;

/// Records that one partition holds at most: a test that needs more is not for memory.
const PARTITION_RECORDS_MAX: usize = 10_000_000;

/// One partition: its records in order, and its bounds.
struct Partition {
    records: Vec<Record>,
    low: i64,
    high: i64,
    /// Where a transaction was opened.
    open_from: Option<i64>,
    /// From where on nothing is given, though it might be.
    stuck_from: Option<i64>,
}

impl Partition {
    const fn empty() -> Self {
        Self { records: Vec::new(), low: 0, high: 0, open_from: None, stuck_from: None }
    }

    /// Up to where it may be read.
    fn stable(&self) -> i64 {
        self.open_from.unwrap_or(self.high)
    }

    /// Up to where it gives anything.
    fn readable(&self) -> i64 {
        self.stuck_from.map_or(self.stable(), |stuck| stuck.min(self.stable()))
    }
}

struct State {
    partitions: Vec<Partition>,
    generation: u64,
    cut_off: bool,
    dice: Dice,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    seed: u64,
    faults: Faults,
}

/// The simulated log. Clones are the same log.
#[derive(Clone)]
pub struct Simulated {
    shared: Arc<Shared>,
}

impl Simulated {
    /// An empty log of so many partitions whose faults follow `seed`.
    pub fn new(seed: u64, partitions: u32, faults: Faults) -> Self {
        let partitions = (0..partitions).map(|_| Partition::empty()).collect();
        let state = State { partitions, generation: 0, cut_off: false, dice: Dice::new(seed) };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), seed, faults }) }
    }

    /// Cuts everyone off (`true`) or connects them again.
    pub fn cut_off(&self, cut_off: bool) {
        self.lock().cut_off = cut_off;
        self.shared.changed.notify_all();
    }

    /// Loses the records of a partition from an offset on, as an unclean leader election does.
    pub fn truncate(&self, partition: u32, high: i64) {
        self.change(partition, |found| {
            found.records.retain(|record| record.offset < high);
            found.high = found.high.min(high);
            found.low = found.low.min(high);
        });
    }

    /// Removes the records of a partition below an offset, as retention does.
    pub fn expire(&self, partition: u32, low: i64) {
        self.change(partition, |found| {
            found.records.retain(|record| record.offset >= low);
            found.low = found.low.max(low);
            found.high = found.high.max(low);
        });
    }

    /// Leaves offsets at the end of a partition that are no records, as the ends of transactions and what was aborted do.
    pub fn mark(&self, partition: u32, offsets: i64) {
        self.change(partition, |found| found.high += offsets);
    }

    /// Opens a transaction at the end of a partition (`true`): what comes after it is there, and not to be read; or ends it.
    pub fn open_transaction(&self, partition: u32, open: bool) {
        self.change(partition, |found| found.open_from = open.then_some(found.high));
    }

    /// Gives nothing of a partition from its end on, though it might be read (`true`); or goes on.
    pub fn get_stuck(&self, partition: u32, stuck: bool) {
        self.change(partition, |found| found.stuck_from = stuck.then_some(found.high));
    }

    /// Makes the log again under the same name: empty, with another identity.
    pub fn recreate(&self) {
        let mut state = self.lock();
        state.generation += 1;
        for partition in &mut state.partitions {
            *partition = Partition::empty();
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    fn change(&self, partition: u32, change: impl FnOnce(&mut Partition)) {
        if let Some(found) = self.lock().partition_mut(partition) {
            change(found);
        }
        self.shared.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn partition(&self, partition: u32) -> Option<&Partition> {
        self.partitions.get(usize::try_from(partition).ok()?)
    }

    fn partition_mut(&mut self, partition: u32) -> Option<&mut Partition> {
        self.partitions.get_mut(usize::try_from(partition).ok()?)
    }

    fn reachable(&self) -> Result<(), Error> {
        if self.cut_off { Err(Error::new(Code::KafkaUnreachable, "the simulated log is cut off")) } else { Ok(()) }
    }
}

fn no_partition(partition: u32) -> Error {
    Error::new(Code::PartitionsChanged, format!("the simulated log has no partition {partition}"))
}

impl Log for Simulated {
    fn partitions(&self) -> Result<u32, Error> {
        let state = self.lock();
        state.reachable()?;
        Ok(u32::try_from(state.partitions.len()).unwrap_or(u32::MAX))
    }

    fn identity(&self) -> Result<String, Error> {
        let state = self.lock();
        state.reachable()?;
        Ok(format!("id:simulated-{}-{}", self.shared.seed, state.generation))
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        let state = self.lock();
        state.reachable()?;
        let found = state.partition(partition).ok_or_else(|| no_partition(partition))?;
        Ok(Watermarks { low: found.low, high: found.high })
    }

    fn readable_end(&self, partition: u32) -> Result<i64, Error> {
        let state = self.lock();
        state.reachable()?;
        Ok(state.partition(partition).ok_or_else(|| no_partition(partition))?.stable())
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn super::Reader>, Error> {
        let generation = {
            let state = self.lock();
            state.partition(partition).ok_or_else(|| no_partition(partition))?;
            state.generation
        };
        let dice = Dice::new(self.shared.seed ^ u64::from(partition).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ offset.unsigned_abs());
        Ok(Box::new(reader::Reader::new(self.clone(), partition, offset, generation, dice)))
    }

    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error> {
        let mut state = self.lock();
        state.reachable()?;
        let gap_percent = self.shared.faults.gap_percent;
        let mut offsets = Vec::with_capacity(records.len());
        for record in records {
            let gap = if state.dice.percent(gap_percent) { 1 } else { 0 };
            let partition = state.partition_mut(record.partition).ok_or_else(|| no_partition(record.partition))?;
            if partition.records.len() >= PARTITION_RECORDS_MAX {
                return Err(Error::new(Code::DiskFull, format!("the simulated log holds {PARTITION_RECORDS_MAX} records a partition")));
            }
            let offset = partition.high + gap;
            partition.high = offset + 1;
            partition.records.push(Record { offset, key: record.key, value: record.value });
            offsets.push(offset);
        }
        drop(state);
        self.shared.changed.notify_all();
        Ok(offsets)
    }
}
