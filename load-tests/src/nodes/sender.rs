//! Sends at a rate; the model takes each record first.

use super::Error;
use super::checker::{Checks, lock};
use super::truth::Truth;
use crate::crash::stream::Stream;
use crate::kafka::producer::Producer;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// However long a run takes, it stops after so many records.
const RECORDS_MAX: u64 = 2_000_000;
/// Between two instalments.
const INSTALMENT: Duration = Duration::from_millis(20);

/// Sends a stream to a topic.
pub struct Sender {
    producer: Producer,
    stream: Stream,
}

impl Sender {
    /// Of a stream; nothing is sent yet.
    ///
    /// # Errors
    /// The client library does not take the address.
    pub fn new(brokers: &str, topic: &str, stream: Stream) -> Result<Self, Error> {
        Ok(Self { producer: Producer::connect(brokers, topic)?, stream })
    }

    /// Sends so many records, as fast as they go.
    ///
    /// # Errors
    /// Kafka does not take them.
    pub fn send(&mut self, truth: &mut Truth, count: usize) -> Result<(), Error> {
        for record in self.stream.by_ref().take(count).flatten() {
            truth.apply(&record);
            self.producer.send(&record)?;
        }
        Ok(())
    }

    /// Sends so many a second until it is over.
    ///
    /// # Errors
    /// Kafka does not take them.
    pub fn send_on(&mut self, checks: &Checks, rate: u64) -> Result<(), Error> {
        let (begun, mut sent) = (Instant::now(), 0);
        while !checks.over.load(Ordering::Relaxed) && sent < RECORDS_MAX {
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let due = micros.saturating_mul(rate) / 1_000_000;
            // A model that is slower than the rate never catches up, and ends all the same.
            while sent < due && !checks.over.load(Ordering::Relaxed) {
                self.send(&mut lock(&checks.truth), 1)?;
                sent += 1;
            }
            std::thread::sleep(INSTALMENT);
        }
        Ok(())
    }

    /// Waits until everything is delivered; the last offset of each partition.
    ///
    /// # Errors
    /// It is not in time.
    pub fn flush(&self, within: Duration) -> Result<BTreeMap<u32, i64>, Error> {
        Ok(self.producer.flush(within)?)
    }
}
