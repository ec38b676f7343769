//! What is held for one merchant and since when, and what its liability is estimated from.
//!
//! Bounded by dates with money and terms of holds, however many holds and represented payments there are: those that came alike are
//! added up, and each is a row of its own.

use super::layers::Layers;
use ledger::entry::Alert;
use ledger::few;
use litemap::LiteMap;
use schemas::contract::Risk;
use schemas::event::{Book, HoldReason};
use schemas::ids::PartnerId;
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
    /// The last entry that changed it: it lies in the index of what changed lately under that.
    pub(super) changed_by: Option<u64>,
    /// Its money, by currency and book.
    pub purses: LiteMap<(Currency, Book), Purse>,
    /// What somebody should look at.
    pub occurrences: LiteMap<Alert, Occurrences>,
    /// Events that tell of money moved outside and were refused, by the currency that they are counted in: the event's, else that of
    /// the contract in force; none before the first contract.
    pub money_refused: LiteMap<Option<Currency>, MoneyRefused>,
    /// On which dates it sold.
    pub trading: Option<Trading>,
    /// The date of its last change.
    pub(super) changed_on: Option<Date>,
    /// What the contract in force pays the merchant in.
    pub(super) currency: Option<Currency>,
}

/// On which dates a merchant sold: the last one, and which of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trading {
    /// The last date with a sale or completion.
    pub last: Date,
    /// Bit `n`: there was one `n` dates before the last.
    dates: u32,
}

impl Trading {
    /// The dates, the last one included, that tell whether a merchant traded.
    pub const DATES: u32 = 30;

    /// On how many of the 30 dates up to the last one it sold.
    pub const fn dates(&self) -> u32 {
        (self.dates & ((1 << Self::DATES) - 1)).count_ones()
    }

    /// It sold on a date, which is not before any on which it sold earlier.
    fn on(known: Option<Self>, date: Date) -> Self {
        let earlier = known.map_or(0, |known| known.dates.checked_shl(u32::try_from(date.days() - known.last.days()).unwrap_or(u32::MAX)).unwrap_or(0));
        Self { last: date, dates: earlier | 1 }
    }
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
    /// 2040: holds with money, by their terms.
    pub holds: LiteMap<HoldSince, Alike>,
    /// 2045: payments, by the dates on which their money came back, oldest first.
    pub disputes: LiteMap<Vec<Date>, Payments>,
    /// 1050.
    pub owed: i128,
    /// 9020.
    pub notified: i128,
    /// Early releases, by the date on which the money would have become available.
    pub advances: LiteMap<Date, i128>,
    /// What payouts of a PSP that were paid took from the queue: by the date on which they were, by age in days.
    pub paid: LiteMap<Date, LiteMap<u32, i128>>,
    /// Sales less refunds of the latest dates on which there were any: those of one row of [`super::NET_SALES`], which is
    /// written once the next one begins.
    pub sold: LiteMap<Date, i128>,
    /// Payments from before the ledger, by the date of their sale: the estimates count them as sales of that date.
    pub opened: LiteMap<Date, i128>,
    /// The last date that is in [`super::NET_SALES`]: most estimates look back to no date before that, and need not look there.
    pub sold_before: Option<Date>,
}

/// A hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its terms.
    pub terms: HoldSince,
    /// What is in it.
    pub amount: i128,
}

/// Holds with money that were placed alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    /// How many.
    pub count: i64,
    /// What is in them.
    pub amount: i128,
}

/// Payments whose money came back on the same dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payments {
    /// How many.
    pub count: i64,
    /// What came on each of the dates.
    pub amounts: Vec<i128>,
}

/// The terms of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// It sold on a date.
    pub(super) fn sold_on(&mut self, date: Date) {
        self.trading = Some(Trading::on(self.trading, date));
    }

    /// Takes out the sales of late dates, which are the same for whatever later date is asked: a history needs no copies.
    pub(super) fn take_sold(&mut self) -> Vec<(LiteMap<Date, i128>, Option<Date>)> {
        self.purses.iter_mut().map(|(_, purse)| (std::mem::take(&mut purse.sold), purse.sold_before.take())).collect()
    }

    /// Puts them back.
    pub(super) fn put_sold(&mut self, sold: Vec<(LiteMap<Date, i128>, Option<Date>)>) {
        for ((_, purse), (sold, before)) in self.purses.iter_mut().zip(sold) {
            (purse.sold, purse.sold_before) = (sold, before);
        }
    }

    /// Its money in a currency and book; empty where there was none.
    pub(super) fn purse(&mut self, currency: Currency, book: &Book) -> &mut Purse {
        few::entry(&mut self.purses, (currency, book.clone()))
    }
}

impl Purse {
    /// A hold of these terms has another amount than before.
    pub(super) fn hold_moved(&mut self, terms: HoldSince, before: i128, after: i128) {
        let alike = few::entry(&mut self.holds, terms);
        alike.amount += after - before;
        alike.count += i64::from(after != 0) - i64::from(before != 0);
        if alike.count == 0 {
            self.holds.remove(&terms);
        }
    }

    /// The money of a payment that came back lies otherwise than before.
    pub(super) fn dispute_moved(&mut self, before: &Layers, after: &Layers) {
        for (layers, times) in [(before, -1), (after, 1)] {
            if layers.is_empty() {
                continue;
            }
            let dates: Vec<Date> = layers.iter().map(|(date, _)| date).collect();
            let payments = few::entry(&mut self.disputes, dates.clone());
            payments.count += times;
            payments.amounts.resize(dates.len(), 0);
            for (sum, (_, amount)) in payments.amounts.iter_mut().zip(layers.iter()) {
                *sum += amount * i128::from(times);
            }
            if payments.count == 0 {
                self.disputes.remove(&dates);
            }
        }
    }

    /// The dates, today included, whose paid payouts are told.
    pub const PAID_DAYS: i32 = 30;

    /// Forgets what no later date tells.
    pub(super) fn forget_before(&mut self, date: Date) {
        self.advances.retain(|available_on, _| *available_on > date);
        self.paid.retain(|paid_on, _| *paid_on > date.plus_days(-Self::PAID_DAYS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dates_of_sales_are_remembered_for_thirty_dates() {
        let date = |day: i32| Date::from_days(20_000 + day);
        let after = |days: &[i32]| days.iter().fold(None, |known, day| Some(Trading::on(known, date(*day)))).expect("sales");
        assert_eq!((after(&[0, 0, 1, 5]).last, after(&[0, 0, 1, 5]).dates()), (date(5), 3));
        assert_eq!((after(&[0, 29]).dates(), after(&[0, 30]).dates(), after(&[0, 31]).dates(), after(&[0, 9_000]).dates()), (2, 1, 1, 1));
    }
}
