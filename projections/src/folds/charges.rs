//! What an entry charged its merchant: each fee with the VAT in it, as the lines say what they are for.
//!
//! A line between an income and 2090 moves VAT and no money of the merchant's. What a void or whole reversal gives back cannot be told from its lines, which
//! are netted; it is all that the payment was charged, which the caller knows.

use ledger::entry::{Code, Leg, Party, Posting, Row};
use schemas::event::Book;
use schemas::money::Currency;
use serde::{Deserialize, Serialize};

/// What a merchant pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum Kind {
    Mdr,
    Gateway,
    Monthly,
    Dispute,
    EarlyRelease,
    Subsidy,
    Waiver,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Mdr, Self::Gateway, Self::Monthly, Self::Dispute, Self::EarlyRelease, Self::Subsidy, Self::Waiver];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mdr => "mdr",
            Self::Gateway => "gateway",
            Self::Monthly => "monthly",
            Self::Dispute => "dispute",
            Self::EarlyRelease => "early_release",
            Self::Subsidy => "subsidy",
            Self::Waiver => "waiver",
        }
    }

    /// What a merchant pays for by a line of this leg: the fee, or the VAT in it.
    const fn of(leg: Leg) -> Option<Self> {
        match leg {
            // Of a netted VAT it is not told which fees it is of: the discount's stands for both.
            Leg::Mdr | Leg::MdrVat | Leg::Vat | Leg::RefundFee | Leg::RefundFeeVat | Leg::Tier | Leg::TierVat => Some(Self::Mdr),
            Leg::Gateway | Leg::GatewayVat => Some(Self::Gateway),
            Leg::MonthlyFee | Leg::MonthlyFeeVat | Leg::RentalFee | Leg::RentalFeeVat | Leg::OtherFee | Leg::OtherFeeVat => Some(Self::Monthly),
            Leg::DisputeFee | Leg::DisputeFeeVat => Some(Self::Dispute),
            Leg::EarlyReleaseFee | Leg::EarlyReleaseFeeVat => Some(Self::EarlyRelease),
            Leg::Waiver | Leg::WaiverVat => Some(Self::Waiver),
            Leg::Subsidy => Some(Self::Subsidy),
            // The channel fee is what a PSP pays the bank, and no merchant.
            Leg::Channel | Leg::ChannelVat | Leg::ChannelCost => None,
            Leg::Interchange | Leg::SchemeFee | Leg::PartnerShare | Leg::Maintenance => None,
            Leg::MoneyIn | Leg::MoneyOut | Leg::Exchange => None,
            Leg::ReserveWithheld | Leg::ReserveBack | Leg::ReserveReleased | Leg::ReserveDue | Leg::PendingDue | Leg::EarlyRelease => None,
            Leg::Repayment | Leg::Sweep | Leg::HoldPlaced | Leg::HoldReleased | Leg::HoldSeized => None,
            Leg::Payout | Leg::PayoutPaid | Leg::PayoutFailed | Leg::PayoutReturned => None,
            Leg::Chargeback | Leg::ChargebackReturned | Leg::DisputeWon | Leg::BeyondCaptured => None,
            Leg::DebtRepaid | Leg::DebtWrittenOff | Leg::Adjustment => None,
            Leg::Opening | Leg::SchemeSettled | Leg::PartnerPaid | Leg::TaxPaid | Leg::PspPaidBank | Leg::FeesSwept => None,
            Leg::Preauthorised | Leg::PreauthorisationReleased | Leg::DisputeNotified | Leg::DisputeNoticeCleared => None,
        }
    }
}

/// What a merchant was charged; below zero: what it got back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// VAT included, in minor units.
    pub amount: i128,
    /// The VAT in it.
    pub vat: i128,
}

impl Charge {
    /// Adds another.
    pub const fn add(&mut self, other: Self) {
        self.amount += other.amount;
        self.vat += other.vat;
    }

    /// Whether nothing was charged and no VAT moved.
    pub const fn is_zero(self) -> bool {
        self.amount == 0 && self.vat == 0
    }
}

/// Charges of an entry, by kind, book and currency; of each at most one.
pub type Charges = Vec<((Kind, Book, Currency), Charge)>;

/// Which side of a line is one of the merchant's balances: `Some(true)` the debit, `Some(false)` the credit; `None`
/// neither, or both.
pub fn merchant_side(line: &Posting) -> Option<bool> {
    let own = |account: &ledger::entry::Account| account.party == Party::Merchant && account.code.is_merchant_balance();
    match (own(&line.debit), own(&line.credit)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (true, true) | (false, false) => None,
    }
}

/// An amount of a line, in minor units.
pub const fn minor(line: &Posting) -> i128 {
    line.amount.signed()
}

/// What an entry charged, where it is no void and no whole reversal.
pub fn charges(row: &Row) -> Charges {
    let mut charges = Charges::new();
    for line in &row.lines {
        let Some(kind) = Kind::of(line.leg) else { continue };
        let amount = minor(line);
        let charge = match merchant_side(line) {
            Some(debited) => {
                let amount = if debited { amount } else { -amount };
                Charge { amount, vat: if line.leg.is_vat() { amount } else { 0 } }
            }
            // VAT that moves between the income and 2090, and no money of the merchant's.
            None if line.leg.is_vat() => Charge { amount: 0, vat: if line.credit.code == Code::OutputVat { amount } else { -amount } },
            None => continue,
        };
        add(&mut charges, line, kind, charge);
    }
    charges
}

fn add(charges: &mut Charges, line: &Posting, kind: Kind, charge: Charge) {
    match charges.iter_mut().find(|((k, book, currency), _)| *k == kind && *book == line.book && *currency == line.currency) {
        Some((_, sum)) => sum.add(charge),
        None => charges.push(((kind, line.book.clone(), line.currency), charge)),
    }
}
