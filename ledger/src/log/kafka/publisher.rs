//! Sends records and answers where they lie: in order per partition, each once, on disk at all replicas.
//!
//! A publication waits until Kafka has acknowledged every record of it. Where that takes too long, everything that is
//! unsent is given up and the connection thrown away: a later record is never sent past a lost one. What was under way
//! then may still arrive, so whoever needs "no gap, no repeat" reads the topic's end before publishing on.
//!
//! A topic's `max.message.bytes` limits the batch, not the record, and the client library does not split one that is too
//! large. So the limit is asked for before the first record goes to a topic; and where that is not told to us, or changes,
//! what was refused is sent again in smaller batches.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};
use rdkafka::producer::{Producer, PurgeConfig};

use super::super::{Code, Error, WarningCode};
use super::admin::Admin;
use super::context::{Connection, Role};
use super::delivery::{self, Client, Failed, attempt};
use super::failure;
use super::options::{DELIVERY_WAIT_MAX, LIMIT_WAIT_MAX, Options, SENT_BATCH_BYTES_MAX, SENT_BATCH_BYTES_MIN};

/// What a batch is larger than its records and their heads, in sixteenths of the topic's limit: left free.
const BATCH_MARGIN: usize = 16;

/// A record to publish.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// To which topic.
    pub topic: String,
    /// To which partition; none: the one that Kafka's default, murmur2, says of the key.
    pub partition: Option<u32>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; nothing: it has none, which differs from an empty one.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Where a published record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its partition.
    pub partition: u32,
    /// Its offset.
    pub offset: i64,
}

/// Sends records to any topic. Used by many threads at once.
pub struct Publisher {
    options: Options,
    connection: Arc<Connection>,
    state: Mutex<State>,
}

struct State {
    /// None after a failure, until the next publication.
    producer: Option<Arc<Client>>,
    /// The largest batch: what each topic that was written to takes.
    batch_bytes: usize,
    /// Topics whose limit was asked for.
    asked: BTreeSet<String>,
}

impl Publisher {
    /// For the brokers `HOST:PORT[,HOST:PORT…]`, to write topics other than the one that is folded. Nothing is sent yet.
    ///
    /// # Errors
    /// `kafka_unreachable` where the options are refused by the client library.
    pub fn connect(brokers: &str, options: Options) -> Result<Self, Error> {
        Self::connected(options.with_brokers(brokers), &Arc::new(Connection::of_output()))
    }

    /// One of several clients that explain their failures together.
    pub(super) fn connected(options: Options, connection: &Arc<Connection>) -> Result<Self, Error> {
        let state = State { producer: None, batch_bytes: SENT_BATCH_BYTES_MAX, asked: BTreeSet::new() };
        let publisher = Self { options, connection: Arc::clone(connection), state: Mutex::new(state) };
        publisher.producer()?;
        Ok(publisher)
    }

    /// Publishes records and answers where each lies.
    ///
    /// # Errors
    /// `topic_missing`; `access_denied`; `kafka_unreachable` where not all of them were acknowledged in time. Some may then
    /// have been written, and of each partition only a first part.
    pub fn publish(&self, records: Vec<Outgoing>) -> Result<Vec<Placed>, Error> {
        let deadline = Instant::now() + DELIVERY_WAIT_MAX;
        for topic in records.iter().map(|record| record.topic.as_str()).collect::<BTreeSet<_>>() {
            self.learn_limit(topic);
        }
        let mut placed = vec![None; records.len()];
        loop {
            let producer = self.producer()?;
            let failed = match attempt(&producer, &records, &mut placed, deadline) {
                Ok(all) => {
                    self.connection.answered();
                    self.connection.warnings.end(WarningCode::WriteRefused);
                    return Ok(all);
                }
                Err(failed) => failed,
            };
            self.give_up(&producer);
            if failed.is_of_size() && self.shrink() && Instant::now() < deadline {
                continue;
            }
            return Err(self.explained(&records, &failed));
        }
    }

    /// What a failure means, and whether it is to be told of the log as a whole.
    fn explained(&self, records: &[Outgoing], failed: &Failed) -> Error {
        let (brokers, topic) = (&self.options.brokers, records.first().map_or("", |record| record.topic.as_str()));
        let largest = records.iter().map(|record| length(record.value.as_deref()) + length(record.key.as_deref())).max().unwrap_or(0);
        let error = match &failed.error {
            Some(error) if failed.is_of_size() => {
                let what = format!("topic {topic} takes no record of {largest} bytes ({error}); raise its max.message.bytes");
                failure::refuses(brokers, &what)
            }
            Some(error) => failure::of(brokers, topic, &self.connection, error),
            None if self.connection.refused().is_some() => failure::of(brokers, topic, &self.connection, &KafkaError::Global(Kind::OperationTimedOut)),
            None => {
                let what = format!("{} records for topic {topic} were not acknowledged within {} s", records.len(), DELIVERY_WAIT_MAX.as_secs());
                failure::unreachable(brokers, &what)
            }
        };
        if error.code == Code::AccessDenied && self.connection.role == Role::Input {
            self.connection.warnings.begin(WarningCode::WriteRefused, || {
                format!("events cannot be appended by `POST /v1/events`: {}. Grant WRITE on topic {topic} to the service's user", error.detail)
            });
        }
        error
    }

    fn producer(&self) -> Result<Arc<Client>, Error> {
        let mut state = self.lock();
        if let Some(producer) = &state.producer {
            return Ok(Arc::clone(producer));
        }
        let made = delivery::client(&self.options.publisher(state.batch_bytes), &self.connection);
        let made = Arc::new(made.map_err(|error| failure::of(&self.options.brokers, "", &self.connection, &error))?);
        state.producer = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Takes everything unsent out of the queues and lets the next publication connect anew.
    fn give_up(&self, failed: &Arc<Client>) {
        let mut state = self.lock();
        if state.producer.as_ref().is_some_and(|current| Arc::ptr_eq(current, failed)) {
            state.producer = None;
        }
        drop(state);
        failed.purge(PurgeConfig::default().queue().inflight());
    }

    /// Asks once for the largest batch that a topic takes. Where that is not told to us, the usual one is tried.
    fn learn_limit(&self, topic: &str) {
        if self.lock().asked.contains(topic) {
            return;
        }
        let Ok(admin) = Admin::connect(&self.options.brokers, self.options.clone()) else { return };
        let Ok(limit) = admin.topic_setting_within(topic, "max.message.bytes", LIMIT_WAIT_MAX) else { return };
        let limit = limit.and_then(|limit| limit.parse::<usize>().ok()).map_or(SENT_BATCH_BYTES_MAX, |limit| limit - limit / BATCH_MARGIN);
        let mut state = self.lock();
        state.asked.insert(topic.to_owned());
        if limit < state.batch_bytes {
            state.batch_bytes = limit.max(SENT_BATCH_BYTES_MIN);
            state.producer = None;
        }
    }

    /// Halves the largest batch; `false` where it is one record already.
    fn shrink(&self) -> bool {
        let mut state = self.lock();
        if state.batch_bytes <= SENT_BATCH_BYTES_MIN {
            return false;
        }
        state.batch_bytes = (state.batch_bytes / 2).max(SENT_BATCH_BYTES_MIN);
        state.producer = None;
        true
    }

    /// A panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a key or value is.
fn length(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(0, <[u8]>::len)
}
