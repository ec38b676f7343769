//! Holds, payouts, releases, fees and debts of a merchant.

use super::life::Life;
use super::payments::{currency_of, part_of, some_amount};
use super::terms::text;
use crate::model::purse::Purse;
use schemas::time::Date;
use serde_json::{Value, json};

/// One event about a merchant's money.
pub fn step(life: &mut Life) {
    let name = life.some_merchant();
    let kind = life.dice.weighted(&[
        ("hold_placed", 9),
        ("hold_released", 6),
        ("hold_seized", 6),
        ("payout_initiated", 14),
        ("payout_paid", 9),
        ("payout_failed", 4),
        ("payout_returned", 5),
        ("reserve_released", 5),
        ("early_release", 8),
        ("fee_charged", 9),
        ("fee_waived", 3),
        ("tier_adjusted", 5),
        ("debt_repaid", 4),
        ("debt_written_off", 4),
        ("adjustment", 7),
        ("maintenance_due", 4),
        ("opening_balance", 6),
    ]);
    let event = life.event(kind, &name);
    match kind {
        "hold_released" | "hold_seized" => of_hold(life, &name, event),
        "payout_paid" | "payout_failed" | "payout_returned" => of_payout(life, &name, event),
        _ => of_merchant(life, &name, event),
    }
}

fn of_hold(life: &mut Life, name: &str, mut event: Value) {
    let holds: Vec<_> = life.merchant(name).map(|merchant| merchant.holds.clone()).unwrap_or_default();
    let open: Vec<_> = holds.iter().filter(|hold| !hold.closed).cloned().collect();
    let from = if open.is_empty() || life.dice.chance(10) { &holds } else { &open };
    let Some(hold) = life.dice.place(from.len()).and_then(|place| from.get(place).cloned()) else {
        event["hold"] = json!("H-never");
        event["order"] = json!("court 7");
        return life.send(event);
    };
    event["hold"] = json!(hold.id);
    if event["type"] == "hold_seized" && life.dice.chance(92) {
        event["order"] = json!("court 7");
    }
    if life.dice.chance(60) {
        let amount = part_of(life, u64::try_from(hold.amount).unwrap_or(0));
        let currency = if life.dice.chance(3) { "EUR" } else { hold.currency.code() };
        (event["amount"], event["currency"]) = (json!(text(currency, amount)), json!(currency));
    }
    life.send_or_hold(event);
}

fn of_payout(life: &mut Life, name: &str, mut event: Value) {
    let state = if event["type"] == "payout_returned" { "paid" } else { "initiated" };
    let payouts: Vec<_> =
        life.merchant(name).map(|merchant| merchant.payouts.iter().map(|(id, payout)| (id.clone(), payout.state)).collect()).unwrap_or_default();
    let fitting: Vec<_> = payouts.iter().filter(|(_, now)| *now == state).cloned().collect();
    let from = if fitting.is_empty() || life.dice.chance(12) { &payouts } else { &fitting };
    let payout = life.dice.place(from.len()).and_then(|place| from.get(place)).map_or("O-never".to_owned(), |(id, _)| id.clone());
    event["payout"] = json!(payout);
    if life.dice.chance(3) {
        event["currency"] = json!("EUR");
    }
    life.send_or_hold(event);
}

fn of_merchant(life: &mut Life, name: &str, mut event: Value) {
    let kind = event["type"].as_str().unwrap_or_default().to_owned();
    let contract = life.merchant(name).and_then(|merchant| merchant.contract.clone());
    let (mut book, mut currency) = (contract.as_ref().map_or_else(|| "bank".to_owned(), |contract| contract.book()), currency_of(life, name));
    // Some are about what an earlier contract left behind.
    let wallets: Vec<_> = life.merchant(name).map(|merchant| merchant.purses.keys().cloned().collect()).unwrap_or_default();
    if let Some(place) = life.dice.place(wallets.len()).filter(|_| life.dice.chance(15)) {
        (book, currency) = (wallets[place].0.clone(), wallets[place].1.code().to_owned());
        event["book"] = json!(book);
    }
    let purse = life.merchant(name).and_then(|merchant| merchant.purses.iter().find(|((at, of), _)| *at == book && of.code() == currency));
    let purse = purse.map(|(_, purse)| purse.clone()).unwrap_or_default();
    let amount = amount_for(life, &kind, &purse);
    let without = kind == "maintenance_due" && life.dice.chance(60);
    if !without {
        if kind == "maintenance_due" && life.dice.chance(10) {
            currency = "EUR".to_owned();
        }
        (event["amount"], event["currency"]) = (json!(text(&currency, amount)), json!(currency));
    }
    decorate(life, name, &kind, &mut event);
    life.send_or_hold(event);
}

