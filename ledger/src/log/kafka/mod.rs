//! The log as a topic of Apache Kafka, and the topics that the ledger writes.
//!
//! - [`Kafka`] is the [`Log`]: each reader is a consumer of one partition from our own cursor ([`reader`]); the topic's id
//!   is asked again while records are read, so that a topic that was made again is never folded ([`identity`]).
//! - [`Publisher`] writes records and answers where they lie ([`publisher`]).
//! - [`Admin`] makes topics ([`admin`]).
//!
//! Nothing is asked of Kafka before it is needed: a service starts while Kafka is away. Every question has a bound
//! ([`options`]); what a moment after a broker's start or a topic's making answers wrongly is asked again within it.
//! Read committed: offsets have gaps where transactions ended.

mod admin;
mod failure;
mod identity;
mod metadata;
mod options;
mod publisher;
mod reader;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

pub use admin::Admin;
pub use options::Options;
pub use publisher::{Outgoing, Placed, Publisher};

use super::{Append, Error, Log, Watermarks};
use failure::Retry;
use identity::Watch;
use options::{ANSWER_WAIT_MAX, PROGRESS_INTERVAL, SETTLE_WAIT_MAX};

/// Events that one call takes off the asker's queue.
const TIDIED_EVENTS_MAX: usize = 1000;

struct Shared {
    topic: String,
    options: Options,
    /// Asks for partitions and watermarks, and commits the group's offsets; it is never assigned a partition.
    asker: BaseConsumer,
    publisher: Publisher,
    watch: Watch,
    progress: Mutex<Progress>,
}

/// Offsets that wait to be committed for tools that watch lag.
struct Progress {
    waiting: BTreeMap<u32, i64>,
    committed_at: Instant,
}

/// A topic as the log. Clones are the same connection.
#[derive(Clone)]
pub struct Kafka {
    shared: Arc<Shared>,
}

impl Kafka {
    /// The topic `topic` of the brokers `HOST:PORT[,HOST:PORT…]`. Nothing is asked of Kafka yet.
    ///
    /// # Errors
    /// `kafka_unreachable` where the options are refused by the client library.
    pub fn connect(brokers: &str, topic: &str, options: Options) -> Result<Self, Error> {
        let options = options.with_brokers(brokers);
        let asker = options.asker().create().map_err(|error| failure::of(brokers, topic, &error))?;
        let publisher = Publisher::connect(brokers, options.clone())?;
        let watch = Watch::new(brokers, topic, options.plain_text());
        let progress = Mutex::new(Progress { waiting: BTreeMap::new(), committed_at: Instant::now() });
        Ok(Self { shared: Arc::new(Shared { topic: topic.to_owned(), options, asker, publisher, watch, progress }) })
    }

    fn failed(&self, error: &KafkaError) -> Error {
        failure::of(&self.shared.options.brokers, &self.shared.topic, error)
    }

    fn partition_number(&self, partition: u32) -> Result<i32, Error> {
        i32::try_from(partition).map_err(|_| failure::no_partition(&self.shared.topic, partition))
    }

    /// Takes answers to commits, and errors, off the asker's queue, which nobody else reads.
    fn tidy(&self) {
        for _ in 0..TIDIED_EVENTS_MAX {
            if self.shared.asker.poll(Duration::ZERO).is_none() {
                return;
            }
        }
    }

    /// One question for the number of partitions; an error of the topic is an error.
    fn ask_partitions(&self) -> Result<u32, KafkaError> {
        let metadata = self.shared.asker.fetch_metadata(Some(&self.shared.topic), ANSWER_WAIT_MAX)?;
        let unknown = KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition);
        let Some(found) = metadata.topics().iter().find(|found| found.name() == self.shared.topic) else { return Err(unknown) };
        match found.error() {
            Some(error) => Err(KafkaError::MetadataFetch(error.into())),
            None if found.partitions().is_empty() => Err(unknown),
            None => Ok(u32::try_from(found.partitions().len()).unwrap_or(u32::MAX)),
        }
    }

    /// Commits what waits, at most once an interval; the answer is not waited for.
    fn commit_progress(&self, partition: u32, next_offset: i64) -> Result<(), KafkaError> {
        let mut progress = self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.waiting.insert(partition, next_offset);
        if progress.committed_at.elapsed() < PROGRESS_INTERVAL {
            return Ok(());
        }
        progress.committed_at = Instant::now();
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in std::mem::take(&mut progress.waiting) {
            if let Ok(partition) = i32::try_from(partition) {
                offsets.add_partition_offset(&self.shared.topic, partition, Offset::Offset(offset))?;
            }
        }
        drop(progress);
        self.shared.asker.commit(&offsets, CommitMode::Async)?;
        Ok(())
    }
}

impl Log for Kafka {
    fn partitions(&self) -> Result<u32, Error> {
        let mut retry = Retry::within(SETTLE_WAIT_MAX);
        loop {
            match self.ask_partitions() {
                Ok(partitions) => return Ok(partitions),
                Err(error) if failure::may_settle(&error) && retry.again() => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    fn identity(&self) -> Result<String, Error> {
        self.shared.watch.identity()
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        self.tidy();
        let number = self.partition_number(partition)?;
        let mut retry = Retry::within(SETTLE_WAIT_MAX);
        loop {
            match self.shared.asker.fetch_watermarks(&self.shared.topic, number, ANSWER_WAIT_MAX) {
                Ok((low, high)) => return Ok(Watermarks { low, high }),
                Err(error) if failure::may_settle(&error) && retry.again() => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn super::Reader>, Error> {
        Ok(Box::new(reader::Reader::new(self.clone(), partition, offset)?))
    }

    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error> {
        let topic = &self.shared.topic;
        let outgoing =
            |record: Append| Outgoing { topic: topic.clone(), partition: Some(record.partition), key: record.key, value: record.value, headers: Vec::new() };
        let placed = self.shared.publisher.publish(records.into_iter().map(outgoing).collect())?;
        Ok(placed.into_iter().map(|placed| placed.offset).collect())
    }

    fn note_progress(&self, partition: u32, next_offset: i64) {
        self.tidy();
        if let Err(error) = self.commit_progress(partition, next_offset) {
            tracing::debug!(partition, next_offset, %error, "progress is not noted in Kafka");
        }
    }
}
