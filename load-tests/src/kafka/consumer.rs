//! Reads a topic as its consumers do: `read_committed`, every partition, from the first record on.

use super::{Error, client};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// A reader of one topic.
pub struct Committed(BaseConsumer);

/// A record, and when it was there for its reader.
#[derive(Clone, Debug)]
pub struct Came {
    /// Its partition.
    pub partition: u32,
    /// Its value.
    pub value: Vec<u8>,
    /// When it came.
    pub at: Instant,
}

impl Committed {
    /// Of a topic with so many partitions.
    ///
    /// # Errors
    /// The client library refuses its options, or the topic.
    pub fn open(brokers: &str, topic: &str, partitions: u32) -> Result<Self, Error> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers).set("group.id", "load-tests").set("enable.auto.commit", "false").set("isolation.level", "read_committed");
        // What is measured is when a record is there, not how seldom a reader asks.
        config.set("fetch.wait.max.ms", "10").set("fetch.error.backoff.ms", "5");
        config.set("auto.offset.reset", "earliest").set_log_level(RDKafkaLogLevel::Error);
        let consumer: BaseConsumer = config.create().map_err(client(topic))?;
        let mut all = TopicPartitionList::new();
        for partition in 0..partitions {
            all.add_partition_offset(topic, i32::try_from(partition).unwrap_or(i32::MAX), Offset::Beginning).map_err(client(topic))?;
        }
        consumer.assign(&all).map_err(client(topic))?;
        Ok(Self(consumer))
    }

    /// The next record; nothing where none came in this time. What the client library mends by itself is not told.
    pub fn next(&self, wait: Duration) -> Option<Came> {
        let record = self.0.poll(wait)?.ok()?;
        let at = Instant::now();
        Some(Came { partition: u32::try_from(record.partition()).ok()?, value: record.payload()?.to_vec(), at })
    }
}
