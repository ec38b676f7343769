//! What a row is: a merchant's purses.

use super::CHANGES_PER_VERSION;
use litemap::LiteMap;
use schemas::event::{Book, HoldReason};
use schemas::ids::{HoldId, PaymentId, PayoutId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// One merchant's money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances {
    /// The entry of the `contract_set` in force.
    pub contract: Option<u64>,
    /// By currency and book: each in which anything ever moved.
    pub purses: LiteMap<(Currency, Book), Purse>,
    /// Entries that changed it.
    pub(super) changes: u32,
}

impl Balances {
    /// What is kept of it as it is now; `None` where it is not due.
    pub(super) fn version(&self) -> Option<Self> {
        self.changes.is_multiple_of(CHANGES_PER_VERSION).then(|| self.clone())
    }
}

/// A merchant's money in one currency and book, in minor units. No empty buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// 2010, by `available_on`.
    pub pending: LiteMap<Date, i128>,
    /// 2020.
    pub available: i128,
    /// 2030, by `release_on`.
    pub reserve: LiteMap<Date, i128>,
    /// 2040: open holds, in order of placing.
    pub holds: Vec<Hold>,
    /// 2045, by payment.
    pub disputed: LiteMap<PaymentId, i128>,
    /// 2050, by payout.
    pub in_transit: LiteMap<PayoutId, i128>,
    /// 1050.
    pub owed: i128,
    /// 9010.
    pub preauthorised: i128,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which.
    pub hold: HoldId,
    /// The entry that placed it: holds are in this order.
    pub placed_by: u64,
    /// Why.
    pub reason: HoldReason,
    /// What is in it.
    pub amount: i128,
    /// The date on which it was placed.
    pub since: Date,
    /// Until when, as far as one knows.
    pub expected_release: Option<Date>,
    /// What a sweep still misses.
    pub missing: i128,
}

impl Purse {
    /// Everything in 2010.
    pub fn pending_total(&self) -> i128 {
        self.pending.values().sum()
    }
    /// Everything in 2030.
    pub fn reserve_total(&self) -> i128 {
        self.reserve.values().sum()
    }
    /// Everything in 2040.
    pub fn held_total(&self) -> i128 {
        self.holds.iter().map(|hold| hold.amount).sum()
    }
    /// Everything in 2045.
    pub fn disputed_total(&self) -> i128 {
        self.disputed.values().sum()
    }
    /// Everything in 2050.
    pub fn in_transit_total(&self) -> i128 {
        self.in_transit.values().sum()
    }
    /// What can be paid out.
    pub fn payable(&self) -> i128 {
        (self.available - self.owed).max(0)
    }
    /// All buckets less what is owed.
    pub fn total(&self) -> i128 {
        self.pending_total() + self.available + self.reserve_total() + self.held_total() + self.disputed_total() + self.in_transit_total() - self.owed
    }
}
