//! What a merchant may still have to pay for, against what is held for it.
//!
//! Each term is rounded once, half up, for one merchant, book and currency. T(n) is sales less refunds of the last `n`
//! dates, today included, not below zero; age is today less the date. Products may be wider than 128 bits and are exact. The sums
//! themselves stay below 2^127 up to 4 · 10^9 sales of the largest amount (10^25) within a window of 3 650 dates.

use crate::folds::exposure::Purse;
use schemas::contract::{Delivery, Percent, Risk, Rounding};
use schemas::event::HoldReason;
use schemas::proportion::{multiply_divide, proportion};
use schemas::time::Date;

/// The dates that the refund rate is measured over.
const REFUND_DATES: u16 = 30;

/// Parameters of the estimate: the configuration's, where a contract has none of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The share of sales that comes back as chargebacks.
    pub chargeback_percent: Percent,
    /// The window in which a chargeback may come, in days.
    pub chargeback_days: u16,
    /// The share of sales that is refunded.
    pub refund_percent: Percent,
    /// The window in which a refund may come, in days.
    pub refund_days: u16,
    /// Shares of sales that are delivered later.
    pub delivery: Vec<Delivery>,
    /// A stress test: what holds for every merchant, whatever its contract says.
    pub stress: Option<Risk>,
}

impl Default for Parameters {
    /// 0.10 % in 120 days, 2.00 % in 30 days, everything delivered at once.
    fn default() -> Self {
        Self {
            chargeback_percent: Percent(100_000),
            chargeback_days: 120,
            refund_percent: Percent(2_000_000),
            refund_days: 30,
            delivery: Vec::new(),
            stress: None,
        }
    }
}

impl Parameters {
    /// With what a contract says of its own.
    pub(super) fn with(&self, risk: Option<&Risk>) -> Self {
        let own = risk.map_or_else(|| self.clone(), |risk| self.by(risk));
        self.stress.as_ref().map_or_else(|| own.clone(), |stress| own.by(stress))
    }

    fn by(&self, risk: &Risk) -> Self {
        Self {
            chargeback_percent: risk.chargeback_percent.unwrap_or(self.chargeback_percent),
            chargeback_days: risk.chargeback_days.unwrap_or(self.chargeback_days),
            refund_percent: risk.refund_percent.unwrap_or(self.refund_percent),
            refund_days: risk.refund_days.unwrap_or(self.refund_days),
            delivery: risk.delivery.clone().unwrap_or_else(|| self.delivery.clone()),
            stress: None,
        }
    }

    /// How many dates it looks back, today included.
    pub(super) fn dates(&self) -> u16 {
        self.delivery.iter().map(|part| part.days).chain([self.chargeback_days, REFUND_DATES]).max().unwrap_or(REFUND_DATES)
    }
}

/// The terms, in minor units; they add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as on the wire, see ACCOUNTING.md")]
pub struct Liability {
    pub chargeback: i128,
    pub refund: i128,
    pub non_delivery: i128,
    pub owed: i128,
    pub advances: i128,
    pub cover: i128,
    /// What cover does not reach, merchant by merchant.
    pub uncovered: i128,
}

impl Liability {
    /// Everything that a merchant may have to pay for.
    pub const fn exposure(&self) -> i128 {
        self.chargeback + self.refund + self.non_delivery + self.owed + self.advances
    }

    /// Whether there is nothing to tell.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Adds another, so many times: 1 or −1.
    pub const fn add(&mut self, other: &Self, times: i64) {
        let times = times as i128;
        self.chargeback += other.chargeback * times;
        self.refund += other.refund * times;
        self.non_delivery += other.non_delivery * times;
        self.owed += other.owed * times;
        self.advances += other.advances * times;
        self.cover += other.cover * times;
        self.uncovered += other.uncovered * times;
    }
}

/// The estimate of one purse.
pub(super) fn liability(purse: &Purse, parameters: &Parameters, net_sales: &[(Date, i128)], today: Date) -> Liability {
    let age = |date: Date| today.days() - date.days();
    let net_sales: Vec<(Date, i128)> = net_sales.iter().copied().chain(purse.opened.iter().map(|(date, amount)| (*date, *amount))).collect();
    let window = i32::from(parameters.chargeback_days);
    let open: i128 = net_sales.iter().filter(|(date, _)| (0..window).contains(&age(*date))).map(|(date, net)| net * i128::from(window - age(*date))).sum();
    let sold = |days: u16| -> i128 {
        let sum: i128 = net_sales.iter().filter(|(date, _)| (0..i32::from(days)).contains(&age(*date))).map(|(_, net)| net).sum();
        sum.max(0)
    };
    let chargeback = purse.notified + share(open.max(0), parameters.chargeback_percent, 1, parameters.chargeback_days);
    let refund = share(sold(REFUND_DATES), parameters.refund_percent, parameters.refund_days, REFUND_DATES);
    let non_delivery = together(parameters.delivery.iter().map(|part| (sold(part.days), part.percent)));
    let advances = purse.advances.iter().filter(|(available_on, _)| **available_on > today).map(|(_, amount)| amount).sum();
    let held: i128 = purse.holds.iter().filter(|(terms, _)| terms.reason != HoldReason::Legal).map(|(_, holds)| holds.amount).sum();
    let reserve: i128 = purse.reserve.values().map(|tranche| tranche.total()).sum();
    let cover = purse.queue.total() - purse.in_transit + reserve + held;
    let terms = Liability { chargeback, refund, non_delivery, owed: purse.owed, advances, cover, uncovered: 0 };
    Liability { uncovered: (terms.exposure() - cover).max(0), ..terms }
}

