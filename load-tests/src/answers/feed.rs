//! A life over HTTP: only what can be read is taken there, so the rest of its records is left out.

use crate::figures::Chronicle;
use crate::lives::{Life, Record};
use crate::service::{Client, Error};
use serde_json::Value;

/// How long the service may take for a part of a life.
const WAIT_MS: u64 = 20_000;

/// The records of a seed that can be read.
pub fn records(seed: u64, events: usize) -> Vec<Vec<u8>> {
    Life::market(seed, events).iter().map(Record::bytes).filter(|bytes| schemas::decode::decode(bytes).is_ok()).collect()
}

/// Sends records and applies them; answers the first outcome on which both do not agree.
///
/// # Errors
/// The service does not answer.
pub fn send(client: &Client, chronicle: &mut Chronicle, records: &[Vec<u8>]) -> Result<Option<String>, Error> {
    let path = format!("/v1/events?wait=true&wait_ms={WAIT_MS}");
    let answer = client.post(&path, "application/x-ndjson", &records.join(&b'\n'))?;
    let results = answer.body["results"].as_array().cloned().unwrap_or_default();
    let mut difference = None;
    for (at, bytes) in records.iter().enumerate() {
        let entries = chronicle.entries.len();
        chronicle.apply(bytes);
        let said = chronicle.entries.get(entries).map(|entry| (entry.said.outcome.as_str().to_owned(), entry.said.code.clone()));
        let result = results.get(at).unwrap_or(&Value::Null);
        let text = |name: &str| result[name].as_str().map(str::to_owned);
        // A control event, and a customer erased everywhere, is told with a list of its places.
        let position = text("position").or_else(|| result["position"][0].as_str().map(str::to_owned));
        let theirs = text("outcome").map(|outcome| (outcome, text("code")));
        if (said != theirs || position != Some(format!("0:{}", chronicle.position()))) && difference.is_none() {
            let event = String::from_utf8_lossy(bytes);
            difference = Some(format!("record {}: model {said:?}, service {result}\n  {event}", chronicle.position()));
        }
    }
    Ok(difference)
}
