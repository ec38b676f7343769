//! A ledger of beancount: one transaction an entry, each line a pair of postings. An account is opened, on the first date of
//! the ledger, before the transaction that first uses it.

use super::{Declared, Format, Name, Transaction};
use schemas::time::Date;
use std::io::{self, Write};

/// The form.
#[derive(Default)]
pub struct Beancount {
    declared: Declared,
    opened: Option<Date>,
}

impl Beancount {
    /// Opens an account, where it is not yet, on the first date, which is at the latest this one.
    pub fn declare(&mut self, date: Date, name: &Name, output: &mut dyn Write) -> io::Result<()> {
        if self.declared.account(name) {
            writeln!(output, "{} open {name}", self.opened.unwrap_or(date))?;
        }
        Ok(())
    }
}

impl Format for Beancount {
    fn begin(&mut self, opened: Date, output: &mut dyn Write) -> io::Result<()> {
        self.opened = Some(opened);
        writeln!(output, "option \"title\" \"merchant-ledger\"\n")
    }

    fn next_partition(&mut self) {
        self.declared.next_partition();
    }

    fn transaction(&mut self, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        for line in &transaction.lines {
            self.declare(transaction.date, &line.debit, output)?;
            self.declare(transaction.date, &line.credit, output)?;
        }
        writeln!(output, "{} * \"{}\" \"{}\"", transaction.date, transaction.event_type, transaction.event)?;
        for (name, text) in transaction.tags() {
            writeln!(output, "  {name}: \"{text}\"")?;
        }
        for line in &transaction.lines {
            writeln!(output, "  {}  {} {}", line.debit, line.told.amount, line.told.currency)?;
            writeln!(output, "  {}  -{} {}", line.credit, line.told.amount, line.told.currency)?;
        }
        writeln!(output)
    }
}
