//! The life of one payment: `GET /v1/merchants/{m}/payments/{p}`.

use super::chronicle::{Chronicle, PaymentName};
use super::effect::Effect;
use super::entry::Entry;
use super::fees::charged;
use crate::model::money::text;
use crate::model::said::Outcome;
use crate::model::state::{Dispute, PaymentState};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The answer, without the lines and entries of its events.
pub fn payment(chronicle: &Chronicle, name: &PaymentName) -> Option<Value> {
    let (merchant, id) = name;
    let payment = chronicle.model.merchants.get(merchant)?.payments.get(id)?;
    let facts = chronicle.facts(name)?;
    let currency = payment.settled_currency();
    // Before it is captured, its amounts are in the currency that was pre-authorised.
    let currency = if matches!(payment.state, PaymentState::Authorised | PaymentState::Released) { payment.currency } else { currency };
    let own = |entry: &&Entry| {
        entry.merchant() == Some(merchant) && entry.event.as_ref().and_then(|event| event.text("payment")) == Some(id) && entry.kind() != "report_line"
    };
    let told = chronicle.entries.iter().filter(own).filter(|entry| is_told(chronicle, entry));
    let effects = || chronicle.posted().filter(own).filter(|entry| entry.said.payment.is_some()).map(Effect::of);
    // All that the merchant was charged for it: also dispute fees, and its part of instalments.
    // What one from before was charged, less what had come back, is no line's.
    let opened = chronicle.posted().filter(own).find(|entry| entry.kind() == "opening_payment").and_then(|entry| entry.said.payment.clone());
    let brought = opened.map_or(0, |payment| payment.fees.mdr - payment.back.mdr + payment.fees.gateway);
    let of_entries = effects().map(|effect| effect.mdr.amount + effect.gateway.amount).sum::<i128>() + others(chronicle.posted().filter(own));
    let fees = brought + of_entries;
    let refunded: i128 = payment.refunded_before + effects().map(|effect| effect.refunds.amount).sum::<i128>();
    let charged = |dispute: &&Dispute| dispute.counts();
    let charged_back: i128 = payment.disputes.values().filter(charged).map(|dispute| dispute.taken_settled).sum::<i128>() + payment.charged_before;
    let amount = |minor: i128| text(minor, currency);
    let captured = facts.capture.is_some() || facts.alone;
    let state = match payment.state {
        PaymentState::Authorised => "authorised",
        PaymentState::Captured => "captured",
        PaymentState::Voided => "voided",
        PaymentState::Released => "released",
    };
    Some(json!({
        "merchant": merchant, "payment": id, "position": format!("0:{}", chronicle.position()), "state": state, "currency": currency.code(), "book": payment.book,
        "authorised": amount(payment.authorised), "captured": amount(payment.settled), "refunded": amount(refunded),
        "charged_back": amount(charged_back), "fees": amount(fees), "net": amount(payment.settled - refunded - charged_back - fees),
        "contract_version": payment.contract.version, "card": payment.instrument.card, "scheme": payment.instrument.scheme,
        "entry_mode": payment.instrument.entry_mode, "terminal": facts.terminal, "reference": facts.reference,
        "booked_on": captured.then(|| payment.booked_on.to_string()), "available_on": (captured && !facts.alone).then(|| payment.available_on.to_string()),
        "events": told.map(event).collect::<Vec<_>>(),
    }))
}

/// Dispute fees and subsidies; a void gives subsidies back.
fn others<'c>(entries: impl Iterator<Item = &'c Entry>) -> i128 {
    let (mut subsidies, mut fees) = (BTreeMap::new(), 0);
    for entry in entries {
        let charged = charged(entry, &mut subsidies).into_iter().filter(|(kind, ..)| matches!(*kind, "dispute" | "subsidy"));
        fees += charged.map(|(_, _, fee)| fee.amount).sum::<i128>();
    }
    fees
}

/// Posted and refused events are told, and those that still wait: once each.
fn is_told(chronicle: &Chronicle, entry: &Entry) -> bool {
    match entry.said.outcome {
        Outcome::Posted | Outcome::Refused => true,
        Outcome::Parked => chronicle.model.park.iter().any(|parked| parked.event.offset == entry.said.offset),
        Outcome::Duplicate | Outcome::Quarantined => false,
    }
}

fn event(entry: &Entry) -> Value {
    let event = entry.event.as_deref();
    let field = |name: &str| event.and_then(|event| event.get(name).cloned()).unwrap_or(Value::Null);
    let mut told = json!({"event": field("id"), "reference": field("reference"), "type": entry.kind(), "business_date": entry.date().to_string(),
        "occurred_at": field("occurred_at"), "outcome": entry.said.outcome.as_str(), "position": format!("0:{}", entry.said.offset)});
    if let Some(code) = &entry.said.code {
        told["code"] = json!(code);
    }
    // What an event without an amount stands for is told in other ways, too.
    if event.is_some_and(|event| event.amount().is_some()) {
        told["amount"] = field("amount");
    }
    told
}
