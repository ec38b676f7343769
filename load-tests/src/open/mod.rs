//! What an event costs beside much that is open, and how long a day close keeps others waiting.
//!
//! [`things`] makes 10³, 10⁴, 10⁵ of one thing (holds, refunds of a payment, parked events …) and takes the time of what is sent next;
//! [`close`] closes the day of many merchants while others post. Both reach a service of their own over HTTP.

pub mod close;
pub mod command;
pub mod things;

use crate::service::Client;
use serde_json::{Value, json};
use std::time::Duration;

/// The longest that a batch may take until it is folded, and seen.
const FOLDED_WAIT_MAX_MS: u64 = 60_000;
/// Events of one request.
const BATCH_EVENTS: usize = 1_000;
/// The business date that the ledger is opened on.
const DATE: &str = "2026-11-20";
/// Until everything that was sent is seen.
const SEEN_WAIT_MAX: Duration = Duration::from_secs(600);

/// Something did not go as it must.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service did not do what it was asked.
    #[error(transparent)]
    Service(#[from] crate::service::Error),
    /// An answer is not the one that was expected.
    #[error("{0}")]
    Answer(String),
    /// A directory could not be made.
    #[error("a directory for the service: {0}")]
    Machine(#[from] std::io::Error),
}

/// Posts events in batches, and waits until the last of them is folded and seen.
fn post_all(client: &Client, events: &[Value]) -> Result<(), Error> {
    for (at, batch) in events.chunks(BATCH_EVENTS).enumerate() {
        let is_last = (at + 1) * BATCH_EVENTS >= events.len();
        let body = batch.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        let path = if is_last { format!("/v1/events?wait=true&wait_ms={FOLDED_WAIT_MAX_MS}") } else { "/v1/events".to_owned() };
        let answer = client.post(&path, "application/x-ndjson", body.as_bytes())?;
        if !matches!(answer.status, 200 | 202) {
            return Err(Error::Answer(format!("events were not taken: {} {}", answer.status, answer.body)));
        }
    }
    seen(client)
}

/// Waits until answers include all that was sent.
fn seen(client: &Client) -> Result<(), Error> {
    client.until("/readyz", "all to be seen", SEEN_WAIT_MAX, |answer| {
        answer.status == 200 && answer.body["shards"].as_array().into_iter().flatten().all(|shard| shard["lag"] == 0)
    })?;
    Ok(())
}

/// The event that opens a ledger.
fn opening() -> Value {
    json!({"id": "open", "type": "ledger_opened", "date": DATE, "time_zone": "Asia/Shanghai"})
}

/// An event of a merchant, with what else it has.
fn event(merchant: &str, id: &str, kind: &str, more: &Value) -> Value {
    let mut event = json!({"id": id, "type": kind, "merchant": merchant, "occurred_at": "2026-11-20T10:00:00+08:00"});
    for (key, value) in more.as_object().into_iter().flatten() {
        event[key] = value.clone();
    }
    event
}

/// A contract whose sales become available after so many days.
fn contract(merchant: &str, delay_days: u16) -> Value {
    let contract = json!({"name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "funds_flow": {"kind": "direct"}, "rates": [{"percent": "0.60"}], "costs": [], "vat_percent": "6",
        "settlement": {"delay_days": delay_days, "days": "natural"}, "on_shortfall": "owe"});
    event(merchant, &format!("contract-{delay_days}"), "contract_set", &json!({"contract": contract}))
}

fn sale(merchant: &str, payment: &str, amount: &str) -> Value {
    let more = json!({"payment": payment, "amount": amount, "currency": "CNY", "card": "credit", "scheme": "visa"});
    event(merchant, &format!("sale-{payment}"), "sale", &more)
}
