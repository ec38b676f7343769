//! What an entry did, in the terms of the specification: sales, refunds, chargebacks and what the merchant was charged.

use super::entry::{Entry, Wallet};
use crate::model::state::{Dispute, DisputeState, Payment, PaymentState};

/// How often, and how much in minor units of the currency that the merchant is paid in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// How often; a void counts back.
    pub count: i128,
    /// How much.
    pub amount: i128,
}

/// A fee with the VAT in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fee {
    /// VAT included.
    pub amount: i128,
    /// The VAT.
    pub vat: i128,
}

/// What an entry about a payment, or a tier adjustment, did.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Sales, with tips and reversals.
    pub sales: Flow,
    /// Refunds, less failed ones.
    pub refunds: Flow,
    /// Chargebacks that arrive.
    pub chargebacks: Flow,
    /// What disputes took from the merchant, less what they gave back.
    pub disputed: i128,
    /// Merchant discount.
    pub mdr: Fee,
    /// Gateway fee.
    pub gateway: Fee,
}

/// The wallet of a payment's merchant.
pub fn wallet(payment: &Payment) -> Wallet {
    (payment.book.clone(), payment.settled_currency())
}

impl Effect {
    /// Of one entry.
    pub fn of(entry: &Entry) -> Self {
        let mut effect = Self::default();
        if let (Some(after), Some(event)) = (&entry.said.payment, &entry.event) {
            let before = entry.before.as_deref();
            match entry.kind() {
                "sale" | "preauth_completed" | "tip_adjusted" | "reversal" | "void" => effect.captured(entry.kind(), before, after),
                "refund" | "standalone_refund" => effect.refunded(after, &event.id, 1),
                "refund_failed" => effect.refunded(after, event.need("refund"), -1),
                "chargeback" | "standalone_chargeback" => effect.charged(after, event.dispute()),
                _ => {}
            }
            effect.disputed = out(after) - before.map_or(0, out);
        }
        if entry.kind() == "tier_adjusted" {
            for (wallet, net) in entry.credited(|account| account.code == 4010) {
                let vat = entry.credited_in(&wallet, |account| account.code == 2090);
                effect.mdr = Fee { amount: net + vat, vat };
            }
        }
        effect
    }

    fn captured(&mut self, kind: &str, before: Option<&Payment>, after: &Payment) {
        let count = match (kind, after.state) {
            ("sale" | "preauth_completed", _) => 1,
            (_, PaymentState::Voided) => -1,
            _ => 0,
        };
        self.sales = Flow { count, amount: after.settled - before.map_or(0, |payment| payment.settled) };
        let (old, new) = (before.map(|payment| payment.fees).unwrap_or_default(), after.fees);
        self.mdr = Fee { amount: new.mdr - old.mdr, vat: new.mdr_vat - old.mdr_vat };
        self.gateway = Fee { amount: new.gateway - old.gateway, vat: new.gateway_vat - old.gateway_vat };
    }

    fn refunded(&mut self, payment: &Payment, id: &str, sign: i128) {
        let Some(refund) = payment.refunds.get(id) else { return };
        self.refunds = Flow { count: sign, amount: sign * refund.settled };
        self.mdr = Fee { amount: sign * (refund.fixed.0 - refund.back.mdr), vat: sign * (refund.fixed.1 - refund.back.mdr_vat) };
    }

    /// The whole amount that the scheme took. A loss after a win is posted as a chargeback is, but none that arrives.
    fn charged(&mut self, after: &Payment, id: &str) {
        let Some(dispute) = after.disputes.get(id) else { return };
        // What is beyond the payment is at its rate; a payment that has none in another currency adds no amount.
        let beyond = if after.conversion.is_some() || after.currency == after.settled_currency() { after.convert(dispute.excess) } else { 0 };
        self.chargebacks = Flow { count: 1, amount: dispute.taken_settled + beyond };
    }
}

/// What a payment's disputes have taken from the merchant, provisional money counted as its own.
fn out(payment: &Payment) -> i128 {
    let is_out = |dispute: &&Dispute| matches!(dispute.state, DisputeState::Charged | DisputeState::Lost);
    payment.disputes.values().filter(is_out).map(|dispute| dispute.taken_settled).sum()
}
