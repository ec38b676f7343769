//! Reports of schemes, payment companies and a bank: lines that mostly say what the books say, their ends, and breaks that are closed.

use super::life::Life;
use super::payments::some_amount;
use super::record::{Content, Record};
use super::terms::{PARTNERS, SCHEMES, text};
use crate::model::state::Payment;
use schemas::money::Currency;
use serde_json::{Value, json};

/// The house, which lines without a merchant are about.
const HOUSE: &str = "@house";
/// The bank's account, whose statements are reported.
const ACCOUNT: &str = "bank:acct-1";

/// One event of the kind.
pub fn step(life: &mut Life) {
    match life.dice.below(100) {
        0..62 => of_payment(life),
        62..74 => of_payout(life),
        74..84 => of_bank(life),
        84..90 => closed(life),
        _ => break_closed(life),
    }
}

/// Who reports of a payment.
fn source_of(payment: &Payment) -> String {
    if payment.book == "bank" { format!("scheme:{}", payment.instrument.scheme) } else { payment.book.clone() }
}

/// A line with what all lines have.
fn line(life: &mut Life, name: &str, source: &str, kind: &str) -> Value {
    let mut event = life.event("report_line", name);
    let days = if life.dice.chance(70) { 0 } else { -1 };
    let date = life.today().plus_days(days);
    let number = life.dice.between(1, 40);
    for (field, value) in [("source", json!(source)), ("report", json!(format!("F{date}"))), ("line", json!(number)), ("kind", json!(kind))] {
        event[field] = value;
    }
    event["date"] = json!(date.to_string());
    event
}

/// The amount with its direction; now and then another one.
fn say(life: &mut Life, event: &mut Value, currency: Currency, amount: i128) {
    let wrong = match life.dice.below(20) {
        0 => 1,
        1 => -1,
        2 => i128::from(some_amount(life)),
        _ => 0,
    };
    let amount = amount + wrong;
    event["direction"] = json!(if amount < 0 { "debit" } else { "credit" });
    event["amount"] = json!(text(currency.code(), u64::try_from(amount.abs()).unwrap_or(0)));
    event["currency"] = json!(if life.dice.chance(3) { "USD" } else { currency.code() });
    if event["currency"] != currency.code() {
        event["amount"] = json!("7.00");
    }
}

fn of_payment(life: &mut Life) {
    let name = life.some_merchant();
    let Some(payment) = life.some_payment(&name, |_| true) else { return of_bank(life) };
    let refunded = payment.refunds.values().next_back().map(|refund| refund.amount);
    let disputed = payment.disputes.values().next_back().map(|dispute| dispute.amount);
    let (kind, amount) = match (life.dice.below(10), refunded, disputed) {
        (0..3, Some(amount), _) => ("refund", -amount),
        (3..5, _, Some(amount)) => ("chargeback", -amount),
        (5, _, Some(amount)) => ("representment", amount),
        (6, ..) => (life.dice.pick(&["fee", "other"]), -1),
        _ => ("sale", payment.captured),
    };
    let named = references_of(life, &name, &payment.id);
    let named = life.dice.place(named.len()).and_then(|place| named.get(place).cloned()).filter(|_| life.dice.chance(70));
    // A line of what took something back says so.
    let (kind, amount) = match named.as_ref().map(|(_, event)| event.as_str()) {
        Some("void" | "reversal") if life.dice.chance(80) => ("sale", -payment.captured),
        Some("refund_failed") if life.dice.chance(80) => ("refund", refunded.unwrap_or(payment.captured)),
        Some("refund") if life.dice.chance(80) => ("refund", -refunded.unwrap_or(payment.captured)),
        _ => (kind, amount),
    };
    let source = if life.dice.chance(95) { source_of(&payment) } else { format!("scheme:{}", life.dice.pick(SCHEMES)) };
    let whose = if life.dice.chance(93) { name.clone() } else { HOUSE.to_owned() };
    let mut event = line(life, &whose, &source, kind);
    say(life, &mut event, payment.currency, amount);
    if let Some((reference, _)) = named {
        event["reference"] = json!(reference);
    }
    if event.get("reference").is_none() && life.dice.chance(90) || life.dice.chance(40) {
        event["payment"] = json!(payment.id);
    }
    if kind == "sale" && life.dice.chance(60) {
        let fees = if payment.book == "bank" { payment.fees.interchange + payment.fees.scheme } else { payment.fees.mdr + payment.fees.gateway };
        let fee = fees + i128::from(life.dice.pick(&[0, 0, 0, 1, 2]));
        let fee = text(payment.currency.code(), u64::try_from(fee).unwrap_or(0));
        event["fee"] = json!(if fee.contains('.') && life.dice.chance(40) { format!("{fee}400") } else { fee });
    }
    let again = life.dice.chance(5).then(|| event.clone());
    life.send(event);
    if let Some(mut again) = again {
        // The same line twice in one file is another line.
        again["id"] = life.event("report_line", &whose)["id"].clone();
        life.send(again);
    }
}

