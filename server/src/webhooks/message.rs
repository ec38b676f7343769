//! What an entry means to a hook: a message for the event itself, one for a payout whose items are known, one for a figure that fell.
//! The same entry gives the same bytes at every attempt, unless its merchant has left what the hook is cut to: then it gives none.

use super::hook::Hook;
use super::kind::{BELOW, COMPOSED, OWED, kind_of};
use crate::shape::{Entry, amount, entry_text, position_text};
use crate::streams::wallet::{Wallet, wallet_before};
use ledger::entry::{Note, Outcome, Recorded};
use projections::answers::{self, Shard};
use schemas::event::{Book, EventType, Subject};
use schemas::ids::{MerchantId, PayoutId};
use schemas::money::Currency;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tells what a payout consists of, in the form of its answer by HTTP.
pub type Compose = fn(&Shard<'_>, &MerchantId, &PayoutId) -> Result<Option<Value>, answers::Error>;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its type.
    pub kind: String,
    /// What is sent.
    pub body: Vec<u8>,
}

#[derive(Serialize)]
struct Body<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Option<String>,
    data: T,
}

/// What a hook is told of an entry of its merchant, in order; nothing while the merchant is outside of what the hook is cut to.
///
/// # Errors
/// The views cannot be read now.
pub fn messages(hook: &Hook, entry: &Recorded, shard: &Shard<'_>, compose: Option<Compose>) -> Result<Vec<Message>, answers::Error> {
    let row = &entry.row;
    let (Outcome::Posted, Some(Subject::Merchant(merchant))) = (&row.outcome, &row.subject) else { return Ok(Vec::new()) };
    // By the contract in force now, as whatever else a key that is cut asks.
    if !hook.attributes.cut().has(shard, merchant)? {
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    let mut tell = |kind: &str, data: Value| {
        let timestamp = row.occurred_at.map(|at| at.to_string());
        // What is made of texts and numbers is always JSON.
        let body = serde_json::to_vec(&Body { kind, timestamp, data }).unwrap_or_default();
        told.push(Message { kind: kind.to_owned(), body });
    };
    if let Some(kind) = row.event_type.and_then(kind_of).filter(|kind| hook.wants(kind)) {
        let data = serde_json::to_value(Entry::of(shard.partition, entry, hook.lines())).unwrap_or_default();
        tell(&kind, data);
    }
    if let (Some(EventType::PayoutInitiated), Note::Payout { payout, .. }, Some(compose)) = (row.event_type, &row.note, compose)
        && hook.wants(COMPOSED)
        && let Some(data) = compose(shard, merchant, payout)?
    {
        tell(COMPOSED, data);
    }
    let watches = hook.monitor.is_some() && hook.wants(BELOW);
    if watches || hook.wants(OWED) {
        for (kind, data) in falls(hook, entry, merchant, shard, watches)? {
            tell(kind, data);
        }
    }
    Ok(told)
}

/// Figures that the entry brought over their threshold.
fn falls(hook: &Hook, entry: &Recorded, merchant: &MerchantId, shard: &Shard<'_>, watches: bool) -> Result<Vec<(&'static str, Value)>, answers::Error> {
    let moved: BTreeSet<(Currency, Book)> = Wallet::moved(entry);
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let before = wallet_before(shard, merchant, entry)?;
    let mut after = before.clone();
    after.post(entry);
    let mut told = Vec::new();
    for key in &moved {
        let (was, is) = (before.sums(key), after.sums(key));
        let data = |figure: &str, value: i128, below: Option<i128>| {
            json!({
                "merchant": merchant.as_str(), "entry": entry_text(shard.partition, entry.number), "position": position_text(shard.partition, entry.row.record),
                "figure": figure, "currency": key.0.code(), "book": key.1.to_string(), "value": amount(value, key.0),
                "below": below.map(|below| amount(below, key.0)),
            })
        };
        if let Some(monitor) = hook.monitor.as_ref().filter(|monitor| watches && monitor.currency == key.0.code())
            && let (Some(was), Some(is)) = (was.figure(&monitor.figure), is.figure(&monitor.figure))
            && was >= monitor.below_minor
            && is < monitor.below_minor
        {
            told.push((BELOW, data(&monitor.figure, is, Some(monitor.below_minor))));
        }
        if hook.wants(OWED) && was.owed == 0 && is.owed > 0 {
            told.push((OWED, data("owed", is.owed, None)));
        }
    }
    Ok(told)
}
