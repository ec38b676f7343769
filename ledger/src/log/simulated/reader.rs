//! Reads one partition of a simulated log, with its faults.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::super::preflight::{expired, recreated, truncated};
use super::super::{Code, Error, Record};
use super::faults::Dice;
use super::{Simulated, no_partition};

/// Records that a repetition goes back at most.
const REPEAT_RECORDS_MAX: usize = 20;

/// Holds the next offset and dice of its own, so that partitions do not disturb each other's faults.
pub(super) struct Reader {
    log: Simulated,
    partition: u32,
    first: i64,
    next: i64,
    generation: u64,
    dice: Dice,
}

impl Reader {
    pub(super) const fn new(log: Simulated, partition: u32, next: i64, generation: u64, dice: Dice) -> Self {
        Self { log, partition, first: next, next, generation, dice }
    }

    /// Waits for a record at or above the next offset; answers a copy of at most `max`, going back by `repeat` first. Where
    /// there is none: up to which offset that is known.
    fn take(&self, max: usize, repeat: usize, wait: Duration) -> Result<(Vec<Record>, i64), Error> {
        let deadline = Instant::now() + wait;
        let mut state = self.log.lock();
        loop {
            state.reachable()?;
            if state.generation != self.generation {
                let name = |generation| format!("id:simulated-{}-{generation}", self.log.shared.seed);
                return Err(recreated(&name(self.generation), &name(state.generation)));
            }
            let found = state.partition(self.partition).ok_or_else(|| no_partition(self.partition))?;
            if self.next < found.low {
                return Err(expired(self.next, found.low));
            }
            if self.next > found.high {
                return Err(truncated(self.next, found.high));
            }
            let place = found.records.partition_point(|record| record.offset < self.next);
            if found.records.get(place).is_some_and(|record| record.offset < found.readable()) {
                let begin = found.records.partition_point(|record| record.offset < self.first).max(place.saturating_sub(repeat));
                let records = found.records.iter().skip(begin).take(max).filter(|record| record.offset < found.readable());
                return Ok((records.cloned().collect(), found.readable()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok((Vec::new(), found.readable()));
            }
            state = self.log.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl super::super::Reader for Reader {
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        let faults = self.log.shared.faults;
        if self.dice.percent(faults.fail_percent) {
            return Err(Error::new(Code::KafkaUnreachable, "the simulated log fails for a moment"));
        }
        if self.dice.percent(faults.stall_percent) {
            return Ok(Vec::new());
        }
        let repeat = if self.dice.percent(faults.repeat_percent) { self.dice.up_to(REPEAT_RECORDS_MAX) } else { 0 };
        let max = if self.dice.percent(faults.tear_percent) { self.dice.up_to(max) } else { max };
        let (records, end) = self.take(max, repeat, wait)?;
        match records.last() {
            Some(last) => self.next = self.next.max(last.offset.saturating_add(1)),
            // What is left up to the end is no record.
            None => self.next = self.next.max(end),
        }
        Ok(records)
    }

    fn position(&self) -> i64 {
        self.next
    }
}
