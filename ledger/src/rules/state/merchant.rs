//! A merchant as the rules see it: the contract in force, and the buckets of each book and currency.
//!
//! A row is rewritten by nearly every event of its merchant, so it is bounded by dates with money in them and by nothing else: each
//! hold, payout, refund, dispute and terminal's batch is a row of its own in the table `Objects`. Maps that are nearly always small
//! are sorted vectors: a merchant is asked for by nearly every event, and is then rarely in the processor's caches.

use crate::entry::Code;
use crate::rules::exact::{above, less, more};
use crate::source::Error;
use litemap::LiteMap;
use schemas::event::{Book, HoldReason};
use schemas::ids::HoldId;
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// One merchant's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Merchant {
    /// The entry of the `contract_set` in force; `None` before the first.
    pub contract: Option<u64>,
    /// Buckets, by book and currency: in the order of a day close.
    pub purses: LiteMap<(Book, Currency), Purse>,
    /// The date under which a day close finds the merchant: the earliest with money, or an earlier one; none without any.
    pub due_on: Option<Date>,
}

impl Merchant {
    /// The earliest date whose close would move something.
    pub fn first_date(&self) -> Option<Date> {
        self.purses.values().flat_map(|purse| [purse.pending.first(), purse.reserve.first()]).flatten().map(|(date, _)| *date).min()
    }
}

/// The buckets of one merchant in one book and currency, in minor units. A line is below 2^127 and mostly far below (see `price`), so a
/// bucket stays below 2^128; what would be more stops the shard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// 2010, by `available_on`. No empty buckets.
    pub pending: LiteMap<Date, u128>,
    /// 2020.
    pub available: u128,
    /// 2030, by `release_on`. No empty buckets.
    pub reserve: LiteMap<Date, u128>,
    /// 1050.
    pub owed: u128,
    /// The holds that sweep; none where no hold does.
    pub sweeping: Option<Sweeping>,
}

/// The holds of a purse that sweep, in order of placing: a list that goes from each hold to the next one, so that feeding begins at
/// the first and costs what it feeds. One that no longer sweeps stays in the list until feeding comes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweeping {
    /// The first hold of the list.
    pub first: HoldId,
    /// The last one.
    pub last: HoldId,
}

impl Purse {
    /// Everything in 2010.
    pub fn pending_total(&self) -> u128 {
        self.pending.values().sum()
    }

    /// Everything in 2030.
    pub fn reserve_total(&self) -> u128 {
        self.reserve.values().sum()
    }

    /// What can be paid out.
    pub fn payable(&self) -> u128 {
        above(self.available, self.owed)
    }

    /// Whether a day close on this date would move anything.
    pub fn is_due(&self, open: Date) -> bool {
        let due = |buckets: &LiteMap<Date, u128>| buckets.first().is_some_and(|(first, _)| *first <= open);
        due(&self.pending) || due(&self.reserve)
    }

    /// Credits a bucket of this purse; answers whether it is a dated one that was empty. Accounts that are kept elsewhere
    /// (holds, payouts, disputes) are left alone.
    pub fn credit(&mut self, code: Code, date: Option<Date>, amount: u128) -> Result<bool, Error> {
        match (bucket_of(code), date) {
            (Some(Bucket::Pending), Some(date)) => return put(&mut self.pending, date, amount),
            (Some(Bucket::Reserve), Some(date)) => return put(&mut self.reserve, date, amount),
            (Some(Bucket::Available), _) => self.available = more(self.available, amount)?,
            (Some(Bucket::Owed), _) => self.owed = less(self.owed, amount, "more is repaid than is owed")?,
            (Some(Bucket::Pending | Bucket::Reserve), None) | (None, _) => {}
        }
        Ok(false)
    }

    /// Debits a bucket of this purse. Every caller has bounded `amount` by what is there.
    pub fn debit(&mut self, code: Code, date: Option<Date>, amount: u128) -> Result<(), Error> {
        match (bucket_of(code), date) {
            (Some(Bucket::Pending), Some(date)) => take(&mut self.pending, date, amount),
            (Some(Bucket::Reserve), Some(date)) => take(&mut self.reserve, date, amount),
            (Some(Bucket::Available), _) => {
                self.available = less(self.available, amount, "more is taken than is available")?;
                Ok(())
            }
            (Some(Bucket::Owed), _) => {
                self.owed = more(self.owed, amount)?;
                Ok(())
            }
            (Some(Bucket::Pending | Bucket::Reserve), None) | (None, _) => Ok(()),
        }
    }
}

/// A part of a purse.
enum Bucket {
    Pending,
    Available,
    Reserve,
    Owed,
}

/// Where in a purse an account lies; `None` of a merchant's that is kept elsewhere, and of one that is no merchant's.
const fn bucket_of(code: Code) -> Option<Bucket> {
    match code {
        Code::Pending => Some(Bucket::Pending),
        Code::Available => Some(Bucket::Available),
        Code::Reserve => Some(Bucket::Reserve),
        Code::MerchantReceivable => Some(Bucket::Owed),
        Code::Hold | Code::DisputeProvisional | Code::PayoutInTransit => None,
        Code::SchemeReceivable | Code::SettlementCash | Code::ClientReserve | Code::OwnCash | Code::DueFromPsp | Code::DueToBank => None,
        Code::InterchangePayable | Code::SchemeFeesPayable | Code::PartnerPayable | Code::OutputVat | Code::Suspense | Code::FxPosition => None,
        Code::MdrIncome | Code::GatewayIncome | Code::OtherFeeIncome | Code::DisputeFeeIncome | Code::EarlyReleaseIncome | Code::ChannelIncome => None,
        Code::FeeWaivers | Code::InterchangeCost | Code::SchemeFeeCost | Code::PartnerShareCost | Code::MaintenanceCost => None,
        Code::CreditLoss | Code::ChannelCost => None,
        Code::Preauthorised | Code::PreauthorisedContra | Code::DisputeNotified | Code::DisputeNotifiedContra => None,
    }
}

/// Puts into a dated bucket; answers whether it was empty.
fn put(buckets: &mut LiteMap<Date, u128>, date: Date, amount: u128) -> Result<bool, Error> {
    match buckets.get_mut(&date) {
        Some(there) => {
            *there = more(*there, amount)?;
            Ok(false)
        }
        None => Ok(buckets.insert(date, amount).is_none()),
    }
}

/// Takes from a dated bucket and drops it when it is empty.
fn take(buckets: &mut LiteMap<Date, u128>, date: Date, amount: u128) -> Result<(), Error> {
    let there = buckets.get(&date).copied().unwrap_or(0);
    let left = less(there, amount, "more is taken than is in a dated bucket")?;
    if left == 0 {
        buckets.remove(&date);
    } else {
        buckets.insert(date, left);
    }
    Ok(())
}

/// A hold on a merchant's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Whose book.
    pub book: Book,
    /// In what.
    pub currency: Currency,
    /// Why.
    pub reason: HoldReason,
    /// What is in it now.
    pub amount: u128,
    /// What a sweep still waits for; 0 where there is none.
    pub missing: u128,
    /// The hold that is fed after this one.
    pub next: Option<HoldId>,
}

impl Hold {
    /// A hold is closed once nothing is in it and nothing is awaited.
    pub const fn is_open(&self) -> bool {
        self.amount > 0 || self.missing > 0
    }
}

/// What a terminal took since its last `batch_closed`; a void of a sale from an earlier batch can make it negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Sales and completions, less voids and whole reversals.
    pub count: i64,
    /// What they captured, in minor units.
    pub sum: i128,
}
