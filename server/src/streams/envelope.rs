//! The headers of what is written: CloudEvents 1.0 in binary mode, with the ledger that a record is of as an extension.

use crate::shape::{entry_text, parse_entry};
use ledger::journal::Reader;
use ledger::log::kafka::stream::LastRecord;
use ledger::log::{self, Code};
use schemas::time::OccurredAt;
use std::sync::{Arc, OnceLock};

/// The media type of JSON.
pub const JSON: &str = "application/json";

/// Says of records what they are, and of a record that was read whether it is one of ours.
#[derive(Clone)]
pub struct Envelope {
    source: String,
    partition: u32,
    journal: Reader,
    /// It never changes once it is known.
    ledger: Arc<OnceLock<String>>,
}

impl Envelope {
    /// Of what is made from a partition of the input topic.
    pub fn new(input: &str, partition: u32, journal: &Reader) -> Self {
        Self { source: format!("/ledger/{input}"), partition, journal: journal.clone(), ledger: Arc::default() }
    }

    /// What tells this ledger from every other: the identity of the log that it folds.
    ///
    /// # Errors
    /// Nothing was folded yet, so nothing can be told.
    pub fn ledger(&self) -> Result<&str, log::Error> {
        if let Some(ledger) = self.ledger.get() {
            return Ok(ledger);
        }
        let origin = self.journal.origin().map_err(|error| log::Error::new(error.code(), error.to_string()))?;
        let origin = origin.ok_or_else(|| log::Error::new(Code::StreamAhead, "the log was not seen yet, so nothing can be told of it"))?;
        Ok(self.ledger.get_or_init(|| origin.identity))
    }

    /// The headers of what an entry says, in a kind of record (`ledger.entry.v1`) and a media type.
    pub fn headers(&self, ledger: &str, kind: &str, number: u64, at: Option<OccurredAt>, media_type: &str) -> Vec<(String, Vec<u8>)> {
        let mut headers: Vec<(String, Vec<u8>)> = Vec::with_capacity(7);
        let mut header = |name: &str, value: String| headers.push((name.to_owned(), value.into_bytes()));
        header("ce_specversion", "1.0".to_owned());
        header("ce_id", entry_text(self.partition, number));
        header("ce_source", self.source.clone());
        header("ce_type", kind.to_owned());
        if let Some(at) = at {
            header("ce_time", at.to_string());
        }
        header("ce_ledger", ledger.to_owned());
        header("content-type", media_type.to_owned());
        headers
    }

    /// The entry that a record of ours is of.
    ///
    /// # Errors
    /// `stream_foreign`: it is of another ledger, or of nobody that we know.
    pub fn entry_of(&self, ledger: &str, topic: &str, record: &LastRecord) -> Result<u64, log::Error> {
        let foreign = |what: String| {
            let detail = format!(
                "topic {topic}, partition {}, offset {}: {what}; nothing is written there. Give this ledger a topic of its own in [streams], or make this one again",
                self.partition, record.offset
            );
            Err(log::Error::new(Code::StreamForeign, detail))
        };
        let Some((partition, number)) = record.header("ce_id").and_then(parse_entry) else {
            return foreign("the last record is none of a ledger".to_owned());
        };
        let (source, of) = (record.header("ce_source").unwrap_or_default(), record.header("ce_ledger").unwrap_or_default());
        if source != self.source || partition != self.partition {
            return foreign(format!("the last record is of {source}, entry {partition}:{number}"));
        }
        // Where brokers tell no ids, the name says nothing.
        let differ = of != ledger && of.starts_with("id:") && ledger.starts_with("id:");
        if differ {
            return foreign(format!("the last record is of another ledger: of the log {of}, and this one folds {ledger}"));
        }
        Ok(number)
    }
}
