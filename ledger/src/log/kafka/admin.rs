//! Makes and removes topics, and asks how they are configured.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{self, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};
use rdkafka::{Offset, TopicPartitionList};

use super::super::Error;
use super::context::{Connection, Context};
use super::failure;
use super::options::Options;

/// The broker's own bound on an operation.
const OPERATION_WAIT_MAX: Duration = Duration::from_secs(10);
/// Ours, a little above it.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(12);
/// As many replicas as the broker's `default.replication.factor` says.
const BROKERS_DEFAULT: i32 = -1;

/// The administration of a Kafka cluster.
pub struct Admin {
    brokers: String,
    connection: Arc<Connection>,
    client: AdminClient<Context>,
}

impl Admin {
    /// For the brokers `HOST:PORT[,HOST:PORT…]`. Nothing is asked of them yet.
    ///
    /// # Errors
    /// `kafka_unreachable` where the options are refused by the client library.
    pub fn connect(brokers: &str, options: Options) -> Result<Self, Error> {
        let connection = Arc::new(Connection::of_output());
        let made = options.with_brokers(brokers).admin().create_with_context(Context::new(&connection, ""));
        let client = made.map_err(|error| failure::of(brokers, "", &connection, &error))?;
        Ok(Self { brokers: brokers.to_owned(), connection, client })
    }

    fn failed(&self, name: &str, error: &KafkaError) -> Error {
        failure::of(&self.brokers, name, &self.connection, error)
    }

    /// What a broker means that does not do what it was asked about a topic; `right` is what that takes.
    fn refused(&self, name: &str, kind: Kind, right: &str) -> Error {
        let error = KafkaError::AdminOp(kind);
        if matches!(kind, Kind::TopicAuthorizationFailed | Kind::ClusterAuthorizationFailed) {
            failure::denied(&self.brokers, &format!("access to topic {name} is refused ({error}); grant {right}"))
        } else if kind == Kind::PolicyViolation {
            failure::refuses(&self.brokers, &format!("a policy of the brokers does not allow it for topic {name} ({error})"))
        } else {
            self.failed(name, &error)
        }
    }

    /// Makes a topic with so many partitions and what its configuration says beyond the broker's own (`cleanup.policy`,
    /// …). Answers whether it was made: `false` where there was one of this name already.
    ///
    /// # Errors
    /// `access_denied`, `kafka_unreachable`.
    pub fn create_topic(&self, name: &str, partitions: u32, configuration: &[(&str, &str)]) -> Result<bool, Error> {
        let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
        self.create(name, NewTopic::new(name, partitions, TopicReplication::Fixed(BROKERS_DEFAULT)), configuration)
    }

    /// Makes a topic whose partitions lie at these brokers, the first of each leading it.
    ///
    /// # Errors
    /// As of [`Admin::create_topic`].
    pub fn create_topic_at(&self, name: &str, replicas: &[&[i32]]) -> Result<bool, Error> {
        let partitions = i32::try_from(replicas.len()).unwrap_or(i32::MAX);
        self.create(name, NewTopic::new(name, partitions, TopicReplication::Variable(replicas)), &[])
    }

    fn create(&self, name: &str, topic: NewTopic<'_>, configuration: &[(&str, &str)]) -> Result<bool, Error> {
        let topic = configuration.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
        let answers = self.answered(name, self.client.create_topics([&topic], &waiting()))?;
        match answers.into_iter().next() {
            Some(Err((_, Kind::TopicAlreadyExists))) => Ok(false),
            Some(Err((_, kind))) => Err(self.refused(name, kind, "CREATE on it, or on the cluster")),
            Some(Ok(_)) | None => Ok(true),
        }
    }

