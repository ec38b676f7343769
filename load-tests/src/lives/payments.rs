//! Sales, pre-authorisations, and what changes or returns a payment.

use super::life::Life;
use super::terms::{CARDS, ENTRY_MODES, SCHEMES, text};
use crate::model::state::{Payment, PaymentState};
use schemas::time::Date;
use serde_json::{Value, json};

/// One event of a payment.
pub fn step(life: &mut Life) {
    let name = life.some_merchant();
    let choice = life.dice.weighted(&[
        ("sale", 34),
        ("preauth_placed", 6),
        ("preauth_increased", 3),
        ("preauth_released", 3),
        ("preauth_completed", 7),
        ("tip_adjusted", 8),
        ("void", 5),
        ("reversal", 9),
        ("refund", 20),
        ("refund_failed", 9),
        ("instalment_subsidy", 4),
        ("opening_payment", 5),
        ("standalone_refund", 4),
        ("standalone_chargeback", 5),
    ]);
    match choice {
        "sale" => sale(life, &name),
        "preauth_placed" => placed(life, &name),
        "preauth_completed" => completed(life, &name),
        "refund_failed" => refund_failed(life, &name),
        "opening_payment" | "standalone_refund" | "standalone_chargeback" => from_outside(life, &name, choice),
        kind => change(life, &name, kind),
    }
}

/// A small, odd amount: roundings and shortfalls shall be frequent.
pub fn some_amount(life: &mut Life) -> u64 {
    let dice = &mut life.dice;
    match dice.below(10) {
        0 => dice.between(1, 9),
        1..6 => dice.between(10, 999),
        6..9 => dice.between(1000, 30_000),
        _ => dice.pick(&[371_428, 371_429, 400_000, 1_000_000, 750, 2500, 100_000]),
    }
}

fn sale(life: &mut Life, name: &str) {
    let id = if life.dice.chance(3) { life.some_payment(name, |_| true).map(|payment| payment.id) } else { None };
    let id = id.unwrap_or_else(|| life.new_id("P"));
    // Some events of a payment come before it.
    let early = life.dice.chance(7);
    if early {
        let count = life.dice.between(1, 3);
        for _ in 0..count {
            let kind =
                life.dice.pick(&["refund", "void", "chargeback", "dispute_won", "tip_adjusted", "dispute_opened", "chargeback_represented", "refund_failed"]);
            let mut event = life.event(kind, name);
            event["payment"] = json!(id);
            if kind == "refund_failed" {
                event["refund"] = life
                    .sent()
                    .last()
                    .and_then(|record| match &record.content {
                        super::record::Content::Event(value) => value.get("id").cloned(),
                        super::record::Content::Raw(_) => None,
                    })
                    .unwrap_or_else(|| json!("r0"));
            }
            if matches!(kind, "refund" | "chargeback" | "tip_adjusted" | "dispute_opened") {
                let amount = life.dice.between(1, 400);
                let currency = currency_of(life, name);
                (event["amount"], event["currency"]) = (json!(text(&currency, amount)), json!(currency));
            }
            life.send(event);
        }
    }
    // Some never come.
    if !early || life.dice.chance(85) {
        sale_of(life, name, id);
    }
}

/// A sale under an id.
pub fn sale_of(life: &mut Life, name: &str, id: String) {
    let event = life.event("sale", name);
    let event = instrument(life, event);
    let mut event = capture(life, name, event, None);
    event["payment"] = json!(id);
    if life.dice.chance(40) {
        life.focus = (name.to_owned(), id);
    }
    life.send_or_hold(event);
}

/// A payment from before, or a refund or chargeback of one that was never ours.
fn from_outside(life: &mut Life, name: &str, kind: &str) {
    let id = if life.dice.chance(5) { life.some_payment(name, |_| true).map(|payment| payment.id) } else { None };
    let event = life.event(kind, name);
    let mut event = instrument(life, event);
    let (currency, amount) = (if life.dice.chance(4) { "EUR".to_owned() } else { currency_of(life, name) }, some_amount(life));
    event["payment"] = json!(id.unwrap_or_else(|| life.new_id("P")));
    (event["amount"], event["currency"]) = (json!(text(&currency, amount)), json!(currency));
    match kind {
        "opening_payment" => {
            let days = i32::try_from(life.dice.between(0, 40)).unwrap_or(1);
            let open = life.model.open.unwrap_or(Date::from_days(20_000));
            event["booked_on"] = json!(open.plus_days(-days).to_string());
            for part in ["refunded", "charged_back"] {
                if life.dice.chance(40) {
                    let most = if life.dice.chance(10) { amount + 5 } else { amount / 2 };
                    event[part] = json!(text(&currency, life.dice.between(0, most)));
                }
            }
            if life.dice.chance(25) {
                event["fees"] = json!([{"kind": "mdr", "amount": text(&currency, life.dice.between(0, amount / 20))}]);
            }
        }
        "standalone_chargeback" => {
            if life.dice.chance(40) {
                event["dispute"] = json!(life.new_id("D"));
            }
            if life.dice.chance(40) {
                event["dispute_fee"] = json!(text(&currency, life.dice.between(0, 300)));
            }
        }
        _ => {}
    }
    if life.dice.chance(40) {
        life.focus = (name.to_owned(), event["payment"].as_str().unwrap_or_default().to_owned());
    }
    life.send_or_hold(event);
}

