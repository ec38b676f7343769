//! The log as a topic of Apache Kafka, and the topics that the ledger writes.
//!
//! - [`Kafka`] is the [`Log`]: each reader is a consumer of one partition from our own cursor ([`reader`]); the topic is
//!   asked about again while records are read, so that one that was made again, or has got more partitions, is never
//!   folded ([`identity`]). Questions are asked by one client ([`asker`]), and explained ([`failure`]) by what all of them hear
//!   ([`context`], [`refusal`]).
//! - [`Publisher`] writes records and answers where they lie ([`publisher`]), by one try or more ([`delivery`]).
//! - [`stream`] writes the ledger's own outputs, each record exactly once.
//! - [`Admin`] makes topics, and asks how they are configured ([`admin`]).
//! - [`Options`] are what an operator may set ([`properties`]).
//! - [`Group`] shares partitions out among nodes ([`group`]); nothing is read through it.
//! - [`ending`] bounds the end of a client.
//! - [`keys`] looks at a sample of keys: whether whoever writes them shares them out as the ledger does.
//!
//! Nothing is asked of Kafka before it is needed: a service starts while Kafka is away. Every question has a bound
//! ([`options`]); what a moment after a broker's start or a topic's making answers wrongly is asked again within it.
//! Read committed: offsets have gaps where transactions ended, and where they were aborted.

mod admin;
mod asker;
mod context;
mod delivery;
mod ending;
mod failure;
mod group;
mod headers;
mod identity;
mod keys;
mod options;
mod properties;
mod publisher;
mod reader;
mod refusal;
pub mod stream;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

pub use admin::Admin;
pub use group::Group;
pub use options::{Options, features, version};
pub use properties::Refused;
pub use publisher::{Outgoing, Placed, Publisher};

use super::{Append, Error, Log, Originals, Record, Warning, WarningCode, Watermarks};
use asker::Asker;
use context::Connection;
use identity::Watch;
use keys::Keys;
use options::{PROGRESS_INTERVAL, SAMPLE_RECORDS_MAX, SAMPLE_WAIT_MAX};

/// The first byte of a value that is framed by a schema's id.
const FRAMED: u8 = 0;

struct Shared {
    topic: String,
    options: Options,
    connection: Arc<Connection>,
    asker: Asker,
    publisher: Publisher,
    watch: Watch,
    keys: Keys,
    /// Whether the topic's configuration was looked at.
    looked_over: Mutex<bool>,
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
        let connection = Arc::new(Connection::default());
        let asker = Asker::new(&options, topic, &connection)?;
        let publisher = Publisher::connected(options.clone(), &connection)?;
        let progress = Mutex::new(Progress { waiting: BTreeMap::new(), committed_at: Instant::now() });
        let (watch, keys) = (Watch::new(brokers, topic), Keys::default());
        let looked_over = Mutex::new(false);
        Ok(Self { shared: Arc::new(Shared { topic: topic.to_owned(), options, connection, asker, publisher, watch, keys, looked_over, progress }) })
    }

    fn failed(&self, error: &KafkaError) -> Error {
        self.shared.asker.failed(error)
    }

    fn partition_number(&self, partition: u32) -> Result<i32, Error> {
        i32::try_from(partition).map_err(|_| failure::no_partition(&self.shared.topic, partition))
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
        self.shared.asker.commit(&offsets);
        Ok(())
    }

    /// How the topic is configured: what is removed of it, after how long, and by whose time; nothing where that is not told to us.
    fn settings(&self) -> Option<[Option<String>; 3]> {
        let admin = Admin::connect(&self.shared.options.brokers, self.shared.options.clone()).ok()?;
        admin.topic_settings(&self.shared.topic, ["cleanup.policy", "retention.ms", "message.timestamp.type"]).ok()
    }

    /// Tells once where records of the topic vanish before they may have been folded.
    fn look_over_topic(&self) {
        if std::mem::replace(&mut *self.shared.looked_over.lock().unwrap_or_else(PoisonError::into_inner), true) {
            return;
        }
        let Some([policy, retention, stamped]) = self.settings() else { return };
        let (topic, warnings) = (&self.shared.topic, &self.shared.connection.warnings);
        if let Some(policy) = policy.as_deref().filter(|policy| policy.contains("compact")) {
            warnings.begin(WarningCode::TopicCompacted, || {
                format!(
                    "the topic {topic} has cleanup.policy={policy}: of a merchant's events it keeps the last alone, so the ledger can never be folded again \
                     from it. Set cleanup.policy=delete and retention.ms=-1 on it, and bring back what is gone"
                )
            });
        }
        let is_deleted = policy.as_deref().is_none_or(|policy| policy.contains("delete"));
        let retention = retention.filter(|retention| is_deleted && retention.parse::<i64>().is_ok_and(|retention| retention >= 0));
        if let (Some(retention), Some("CreateTime")) = (retention, stamped.as_deref()) {
            warnings.begin(WarningCode::TopicRetention, || {
                format!(
                    "the topic {topic} has retention.ms={retention} and message.timestamp.type=CreateTime: a record is deleted by the time that its producer \
                     stamped it with, so one that is stamped with an old time may be gone before it is folded. Set retention.ms=-1 on it, or \
                     message.timestamp.type=LogAppendTime where a copy of the log is kept elsewhere"
                )
            });
        }
    }

    /// Looks at the keys of the last records of a partition.
    fn sample(&self, partition: u32) -> Result<(), Error> {
        let ends = self.shared.asker.watermarks(partition)?;
        if ends.low == ends.high {
            return Ok(());
        }
        let records = i64::try_from(SAMPLE_RECORDS_MAX).unwrap_or(i64::MAX);
        let mut reader = reader::Reader::new(self.clone(), partition, ends.low.max(ends.high.saturating_sub(records)))?;
        let deadline = Instant::now() + SAMPLE_WAIT_MAX;
        // Each fetch looks at the keys of what it gives.
        while super::Reader::position(&reader) < ends.high && Instant::now() < deadline {
            super::Reader::fetch(&mut reader, SAMPLE_RECORDS_MAX, deadline.saturating_duration_since(Instant::now()).min(Duration::from_millis(200)))?;
        }
        Ok(())
    }
}

