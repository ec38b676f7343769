//! Where an entry is: a book and a currency.

use super::account::Account;
use super::state::Payment;
use schemas::money::Currency;

/// A book and a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// The book.
    pub book: String,
    /// The currency.
    pub currency: Currency,
}

impl Wallet {
    /// That of a payment's merchant.
    pub fn of(payment: &Payment) -> Self {
        Self { book: payment.book.clone(), currency: payment.settled_currency() }
    }

    /// Cash of the book: the bank's settlement account, or a PSP's client reserve.
    pub fn cash(&self) -> Account {
        Account::plain(if self.book == "bank" { 1020 } else { 1030 })
    }
}
