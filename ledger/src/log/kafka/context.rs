//! What the client library says beside its answers: why a connection was refused, and the id of the topic.
//!
//! A question that is refused for a wrong password is answered like one to a broker that is not there; the reason comes by
//! another way, the library's error events. So every client of ours hands what it hears to one [`Connection`], which
//! failures are explained from.
//!
//! The topic's id is told nowhere else: rdkafka has no question for it that is safe Rust, and one asked beside the library
//! would need its TLS and SASL once more. It stands in a line that the library logs for debugging when it meets a topic or
//! finds another one under its name. What became of a commit that is not waited for is told in such a line, too: rdkafka's
//! callback is for commits that the library makes by itself. The Kafka tests read both, so that another wording in a later
//! release of the library is found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};

use super::super::{WarningCode, Warnings};
use super::refusal::{self, About, Refusal};

/// What a topic is to the ledger, which says what its user may have to do there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// It is folded.
    #[default]
    Input,
    /// The ledger writes it, and reads where it ends.
    Output,
}

/// In the words of the library: commits were taken.
const TAKEN: &str = "Success";
/// The same: commits were refused, and will be until somebody mends that.
const REFUSED: [&str; 3] = ["Broker: Group authorization failed", "Broker: Topic authorization failed", "Broker: Unknown member"];

/// What all clients of one log, or of one topic that is written, have heard.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// What the topic is.
    pub role: Role,
    /// Why the brokers, or we, refused the last connection; nothing after an answer.
    refused: Mutex<Option<Refusal>>,
    /// What an operator should know.
    pub warnings: Warnings,
}

impl Connection {
    /// About topics that the ledger writes.
    pub fn of_output() -> Self {
        Self { role: Role::Output, ..Self::default() }
    }

    /// Why the last connection was refused, where that was the last thing heard.
    pub fn refused(&self) -> Option<Refusal> {
        self.lock().clone()
    }

    /// A broker has answered.
    pub fn answered(&self) {
        *self.lock() = None;
    }

    /// Takes what a client hears beside its answers.
    pub fn heard(&self, error: &KafkaError, reason: &str) {
        if let Some(refusal) = Refusal::told(error, reason) {
            *self.lock() = Some(refusal);
        } else if refusal::is_not_reached(error, reason) {
            // What was guessed of a broker that was ending was wrong.
            drop(self.lock().take_if(|refusal| refusal.about == About::Listener));
        }
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
                } else if let Some(outcome) = commit_in(line) {
                    self.committed(outcome);
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

impl ConsumerContext for Context {}

impl Context {
    /// What became of a commit: progress is noted, or it is not. What passes by itself (no coordinator yet) changes nothing.
    fn committed(&self, outcome: &str) {
        if outcome == TAKEN {
            self.connection.warnings.end(WarningCode::ProgressRefused);
        } else if REFUSED.contains(&outcome) {
            self.warn_of_progress(outcome);
        }
    }

    /// The group's coordinator is not told to us, so that nothing can be committed to it. Other trouble of the group passes.
    pub fn progress_refused(&self, error: &KafkaError) {
        // Who writes a topic notes no progress, and could not say when that is over.
        if self.connection.role == Role::Input && error.rdkafka_error_code() == Some(Kind::GroupAuthorizationFailed) {
            self.warn_of_progress(&error.to_string());
        }
    }

    fn warn_of_progress(&self, why: &str) {
        self.connection.warnings.begin(WarningCode::ProgressRefused, || {
            format!(
                "how far the topic was folded cannot be noted in Kafka for tools that watch lag ({why}); nothing else depends on it. \
                 Grant READ on the group {group} and on the topic to the service's user, and let nobody join that group",
                group = super::options::GROUP
            )
        });
    }
}

/// The id in the line that says which topic has which now.
fn id_in(line: &str, topic: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("Topic {topic} changed id from "))?;
    let (_, id) = rest.split_once(" to ")?;
    let bytes = STANDARD_NO_PAD.decode(id.trim()).ok().filter(|bytes| bytes.len() == 16)?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The outcome in the line that says what became of a commit, as the library words it.
fn commit_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("OffsetCommit for ")?;
    let (_, outcome) = rest.split_once(": returned: ")?;
    Some(outcome.trim())
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
    fn a_commit_that_is_refused_under_way_is_told_until_one_is_taken() {
        let connection = Arc::new(Connection::default());
        let context = Context::new(&connection, "orders");
        // As librdkafka 2.12 words it.
        let committed = |outcome: &str| {
            let line = format!("[thrd:main]: GroupCoordinator/1: OffsetCommit for 1 partition(s) in join-state init: manual: returned: {outcome}");
            context.log(RDKafkaLogLevel::Debug, "COMMIT", &line);
            connection.warnings.holds(WarningCode::ProgressRefused)
        };
        assert!(!committed("Success"));
        for refused in ["Broker: Group authorization failed", "Broker: Topic authorization failed", "Broker: Unknown member"] {
            assert!(committed(refused) && committed("Local: Waiting for coordinator") && committed("Local: Operation in progress"), "{refused}");
            let told = connection.warnings.all();
            assert!(told.iter().any(|warning| warning.detail.contains(refused) && warning.detail.contains("READ on the group")), "{told:?}");
            assert!(!committed("Success") && !committed("Local: Waiting for coordinator"), "{refused}");
        }
        context.log(RDKafkaLogLevel::Debug, "CGRPOP", "[thrd:main]: Group \"merchant-ledger\" received op OFFSET_COMMIT in state up");
        context.progress_refused(&KafkaError::MessageConsumption(Kind::CoordinatorNotAvailable));
        assert_eq!(connection.warnings.all(), []);
        context.progress_refused(&KafkaError::MessageConsumption(Kind::GroupAuthorizationFailed));
        assert!(connection.warnings.holds(WarningCode::ProgressRefused), "its coordinator is not told to us");
        let output = Arc::new(Connection::of_output());
        Context::new(&output, "orders").progress_refused(&KafkaError::MessageConsumption(Kind::GroupAuthorizationFailed));
        assert_eq!(output.warnings.all(), [], "who writes a topic notes no progress");
    }

    #[test]
    fn a_refusal_is_kept_until_a_broker_answers() {
        let connection = Connection::default();
        let about = || connection.refused().map(|refusal| (refusal.about, refusal.reason));
        let broke = |reason: &str| connection.heard(&KafkaError::Global(Kind::BrokerTransportFailure), reason);
        broke("Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)");
        assert_eq!(about(), None);
        // A guess is worth nothing any more where nobody is there.
        broke("Disconnected: requesting ApiVersion: (connecting to a SSL listener?)");
        assert!(about().is_some_and(|(about, reason)| about == About::Listener && reason.contains("SSL listener?")));
        broke("Disconnected (after 7ms in state UP)");
        assert!(about().is_some());
        broke("Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)");
        assert_eq!(about(), None);
        connection.heard(&KafkaError::Global(Kind::Authentication), "wrong password");
        broke("Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)");
        assert_eq!(about(), Some((About::Identity, "wrong password".to_owned())));
        connection.answered();
        assert_eq!(about(), None);
    }
}
