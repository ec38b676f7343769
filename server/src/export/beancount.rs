//! A ledger of beancount: one transaction an entry, each line a pair of postings. An account is opened, on the first date of
//! the ledger, before the transaction that first uses it.

use super::{Declared, Format, Name, Side, Transaction};
use schemas::money::format_minor;
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

    /// Takes an account for opened elsewhere.
    pub fn is_open(&mut self, name: &Name) {
        self.declared.account(name);
    }

    /// Writes an entry with these sides, which balance.
    pub fn write(&mut self, transaction: &Transaction, sides: &[Side], output: &mut dyn Write) -> io::Result<()> {
        for side in sides {
            self.declare(transaction.date, &side.name, output)?;
        }
        writeln!(output, "{} * \"{}\" \"{}\"", transaction.date, transaction.event_type, transaction.event)?;
        for (name, text) in transaction.tags() {
            writeln!(output, "  {name}: \"{text}\"")?;
        }
        for side in sides {
            writeln!(output, "  {}  {} {}", side.name, format_minor(side.minor, side.currency), side.currency)?;
            if let Some((name, text)) = &side.tag {
                writeln!(output, "    {name}: \"{text}\"")?;
            }
        }
        writeln!(output)
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
        self.write(transaction, &transaction.sides(), output)
    }
}
