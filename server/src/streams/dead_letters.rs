//! The topic of dead letters: each record that was set aside, under the key that it had, with the value and the headers that it had,
//! and in headers of ours where it lies and what is wrong with it. Card data is masked in all of them.
//!
//! The record comes from the log. Where retention has taken it from there, what the journal kept is told instead: the first
//! characters of its value, without key and headers, and the header `dlq.truncated` says so. The same value is told for one that the
//! topic would not take, and for one of Avro or Protobuf with card data, which could be a number there and is not seen in the bytes.
//!
//! The headers of a record have the names that it gave them, but for those that are ours here ([`name_beside`]).

use super::envelope::Envelope;
use super::set_aside::SetAside;
use super::{Render, Sources, Topics};
use ledger::entry::{Outcome, Recorded};
use ledger::log;
use ledger::log::kafka::Outgoing;
use ledger::log::kafka::stream::StreamTopic;
use schemas::decode::mask_whole;
use std::sync::Arc;

/// Room for the headers of ours, and for what a record has besides, in a batch of the topic.
const HEADER_BYTES: usize = 8192;
/// What a header takes beside its name and value: their lengths.
const HEADER_OVERHEAD_BYTES: usize = 10;
/// Says which schema a value is of.
const VALUE_SCHEMA: &str = "__value_schema_id";
/// What kind of record it is.
const KIND: &str = "ledger.dead_letter.v1";

/// Makes the records.
pub struct DeadLetters {
    input: String,
    partition: u32,
    records: SetAside,
    topic: Arc<StreamTopic>,
    envelope: Envelope,
}

impl DeadLetters {
    /// Of a partition.
    pub fn new(topics: &Topics, sources: &Sources, topic: Arc<StreamTopic>, envelope: Envelope) -> Self {
        let records = SetAside::new(sources.partition, Arc::clone(&sources.log));
        Self { input: topics.input.clone(), partition: sources.partition, records, topic, envelope }
    }
}

impl Render for DeadLetters {
    fn render(&mut self, entry: &Recorded, records: &mut Vec<Outgoing>) -> Result<(), log::Error> {
        let row = &entry.row;
        let Outcome::Quarantined { code, detail, value: kept, masked: has_card } = &row.outcome else { return Ok(()) };
        let found = self.records.record(row.record)?;
        let room = self.topic.batch_bytes().saturating_sub(HEADER_BYTES);
        let is_null = found.as_ref().is_some_and(|record| record.value.is_none());
        let (key, came, own) = found.map_or((None, None, Vec::new()), |record| (record.key, record.value, record.headers));
        let key = key.as_deref().map(masked);
        let room = room.saturating_sub(key.as_ref().map_or(0, Vec::len));
        let whole = came.as_deref().and_then(|value| shown(value, *has_card)).filter(|value| value.len() <= room);
        // What the journal kept has all of a short value, with stars in it.
        let truncated = !is_null && whole.is_none() && came.as_ref().map(Vec::len) != Some(kept.len());
        let is_as_it_came = is_null || whole.is_some();
        let value = if is_null { None } else { Some(whole.unwrap_or_else(|| kept.clone().into_bytes())) };
        let text = value.as_deref().unwrap_or_default();
        let media_type = if text.first() == Some(&b'{') { "application/json" } else { "application/octet-stream" };
        let (mut headers, left_out) = beside(own, is_as_it_came, room.saturating_sub(text.len()));
        // Ours come last: of several headers with one name, a reader takes the last.
        headers.extend(self.envelope.headers(self.envelope.ledger()?, KIND, entry.number, row.occurred_at, media_type));
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
        if left_out > 0 {
            headers.push(("dlq.headers_left_out".to_owned(), left_out.to_string().into_bytes()));
        }
        records.push(Outgoing { key, value, headers, ..Outgoing::default() });
        Ok(())
    }
}

/// The headers of a record as they stand in its dead letter; none of them where they do not all fit, and how many those are.
fn beside(own: Vec<(String, Option<Vec<u8>>)>, is_as_it_came: bool, room: usize) -> (Vec<(String, Vec<u8>)>, usize) {
    // The value that is told instead of another one is of no schema.
    let own = own.into_iter().filter(|(name, _)| is_as_it_came || name != VALUE_SCHEMA);
    // Not every client reads a header without a value.
    let own = own.filter_map(|(name, value)| Some((name_beside(&name)?, masked(value.as_deref().unwrap_or_default()))));
    let own: Vec<(String, Vec<u8>)> = own.collect();
    let bytes = own.iter().map(|(name, value)| name.len() + value.len() + HEADER_OVERHEAD_BYTES).sum::<usize>();
    if bytes > room { (Vec::new(), own.len()) } else { (own, 0) }
}

/// The name of a record's own header in its dead letter: its own, behind `dlq.header.` where it is one that our envelope has; nothing
/// for what an earlier dead letter said of it, which is told anew.
fn name_beside(name: &str) -> Option<String> {
    if name.starts_with("dlq.") || name.starts_with("__connect.errors.") {
        return None;
    }
    let shown = String::from_utf8_lossy(&masked(name.as_bytes())).into_owned();
    Some(if name.starts_with("ce_") || name == "content-type" { format!("dlq.header.{shown}") } else { shown })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(own: &[(&str, Option<&str>)], is_as_it_came: bool, room: usize) -> (Vec<(String, String)>, usize) {
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), value.map(|value| value.as_bytes().to_vec()))).collect();
        let (headers, left_out) = beside(own, is_as_it_came, room);
        (headers.into_iter().map(|(name, value)| (name, String::from_utf8(value).expect("a text"))).collect(), left_out)
    }

    #[test]
    fn the_headers_of_a_record_keep_their_order_and_names_beside_ours() {
        let own = [
            ("trace", Some("1")),
            ("ce_id", Some("of the terminal")),
            ("trace", Some("2")),
            ("dlq.code", Some("of an earlier one")),
            ("__connect.errors.topic", Some("of an earlier one")),
            ("nothing", None),
            ("content-type", Some("text/plain")),
            ("__value_schema_id", Some("7")),
        ];
        let expected = [("trace", "1"), ("dlq.header.ce_id", "of the terminal"), ("trace", "2"), ("nothing", ""), ("dlq.header.content-type", "text/plain")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(names(&own, false, 1000), (expected.clone(), 0));
        let of_a_whole_value = [expected, vec![("__value_schema_id".to_owned(), "7".to_owned())]].concat();
        assert_eq!(names(&own, true, 1000), (of_a_whole_value, 0));
    }

    #[test]
    fn headers_that_do_not_fit_are_counted_and_card_numbers_are_masked_in_names_and_values() {
        let own = [("a", Some("12345")), ("b", Some("1234"))];
        let bytes = 2 * (1 + HEADER_OVERHEAD_BYTES) + 9;
        assert_eq!(names(&own, true, bytes - 1), (Vec::new(), 2));
        assert_eq!(names(&own, true, bytes).0.len(), 2);
        let (headers, _) = names(&[("card 4111111111111111", Some("4111111111111111"))], true, 1000);
        assert!(headers.len() == 1 && !format!("{headers:?}").contains("411111111111"), "{headers:?}");
    }
}
