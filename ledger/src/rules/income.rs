//! Income booked net of its VAT, taken or given back: one place for what every fee has in common.

use crate::entry::{Account, Code};

/// A fee and the VAT in it, as credits or debits: income first, then VAT.
///
/// Where more VAT than fee moves (a fee that carried its own VAT, or a rounding in which the one comes back and the
/// other does not), what is too much moves between the income and 2090.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What the merchant pays or gets, by the account on the other side.
    pub sides: [(Account, u128); 2],
    /// What moves from the first to the second besides.
    pub between: Option<(Account, Account, u128)>,
}

/// Splits a fee that is taken: credits to the income and to 2090. `fee` and `vat` are differences and may be negative
/// by themselves; their signs are those of "taken".
pub fn split(income: Code, fee: i128, vat: i128) -> Split {
    let earned = Account::merchant(income);
    let tax = Account::plain(Code::OutputVat);
    let sign = if fee < 0 || (fee == 0 && vat < 0) { -1 } else { 1 };
    // Both within ±10^25; see `price::SETTLED_MAX`.
    let (fee, vat) = (fee * sign, vat * sign);
    let amount = |x: i128| x.max(0).unsigned_abs();
    let tax_part = vat.clamp(0, fee);
    let sides = [(earned.clone(), amount(fee - tax_part)), (tax.clone(), amount(tax_part))];
    // What the sides did not book of the VAT: above the fee, or against its direction.
    let rest = (vat - tax_part) * sign;
    let between = match rest {
        0 => None,
        r if r > 0 => Some((earned, tax, r.unsigned_abs())),
        r => Some((tax, earned, r.unsigned_abs())),
    };
    Split { sides, between }
}
