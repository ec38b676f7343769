//! Lines and their end as events, with ids by which the same file again changes nothing.

use super::ids::{Ids, hash};
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
    ids: Ids,
    like: HashMap<u128, u32>,
}

/// A line as the event has it. The order of its fields is that of the wire.
#[derive(Debug, Serialize)]
pub struct LineEvent<'a> {
    id: String,
    r#type: &'static str,
    merchant: &'a str,
    occurred_at: String,
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

    /// The event's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whose it is.
    pub fn owner(&self) -> &str {
        self.merchant
    }

    /// What the line says of a payout: that it was paid, or came back. Its id is the line's, and of a line of the same merchant, who has no
    /// two events of one id, one made of it.
    pub fn payout(&self, merchant: &str, kind: &str) -> Value {
        let what = kind.trim_start_matches("payout_");
        let id = if merchant == self.merchant { format!("{}:{what}", self.id) } else { self.id.clone() };
        json!({"id": id, "type": kind, "merchant": merchant, "occurred_at": self.occurred_at, "payout": self.payout})
    }
}

impl Report {
    /// A report.
    pub fn new(source: &str, name: &str, date: Date) -> Self {
        Self { source: source.to_owned(), name: name.to_owned(), date, at: at(date), ids: Ids::ReportDate, like: HashMap::new() }
    }

    /// With ids of another kind.
    pub fn with_ids(mut self, ids: Ids) -> Self {
        self.ids = ids;
        self
    }

    /// A line as an event.
    pub fn line<'a>(&'a mut self, line: &'a Line, merchant: Option<&'a str>) -> Result<LineEvent<'a>, Wrong> {
        self.line_by(line, merchant, &[]).map(|(event, _)| event)
    }

    /// A line as an event, and the ids that it would have by other kinds and dates of a report.
    pub fn line_by<'a>(&'a mut self, line: &'a Line, merchant: Option<&'a str>, others: &[(Ids, Date)]) -> Result<(LineEvent<'a>, Vec<String>), Wrong> {
        let bytes = blake3::hash(&line.bytes);
        let like = self.like(&bytes);
        let id = self.id(line, &bytes, like, (self.ids, self.date));
        let others = others.iter().map(|other| self.id(line, &bytes, like, *other)).collect();
        Ok((self.event(id, line, merchant)?, others))
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
            // A line that several reports have must say the same in all of them.
            occurred_at: match self.ids {
                Ids::ReportDate | Ids::Report => self.at.clone(),
                Ids::LineDate => at(line.date),
            },
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
        let (credits, debits) = (money::text(0, credits, currency)?, money::text(0, debits, currency)?);
        let (date, many) = (self.date.to_string(), count.to_string());
        let of = [&self.source, &self.name, &date, currency.code(), &many, &credits, &debits];
        let hash = hash(&of.map(str::as_bytes));
        Ok(json!({
            "id": format!("re-{hash}"), "type": "report_closed", "merchant": "@house", "occurred_at": self.at, "source": self.source,
            "report": self.name, "date": self.date.to_string(), "count": count, "credits": credits, "debits": debits, "currency": currency.code(),
        }))
    }

    /// Which of its like in the file a line of these bytes is.
    fn like(&mut self, bytes: &blake3::Hash) -> u32 {
        let mut first = [0; 16];
        first.copy_from_slice(bytes.as_bytes().get(..16).unwrap_or(&[0; 16]));
        let like = self.like.entry(u128::from_be_bytes(first)).or_default();
        *like += 1;
        *like
    }

    fn id(&self, line: &Line, bytes: &blake3::Hash, like: u32, (ids, date): (Ids, Date)) -> String {
        ids.line((&self.source, &self.name, date), (line.date, bytes, like))
    }
}

/// The instant that events of a date have.
fn at(date: Date) -> String {
    format!("{date}T00:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ids::HASH_CHARACTERS;
    use schemas::report::ReportKind;

    fn line(date: &str) -> Line {
        let (currency, date) = (Currency::from_code("CNY").expect("a currency"), Date::parse(date).expect("a date"));
        Line { payout: Some("O1".to_owned()), ..Line::new(2, b"a line", ReportKind::Payout, (false, Decimal::ONE, currency), date) }
    }

    fn id(ids: Ids, name: &str, date: &str, line: &Line) -> String {
        let mut report = Report::new("bank:1", name, Date::parse(date).expect("a date")).with_ids(ids);
        report.line(line, None).expect("an event").id().to_owned()
    }

    /// What was imported by an earlier version is seen by this one.
    #[test]
    fn the_id_of_a_line_is_what_it_always_was() {
        let line = line("2026-11-23");
        let of = |part: &[u8]| (u64::try_from(part.len()).expect("short").to_be_bytes().to_vec(), part.to_vec());
        let mut hasher = blake3::Hasher::new();
        for (length, part) in [of(b"bank:1"), of(b"2026-11-24"), of(blake3::hash(b"a line").as_bytes()), of(b"1")] {
            hasher.update(&length);
            hasher.update(&part);
        }
        let expected = format!("rl-{}", &hasher.finalize().to_hex()[..HASH_CHARACTERS]);
        assert_eq!(id(Ids::ReportDate, "a", "2026-11-24", &line), expected);
        // Of a line of the report's own date, the two are one: who begins with --repeats-days tells nothing twice.
        assert_eq!(id(Ids::ReportDate, "a", "2026-11-23", &line), id(Ids::LineDate, "b", "2026-11-30", &line));
        assert_ne!(id(Ids::Report, "a", "2026-11-23", &line), id(Ids::Report, "b", "2026-11-23", &line));
    }

    #[test]
    fn what_confirms_a_payout_has_an_id_of_its_own_within_its_merchant() {
        let line = line("2026-11-23");
        let mut report = Report::new("bank:1", "a", Date::parse("2026-11-23").expect("a date"));
        let event = report.line(&line, Some("M1")).expect("an event");
        assert_eq!(event.payout("M1", "payout_paid")["id"], format!("{}:paid", event.id()));
        assert_eq!(event.payout("M1", "payout_returned")["id"], format!("{}:returned", event.id()));
        assert_eq!(event.payout("M2", "payout_paid")["id"], event.id());
        assert_eq!(event.payout("M2", "payout_paid")["occurred_at"], "2026-11-23T00:00:00Z");
    }
}
