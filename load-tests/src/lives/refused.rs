//! What was refused is closed: events come for a payment, hold, payout or dispute whose making was refused, or wait for it, until
//! one is made under that id after all.

use super::life::Life;
use super::payments::{currency_of, sale_of, some_amount};
use super::terms::text;
use serde_json::{Value, json};

/// More than any merchant of a life has.
const TOO_MUCH: u64 = 900_000_000_000;

/// Something that is made by one event and needed by others; of a dispute, its payment comes before it.
type Thing = (&'static str, String);

/// One event of the kind, or a few.
pub fn step(life: &mut Life) {
    let name = life.some_merchant();
    let closed: Vec<Thing> = life.merchant(&name).map(|merchant| merchant.closed.iter().cloned().collect()).unwrap_or_default();
    let Some(thing) = life.dice.place(closed.len()).and_then(|place| closed.get(place).cloned()).filter(|_| life.dice.chance(65)) else {
        return in_vain(life, &name);
    };
    if life.dice.chance(30) { make(life, &name, &thing, false) } else { need(life, &name, &thing) }
}

/// Something is waited for, and then its making is refused.
fn in_vain(life: &mut Life, name: &str) {
    let kind = life.dice.pick(&["payment", "hold", "payout", "dispute"]);
    let payment = life.some_payment(name, |_| true).map(|payment| payment.id);
    let thing = match (kind, payment) {
        ("dispute", Some(payment)) => ("dispute", format!("{payment} {}", life.new_id("D"))),
        (kind, _) => (if kind == "dispute" { "hold" } else { kind }, life.new_id("N")),
    };
    for _ in 0..life.dice.between(0, 2) {
        need(life, name, &thing);
    }
    make(life, name, &thing, true);
    if life.dice.chance(60) {
        need(life, name, &thing);
    }
}

/// An event that needs the thing.
fn need(life: &mut Life, name: &str, (kind, id): &Thing) {
    let types: &[&str] = match *kind {
        "payment" => {
            &["refund", "void", "chargeback", "dispute_opened", "dispute_won", "tip_adjusted", "preauth_released", "preauth_completed", "refund_failed"]
        }
        "hold" => &["hold_released", "hold_seized"],
        "payout" => &["payout_paid", "payout_failed", "payout_returned"],
        _ => &["dispute_won", "dispute_lost", "chargeback_represented"],
    };
    let wanted = life.dice.pick(types);
    let mut event = life.event(wanted, name);
    identify(&mut event, kind, id);
    match wanted {
        "refund" | "chargeback" | "dispute_opened" | "tip_adjusted" | "preauth_completed" => amount(life, name, &mut event),
        "refund_failed" => event["refund"] = json!("r-never"),
        "hold_seized" => event["order"] = json!("court 7"),
        _ => {}
    }
    life.send_or_hold(event);
}

/// An event that makes the thing, or is refused because it asks for too much or in another currency.
fn make(life: &mut Life, name: &str, (kind, id): &Thing, refused: bool) {
    let wanted = match *kind {
        "payment" if !refused => return sale_of(life, name, id.clone()),
        "payment" => "sale",
        "hold" => "hold_placed",
        "payout" => "payout_initiated",
        _ => life.dice.pick(&["chargeback", "dispute_opened"]),
    };
    let mut event = life.event(wanted, name);
    identify(&mut event, kind, id);
    amount(life, name, &mut event);
    match (*kind, refused) {
        ("payment", _) => (event["card"], event["scheme"], event["currency"]) = (json!("debit"), json!("visa"), json!("EUR")),
        ("dispute", true) => event["currency"] = json!("EUR"),
        ("hold" | "payout", true) => event["amount"] = json!(text(event["currency"].as_str().unwrap_or_default(), TOO_MUCH)),
        _ => {}
    }
    if event["currency"] == "EUR" {
        event["amount"] = json!("3.00");
    }
    life.send(event);
}

fn identify(event: &mut Value, kind: &str, id: &str) {
    match id.split_once(' ') {
        Some((payment, dispute)) => (event["payment"], event["dispute"]) = (json!(payment), json!(dispute)),
        None => event[kind] = json!(id),
    }
}

/// An amount in the currency of the event's payment, else of its merchant's contract.
fn amount(life: &mut Life, name: &str, event: &mut Value) {
    let of_payment = event["payment"].as_str().and_then(|id| life.merchant(name)?.payments.get(id)).map(|payment| payment.currency.code().to_owned());
    let currency = of_payment.unwrap_or_else(|| currency_of(life, name));
    let amount = some_amount(life).min(3000);
    (event["amount"], event["currency"]) = (json!(text(&currency, amount)), json!(currency));
}
