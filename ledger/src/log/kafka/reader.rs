//! Reads one partition of a topic onwards: a consumer of its own, assigned from our cursor.
//!
//! What was polled is held back until the topic is known to be the same, and given then. The library's own reconnecting
//! is trusted; what it cannot know (an offset that is not there) is looked into with a preflight; and what it says once and
//! never again (records that it must not or cannot read) is kept and said again until records come.
//!
//! The position is the consumer's own: it passes the ends of transactions, what was aborted, and what compaction removed.
//!
//! What came beside key and value is kept for [`Originals`] alone: the fold never sees it, and does not pay for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::types::RDKafkaErrorCode as Kind;
use rdkafka::{Offset, TopicPartitionList};

use super::super::preflight::{Fingerprint, Remembered, preflight};
use super::super::{Code, Error, Log, Original, Originals, Record};
use super::Kafka;
use super::context::Context;
use super::ending::Ending;
use super::headers;

/// Bytes after which a fetch takes no further record.
const FETCH_BYTES_MAX: usize = 16 << 20;

/// Holds the consumer, the next offset, and the last record given.
pub(super) struct Reader {
    kafka: Kafka,
    consumer: Ending<BaseConsumer<Context>>,
    partition: u32,
    /// The next offset to take from the consumer.
    next: i64,
    /// The next offset to give.
    position: i64,
    /// Taken, and not yet given.
    held: Vec<Record>,
    /// What came beside each of those, in the same order; nothing where nobody asks for it.
    beside: Option<VecDeque<Beside>>,
    last: Option<Fingerprint>,
    /// Why the consumer has given up on the partition, until the log is examined and it is assigned again.
    given_up: Option<KafkaError>,
    /// What stands in the way of the next record, said once by the library.
    stuck: Option<Error>,
}

/// What a record came with that is never folded.
#[derive(Default)]
struct Beside {
    /// Whether it had no value, which differs from an empty one.
    is_null: bool,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

/// What an error of the consumer means.
enum Trouble {
    /// The library overcomes it.
    Passing,
    /// It goes on by itself once its cause is gone, and says no more until then.
    Standing,
    /// The library has given up on the partition.
    GivenUp,
    /// It is about the group, in which nothing of ours is kept.
    OfTheGroup,
}

impl Reader {
    pub(super) fn new(kafka: Kafka, partition: u32, next: i64) -> Result<Self, Error> {
        let consumer = assigned(&kafka, partition, next)?;
        Ok(Self { kafka, consumer, partition, next, position: next, held: Vec::new(), beside: None, last: None, given_up: None, stuck: None })
    }

    /// One that keeps what comes beside each record.
    pub(super) fn of_originals(kafka: Kafka, partition: u32, next: i64) -> Result<Self, Error> {
        Ok(Self { beside: Some(VecDeque::new()), ..Self::new(kafka, partition, next)? })
    }

    /// Takes from the consumer until there are `max` records, or none for `wait`.
    fn take(&mut self, max: usize, wait: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + wait;
        let mut bytes = 0;
        while self.held.len() < max && bytes < FETCH_BYTES_MAX {
            // The first record is waited for, the others are there or are not.
            let left = if self.held.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            let failed = match self.consumer.poll(left) {
                None => break,
                Some(Ok(message)) => {
                    if message.offset() >= self.next {
                        let value = message.payload().unwrap_or_default().to_vec();
                        bytes += value.len();
                        self.next = message.offset().saturating_add(1);
                        self.held.push(Record { offset: message.offset(), key: message.key().map(<[u8]>::to_vec), value });
                        if let Some(beside) = &mut self.beside {
                            let headers = message.headers().map(headers::all).unwrap_or_default();
                            beside.push_back(Beside { is_null: message.payload().is_none(), headers });
                        }
                    }
                    continue;
                }
                Some(Err(error)) => error,
            };
            self.look_into(failed)?;
        }
        Ok(())
    }

    /// What an error of the consumer means: transient trouble that the library overcomes, something that stands in the way,
    /// or the end of its reading.
    fn look_into(&mut self, error: KafkaError) -> Result<(), Error> {
        let explained = self.kafka.failed(&error);
        match trouble(&error) {
            Trouble::OfTheGroup => {
                self.consumer.context().progress_refused(&error);
                return Ok(());
            }
            Trouble::Passing => {}
            Trouble::Standing if explained.code == Code::AccessDenied => self.stuck = Some(explained.clone()),
            Trouble::Standing => {
                let stuck = self.unreadable(&error);
                self.stuck = Some(stuck.clone());
                return if self.held.is_empty() { Err(stuck) } else { Ok(()) };
            }
            Trouble::GivenUp => {
                self.given_up = Some(error);
                self.go_on()?;
            }
        }
        // What was taken before the trouble is given first.
        if self.held.is_empty() { Err(explained) } else { Ok(()) }
    }

