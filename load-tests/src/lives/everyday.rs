//! The course of days: closes, calendars, contracts, settlements of the house, batches, and customers who are erased.

use super::life::Life;
use super::payments::{currency_of, some_amount};
use super::terms::{PARTNERS, PSPS, SCHEMES, text};
use serde_json::json;

/// One event of the kind.
pub fn step(life: &mut Life) {
    match life.dice.below(100) {
        0..38 => close_day(life),
        38..42 => calendar(life),
        42..58 => {
            let name = life.some_merchant();
            life.set_contract(&name);
        }
        58..85 => house(life),
        _ => quiet(life),
    }
}

fn close_day(life: &mut Life) {
    let mut date = life.today();
    if life.dice.chance(6) {
        date = date.plus_days(if life.dice.chance(50) { 1 } else { -1 });
    }
    let mut event = life.event("day_closed", "");
    event["date"] = json!(date.to_string());
    life.send(event);
}

/// Sends a calendar of the open date's year or the next.
pub fn calendar(life: &mut Life) {
    let today = life.today();
    let year = today.year() + i16::from(life.dice.chance(30));
    let near: Vec<_> = (0..40).map(|days| today.plus_days(days)).filter(|date| date.year() == year).collect();
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    for date in near {
        match date.weekday() {
            1..=5 if life.dice.chance(25) => closed.push(date.to_string()),
            6..=7 if life.dice.chance(30) => open.push(date.to_string()),
            _ => {}
        }
    }
    let mut event = life.event("calendar_set", "");
    event["calendar"] = json!(life.dice.pick(&["CN", "CN", "XX"]));
    (event["year"], event["closed"], event["open"]) = (json!(year), json!(closed), json!(open));
    life.send(event);
}

fn house(life: &mut Life) {
    let kind = life.dice.weighted(&[
        ("scheme_settled", 40),
        ("partner_paid", 15),
        ("tax_paid", 15),
        ("psp_paid_bank", 15),
        ("fees_swept", 15),
        ("opening_balance", 12),
    ]);
    let mut event = life.event(kind, "@house");
    let (amount, currency) = (some_amount(life), life.dice.pick(&["CNY", "CNY", "USD", "JPY"]));
    (event["amount"], event["currency"]) = (json!(text(currency, amount)), json!(currency));
    match kind {
        "scheme_settled" => event["scheme"] = json!(life.dice.pick(SCHEMES)),
        "partner_paid" => event["partner"] = json!(life.dice.pick(PARTNERS)),
        "opening_balance" => {
            event["bucket"] = json!(life.dice.pick(&["cash", "receivable", "partner", "vat", "due_from_psp"]));
            (event["scheme"], event["partner"]) = (json!(life.dice.pick(SCHEMES)), json!(life.dice.pick(PARTNERS)));
        }
        _ => {}
    }
    if matches!(kind, "psp_paid_bank" | "fees_swept") || event["bucket"] == "due_from_psp" || life.dice.chance(50) {
        event["psp"] = json!(life.dice.pick(PSPS));
    }
    life.send(event);
}

/// What posts nothing.
fn quiet(life: &mut Life) {
    if life.dice.chance(50) {
        let name = if life.dice.chance(50) { "@house".to_owned() } else { life.some_merchant() };
        let mut event = life.event("customer_erased", &name);
        event["customer"] = json!(life.dice.pick(&["c_1", "c_2"]));
        return life.send(event);
    }
    let name = life.some_merchant();
    let mut event = life.event("batch_closed", &name);
    let currency = currency_of(life, &name);
    let (count, sum) = (life.dice.below(9), some_amount(life));
    (event["terminal"], event["count"], event["sum"], event["currency"]) = (json!("T1"), json!(count), json!(text(&currency, sum)), json!(currency));
    life.send(event);
}
