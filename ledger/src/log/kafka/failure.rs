//! What an error of the client library means to an operator.

use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Kind;

use super::super::{Code, Error};
use super::context::{Connection, Role};
use super::options::SETTLE_PAUSE;
use super::refusal::{About, Refusal};

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

/// Kafka's code of an error; the library's wrapper says none of what an administrator is answered.
pub(super) fn kind(error: &KafkaError) -> Option<Kind> {
    if let KafkaError::AdminOp(kind) = error { Some(*kind) } else { error.rdkafka_error_code() }
}

/// The error with the code of `/readyz`. How many partitions there are is never concluded from an error: one without a
/// leader is told by the library like one that does not exist.
pub(super) fn of(brokers: &str, topic: &str, connection: &Connection, error: &KafkaError) -> Error {
    match kind(error) {
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
        _ => connection.refused().map_or_else(|| unreachable(brokers, &error.to_string()), |refusal| refused(brokers, &refusal)),
    }
}

/// A connection that was refused, by what was last heard of it.
fn refused(brokers: &str, Refusal { about, reason }: &Refusal) -> Error {
    match about {
        About::Identity => denied(brokers, &format!("the connection is refused: {reason}; check `sasl.…` and `ssl.…` in [kafka]")),
        About::Tokens => {
            let detail = format!(
                "Kafka at {brokers}: there is no token to connect with: {reason}. It is tried again. \
                 Check `sasl.oauthbearer.token.endpoint.url` in [kafka], and that it answers"
            );
            Error::new(Code::KafkaUnreachable, detail)
        }
        About::Security => unreachable(brokers, &format!("no connection over TLS: {reason}{}; check `security.protocol` and `ssl.…` in [kafka]", also(reason))),
        About::Listener => unreachable(brokers, &format!("the connection broke: {reason}{}; check `security.protocol` and `ssl.…` in [kafka]", also(reason))),
    }
}

/// What the library does not think of.
fn also(reason: &str) -> &'static str {
    if reason.contains("certificate could not be verified") {
        ", or the broker's certificate has ended, or is for another name"
    } else if reason.contains("SSL alert") {
        "; the broker asks for a certificate and has got none, or does not take the one of `ssl.certificate.location`, which is read when the service starts"
    } else {
        ""
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
        kind(error),
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

    #[test]
    fn what_an_administrator_is_answered_has_its_code() {
        let code = |kind| of("kafka:9092", "t", &Connection::of_output(), &KafkaError::AdminOp(kind)).code;
        assert_eq!(code(Kind::TopicAuthorizationFailed), Code::AccessDenied);
        assert_eq!(code(Kind::UnknownTopicOrPartition), Code::TopicMissing);
        assert_eq!(code(Kind::RequestTimedOut), Code::KafkaUnreachable);
    }

    #[test]
    fn a_connection_that_breaks_is_told_with_what_the_library_says_of_it() {
        let told = |kind, reason: &str| {
            let connection = Connection::default();
            connection.heard(&KafkaError::Global(kind), reason);
            of("kafka:9092", "t", &connection, &KafkaError::MetadataFetch(Kind::BrokerTransportFailure))
        };
        // As librdkafka 2.12 words them.
        let unverified = "SSL handshake failed: broker certificate could not be verified, verify that ssl.ca.location is correctly configured";
        let alert = "ssl://kafka:9092/bootstrap: error:0A000416:SSL routines::ssl/tls alert certificate unknown: SSL alert number 46";
        let listener = "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener? (after 3ms in state SSL_HANDSHAKE)";
        for (kind, reason, says) in [
            (Kind::SSL, unverified, "or the broker's certificate has ended, or is for another name"),
            (Kind::BrokerTransportFailure, alert, "ssl.certificate.location"),
            (Kind::BrokerTransportFailure, listener, "security.protocol"),
        ] {
            let error = told(kind, reason);
            assert!(error.code == Code::KafkaUnreachable && error.detail.contains(reason) && error.detail.contains(says), "{error}");
        }
        let away = "Failed to acquire SASL OAUTHBEARER token: Failed to connect to 10.0.0.9 port 443 after 7 ms: Couldn't connect to server";
        let error = told(Kind::Authentication, away);
        assert!(error.code == Code::KafkaUnreachable && error.detail.contains("10.0.0.9 port 443") && error.detail.contains("token.endpoint.url"), "{error}");
        let wrong = r#"Failed to acquire SASL OAUTHBEARER token: {"error": "invalid_client"}"#;
        assert_eq!(told(Kind::Authentication, wrong).code, Code::AccessDenied);
    }
}
