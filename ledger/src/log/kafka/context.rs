//! What the client library says beside its answers: why a connection was refused, and the id of the topic.
//!
//! A question that is refused for a wrong password is answered like one to a broker that is not there; the reason comes by
//! another way, the library's error events. So every client of ours hands what it hears to one [`Connection`], which
//! failures are explained from.
//!
//! The topic's id is told nowhere else: rdkafka has no question for it that is safe Rust, and one asked beside the library
//! would need its TLS and SASL once more. It stands in a line that the library logs for debugging when it meets a topic or
//! finds another one under its name. The Kafka tests read it over every kind of connection, so that another wording in a
//! later release of the library is found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Kind};
use rdkafka::{ClientContext, TopicPartitionList};

use super::super::{WarningCode, Warnings};

/// What all clients of one log have heard.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// Why the brokers, or we, refused the last connection; nothing after an answer.
    refused: Mutex<Option<Refusal>>,
    /// What an operator should know.
    pub warnings: Warnings,
}

/// A connection that was refused.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// Whether it was for who we are: a name, a password, a token, a certificate of ours.
    pub for_who_we_are: bool,
    /// In the library's words.
    pub reason: String,
}

impl Connection {
    /// Why the last connection was refused, where that was the last thing heard.
    pub fn refused(&self) -> Option<Refusal> {
        self.lock().clone()
    }

    /// A broker has answered.
    pub fn answered(&self) {
        *self.lock() = None;
    }

    fn heard(&self, error: &KafkaError, reason: &str) {
        let for_who_we_are = match error.rdkafka_error_code() {
            Some(Kind::Authentication | Kind::SaslAuthenticationFailed | Kind::UnsupportedSASLMechanism | Kind::IllegalSASLState) => true,
            Some(Kind::SSL) => false,
            _ => return,
        };
        *self.lock() = Some(Refusal { for_who_we_are, reason: reason.to_owned() });
    }

    /// A panic elsewhere leaves a whole value behind.
    fn lock(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The context of one client.
#[derive(Debug)]
pub(super) struct Context {
    connection: Arc<Connection>,
    /// Whose id is listened for.
    topic: String,
    id: Mutex<Option<String>>,
    /// Lines and errors that came.
    events: AtomicU64,
}

impl Context {
    /// For a client about one topic; an empty name is no topic.
    pub fn new(connection: &Arc<Connection>, topic: &str) -> Self {
        Self { connection: Arc::clone(connection), topic: topic.to_owned(), id: Mutex::new(None), events: AtomicU64::new(0) }
    }

    /// The topic's id as it was told last, in hexadecimal.
    pub fn id(&self) -> Option<String> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many lines and errors came so far.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, _facility: &str, line: &str) {
        self.events.fetch_add(1, Ordering::Relaxed);
        match level {
            RDKafkaLogLevel::Debug => {
                if let Some(id) = id_in(line, &self.topic) {
                    *self.id.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
                }
            }
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning
            | RDKafkaLogLevel::Notice
            | RDKafkaLogLevel::Info => tracing::debug!(line, "Kafka's client"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.events.fetch_add(1, Ordering::Relaxed);
        self.connection.heard(&error, reason);
        tracing::debug!(%error, reason, "Kafka's client");
    }
}

impl ConsumerContext for Context {
    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        match result {
            Ok(()) => self.connection.warnings.end(WarningCode::ProgressRefused),
            Err(error) => self.progress_refused(&error),
        }
    }
}

impl Context {
    /// Tells that progress is not noted, where that is for good and not for a moment.
    pub fn progress_refused(&self, error: &KafkaError) {
        if matches!(error.rdkafka_error_code(), Some(Kind::GroupAuthorizationFailed | Kind::TopicAuthorizationFailed | Kind::UnknownMemberId)) {
            self.connection.warnings.begin(WarningCode::ProgressRefused, || {
                format!(
                    "how far the topic was folded cannot be noted in Kafka for tools that watch lag ({error}); nothing else depends on it. \
                     Grant READ on the group {group} to the service's user, and let nobody join that group",
                    group = super::options::GROUP
                )
            });
        }
    }
}

/// The id in the line that says which topic has which now.
fn id_in(line: &str, topic: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("Topic {topic} changed id from "))?;
    let (_, id) = rest.split_once(" to ")?;
    let bytes = STANDARD_NO_PAD.decode(id.trim()).ok().filter(|bytes| bytes.len() == 16)?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_id_is_read_from_the_line_about_that_topic() {
        let line = "[thrd:main]: Topic orders changed id from AAAAAAAAAAAAAAAAAAAAAA to q6urq6urq6urq6urq6urqw";
        assert_eq!(id_in(line, "orders"), Some("ab".repeat(16)));
        assert_eq!(id_in(line, "order"), None);
        assert_eq!(id_in("Topic orders [0] Leader 1 Epoch 0", "orders"), None);
        assert_eq!(id_in("Topic orders changed id from AAAAAAAAAAAAAAAAAAAAAA to q6ur", "orders"), None);
    }

    #[test]
    fn a_refusal_is_kept_until_a_broker_answers() {
        let connection = Connection::default();
        connection.heard(&KafkaError::Global(Kind::BrokerTransportFailure), "refused");
        assert!(connection.refused().is_none());
        connection.heard(&KafkaError::Global(Kind::Authentication), "wrong password");
        assert!(connection.refused().is_some_and(|refusal| refusal.for_who_we_are && refusal.reason == "wrong password"));
        connection.answered();
        assert!(connection.refused().is_none());
    }
}