fn instrument(life: &mut Life, mut event: Value) -> Value {
    (event["card"], event["scheme"]) = (json!(life.dice.pick(CARDS)), json!(life.dice.pick(SCHEMES)));
    if life.dice.chance(70) {
        event["entry_mode"] = json!(life.dice.pick(ENTRY_MODES));
    }
    if life.dice.chance(50) {
        event["terminal"] = json!(life.dice.pick(&["T1", "T2"]));
    }
    if life.dice.chance(30) {
        event["customer"] = json!(life.dice.pick(&["c_1", "c_2", "c_3"]));
    }
    event
}

/// The currency of a merchant's contract.
pub fn currency_of(life: &Life, name: &str) -> String {
    let contract = life.merchant(name).and_then(|merchant| merchant.contract.as_ref());
    contract.map_or("CNY", |contract| contract.currency.code()).to_owned()
}

/// Amount, second currency and carried fees.
fn capture(life: &mut Life, name: &str, mut event: Value, preauth: Option<&Payment>) -> Value {
    let contract = currency_of(life, name);
    let mut amount = some_amount(life);
    let mut currency = contract.clone();
    let foreign = life.dice.chance(14);
    if let Some(preauth) = preauth {
        currency = preauth.currency.code().to_owned();
        let authorised = u64::try_from(preauth.authorised).unwrap_or(1);
        let allowed = (authorised * 115 / 100).max(1);
        amount = [allowed, allowed + 1, authorised, life.dice.between(1, allowed)][life.dice.place(4).unwrap_or(0)];
    } else if foreign {
        currency = life.dice.pick(&["USD", "JPY", "KWD", "CNY"]).to_owned();
    }
    let mut settled = contract;
    if (currency != settled && life.dice.chance(92)) || life.dice.chance(2) {
        if life.dice.chance(5) {
            settled = "USD".to_owned();
        }
        let rate = life.dice.pick(&["7.1234", "0.5", "0.14", "6.5", "1", "0.0667", "21.333333333333", "0.001"]);
        (event["settled_currency"], event["rate"]) = (json!(settled), json!(rate));
    }
    (event["amount"], event["currency"]) = (json!(text(&currency, amount)), json!(currency));
    if life.dice.chance(14) {
        // Carried fees have the decimals of the settled currency, which is the sale's where nothing is converted.
        let settled = event.get("settled_currency").and_then(Value::as_str).unwrap_or(&currency).to_owned();
        let count = life.dice.between(0, 4);
        let fees: Vec<Value> = (0..count)
            .map(|_| {
                let kind = life.dice.pick(&["mdr", "mdr", "interchange", "scheme", "gateway", "channel", "partner", "vat"]);
                let fee = life.dice.pick(&[0, 1, 2, 3, 5, 7, 30, 99, 500]);
                json!({"kind": kind, "amount": text(&settled, fee)})
            })
            .collect();
        event["fees"] = json!(fees);
    }
    event
}

fn placed(life: &mut Life, name: &str) {
    let (event, amount) = (life.event("preauth_placed", name), some_amount(life));
    let mut event = instrument(life, event);
    let currency = if life.dice.chance(15) { "USD".to_owned() } else { currency_of(life, name) };
    let id = life.new_id("P");
    (event["amount"], event["currency"], event["payment"]) = (json!(text(&currency, amount)), json!(currency), json!(id));
    if life.dice.chance(40) {
        life.focus = (name.to_owned(), id);
    }
    life.send_or_hold(event);
}

