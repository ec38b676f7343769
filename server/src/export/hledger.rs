//! A journal of hledger: one transaction an entry, each line a pair of postings.

use super::{Entry, Format, names};
use crate::shape::{entry_text, lines_of};
use std::io;

/// The form.
pub struct Hledger;

impl Format for Hledger {
    fn begin(&mut self, output: &mut dyn io::Write) -> io::Result<()> {
        // Amounts have a point before their decimals, and nothing between thousands.
        writeln!(output, "decimal-mark .\n")
    }

    fn entry(&mut self, entry: &Entry<'_>, output: &mut dyn io::Write) -> io::Result<()> {
        let row = &entry.recorded.row;
        let event_type = row.event_type.map_or("entry", schemas::event::EventType::as_str);
        let number = entry_text(entry.partition, entry.recorded.number);
        // An id has no character that ends a code or begins a comment.
        let event = row.event.as_ref().map_or("", schemas::ids::EventId::as_str);
        writeln!(output, "{} ({number}) {event_type} {event}", row.date)?;
        for line in lines_of(row) {
            let (debit, credit) = names(&line);
            writeln!(output, "    {debit}  {} {}", line.amount, line.currency)?;
            writeln!(output, "    {credit}  -{} {}", line.amount, line.currency)?;
        }
        writeln!(output)
    }
}
