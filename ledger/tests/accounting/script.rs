//! One line of a life: `type key=value …`, with what nearly every event has in common filled in.

use serde_json::{Map, Value, json};

/// The contract that `contract` begins with; `key=value` pairs change it.
fn contract(pairs: &[(&str, Value)]) -> Value {
    let mut terms = json!({
        "name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "funds_flow": {"kind": "direct"}, "rates": [{"percent": "0.60"}], "costs": [{}], "vat_percent": "6",
        "settlement": {"delay_days": 1, "calendar": "CN", "days": "business"},
    });
    for (key, value) in pairs {
        set(&mut terms, key, value.clone());
    }
    terms
}

/// Sets `a.b.0.c` to a value, making objects and list places on the way.
fn set(target: &mut Value, path: &str, value: Value) {
    let mut place = target;
    for step in path.split('.') {
        place = match step.parse::<usize>() {
            Ok(at) => {
                if !place.is_array() {
                    *place = json!([]);
                }
                let list = place.as_array_mut().expect("a list");
                while list.len() <= at {
                    list.push(json!({}));
                }
                &mut list[at]
            }
            Err(_) => {
                if !place.is_object() {
                    *place = json!({});
                }
                place.as_object_mut().expect("an object").entry(step).or_insert(Value::Null)
            }
        };
    }
    *place = value;
}

/// A value as written: `true`, `{…}`, `[…]` and the numbers of counts are JSON, all else is a string.
fn value(key: &str, text: &str) -> Value {
    let is_json = text.starts_with(['{', '[', '"'])
        || matches!(text, "true" | "false")
        || matches!(key, "count" | "line" | "year" | "reserve.days" | "settlement.delay_days");
    if is_json { serde_json::from_str(text).unwrap_or_else(|e| panic!("{key}={text}: {e}")) } else { json!(text) }
}

/// The event of a line.
pub fn event(line: &str, number: usize) -> Value {
    let mut words = line.split_whitespace();
    let kind = words.next().expect("a type");
    let pairs: Vec<(&str, Value)> =
        words.map(|word| word.split_once('=').unwrap_or_else(|| panic!("{line}: {word} is no key=value"))).map(|(key, text)| (key, value(key, text))).collect();
    let mut event = Map::new();
    event.insert("id".to_owned(), json!(format!("e{number}")));
    event.insert("type".to_owned(), json!(kind));
    let control = matches!(kind, "ledger_opened" | "day_closed" | "calendar_set");
    if !control {
        let house = matches!(kind, "scheme_settled" | "partner_paid" | "tax_paid" | "psp_paid_bank" | "fees_swept" | "report_closed" | "break_closed");
        event.insert("merchant".to_owned(), json!(if house { "@house" } else { "M1" }));
        event.insert("occurred_at".to_owned(), json!("2026-11-20T10:00:00+08:00"));
    }
    if kind == "contract_set" {
        event.insert("contract".to_owned(), contract(&pairs));
        return Value::Object(event);
    }
    if matches!(kind, "sale" | "preauth_placed" | "opening_payment" | "standalone_refund" | "standalone_chargeback") {
        event.insert("card".to_owned(), json!("credit"));
        event.insert("scheme".to_owned(), json!("unionpay"));
    }
    for (key, value) in pairs {
        event.insert(key.to_owned(), value);
    }
    if event.contains_key("amount") || event.contains_key("sum") {
        event.entry("currency").or_insert_with(|| json!("CNY"));
    }
    Value::Object(event)
}
