//! Closed dates of a merchant in the forms of other tools: its balances as the date before closed, the lines of the dates
//! that touch the merchant's own accounts, and its balances as the last date closed.
//!
//! | file | what it knows |
//! |---|---|
//! | `chart` | the accounts of a statement, in the merchant's own books and in the bank's |
//! | `balances` | a purse as balances of those accounts |
//! | `csv` | a line a row |
//! | `hledger` `beancount` | a ledger that checks itself: the closing balances are asserted |
//! | `camt` | ISO 20022 camt.053.001.08 |
//! | `reference` | identifiers of camt.053 and camt.054, which are short |
//!
//! A form is written in parts, so that dates of any length are told in little memory.

mod balances;
mod beancount;
mod camt;
mod chart;
mod csv;
mod hledger;
pub(super) mod reference;

pub use beancount::Beancount;
pub use camt::Camt;
pub use chart::{Chart, View};
pub use csv::Csv;
pub use hledger::Hledger;

use super::Transaction;
use crate::shape::Lines;
use ledger::entry::Posting;
use projections::folds::balances::Purse;
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use std::io;
use std::ops::RangeInclusive;

/// What is told besides the lines.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whose.
    pub merchant: MerchantId,
    /// The first and the last date.
    pub dates: RangeInclusive<Date>,
    /// The last date's position.
    pub position: String,
    /// When it is told: RFC 3339, in UTC.
    pub created_at: String,
    /// One for each currency and book in which anything ever moved.
    pub accounts: Vec<Account>,
}

/// A merchant's money in one currency and book.
#[derive(Clone, Debug)]
pub struct Account {
    /// In what.
    pub currency: Currency,
    /// Whose book.
    pub book: Book,
    /// As the date before the first one closed; `None` where nothing had ever moved by then.
    pub opening: Option<Purse>,
    /// As the last date closed.
    pub closing: Purse,
}

impl Statement {
    /// The first date.
    pub const fn first(&self) -> Date {
        *self.dates.start()
    }

    /// The last date.
    pub const fn last(&self) -> Date {
        *self.dates.end()
    }

    /// What it is, in a line.
    fn title(&self, view: View) -> String {
        let Self { merchant, position, .. } = self;
        let dates = if self.first() == self.last() { self.first().to_string() } else { format!("{} to {}", self.first(), self.last()) };
        format!("{merchant}, {dates}, up to {position}: {}", view.words())
    }
}

/// Which accounts are told: all of them, those of a currency, those of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// In this currency.
    pub currency: Option<Currency>,
    /// In this book.
    pub book: Option<Book>,
}

impl Only {
    /// Whether an account is told.
    pub fn takes(&self, currency: Currency, book: &Book) -> bool {
        self.currency.is_none_or(|only| only == currency) && self.book.as_ref().is_none_or(|only| only == book)
    }

    /// Whether a line is told: it touches the merchant's own balances or memo accounts.
    pub fn shows(&self, posting: &Posting) -> bool {
        Lines::OfMerchant.has(posting) && self.takes(posting.currency, &posting.book)
    }
}

/// A form of a statement: a beginning, sections with the dates' entries in each, and an end.
pub trait Form: Send {
    /// How many times the entries are told.
    fn sections(&self) -> usize {
        1
    }
    /// Writes what comes before the entries of a section.
    fn begin(&mut self, section: usize, output: &mut dyn io::Write) -> io::Result<()>;
    /// Writes an entry; what is not of the section is left out.
    fn transaction(&mut self, section: usize, transaction: &Transaction, output: &mut dyn io::Write) -> io::Result<()>;
    /// Writes what comes after the entries of a section.
    fn end(&mut self, section: usize, output: &mut dyn io::Write) -> io::Result<()>;
}
