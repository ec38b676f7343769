//! Lines and their end as events. The id of a line is made of its source, the report's date, its own bytes and which of its like in the file it is,
//! so the same file again has the same ids, and changes nothing.

use super::{Line, Wrong, money};
use rust_decimal::Decimal;
use schemas::decode::{decode, has_card_number, hint, mask};
use schemas::ids::SchemeId;
use schemas::money::Currency;
use schemas::time::Date;
use schemas::wire::field::REPORT_TEXT_LENGTH_MAX;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Characters of a hash in an id.
const HASH_CHARACTERS: usize = 40;

/// A report of which lines are sent.
#[derive(Debug)]
pub struct Report {
    /// Who reports.
    pub source: String,
    /// Its name.
    pub name: String,
    /// Its date.
    pub date: Date,
    /// When it is sent, as events have it: a part of what a line says, so it is the report's date, not the clock, and the same file is the same
    /// events whenever it is sent.
    at: String,
    like: HashMap<u128, u32>,
}

/// A line as the event has it. The order of its fields is that of the wire.
#[derive(Debug, Serialize)]
pub struct LineEvent<'a> {
    id: String,
    r#type: &'static str,
    merchant: &'a str,
    occurred_at: &'a str,
    source: &'a str,
    report: &'a str,
    line: u64,
    kind: &'static str,
    direction: &'static str,
    amount: String,
    currency: &'a str,
    date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl LineEvent<'_> {
    /// The event as JSON.
    pub fn text(&self) -> String {
        // Texts and numbers alone: it can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What the line says of a payout: that it was paid, or came back. Its id is the line's.
    pub fn payout(&self, merchant: &str, kind: &str) -> Value {
        json!({"id": self.id, "type": kind, "merchant": merchant, "occurred_at": self.occurred_at, "payout": self.payout})
    }
}

impl Report {
    /// A report.
    pub fn new(source: &str, name: &str, date: Date) -> Self {
        Self { source: source.to_owned(), name: name.to_owned(), date, at: format!("{date}T00:00:00Z"), like: HashMap::new() }
    }

    /// A line as an event.
    pub fn line<'a>(&'a mut self, line: &'a Line, merchant: Option<&'a str>) -> Result<LineEvent<'a>, Wrong> {
        let id = self.id(line);
        self.event(id, line, merchant)
    }

    /// Whether the ledger would take a line: what is wrong with one is known before any is sent.
    pub fn check(&self, line: &Line, merchant: Option<&str>) -> Result<(), Wrong> {
        let event = self.event("rl".to_owned(), line, merchant)?;
        let text = event.text();
        decode(text.as_bytes()).map(|_| ()).map_err(|unreadable| {
            let way_out = hint(text.as_bytes(), &unreadable).map_or_else(String::new, |hint| format!("; {hint}"));
            Wrong::at(line.number, unreadable.detail + &way_out)
        })
    }

    fn event<'a>(&'a self, id: String, line: &'a Line, merchant: Option<&'a str>) -> Result<LineEvent<'a>, Wrong> {
        // A text of another's may hold anything, a card number too.
        let text =
            |text: &String| -> String { mask(text.as_bytes()).text.chars().filter(|character| !character.is_control()).take(REPORT_TEXT_LENGTH_MAX).collect() };
        // What passes for a card number names nothing of ours: an event with it would not have been taken.
        let of_ours = |name: &'a Option<String>| name.as_deref().filter(|name| !has_card_number(name));
        Ok(LineEvent {
            id,
            r#type: "report_line",
            merchant: merchant.unwrap_or("@house"),
            occurred_at: &self.at,
            source: &self.source,
            report: &self.name,
            line: line.number,
            kind: line.kind.as_str(),
            direction: if line.credit { "credit" } else { "debit" },
            amount: money::text(line.number, line.amount, line.currency)?,
            currency: line.currency.code(),
            date: line.date.to_string(),
            reference: line.reference.as_deref(),
            payment: of_ours(&line.payment),
            payout: of_ours(&line.payout),
            fee: line.fee.map(|fee| fee.to_string()),
            scheme: line.scheme.as_deref().filter(|name| SchemeId::new(name).is_some() && !has_card_number(name)),
            text: line.text.as_ref().map(text).filter(|text| !text.is_empty()),
        })
    }

    /// The end of the report in a currency.
    pub fn end(&self, currency: Currency, (count, credits, debits): (u64, Decimal, Decimal)) -> Result<Value, Wrong> {
        let hash =
            hash(&[self.source.as_bytes(), self.name.as_bytes(), self.date.to_string().as_bytes(), currency.code().as_bytes(), count.to_string().as_bytes()]);
        let (credits, debits) = (money::text(0, credits, currency)?, money::text(0, debits, currency)?);
        Ok(json!({
            "id": format!("re-{hash}"), "type": "report_closed", "merchant": "@house", "occurred_at": self.at, "source": self.source,
            "report": self.name, "date": self.date.to_string(), "count": count, "credits": credits, "debits": debits, "currency": currency.code(),
        }))
    }

    fn id(&mut self, line: &Line) -> String {
        let date = self.date.to_string();
        let bytes = blake3::hash(&line.bytes);
        let mut first = [0; 16];
        first.copy_from_slice(bytes.as_bytes().get(..16).unwrap_or(&[0; 16]));
        let like = self.like.entry(u128::from_be_bytes(first)).or_default();
        *like += 1;
        let like = like.to_string();
        format!("rl-{}", hash(&[self.source.as_bytes(), date.as_bytes(), bytes.as_bytes(), like.as_bytes()]))
    }
}

fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().chars().take(HASH_CHARACTERS).collect()
}
