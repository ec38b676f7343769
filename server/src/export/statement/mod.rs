//! A merchant's closed date in the forms of other tools: its balances as the date before closed, the lines of the date that
//! touch the merchant's own accounts, and its balances as the date closed.
//!
//! | file | form |
//! |---|---|
//! | `balances` | a purse as balances of accounts |
//! | `csv` | a line a row |
//! | `hledger` `beancount` | a ledger of its own that checks itself: the closing balances are asserted |
//! | `camt` | ISO 20022 camt.053.001.08 |
//!
//! A form is written in parts, so that a date of any length is told in little memory.

mod balances;
mod beancount;
mod camt;
mod csv;
mod hledger;
mod xml;

pub use beancount::Beancount;
pub use camt::Camt;
pub use csv::Csv;
pub use hledger::Hledger;

use super::Transaction;
use ledger::entry::Posting;
use projections::folds::balances::Purse;
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use std::io;

/// What is told besides the lines.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whose.
    pub merchant: MerchantId,
    /// Which date.
    pub date: Date,
    /// The date's position.
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
    /// As the date before closed.
    pub opening: Purse,
    /// As the date closed.
    pub closing: Purse,
}

/// A form of a statement: a beginning, sections with the date's entries in each, and an end.
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

/// Whether a merchant may see a line: it touches its own balances or memo accounts.
pub const fn is_shown(posting: &Posting) -> bool {
    posting.debit.code.is_shown_to_merchant() || posting.credit.code.is_shown_to_merchant()
}
