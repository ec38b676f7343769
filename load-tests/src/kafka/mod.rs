//! Kafka as a stranger uses it: topics, a producer, and a broker of one's own for tests.
//!
//! What became of events is asked of the service; what it writes to topics, [`consumer`] reads. Bounds: a question to Kafka
//! ([`admin::ANSWER_WAIT_MAX`]), records that wait to be sent ([`producer::WAITING_RECORDS_MAX`]), and each flush.

#[path = "../../../ledger/tests/support/acl.rs"]
pub mod acl;
pub mod admin;
#[path = "../../../ledger/tests/support/kafka.rs"]
pub mod broker;
pub mod consumer;
pub mod producer;

use std::time::Duration;

/// Kafka did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An answer of the client library.
    #[error("Kafka, {about}: {source}")]
    Client {
        /// What it was asked.
        about: String,
        /// What it answered.
        source: rdkafka::error::KafkaError,
    },
    /// It took too long.
    #[error("Kafka, {about}: no answer within {} s", .within.as_secs())]
    Late {
        /// What it was asked.
        about: String,
        /// The bound.
        within: Duration,
    },
    /// A record was not taken.
    #[error("Kafka took {delivered} records, then refused one: {detail}")]
    Refused {
        /// Records it took before.
        delivered: u64,
        /// Why.
        detail: String,
    },
}

fn client(about: impl Into<String>) -> impl FnOnce(rdkafka::error::KafkaError) -> Error {
    let about = about.into();
    move |source| Error::Client { about, source }
}
