//! What is told of one merchant's purse on one date, and sums of it: sums add and subtract, so that a merchant's old part
//! can be replaced by its new one.

use super::liability::{Liability, Parameters, liability};
use super::reason::{Age, Reason};
use crate::folds::exposure::{Layers, Purse};
use schemas::time::Date;

/// Amounts of one reason and age, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// What is held.
    pub amount: i128,
    /// What of it was expected to be released before today.
    pub overdue: i128,
    /// Queues, tranches, holds and payments with money of this age.
    pub of_age: i64,
    /// The same, each counted once, at the age of its oldest money.
    pub count: i64,
}

impl Amounts {
    /// Adds others, so many times: 1 or −1.
    pub const fn add(&mut self, other: &Self, times: i64) {
        self.amount += other.amount * times as i128;
        self.overdue += other.overdue * times as i128;
        self.of_age += other.of_age * times;
        self.count += other.count * times;
    }

    pub(super) fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// What is told of a purse, or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// By reason and age, sorted.
    pub items: Vec<((Reason, Age), Amounts)>,
    /// Reserve by `release_on`, sorted.
    pub ladder: Vec<(Date, i128)>,
    /// What it may have to pay for.
    pub liability: Liability,
    /// What payouts that were paid lately took, by age in days, sorted.
    pub paid: Vec<(u32, i128)>,
}

impl Summary {
    /// Of one purse on a date. `net_sales`: sales less refunds by date, of as many dates as the parameters look back.
    pub fn of(purse: &Purse, parameters: &Parameters, net_sales: &[(Date, i128)], today: Date) -> Self {
        let mut summary = Self { liability: liability(purse, parameters, net_sales, today), ..Self::default() };
        summary.add_layers(Reason::Unsettled, &purse.queue, None, today);
        for (release_on, tranche) in &purse.reserve {
            summary.add_layers(Reason::Reserve, tranche, Some(*release_on), today);
            add_at(&mut summary.ladder, *release_on, |sum| *sum += tranche.total());
        }
        for (terms, holds) in &purse.holds {
            let overdue = if terms.expected_release.is_some_and(|date| date < today) { holds.amount } else { 0 };
            let amounts = Amounts { amount: holds.amount, overdue, of_age: holds.count, count: holds.count };
            let key = (Reason::of_hold(terms.reason), Age::of(terms.since, today));
            add_at(&mut summary.items, key, |sum: &mut Amounts| sum.add(&amounts, 1));
        }
        for (dates, payments) in &purse.disputes {
            let layers = dates.iter().copied().zip(payments.amounts.iter().copied());
            summary.add_alike(Reason::Dispute, (layers, payments.count), None, today);
        }
        let first = today.plus_days(1 - Purse::PAID_DAYS);
        for (age, amount) in purse.paid.iter().filter(|(paid_on, _)| **paid_on >= first).flat_map(|(_, ages)| ages) {
            add_at(&mut summary.paid, *age, |sum| *sum += amount);
        }
        summary
    }

    /// One queue or tranche.
    fn add_layers(&mut self, reason: Reason, layers: &Layers, expected: Option<Date>, today: Date) {
        self.add_alike(reason, (layers.iter(), 1), expected, today);
    }

    /// So many queues, tranches or payments whose money came on the same dates: oldest first, so that equal ages follow each other.
    fn add_alike(&mut self, reason: Reason, (layers, many): (impl Iterator<Item = (Date, i128)>, i64), expected: Option<Date>, today: Date) {
        let overdue = expected.is_some_and(|date| date < today);
        let mut last = None;
        for (date, amount) in layers {
            let age = Age::of(date, today);
            let times = |counts: bool| if counts { many } else { 0 };
            let overdue = if overdue { amount } else { 0 };
            let amounts = Amounts { amount, overdue, of_age: times(last != Some(age)), count: times(last.is_none()) };
            add_at(&mut self.items, (reason, age), |sum: &mut Amounts| sum.add(&amounts, 1));
            last = Some(age);
        }
    }

    /// Adds another, so many times: 1 or −1.
    pub fn add(&mut self, other: &Self, times: i64) {
        for (key, amounts) in &other.items {
            add_at(&mut self.items, *key, |sum: &mut Amounts| sum.add(amounts, times));
        }
        for (date, amount) in &other.ladder {
            add_at(&mut self.ladder, *date, |sum| *sum += amount * i128::from(times));
        }
        for (age, amount) in &other.paid {
            add_at(&mut self.paid, *age, |sum| *sum += amount * i128::from(times));
        }
        self.liability.add(&other.liability, times);
        if times < 0 {
            self.items.retain(|(_, amounts)| !amounts.is_zero());
            self.ladder.retain(|(_, amount)| *amount != 0);
            self.paid.retain(|(_, amount)| *amount != 0);
        }
    }

    /// Everything that is held.
    pub fn amount(&self) -> i128 {
        self.items.iter().map(|(_, amounts)| amounts.amount).sum()
    }

    /// Whether there is nothing to tell.
    pub fn is_zero(&self) -> bool {
        self.items.is_empty() && self.ladder.is_empty() && self.paid.is_empty() && self.liability.is_zero()
    }
}

/// Changes the value at a key of a sorted list; a default one where there is none.
fn add_at<K: Ord, V: Default>(list: &mut Vec<(K, V)>, key: K, change: impl FnOnce(&mut V)) {
    let place = match list.binary_search_by(|(other, _)| other.cmp(&key)) {
        Ok(place) => place,
        Err(place) => {
            list.insert(place, (key, V::default()));
            place
        }
    };
    if let Some((_, value)) = list.get_mut(place) {
        change(value);
    }
}
