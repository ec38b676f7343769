//! What a sale or completion brings: how it was paid, how much, and what came with it.

use crate::ids::*;
use crate::money::{Currency, Money};
use crate::words::{Card, EntryMode};
use serde::{Deserialize, Serialize};

/// What a price depends on, and what a payment carries through its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// How it was funded.
    pub card: Card,
    /// Whose network it went through.
    pub scheme: SchemeId,
    /// How it was read.
    pub entry_mode: Option<EntryMode>,
}

/// Fees that an upstream system has priced, in minor units of the settled currency. Equal kinds are added up;
/// `None` leaves that price to the contract's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedFees {
    /// Merchant discount.
    pub mdr: Option<u64>,
    /// Interchange.
    pub interchange: Option<u64>,
    /// Scheme fee.
    pub scheme: Option<u64>,
    /// A PSP's gateway fee.
    pub gateway: Option<u64>,
    /// The bank's channel fee.
    pub channel: Option<u64>,
    /// A partner's share.
    pub partner: Option<u64>,
    /// VAT in the merchant discount.
    pub vat: Option<u64>,
}

impl CarriedFees {
    /// Whether the event carried no fees at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A conversion agreed at the terminal: the merchant is paid in another currency than the sale's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// What the merchant is paid in; never the sale's own currency.
    pub settled: Currency,
    /// Settled units for one unit of the sale's currency (major units).
    pub rate: Rate,
}

/// An exchange rate: an exact decimal above zero, `digits / 10^decimals`, at most [`Rate::DECIMALS`] decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// All its digits as one integer.
    pub digits: u64,
    /// How many of them are decimals.
    pub decimals: u8,
}

impl Rate {
    /// Decimals that a rate may have.
    pub const DECIMALS: u8 = 12;
    /// The largest rate, in units of its last possible decimal: 10^6 to one.
    pub const DIGITS_MAX: u64 = 1_000_000_000_000_000_000;
}

/// The money side of a sale or a completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// What the customer paid.
    pub amount: Money,
    /// Prices that came with it.
    pub fees: CarriedFees,
    /// A second currency.
    pub conversion: Option<Conversion>,
    /// Who paid, as a token.
    pub customer: Option<CustomerToken>,
}