/// Near what there is, so that it is sometimes just enough and sometimes just not.
fn amount_for(life: &mut Life, kind: &str, purse: &Purse) -> u64 {
    let sum = |amounts: i128| u64::try_from(amounts).unwrap_or(0);
    let pending: i128 = purse.pending.values().sum();
    let there = match kind {
        "hold_placed" => sum(purse.available + pending),
        "payout_initiated" => sum(purse.available),
        "reserve_released" => sum(purse.reserve.values().sum()),
        "early_release" => sum(pending),
        "debt_repaid" | "debt_written_off" => sum(purse.owed),
        // Fees and corrections often eat into what is kept back.
        "fee_charged" | "tier_adjusted" | "adjustment" if life.dice.chance(25) => sum(purse.available) + life.dice.between(0, 300),
        _ => 0,
    };
    if there == 0 { some_amount(life).min(5000) } else { part_of(life, there) }
}

fn decorate(life: &mut Life, name: &str, kind: &str, event: &mut Value) {
    match kind {
        "hold_placed" => {
            let again = life.merchant(name).and_then(|merchant| merchant.holds.first().map(|hold| hold.id.clone())).filter(|_| life.dice.chance(6));
            // Sometimes the id of a payout, which may come back into that hold.
            let of_payout = life.merchant(name).and_then(|merchant| merchant.payouts.keys().next_back().cloned()).filter(|_| life.dice.chance(8));
            event["hold"] = json!(again.or(of_payout).unwrap_or_else(|| life.new_id("H")));
            event["reason"] = json!(life.dice.pick(&["risk", "legal", "kyc"]));
            if life.dice.chance(50) {
                event["sweep"] = json!(life.dice.chance(85));
                // A sweeping hold asks for more than there is.
                if event["sweep"] == true && life.dice.chance(60) {
                    let currency = event["currency"].as_str().unwrap_or_default().to_owned();
                    event["amount"] = json!(text(&currency, life.dice.between(500, 60_000)));
                }
            }
        }
        "payout_initiated" => {
            let again = life.merchant(name).and_then(|merchant| merchant.payouts.keys().next().cloned()).filter(|_| life.dice.chance(4));
            event["payout"] = json!(again.unwrap_or_else(|| life.new_id("O")));
        }
        "fee_charged" => event["fee"] = json!(life.dice.pick(&["monthly", "rental", "other"])),
        "tier_adjusted" => event["direction"] = json!(life.dice.pick(&["rebate", "surcharge"])),
        "opening_balance" => {
            let bucket = life.dice.pick(&["available", "pending", "reserve", "owed"]);
            event["bucket"] = json!(bucket);
            if matches!(bucket, "pending" | "reserve") || life.dice.chance(5) {
                // Some are not after the open date.
                let days = i32::try_from(life.dice.between(0, 5)).unwrap_or(1);
                let open = life.model.open.unwrap_or(Date::from_days(20_000));
                event["date"] = json!(open.plus_days(days).to_string());
            }
        }
        "adjustment" => {
            event["direction"] = json!(life.dice.pick(&["credit", "debit", "debit"]));
            (event["maker"], event["reason"]) = (json!("ann"), json!("counted twice"));
            event["checker"] = json!(if life.dice.chance(10) { "ann" } else { "bo" });
        }
        _ => {}
    }
}
