//! Income booked net of its VAT, taken or given back: one place for what every fee has in common.

use super::draft::Move;
use super::waterfall::Target;
use crate::entry::{Account, Code, Leg};
use schemas::event::FeeKind;

/// A fee: the income that it is booked as, and what its lines are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The account of its income.
    pub income: Code,
    /// The leg of what is income.
    pub leg: Leg,
    /// The leg of the VAT in it.
    pub vat: Leg,
}

impl Fee {
    /// Merchant discount.
    pub const MDR: Self = Self { income: Code::MdrIncome, leg: Leg::Mdr, vat: Leg::MdrVat };
    /// A PSP's gateway fee.
    pub const GATEWAY: Self = Self { income: Code::GatewayIncome, leg: Leg::Gateway, vat: Leg::GatewayVat };
    /// The bank's channel fee.
    pub const CHANNEL: Self = Self { income: Code::ChannelIncome, leg: Leg::Channel, vat: Leg::ChannelVat };
    /// The fixed fee of a refund.
    pub const REFUND: Self = Self { income: Code::MdrIncome, leg: Leg::RefundFee, vat: Leg::RefundFeeVat };
    /// The fee of a dispute.
    pub const DISPUTE: Self = Self { income: Code::DisputeFeeIncome, leg: Leg::DisputeFee, vat: Leg::DisputeFeeVat };
    /// The fee of an early release.
    pub const EARLY_RELEASE: Self = Self { income: Code::EarlyReleaseIncome, leg: Leg::EarlyReleaseFee, vat: Leg::EarlyReleaseFeeVat };
    /// A fee that is given back.
    pub const WAIVER: Self = Self { income: Code::FeeWaivers, leg: Leg::Waiver, vat: Leg::WaiverVat };
    /// A surcharge or rebate for the volume of a period.
    pub const TIER: Self = Self { income: Code::MdrIncome, leg: Leg::Tier, vat: Leg::TierVat };

    /// A fee that an event charges by its kind.
    pub const fn of_kind(kind: FeeKind) -> Self {
        let (leg, vat) = match kind {
            FeeKind::Monthly => (Leg::MonthlyFee, Leg::MonthlyFeeVat),
            FeeKind::Rental => (Leg::RentalFee, Leg::RentalFeeVat),
            FeeKind::Other => (Leg::OtherFee, Leg::OtherFeeVat),
        };
        Self { income: Code::OtherFeeIncome, leg, vat }
    }
}

/// A fee and the VAT in it, as credits or debits: income first, then VAT.
///
/// Where more VAT than fee moves (a fee that carried its own VAT, or a rounding in which the one comes back and the
/// other does not), what is too much moves between the income and 2090.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What the merchant pays or gets, by the account on the other side.
    pub sides: [Target; 2],
    /// What moves from the first to the second besides.
    pub between: Option<Move>,
}

/// Splits a fee that is taken: credits to the income and to 2090. `amount` and `vat` are differences and may be negative
/// by themselves; their signs are those of "taken".
pub fn split(fee: Fee, amount: i128, vat: i128) -> Split {
    let earned = Account::merchant(fee.income);
    let tax = Account::plain(Code::OutputVat);
    let sign = if amount < 0 || (amount == 0 && vat < 0) { -1 } else { 1 };
    // Each is a difference of two amounts below 2^127, so it has a sign and an opposite.
    let (amount, vat) = (amount * sign, vat * sign);
    let unsigned = |x: i128| x.max(0).unsigned_abs();
    let tax_part = vat.clamp(0, amount);
    let sides = [
        Target { leg: fee.leg, account: earned.clone(), amount: unsigned(amount - tax_part) },
        Target { leg: fee.vat, account: tax.clone(), amount: unsigned(tax_part) },
    ];
    // What the sides did not book of the VAT: above the fee, or against its direction.
    let rest = (vat - tax_part) * sign;
    let between = match rest {
        0 => None,
        r if r > 0 => Some(Move::new(fee.vat, earned, tax, r.unsigned_abs())),
        r => Some(Move::new(fee.vat, tax, earned, r.unsigned_abs())),
    };
    Split { sides, between }
}
