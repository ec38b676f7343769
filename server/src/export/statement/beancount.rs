//! A statement as a ledger of beancount: opening balances, the entries, and assertions of the closing balances on the next
//! date, which beancount checks whenever it reads the file. Memo accounts have no opening balance and are not asserted.
//!
//! Opening balances are padded: beancount puts in what an account lacks on the date before. A pad that has nothing to put
//! in is an error to beancount, so the balance is taken out first, and there always is something. So a file opens by
//! itself, and behind the file of the dates before it opens nothing a second time.
//!
//! An account may be opened only once, so each one is in the statement in which its book begins. A later one that stands
//! alone has its accounts opened by beancount's plugin `auto_accounts`, which beancount takes from the file that it is
//! given and from no file that this one includes.

use super::balances::{self, Balance};
use super::{Account, Chart, Form, Statement};
use crate::export::{self, Format, Transaction};
use schemas::event::Book;
use schemas::money::format_minor;
use schemas::time::Date;
use std::io::{self, Write};

/// The plugin that opens accounts where they are used first.
const PLUGIN: &str = "plugin \"beancount.plugins.auto_accounts\"";

/// The form.
pub struct Beancount {
    statement: Statement,
    chart: Chart,
    ledger: export::Beancount,
}

impl Beancount {
    /// Of a statement, with the accounts of a chart.
    pub fn new(statement: Statement, chart: Chart) -> Self {
        Self { statement, chart, ledger: export::Beancount::default() }
    }

    /// Opens the balances of a book.
    fn open(&self, book: &Book, opening: &[Balance], output: &mut dyn Write) -> io::Result<()> {
        let (first, other) = (self.statement.first(), self.chart.opening(book));
        let before = first.plus_days(-1);
        writeln!(output, "{before} * \"opening balances\" \"taken out, and put in by the pads below, whether or not they are there\"")?;
        for Balance { name, currency, minor } in opening {
            writeln!(output, "  {name}  {} {currency}", format_minor(-minor, *currency))?;
            writeln!(output, "  {other}  {} {currency}", format_minor(*minor, *currency))?;
        }
        for name in balances::names(opening) {
            writeln!(output, "{before} pad {name} {other}")?;
        }
        opening.iter().try_for_each(|balance| asserted(first, balance, output))?;
        writeln!(output)
    }
}

impl Form for Beancount {
    fn begin(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        writeln!(output, "; {}", self.statement.title(self.chart.view()))?;
        writeln!(output, "; It opens with what the dates before closed with, also behind their file: include one after the other.")?;
        writeln!(output, "; A ledger that includes statements from a later date on than the merchant's first needs this line itself:")?;
        writeln!(output, "{PLUGIN}")?;
        self.ledger.begin(self.statement.first(), output)?;
        for (book, had_begun) in balances::books(&self.statement) {
            for name in self.chart.all(book) {
                if had_begun {
                    self.ledger.is_open(&name);
                } else {
                    self.ledger.declare(self.statement.first(), &name, output)?;
                }
            }
            let accounts = self.statement.accounts.iter().filter(|account: &&Account| account.book == *book);
            let opening = balances::opening(&self.chart, accounts);
            if !opening.is_empty() {
                self.open(book, &opening, output)?;
            }
        }
        writeln!(output)
    }

    fn transaction(&mut self, _: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        match self.chart.sides(transaction) {
            sides if sides.is_empty() => Ok(()),
            sides => self.ledger.write(transaction, &sides, output),
        }
    }

    fn end(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        // A balance is asserted as its date begins.
        let next = self.statement.last().plus_days(1);
        balances::closing(&self.statement, &self.chart).iter().try_for_each(|balance| asserted(next, balance, output))
    }
}

/// Asserts a balance exactly: by itself beancount forgives a whole unit of the last decimal, and pads nothing for an opening of one.
fn asserted(date: Date, balance: &Balance, output: &mut dyn Write) -> io::Result<()> {
    let Balance { name, currency, minor } = balance;
    writeln!(output, "{date} balance {name}  {} ~ {} {currency}", format_minor(*minor, *currency), format_minor(0, *currency))
}
