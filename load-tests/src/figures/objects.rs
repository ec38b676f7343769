//! A merchant's payouts, holds and disputes: `GET /v1/merchants/{m}/payouts`, `/holds`, `/disputes`.

use super::chronicle::Chronicle;
use super::entry::Entry;
use crate::model::money::{minor, text};
use crate::model::state::DisputeState;
use schemas::time::Date;
use serde_json::{Value, json};

/// Every payout.
pub fn payouts(chronicle: &Chronicle, merchant: &str) -> Vec<Value> {
    let Some(known) = chronicle.model.merchants.get(merchant) else { return Vec::new() };
    let row = |(id, payout): (&String, &crate::model::state::Payout)| {
        let about: Vec<&Entry> = about(chronicle, merchant, "payout", id);
        let initiated = about.iter().find(|entry| entry.kind() == "payout_initiated");
        let closed = about.iter().rev().find(|entry| entry.kind() != "payout_initiated").map(|entry| entry.date().to_string());
        let destination = initiated.and_then(|entry| entry.event.as_ref()?.get("destination").cloned());
        json!({"payout": id, "currency": payout.currency.code(), "amount": text(payout.amount, payout.currency), "state": payout.state,
            "destination": destination, "initiated_on": initiated.map(|entry| entry.date().to_string()), "closed_on": closed})
    };
    known.payouts.iter().map(row).collect()
}

/// Every hold.
pub fn holds(chronicle: &Chronicle, merchant: &str) -> Vec<Value> {
    let Some(known) = chronicle.model.merchants.get(merchant) else { return Vec::new() };
    let row = |hold: &crate::model::state::Hold| {
        let taken = |kind: &str| -> i128 {
            let entries = about(chronicle, merchant, "hold", &hold.id).into_iter().filter(|entry| entry.kind() == kind);
            let of_hold = |line: &crate::model::account::Line| line.debit.code == 2040 && line.debit.detail.as_deref() == Some(&hold.id);
            entries.flat_map(|entry| &entry.said.lines).filter(|line| of_hold(line)).map(|line| line.amount).sum()
        };
        // All that ever went in: what was taken at once, swept later, or came back from a payout.
        let into = |line: &&crate::model::account::Line| {
            let own = line.credit.party.as_deref() == Some(merchant) && line.credit.detail.as_deref() == Some(&hold.id);
            line.credit.code == 2040 && own
        };
        let placed: i128 = chronicle.posted().flat_map(|entry| &entry.said.lines).filter(into).map(|line| line.amount).sum();
        let amount = |minor: i128| text(minor, hold.currency);
        json!({"hold": hold.id, "reason": hold.reason, "currency": hold.currency.code(), "placed": amount(placed), "released": amount(taken("hold_released")),
            "seized": amount(taken("hold_seized")), "amount": amount(hold.amount), "missing": amount(hold.missing), "since": hold.since.to_string(),
            "expected_release": hold.expected_release.map(|date| date.to_string()), "state": if hold.closed { "closed" } else { "open" }})
    };
    known.holds.iter().map(row).collect()
}

/// Every dispute.
pub fn disputes(chronicle: &Chronicle, merchant: &str) -> Vec<Value> {
    let Some(known) = chronicle.model.merchants.get(merchant) else { return Vec::new() };
    let mut rows = Vec::new();
    for payment in known.payments.values() {
        for (id, dispute) in &payment.disputes {
            let about: Vec<&Entry> = chronicle
                .posted()
                .filter(|entry| entry.merchant() == Some(merchant) && entry.payment_id() == Some(&payment.id) && is_dispute(entry.kind()))
                .filter(|entry| entry.event.as_ref().is_some_and(|event| event.dispute() == id))
                .collect();
            let on = |entry: Option<&&Entry>| entry.map_or(Date::from_days(0), |entry| entry.date()).to_string();
            let settled = payment.settled_currency();
            let fee_of = |entry: &&Entry| entry.event.as_ref().and_then(|event| minor(event.text("dispute_fee")?, settled)).unwrap_or(0);
            let fee: i128 = about.iter().map(fee_of).sum();
            let state = match dispute.state {
                DisputeState::Opened => "opened",
                DisputeState::Charged => "charged",
                DisputeState::Represented => "represented",
                DisputeState::Won | DisputeState::Withdrawn => "won",
                DisputeState::Lost => "lost",
            };
            rows.push(json!({"dispute": id, "payment": payment.id, "currency": payment.currency.code(), "state": state, "amount": text(dispute.amount, payment.currency),
                "fee": text(fee, settled), "opened_on": on(about.first()), "changed_on": on(about.last())}));
        }
    }
    rows
}

fn is_dispute(kind: &str) -> bool {
    matches!(kind, "dispute_opened" | "chargeback" | "standalone_chargeback" | "chargeback_represented" | "dispute_won" | "dispute_lost")
}

/// Posted entries whose event names an object; events of other types may carry the same field and do not count.
fn about<'c>(chronicle: &'c Chronicle, merchant: &str, field: &str, id: &str) -> Vec<&'c Entry> {
    let names = |entry: &&Entry| {
        let is_type = entry.kind().starts_with(field);
        is_type && entry.merchant() == Some(merchant) && entry.event.as_ref().and_then(|event| event.text(field)) == Some(id)
    };
    chronicle.posted().filter(names).collect()
}
