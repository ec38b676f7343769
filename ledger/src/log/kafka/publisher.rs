//! Sends records and answers where they lie: in order per partition, each once, on disk at all replicas.
//!
//! A publication waits until Kafka has acknowledged every record of it. Where that takes too long, everything that is
//! unsent is given up and the connection thrown away: a later record is never sent past a lost one. What was under way
//! then may still arrive, so whoever needs "no gap, no repeat" reads the topic's end before publishing on.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, PurgeConfig, ThreadedProducer};

use super::super::Error;
use super::failure;
use super::options::{DELIVERY_WAIT_MAX, Options};

/// Between two tries while the queue of the client library is full.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(2);

/// A record to publish.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// To which topic.
    pub topic: String,
    /// To which partition; none: the one that Kafka's default, murmur2, says of the key.
    pub partition: Option<u32>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
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
    /// None after a failure, until the next publication.
    producer: Mutex<Option<Arc<ThreadedProducer<Reports>>>>,
}

impl Publisher {
    /// For the brokers `HOST:PORT[,HOST:PORT…]`. Nothing is sent yet.
    ///
    /// # Errors
    /// `kafka_unreachable` where the options are refused by the client library.
    pub fn connect(brokers: &str, options: Options) -> Result<Self, Error> {
        let publisher = Self { options: options.with_brokers(brokers), producer: Mutex::new(None) };
        publisher.producer()?;
        Ok(publisher)
    }

    /// Publishes records and answers where each lies.
    ///
    /// # Errors
    /// `topic_missing`; `kafka_unreachable` where not all of them were acknowledged in time. Some may then have been
    /// written, and of each partition only a first part.
    pub fn publish(&self, records: Vec<Outgoing>) -> Result<Vec<Placed>, Error> {
        let deadline = Instant::now() + DELIVERY_WAIT_MAX;
        let producer = self.producer()?;
        let batch = Arc::new(Batch::of(records.len()));
        let mut sent = Ok(());
        for (place, record) in records.iter().enumerate() {
            sent = send(&producer, record, Ticket { place, batch: Arc::clone(&batch) }, &batch, deadline);
            if sent.is_err() {
                break;
            }
        }
        let placed = match sent {
            Ok(()) => batch.wait(deadline),
            Err(error) => Err(error),
        };
        placed.map_err(|error| {
            self.give_up(&producer);
            let topics: Vec<&str> = records.iter().map(|record| record.topic.as_str()).collect();
            let topic = topics.first().copied().unwrap_or_default();
            match error {
                Some(error) => failure::of(&self.options.brokers, topic, &error),
                None => failure::unreachable(
                    &self.options.brokers,
                    &format!("{} records for topic {topic} were not acknowledged within {} s", records.len(), DELIVERY_WAIT_MAX.as_secs()),
                ),
            }
        })
    }

    fn producer(&self) -> Result<Arc<ThreadedProducer<Reports>>, Error> {
        let mut producer = self.lock();
        if let Some(producer) = &*producer {
            return Ok(Arc::clone(producer));
        }
        let made = ThreadedProducer::from_config_and_context(&self.options.publisher(), Reports);
        let made = Arc::new(made.map_err(|error| failure::of(&self.options.brokers, "", &error))?);
        *producer = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Takes everything unsent out of the queues and lets the next publication connect anew.
    fn give_up(&self, failed: &Arc<ThreadedProducer<Reports>>) {
        let mut producer = self.lock();
        if producer.as_ref().is_some_and(|current| Arc::ptr_eq(current, failed)) {
            *producer = None;
        }
        drop(producer);
        failed.purge(PurgeConfig::default().queue().inflight());
    }

    /// A panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, Option<Arc<ThreadedProducer<Reports>>>> {
        self.producer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands one record to the library, waiting while its queue is full. An error without a cause: the time is up.
fn send(producer: &ThreadedProducer<Reports>, record: &Outgoing, ticket: Ticket, batch: &Batch, deadline: Instant) -> Result<(), Option<KafkaError>> {
    let mut ticket = Box::new(ticket);
    loop {
        let mut outgoing = BaseRecord::with_opaque_to(&record.topic, ticket).payload(&record.value);
        if let Some(partition) = record.partition {
            outgoing = outgoing.partition(i32::try_from(partition).unwrap_or(i32::MAX));
        }
        if let Some(key) = &record.key {
            outgoing = outgoing.key(key);
        }
        if !record.headers.is_empty() {
            let headers = OwnedHeaders::new_with_capacity(record.headers.len());
            outgoing = outgoing.headers(record.headers.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) })));
        }
        match producer.send(outgoing) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(Kind::QueueFull), refused)) => {
                if Instant::now() >= deadline || batch.failed() {
                    return Err(None);
                }
                ticket = refused.delivery_opaque;
                std::thread::sleep(FULL_QUEUE_PAUSE);
            }
            Err((error, _)) => return Err(Some(error)),
        }
    }
}

/// A publication that waits for its reports.
struct Batch {
    state: Mutex<Reported>,
    done: Condvar,
}

struct Reported {
    placed: Vec<Option<Placed>>,
    missing: usize,
    error: Option<KafkaError>,
}

impl Batch {
    fn of(count: usize) -> Self {
        Self { state: Mutex::new(Reported { placed: vec![None; count], missing: count, error: None }), done: Condvar::new() }
    }

    fn failed(&self) -> bool {
        self.lock().error.is_some()
    }

    /// All the places, or the first error, or nothing where the time is up.
    fn wait(&self, deadline: Instant) -> Result<Vec<Placed>, Option<KafkaError>> {
        let mut state = self.lock();
        loop {
            if let Some(error) = &state.error {
                return Err(Some(error.clone()));
            }
            if state.missing == 0 {
                return state.placed.iter().copied().collect::<Option<Vec<_>>>().ok_or(None);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(None);
            }
            state = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn report(&self, place: usize, report: Result<Placed, KafkaError>) {
        let mut state = self.lock();
        match report {
            Ok(placed) => {
                if let Some(slot) = state.placed.get_mut(place) {
                    *slot = Some(placed);
                }
                state.missing = state.missing.saturating_sub(1);
            }
            Err(error) => {
                state.error.get_or_insert(error);
            }
        }
        if state.missing == 0 || state.error.is_some() {
            self.done.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Reported> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes with a record through the library and back in its report.
struct Ticket {
    place: usize,
    batch: Arc<Batch>,
}

/// Takes the library's delivery reports.
struct Reports;

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let report = match result {
            Ok(message) => Ok(Placed { partition: u32::try_from(message.partition()).unwrap_or(u32::MAX), offset: message.offset() }),
            Err((error, _)) => Err(error.clone()),
        };
        ticket.batch.report(ticket.place, report);
    }
}