    /// A record that the library cannot read.
    fn unreadable(&self, error: &KafkaError) -> Error {
        let next = self.next;
        let detail = format!(
            "the record at offset {next} or soon after it cannot be read ({error}); this build reads {}. It is tried again: \
             see what wrote it, and whether another consumer can read it",
            super::features()
        );
        Error::new(Code::ReaderStalled, detail)
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
        // Their number was checked when the shard started, and is watched.
        let partitions = self.kafka.partitions()?;
        let first = self.kafka.shared.watch.first();
        let remembered = first.map(|identity| Remembered { identity, last: self.last });
        preflight(&self.kafka, self.partition, self.next, partitions, remembered.as_ref())
    }

    /// The next offset that the consumer will give; what lies between is no record.
    fn consumed(&self) -> i64 {
        let Ok(positions) = self.consumer.position() else { return self.next };
        let own = positions.elements().into_iter().find(|element| u32::try_from(element.partition()) == Ok(self.partition));
        match own.map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => offset.max(self.next),
            _ => self.next,
        }
    }
}

impl super::super::Reader for Reader {
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        if self.held.is_empty() {
            self.go_on()?;
            self.take(max, wait)?;
        }
        let consumed = self.consumed();
        let shared = Arc::clone(&self.kafka.shared);
        shared.watch.same(&shared.asker, consumed > self.position)?;
        let given = if self.held.len() > max { self.held.drain(..max).collect() } else { std::mem::take(&mut self.held) };
        let reached = self.held.first().map_or(consumed, |held| held.offset);
        if reached > self.position {
            (self.position, self.stuck) = (reached, None);
        }
        match (given.last(), &self.stuck) {
            (Some(last), _) => self.last = Some(Fingerprint::of(last)),
            (None, Some(stuck)) => return Err(stuck.clone()),
            (None, None) => {}
        }
        if let Some(partitions) = shared.watch.partitions() {
            shared.keys.look(self.partition, partitions, &given, &shared.topic, &shared.connection.warnings);
        }
        Ok(given)
    }

    fn position(&self) -> i64 {
        self.position
    }
}

impl Originals for Reader {
    fn fetch_one(&mut self, wait: Duration) -> Result<Option<Original>, Error> {
        // One at a time: what came beside it is then the first that is kept.
        let Some(record) = super::super::Reader::fetch(self, 1, wait)?.pop() else { return Ok(None) };
        let Beside { is_null, headers } = self.beside.as_mut().and_then(VecDeque::pop_front).unwrap_or_default();
        Ok(Some(Original { offset: record.offset, key: record.key, value: (!is_null).then_some(record.value), headers }))
    }

    fn position(&self) -> i64 {
        self.position
    }
}

fn trouble(error: &KafkaError) -> Trouble {
    if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
        return Trouble::GivenUp;
    }
    match error.rdkafka_error_code() {
        Some(Kind::AutoOffsetReset | Kind::OffsetOutOfRange | Kind::NoOffset | Kind::UnknownTopicOrPartition | Kind::UnknownTopic | Kind::UnknownPartition) => {
            Trouble::GivenUp
        }
        Some(Kind::GroupAuthorizationFailed | Kind::CoordinatorNotAvailable | Kind::NotCoordinator | Kind::CoordinatorLoadInProgress) => Trouble::OfTheGroup,
        Some(
            Kind::TopicAuthorizationFailed
            | Kind::NotImplemented
            | Kind::UnsupportedFeature
            | Kind::UnsupportedCompressionType
            | Kind::UnsupportedForMessageFormat
            | Kind::BadCompression
            | Kind::BadMessage
            | Kind::InvalidMessage
            | Kind::InvalidMessageSize
            | Kind::MessageSizeTooLarge,
        ) => Trouble::Standing,
        _ => Trouble::Passing,
    }
}

/// A consumer of one partition from an offset on.
fn assigned(kafka: &Kafka, partition: u32, offset: i64) -> Result<Ending<BaseConsumer<Context>>, Error> {
    let context = Context::new(&kafka.shared.connection, "");
    let consumer = Ending::<BaseConsumer<Context>>::new(kafka.shared.options.reader().create_with_context(context).map_err(|error| kafka.failed(&error))?);
    let mut assignment = TopicPartitionList::new();
    let number = kafka.partition_number(partition)?;
    assignment.add_partition_offset(&kafka.shared.topic, number, Offset::Offset(offset)).map_err(|error| kafka.failed(&error))?;
    consumer.assign(&assignment).map_err(|error| kafka.failed(&error))?;
    Ok(consumer)
}
