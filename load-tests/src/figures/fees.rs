//! What a merchant was charged, by day, kind and currency: `GET /v1/merchants/{m}/fees`.

use super::chronicle::Chronicle;
use super::effect::{self, Effect, Fee};
use super::entry::Entry;
use crate::model::money::text;
use crate::model::state::PaymentState;
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The rows of a merchant, newest day first.
pub fn rows(chronicle: &Chronicle, merchant: &str) -> Vec<Value> {
    let mut sums = BTreeMap::<(Date, &str, Currency), (u64, Fee)>::new();
    let mut subsidies = BTreeMap::new();
    for entry in chronicle.posted().filter(|entry| entry.merchant() == Some(merchant)) {
        for (kind, currency, fee) in charged(entry, &mut subsidies) {
            let (count, sum) = sums.entry((entry.date(), kind, currency)).or_default();
            *count += 1;
            *sum = Fee { amount: sum.amount + fee.amount, vat: sum.vat + fee.vat };
        }
    }
    let row = |((day, kind, currency), (count, fee)): ((Date, &str, Currency), (u64, Fee))| json!({"day": day.to_string(), "kind": kind, "currency": currency.code(), "count": count, "amount": text(fee.amount, currency), "vat": text(fee.vat, currency)});
    sums.into_iter().rev().map(row).collect()
}

/// What one entry charged, or gave back; `subsidies` are what payments have paid so far.
pub fn charged(entry: &Entry, subsidies: &mut BTreeMap<String, i128>) -> Vec<(&'static str, Currency, Fee)> {
    let mut all = Vec::new();
    let effect = Effect::of(entry);
    if let Some(payment) = &entry.said.payment {
        let currency = effect::wallet(payment).1;
        all.extend([("mdr", currency, effect.mdr), ("gateway", currency, effect.gateway)]);
        let paid = subsidies.entry(payment.id.clone()).or_insert(0);
        if entry.kind() == "instalment_subsidy" {
            let amount = payment.convert(entry.event.as_ref().and_then(|event| event.amount()).unwrap_or(0));
            *paid += amount;
            all.push(("subsidy", currency, Fee { amount, vat: 0 }));
        } else if payment.state == PaymentState::Voided && matches!(entry.kind(), "void" | "reversal") {
            all.push(("subsidy", currency, Fee { amount: -std::mem::take(paid), vat: 0 }));
        }
    }
    let by_account = match entry.kind() {
        "fee_charged" => Some((4020, "monthly")),
        "fee_waived" => Some((4090, "waiver")),
        "chargeback" | "standalone_chargeback" => Some((4030, "dispute")),
        "early_release" => Some((4040, "early_release")),
        "tier_adjusted" => Some((4010, "mdr")),
        _ => None,
    };
    if let Some((code, kind)) = by_account {
        // An entry can be VAT alone, where a rate leaves nothing of a small amount.
        for (wallet, amount) in entry.credited(|account| account.code == code || account.code == 2090) {
            let vat = entry.credited_in(&wallet, |account| account.code == 2090);
            all.push((kind, wallet.1, Fee { amount, vat }));
        }
    }
    all.retain(|(_, _, fee)| *fee != Fee::default());
    all
}
