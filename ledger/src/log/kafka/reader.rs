//! Reads one partition of a topic onwards: a consumer of its own, assigned from our cursor.
//!
//! What was polled is held back until the topic is known to be the same, and given then. The library's own reconnecting
//! is trusted; only what it cannot know (an offset that is not there) is looked into with a preflight.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::types::RDKafkaErrorCode as Kind;
use rdkafka::{Offset, TopicPartitionList};

use super::super::preflight::{Fingerprint, Remembered, preflight};
use super::super::{Error, Log, Record};
use super::{Kafka, failure};

/// Bytes after which a fetch takes no further record.
const FETCH_BYTES_MAX: usize = 16 << 20;

/// Holds the consumer, the next offset, and the last record given.
pub(super) struct Reader {
    kafka: Kafka,
    consumer: BaseConsumer,
    partition: u32,
    /// The next offset to take from the consumer.
    next: i64,
    /// Taken, and not yet given.
    held: Vec<Record>,
    last: Option<Fingerprint>,
    /// Why the consumer has given up on the partition, until the log is examined and it is assigned again.
    given_up: Option<KafkaError>,
}

impl Reader {
    pub(super) fn new(kafka: Kafka, partition: u32, next: i64) -> Result<Self, Error> {
        let consumer = assigned(&kafka, partition, next)?;
        Ok(Self { kafka, consumer, partition, next, held: Vec::new(), last: None, given_up: None })
    }

    /// Takes from the consumer until there are `max` records, or none for `wait`.
    fn take(&mut self, max: usize, wait: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + wait;
        let mut bytes = 0;
        while self.held.len() < max && bytes < FETCH_BYTES_MAX {
            // The first record is waited for, the others are there or are not.
            let left = if self.held.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            let failed = match self.consumer.poll(left) {
                None => return Ok(()),
                Some(Ok(message)) => {
                    if message.offset() >= self.next {
                        let value = message.payload().unwrap_or_default().to_vec();
                        bytes += value.len();
                        self.next = message.offset().saturating_add(1);
                        self.held.push(Record { offset: message.offset(), key: message.key().map(<[u8]>::to_vec), value });
                    }
                    continue;
                }
                Some(Err(error)) => error,
            };
            return self.look_into(failed);
        }
        Ok(())
    }

    /// What an error of the consumer means: transient trouble that the library overcomes, or the end of its reading.
    fn look_into(&mut self, error: KafkaError) -> Result<(), Error> {
        let fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
        let odd = matches!(
            error.rdkafka_error_code(),
            Some(Kind::AutoOffsetReset | Kind::OffsetOutOfRange | Kind::NoOffset | Kind::UnknownTopicOrPartition | Kind::UnknownTopic | Kind::UnknownPartition)
        );
        let unreachable = failure::unreachable(&self.kafka.shared.options.brokers, &error.to_string());
        if fatal || odd {
            self.given_up = Some(error);
            self.go_on()?;
        }
        // What was taken before the trouble is given first.
        if self.held.is_empty() { Err(unreachable) } else { Ok(()) }
    }

    /// Where the consumer has given up: begins anew at the next offset, once the log is known to hold it.
    fn go_on(&mut self) -> Result<(), Error> {
        if self.given_up.is_some() {
            self.examine()?;
            self.consumer = assigned(&self.kafka, self.partition, self.next)?;
            self.given_up = None;
        }
        Ok(())
    }

    fn examine(&self) -> Result<(), Error> {
        // Their number was checked when the shard started.
        let partitions = self.kafka.partitions()?;
        let first = self.kafka.shared.watch.first();
        let remembered = first.map(|identity| Remembered { identity, last: self.last });
        preflight(&self.kafka, self.partition, self.next, partitions, remembered.as_ref())
    }
}

impl super::super::Reader for Reader {
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        if self.held.is_empty() {
            self.go_on()?;
            self.take(max, wait)?;
        }
        self.kafka.shared.watch.same(!self.held.is_empty())?;
        let given = if self.held.len() > max { self.held.drain(..max).collect() } else { std::mem::take(&mut self.held) };
        if let Some(record) = given.last() {
            self.last = Some(Fingerprint::of(record));
        }
        Ok(given)
    }
}

/// A consumer of one partition from an offset on.
fn assigned(kafka: &Kafka, partition: u32, offset: i64) -> Result<BaseConsumer, Error> {
    let consumer: BaseConsumer = kafka.shared.options.reader().create().map_err(|error| kafka.failed(&error))?;
    let mut assignment = TopicPartitionList::new();
    let number = kafka.partition_number(partition)?;
    assignment.add_partition_offset(&kafka.shared.topic, number, Offset::Offset(offset)).map_err(|error| kafka.failed(&error))?;
    consumer.assign(&assignment).map_err(|error| kafka.failed(&error))?;
    Ok(consumer)
}
