//! A statement as a journal of hledger: opening balances, the date's entries, and assertions of the closing balances, which
//! hledger checks whenever it reads the file. Memo accounts have no opening balance and are not asserted.

use super::{Form, Statement, balances};
use crate::export::{self, Format, Name, Transaction};
use schemas::money::format_minor;
use std::io::{self, Write};

/// The form.
pub struct Hledger {
    statement: Statement,
    journal: export::Hledger,
}

impl Hledger {
    /// Of a statement.
    pub fn new(statement: Statement) -> Self {
        Self { statement, journal: export::Hledger::default() }
    }
}

impl Form for Hledger {
    fn begin(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        let Self { statement, journal } = self;
        writeln!(output, "; {}, {}, up to {}", statement.merchant, statement.date, statement.position)?;
        journal.begin(statement.date, output)?;
        let (opening, other) = (balances::opening(statement), Name::opening());
        for (currency, name, _) in &opening {
            journal.declare(*currency, name, output)?;
            journal.declare(*currency, &other, output)?;
        }
        if opening.is_empty() {
            return Ok(());
        }
        writeln!(output, "{} opening balances", statement.date)?;
        for (currency, name, minor) in opening {
            writeln!(output, "    {name}  {} {currency}", format_minor(minor, currency))?;
            writeln!(output, "    {other}  {} {currency}", format_minor(-minor, currency))?;
        }
        writeln!(output)
    }

    fn transaction(&mut self, _: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        self.journal.transaction(transaction, output)
    }

    fn end(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        let closing = balances::closing(&self.statement);
        for (currency, name, _) in &closing {
            self.journal.declare(*currency, name, output)?;
        }
        if closing.is_empty() {
            return Ok(());
        }
        writeln!(output, "{} closing balances", self.statement.date)?;
        for (currency, name, minor) in closing {
            writeln!(output, "    {name}  {} {currency} = {} {currency}", format_minor(0, currency), format_minor(minor, currency))?;
        }
        Ok(())
    }
}
