//! Events of a bank with many merchants, posted in batches, and what was acknowledged of them.

use super::Error;
use crate::load::traffic::Traffic;
use crate::service::Client;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Events of one request.
pub const BATCH_EVENTS: usize = 100;
/// The business date that the ledger is opened on.
const DATE: &str = "2026-11-20";

/// An endless feed: every event has an id of its own.
pub struct Feed {
    traffic: Traffic,
    sent: u64,
}

/// An event as it is sent, with what must be found of it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// Whose.
    pub merchant: String,
    /// Its id.
    pub id: String,
    /// Its bytes.
    pub value: Vec<u8>,
}

impl Feed {
    /// Of so many merchants.
    pub fn new(seed: u64, merchants: u64) -> Self {
        Self { traffic: Traffic::new(seed, merchants, 1), sent: 0 }
    }

    /// The event that opens the ledger.
    pub fn opening() -> Vec<u8> {
        Traffic::opening(1, DATE).into_iter().next().map(|record| record.value).unwrap_or_default()
    }

    /// The next batch. What the traffic sends twice is left out: here each id tells one event.
    pub fn batch(&mut self) -> Vec<Event> {
        let mut events = Vec::with_capacity(BATCH_EVENTS);
        while events.len() < BATCH_EVENTS {
            let Some(record) = self.traffic.next() else { break };
            let Ok(value) = serde_json::from_slice::<Value>(&record.value) else { continue };
            let (Some(id), Some(merchant)) = (value["id"].as_str(), value["merchant"].as_str()) else { continue };
            let event = Event { merchant: merchant.to_owned(), id: id.to_owned(), value: record.value.clone() };
            if !events.iter().any(|other: &Event| other.id == event.id) {
                events.push(event);
            }
        }
        self.sent += events.len() as u64;
        events
    }
}

/// Posts a batch. Which of its events were acknowledged: given a position; and the status.
pub fn post(client: &Client, events: &[Event], wait: bool) -> Result<(u16, Vec<Event>), crate::service::Error> {
    let body = events.iter().map(|event| event.value.as_slice()).collect::<Vec<_>>().join(&b'\n');
    let path = if wait { "/v1/events?wait=true&wait_ms=60000" } else { "/v1/events" };
    let answer = client.post(path, "application/x-ndjson", &body)?;
    let results = answer.body["results"].as_array().cloned().unwrap_or_default();
    let taken = events.iter().zip(results).filter(|(_, result)| !result["position"].is_null()).map(|(event, _)| event.clone());
    Ok((answer.status, taken.collect()))
}

/// Opens a ledger.
pub fn open(client: &Client) -> Result<(), Error> {
    let answer = client.post("/v1/events?wait=true&wait_ms=60000", "application/json", &Feed::opening())?;
    if answer.status == 200 { Ok(()) } else { Err(Error::Answer(format!("the ledger was not opened: {} {}", answer.status, answer.body))) }
}

/// What became of acknowledged events: how many are nowhere, and how many ids were booked twice.
pub fn lost_and_doubled(client: &Client, acknowledged: &BTreeSet<Event>) -> Result<(usize, usize), Error> {
    let mut by_merchant: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for event in acknowledged {
        by_merchant.entry(&event.merchant).or_default().insert(&event.id);
    }
    let mut doubled = 0;
    for merchant in by_merchant.keys() {
        let rows = client.rows(&format!("/v1/merchants/{merchant}/entries"))?;
        let booked: Vec<&str> = rows.iter().filter_map(|row| row["event"].as_str()).collect();
        doubled += booked.len() - booked.iter().collect::<BTreeSet<_>>().len();
    }
    // Sent again, each must be known: whatever became of it the first time.
    let all: Vec<Event> = acknowledged.iter().cloned().collect();
    let mut lost = 0;
    for chunk in all.chunks(BATCH_EVENTS) {
        let body = chunk.iter().map(|event| event.value.as_slice()).collect::<Vec<_>>().join(&b'\n');
        let answer = client.post("/v1/events?wait=true&wait_ms=60000", "application/x-ndjson", &body)?;
        let known = answer.body["results"].as_array().into_iter().flatten().filter(|result| result["outcome"] == "duplicate").count();
        lost += chunk.len() - known;
    }
    Ok((lost, doubled))
}
