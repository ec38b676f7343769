//! What the model says of a record.

use super::account::Line;
use super::event::Event;
use super::state::Payment;
use schemas::time::Date;
use serde_json::{Value, json};
use std::sync::Arc;

/// How a record ends, or that it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Booked, perhaps without lines.
    Posted,
    /// Was here before.
    Duplicate,
    /// Waits.
    Parked,
    /// Against a business rule.
    Refused,
    /// Unreadable or conflicting.
    Quarantined,
}

impl Outcome {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Duplicate => "duplicate",
            Self::Parked => "parked",
            Self::Refused => "refused",
            Self::Quarantined => "quarantined",
        }
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Said {
    /// The record that it is about: an earlier one, where a parked event leaves.
    pub offset: i64,
    /// The event, where it could be read.
    pub event: Option<String>,
    /// Its type.
    pub kind: Option<String>,
    /// Its merchant, or `@house`.
    pub subject: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused or quarantined.
    pub code: Option<String>,
    /// The open date.
    pub business_date: Option<Date>,
    /// What it posted, in order.
    pub lines: Vec<Line>,
    /// The payment that it is about, as it stands after it; only where it was posted.
    pub payment: Option<Arc<Payment>>,
}

impl Said {
    /// An entry without lines.
    pub fn new(offset: i64, event: Option<&Event>, outcome: Outcome, code: Option<&str>, business_date: Option<Date>) -> Self {
        Self {
            offset,
            event: event.map(|event| event.id.clone()),
            kind: event.map(|event| event.kind.clone()),
            subject: event.and_then(|event| event.subject.clone()),
            outcome,
            code: code.map(str::to_owned),
            business_date,
            lines: Vec::new(),
            payment: None,
        }
    }

    /// As the service's `fold` writes entries, without its own numbers.
    pub fn json(&self) -> Value {
        let lines: Vec<Value> = self.lines.iter().map(super::account::Line::json).collect();
        json!({"record": self.offset, "outcome": self.outcome.as_str(), "code": self.code, "business_date": self.business_date.map(|date| date.to_string()),
            "event": self.event, "type": self.kind, "subject": self.subject, "lines": lines})
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let date = self.business_date.map_or_else(|| "-".to_owned(), |date| date.to_string());
        write!(f, "{} {} {} {}", text(&self.event), text(&self.kind), text(&self.subject), self.outcome.as_str())?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        write!(f, " on {date}")?;
        self.lines.iter().try_for_each(|line| write!(f, "\n      {line}"))
    }
}
