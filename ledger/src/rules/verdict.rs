//! What a rule says when it does not post.

use super::exact::signed;
use crate::entry::{RefusalCode, Wait};
use crate::source::Error;
use schemas::money::{Currency, format_minor};

/// Why an event is not posted now.
#[derive(Debug)]
pub enum Stop {
    /// A business rule said no, for ever.
    Refuse(RefusalCode, String),
    /// Something that it needs has not come.
    Park(Wait),
    /// What must not happen has happened: the shard stands still.
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// Posted, or why not.
pub type Verdict<T = ()> = Result<T, Stop>;

/// Refuses with a code and a sentence for people.
pub fn refuse<T>(code: RefusalCode, detail: impl Into<String>) -> Verdict<T> {
    Err(Stop::Refuse(code, detail.into()))
}

/// Refuses an amount that is above what there is, and says how much that is: `12.00 CNY is owed`.
pub fn refuse_above<T>(code: RefusalCode, there: u128, currency: Currency, what: &str) -> Verdict<T> {
    let there = format_minor(signed(there)?, currency);
    refuse(code, format!("{there} {currency} {what}"))
}
