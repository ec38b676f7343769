//! Sends records to partitions that are named, in order and each once; or within a transaction, as others do.

use super::{Error, client};
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Records that wait to be sent; beyond them sending waits.
pub const WAITING_RECORDS_MAX: u32 = 100_000;
/// How long one record waits for room among them.
const ROOM_WAIT_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// A record on its way to Kafka.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Which partition.
    pub partition: u32,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
}

/// A record as other programs send them: with headers, or without a value.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// Which partition.
    pub partition: u32,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; nothing where it has none, which differs from an empty one.
    pub value: Option<&'a [u8]>,
    /// The names and values of its headers, in order.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
}

/// How long one step of a transaction may take.
const STEP_WAIT_MAX: Duration = Duration::from_secs(60);

/// A transaction of another producer. One that is neither committed nor aborted stays open until Kafka ends it.
pub struct Transaction {
    topic: String,
    client: BaseProducer,
}

impl Transaction {
    /// Begins one under an id of its own.
    ///
    /// # Errors
    /// The client library or Kafka does not take it.
    pub fn begin(brokers: &str, topic: &str, id: &str) -> Result<Self, Error> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers).set("transactional.id", id).set("linger.ms", "5").set_log_level(RDKafkaLogLevel::Error);
        let client: BaseProducer = config.create().map_err(client(brokers))?;
        client.init_transactions(STEP_WAIT_MAX).map_err(super::client(id))?;
        client.begin_transaction().map_err(super::client(id))?;
        Ok(Self { topic: topic.to_owned(), client })
    }

    /// Sends records in it, and waits until they are delivered.
    ///
    /// # Errors
    /// One is refused, or they are not delivered in time.
    pub fn send(&self, records: impl IntoIterator<Item = Outgoing>) -> Result<(), Error> {
        for record in records {
            let partition = i32::try_from(record.partition).unwrap_or(i32::MAX);
            let mut outgoing = BaseRecord::<[u8], [u8], ()>::to(&self.topic).partition(partition).payload(&record.value);
            if let Some(key) = &record.key {
                outgoing = outgoing.key(key);
            }
            while let Err((error, back)) = self.client.send(outgoing) {
                match error {
                    KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => self.client.poll(POLL),
                    error => return Err(client(&self.topic)(error)),
                }
                outgoing = back;
            }
        }
        self.client.flush(STEP_WAIT_MAX).map_err(client(&self.topic))
    }

    /// Ends it: what was sent is there for everybody.
    ///
    /// # Errors
    /// Kafka does not take that in time.
    pub fn commit(self) -> Result<(), Error> {
        self.client.commit_transaction(STEP_WAIT_MAX).map_err(client(&self.topic))
    }

    /// Ends it: what was sent is there for nobody.
    ///
    /// # Errors
    /// Kafka does not take that in time.
    pub fn abort(self) -> Result<(), Error> {
        self.client.abort_transaction(STEP_WAIT_MAX).map_err(client(&self.topic))
    }
}

/// What was delivered.
#[derive(Clone, Debug, Default)]
struct Delivered {
    count: u64,
    refused: Option<String>,
    /// The last offset of each partition.
    last: BTreeMap<u32, i64>,
}

#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<Delivered>>);

impl Ledger {
    /// A panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, Delivered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Ledger {}

impl ProducerContext for Ledger {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut delivered = self.lock();
        match result {
            Ok(record) => {
                delivered.count += 1;
                let last = delivered.last.entry(u32::try_from(record.partition()).unwrap_or(0)).or_insert(-1);
                *last = record.offset().max(*last);
            }
            Err((error, _)) => delivered.refused = Some(error.to_string()),
        }
    }
}

/// A producer for one topic.
pub struct Producer {
    topic: String,
    client: BaseProducer<Ledger>,
    delivered: Ledger,
}

impl Producer {
    /// For a topic of the brokers `HOST:PORT[,…]`; nothing is asked of them yet.
    ///
    /// # Errors
    /// The client library does not take the address.
    pub fn connect(brokers: &str, topic: &str) -> Result<Self, Error> {
        let delivered = Ledger::default();
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("compression.type", "lz4")
            .set("linger.ms", "5")
            .set("message.max.bytes", "4194304")
            .set("batch.size", "524288")
            .set("reconnect.backoff.max.ms", "1000")
            .set("queue.buffering.max.messages", WAITING_RECORDS_MAX.to_string())
            .set_log_level(RDKafkaLogLevel::Error);
        let client = config.create_with_context(delivered.clone()).map_err(client(brokers))?;
        Ok(Self { topic: topic.to_owned(), client, delivered })
    }

    /// Takes a record, and waits for room where too many wait.
    ///
    /// # Errors
    /// There was no room in time, or Kafka refused this or an earlier record.
    pub fn send(&self, record: &Outgoing) -> Result<(), Error> {
        self.send_whole(&Whole { partition: record.partition, key: record.key.as_deref(), value: Some(&record.value), headers: &[] })
    }

    /// The same of a record with headers, or without a value.
    ///
    /// # Errors
    /// As [`Producer::send`].
    pub fn send_whole(&self, record: &Whole<'_>) -> Result<(), Error> {
        let deadline = Instant::now() + ROOM_WAIT_MAX;
        let partition = i32::try_from(record.partition).unwrap_or(i32::MAX);
        let mut outgoing = BaseRecord::<[u8], [u8], ()>::to(&self.topic).partition(partition);
        if let Some(value) = record.value {
            outgoing = outgoing.payload(value);
        }
        if let Some(key) = record.key {
            outgoing = outgoing.key(key);
        }
        if !record.headers.is_empty() {
            let headers = OwnedHeaders::new_with_capacity(record.headers.len());
            outgoing = outgoing.headers(record.headers.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: *value })));
        }
        loop {
            match self.client.send(outgoing) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) if Instant::now() < deadline => {
                    self.client.poll(POLL);
                    outgoing = back;
                }
                Err((error, _)) => return Err(client(&self.topic)(error)),
            }
        }
        self.client.poll(Duration::ZERO);
        self.refused()
    }

    /// Waits until everything was delivered, and answers the last offset of each partition that was sent to.
    ///
    /// # Errors
    /// That took longer than `within`, or Kafka refused a record.
    pub fn flush(&self, within: Duration) -> Result<BTreeMap<u32, i64>, Error> {
        let late = |_| Error::Late { about: format!("delivery to {}", self.topic), within };
        self.client.flush(within).map_err(late)?;
        self.refused()?;
        Ok(self.delivered.lock().last.clone())
    }

    /// How many records were delivered.
    pub fn delivered(&self) -> u64 {
        self.client.poll(Duration::ZERO);
        self.delivered.lock().count
    }

    fn refused(&self) -> Result<(), Error> {
        let delivered = self.delivered.lock();
        match &delivered.refused {
            Some(detail) => Err(Error::Refused { delivered: delivered.count, detail: detail.clone() }),
            None => Ok(()),
        }
    }
}
