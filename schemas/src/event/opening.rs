//! What a ledger takes over from before: money that is there, and payments that go on.

use super::{CarriedFees, Instrument};
use crate::ids::*;
use crate::money::Money;
use crate::time::Date;

/// A merchant's money that is brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It can be paid out.
    Available,
    /// It becomes available on a date.
    Pending(Date),
    /// It is kept back until a date.
    Reserve(Date),
    /// The merchant owes it.
    Owed,
}

/// Money of the bank or a PSP that is brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HouseOpening {
    /// Settlement cash, or a PSP's client reserve.
    Cash,
    /// What a scheme owes.
    Receivable(SchemeId),
    /// What a partner gets.
    Partner(PartnerId),
    /// Output VAT.
    Vat,
    /// What a PSP owes the bank, in both books.
    DueFromPsp(PspId),
}

/// A payment from before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningPayment {
    /// How it was paid.
    pub instrument: Instrument,
    /// What was captured, net of earlier tips and part reversals.
    pub amount: Money,
    /// The date of its sale.
    pub booked_on: Date,
    /// What of it was refunded before, in minor units.
    pub refunded: u64,
    /// What of it was charged back before and not won, in minor units.
    pub charged_back: u64,
    /// What it was charged.
    pub fees: CarriedFees,
    /// Who paid, as a token.
    pub customer: Option<CustomerToken>,
}
