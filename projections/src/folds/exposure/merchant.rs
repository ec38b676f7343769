//! What is held for one merchant and since when, and what its liability is estimated from.
//!
//! Bounded by what is open: dates with money, tranches, holds, represented payments, 30 dates of payouts.

use super::layers::Layers;
use ledger::entry::Alert;
use litemap::LiteMap;
use schemas::contract::Risk;
use schemas::event::{Book, HoldReason};
use schemas::ids::{HoldId, PartnerId, PaymentId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// One merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// Of the contract in force: its category.
    pub mcc: String,
    /// Its partner.
    pub partner: Option<PartnerId>,
    /// Its parameters of the estimate.
    pub risk: Option<Risk>,
    /// Since when its contracts have been second clearing; `None`: the one in force is not.
    pub second_clearing_since: Option<Date>,
    /// Where it lies in the index of what changed lately.
    pub(super) touched: Option<u64>,
    /// Its money, by currency and book.
    pub purses: LiteMap<(Currency, Book), Purse>,
    /// What somebody should look at.
    pub occurrences: LiteMap<Alert, Occurrences>,
    /// Events that tell of money moved outside and were refused, by the currency that they are counted in: the event's, else that of
    /// the contract in force; none before the first contract.
    pub money_refused: LiteMap<Option<Currency>, MoneyRefused>,
}

/// Events that were refused though money has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyRefused {
    /// When, and how often.
    pub occurrences: Occurrences,
    /// The sum of those that tell an amount, in minor units.
    pub amount: i128,
}

impl MoneyRefused {
    /// It happened on a date, after what is known; what is no longer told is forgotten.
    pub(super) fn again(known: Option<Self>, date: Date, amount: i128) -> Self {
        let known = known.filter(|known| known.occurrences.is_told_on(date));
        let occurrences = Occurrences::again(known.map(|known| known.occurrences), date);
        Self { occurrences, amount: amount + known.map_or(0, |known| known.amount) }
    }
}

/// A merchant's money in one currency and book, in minor units. No empty tranches, holds, payments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// 2010 + 2020 + 2050: what an entry adds on balance comes in, what it takes on balance goes out oldest first.
    pub queue: Layers,
    /// What of the queue is 2050.
    pub in_transit: i128,
    /// 2030: by `release_on`, by the date on which it was withheld.
    pub reserve: LiteMap<Date, Layers>,
    /// 2040: holds with money.
    pub holds: LiteMap<HoldId, Held>,
    /// 2045: by payment, by the date on which it came back.
    pub disputes: LiteMap<PaymentId, Layers>,
    /// 1050.
    pub owed: i128,
    /// 9020.
    pub notified: i128,
    /// Early releases, by the date on which the money would have become available.
    pub advances: LiteMap<Date, i128>,
    /// What payouts that were paid took from the queue: by the date on which they were, by age in days.
    pub paid: LiteMap<Date, LiteMap<u32, i128>>,
    /// Sales less refunds of the latest dates on which there were any: those of one row of [`super::NET_SALES`], which is
    /// written once the next one begins.
    pub sold: LiteMap<Date, i128>,
    /// The last date that is in [`super::NET_SALES`]: most estimates look back to no date before that, and need not look there.
    pub sold_before: Option<Date>,
}

/// A hold with money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its terms.
    pub terms: HoldSince,
    /// What is in it.
    pub amount: i128,
}

/// The terms of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldSince {
    /// Why.
    pub reason: HoldReason,
    /// When it was placed.
    pub since: Date,
    /// Until when, as far as one knows.
    pub expected_release: Option<Date>,
}

/// Something that happened, perhaps several times, with no more than 30 dates between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrences {
    /// The first time.
    pub since: Date,
    /// The last time.
    pub last: Date,
    /// How often.
    pub count: u64,
}

impl Occurrences {
    /// For so many dates after the last time it is told.
    pub const TOLD_DAYS: i32 = 30;

    /// Whether it is still told on a date.
    pub const fn is_told_on(&self, date: Date) -> bool {
        date.days() - self.last.days() <= Self::TOLD_DAYS
    }

    /// It happened on a date, after what is known; what is no longer told is forgotten.
    pub(super) fn again(known: Option<Self>, date: Date) -> Self {
        match known.filter(|known| known.is_told_on(date)) {
            Some(known) => Self { last: date, count: known.count + 1, ..known },
            None => Self { since: date, last: date, count: 1 },
        }
    }
}

impl Merchant {
    /// Its money in a currency and book; empty where there was none.
    pub(super) fn purse(&mut self, currency: Currency, book: &Book) -> &mut Purse {
        self.purses.entry((currency, book.clone())).or_default()
    }
}

impl Purse {
    /// The dates, today included, whose paid payouts are told.
    pub const PAID_DAYS: i32 = 30;

    /// Forgets what no later date tells.
    pub(super) fn forget_before(&mut self, date: Date) {
        self.advances.retain(|available_on, _| *available_on > date);
        self.paid.retain(|paid_on, _| *paid_on > date.plus_days(-Self::PAID_DAYS));
    }
}