/// `amount × percent × times ÷ parts`, rounded half up, of an amount that is not below zero; nothing in no parts.
fn share(amount: i128, percent: Percent, times: u16, parts: u16) -> i128 {
    let (times, parts) = (u128::from(percent.0) * u128::from(times), u128::from(parts) * u128::from(Percent::WHOLE.0));
    if parts == 0 { 0 } else { signed(proportion(amount.unsigned_abs(), times, parts, Rounding::HalfUp)) }
}

/// Σ amount × percent, rounded half up once, of amounts that are not below zero.
fn together(parts: impl Iterator<Item = (i128, Percent)>) -> i128 {
    let whole = u128::from(Percent::WHOLE.0);
    let (mut sum, mut rest) = (0, 0);
    for (amount, percent) in parts {
        let divided = multiply_divide(amount.unsigned_abs(), percent.0.into(), whole);
        sum += signed(divided.map(|(quotient, _)| quotient));
        // Each is below 10^8, and a contract has a few parts.
        rest += divided.map_or(0, |(_, rest)| rest);
    }
    sum + signed(proportion(rest, 1, whole, Rounding::HalfUp))
}

/// A share of a sum of amounts, which has a sign as the sum has. Where no sum that comes is (see above), it is so much that adding up
/// the terms stops: nothing is told then, and nothing wrong.
fn signed(share: Option<u128>) -> i128 {
    share.and_then(|share| i128::try_from(share).ok()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    #[test]
    fn the_worked_example() {
        let mut purse = Purse::default();
        purse.queue.put(at("2026-11-20"), 597_500);
        let parameters = Parameters { delivery: vec![Delivery { percent: Percent(60_000_000), days: 30 }], ..Parameters::default() };
        let terms = liability(&purse, &parameters, &[(at("2026-11-20"), 1_000_000)], at("2026-11-23"));
        let expected = Liability { chargeback: 975, refund: 20_000, non_delivery: 600_000, owed: 0, advances: 0, cover: 597_500, uncovered: 23_475 };
        assert_eq!(terms, expected);
        assert_eq!(terms.exposure(), 620_975);
    }

    #[test]
    fn halves_are_rounded_up_and_windows_end() {
        let tenths = |percent: u64| share(10, Percent(percent * 1_000_000), 1, 1);
        assert_eq!((tenths(4), tenths(5), tenths(14), tenths(15)), (0, 1, 1, 2));
        let halves = [(1, Percent(50_000_000)), (1, Percent(50_000_000)), (1, Percent(40_000_000))];
        assert_eq!(together(halves.into_iter()), 1, "1.4 is rounded once");
        assert_eq!((share(7, Percent::WHOLE, 3, 0), share(7, Percent::WHOLE, 3, 2)), (0, 11));
        let parameters = Parameters { chargeback_percent: Percent::WHOLE, chargeback_days: 10, refund_percent: Percent(0), ..Parameters::default() };
        let of = |age: i32| liability(&Purse::default(), &parameters, &[(Date::from_days(20_000 - age), 1_000)], Date::from_days(20_000)).chargeback;
        assert_eq!((of(0), of(9), of(10)), (1_000, 100, 0));
        let refunded = [(Date::from_days(20_000), -1_000)];
        assert_eq!(liability(&Purse::default(), &Parameters::default(), &refunded, Date::from_days(20_000)), Liability::default());
    }

    /// 400 sales of 10^15 yen at a rate of a million, in a currency of four decimals: all of it, and all of it over 365 dates of 30.
    #[test]
    fn the_largest_sales_are_estimated_exactly() {
        let (sale, today) = (10i128.pow(25), Date::from_days(20_000));
        for sales in [200, 400, 1_000_000] {
            let (sold, whole) = (sales * sale, Percent::WHOLE);
            let parameters = Parameters {
                chargeback_percent: whole,
                chargeback_days: 365,
                refund_percent: whole,
                refund_days: 365,
                delivery: vec![Delivery { percent: Percent(60_000_000), days: 30 }, Delivery { percent: Percent(40_000_000), days: 1 }],
                stress: None,
            };
            let terms = liability(&Purse::default(), &parameters, &[(today, sold)], today);
            // 365 × 10^25 ÷ 30 is no whole number: 0.67 of one is rounded up, or 0.33 down.
            let refund = (sold * 365 * 2 + 30) / 60;
            assert_eq!((terms.chargeback, terms.refund, terms.non_delivery), (sold, refund, sold), "{sales} sales");
        }
        let four = |minor: i128| schemas::money::format_scaled(minor, 4);
        let parameters = Parameters { chargeback_percent: Percent::WHOLE, refund_percent: Percent::WHOLE, refund_days: 365, ..Parameters::default() };
        let terms = liability(&Purse::default(), &parameters, &[(today, 400 * sale)], today);
        assert_eq!(four(terms.chargeback), "400000000000000000000000.0000");
        assert_eq!(four(terms.refund), "4866666666666666666666666.6667");
    }
}
