//! An entry as it is told to who asks for it: by HTTP, in the topic of entries, and by webhooks.

use super::amount::amount;
use super::entry::subject_text;
use super::line::{LineForm, Lines, lines_of};
use super::position::{entry_text, position_text};
use ledger::entry::{Note, Recorded};
use projections::answers::lists::own_amount;
use schemas::event::EventType;
use serde::Serialize;
use utoipa::ToSchema;

/// What was booked for one event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// The entry.
    #[schema(example = "3:99120")]
    pub entry: String,
    /// Where the event's record lies.
    #[schema(example = "3:1482211")]
    pub position: String,
    /// The event's id.
    pub event: Option<String>,
    /// The event's type.
    #[serde(rename = "type")]
    #[schema(example = "refund")]
    pub event_type: Option<&'static str>,
    /// The business date it is booked on.
    pub business_date: String,
    /// When it happened.
    pub occurred_at: Option<String>,
    /// Whom it is about: the merchant, or `@house`.
    #[schema(example = "M100001")]
    pub merchant: Option<String>,
    /// The payment it is about.
    pub payment: Option<String>,
    /// How the scheme or PSP names the event.
    pub reference: Option<String>,
    /// The terminal that the event names, else its payment's.
    pub terminal: Option<String>,
    /// What the event's own amount is in.
    #[schema(example = "CNY")]
    pub currency: Option<String>,
    /// The event's own amount, or that of the hold, payout or dispute that it is about; `null` where it has none.
    #[schema(example = "128.50")]
    pub amount: Option<String>,
    /// Who made an adjustment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    /// Who checked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checker: Option<String>,
    /// Why an adjustment was made, or a hold placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The order that a seizure follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The lines, in the order posted.
    pub lines: Vec<LineForm>,
}

impl Entry {
    /// Of an entry of a partition, with the lines that may be told.
    pub fn of(partition: u32, recorded: &Recorded, lines: Lines) -> Self {
        let row = &recorded.row;
        let (said, own) = (row.said.as_deref(), own_amount(row));
        // Who in the bank did it, and on whose order, is the bank's.
        let of_staff = said.filter(|_| lines == Lines::Every);
        let terminal = row.terminal.as_ref().or_else(|| row.facts.as_ref().and_then(|facts| facts.terminal.as_ref()));
        let held_for = match &row.note {
            Note::Hold { placed: Some(terms), .. } => Some(terms.reason.as_str().to_owned()),
            _ => None,
        };
        Self {
            entry: entry_text(partition, recorded.number),
            position: position_text(partition, row.record),
            event: row.event.as_ref().map(ToString::to_string),
            event_type: row.event_type.map(EventType::as_str),
            business_date: row.date.to_string(),
            occurred_at: row.occurred_at.map(|at| at.to_string()),
            merchant: subject_text(row.subject.as_ref()).map(str::to_owned),
            payment: row.payment.as_ref().map(ToString::to_string),
            reference: row.reference.as_ref().map(ToString::to_string),
            terminal: terminal.map(ToString::to_string),
            currency: own.map(|(currency, _)| currency.code().to_owned()),
            amount: own.map(|(currency, minor)| amount(minor, currency)),
            maker: of_staff.and_then(|said| said.maker.clone()),
            checker: of_staff.and_then(|said| said.checker.clone()),
            reason: said.and_then(|said| said.reason.clone()).or(held_for),
            order: of_staff.and_then(|said| said.order.clone()),
            lines: lines_of(row, lines),
        }
    }
}
