//! What an entry charged its merchant: each fee with the VAT in it, told from the lines.
//!
//! A fee is booked as lines between the merchant's balances and the income, then 2090. So a line to 2090 belongs to the
//! income before it, or, where that came to nothing, to what the event charges at all. A line between an income and 2090
//! moves VAT and no money of the merchant's. What a void or whole reversal gives back cannot be told from its lines, which
//! are netted; it is all that the payment was charged, which the caller knows.

use ledger::entry::{Code, Note, Party, Posting, Row};
use schemas::event::{Book, EventType};
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

    /// The kind that an account of the chart is income from.
    const fn of(code: Code) -> Option<Self> {
        match code {
            Code::MdrIncome => Some(Self::Mdr),
            Code::GatewayIncome => Some(Self::Gateway),
            Code::OtherFeeIncome => Some(Self::Monthly),
            Code::DisputeFeeIncome => Some(Self::Dispute),
            Code::EarlyReleaseIncome => Some(Self::EarlyRelease),
            Code::FeeWaivers => Some(Self::Waiver),
            _ => None,
        }
    }

    /// What an event charges where its lines do not say.
    const fn of_event(event_type: Option<EventType>) -> Self {
        match event_type {
            Some(EventType::Chargeback) => Self::Dispute,
            Some(EventType::FeeCharged) => Self::Monthly,
            Some(EventType::FeeWaived) => Self::Waiver,
            Some(EventType::EarlyRelease) => Self::EarlyRelease,
            Some(EventType::InstalmentSubsidy) => Self::Subsidy,
            _ => Self::Mdr,
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

/// An amount of a line; it is far below 2^127.
pub fn minor(line: &Posting) -> i128 {
    i128::try_from(line.amount.get()).unwrap_or(i128::MAX)
}

/// What an entry charged, where it is no void and no whole reversal.
pub fn charges(row: &Row) -> Charges {
    let mut charges = Charges::new();
    let mut kind = Kind::of_event(row.event_type);
    for line in &row.lines {
        let amount = minor(line);
        match merchant_side(line) {
            Some(debited) => {
                let (signed, other) = if debited { (amount, line.credit.code) } else { (-amount, line.debit.code) };
                if let Some(of) = Kind::of(other) {
                    kind = of;
                    add(&mut charges, line, kind, Charge { amount: signed, vat: 0 });
                } else if other == Code::OutputVat {
                    add(&mut charges, line, kind, Charge { amount: signed, vat: signed });
                } else if row.event_type == Some(EventType::InstalmentSubsidy) && matches!(other, Code::SchemeReceivable | Code::FxPosition) {
                    add(&mut charges, line, Kind::Subsidy, Charge { amount: signed, vat: 0 });
                }
            }
            None => match (Kind::of(line.debit.code), Kind::of(line.credit.code)) {
                (Some(of), None) if line.credit.code == Code::OutputVat => add(&mut charges, line, of, Charge { amount: 0, vat: amount }),
                (None, Some(of)) if line.debit.code == Code::OutputVat => add(&mut charges, line, of, Charge { amount: 0, vat: -amount }),
                _ => {}
            },
        }
    }
    if let (Note::AmountAndGateway { gateway, .. }, Some(facts)) = (&row.note, &row.facts) {
        tell_gateway(&mut charges, *gateway, facts.currency);
    }
    charges
}

/// A gateway fee that is all VAT was taken for what the event charges else: it is told apart.
fn tell_gateway(charges: &mut Charges, gateway: i128, currency: Currency) {
    let place = charges.iter().position(|((kind, _, of), _)| *kind == Kind::Mdr && *of == currency);
    let Some(((_, book, _), charge)) = place.and_then(|place| charges.get_mut(place)) else { return };
    let book = book.clone();
    charge.amount -= gateway;
    charge.vat -= gateway;
    charges.retain(|(_, charge)| !charge.is_zero());
    match charges.iter_mut().find(|((kind, of, other), _)| *kind == Kind::Gateway && *of == book && *other == currency) {
        Some((_, sum)) => sum.add(Charge { amount: gateway, vat: gateway }),
        None => charges.push(((Kind::Gateway, book, currency), Charge { amount: gateway, vat: gateway })),
    }
}

fn add(charges: &mut Charges, line: &Posting, kind: Kind, charge: Charge) {
    match charges.iter_mut().find(|((k, book, currency), _)| *k == kind && *book == line.book && *currency == line.currency) {
        Some((_, sum)) => sum.add(charge),
        None => charges.push(((kind, line.book.clone(), line.currency), charge)),
    }
}