/// References under which something of a payment was sent, and what.
fn references_of(life: &Life, merchant: &str, payment: &str) -> Vec<(String, String)> {
    let named = |record: &Record| match &record.content {
        Content::Event(event) if event["merchant"] == merchant && event["payment"] == payment => {
            event["reference"].as_str().map(|reference| (reference.to_owned(), event["type"].as_str().unwrap_or_default().to_owned()))
        }
        Content::Event(_) | Content::Raw(_) => None,
    };
    life.sent().iter().rev().take(400).filter_map(named).collect()
}

fn of_payout(life: &mut Life) {
    let name = life.some_merchant();
    let payouts = life.merchant(&name).map(|merchant| merchant.payouts.clone()).unwrap_or_default();
    let Some(place) = life.dice.place(payouts.len()) else { return of_bank(life) };
    let Some((id, payout)) = payouts.iter().nth(place) else { return };
    let source = if payout.book == "bank" { ACCOUNT.to_owned() } else { payout.book.clone() };
    let whose = if life.dice.chance(50) { HOUSE.to_owned() } else { name };
    let mut event = line(life, &whose, &source, "payout");
    say(life, &mut event, payout.currency, -payout.amount);
    event["payout"] = json!(id);
    life.send(event);
}

/// What a bank says of the house's own money: mostly of an event that was sent.
fn of_bank(life: &mut Life) {
    let house: Vec<Value> = life
        .sent()
        .iter()
        .rev()
        .filter_map(|record| match &record.content {
            Content::Event(event) if matches!(event["type"].as_str(), Some("scheme_settled" | "partner_paid" | "psp_paid_bank")) => Some(event.clone()),
            Content::Event(_) | Content::Raw(_) => None,
        })
        .take(12)
        .collect();
    let Some(place) = life.dice.place(house.len()) else { return };
    let Some(told) = house.get(place) else { return };
    let party = ["scheme", "partner", "psp"].iter().find_map(|name| told[*name].as_str());
    let party = if life.dice.chance(92) { party.unwrap_or("visa").to_owned() } else { life.dice.pick(PARTNERS).to_owned() };
    let of_scheme = told["type"] == "scheme_settled" && life.dice.chance(40);
    let source = if of_scheme { format!("scheme:{party}") } else { ACCOUNT.to_owned() };
    let mut event = line(life, HOUSE, &source, "settlement");
    for field in ["amount", "currency"] {
        event[field] = told[field].clone();
    }
    event["direction"] = json!(if told["type"] == "partner_paid" { "debit" } else { "credit" });
    if life.dice.chance(90) {
        event["scheme"] = json!(party);
    }
    life.send(event);
}

fn closed(life: &mut Life) {
    let lines: Vec<Value> = life
        .sent()
        .iter()
        .rev()
        .filter_map(|record| match &record.content {
            Content::Event(event) if event["type"] == "report_line" => Some(event.clone()),
            Content::Event(_) | Content::Raw(_) => None,
        })
        .take(40)
        .collect();
    let Some(first) = lines.first() else { return };
    let of_report = |event: &&Value| ["source", "report", "currency"].iter().all(|field| event[*field] == first[*field]);
    let Some(currency) = first["currency"].as_str().and_then(Currency::from_code) else { return };
    let sum = |direction: &str| -> i128 {
        let amounts = lines.iter().filter(of_report).filter(|event| event["direction"] == direction).filter_map(|event| event["amount"].as_str());
        amounts.filter_map(|amount| crate::model::money::minor(amount, currency)).sum()
    };
    let (credits, debits) = (sum("credit"), sum("debit"));
    let count = lines.iter().filter(of_report).count() + usize::from(life.dice.chance(15));
    let mut event = life.event("report_closed", HOUSE);
    for field in ["source", "report", "date", "currency"] {
        event[field] = first[field].clone();
    }
    let written = |minor: i128| json!(text(currency.code(), u64::try_from(minor).unwrap_or(0)));
    (event["count"], event["credits"], event["debits"]) = (json!(count), written(credits), written(debits));
    life.send(event);
}

fn break_closed(life: &mut Life) {
    let name = life.some_merchant();
    let Some(payment) = life.some_payment(&name, |_| true) else { return };
    let kind = life.dice.pick(&["sale", "sale", "sale", "refund", "chargeback"]);
    let named = references_of(life, &name, &payment.id);
    let reference = life.dice.place(named.len()).and_then(|place| named.get(place)).map(|(reference, _)| reference.clone());
    let what = reference.filter(|_| life.dice.chance(70)).unwrap_or_else(|| format!("payment:{}", payment.id));
    let mut event = life.event("break_closed", HOUSE);
    event["break"] = json!(format!("{}/{kind}/{name}/{what}", source_of(&payment)));
    (event["maker"], event["checker"]) = (json!("li"), json!(life.dice.pick(&["wang", "wang", "wang", "li"])));
    event["reason"] = json!("seen and settled");
    if life.dice.chance(30) {
        event["event"] = json!("adj-1");
    }
    life.send(event);
}