    /// Removes a topic and everything in it.
    ///
    /// # Errors
    /// `topic_missing`, `access_denied`, `kafka_unreachable`.
    pub fn delete_topic(&self, name: &str) -> Result<(), Error> {
        let answers = self.answered(name, self.client.delete_topics(&[name], &waiting()))?;
        match answers.into_iter().next() {
            Some(Err((_, kind))) => Err(self.refused(name, kind, "DELETE on it")),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Adds partitions to a topic, up to so many in all.
    ///
    /// # Errors
    /// `topic_missing`, `access_denied`, `kafka_unreachable`.
    pub fn add_partitions(&self, name: &str, partitions: usize) -> Result<(), Error> {
        let answers = self.answered(name, self.client.create_partitions([&NewPartitions::new(name, partitions)], &waiting()))?;
        match answers.into_iter().next() {
            Some(Err((_, kind))) => Err(self.refused(name, kind, "ALTER on it")),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Sets what a topic is configured with, beyond the broker's own; what is not named goes back to that.
    ///
    /// # Errors
    /// `topic_missing`, `access_denied`, `kafka_unreachable`.
    pub fn set_topic(&self, name: &str, configuration: &[(&str, &str)]) -> Result<(), Error> {
        let altered = AlterConfig::new(ResourceSpecifier::Topic(name));
        let altered = configuration.iter().fold(altered, |altered, (key, value)| altered.set(key, value));
        let answers = self.answered(name, self.client.alter_configs([&altered], &waiting()))?;
        match answers.into_iter().next() {
            Some(Err((_, kind))) => Err(self.refused(name, kind, "ALTER_CONFIGS on it")),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// A setting of a topic (`cleanup.policy`, `max.message.bytes`, …); nothing where the broker does not know it.
    ///
    /// # Errors
    /// `topic_missing`, `access_denied` (the right is called DESCRIBE_CONFIGS), `kafka_unreachable`.
    pub fn topic_setting(&self, name: &str, setting: &str) -> Result<Option<String>, Error> {
        self.topic_setting_within(name, setting, ANSWER_WAIT_MAX)
    }

    /// The same of several settings, in one question.
    ///
    /// # Errors
    /// As of one.
    pub fn topic_settings<const N: usize>(&self, name: &str, settings: [&str; N]) -> Result<[Option<String>; N], Error> {
        self.topic_settings_within(name, settings, ANSWER_WAIT_MAX)
    }

    /// The same of one, within a shorter time.
    pub(super) fn topic_setting_within(&self, name: &str, setting: &str, bound: Duration) -> Result<Option<String>, Error> {
        let [value] = self.topic_settings_within(name, [setting], bound)?;
        Ok(value)
    }

    /// The same of several, within a shorter time.
    pub(super) fn topic_settings_within<const N: usize>(&self, name: &str, settings: [&str; N], bound: Duration) -> Result<[Option<String>; N], Error> {
        let answers = self.answered_within(name, self.client.describe_configs([&ResourceSpecifier::Topic(name)], &waiting()), bound)?;
        match answers.into_iter().next() {
            Some(Err(kind)) => Err(self.refused(name, kind, "DESCRIBE_CONFIGS on it")),
            Some(Ok(found)) => Ok(settings.map(|setting| found.get(setting).and_then(|entry| entry.value.clone()))),
            None => Ok(settings.map(|_| None)),
        }
    }

    /// Removes the records of a partition below an offset, as retention does.
    ///
    /// # Errors
    /// `topic_missing`, `access_denied`, `kafka_unreachable`.
    pub fn delete_records(&self, name: &str, partition: u32, below: i64) -> Result<(), Error> {
        let failed = |error: KafkaError| self.failed(name, &error);
        let mut offsets = TopicPartitionList::new();
        let number = i32::try_from(partition).map_err(|_| failure::no_partition(name, partition))?;
        offsets.add_partition_offset(name, number, Offset::Offset(below)).map_err(failed)?;
        let answers = self.answered(name, self.client.delete_records(&offsets, &waiting()))?;
        let refused = |error: KafkaError| failure::kind(&error).map_or_else(|| failed(error), |kind| self.refused(name, kind, "DELETE on it"));
        answers.elements().iter().try_for_each(|element| element.error()).map_err(refused)
    }

    fn answered<T>(&self, name: &str, question: impl Future<Output = Result<T, KafkaError>>) -> Result<T, Error> {
        self.answered_within(name, question, ANSWER_WAIT_MAX)
    }

    fn answered_within<T>(&self, name: &str, question: impl Future<Output = Result<T, KafkaError>>, bound: Duration) -> Result<T, Error> {
        let answer = wait_for(question, bound);
        let answer = answer.ok_or_else(|| failure::unreachable(&self.brokers, &format!("no answer about topic {name} within {} s", bound.as_secs())))?;
        answer.map_err(|error| self.failed(name, &error))
    }
}

fn waiting() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(OPERATION_WAIT_MAX)).request_timeout(Some(OPERATION_WAIT_MAX))
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// What a future answers, or nothing where that takes longer than `bound`.
fn wait_for<T>(future: impl Future<Output = T>, bound: Duration) -> Option<T> {
    let deadline = Instant::now() + bound;
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = task::Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return Some(answer);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::park_timeout(left);
    }
}
