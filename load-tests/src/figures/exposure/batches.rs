//! Batch totals: what a terminal has done since its last `batch_closed`, against what it says.

use crate::figures::chronicle::Chronicle;
use crate::figures::entry::Entry;
use crate::model::money::minor;
use crate::model::state::PaymentState;
use schemas::money::Currency;
use std::collections::BTreeMap;

/// Counts and sums by merchant, terminal and currency. The terminal counts what the customer pays, in that currency.
pub type Totals = BTreeMap<(String, String, Currency), (i128, i128)>;

/// Every `batch_closed` whose count or sum was another one than the terminal's.
pub fn out_of_balance(chronicle: &Chronicle) -> Vec<&Entry> {
    batches(chronicle).0
}

/// What is in no batch yet.
pub fn open(chronicle: &Chronicle) -> Totals {
    batches(chronicle).1
}

fn batches(chronicle: &Chronicle) -> (Vec<&Entry>, Totals) {
    let (mut totals, mut wrong) = (Totals::new(), Vec::new());
    for entry in chronicle.posted() {
        let Some(merchant) = entry.merchant() else { continue };
        if let Some((terminal, currency, count, sum)) = counted(chronicle, merchant, entry) {
            let total = totals.entry((merchant.to_owned(), terminal, currency)).or_default();
            (total.0, total.1) = (total.0 + count, total.1 + sum);
        }
        if let ("batch_closed", Some(event)) = (entry.kind(), &entry.event)
            && let Some(currency) = event.currency()
        {
            let terminal = event.need("terminal").to_owned();
            let said = (event.get("count").and_then(whole), event.text("sum").and_then(|sum| minor(sum, currency)));
            let (count, sum) = totals.remove(&(merchant.to_owned(), terminal, currency)).unwrap_or_default();
            if said != (Some(count), Some(sum)) {
                wrong.push(entry);
            }
        }
    }
    (wrong, totals)
}

/// A number, however it is written.
fn whole(value: &serde_json::Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| rust_decimal::Decimal::from_scientific(&value.to_string()).ok().and_then(|number| i128::try_from(number).ok()))
}

/// What an entry adds to its terminal's totals: sales, tips and reversals, but no refunds.
fn counted(chronicle: &Chronicle, merchant: &str, entry: &Entry) -> Option<(String, Currency, i128, i128)> {
    let after = entry.said.payment.as_ref()?;
    let count = match (entry.kind(), after.state) {
        ("sale" | "preauth_completed", _) => 1,
        ("void" | "reversal", PaymentState::Voided) => -1,
        ("tip_adjusted" | "reversal", _) => 0,
        _ => return None,
    };
    let terminal = chronicle.facts(&(merchant.to_owned(), after.id.clone()))?.terminal.clone()?;
    Some((terminal, after.currency, count, after.captured - entry.before.as_ref().map_or(0, |payment| payment.captured)))
}
