//! One partition of one output: a producer of one transactional id, and one transaction after the other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext, PurgeConfig};

use super::super::super::{Code, Error};
use super::super::context::Context;
use super::super::failure;
use super::super::publisher::Outgoing;
use super::end::{End, end_of};
use super::topic::StreamTopic;
use super::{COMMIT_WAIT_MAX, OPEN_WAIT_MAX};

/// Between two looks at what the library says. The crate's own wait keeps the processor busy for its last millisecond.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Before a broker that could not open the transactional id is asked again.
const OPEN_PAUSE: Duration = Duration::from_millis(100);
/// How long an abort is waited for: where it does not come about, the next opening does the same.
const ABORT_WAIT_MAX: Duration = Duration::from_secs(2);

/// Writes one partition of one topic.
pub struct StreamWriter {
    topic: Arc<StreamTopic>,
    partition: u32,
    producer: BaseProducer<Reports>,
    /// One above the last offset that is known: records of ours lie from there on, or the topic is another one.
    end: i64,
}

impl StreamWriter {
    /// Opens the transactional id, which fences whoever had it and ends what that one left open, and reads where the
    /// partition ends.
    ///
    /// # Errors
    /// `topic_missing`, `access_denied`, `kafka_unreachable`; `transaction_open` where a transaction stays open there.
    pub fn open(topic: &Arc<StreamTopic>, partition: u32, transactional_id: &str) -> Result<(Self, End), Error> {
        topic.forget();
        let failed = |error: KafkaError| topic.failed(&error);
        let config = topic.options.stream(transactional_id, topic.batch_bytes());
        let reports = Reports { context: Context::new(&topic.connection, ""), reported: Mutex::default() };
        let producer: BaseProducer<Reports> = BaseProducer::from_config_and_context(&config, reports).map_err(failed)?;
        let deadline = Instant::now() + OPEN_WAIT_MAX;
        loop {
            match producer.init_transactions(deadline.saturating_duration_since(Instant::now()).min(OPEN_WAIT_MAX)) {
                Ok(()) => break,
                Err(error) if is_retriable(&error) && Instant::now() < deadline => producer.poll(OPEN_PAUSE),
                Err(error) => return Err(failed(error)),
            }
        }
        let (topic_id, _) = topic.look_afresh()?;
        let end = end_of(topic, topic_id, partition)?;
        Ok((Self { topic: Arc::clone(topic), partition, producer, end: end.offset }, end))
    }

    /// One above the last offset that is known.
    pub const fn end(&self) -> i64 {
        self.end
    }

    /// Writes records in one transaction. After an error the writer is of no use: open it again, and read where the
    /// partition ends, because the transaction may have been committed.
    ///
    /// # Errors
    /// `stream_fenced` where another one has the transactional id now or this one stalled; `topic_recreated` where the records
    /// lie in another topic of the name, which nobody saw; else as [`StreamWriter::open`].
    pub fn commit(&mut self, records: &[Outgoing]) -> Result<(), Error> {
        let written = self.write(records);
        if written.is_err() {
            self.producer.purge(PurgeConfig::default().queue().inflight());
            // Whether that comes about makes no difference: whoever opens the transactional id ends it, too.
            let _ = self.producer.abort_transaction(ABORT_WAIT_MAX);
        }
        written
    }

    fn write(&mut self, records: &[Outgoing]) -> Result<(), Error> {
        let deadline = Instant::now() + COMMIT_WAIT_MAX;
        *self.producer.context().lock() = Reported::default();
        self.producer.begin_transaction().map_err(|error| self.failed(&error))?;
        for record in records {
            self.send(record, deadline)?;
        }
        // Without a wait it says that nothing is to linger. With one it takes a tenth of a second, however soon all is delivered.
        self.producer.flush(Duration::ZERO).or_else(|error| if is_timeout(&error) { Ok(()) } else { Err(self.failed(&error)) })?;
        loop {
            self.producer.poll(Duration::ZERO);
            let reported = self.producer.context().lock();
            if let Some(error) = &reported.error {
                return Err(self.failed(error));
            }
            if reported.count >= records.len() {
                break;
            }
            drop(reported);
            self.in_time(deadline)?;
            std::thread::sleep(LOOK_EVERY);
        }
        let Reported { lowest, highest, .. } = *self.producer.context().lock();
        if lowest.is_some_and(|lowest| lowest < self.end) {
            self.topic.forget();
            let detail = format!("the topic {} was deleted and made again while it was written to; where to write on is looked for anew", self.topic.name);
            return Err(Error::new(Code::TopicRecreated, detail));
        }
        self.commit_transaction(deadline)?;
        // The end of the transaction takes an offset, too.
        self.end = highest.map_or(self.end, |highest| highest.saturating_add(2));
        self.topic.connection.answered();
        Ok(())
    }

