//! One entry with all that belongs to it.

use super::terms::Terms;
use crate::model::account::Account;
use crate::model::event::Event;
use crate::model::said::{Outcome, Said};
use crate::model::state::Payment;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A book and a currency.
pub type Wallet = (String, Currency);

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The record with which it was written: a later one than its own, where its event had been parked.
    pub at: i64,
    /// What the model said.
    pub said: Said,
    /// The event; none where it could not be read.
    pub event: Option<Arc<Event>>,
    /// The contract of its merchant that was in force then, itself included.
    pub in_force: Option<Arc<Terms>>,
    /// The payment that it is about, as it stood before.
    pub before: Option<Arc<Payment>>,
}

impl Entry {
    /// Whether it was posted.
    pub fn is_posted(&self) -> bool {
        self.said.outcome == Outcome::Posted
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        self.said.kind.as_deref().unwrap_or_default()
    }

    /// Its merchant; none for the house and for control events.
    pub fn merchant(&self) -> Option<&str> {
        self.said.subject.as_deref().filter(|name| *name != crate::model::event::HOUSE)
    }

    /// The business date that it is booked on.
    pub fn date(&self) -> Date {
        self.said.business_date.unwrap_or(Date::from_days(0))
    }

    /// The payment that it is about.
    pub fn payment_id(&self) -> Option<&str> {
        self.event.as_ref().and_then(|event| event.text("payment")).filter(|_| self.said.payment.is_some())
    }

    /// What it credits, less what it debits, on accounts that fit, by book and currency.
    pub fn credited(&self, fits: impl Fn(&Account) -> bool) -> BTreeMap<Wallet, i128> {
        let mut sums = BTreeMap::new();
        for line in &self.said.lines {
            let signed = i128::from(fits(&line.credit)) - i128::from(fits(&line.debit));
            if signed != 0 {
                *sums.entry((line.book.clone(), line.currency)).or_insert(0) += signed * line.amount;
            }
        }
        sums
    }

    /// The same in one wallet.
    pub fn credited_in(&self, wallet: &Wallet, fits: impl Fn(&Account) -> bool) -> i128 {
        self.credited(fits).get(wallet).copied().unwrap_or(0)
    }
}
