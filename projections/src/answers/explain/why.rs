//! Why a line has its amount: what it is, the formula, and where the money came from.

use ledger::entry::Source;
use schemas::contract::{Percent, Price, Rounding};
use schemas::money::Currency;

/// Why a line has its amount.
///
/// Lines with the same `what`, `fee` and book come to the formula's difference between `result` and `before`, less `vat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What it is, such as `mdr`, `vat`, `reserve`, or the type of the event whose money it is.
    pub what: &'static str,
    /// Of `vat`: the fee that it is in.
    pub fee: Option<&'static str>,
    /// How the amount was found; `None` where it is the event's own, or was not found again.
    pub formula: Option<Formula>,
    /// How the contract rounds, where there is something to round.
    pub rounding: Option<Rounding>,
    /// The VAT in the fee: this line is what is left of it.
    pub vat: Option<u128>,
    /// What all lines of this come to, where the money came from several places.
    pub part_of: Option<u128>,
    /// Where the merchant's money came from.
    pub source: Option<Source>,
}

/// What decided in place of the percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The rule's floor.
    Floor,
    /// The rule's cap.
    Cap,
    /// What is left of the sale after its fees.
    Net,
    /// What was there to be moved.
    There,
}

impl Binding {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Cap => "cap",
            Self::Net => "net",
            Self::There => "there",
        }
    }
}

/// How an amount was found. Amounts are minor units of the settled currency unless a variant says another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula {
    /// `result = clamp(round(of × percent + fixed), floor, cap)`.
    Priced {
        /// Which rule of the contract, such as `rates[1]`.
        rule: String,
        /// What the rule says.
        price: Price,
        /// Whether floor or cap decided.
        binding: Option<Binding>,
        /// What it is of.
        of: u128,
        /// What it comes to.
        result: u128,
        /// What had been booked before.
        before: u128,
    },
    /// `of = max(0, mdr − interchange − scheme_fee)`, `result = round(of × percent)`.
    Share {
        /// The partner's share.
        percent: Percent,
        /// The discount.
        mdr: u128,
        /// Off it.
        interchange: u128,
        /// Off it, too.
        scheme_fee: u128,
        /// The margin.
        of: u128,
        /// What it comes to.
        result: u128,
        /// What had been booked before.
        before: u128,
    },
    /// `result = round(of × percent ÷ (100 + percent))`.
    Vat {
        /// The rate.
        percent: Percent,
        /// The fee that it is in.
        of: u128,
        /// What it comes to.
        result: u128,
        /// What had been booked before.
        before: u128,
    },
    /// `result = min(round(of × percent), net)`.
    Reserve {
        /// The share that is put by.
        percent: Percent,
        /// The sale.
        of: u128,
        /// The sale less its fees.
        net: u128,
        /// What decided in place of the percentage.
        binding: Option<Binding>,
        /// What it comes to.
        result: u128,
        /// What had been put by before.
        before: u128,
    },
    /// The event brought its price.
    Carried {
        /// What it brought.
        result: u128,
    },
    /// `result = round(of × settled ÷ settled_before)`: the sale brought its prices and was changed.
    Scaled {
        /// What had been booked before.
        of: u128,
        /// What the payment comes to.
        settled: u128,
        /// What it came to before.
        settled_before: u128,
        /// What it comes to.
        result: u128,
    },
    /// `result = round(of × cumulated ÷ captured)`, of which `before` came back earlier.
    Back {
        /// What was booked.
        of: u128,
        /// Refunded with this refund, in the sale's currency.
        cumulated: u128,
        /// Captured, in the sale's currency.
        captured: u128,
        /// The sale's currency.
        currency: Currency,
        /// What shall have come back.
        result: u128,
        /// What had come back before.
        before: u128,
        /// What decided in place of the share.
        binding: Option<Binding>,
    },
    /// A refund failed: what it had moved moves again.
    Again,
    /// The payment is undone: the net of its lines, the other way.
    Mirrored,
}

impl Formula {
    /// What the lines together come to, VAT included, in minor units; `None` where the formula does not say it.
    pub fn amount(&self) -> Option<u128> {
        match self {
            Self::Priced { result, before, .. } | Self::Share { result, before, .. } | Self::Vat { result, before, .. } => Some(result.abs_diff(*before)),
            Self::Scaled { result, of: before, .. } => Some(result.abs_diff(*before)),
            Self::Reserve { binding: Some(Binding::There), .. } | Self::Back { binding: Some(Binding::There), .. } => None,
            Self::Reserve { result, before, .. } => Some(result.abs_diff(*before)),
            Self::Back { result, before, .. } => Some(result.saturating_sub(*before)),
            Self::Carried { result } => Some(*result),
            Self::Again | Self::Mirrored => None,
        }
    }
}
