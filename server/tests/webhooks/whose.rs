//! Whose a webhook is, and whose lines it tells.

use super::service::{Service, ends, key, sale, text, until};
use load_tests::hooks::receiver::Receiver;
use serde_json::{Value, json};

/// A merchant whose sales cost the bank something.
fn with_costs() -> Value {
    json!({"id": "c3", "type": "contract_set", "merchant": "M3", "occurred_at": "2026-11-20T09:00:00+08:00", "contract": {
        "name": "Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
        "rates": [{"percent": "0.60"}], "costs": [{"interchange": {"percent": "0.45"}, "scheme_fee": {"percent": "0.0325"}}],
        "settlement": {"delay_days": 0, "days": "natural"}, "on_shortfall": "owe"}})
}

#[test]
fn a_webhook_tells_the_lines_that_it_was_asked_for() {
    let receiver = Receiver::start(Box::new(|_, _| 200)).expect("a free port");
    let service = Service::start();
    service.post(&[with_costs()]);
    let add = |path: &str, view: Option<&str>| {
        let mut hook = json!({"url": format!("{}/{path}", receiver.address), "merchant": "M3", "types": ["payment.sale"]});
        if let Some(view) = view {
            hook["view"] = json!(view);
        }
        service.hook(&hook)
    };
    // Without keys, whoever adds it is the bank.
    for (path, view, told) in [("all", None, "bank"), ("bank", Some("bank"), "bank"), ("merchant", Some("merchant"), "merchant")] {
        let hook = add(path, view);
        assert_eq!((&hook["view"], &hook["added_by"]), (&json!(told), &Value::Null), "{hook}");
        assert!(hook.get("added_by").is_some(), "nobody is told as null: {hook}");
        let id = hook["id"].as_str().expect("an id");
        assert_eq!(service.client.get(&format!("/v1/webhooks/{id}")).expect("a webhook")["view"], told);
    }
    service.post(&[sale("M3", 1, "100.00")]);
    until("three calls", || receiver.came().len() >= 3);
    let told = |path: &str| receiver.came().into_iter().find(|came| came.path == format!("/{path}")).expect("a call").body;
    for (path, has_costs) in [("all", true), ("bank", true), ("merchant", false)] {
        assert_eq!(told(path).contains("\"interchange\""), has_costs, "{path}: {}", told(path));
    }
}

#[test]
fn a_webhook_says_who_added_it_also_when_that_key_is_gone() {
    let mut service = Service::start();
    let file = service.place("keys.toml");
    let (bank, merchant) = (key(&file, &["--role", "bank"]), key(&file, &["--role", "merchant", "--merchant", "M1"]));
    let id_of = |key: &str| key.split('_').nth(1).expect("its id").to_owned();
    // One of before there were keys.
    service.hook(&json!({"url": "http://127.0.0.1:9/", "merchant": "M1"}));
    service.restart_with(&["--keys", text(&file)]);
    until("it is ready", || service.client.ask("/readyz").is_ok_and(|answer| answer.status == 200));
    let add = |key: &str, view: Option<&str>| {
        let mut hook = json!({"url": "http://127.0.0.1:9/", "merchant": "M1"});
        if let Some(view) = view {
            hook["view"] = json!(view);
        }
        service.ask_with(key, "/v1/webhooks", Some(&hook))
    };
    let (status, body) = add(&merchant, Some("bank"));
    assert_eq!((status, &body["code"]), (403, &json!("forbidden")), "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("view")), "{body}");
    for (key, view, told) in
        [(&merchant, None, "merchant"), (&merchant, Some("merchant"), "merchant"), (&bank, Some("merchant"), "merchant"), (&bank, None, "bank")]
    {
        let (status, hook) = add(key, view);
        assert_eq!((status, &hook["view"], &hook["added_by"]), (201, &json!(told), &json!(id_of(key))), "{hook}");
    }
    let listed = |key: &str| -> Vec<(Value, Value)> {
        let (_, body) = service.ask_with(key, "/v1/webhooks", None);
        let mut rows: Vec<_> = body["rows"].as_array().expect("rows").iter().map(|row| (row["added_by"].clone(), row["view"].clone())).collect();
        rows.sort_by_key(|row| format!("{row:?}"));
        rows
    };
    // Those that the bank added are the bank's, whosever lines they tell.
    let its = (json!(id_of(&merchant)), json!("merchant"));
    assert_eq!(listed(&merchant), [its.clone(), its.clone()]);
    ends(0, &["keys", "revoke", "--keys", text(&file), &id_of(&merchant)]);
    until("the key is refused", || service.ask_with(&merchant, "/v1/webhooks", None).0 == 401);
    let all = listed(&bank);
    let of_bank = |view: &str| (json!(id_of(&bank)), json!(view));
    assert_eq!(all.len(), 5, "{all:?}");
    assert_eq!(all.iter().filter(|row| **row == its).count(), 2, "they go on, and say whose they were: {all:?}");
    for row in [of_bank("bank"), of_bank("merchant"), (Value::Null, json!("bank"))] {
        assert!(all.contains(&row), "{row:?}: {all:?}");
    }
}
