//! The client that asks: for the topic, its ends, and its configuration; and notes progress. It is never assigned a
//! partition. Every question has a bound.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};

use super::super::{Error, Watermarks};
use super::context::{Connection, Context};
use super::ending::Ending;
use super::failure::{self, Retry};
use super::options::{ANSWER_WAIT_MAX, Options, SETTLE_WAIT_MAX};

/// Events that one call takes off the library's queue.
const TIDIED_EVENTS_MAX: usize = 10_000;

/// What the brokers say of the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its id in hexadecimal; none where the broker is older than topic ids.
    pub id: Option<String>,
    /// How many partitions it has.
    pub partitions: u32,
}

/// Asks about one topic.
pub(super) struct Asker {
    brokers: String,
    topic: String,
    connection: Arc<Connection>,
    /// Sees the true end of a partition.
    consumer: Ending<BaseConsumer<Context>>,
    /// Sees it as a reader does: up to the first open transaction.
    committed: Ending<BaseConsumer<Context>>,
}

impl Asker {
    pub(super) fn new(options: &Options, topic: &str, connection: &Arc<Connection>) -> Result<Self, Error> {
        let failed = |error: KafkaError| failure::of(&options.brokers, topic, connection, &error);
        let consumer = Ending::new(options.asker(connection.role).create_with_context(Context::new(connection, topic)).map_err(failed)?);
        let committed = Ending::new(options.committed_asker().create_with_context(Context::new(connection, topic)).map_err(failed)?);
        Ok(Self { brokers: options.brokers.clone(), topic: topic.to_owned(), connection: Arc::clone(connection), consumer, committed })
    }

    pub(super) fn failed(&self, error: &KafkaError) -> Error {
        // Why is in an event that may still wait.
        self.tidy();
        failure::of(&self.brokers, &self.topic, &self.connection, error)
    }

    /// Takes lines and errors off the queues, which nobody else reads: what became of commits is among them.
    pub(super) fn tidy(&self) {
        for consumer in [&self.consumer, &self.committed] {
            for _ in 0..TIDIED_EVENTS_MAX {
                // A line that was handled is answered like an empty queue.
                let before = consumer.context().events();
                let told = consumer.poll(Duration::ZERO);
                if let Some(Err(error)) = &told {
                    consumer.context().progress_refused(error);
                }
                if told.is_none() && consumer.context().events() == before {
                    break;
                }
            }
        }
    }

    /// The topic as a broker knows it now; `None` where it knows none.
    pub(super) fn topic(&self) -> Result<Option<Found>, KafkaError> {
        let metadata = self.consumer.fetch_metadata(Some(&self.topic), ANSWER_WAIT_MAX)?;
        self.connection.answered();
        self.tidy();
        let Some(found) = metadata.topics().iter().find(|found| found.name() == self.topic) else { return Ok(None) };
        match found.error().map(Kind::from) {
            Some(Kind::UnknownTopicOrPartition | Kind::UnknownTopic) => Ok(None),
            Some(error) => Err(KafkaError::MetadataFetch(error)),
            None if found.partitions().is_empty() => Ok(None),
            None => Ok(Some(Found { id: self.consumer.context().id(), partitions: u32::try_from(found.partitions().len()).unwrap_or(u32::MAX) })),
        }
    }

    /// The first offset of a partition, and the one above the last.
    pub(super) fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        self.ends(&self.consumer, partition)
    }

    /// Up to where a partition may be read.
    pub(super) fn readable_end(&self, partition: u32) -> Result<i64, Error> {
        Ok(self.ends(&self.committed, partition)?.high)
    }

    fn ends(&self, consumer: &BaseConsumer<Context>, partition: u32) -> Result<Watermarks, Error> {
        let number = i32::try_from(partition).map_err(|_| failure::no_partition(&self.topic, partition))?;
        self.tidy();
        let mut retry = Retry::within(SETTLE_WAIT_MAX);
        loop {
            match consumer.fetch_watermarks(&self.topic, number, ANSWER_WAIT_MAX) {
                Ok((low, high)) => {
                    self.connection.answered();
                    return Ok(Watermarks { low, high });
                }
                Err(error) if failure::may_settle(&error) && retry.again() => {}
                Err(error) if failure::may_settle(&error) => return Err(self.missing_partition(partition, &error)),
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    /// A partition that does not answer: the topic is not there, does not have so many, or that one has no leader.
    fn missing_partition(&self, partition: u32, error: &KafkaError) -> Error {
        match self.topic() {
            Ok(None) => failure::missing(&self.brokers, &self.topic),
            Ok(Some(found)) if partition >= found.partitions => failure::no_partition(&self.topic, partition),
            Ok(Some(_)) => {
                let what = format!("partition {partition} of topic {} has no leader now ({error}): a broker that has its records must be up", self.topic);
                failure::unreachable(&self.brokers, &what)
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Notes offsets in the group. The answer is not waited for: a later [`Asker::tidy`] hears of it.
    pub(super) fn commit(&self, offsets: &TopicPartitionList) {
        if let Err(error) = self.consumer.commit(offsets, CommitMode::Async) {
            tracing::debug!(%error, "progress is not noted in Kafka");
        }
    }
}