    fn commit_transaction(&self, deadline: Instant) -> Result<(), Error> {
        loop {
            match self.producer.commit_transaction(deadline.saturating_duration_since(Instant::now()).min(COMMIT_WAIT_MAX)) {
                Ok(()) => return Ok(()),
                // After a broker's death in the middle of a commit only the same again is right.
                Err(error) if is_retriable(&error) => self.in_time(deadline)?,
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    fn send(&self, record: &Outgoing, deadline: Instant) -> Result<(), Error> {
        let number = i32::try_from(self.partition).map_err(|_| failure::no_partition(&self.topic.name, self.partition))?;
        loop {
            let mut outgoing: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic.name).partition(number);
            if let Some(value) = &record.value {
                outgoing = outgoing.payload(value.as_slice());
            }
            if let Some(key) = &record.key {
                outgoing = outgoing.key(key.as_slice());
            }
            let headers = OwnedHeaders::new_with_capacity(record.headers.len());
            outgoing = outgoing.headers(record.headers.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) })));
            match self.producer.send(outgoing) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(Kind::QueueFull), _)) => {
                    self.in_time(deadline)?;
                    self.producer.poll(Duration::ZERO);
                    std::thread::sleep(LOOK_EVERY);
                }
                Err((error, _)) => return Err(self.failed(&error)),
            }
        }
    }

    fn in_time(&self, deadline: Instant) -> Result<(), Error> {
        if Instant::now() < deadline {
            return Ok(());
        }
        let what = format!("a transaction for partition {} of topic {} was not done within {} s", self.partition, self.topic.name, COMMIT_WAIT_MAX.as_secs());
        Err(failure::unreachable(&self.topic.options.brokers, &what))
    }

    fn failed(&self, error: &KafkaError) -> Error {
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code);
        let code = fatal.or_else(|| error.rdkafka_error_code());
        match code {
            Some(Kind::Fenced | Kind::ProducerFenced | Kind::InvalidProducerEpoch) => {
                let detail = format!(
                    "the producer of partition {} of topic {} was fenced: it stalled for longer than its transaction may take, or another process writes the \
                     same output of the same ledger. A new one finds its place and goes on",
                    self.partition, self.topic.name
                );
                Error::new(Code::StreamFenced, detail)
            }
            Some(Kind::MessageSizeTooLarge | Kind::MessageBatchTooLarge | Kind::InvalidMessageSize) => {
                self.topic.forget();
                let what = format!("topic {} takes no record so large ({error}); raise its max.message.bytes", self.topic.name);
                failure::refuses(&self.topic.options.brokers, &what)
            }
            _ => self.topic.failed(error),
        }
    }
}

fn is_timeout(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Kind::OperationTimedOut | Kind::RequestTimedOut | Kind::MessageTimedOut))
}

fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(inner) if inner.is_retriable())
}

/// What was reported of the records of one transaction.
#[derive(Clone, Debug, Default)]
struct Reported {
    count: usize,
    lowest: Option<i64>,
    highest: Option<i64>,
    error: Option<KafkaError>,
}

/// Takes the library's delivery reports, and what it says besides.
struct Reports {
    context: Context,
    reported: Mutex<Reported>,
}

impl Reports {
    /// A panic elsewhere leaves a whole value behind.
    fn lock(&self) -> std::sync::MutexGuard<'_, Reported> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut reported = self.lock();
        reported.count += 1;
        match result {
            Ok(message) => {
                let offset = message.offset();
                reported.lowest = Some(reported.lowest.map_or(offset, |lowest| lowest.min(offset)));
                reported.highest = Some(reported.highest.map_or(offset, |highest| highest.max(offset)));
            }
            Err((error, _)) => {
                reported.error.get_or_insert_with(|| error.clone());
            }
        }
    }
}
