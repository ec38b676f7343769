//! The topic of dead letters: each record that was set aside, under the key that it had and with the value that it had, and in
//! its headers where it lies and what is wrong with it. Card data is masked in both.
//!
//! The value comes from the log. Where retention has taken it from there, what the journal kept is told instead: its first
//! characters, and the header `dlq.truncated` says so; the same for a value that the topic would not take, and for one of Avro or
//! Protobuf with card data, which could be a number there and is not seen in the bytes.

use super::envelope::Envelope;
use super::{Render, Sources, Topics};
use ledger::entry::{Outcome, Recorded};
use ledger::log::kafka::Outgoing;
use ledger::log::kafka::stream::StreamTopic;
use ledger::log::{self, Code, Log, Reader, Record};
use schemas::decode::mask_whole;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a record of the log is waited for.
const READ_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long one fetch waits.
const FETCH_WAIT: Duration = Duration::from_millis(500);
/// A reader that is so much behind is opened anew rather than read on.
const SKIP_RECORDS_MAX: i64 = 1000;
/// Room for the headers, in a batch of the topic.
const HEADER_BYTES: usize = 8192;
/// What kind of record it is.
const KIND: &str = "ledger.dead_letter.v1";

/// Makes the records.
pub struct DeadLetters {
    input: String,
    partition: u32,
    log: Arc<dyn Log>,
    topic: Arc<StreamTopic>,
    envelope: Envelope,
    /// Reads on where the last record that was set aside lies.
    reader: Option<Box<dyn Reader>>,
}

impl DeadLetters {
    /// Of a partition.
    pub fn new(topics: &Topics, sources: &Sources, topic: Arc<StreamTopic>, envelope: Envelope) -> Self {
        Self { input: topics.input.clone(), partition: sources.partition, log: Arc::clone(&sources.log), topic, envelope, reader: None }
    }

    /// The record at an offset; nothing where the log has it no longer.
    fn record(&mut self, offset: i64) -> Result<Option<Record>, log::Error> {
        if self.log.watermarks(self.partition)?.low > offset {
            return Ok(None);
        }
        let reader = match self.reader.take() {
            Some(reader) if (0..=SKIP_RECORDS_MAX).contains(&(offset - reader.position())) => self.reader.insert(reader),
            _ => self.reader.insert(self.log.reader(self.partition, offset)?),
        };
        let deadline = Instant::now() + READ_WAIT_MAX;
        while Instant::now() < deadline {
            if let Some(record) = reader.fetch(1, FETCH_WAIT)?.into_iter().next() {
                match record.offset.cmp(&offset) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => return Ok(Some(record)),
                    std::cmp::Ordering::Greater => return Ok(None),
                }
            }
        }
        Err(log::Error::new(Code::ReaderStalled, format!("the record at {}:{offset} could not be read within {} s", self.partition, READ_WAIT_MAX.as_secs())))
    }
}

impl Render for DeadLetters {
    fn render(&mut self, entry: &Recorded, records: &mut Vec<Outgoing>) -> Result<(), log::Error> {
        let row = &entry.row;
        let Outcome::Quarantined { code, detail, value: kept, masked: has_card } = &row.outcome else { return Ok(()) };
        let found = self.record(row.record)?;
        let key = found.as_ref().and_then(|record| record.key.as_deref().map(masked));
        let length = found.as_ref().map(|record| record.value.len());
        let whole = found.and_then(|record| shown(&record.value, *has_card)).filter(|value| value.len() + HEADER_BYTES <= self.topic.batch_bytes());
        // What the journal kept has all of a short value, with stars in it.
        let truncated = whole.is_none() && length != Some(kept.len());
        let value = whole.unwrap_or_else(|| kept.clone().into_bytes());
        let media_type = if value.first() == Some(&b'{') { "application/json" } else { "application/octet-stream" };
        let mut headers = self.envelope.headers(self.envelope.ledger()?, KIND, entry.number, row.occurred_at, media_type);
        let (partition, offset) = (self.partition.to_string(), row.record.to_string());
        for (name, value) in [
            ("dlq.topic", self.input.as_str()),
            ("dlq.partition", &partition),
            ("dlq.offset", &offset),
            ("dlq.code", code.as_str()),
            ("dlq.reason", detail),
            ("__connect.errors.topic", &self.input),
            ("__connect.errors.partition", &partition),
            ("__connect.errors.offset", &offset),
            ("__connect.errors.connector.name", "merchant-ledger"),
            ("__connect.errors.stage", "VALUE_CONVERTER"),
            ("__connect.errors.exception.class.name", code.as_str()),
            ("__connect.errors.exception.message", detail),
        ] {
            headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        if truncated {
            headers.push(("dlq.truncated".to_owned(), b"true".to_vec()));
        }
        records.push(Outgoing { key, value, headers, ..Outgoing::default() });
        Ok(())
    }
}

/// A value with its card numbers masked; nothing where it has one that its bytes need not show.
fn shown(value: &[u8], has_card: bool) -> Option<Vec<u8>> {
    let is_framed = value.first() == Some(&0);
    (!is_framed || !has_card).then(|| masked(value))
}

/// The same bytes, unless something in them looks like a card number.
fn masked(bytes: &[u8]) -> Vec<u8> {
    mask_whole(bytes).unwrap_or_else(|| bytes.to_vec())
}
