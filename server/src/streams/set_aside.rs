//! Finds a record that was set aside in the log again, with everything that it came with.
//!
//! The reader is kept for the next one, which often lies close behind, and only as long as it has not failed. A reader of Kafka keeps what
//! it met while nobody asked it (of an outage one error for each attempt to connect) and tells it one at a time, long after it is over.
//!
//! Bound: a record is waited for at most [`READ_WAIT_MAX`], and one fetch more where a kept reader gave nothing.

use ledger::log::{self, Code, Log, Original, Originals};
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a record of the log is waited for.
const READ_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long one fetch waits.
const FETCH_WAIT: Duration = Duration::from_millis(500);
/// A reader that is so much behind is opened anew rather than read on.
const SKIP_RECORDS_MAX: i64 = 1000;

/// Reads records of one partition, most of them in order.
pub struct SetAside {
    partition: u32,
    log: Arc<dyn Log>,
    /// Reads on behind the last record; none where the last one failed.
    reader: Option<Box<dyn Originals>>,
}

impl SetAside {
    /// Of a partition. Nothing is read yet.
    pub fn new(partition: u32, log: Arc<dyn Log>) -> Self {
        Self { partition, log, reader: None }
    }

    /// The record at an offset; nothing where the log has it no longer.
    ///
    /// # Errors
    /// The log does not give it now.
    pub fn record(&mut self, offset: i64) -> Result<Option<Original>, log::Error> {
        if self.log.watermarks(self.partition)?.low > offset {
            return Ok(None);
        }
        let deadline = Instant::now() + READ_WAIT_MAX;
        let kept = self.reader.take().filter(|reader| (0..=SKIP_RECORDS_MAX).contains(&(offset - reader.position())));
        // What a kept reader says may be long over. A new one says what is.
        if let Some(mut reader) = kept
            && let Ok(found) = self.read(reader.as_mut(), offset, deadline)
        {
            self.reader = Some(reader);
            return Ok(found);
        }
        let mut reader = self.log.originals(self.partition, offset)?;
        let found = self.read(reader.as_mut(), offset, deadline)?;
        self.reader = Some(reader);
        Ok(found)
    }

    /// Reads on up to an offset.
    fn read(&self, reader: &mut dyn Originals, offset: i64, deadline: Instant) -> Result<Option<Original>, log::Error> {
        loop {
            if let Some(record) = reader.fetch_one(FETCH_WAIT)? {
                match record.offset.cmp(&offset) {
                    Ordering::Less => {}
                    Ordering::Equal => return Ok(Some(record)),
                    Ordering::Greater => return Ok(None),
                }
            }
            if Instant::now() >= deadline {
                let detail = format!("the record at {}:{offset} could not be read within {} s", self.partition, READ_WAIT_MAX.as_secs());
                return Err(log::Error::new(Code::ReaderStalled, detail));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::log::{Append, Reader, Record, Watermarks};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A log of ten records. `fails_from` says of each reader, by its number, from which offset on it fails for ever.
    struct Outage {
        readers: AtomicU32,
        fails_from: fn(u32) -> i64,
    }

    struct Failing {
        next: i64,
        fails_from: i64,
    }

    impl Reader for Failing {
        fn fetch(&mut self, _max: usize, _wait: Duration) -> Result<Vec<Record>, log::Error> {
            if self.next >= self.fails_from {
                return Err(log::Error::new(Code::KafkaUnreachable, "an outage that is over"));
            }
            self.next += 1;
            Ok(vec![Record { offset: self.next - 1, key: None, value: Vec::new() }])
        }

        fn position(&self) -> i64 {
            self.next
        }
    }

    impl Log for Outage {
        fn partitions(&self) -> Result<u32, log::Error> {
            Ok(1)
        }

        fn identity(&self) -> Result<String, log::Error> {
            Ok("id:outage".to_owned())
        }

        fn watermarks(&self, _partition: u32) -> Result<Watermarks, log::Error> {
            Ok(Watermarks { low: 0, high: 10 })
        }

        fn reader(&self, _partition: u32, offset: i64) -> Result<Box<dyn Reader>, log::Error> {
            let number = self.readers.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(Failing { next: offset, fails_from: (self.fails_from)(number) }))
        }

        fn append(&self, _records: Vec<Append>) -> Result<Vec<i64>, log::Error> {
            Err(log::Error::new(Code::TopicRefuses, "nothing is appended here"))
        }
    }

    fn over(fails_from: fn(u32) -> i64) -> (Arc<Outage>, SetAside) {
        let log = Arc::new(Outage { readers: AtomicU32::new(0), fails_from });
        (Arc::clone(&log), SetAside::new(0, log))
    }

    #[test]
    fn what_a_kept_reader_met_in_an_outage_fails_nothing_after_it() {
        let (log, mut set_aside) = over(|number| if number == 0 { 2 } else { i64::MAX });
        let mut offset_of = |offset| set_aside.record(offset).expect("the log answers").map(|record| record.offset);
        assert_eq!([0, 1, 2, 3, 9].map(&mut offset_of), [0, 1, 2, 3, 9].map(Some));
        assert_eq!(log.readers.load(Ordering::Relaxed), 2, "one is kept as long as it does not fail");
    }

    #[test]
    fn a_new_reader_that_fails_is_told_and_not_kept() {
        let (log, mut set_aside) = over(|number| if number < 3 { 0 } else { i64::MAX });
        for _ in 0..3 {
            assert_eq!(set_aside.record(0).expect_err("the log does not answer").code, Code::KafkaUnreachable);
        }
        assert_eq!(set_aside.record(0).expect("it does again").map(|record| record.offset), Some(0));
        assert_eq!(log.readers.load(Ordering::Relaxed), 4);
    }
}
