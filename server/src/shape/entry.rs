//! What became of a record, as it is told: the outcome's name, its code, and the entry itself.

use super::line::{LineForm, Lines, lines_of};
use ledger::entry::{Outcome, Recorded, Row};
use schemas::event::{HOUSE, Subject};
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeName {
    /// Booked, perhaps without lines.
    Posted,
    /// The same content was here before.
    Duplicate,
    /// It waits for something that has not come.
    Parked,
    /// A business rule said no.
    Refused,
    /// It could not be read, or another event has its id.
    Quarantined,
}

/// The name of an outcome.
pub const fn outcome_name(outcome: &Outcome) -> OutcomeName {
    match outcome {
        Outcome::Posted => OutcomeName::Posted,
        Outcome::Duplicate { .. } => OutcomeName::Duplicate,
        Outcome::Parked(_) => OutcomeName::Parked,
        Outcome::Refused { .. } => OutcomeName::Refused,
        Outcome::Quarantined { .. } => OutcomeName::Quarantined,
    }
}

/// The stable code of a refused or quarantined record.
pub const fn code_of(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Refused { code, .. } => Some(code.as_str()),
        Outcome::Quarantined { code, .. } => Some(code.as_str()),
        Outcome::Posted | Outcome::Duplicate { .. } | Outcome::Parked(_) => None,
    }
}

/// Why a record was refused or quarantined, for people.
pub fn detail_of(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Refused { detail, .. } | Outcome::Quarantined { detail, .. } => Some(detail),
        Outcome::Posted | Outcome::Duplicate { .. } | Outcome::Parked(_) => None,
    }
}

/// The business date of an entry; none where the partition was not open yet, which the fold writes as day 0.
pub fn business_date(row: &Row) -> Option<Date> {
    (row.date != Date::from_days(0)).then_some(row.date)
}

/// Whom an entry is about: the merchant, `@house`, or nobody for a control event.
pub fn subject_text(subject: Option<&Subject>) -> Option<&str> {
    match subject? {
        Subject::Merchant(merchant) => Some(merchant.as_str()),
        Subject::House => Some(HOUSE),
        Subject::Partition => None,
    }
}

/// One entry that a record made, as the command `fold` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryForm {
    /// The number of the entry.
    pub entry: u64,
    /// The offset of the record it is about.
    pub record: i64,
    /// What became of that record.
    pub outcome: OutcomeName,
    /// Why it was refused or quarantined.
    pub code: Option<&'static str>,
    /// The business date it is booked on; none while the partition is not open.
    pub business_date: Option<String>,
    /// The event's id, where one could be read.
    pub event: Option<String>,
    /// The event's type, where it could be read.
    #[serde(rename = "type")]
    pub event_type: Option<&'static str>,
    /// Whom it is about.
    pub subject: Option<String>,
    /// The postings, in order.
    pub lines: Vec<LineForm>,
}

/// Everything that one record made, as the command `fold` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoldedForm {
    /// The offset of the record.
    pub offset: i64,
    /// The entries, the record's own first.
    pub entries: Vec<EntryForm>,
}

impl EntryForm {
    /// The form of an entry.
    pub fn new(recorded: &Recorded) -> Self {
        let row = &recorded.row;
        Self {
            entry: recorded.number,
            record: row.record,
            outcome: outcome_name(&row.outcome),
            code: code_of(&row.outcome),
            business_date: business_date(row).map(|date| date.to_string()),
            event: row.event.as_ref().map(ToString::to_string),
            event_type: row.event_type.map(schemas::event::EventType::as_str),
            subject: subject_text(row.subject.as_ref()).map(str::to_owned),
            lines: lines_of(row, Lines::Every),
        }
    }
}
