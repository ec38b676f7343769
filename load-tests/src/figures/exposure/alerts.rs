//! What is to be looked at: conditions while they last, and what happened until 30 days after the last time.

use super::batches::out_of_balance;
use crate::figures::chronicle::Chronicle;
use crate::figures::entry::Entry;
use crate::model::money::text;
use crate::model::pricing::carried;
use crate::model::said::Outcome;
use crate::model::state::{Dispute, DisputeState, Payment};
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long an occurrence is told after the last time.
const TOLD_DAYS: i32 = 30;

/// Every alert.
pub fn alerts(chronicle: &Chronicle) -> Vec<Value> {
    let mut alerts = safeguarding(chronicle);
    alerts.extend(second_clearing(chronicle));
    alerts.extend(occurrences(chronicle, "out_of_balance", out_of_balance(chronicle)));
    alerts.extend(occurrences(chronicle, "unpriced", chronicle.posted().filter(|entry| is_unpriced(entry)).collect()));
    alerts.extend(occurrences(chronicle, "chargeback_exceeds_captured", chronicle.posted().filter(|entry| exceeds(entry)).collect()));
    alerts.extend(money_refused(chronicle));
    for alert in &mut alerts {
        alert["severity"] = json!(severity(alert["kind"].as_str().unwrap_or_default()));
    }
    alerts
}

/// Merchants' money in danger or missing in the books is critical; what only costs the bank income is for information.
pub fn severity(kind: &str) -> &'static str {
    match kind {
        "safeguarding" | "second_clearing" | "money_refused" => "critical",
        "unpriced" => "info",
        _ => "warning",
    }
}

/// Per PSP and currency: `1030 + 1010 + 2130 ≥ Σ(2010 … 2050) − 1050`; since the first of the dates that all ended short.
fn safeguarding(chronicle: &Chronicle) -> Vec<Value> {
    let mut changes = BTreeMap::<(String, Currency), BTreeMap<Date, i128>>::new();
    for entry in chronicle.posted() {
        // Assets are debit-balanced and what is owed to merchants credit-balanced: what is credited in all is lacking.
        let lacking = entry.credited(|account| account.is_bucket() || matches!(account.code, 1030 | 1010 | 2130));
        for ((book, currency), credited) in lacking {
            if let Some(psp) = book.strip_prefix("psp:") {
                *changes.entry((psp.to_owned(), currency)).or_default().entry(entry.date()).or_insert(0) += credited;
            }
        }
    }
    let told = |((psp, currency), dates): ((String, Currency), BTreeMap<Date, i128>)| {
        let (mut lacking, mut since) = (0, None);
        for (date, change) in dates {
            lacking += change;
            since = if lacking > 0 { since.or(Some(date)) } else { None };
        }
        let since = since?.to_string();
        Some(json!({"kind": "safeguarding", "psp": psp, "since": since, "currency": currency.code(), "amount": text(lacking, currency)}))
    };
    changes.into_iter().filter_map(told).collect()
}

/// Merchants whose payment company has no licence; since the contract from which on that is so.
fn second_clearing(chronicle: &Chronicle) -> Vec<Value> {
    let mut since = BTreeMap::<&str, Option<Date>>::new();
    for entry in chronicle.posted().filter(|entry| entry.kind() == "contract_set") {
        let (Some(merchant), Some(terms)) = (entry.merchant(), &entry.in_force) else { continue };
        let unlicensed = terms.contract.psp.as_ref().is_some_and(|psp| !psp.licensed);
        let since = since.entry(merchant).or_default();
        *since = if unlicensed { since.or(Some(entry.date())) } else { None };
    }
    let lasting = since.into_iter().filter_map(|(merchant, since)| Some((merchant, since?)));
    lasting.map(|(merchant, since)| json!({"kind": "second_clearing", "merchant": merchant, "since": since.to_string()})).collect()
}

/// What tells of money that has moved outside.
const MOVED: &[&str] = &[
    "refund",
    "standalone_refund",
    "standalone_chargeback",
    "chargeback",
    "chargeback_represented",
    "dispute_won",
    "dispute_lost",
    "payout_paid",
    "payout_returned",
    "reversal",
    "refund_failed",
    "debt_repaid",
    "scheme_settled",
    "sale",
    "preauth_completed",
    "tip_adjusted",
    "void",
];

