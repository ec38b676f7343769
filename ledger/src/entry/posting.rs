//! A posting: one debit, one credit, one amount. What is out of balance cannot be written down.

use super::account::Account;
use super::leg::{Leg, Source};
use schemas::event::Book;
use schemas::money::Currency;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU128;

/// Money moved from one account to another, in one book and one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// What it is for.
    pub leg: Leg,
    /// Where the waterfall took the merchant's money from, where it took any.
    pub source: Option<Source>,
    /// Whose books.
    pub book: Book,
    /// What it is counted in.
    pub currency: Currency,
    /// The account that is debited.
    pub debit: Account,
    /// The account that is credited.
    pub credit: Account,
    /// Minor units, never zero.
    pub amount: NonZeroU128,
}
