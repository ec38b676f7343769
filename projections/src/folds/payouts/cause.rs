//! What money in a pool is of, and the parts of a payment's share of it.

use crate::folds::charges::minor;
use crate::folds::objects::Group;
use crate::views::Key;
use ledger::entry::{Account, Code, Detail, Posting, Row};
use schemas::event::EventType;
use schemas::ids::{EventId, HoldId, PaymentId, PayoutId};
use schemas::proportion::multiply_divide;
use serde::{Deserialize, Serialize};

/// What a line is of (`ledger/ACCOUNTING.md`, "What a payout consists of").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cause {
    /// What a payment brought or took.
    Payment(PaymentId),
    /// What a hold took or gave back.
    Hold(HoldId),
    /// What came back of a payout that failed.
    Payout(PayoutId),
    /// What was repaid of what was owed.
    Debt,
    /// The event itself: a fee, an adjustment, a tier.
    Event(EventId, EventType),
}

/// The kinds of causes, in the order in which they are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as the causes")]
pub enum CauseKind {
    Payment,
    Hold,
    Payout,
    Debt,
    Event,
}

impl CauseKind {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Hold => "hold",
            Self::Payout => "payout",
            Self::Debt => "debt",
            Self::Event => "event",
        }
    }
}

impl Cause {
    /// Its kind.
    pub const fn kind(&self) -> CauseKind {
        match self {
            Self::Payment(_) => CauseKind::Payment,
            Self::Hold(_) => CauseKind::Hold,
            Self::Payout(_) => CauseKind::Payout,
            Self::Debt => CauseKind::Debt,
            Self::Event(..) => CauseKind::Event,
        }
    }

    /// Its id; none of a debt.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Payment(payment) => Some(payment.as_str()),
            Self::Hold(hold) => Some(hold.as_str()),
            Self::Payout(payout) => Some(payout.as_str()),
            Self::Debt => None,
            Self::Event(event, _) => Some(event.as_str()),
        }
    }
}

/// A [`Cause`] by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "as the causes")]
pub enum CauseName<'a> {
    Payment(&'a PaymentId),
    Hold(&'a HoldId),
    Payout(&'a PayoutId),
    Debt,
    Event(&'a EventId, EventType),
}

impl<'a> CauseName<'a> {
    /// The cause of a line of an entry, by the account on the other side of the pool; `None` where neither a payment nor an
    /// event is named, which no line of a pool is.
    pub fn of(row: &'a Row, other: &'a Account) -> Option<Self> {
        match (other.code, &other.detail) {
            (Code::MerchantReceivable, _) => Some(Self::Debt),
            (Code::Hold, Detail::Hold(hold)) => Some(Self::Hold(hold)),
            (Code::PayoutInTransit, Detail::Payout(payout)) => Some(Self::Payout(payout)),
            _ => match &row.payment {
                Some(payment) => Some(Self::Payment(payment)),
                None => row.event.as_ref().zip(row.event_type).map(|(event, event_type)| Self::Event(event, event_type)),
            },
        }
    }

    /// The same with what it names.
    pub fn to_cause(self) -> Cause {
        match self {
            Self::Payment(payment) => Cause::Payment(payment.clone()),
            Self::Hold(hold) => Cause::Hold(hold.clone()),
            Self::Payout(payout) => Cause::Payout(payout.clone()),
            Self::Debt => Cause::Debt,
            Self::Event(event, event_type) => Cause::Event(event.clone(), event_type),
        }
    }
}

impl Key for Cause {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.kind() as u8 + 1);
        match self {
            Self::Payment(payment) => payment.encode(out),
            Self::Hold(hold) => hold.encode(out),
            Self::Payout(payout) => payout.encode(out),
            Self::Debt => {}
            Self::Event(event, event_type) => {
                event.encode(out);
                event_type.encode(out);
            }
        }
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        match u8::decode(from)? {
            1 => PaymentId::decode(from).map(Self::Payment),
            2 => HoldId::decode(from).map(Self::Hold),
            3 => PayoutId::decode(from).map(Self::Payout),
            4 => Some(Self::Debt),
            5 => Some(Self::Event(EventId::decode(from)?, EventType::decode(from)?)),
            _ => None,
        }
    }
}

/// How many parts there are.
const PARTS: usize = 6;

/// An amount by its parts, in minor units; what is of no payment is all `other`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Parts {
    pub gross: i128,
    pub refunds: i128,
    pub disputes: i128,
    pub fees: i128,
    pub reserve: i128,
    pub other: i128,
}

impl Parts {
    /// All of them together.
    pub const fn net(&self) -> i128 {
        self.gross + self.refunds + self.disputes + self.fees + self.reserve + self.other
    }

