//! One try to have records delivered: each is handed to the client library, and each is waited for until the library reports where it lies,
//! or why it is not there.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Kind};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, PurgeConfig, ThreadedProducer};

use super::context::{Connection, Context};
use super::publisher::{Outgoing, Placed};

/// How long reports of records that were given up are waited for.
const REPORTS_WAIT_MAX: Duration = Duration::from_secs(2);
/// Between two tries while the queue of the client library is full.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(2);

/// A producer of the client library, with a thread that takes its reports.
pub(super) type Client = ThreadedProducer<Reports>;

/// Makes one; nothing is sent yet.
pub(super) fn client(config: &ClientConfig, connection: &Arc<Connection>) -> KafkaResult<Client> {
    ThreadedProducer::from_config_and_context(config, Reports { context: Context::new(connection, "") })
}

/// A publication that was not acknowledged as a whole. Without a cause: the time is up.
pub(super) struct Failed {
    /// The cause, as far as the library said it.
    pub error: Option<KafkaError>,
}

impl Failed {
    /// Whether the records, or their batch, are larger than the topic takes.
    pub fn is_of_size(&self) -> bool {
        let code = self.error.as_ref().and_then(KafkaError::rdkafka_error_code);
        matches!(code, Some(Kind::MessageSizeTooLarge | Kind::MessageBatchTooLarge | Kind::InvalidMessageSize))
    }
}

/// Sends what has no place yet, and waits until all of it has one.
pub(super) fn attempt(producer: &Client, records: &[Outgoing], placed: &mut [Option<Placed>], deadline: Instant) -> Result<Vec<Placed>, Failed> {
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
fn send(producer: &Client, record: &Outgoing, ticket: Ticket, batch: &Batch, deadline: Instant) -> Result<(), Option<KafkaError>> {
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
pub(super) struct Ticket {
    place: usize,
    batch: Arc<Batch>,
}

/// Whether an error says no more than that a record was given up.
fn is_given_up(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Kind::Fatal | Kind::GaplessGuarantee | Kind::PurgeQueue | Kind::PurgeInflight))
}

/// Takes the library's delivery reports, and what it says besides.
pub(super) struct Reports {
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
