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
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, PurgeConfig, ThreadedProducer};

use super::super::{Code, Error, WarningCode};
use super::admin::Admin;
use super::context::{Connection, Context};
use super::failure;
use super::options::{DELIVERY_WAIT_MAX, LIMIT_WAIT_MAX, Options, SENT_BATCH_BYTES_MAX, SENT_BATCH_BYTES_MIN};

/// What a batch is larger than its records and their heads, in sixteenths of the topic's limit: left free.
const BATCH_MARGIN: usize = 16;
/// How long reports of records that were given up are waited for.
const REPORTS_WAIT_MAX: Duration = Duration::from_secs(2);
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

type Client = ThreadedProducer<Reports>;

struct State {
    /// None after a failure, until the next publication.
    producer: Option<Arc<Client>>,
    /// The largest batch: what each topic that was written to takes.
    batch_bytes: usize,
    /// Topics whose limit was asked for.
    asked: BTreeSet<String>,
}

impl Publisher {
    /// For the brokers `HOST:PORT[,HOST:PORT…]`. Nothing is sent yet.
    ///
    /// # Errors
    /// `kafka_unreachable` where the options are refused by the client library.
    pub fn connect(brokers: &str, options: Options) -> Result<Self, Error> {
        Self::connected(options.with_brokers(brokers), &Arc::new(Connection::default()))
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
        if error.code == Code::AccessDenied {
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
        let reports = Reports { context: Context::new(&self.connection, "") };
        let made = ThreadedProducer::from_config_and_context(&self.options.publisher(state.batch_bytes), reports);
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

/// A publication that was not acknowledged as a whole. Without a cause: the time is up.
struct Failed {
    error: Option<KafkaError>,
}

impl Failed {
    fn is_of_size(&self) -> bool {
        let code = self.error.as_ref().and_then(KafkaError::rdkafka_error_code);
        matches!(code, Some(Kind::MessageSizeTooLarge | Kind::MessageBatchTooLarge | Kind::InvalidMessageSize))
    }
}

/// Sends what has no place yet, and waits until all of it has one.
fn attempt(producer: &Client, records: &[Outgoing], placed: &mut [Option<Placed>], deadline: Instant) -> Result<Vec<Placed>, Failed> {
    let missing: Vec<usize> = placed.iter().enumerate().filter(|(_, placed)| placed.is_none()).map(|(place, _)| place).collect();
    let batch = Arc::new(Batch::of(missing.len()));
    let mut sent = Ok(());
    for (place, record) in missing.iter().filter_map(|place| records.get(*place)).enumerate() {
        sent = send(producer, record, Ticket { place, batch: Arc::clone(&batch) }, &batch, deadline);
        if sent.is_err() {
            batch.not_sent(missing.len() - place);
            break;
        }
    }
    let failed = sent.and_then(|()| batch.wait(deadline)).err();
    if failed.is_some() {
        // What is given up is reported at once, and what was delivered before is not to be sent again.
        producer.purge(PurgeConfig::default().queue().inflight());
        batch.wait_for_reports(REPORTS_WAIT_MAX);
    }
    for (place, reported) in missing.iter().zip(batch.places()) {
        if let Some(slot) = placed.get_mut(*place) {
            *slot = reported;
        }
    }
    let Some(failed) = failed else { return placed.iter().copied().collect::<Option<Vec<_>>>().ok_or(Failed { error: None }) };
    // The library's first word may be that it gives up; why is what it says of itself, or of another record.
    let error = batch.cause().or(failed);
    let error = match error {
        Some(error) if is_given_up(&error) => Some(producer.client().fatal_error().map_or(error, |(code, _)| KafkaError::MessageProduction(code))),
        error => error,
    };
    Err(Failed { error })
}

/// Hands one record to the library, waiting while its queue is full. An error without a cause: the time is up.
fn send(producer: &ThreadedProducer<Reports>, record: &Outgoing, ticket: Ticket, batch: &Batch, deadline: Instant) -> Result<(), Option<KafkaError>> {
    let mut ticket = Box::new(ticket);
    loop {
        let mut outgoing = BaseRecord::with_opaque_to(&record.topic, ticket);
        if let Some(value) = &record.value {
            outgoing = outgoing.payload(value);
        }
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
    /// Records that were not reported yet.
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

    /// The cause of the failure, as far as it was reported.
    fn cause(&self) -> Option<KafkaError> {
        self.lock().error.clone()
    }

    /// Where the records lie that were acknowledged.
    fn places(&self) -> Vec<Option<Placed>> {
        self.lock().placed.clone()
    }

    /// So many were not handed to the library, and will not be reported.
    fn not_sent(&self, count: usize) {
        let mut state = self.lock();
        state.missing = state.missing.saturating_sub(count);
    }

    /// Waits until each record has a place; the first error, or nothing where the time is up.
    fn wait(&self, deadline: Instant) -> Result<(), Option<KafkaError>> {
        let mut state = self.lock();
        loop {
            if let Some(error) = &state.error {
                return Err(Some(error.clone()));
            }
            if state.missing == 0 {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(None);
            }
            state = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until every record was reported, delivered or not, at most so long.
    fn wait_for_reports(&self, time: Duration) {
        let waiting = self.lock();
        drop(self.done.wait_timeout_while(waiting, time, |state| state.missing > 0));
    }

    fn report(&self, place: usize, report: Result<Placed, KafkaError>) {
        let mut state = self.lock();
        state.missing = state.missing.saturating_sub(1);
        match report {
            Ok(placed) => {
                if let Some(slot) = state.placed.get_mut(place) {
                    *slot = Some(placed);
                }
            }
            // That a record was given up tells less than why another was refused.
            Err(error) if state.error.as_ref().is_none_or(is_given_up) => state.error = Some(error),
            Err(_) => {}
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

/// Whether an error says no more than that a record was given up.
fn is_given_up(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Kind::Fatal | Kind::GaplessGuarantee | Kind::PurgeQueue | Kind::PurgeInflight))
}

/// Takes the library's delivery reports, and what it says besides.
struct Reports {
    context: Context,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.context.log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }
}

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
