//! One JSON object an entry and line, with its lines as the API tells them.

use super::{Format, Transaction};
use crate::shape::LineForm;
use schemas::time::Date;
use serde::Serialize;
use std::io::{self, Write};

/// The form.
pub struct Jsonl;

#[derive(Serialize)]
struct Object<'a> {
    entry: &'a str,
    position: &'a str,
    event: Option<&'a str>,
    #[serde(rename = "type")]
    event_type: &'a str,
    subject: Option<&'a str>,
    business_date: String,
    occurred_at: Option<&'a str>,
    payment: Option<&'a str>,
    lines: Vec<&'a LineForm>,
}

impl Format for Jsonl {
    fn begin(&mut self, _: Date, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn next_partition(&mut self) {}

    fn transaction(&mut self, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        let object = Object {
            entry: &transaction.entry,
            position: &transaction.position,
            event: (!transaction.event.is_empty()).then_some(transaction.event.as_str()),
            event_type: transaction.event_type,
            subject: transaction.subject.as_deref(),
            business_date: transaction.date.to_string(),
            occurred_at: transaction.occurred_at.as_deref(),
            payment: transaction.payment.as_deref(),
            lines: transaction.lines.iter().map(|line| &line.told).collect(),
        };
        serde_json::to_writer(&mut *output, &object)?;
        output.write_all(b"\n")
    }
}
