//! The journal in the forms of other tools: one file a form.
//!
//! | file | what it knows |
//! |---|---|
//! | `account` | names of accounts that the tools take and that can be read back |
//! | `transaction` | an entry as every form tells it |
//! | `declared` | which accounts and currencies were declared already |
//! | `hledger` `beancount` `jsonl` | all entries with lines: the command `export` |
//! | `iso20022` | what messages of ISO 20022 have in common |
//! | `payout` | what a payout consists of, as camt.054 |
//! | `statement` | closed dates of a merchant: the same forms, CSV and camt.053 |
//!
//! Everything is written as it is read; what stays in memory is said in `declared`.

mod account;
mod beancount;
mod declared;
mod hledger;
mod iso20022;
mod jsonl;
pub mod payout;
pub mod statement;
mod transaction;

pub use account::{Name, root};
pub use beancount::Beancount;
pub use declared::Declared;
pub use hledger::Hledger;
pub use jsonl::Jsonl;
pub use transaction::{Line, Side, Transaction};

use schemas::time::Date;
use std::io;

/// A form that the journal is written in.
pub trait Format {
    /// Writes what comes first; the ledger was opened on this date.
    fn begin(&mut self, opened: Date, output: &mut dyn io::Write) -> io::Result<()>;
    /// Says that the entries of another partition come next.
    fn next_partition(&mut self);
    /// Writes an entry.
    fn transaction(&mut self, transaction: &Transaction, output: &mut dyn io::Write) -> io::Result<()>;
}
