//! A statement as a journal of hledger: opening balances, the entries, and assertions of the closing balances, which
//! hledger checks whenever it reads the file. Memo accounts have no opening balance and are not asserted.
//!
//! Opening balances are *assigned*: hledger puts in what an account lacks. So a file opens by itself, and behind the file
//! of the dates before it opens nothing a second time.

use super::balances::{self, Balance};
use super::{Chart, Form, Statement};
use crate::export::{self, Format, Transaction};
use schemas::event::Book;
use schemas::money::format_minor;
use std::io::{self, Write};

/// The form.
pub struct Hledger {
    statement: Statement,
    chart: Chart,
    journal: export::Hledger,
}

impl Hledger {
    /// Of a statement, with the accounts of a chart.
    pub fn new(statement: Statement, chart: Chart) -> Self {
        Self { statement, chart, journal: export::Hledger::default() }
    }

    /// Opens the accounts of one currency and book.
    fn open(&mut self, book: &Book, opening: &[Balance], output: &mut dyn Write) -> io::Result<()> {
        let other = self.chart.opening(book);
        for Balance { name, currency, .. } in opening {
            self.journal.declare(*currency, name, output)?;
            self.journal.declare(*currency, &other, output)?;
        }
        if opening.is_empty() {
            return Ok(());
        }
        writeln!(output, "{} opening balances", self.statement.first())?;
        for Balance { name, currency, minor } in opening {
            writeln!(output, "    {name}  = {} {currency}", format_minor(*minor, *currency))?;
        }
        writeln!(output, "    {other}\n")
    }
}

impl Form for Hledger {
    fn begin(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        writeln!(output, "; {}", self.statement.title(self.chart.view()))?;
        writeln!(output, "; It opens with what the dates before closed with, also behind their file: `include` one after the other.")?;
        self.journal.begin(self.statement.first(), output)?;
        for account in self.statement.accounts.clone() {
            let opening = balances::opening(&self.chart, std::iter::once(&account));
            self.open(&account.book, &opening, output)?;
        }
        Ok(())
    }

    fn transaction(&mut self, _: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        match self.chart.sides(transaction) {
            sides if sides.is_empty() => Ok(()),
            sides => self.journal.write(transaction, &sides, output),
        }
    }

    fn end(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        let closing = balances::closing(&self.statement, &self.chart);
        for Balance { name, currency, .. } in &closing {
            self.journal.declare(*currency, name, output)?;
        }
        if closing.is_empty() {
            return Ok(());
        }
        writeln!(output, "{} closing balances", self.statement.last())?;
        for Balance { name, currency, minor } in closing {
            writeln!(output, "    {name}  {} {currency} = {} {currency}", format_minor(0, currency), format_minor(minor, currency))?;
        }
        writeln!(output)
    }
}
