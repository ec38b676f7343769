//! The journal in the forms of other tools: one file a form.
//!
//! An account is written `<book>:<code>:<party>:<detail>`, each part in letters that every tool takes, so that their own
//! balance reports can be compared with the trial balance.

mod account;
mod beancount;
mod hledger;
mod ndjson;

pub use account::{Name, names};
pub use beancount::Beancount;
pub use hledger::Hledger;
pub use ndjson::Ndjson;

use ledger::entry::Recorded;
use std::io;

/// An entry with lines, and its partition.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The partition.
    pub partition: u32,
    /// The entry.
    pub recorded: &'a Recorded,
}

/// A form that entries are written in.
pub trait Format {
    /// Sees each entry once before anything is written.
    fn announce(&mut self, _entry: &Entry<'_>) {}
    /// Writes what comes before the first entry.
    fn begin(&mut self, _output: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }
    /// Writes an entry.
    fn entry(&mut self, entry: &Entry<'_>, output: &mut dyn io::Write) -> io::Result<()>;
}
