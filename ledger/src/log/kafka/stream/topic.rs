//! A topic that is written to: which one it is now, and what it takes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;

use super::super::super::{Code, Error, Warning, Watermarks};
use super::super::admin::Admin;
use super::super::asker::{Asker, Found};
use super::super::context::Connection;
use super::super::failure::{self, Retry};
use super::super::options::{LIMIT_WAIT_MAX, Options, SENT_BATCH_BYTES_MAX, SENT_BATCH_BYTES_MIN, SETTLE_WAIT_MAX};
use super::keeps::Keeps;

/// What the topic was asked is good for so long: a topic that was made again is found as soon as that.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What a batch is larger than its records and their heads, in sixteenths of the topic's limit: left free.
const BATCH_MARGIN: usize = 16;

/// One topic, asked about by all who write a partition of it.
pub struct StreamTopic {
    pub(super) name: String,
    pub(super) options: Options,
    pub(super) connection: Arc<Connection>,
    keeps: Keeps,
    asker: Asker,
    looked: Mutex<Option<(Instant, Result<Found, Error>)>>,
    batch_bytes: Mutex<Option<usize>>,
}

impl StreamTopic {
    /// The topic `name` of the brokers `HOST:PORT[,…]`, and what it is to keep. Nothing is asked of Kafka yet.
    ///
    /// # Errors
    /// `kafka_unreachable` where the options are refused by the client library.
    pub fn connect(brokers: &str, name: &str, options: Options, keeps: Keeps) -> Result<Self, Error> {
        let (options, connection) = (options.with_brokers(brokers), Arc::new(Connection::of_output()));
        let asker = Asker::new(&options, name, &connection)?;
        Ok(Self { name: name.to_owned(), options, connection, keeps, asker, looked: Mutex::default(), batch_bytes: Mutex::default() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id (`id:` and hexadecimal digits; `name:` and its name where no id is to be had) and how many partitions it has, at
    /// most [`LOOK_EVERY`] old.
    ///
    /// # Errors
    /// `topic_missing`, `access_denied`, `kafka_unreachable`.
    pub fn look(&self) -> Result<(String, u32), Error> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = looked.as_ref().is_some_and(|(at, _)| at.elapsed() < LOOK_EVERY);
        if !is_fresh {
            let (began, found) = (Instant::now(), self.ask());
            // A failure is also for those who waited for it, however long it took.
            let at = if found.is_ok() { began } else { Instant::now() };
            *looked = Some((at, found));
        }
        let found = looked.as_ref().map_or_else(|| Err(self.missing()), |(_, found)| found.clone())?;
        Ok((found.id.map_or_else(|| format!("name:{}", self.name), |id| format!("id:{id}")), found.partitions))
    }

    /// The same, asked now; a topic that is not known for a moment after its making is waited for.
    ///
    /// # Errors
    /// As [`StreamTopic::look`].
    pub fn look_afresh(&self) -> Result<(String, u32), Error> {
        let mut retry = Retry::within(SETTLE_WAIT_MAX / 4);
        loop {
            *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = None;
            match self.look() {
                Err(error) if error.code == Code::TopicMissing && retry.again() => {}
                outcome => return outcome,
            }
        }
    }

    fn ask(&self) -> Result<Found, Error> {
        self.asker.topic().map_err(|error| self.failed(&error))?.ok_or_else(|| self.missing())
    }

    /// Every record of a partition that can be read: for topics that are small, such as compacted ones.
    ///
    /// # Errors
    /// As [`StreamTopic::look`].
    pub fn read(&self, partition: u32) -> Result<Vec<super::LastRecord>, Error> {
        super::end::all_of(self, partition)
    }

    /// The last record of a partition that can be read; none where there is none.
    ///
    /// # Errors
    /// As [`StreamTopic::look`]; `transaction_open` where a transaction stays open there.
    pub fn last(&self, partition: u32) -> Result<Option<super::LastRecord>, Error> {
        let (topic_id, _) = self.look()?;
        Ok(super::end::end_of(self, topic_id, partition)?.last)
    }

    /// Makes it with so many partitions, to keep what it is to keep; `false` where it is there already.
    ///
    /// # Errors
    /// `access_denied`, `kafka_unreachable`.
    pub fn make(&self, partitions: u32) -> Result<bool, Error> {
        let configuration = [("cleanup.policy", self.keeps.policy())];
        Admin::connect(&self.options.brokers, self.options.clone())?.create_topic(&self.name, partitions, &configuration)
    }

    /// The largest batch that it takes, asked for once. Where that is not told to us, the usual one is tried.
    pub fn batch_bytes(&self) -> usize {
        let mut known = self.batch_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = *known {
            return bytes;
        }
        let asked = Admin::connect(&self.options.brokers, self.options.clone())
            .and_then(|admin| admin.topic_settings_within(&self.name, ["max.message.bytes", "cleanup.policy"], LIMIT_WAIT_MAX));
        let Ok([limit, policy]) = asked else { return SENT_BATCH_BYTES_MAX };
        if let Some(policy) = policy {
            self.keeps.compare(&self.name, &policy, &self.connection.warnings);
        }
        let limit = limit.and_then(|limit| limit.parse::<usize>().ok()).map_or(SENT_BATCH_BYTES_MAX, |limit| limit - limit / BATCH_MARGIN);
        *known.insert(limit.clamp(SENT_BATCH_BYTES_MIN, SENT_BATCH_BYTES_MAX))
    }

    /// Looks at how it is configured, unless that is known. Best effort; what is found is in [`StreamTopic::warnings`].
    pub fn look_over(&self) {
        self.batch_bytes();
    }

    /// What an operator should know although it is written.
    pub fn warnings(&self) -> Vec<Warning> {
        self.connection.warnings.all()
    }

    /// Forgets what it takes: it may be another one now, or be configured anew.
    pub(super) fn forget(&self) {
        *self.batch_bytes.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        self.asker.watermarks(partition)
    }

    pub(super) fn readable_end(&self, partition: u32) -> Result<i64, Error> {
        self.asker.readable_end(partition)
    }

    fn missing(&self) -> Error {
        let brokers = &self.options.brokers;
        let detail = format!(
            "Kafka at {brokers} has no topic {topic}, which the ledger has written to before: make it again with the partitions of the input, and it is \
             filled from the first entry; or take it out of [streams]",
            topic = self.name
        );
        Error::new(Code::TopicMissing, detail)
    }

    pub(super) fn failed(&self, error: &KafkaError) -> Error {
        self.asker.tidy();
        let explained = failure::of(&self.options.brokers, &self.name, &self.connection, error);
        if explained.code == Code::TopicMissing { self.missing() } else { explained }
    }
}
