//! A merchant's statement of closed dates: opening, movements by group, closing. `GET /v1/merchants/{m}/statements/{date}`
//! and `…/{first}..{last}`.

use super::chronicle::Chronicle;
use super::effect::{self, Effect};
use super::entry::{Entry, Wallet};
use crate::model::account::Account;
use crate::model::money::text;
use crate::model::purse::Purse;
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The groups of movements, in the order told.
const GROUPS: &[&str] = &["sales", "refunds", "disputes", "fees", "payouts", "seized", "debt", "adjustments"];

/// What moved in a wallet on the dates, by group.
type Movements = BTreeMap<&'static str, i128>;

/// The answer for dates of which the last one closed at a position.
pub fn statement(chronicle: &Chronicle, merchant: &str, dates: &RangeInclusive<Date>, position: i64) -> Value {
    let (first, last) = (*dates.start(), *dates.end());
    let entries: Vec<&Entry> = chronicle.posted().filter(|entry| entry.at <= position && entry.merchant() == Some(merchant)).collect();
    let opening = purses(&entries, |booked| booked < first);
    let mut closing = purses(&entries, |booked| booked <= last);
    // A hold may wait for money where there has been none.
    let holds = chronicle.model.merchants.get(merchant).into_iter().flat_map(|merchant| &merchant.holds);
    for hold in holds.filter(|hold| hold.since <= last) {
        closing.entry((hold.book.clone(), hold.currency)).or_default();
    }
    let mut moved = BTreeMap::<Wallet, Movements>::new();
    for entry in entries.iter().filter(|entry| dates.contains(&entry.date())) {
        for (wallet, group, amount) in movements(entry) {
            *moved.entry(wallet).or_default().entry(group).or_insert(0) += amount;
        }
    }
    let account = |(wallet, close): (&Wallet, &Purse)| {
        let open = opening.get(wallet).cloned().unwrap_or_default();
        let none = Movements::new();
        let movements = moved.get(wallet).unwrap_or(&none);
        let told = GROUPS.iter().map(|group| ((*group).to_owned(), json!(text(movements.get(group).copied().unwrap_or(0), wallet.1)))).collect();
        json!({"currency": wallet.1.code(), "book": wallet.0, "opening": buckets(&open, wallet), "movements": Value::Object(told), "closing": buckets(close, wallet)})
    };
    let accounts: Vec<Value> = closing.iter().map(account).collect();
    json!({"merchant": merchant, "from": first.to_string(), "to": last.to_string(), "position": format!("0:{position}"), "accounts": accounts})
}

/// What a merchant had, from the lines of its entries up to a date.
fn purses(entries: &[&Entry], until: impl Fn(Date) -> bool) -> BTreeMap<Wallet, Purse> {
    let mut purses = BTreeMap::<Wallet, Purse>::new();
    for line in entries.iter().filter(|entry| until(entry.date())).flat_map(|entry| &entry.said.lines) {
        for (account, signed) in [(&line.debit, -line.amount), (&line.credit, line.amount)] {
            if account.is_bucket() || matches!(account.code, 9010..=9021) {
                purses.entry((line.book.clone(), line.currency)).or_default().credit(account, signed);
            }
        }
    }
    purses
}

fn buckets(purse: &Purse, wallet: &Wallet) -> Value {
    let sum = |map: &BTreeMap<String, i128>| map.values().sum::<i128>();
    let parts = [
        ("pending", purse.pending.values().sum()),
        ("available", purse.available),
        ("reserved", purse.reserve.values().sum()),
        ("held", sum(&purse.held)),
        ("disputed", sum(&purse.disputed)),
        ("in_transit", sum(&purse.in_transit)),
        ("owed", purse.owed),
        ("total", purse.total()),
    ];
    parts.into_iter().map(|(name, minor)| (name.to_owned(), json!(text(minor, wallet.1)))).collect()
}

/// What an entry did to the merchant's total, by wallet and group.
fn movements(entry: &Entry) -> Vec<(Wallet, &'static str, i128)> {
    let mut all = Vec::new();
    for (wallet, total) in entry.credited(Account::is_bucket) {
        let group = match entry.kind() {
            "payout_paid" | "payout_returned" => "payouts",
            "hold_seized" => "seized",
            "debt_repaid" | "debt_written_off" => "debt",
            "adjustment" | "opening_balance" => "adjustments",
            _ => "fees",
        };
        all.push((wallet, group, total));
    }
    // What an entry about a payment did besides moving the payment's own money are fees.
    if let Some(payment) = &entry.said.payment {
        let (wallet, effect) = (effect::wallet(payment), Effect::of(entry));
        for (group, amount) in [("sales", effect.sales.amount), ("refunds", -effect.refunds.amount), ("disputes", -effect.disputed)] {
            all.push((wallet.clone(), group, amount));
            all.push((wallet.clone(), "fees", -amount));
        }
    }
    all
}
