//! What a row is asked to be.

use crate::folds::entries::owner;
use ledger::entry::Row;
use schemas::event::{EventType, HoldReason};
use schemas::ids::{PaymentId, Reference, TerminalId};
use schemas::money::{Currency, parse_scaled};
use schemas::time::Date;

/// Decimals that amounts are compared with: no currency has more.
const DECIMALS: u8 = 4;
/// The largest amount that is asked for, in whole units: beyond what any row may have.
const WHOLE_MAX: u64 = 1_000_000_000_000_000;

/// Which amounts, whatever they are in: 128.5 fits CNY 128.50 and KWD 128.500.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmountFilter {
    /// From this one on, in units of the fourth decimal.
    pub min: Option<i128>,
    /// Up to this one.
    pub max: Option<i128>,
}

impl AmountFilter {
    /// Reads a decimal string, as [`AmountFilter::min`] and [`AmountFilter::max`] have it.
    pub fn read(text: &str) -> Option<i128> {
        let scale = 10u64.pow(u32::from(DECIMALS));
        parse_scaled(text, DECIMALS, WHOLE_MAX * scale).ok().map(i128::from)
    }

    /// Whether an amount in minor units fits; an absent one fits where nothing is asked.
    pub fn fits(&self, amount: Option<(Currency, i128)>) -> bool {
        if self.min.is_none() && self.max.is_none() {
            return true;
        }
        let Some((currency, minor)) = amount else { return false };
        // Saturated it is still above, or below, whatever can be asked: that has 64 bits.
        let scaled = minor.saturating_mul(10i128.pow(u32::from(DECIMALS.saturating_sub(currency.exponent()))));
        self.min.is_none_or(|min| scaled >= min) && self.max.is_none_or(|max| scaled <= max)
    }
}

/// What a row is asked to be; each list says which of it it knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this merchant, or the house.
    pub owner: Option<String>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// Of such an amount.
    pub amount: AmountFilter,
    /// In this state, as on the wire.
    pub state: Option<String>,
    /// Called so by the scheme or PSP.
    pub reference: Option<Reference>,
    /// At this terminal.
    pub terminal: Option<TerminalId>,
    /// Of or about this payment.
    pub payment: Option<PaymentId>,
    /// Becoming available on this date.
    pub available_on: Option<Date>,
    /// Of these types; none: of any.
    pub types: Vec<EventType>,
    /// Held for this reason.
    pub reason: Option<HoldReason>,
}

impl Filter {
    /// Whatever is of a merchant, or the house.
    pub fn of(owner: &str) -> Self {
        Self { owner: Some(owner.to_owned()), ..Self::default() }
    }

    /// Whether an entry is about whom is asked for: a merchant, or the house.
    pub(super) fn fits_owner(&self, row: &Row) -> bool {
        match (owner(row.subject.as_ref()), &self.owner) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(one), Some(asked)) => one == asked,
        }
    }

    /// Whether a currency and a state are asked for.
    pub(super) fn fits(&self, currency: Currency, state: &str) -> bool {
        self.currency.is_none_or(|asked| asked == currency) && self.state.as_deref().is_none_or(|asked| asked == state)
    }

    /// Whether an entry's payment and terminal are asked for. The terminal is the event's own, else its payment's.
    pub(super) fn fits_payment(&self, row: &Row) -> bool {
        let terminal = row.terminal.as_ref().or_else(|| row.facts.as_ref().and_then(|facts| facts.terminal.as_ref()));
        self.payment.as_ref().is_none_or(|asked| row.payment.as_ref() == Some(asked)) && self.terminal.as_ref().is_none_or(|asked| terminal == Some(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_compared_in_whatever_currency_they_are() {
        let of = |code: &str, minor| Currency::from_code(code).map(|currency| (currency, minor));
        let exact = |text: &str| AmountFilter { min: AmountFilter::read(text), max: AmountFilter::read(text) };
        assert!(exact("128.5").fits(of("CNY", 12_850)) && exact("128.500").fits(of("KWD", 128_500)) && exact("128").fits(of("JPY", 128)));
        assert!(!exact("128.5").fits(of("CNY", 12_851)) && !exact("1").fits(None) && AmountFilter::default().fits(None));
        let between = AmountFilter { min: AmountFilter::read("10"), max: AmountFilter::read("10.05") };
        assert_eq!([999, 1_000, 1_005, 1_006].map(|minor| between.fits(of("CNY", minor))), [false, true, true, false]);
        assert_eq!(["", "-1", "1.23456", "1e3", "x"].map(AmountFilter::read), [None; 5]);
    }
}