    /// Whether it is told: a part is something, also where they come to nothing together.
    pub fn is_listed(&self) -> bool {
        *self != Self::default()
    }

    /// Adds others.
    pub const fn add(&mut self, other: &Self) {
        self.gross += other.gross;
        self.refunds += other.refunds;
        self.disputes += other.disputes;
        self.fees += other.fees;
        self.reserve += other.reserve;
        self.other += other.other;
    }

    /// The same the other way round.
    pub fn negative(&self) -> Self {
        Self::of(self.all().map(|part| -part))
    }

    /// What a line adds to a pool: `other` is the account on the other side.
    pub fn of_line(row: &Row, cause: CauseName<'_>, other: &Account, line: &Posting, is_credit: bool) -> Self {
        let amount = if is_credit { minor(line) } else { -minor(line) };
        let mut parts = Self::default();
        if !matches!(cause, CauseName::Payment(_)) {
            parts.other = amount;
            return parts;
        }
        let part = if matches!(other.code, Code::SchemeReceivable | Code::FxPosition) {
            match (row.event_type, Group::of(row.event_type)) {
                (Some(EventType::InstalmentSubsidy), _) => &mut parts.other,
                (_, Group::Refunds) => &mut parts.refunds,
                (_, Group::Disputes) => &mut parts.disputes,
                (_, Group::Sales | Group::Payouts | Group::Seized | Group::Debt | Group::Adjustments) => &mut parts.gross,
            }
        } else if matches!(other.code, Code::Pending | Code::Available | Code::Reserve) {
            &mut parts.reserve
        } else if matches!(other.code, Code::MdrIncome | Code::GatewayIncome | Code::DisputeFeeIncome | Code::OutputVat) {
            &mut parts.fees
        } else {
            &mut parts.other
        };
        *part = amount;
        parts
    }

    /// What `some` of it is made of, where all of it is `self.net()` and not less: each part in proportion, towards zero,
    /// and the first that is not nothing the rest.
    pub fn share(&self, some: i128) -> Self {
        let whole = self.net();
        if some == whole {
            return *self;
        }
        let mut shares = self.all().map(|part| proportion(part, some, whole));
        if let Some(first) = self.all().iter().position(|part| *part != 0) {
            let rest: i128 = shares.iter().enumerate().filter(|(at, _)| *at != first).map(|(_, share)| share).sum();
            if let Some(share) = shares.get_mut(first) {
                *share = some - rest;
            }
        }
        Self::of(shares)
    }

    const fn all(&self) -> [i128; PARTS] {
        [self.gross, self.refunds, self.disputes, self.fees, self.reserve, self.other]
    }

    const fn of([gross, refunds, disputes, fees, reserve, other]: [i128; PARTS]) -> Self {
        Self { gross, refunds, disputes, fees, reserve, other }
    }
}

/// `part × some ÷ whole` towards zero, for `0 < some < whole`: so it is no more than the part, and has a sign as that has.
fn proportion(part: i128, some: i128, whole: i128) -> i128 {
    let magnitude = multiply_divide(part.unsigned_abs(), some.unsigned_abs(), whole.unsigned_abs()).map_or(0, |(quotient, _)| quotient.cast_signed());
    if part < 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_towards_zero_and_the_first_part_takes_the_rest() {
        let parts = Parts { gross: 1000, refunds: 0, disputes: 0, fees: -6, reserve: -100, other: 0 };
        // 447 of 894: a half of each.
        assert_eq!(parts.share(447), Parts { gross: 500, fees: -3, reserve: -50, ..Parts::default() });
        // 1 of 894: fees and reserve come to nothing.
        assert_eq!(parts.share(1), Parts { gross: 1, ..Parts::default() });
        assert_eq!(parts.share(894), parts);
        let (first, rest) = (Parts { gross: 0, refunds: -7, disputes: 0, fees: 10, reserve: 0, other: 4 }, 3);
        assert_eq!(first.share(rest), Parts { refunds: -2, fees: 4, other: 1, ..Parts::default() });
    }

    #[test]
    fn wide_products_are_exact() {
        for (part, some, whole) in [(7, 3, 5), (-7, 3, 5), (1_000_003, 999, 1_000)] {
            let narrow = proportion(part, some, whole);
            let scale = 1i128 << 70;
            assert_eq!(proportion(part * scale, some * scale, whole * scale) / scale, narrow, "{part} × {some} ÷ {whole}");
        }
        assert_eq!(proportion(10i128.pow(30), 10i128.pow(29), 10i128.pow(30)), 10i128.pow(29));
    }
}
