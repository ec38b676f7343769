//! What goes wrong on the way: before the opening, twice, with other content, unreadable.

use super::everyday::calendar;
use super::life::Life;
use super::record::Content;
use super::terms::contract;
use serde_json::{Map, Value, json};

/// What comes before the partition is opened, in a few lives.
pub fn before_opening(life: &mut Life) {
    if life.dice.chance(30) {
        life.names.push("M0".to_owned());
        unreadable(life);
        let mut event = life.event("day_closed", "");
        event["date"] = json!("2026-11-20");
        life.send(event);
        life.set_contract("M0");
        life.names.clear();
    }
}

/// The opening, and calendars for some.
pub fn open(life: &mut Life) {
    let date = life.dice.pick(&["2026-11-20", "2018-02-07", "2018-04-25", "2026-12-28", "2024-02-27"]);
    let mut event = life.event("ledger_opened", "");
    (event["date"], event["time_zone"]) = (json!(date), json!("Asia/Shanghai"));
    life.send(event);
    if life.dice.chance(60) {
        calendar(life);
    }
}

/// One disorder.
pub fn step(life: &mut Life) {
    match life.dice.below(100) {
        0..40 => unreadable(life),
        40..75 => again(life, false),
        75..95 => again(life, true),
        _ => {
            let mut event = life.event("ledger_opened", "");
            (event["date"], event["time_zone"]) = (json!("2026-11-21"), json!("Asia/Shanghai"));
            life.send(event);
        }
    }
}

/// An earlier record once more: equal but for the order of keys, or with other content.
fn again(life: &mut Life, other: bool) {
    let Some(place) = life.dice.place(life.sent().len()) else { return };
    let Some(Content::Event(value)) = life.sent().get(place).map(|record| record.content.clone()) else { return };
    let Value::Object(members) = value else { return };
    let mut reversed: Map<String, Value> = members.into_iter().rev().collect();
    if other {
        // An absent member and one of null are two contents, too.
        let note = if life.dice.chance(80) { json!("another") } else { Value::Null };
        reversed.insert("note".into(), note);
    } else if let Some(count) = reversed.get("count").and_then(Value::as_u64).filter(|_| life.dice.chance(60)) {
        // The same number, written otherwise.
        let text = Value::Object(reversed).to_string();
        return life.put(Content::Raw(text.replace(&format!("\"count\":{count}"), &format!("\"count\":{count}0e-1"))));
    } else if life.dice.chance(30) {
        // The same text, written otherwise.
        let text = Value::Object(reversed).to_string();
        return life.put(Content::Raw(text.replace(':', " :\t").replace(" :\t00", ":00").replace("sale", "s\\u0061le")));
    }
    life.send(Value::Object(reversed));
}

fn unreadable(life: &mut Life) {
    let name = life.dice.pick(&["M0", "m-1", "M1"]);
    let mut sale = life.event("sale", name);
    let id = life.new_id("P");
    for (key, value) in [("payment", id.as_str()), ("amount", "12.30"), ("currency", "CNY"), ("card", "debit"), ("scheme", "unionpay")] {
        sale[key] = json!(value);
    }
    match life.dice.below(16) {
        0 => return life.put(Content::Raw("not json".into())),
        1 => return life.put(Content::Raw(String::new())),
        2 => return life.put(Content::Raw(sale.to_string().replace("\"card\"", "\"id\":\"twice\",\"card\""))),
        3 => return life.put(Content::Raw(sale.to_string().trim_end_matches('}').to_owned())),
        4 => sale["type"] = json!("sail"),
        5 => sale["amount"] = json!("1.234"),
        6 => sale["amount"] = json!(12.3),
        7 => sale["amount"] = json!("0.00"),
        8 => sale["currency"] = json!("ZZZ"),
        9 => sale["scheme"] = Value::Null,
        10 => sale["note"] = json!("card 4111 1111 1111 1111 read twice"),
        11 => sale["occurred_at"] = json!("yesterday"),
        12 => {
            let mut bad = contract(&mut life.dice, name);
            bad["vat_percent"] = json!("6 %");
            sale = life.event("contract_set", name);
            sale["contract"] = bad;
        }
        13 => sale["fees"] = json!([{"kind": "mdr", "amount": "1.005"}]),
        14 if life.dice.chance(20) => sale["note"] = json!("x".repeat(66_000)),
        _ => sale["merchant"] = json!("no such character: ü"),
    }
    life.send(sale);
}
