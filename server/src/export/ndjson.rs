//! One JSON object an entry, with its lines as the API tells them.

use super::{Entry, Format};
use crate::shape::{LineForm, entry_text, lines_of, position_text, subject_text};
use serde::Serialize;
use std::io;

/// The form.
pub struct Ndjson;

#[derive(Serialize)]
struct Line {
    entry: String,
    position: String,
    event: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<&'static str>,
    subject: Option<String>,
    business_date: String,
    occurred_at: Option<String>,
    payment: Option<String>,
    lines: Vec<LineForm>,
}

impl Format for Ndjson {
    fn entry(&mut self, entry: &Entry<'_>, output: &mut dyn io::Write) -> io::Result<()> {
        let row = &entry.recorded.row;
        let line = Line {
            entry: entry_text(entry.partition, entry.recorded.number),
            position: position_text(entry.partition, row.record),
            event: row.event.as_ref().map(ToString::to_string),
            event_type: row.event_type.map(schemas::event::EventType::as_str),
            subject: subject_text(row.subject.as_ref()).map(str::to_owned),
            business_date: row.date.to_string(),
            occurred_at: row.occurred_at.map(|at| at.to_string()),
            payment: row.payment.as_ref().map(ToString::to_string),
            lines: lines_of(row),
        };
        serde_json::to_writer(&mut *output, &line)?;
        output.write_all(b"\n")
    }
}
