//! A ledger of beancount: every account is opened on the first date, then one transaction an entry.

use super::{Entry, Format, Name, names};
use crate::shape::{entry_text, lines_of};
use schemas::time::Date;
use std::collections::BTreeSet;
use std::io;

/// The form. It keeps the name of every account, because beancount wants each opened before it is used.
#[derive(Default)]
pub struct Beancount {
    accounts: BTreeSet<Name>,
    first: Option<Date>,
}

impl Format for Beancount {
    fn announce(&mut self, entry: &Entry<'_>) {
        let date = entry.recorded.row.date;
        self.first = Some(self.first.map_or(date, |first| first.min(date)));
        for line in lines_of(&entry.recorded.row) {
            let (debit, credit) = names(&line);
            self.accounts.insert(debit);
            self.accounts.insert(credit);
        }
    }

    fn begin(&mut self, output: &mut dyn io::Write) -> io::Result<()> {
        let Some(first) = self.first else { return Ok(()) };
        for account in &self.accounts {
            writeln!(output, "{first} open {account}")?;
        }
        writeln!(output)
    }

    fn entry(&mut self, entry: &Entry<'_>, output: &mut dyn io::Write) -> io::Result<()> {
        let row = &entry.recorded.row;
        let event_type = row.event_type.map_or("entry", schemas::event::EventType::as_str);
        let number = entry_text(entry.partition, entry.recorded.number);
        let event = row.event.as_ref().map_or("", schemas::ids::EventId::as_str);
        writeln!(output, "{} * \"{event_type} {event}\"", row.date)?;
        writeln!(output, "  entry: \"{number}\"")?;
        for line in lines_of(row) {
            let (debit, credit) = names(&line);
            writeln!(output, "  {debit}  {} {}", line.amount, line.currency)?;
            writeln!(output, "  {credit}  -{} {}", line.amount, line.currency)?;
        }
        writeln!(output)
    }
}