impl Log for Kafka {
    fn partitions(&self) -> Result<u32, Error> {
        Ok(self.shared.watch.now(&self.shared.asker)?.1)
    }

    fn identity(&self) -> Result<String, Error> {
        Ok(self.shared.watch.now(&self.shared.asker)?.0)
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        self.shared.asker.watermarks(partition)
    }

    fn readable_end(&self, partition: u32) -> Result<i64, Error> {
        self.shared.asker.readable_end(partition)
    }

    fn loses_records(&self) -> bool {
        self.settings().and_then(|[policy, ..]| policy).is_none_or(|policy| policy.contains("compact"))
    }

    fn look_over(&self, partition: u32) {
        self.look_over_topic();
        if let Err(error) = self.sample(partition) {
            tracing::debug!(partition, %error, "no sample of keys was read");
        }
    }

    fn warnings(&self) -> Vec<Warning> {
        // What was heard since the last question.
        self.shared.asker.tidy();
        self.shared.connection.warnings.all()
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn super::Reader>, Error> {
        Ok(Box::new(reader::Reader::new(self.clone(), partition, offset)?))
    }

    fn originals(&self, partition: u32, offset: i64) -> Result<Box<dyn Originals>, Error> {
        Ok(Box::new(reader::Reader::of_originals(self.clone(), partition, offset)?))
    }

    fn plain(&self, partition: u32, record: &Record) -> Result<Option<Vec<u8>>, Error> {
        let options = &self.shared.options;
        let from = options.framed_from.get(partition as usize).copied().unwrap_or(0);
        match &options.decoder {
            Some(decoder) if record.value.first() == Some(&FRAMED) && record.offset >= from => decoder.decode(&record.value),
            Some(_) | None => Ok(None),
        }
    }

    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error> {
        let topic = &self.shared.topic;
        // What was made again under the name takes nothing that was meant for the topic that is folded.
        self.shared.watch.same_once_settled(&self.shared.asker)?;
        let outgoing = |record: Append| Outgoing {
            topic: topic.clone(),
            partition: Some(record.partition),
            key: record.key,
            value: Some(record.value),
            headers: Vec::new(),
        };
        let placed = self.shared.publisher.publish(records.into_iter().map(outgoing).collect())?;
        Ok(placed.into_iter().map(|placed| placed.offset).collect())
    }

    fn note_progress(&self, partition: u32, next_offset: i64) {
        self.shared.asker.tidy();
        if let Err(error) = self.commit_progress(partition, next_offset) {
            tracing::debug!(partition, next_offset, %error, "progress is not noted in Kafka");
        }
    }
}
