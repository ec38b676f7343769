//! Lists over all merchants: `GET /v1/entries`, `/v1/payments`, `/v1/holds`, `/v1/payouts`, `/v1/disputes`; and every version
//! of a contract, `GET /v1/merchants/{m}/contracts`. Newest first; of one partition, so by entry.

use super::chronicle::{Chronicle, PaymentName};
use super::effect::Effect;
use super::entry::Entry;
use super::{objects, payment};
use crate::model::money::text;
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What was booked for every merchant and the house, without the lines.
pub fn entries(chronicle: &Chronicle) -> Vec<Value> {
    let told = |(number, entry): (usize, &Entry)| {
        let event = entry.event.as_deref()?;
        let of_event = |name: &str| event.get(name).cloned().unwrap_or(Value::Null);
        let is = |kind: &str, name: &str| if entry.kind() == kind { of_event(name) } else { Value::Null };
        let either = |name: &str| if matches!(entry.kind(), "adjustment" | "break_closed") { of_event(name) } else { Value::Null };
        let mut row = json!({
            "entry": format!("0:{number}"), "position": format!("0:{}", entry.said.offset), "event": event.id, "type": entry.kind(),
            "business_date": entry.date().to_string(), "merchant": entry.said.subject.as_ref()?, "payment": entry.payment_id(),
            "reference": entry.payment_id().or((entry.kind() == "report_line").then_some("")).map(|_| of_event("reference")),
            "maker": either("maker"), "checker": either("checker"),
            "order": is("hold_seized", "order"),
            "reason": match entry.kind() {
                "adjustment" | "break_closed" => of_event("reason"),
                "hold_placed" => json!(event.text("reason").unwrap_or("risk")),
                _ => Value::Null,
            },
        });
        // What a report says is no amount of ours.
        if let (Some(minor), Some(currency), true) = (event.amount(), event.currency(), entry.kind() != "report_line") {
            row["amount"] = json!(text(minor, currency));
            row["currency"] = json!(currency.code());
        }
        Some(row)
    };
    let posted = chronicle.entries.iter().enumerate().rev().filter(|(_, entry)| entry.is_posted());
    posted.filter_map(told).collect()
}

/// Every payment as it stands, with the business date under which it is listed: that of the sale or completion, before that
/// that of its placing.
pub fn payments(chronicle: &Chronicle) -> Vec<(Date, Value)> {
    let mut rows: Vec<(usize, Date, Value)> = chronicle.payments().filter_map(|(name, _)| row(chronicle, name)).collect();
    rows.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
    rows.into_iter().map(|(_, date, row)| (date, row)).collect()
}

/// Payments of which an event has a reference: merchant and payment.
pub fn payments_named(chronicle: &Chronicle, reference: &str) -> BTreeSet<PaymentName> {
    let named = |entry: &&Entry| entry.event.as_ref().is_some_and(|event| event.text("reference") == Some(reference));
    let names = chronicle.posted().filter(named).filter_map(|entry| Some((entry.merchant()?.to_owned(), entry.payment_id()?.to_owned())));
    names.collect()
}

fn row(chronicle: &Chronicle, name: &PaymentName) -> Option<(usize, Date, Value)> {
    let own = |entry: &Entry| entry.is_posted() && entry.merchant() == Some(&name.0) && entry.payment_id() == Some(&name.1);
    let about: Vec<(usize, &Entry)> = chronicle.entries.iter().enumerate().filter(|(_, entry)| own(entry)).collect();
    let of = |kinds: &[&str]| about.iter().rev().find(|(_, entry)| kinds.contains(&entry.kind())).copied();
    let (number, begun) =
        of(&["sale", "preauth_completed", "opening_payment", "standalone_refund", "standalone_chargeback"]).or_else(|| of(&["preauth_placed"]))?;
    let mut told = payment::payment(chronicle, name)?;
    let after = begun.said.payment.as_ref()?;
    let amount = if begun.kind() == "preauth_placed" {
        let placed = about.iter().filter(|(_, entry)| matches!(entry.kind(), "preauth_placed" | "preauth_increased"));
        text(placed.filter_map(|(_, entry)| entry.event.as_ref()?.amount()).sum(), after.currency)
    } else if begun.kind() == "opening_payment" {
        text(after.settled, after.settled_currency())
    } else {
        text(Effect::of(begun).sales.amount, after.settled_currency())
    };
    let members = told.as_object_mut()?;
    members.remove("events");
    members.remove("position");
    members.insert("amount".to_owned(), json!(amount));
    Some((number, begun.date(), told))
}

/// Every hold, payout or dispute of every merchant; the key of the date on which it came to be.
pub fn objects(chronicle: &Chronicle, list: &str) -> (Vec<Value>, &'static str) {
    let (of, key): (fn(&Chronicle, &str) -> Vec<Value>, _) = match list {
        "holds" => (objects::holds, "since"),
        "payouts" => (objects::payouts, "initiated_on"),
        _ => (objects::disputes, "opened_on"),
    };
    let mut rows = Vec::new();
    for merchant in chronicle.model.merchants.keys() {
        for mut row in of(chronicle, merchant) {
            row["merchant"] = json!(merchant);
            rows.push(row);
        }
    }
    (rows, key)
}

/// Every version of a merchant's contract.
pub fn contracts(chronicle: &Chronicle, merchant: &str) -> Vec<Value> {
    let sets = chronicle.entries.iter().enumerate().rev();
    let sets = sets.filter(|(_, entry)| entry.is_posted() && entry.kind() == "contract_set" && entry.merchant() == Some(merchant));
    let told = |(number, entry): (usize, &Entry)| {
        let event = entry.event.as_deref()?;
        Some(json!({"merchant": merchant, "contract_version": event.id, "entry": format!("0:{number}"), "position": format!("0:{}", entry.said.offset),
            "business_date": entry.date().to_string(), "contract": event.get("contract")}))
    };
    sets.filter_map(told).collect()
}
