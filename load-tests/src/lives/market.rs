//! A market: customers who come back and go from shop to shop, terminals that count right, and days that go by.

use super::dice::Dice;
use super::life::Life;
use super::payments::{currency_of, some_amount};
use super::reports;
use super::terms::{CARDS, ENTRY_MODES, SCHEMES, text};
use serde_json::{Value, json};

/// How many customers there are.
const CUSTOMERS: u64 = 60;

/// What a contract says beside prices: trade, region, whose customers they are, and risk.
pub fn terms(dice: &mut Dice, contract: &mut Value) {
    contract["mcc"] = json!(dice.pick(&["5812", "5812", "5411", "7011", "4722"]));
    contract["region"] = json!(dice.pick(&["CN-31", "CN-31", "CN-11", "CN-44"]));
    contract["time_zone"] = json!(dice.pick(&["Asia/Shanghai", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]));
    if dice.chance(25) {
        contract["customer_scope"] = json!(dice.pick(&["merchant", "merchant", "bank"]));
    }
    if dice.chance(60) {
        let mut risk = json!({});
        if dice.chance(60) {
            risk["chargeback_percent"] = json!(dice.pick(&["0.10", "1.5", "12.345678", "100", "0"]));
        }
        if dice.chance(60) {
            risk["chargeback_days"] = json!(dice.pick(&[1, 7, 30, 120]));
        }
        if dice.chance(60) {
            risk["refund_percent"] = json!(dice.pick(&["2.00", "0.333333", "50"]));
        }
        if dice.chance(60) {
            risk["refund_days"] = json!(dice.pick(&[0, 7, 30, 90]));
        }
        if dice.chance(70) {
            let parts = [json!({"percent": "60", "days": 30}), json!({"percent": "33.333333", "days": 7}), json!({"percent": "10", "days": 1})];
            let count = usize::try_from(dice.between(1, 3)).unwrap_or(1);
            risk["delivery"] = json!(parts.get(..count).unwrap_or_default());
        }
        contract["risk"] = risk;
    }
}

/// One step of the market.
pub fn step(life: &mut Life) {
    match life.dice.below(100) {
        0..74 => purchase(life),
        74..87 => close(life),
        87..91 => reports::step(life),
        91..94 => batch(life),
        94..97 => erase(life),
        _ => refund(life),
    }
}

/// A sale to somebody who may have been here before, in an hour of shopping.
fn purchase(life: &mut Life) {
    let name = life.dice.pick(&life.names.clone());
    let (currency, amount) = (currency_of(life, &name), some_amount(life));
    let mut event = life.event("sale", &name);
    event["payment"] = json!(life.new_id("P"));
    (event["amount"], event["currency"]) = (json!(text(&currency, amount)), json!(currency));
    (event["card"], event["scheme"]) = (json!(life.dice.pick(CARDS)), json!(life.dice.pick(SCHEMES)));
    if life.dice.chance(80) {
        event["entry_mode"] = json!(life.dice.pick(ENTRY_MODES));
    }
    if life.dice.chance(70) {
        event["terminal"] = json!(life.dice.pick(&["T1", "T2"]));
    }
    if life.dice.chance(92) {
        // Some come often: the smaller of two numbers.
        let customer = life.dice.below(CUSTOMERS).min(life.dice.below(CUSTOMERS));
        event["customer"] = json!(format!("c_{customer}"));
    }
    let (hour, minute) = (life.dice.pick(&[9, 12, 12, 12, 18, 18, 23]), life.dice.below(60));
    // Some are late: they happened days before the date that they are booked on.
    let day = life.today().plus_days(if life.dice.chance(12) { -i32::try_from(life.dice.below(12)).unwrap_or(0) } else { 0 });
    event["occurred_at"] = json!(format!("{day}T{hour:02}:{minute:02}:00+08:00"));
    life.send_or_hold(event);
}

/// One day is closed, or a week or a month goes by.
fn close(life: &mut Life) {
    let days = life.dice.weighted(&[(1, 88), (4, 8), (9, 3), (35, 1)]);
    for _ in 0..days {
        let mut event = life.event("day_closed", "");
        event["date"] = json!(life.today().to_string());
        life.send(event);
    }
}

/// A batch that mostly agrees with what the terminal did.
fn batch(life: &mut Life) {
    let name = life.some_merchant();
    let (currency, terminal) = (currency_of(life, &name), life.dice.pick(&["T1", "T2"]));
    let mut event = life.event("batch_closed", &name);
    let (count, sum) = if life.dice.chance(75) { life.batch_of(&name, terminal, &currency) } else { (life.dice.below(9), some_amount(life)) };
    (event["terminal"], event["count"], event["sum"], event["currency"]) = (json!(terminal), json!(count), json!(text(&currency, sum)), json!(currency));
    life.send(event);
}

fn erase(life: &mut Life) {
    let name = if life.dice.chance(40) { "@house".to_owned() } else { life.some_merchant() };
    let mut event = life.event("customer_erased", &name);
    event["customer"] = json!(format!("c_{}", life.dice.below(12)));
    life.send(event);
}

/// A whole refund, at any time after the sale.
fn refund(life: &mut Life) {
    let name = life.some_merchant();
    let Some(payment) = life.some_payment(&name, |payment| payment.room() > 0) else { return };
    let mut event = life.event("refund", &name);
    let (room, currency) = (u64::try_from(payment.room()).unwrap_or(1), payment.currency.code());
    (event["payment"], event["amount"], event["currency"]) = (json!(payment.id), json!(text(currency, room)), json!(currency));
    life.send(event);
}
