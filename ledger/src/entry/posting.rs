//! A posting: one debit, one credit, one amount. What is out of balance cannot be written down.

use super::account::Account;
use super::leg::{Leg, Source};
use schemas::event::Book;
use schemas::money::Currency;
use std::num::NonZeroU128;

/// Money that moves: minor units, never zero and below 2^127, so that it has a sign in sums without further asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(NonZeroU128);

impl Amount {
    /// The largest: 2^127 − 1.
    pub const MAX: u128 = i128::MAX.unsigned_abs();

    /// Of minor units; `None` for zero and for what is above [`Amount::MAX`].
    pub const fn new(minor: u128) -> Option<Self> {
        match NonZeroU128::new(minor) {
            Some(amount) if minor <= Self::MAX => Some(Self(amount)),
            _ => None,
        }
    }

    /// Minor units.
    pub const fn get(self) -> u128 {
        self.0.get()
    }

    /// Minor units, to be added and subtracted. No bit is lost: it is below 2^127.
    pub const fn signed(self) -> i128 {
        self.0.get().cast_signed()
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Money moved from one account to another, in one book and one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// How much.
    pub amount: Amount,
}
