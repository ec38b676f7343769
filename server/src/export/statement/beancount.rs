//! A statement as a ledger of beancount: opening balances, the date's entries, and assertions of the closing balances on the
//! next date, which beancount checks whenever it reads the file. Memo accounts have no opening balance and are not asserted.

use super::{Form, Statement, balances};
use crate::export::{self, Format, Name, Transaction};
use schemas::money::format_minor;
use std::io::{self, Write};

/// The form.
pub struct Beancount {
    statement: Statement,
    ledger: export::Beancount,
}

impl Beancount {
    /// Of a statement.
    pub fn new(statement: Statement) -> Self {
        Self { statement, ledger: export::Beancount::default() }
    }
}

impl Form for Beancount {
    fn begin(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        let Self { statement, ledger } = self;
        writeln!(output, "; {}, {}, up to {}", statement.merchant, statement.date, statement.position)?;
        ledger.begin(statement.date, output)?;
        let (opening, other) = (balances::opening(statement), Name::opening());
        for (_, name, _) in &opening {
            ledger.declare(statement.date, name, output)?;
            ledger.declare(statement.date, &other, output)?;
        }
        if opening.is_empty() {
            return Ok(());
        }
        writeln!(output, "{} * \"opening balances\"", statement.date)?;
        for (currency, name, minor) in opening {
            writeln!(output, "  {name}  {} {currency}", format_minor(minor, currency))?;
            writeln!(output, "  {other}  {} {currency}", format_minor(-minor, currency))?;
        }
        writeln!(output)
    }

    fn transaction(&mut self, _: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        self.ledger.transaction(transaction, output)
    }

    fn end(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        // A balance is asserted as its date begins, and exactly: beancount's own tolerance would be half of the last decimal.
        let date = self.statement.date.plus_days(1);
        for (currency, name, minor) in balances::closing(&self.statement) {
            self.ledger.declare(self.statement.date, &name, output)?;
            writeln!(output, "{date} balance {name}  {} ~ {} {currency}", format_minor(minor, currency), format_minor(0, currency))?;
        }
        Ok(())
    }
}
