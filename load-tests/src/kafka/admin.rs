//! Makes, empties and removes topics.

use super::{Error, client};
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// The longest that one question may take.
pub const ANSWER_WAIT_MAX: Duration = Duration::from_secs(15);

/// The administration of a broker.
pub struct Admin(AdminClient<DefaultClientContext>);

impl Admin {
    /// Of the brokers `HOST:PORT[,…]`; nothing is asked of them yet.
    ///
    /// # Errors
    /// The client library does not take the address.
    pub fn connect(brokers: &str) -> Result<Self, Error> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers).set_log_level(rdkafka::config::RDKafkaLogLevel::Error);
        config.create().map(Self).map_err(client(brokers))
    }

    /// Makes a topic of one replica with so many partitions.
    ///
    /// # Errors
    /// It is there already, or Kafka does not answer.
    pub fn create_topic(&self, name: &str, partitions: u32) -> Result<(), Error> {
        self.create_topic_with(name, partitions, &[])
    }

    /// The same, with settings of its own, such as `cleanup.policy`.
    ///
    /// # Errors
    /// As [`Admin::create_topic`].
    pub fn create_topic_with(&self, name: &str, partitions: u32, settings: &[(&str, &str)]) -> Result<(), Error> {
        let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let topic = settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value));
        each(name, answered(name, self.0.create_topics([&topic], &options()))?)
    }

    /// Adds partitions to a topic, up to so many in all.
    ///
    /// # Errors
    /// It has as many already, or Kafka does not answer.
    pub fn add_partitions(&self, name: &str, partitions: usize) -> Result<(), Error> {
        each(name, answered(name, self.0.create_partitions([&NewPartitions::new(name, partitions)], &options()))?)
    }

    /// What a topic has for a setting, such as `cleanup.policy`.
    ///
    /// # Errors
    /// There is none, or Kafka does not answer.
    pub fn setting(&self, name: &str, setting: &str) -> Result<Option<String>, Error> {
        let topics = [ResourceSpecifier::Topic(name)];
        let answers = answered(name, self.0.describe_configs(&topics, &options()))?;
        let refused = |code| Error::Client { about: name.to_owned(), source: KafkaError::AdminOp(code) };
        let found = answers.into_iter().next().transpose().map_err(refused)?;
        Ok(found.and_then(|found| found.get(setting)?.value.clone()))
    }

    /// Removes a topic and everything in it.
    ///
    /// # Errors
    /// There is none, or Kafka does not answer.
    pub fn delete_topic(&self, name: &str) -> Result<(), Error> {
        each(name, answered(name, self.0.delete_topics(&[name], &options()))?)
    }

    /// Removes the records of a partition below an offset, as retention does.
    ///
    /// # Errors
    /// There are none such, or Kafka does not answer.
    pub fn delete_records(&self, name: &str, partition: u32, below: i64) -> Result<(), Error> {
        self.delete_up_to(name, partition, Offset::Offset(below))
    }

    /// Removes every record of a partition.
    ///
    /// # Errors
    /// As [`Admin::delete_records`].
    pub fn empty(&self, name: &str, partition: u32) -> Result<(), Error> {
        self.delete_up_to(name, partition, Offset::End)
    }

    fn delete_up_to(&self, name: &str, partition: u32, end: Offset) -> Result<(), Error> {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(name, i32::try_from(partition).unwrap_or(i32::MAX), end).map_err(client(name))?;
        let answers = answered(name, self.0.delete_records(&offsets, &options()))?;
        answers.elements().iter().try_for_each(|element| element.error()).map_err(client(name))
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(ANSWER_WAIT_MAX)).request_timeout(Some(ANSWER_WAIT_MAX))
}

fn each(name: &str, answers: Vec<rdkafka::admin::TopicResult>) -> Result<(), Error> {
    let failed = answers.into_iter().find_map(Result::err);
    failed.map_or(Ok(()), |(_, code)| Err(client(name)(KafkaError::AdminOp(code))))
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// What a question is answered, within the bound.
fn answered<T>(about: &str, question: impl Future<Output = Result<T, KafkaError>>) -> Result<T, Error> {
    let deadline = Instant::now() + ANSWER_WAIT_MAX;
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut question = pin!(question);
    loop {
        if let Poll::Ready(answer) = question.as_mut().poll(&mut context) {
            return answer.map_err(client(about));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Late { about: about.to_owned(), within: ANSWER_WAIT_MAX });
        }
        std::thread::park_timeout(left);
    }
}
