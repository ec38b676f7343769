//! What an error of the client library means to an operator.

use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Kind;

use super::super::{Code, Error};
use super::options::SETTLE_PAUSE;

/// A question that is asked again within a bound.
pub(super) struct Retry {
    deadline: Instant,
}

impl Retry {
    pub(super) fn within(bound: Duration) -> Self {
        Self { deadline: Instant::now() + bound }
    }

    /// Pauses and answers `true`, or `false` where the bound is reached.
    pub(super) fn again(&mut self) -> bool {
        if Instant::now() + SETTLE_PAUSE >= self.deadline {
            return false;
        }
        std::thread::sleep(SETTLE_PAUSE);
        true
    }
}

/// The error with the code of `/readyz`.
pub(super) fn of(brokers: &str, topic: &str, error: &KafkaError) -> Error {
    match error.rdkafka_error_code() {
        Some(Kind::UnknownTopicOrPartition | Kind::UnknownTopic) => missing(brokers, topic),
        Some(Kind::UnknownPartition) => Error::new(Code::PartitionsChanged, format!("Kafka at {brokers}: topic {topic} has not that many partitions")),
        Some(Kind::TopicAuthorizationFailed | Kind::GroupAuthorizationFailed | Kind::ClusterAuthorizationFailed | Kind::Authentication) => {
            unreachable(brokers, &format!("access to topic {topic} is refused ({error}); grant it to the service's user"))
        }
        Some(Kind::MessageSizeTooLarge) => unreachable(brokers, &format!("topic {topic} takes no record of that size ({error}); raise its max.message.bytes")),
        _ => unreachable(brokers, &error.to_string()),
    }
}

pub(super) fn unreachable(brokers: &str, what: &str) -> Error {
    Error::new(Code::KafkaUnreachable, format!("Kafka at {brokers}: {what}; it is tried again. Check the address and that Kafka runs"))
}

pub(super) fn missing(brokers: &str, topic: &str) -> Error {
    let detail = format!(
        "Kafka at {brokers} has no topic {topic}; make it with \
         `kafka-topics.sh --bootstrap-server {brokers} --create --topic {topic} --partitions 12` (as many partitions as the ledger was opened with)"
    );
    Error::new(Code::TopicMissing, detail)
}

pub(super) fn no_partition(topic: &str, partition: u32) -> Error {
    Error::new(Code::PartitionsChanged, format!("topic {topic} has no partition {partition}"))
}

/// What Kafka answers for a moment after a broker's start or a topic's making.
pub(super) fn may_settle(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Kind::UnknownTopicOrPartition
                | Kind::UnknownTopic
                | Kind::UnknownPartition
                | Kind::NotLeaderForPartition
                | Kind::LeaderNotAvailable
                | Kind::ReplicaNotAvailable
                | Kind::OffsetNotAvailable
                | Kind::FencedLeaderEpoch
                | Kind::UnknownLeaderEpoch
        )
    )
}
