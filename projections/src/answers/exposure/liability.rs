//! What a merchant may still have to pay for, against what is held for it.
//!
//! Each term is rounded once, half up, for one merchant, book and currency. T(n) is sales less refunds of the last `n`
//! dates, today included, not below zero; age is today less the date.

use crate::folds::exposure::Purse;
use schemas::contract::{Delivery, Percent, Risk};
use schemas::event::HoldReason;
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
    let open: i128 = net_sales
        .iter()
        .filter(|(date, _)| (0..window).contains(&age(*date)))
        .map(|(date, net)| net.saturating_mul(i128::from(window - age(*date))))
        .fold(0, i128::saturating_add);
    let sold = |days: u16| -> i128 {
        let sum: i128 = net_sales.iter().filter(|(date, _)| (0..i32::from(days)).contains(&age(*date))).map(|(_, net)| net).sum();
        sum.max(0)
    };
    let chargeback = purse.notified + share(open.max(0), parameters.chargeback_percent, 1, i128::from(window));
    let refund = share(sold(REFUND_DATES), parameters.refund_percent, i128::from(parameters.refund_days), i128::from(REFUND_DATES));
    let undelivered = parameters.delivery.iter().map(|part| sold(part.days).saturating_mul(i128::from(part.percent.0))).fold(0, i128::saturating_add);
    let non_delivery = rounded(undelivered, i128::from(Percent::WHOLE.0));
    let advances = purse.advances.iter().filter(|(available_on, _)| **available_on > today).map(|(_, amount)| amount).sum();
    let held: i128 = purse.holds.iter().filter(|(terms, _)| terms.reason != HoldReason::Legal).map(|(_, holds)| holds.amount).sum();
    let reserve: i128 = purse.reserve.values().map(|tranche| tranche.total()).sum();
    let cover = purse.queue.total() - purse.in_transit + reserve + held;
    let terms = Liability { chargeback, refund, non_delivery, owed: purse.owed, advances, cover, uncovered: 0 };
    Liability { uncovered: (terms.exposure() - cover).max(0), ..terms }
}

/// `amount × percent × times ÷ parts`, rounded half up; nothing in no parts.
fn share(amount: i128, percent: Percent, times: i128, parts: i128) -> i128 {
    if parts == 0 {
        return 0;
    }
    rounded(amount.saturating_mul(i128::from(percent.0)).saturating_mul(times), parts * i128::from(Percent::WHOLE.0))
}

/// A quotient of numbers that are not below zero, rounded half up.
const fn rounded(part: i128, whole: i128) -> i128 {
    part.saturating_mul(2).saturating_add(whole) / (whole * 2)
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
        assert_eq!((rounded(5, 10), rounded(4, 10), rounded(1, 3), rounded(2, 3), rounded(1, 2)), (1, 0, 0, 1, 1));
        let parameters = Parameters { chargeback_percent: Percent::WHOLE, chargeback_days: 10, refund_percent: Percent(0), ..Parameters::default() };
        let of = |age: i32| liability(&Purse::default(), &parameters, &[(Date::from_days(20_000 - age), 1_000)], Date::from_days(20_000)).chargeback;
        assert_eq!((of(0), of(9), of(10)), (1_000, 100, 0));
        let refunded = [(Date::from_days(20_000), -1_000)];
        assert_eq!(liability(&Purse::default(), &Parameters::default(), &refunded, Date::from_days(20_000)), Liability::default());
    }
}
