//! What an error of the client library means to an operator.

use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Kind;

use super::super::{Code, Error};
use super::context::{Connection, Role};
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

/// The error with the code of `/readyz`. How many partitions there are is never concluded from an error: one without a
/// leader is told by the library like one that does not exist.
pub(super) fn of(brokers: &str, topic: &str, connection: &Connection, error: &KafkaError) -> Error {
    match error.rdkafka_error_code() {
        Some(Kind::UnknownTopicOrPartition | Kind::UnknownTopic) => missing(brokers, topic),
        Some(Kind::TopicAuthorizationFailed) => {
            let rights = match connection.role {
                Role::Input => "READ and DESCRIBE on it, and WRITE for `POST /v1/events`",
                Role::Output => "WRITE, READ and DESCRIBE on it, and CREATE where the ledger is to make it",
            };
            denied(brokers, &format!("access to topic {topic} is refused ({error}); grant {rights}"))
        }
        // An idempotent producer asks for a number before it asks for the topic: who may write to none is refused by the cluster.
        Some(Kind::ClusterAuthorizationFailed) => {
            denied(brokers, &format!("access is refused ({error}); to write, grant WRITE on topic {topic}, which also allows an idempotent producer"))
        }
        Some(Kind::TransactionalIdAuthorizationFailed) => {
            denied(brokers, &format!("access is refused ({error}); grant WRITE and DESCRIBE on transactional ids that begin with `merchant-ledger-`"))
        }
        Some(Kind::GroupAuthorizationFailed) => denied(brokers, &format!("access is refused ({error}); grant READ on the group")),
        Some(Kind::Authentication | Kind::SaslAuthenticationFailed) => denied(brokers, &format!("the connection is refused ({error})")),
        Some(Kind::UnknownPartition | Kind::LeaderNotAvailable) => unreachable(brokers, &format!("a partition of topic {topic} has no leader now ({error})")),
        Some(Kind::InvalidTimestamp) => {
            refuses(brokers, &format!("topic {topic} refuses the time of a record ({error}): compare this machine's clock with the brokers'"))
        }
        Some(Kind::InvalidRecord) => refuses(
            brokers,
            &format!(
                "topic {topic} refuses a record ({error}): a topic whose cleanup.policy is compact takes none without a key, and loses some of those with one"
            ),
        ),
        Some(Kind::MessageSizeTooLarge | Kind::PolicyViolation) => refuses(brokers, &format!("topic {topic} refuses a record ({error})")),
        _ => match connection.refused() {
            Some(refusal) if refusal.for_who_we_are => {
                denied(brokers, &format!("the connection is refused: {}; check `sasl.…` and `ssl.…` in [kafka]", refusal.reason))
            }
            Some(refusal) => unreachable(brokers, &format!("no connection over TLS: {}; check `security.protocol` and `ssl.…` in [kafka]", refusal.reason)),
            None => unreachable(brokers, &error.to_string()),
        },
    }
}

pub(super) fn unreachable(brokers: &str, what: &str) -> Error {
    Error::new(Code::KafkaUnreachable, format!("Kafka at {brokers}: {what}; it is tried again. Check the address and that Kafka runs"))
}

/// The topic is there, and does not take what is written.
pub(super) fn refuses(brokers: &str, what: &str) -> Error {
    Error::new(Code::TopicRefuses, format!("Kafka at {brokers}: {what}. It is tried again, and goes on once that is mended"))
}

/// Who we are, or what we may, is not enough.
pub(super) fn denied(brokers: &str, what: &str) -> Error {
    Error::new(Code::AccessDenied, format!("Kafka at {brokers}: {what}. It is tried again, and goes on once that is mended"))
}

pub(super) fn missing(brokers: &str, topic: &str) -> Error {
    let detail = format!(
        "Kafka at {brokers} has no topic {topic}; make it with \
         `kafka-topics.sh --bootstrap-server {brokers} --create --topic {topic} --partitions 12` (as many partitions as the ledger was opened with)"
    );
    Error::new(Code::TopicMissing, detail)
}

/// A number that the topic was asked for and does not have.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_names_the_rights_that_the_topic_needs() {
        let denied = |connection: &Connection, kind| {
            let error = of("kafka:9092", "t", connection, &KafkaError::MessageProduction(kind));
            assert_eq!(error.code, Code::AccessDenied, "{error}");
            error.detail
        };
        let input = denied(&Connection::default(), Kind::TopicAuthorizationFailed);
        assert!(input.contains("grant READ and DESCRIBE on it, and WRITE for `POST /v1/events`"), "{input}");
        let output = denied(&Connection::of_output(), Kind::TopicAuthorizationFailed);
        assert!(output.contains("grant WRITE, READ and DESCRIBE on it") && !output.contains("/v1/events"), "{output}");
        let id = denied(&Connection::of_output(), Kind::TransactionalIdAuthorizationFailed);
        assert!(id.contains("WRITE and DESCRIBE on transactional ids that begin with `merchant-ledger-`"), "{id}");
    }
}