fn completed(life: &mut Life, name: &str) {
    let is_open = |payment: &Payment| payment.state == PaymentState::Authorised;
    let payment = life.some_payment(name, is_open).or_else(|| life.some_payment(name, |_| true));
    let Some(payment) = payment else { return placed(life, name) };
    let event = life.event("preauth_completed", name);
    let mut event = capture(life, name, event, Some(&payment));
    event["payment"] = json!(payment.id);
    life.send_or_hold(event);
}

fn refund_failed(life: &mut Life, name: &str) {
    let has_refund = |payment: &Payment| payment.refunds.values().any(|refund| !refund.failed);
    let Some(payment) = life.some_payment(name, has_refund).or_else(|| life.some_payment(name, |_| true)) else { return };
    let refunds: Vec<String> = payment.refunds.iter().filter(|(_, refund)| !refund.failed || life.dice.chance(10)).map(|(id, _)| id.clone()).collect();
    let refund = life.dice.place(refunds.len()).and_then(|place| refunds.get(place).cloned()).filter(|_| life.dice.chance(95));
    // Otherwise of an event that is no refund of this payment, or of one that has not come.
    let refund = refund.unwrap_or_else(|| if life.dice.chance(50) { format!("e{}", life.dice.between(1, 60)) } else { life.new_id("never") });
    let mut event = life.event("refund_failed", name);
    (event["payment"], event["refund"]) = (json!(payment.id), json!(refund));
    name_anew(life, &mut event);
    life.send_or_hold(event);
}

fn change(life: &mut Life, name: &str, kind: &str) {
    let today = life.today();
    let untouched = |payment: &Payment| payment.disputes.is_empty() && payment.refunded() == 0;
    let fits = |payment: &Payment| match kind {
        "preauth_increased" | "preauth_released" => payment.state == PaymentState::Authorised,
        "tip_adjusted" | "reversal" => payment.state == PaymentState::Captured && untouched(payment) && !payment.is_cleared(today),
        "void" => payment.state == PaymentState::Captured && untouched(payment) && payment.booked_on == today,
        "refund" => payment.room() > 0,
        _ => payment.state == PaymentState::Captured,
    };
    let aimed = life.dice.chance(90);
    let payment = if aimed { life.some_payment(name, fits) } else { None };
    let Some(payment) = payment.or_else(|| life.some_payment(name, |_| true)) else { return sale(life, name) };
    if payment.carried && payment.settled == 0 && matches!(kind, "tip_adjusted" | "reversal") {
        // What carried fees become when a sale worth nothing in its settled currency changes is nowhere said.
        return;
    }
    let mut event = life.event(kind, name);
    event["payment"] = json!(payment.id);
    let room = u64::try_from(payment.room()).unwrap_or(0);
    let captured = u64::try_from(payment.captured).unwrap_or(0);
    let amount = match kind {
        "refund" => Some(part_of(life, room)),
        "reversal" => life.dice.chance(75).then(|| part_of(life, captured)),
        "tip_adjusted" | "instalment_subsidy" => Some(if life.dice.chance(70) { life.dice.between(1, 300) } else { some_amount(life) }),
        "preauth_increased" => Some(life.dice.between(1, 2000)),
        _ => None,
    };
    set_amount(life, &mut event, &payment, amount);
    if matches!(kind, "void" | "reversal" | "refund") {
        name_anew(life, &mut event);
    }
    if life.dice.chance(8) {
        (life.focus.0, life.focus.1) = (name.to_owned(), payment.id);
    }
    life.send_or_hold(event);
}

/// The outside mostly names by itself what takes something back.
fn name_anew(life: &mut Life, event: &mut Value) {
    if life.dice.chance(50) {
        event["reference"] = json!(life.new_id("RRN-back-"));
    }
}

/// Part of an amount, all of it, or, rarely, more.
pub fn part_of(life: &mut Life, all: u64) -> u64 {
    match life.dice.below(20) {
        0..6 => all.max(1),
        6 => all + 1,
        7..10 => (all / 3).max(1),
        10 => 1,
        _ => life.dice.between(1, all.max(1)),
    }
}

/// Sets an amount in the payment's currency, and rarely names another.
pub fn set_amount(life: &mut Life, event: &mut Value, payment: &Payment, amount: Option<u64>) {
    let mut currency = payment.currency.code();
    if life.dice.chance(2) {
        currency = "EUR";
    }
    if let Some(amount) = amount {
        event["amount"] = json!(text(currency, amount));
    }
    if amount.is_some() || life.dice.chance(10) {
        event["currency"] = json!(currency);
    }
}
