//! Makes and removes topics.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};
use rdkafka::{Offset, TopicPartitionList};

use super::super::Error;
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
    client: AdminClient<DefaultClientContext>,
}

impl Admin {
    /// For the brokers `HOST:PORT[,HOST:PORT…]`. Nothing is asked of them yet.
    ///
    /// # Errors
    /// `kafka_unreachable` where the options are refused by the client library.
    pub fn connect(brokers: &str, options: Options) -> Result<Self, Error> {
        let client = options.with_brokers(brokers).admin().create().map_err(|error| failure::of(brokers, "", &error))?;
        Ok(Self { brokers: brokers.to_owned(), client })
    }

    /// Makes a topic with so many partitions and what its configuration says beyond the broker's own (`cleanup.policy`,
    /// …). Answers whether it was made: `false` where there was one of this name already.
    ///
    /// # Errors
    /// `kafka_unreachable`.
    pub fn create_topic(&self, name: &str, partitions: u32, configuration: &[(&str, &str)]) -> Result<bool, Error> {
        let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(BROKERS_DEFAULT));
        let topic = configuration.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
        let answers = self.answered(name, self.client.create_topics([&topic], &waiting()))?;
        match answers.into_iter().next() {
            Some(Err((_, Kind::TopicAlreadyExists))) => Ok(false),
            Some(Err((_, kind))) => Err(failure::of(&self.brokers, name, &KafkaError::AdminOp(kind))),
            Some(Ok(_)) | None => Ok(true),
        }
    }

    /// Removes a topic and everything in it.
    ///
    /// # Errors
    /// `topic_missing`, `kafka_unreachable`.
    pub fn delete_topic(&self, name: &str) -> Result<(), Error> {
        let answers = self.answered(name, self.client.delete_topics(&[name], &waiting()))?;
        match answers.into_iter().next() {
            Some(Err((_, kind))) => Err(failure::of(&self.brokers, name, &KafkaError::AdminOp(kind))),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Removes the records of a partition below an offset, as retention does.
    ///
    /// # Errors
    /// `topic_missing`, `kafka_unreachable`.
    pub fn delete_records(&self, name: &str, partition: u32, below: i64) -> Result<(), Error> {
        let failed = |error: KafkaError| failure::of(&self.brokers, name, &error);
        let mut offsets = TopicPartitionList::new();
        let number = i32::try_from(partition).map_err(|_| failure::no_partition(name, partition))?;
        offsets.add_partition_offset(name, number, Offset::Offset(below)).map_err(failed)?;
        let answers = self.answered(name, self.client.delete_records(&offsets, &waiting()))?;
        answers.elements().iter().try_for_each(|element| element.error()).map_err(failed)
    }

    fn answered<T>(&self, name: &str, question: impl Future<Output = Result<T, KafkaError>>) -> Result<T, Error> {
        let answer = wait_for(question, ANSWER_WAIT_MAX);
        let answer =
            answer.ok_or_else(|| failure::unreachable(&self.brokers, &format!("no answer about topic {name} within {} s", ANSWER_WAIT_MAX.as_secs())))?;
        answer.map_err(|error| failure::of(&self.brokers, name, &error))
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
    let mut context = Context::from_waker(&waker);
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