/// Refused events that tell of money moved: by merchant and currency, which is the event's, else that of the contract in force.
fn money_refused(chronicle: &Chronicle) -> Vec<Value> {
    let mut runs = BTreeMap::<(&str, Option<Currency>), (Date, Date, u64, i128)>::new();
    let refused = chronicle.entries.iter().filter(|entry| entry.said.outcome == Outcome::Refused && MOVED.contains(&entry.kind()));
    for entry in refused {
        let (Some(merchant), Some(event)) = (entry.merchant(), &entry.event) else { continue };
        let amount = event.amount();
        let currency = if amount.is_some() { event.currency() } else { entry.in_force.as_ref().map(|terms| terms.contract.currency) };
        let before = runs.get(&(merchant, currency)).copied().filter(|(_, last, ..)| entry.date() <= last.plus_days(TOLD_DAYS));
        let (first, _, count, sum) = before.unwrap_or((entry.date(), entry.date(), 0, 0));
        runs.insert((merchant, currency), (first, entry.date(), count + 1, sum + amount.unwrap_or(0)));
    }
    let told = |((merchant, currency), (first, last, count, sum)): ((&str, Option<Currency>), (Date, Date, u64, i128))| {
        let mut alert = json!({"kind": "money_refused", "merchant": merchant, "since": first.to_string(), "last": last.to_string(), "count": count});
        if let Some(currency) = currency {
            (alert["currency"], alert["amount"]) = (json!(currency.code()), json!(text(sum, currency)));
        }
        alert
    };
    runs.into_iter().filter(|(_, (_, last, ..))| chronicle.today() <= last.plus_days(TOLD_DAYS)).map(told).collect()
}

/// By merchant: the first and the last time, and how often. One that lapsed begins anew.
fn occurrences(chronicle: &Chronicle, kind: &str, entries: Vec<&Entry>) -> Vec<Value> {
    let mut runs = BTreeMap::<&str, (Date, Date, u64)>::new();
    for entry in entries {
        let Some(merchant) = entry.merchant() else { continue };
        let (first, last, count) =
            runs.get(merchant).copied().filter(|(_, last, _)| entry.date() <= last.plus_days(TOLD_DAYS)).unwrap_or((entry.date(), entry.date(), 0));
        runs.insert(merchant, (first, last.max(entry.date()), count + 1));
    }
    let lasting = runs.into_iter().filter(|(_, (_, last, _))| chronicle.today() <= last.plus_days(TOLD_DAYS));
    lasting
        .map(|(merchant, (first, last, count))| {
            json!({"kind": kind, "merchant": merchant, "since": first.to_string(), "last": last.to_string(), "count": count})
        })
        .collect()
}

/// A sale whose discount or costs no rule prices, where the event does not carry them.
fn is_unpriced(entry: &Entry) -> bool {
    let (Some(payment), Some(event)) = (&entry.said.payment, &entry.event) else { return false };
    if !matches!(entry.kind(), "sale" | "preauth_completed") {
        return false;
    }
    let carried = carried(event, &payment.contract);
    let (rate, cost) = payment.contract.is_priced(&payment.instrument);
    let is_carried = |kinds: &[&str]| kinds.iter().all(|kind| carried.contains_key(*kind));
    (!rate && !is_carried(&["mdr"])) || (!cost && !is_carried(&["interchange", "scheme"]))
}

/// A chargeback, or a loss after a win, that went beyond what was captured.
fn exceeds(entry: &Entry) -> bool {
    let (Some(payment), Some(event)) = (&entry.said.payment, &entry.event) else { return false };
    let of = |payment: &Payment| payment.disputes.get(event.dispute()).cloned();
    let state = |dispute: Option<Dispute>| dispute.map(|dispute| dispute.state);
    let charged = match entry.kind() {
        "chargeback" | "standalone_chargeback" => true,
        "dispute_lost" => state(entry.before.as_deref().and_then(of)) == Some(DisputeState::Won),
        _ => false,
    };
    charged && of(payment).is_some_and(|dispute| dispute.excess > 0)
}
