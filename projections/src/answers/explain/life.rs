//! What has been booked of a payment so far, read from its entries: what a formula compares with.

use super::topic::{Sorted, Topic};
use ledger::entry::{Leg, Note, Row};
use ledger::rules::state::Fees;
use schemas::event::EventType;
use schemas::money::Currency;

/// A payment before an entry.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Captured with tips, less part reversals, in the sale's currency.
    pub captured: u128,
    /// The same in the settled currency.
    pub settled: u128,
    /// The sale's currency, once there is a sale.
    pub currency: Option<Currency>,
    /// What it was charged and cost.
    pub fees: Fees,
    /// Whether its sale brought a price.
    pub carried: bool,
    /// What the reserve rule said of it.
    pub reserve: u128,
    /// Refunds that have not failed, in the sale's currency.
    pub refunded: u128,
    /// What came back of each fee.
    pub back: Fees,
    /// What came back of the reserve with refunds.
    pub reserve_back: u128,
}

/// The lines of an entry, added up by topic.
pub struct Sums(Vec<(Topic, i128)>);

impl Sums {
    /// Adds up what has a topic of its own.
    pub fn of(sorted: &[Sorted]) -> Self {
        let mut sums: Vec<(Topic, i128)> = Vec::new();
        let mut add = |topic: Topic, signed: i128| match sums.iter_mut().find(|(known, _)| *known == topic) {
            Some((_, sum)) => *sum += signed,
            None => sums.push((topic, signed)),
        };
        for line in sorted {
            add(line.topic, line.signed);
        }
        Self(sums)
    }

    /// The sum of a topic; above zero where it was taken.
    pub fn get(&self, topic: Topic) -> i128 {
        self.0.iter().find(|(known, _)| *known == topic).map_or(0, |(_, sum)| *sum)
    }

    /// What an entry changes of each fee. What moves between an income and 2090 changes the VAT, not the fee.
    pub fn fees(&self) -> FeeChanges {
        FeeChanges {
            mdr: self.get(Topic::Mdr) + self.get(Topic::MdrVat),
            mdr_vat: self.get(Topic::MdrVat) + self.get(Topic::VatMoved(Leg::MdrVat)),
            interchange: self.get(Topic::Interchange),
            scheme: self.get(Topic::SchemeFee),
            partner: self.get(Topic::PartnerShare),
            gateway: self.get(Topic::Gateway) + self.get(Topic::GatewayVat),
            gateway_vat: self.get(Topic::GatewayVat) + self.get(Topic::VatMoved(Leg::GatewayVat)),
            channel: self.get(Topic::ChannelCost),
            channel_vat: self.get(Topic::ChannelVat) + self.get(Topic::VatMoved(Leg::ChannelVat)),
        }
    }
}

/// What an entry changes of each fee; above zero where it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of ledger/ACCOUNTING.md, \"Pricing\"")]
pub struct FeeChanges {
    pub mdr: i128,
    pub mdr_vat: i128,
    pub interchange: i128,
    pub scheme: i128,
    pub partner: i128,
    pub gateway: i128,
    pub gateway_vat: i128,
    pub channel: i128,
    pub channel_vat: i128,
}

impl FeeChanges {
    /// The fees after the change. None falls below zero.
    pub fn after(&self, fees: &Fees) -> Fees {
        let after = |fee: u128, change: i128| fee.saturating_add_signed(change);
        Fees {
            mdr: after(fees.mdr, self.mdr),
            mdr_vat: after(fees.mdr_vat, self.mdr_vat),
            interchange: after(fees.interchange, self.interchange),
            scheme: after(fees.scheme, self.scheme),
            partner: after(fees.partner, self.partner),
            gateway: after(fees.gateway, self.gateway),
            gateway_vat: after(fees.gateway_vat, self.gateway_vat),
            channel: after(fees.channel, self.channel),
            channel_vat: after(fees.channel_vat, self.channel_vat),
        }
    }

    /// The same, the other way.
    pub const fn negated(&self) -> Self {
        Self {
            mdr: -self.mdr,
            mdr_vat: -self.mdr_vat,
            interchange: -self.interchange,
            scheme: -self.scheme,
            partner: -self.partner,
            gateway: -self.gateway,
            gateway_vat: -self.gateway_vat,
            channel: -self.channel,
            channel_vat: -self.channel_vat,
        }
    }
}

/// The event's own amount, in the sale's currency; none where it has none.
pub fn event_amount(row: &Row) -> (u128, Option<Currency>) {
    row.note.amount().map_or((0, None), |(currency, minor)| (minor.unsigned_abs(), Some(currency)))
}

impl Life {
    /// The payment after a posted entry. `reserve` is what the reserve rule says of it then.
    pub fn apply(&mut self, row: &Row, sums: &Sums, reserve: u128) {
        let (amount, currency) = event_amount(row);
        let change = sums.fees();
        match row.event_type {
            _ if row.volumes.sales_count < 0 => *self = Self { currency: self.currency, ..Self::default() },
            Some(EventType::Sale | EventType::PreauthCompleted | EventType::TipAdjusted) => {
                self.captured += amount;
                self.currency = self.currency.or(currency);
                self.recharge(row, &change, reserve);
            }
            Some(EventType::Reversal) => {
                self.captured = self.captured.saturating_sub(amount);
                self.recharge(row, &change, reserve);
            }
            Some(EventType::OpeningPayment) => {
                if let Note::Opening { payment } = &row.note {
                    (self.captured, self.settled, self.currency) = (amount, amount, currency);
                    (self.fees, self.refunded, self.back) = (payment.fees, u128::from(payment.refunded), payment.back);
                }
            }
            Some(EventType::Refund) => {
                self.refunded += amount;
                self.back = change.negated().after(&self.back);
                self.reserve_back = self.reserve_back.saturating_add_signed(-sums.get(Topic::Reserve));
            }
            Some(EventType::RefundFailed) => {
                self.refunded = self.refunded.saturating_sub(amount);
                self.back = change.negated().after(&self.back);
            }
            _ => {}
        }
    }

    fn recharge(&mut self, row: &Row, change: &FeeChanges, reserve: u128) {
        self.settled = self.settled.saturating_add_signed(row.volumes.sales);
        self.fees = change.after(&self.fees);
        self.reserve = reserve;
    }
}
