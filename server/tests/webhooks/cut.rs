//! Webhooks of keys that are cut to an attribute of merchants.

use super::service::{Service, key, sale, text, until};
use load_tests::hooks::receiver::Receiver;
use serde_json::{Value, json};

/// A contract of M1 in another trade, or in the one that it had.
fn contract(id: &str, mcc: &str) -> Value {
    json!({"id": id, "type": "contract_set", "merchant": "M1", "occurred_at": "2026-11-20T10:00:00+08:00", "contract": {
        "name": "Noodles", "mcc": mcc, "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
        "rates": [{"percent": "0.60"}], "settlement": {"delay_days": 0, "days": "natural"}, "on_shortfall": "owe"}})
}

/// The number of an entry, as it is told.
fn number(entry: &Value) -> u64 {
    entry.as_str().and_then(|text| text.split(':').nth(1)).and_then(|text| text.parse().ok()).expect("an entry")
}

/// A service whose callers need keys, and what they ask it.
struct Guarded {
    service: Service,
    bank: String,
}

impl Guarded {
    /// Has an event posted; the number of its entry.
    fn post(&self, event: &Value) -> u64 {
        let (status, body) = self.service.ask_with(&self.bank, "/v1/events?wait=true&wait_ms=20000", Some(event));
        assert_eq!((status, &body["results"][0]["outcome"]), (200, &json!("posted")), "{body}");
        number(&body["results"][0]["entry"])
    }

    /// Adds a webhook of M1 that tells of sales.
    fn add(&self, key: &str, url: &str) -> Value {
        let hook = json!({"url": url, "merchant": "M1", "types": ["payment.sale"]});
        let (status, body) = self.service.ask_with(key, "/v1/webhooks", Some(&hook));
        assert_eq!(status, 201, "{body}");
        body
    }

    fn ask(&self, key: &str, path: &str) -> (u16, Value) {
        self.service.ask_with(key, path, None)
    }

    fn listed(&self, key: &str) -> Vec<Value> {
        let (_, body) = self.ask(key, "/v1/webhooks");
        body["rows"].as_array().expect("rows").iter().map(|row| row["id"].clone()).collect()
    }

    fn ready(&self) {
        until("it is ready", || self.service.client.ask("/readyz").is_ok_and(|answer| answer.status == 200));
    }
}

#[test]
fn a_webhook_of_a_key_that_is_cut_tells_nothing_of_a_merchant_that_has_left() {
    let receiver = Receiver::start(Box::new(|_, path| if path == "/failing" { 500 } else { 200 })).expect("a free port");
    let url = |path: &str| format!("{}/{path}", receiver.address);
    let mut service = Service::start();
    let file = service.place("keys.toml");
    let of_trade = || key(&file, &["--role", "bank", "--where", "mcc=5812"]);
    let (maker, next_of_trade, whole) = (of_trade(), of_trade(), key(&file, &["--role", "bank", "--role", "ingest"]));
    let shop = key(&file, &["--role", "merchant", "--merchant", "M1", "--where", "mcc=5812"]);
    service.restart_with(&["--keys", text(&file)]);
    let mut guarded = Guarded { service, bank: whole.clone() };
    guarded.ready();
    let (cut, failing, everything) = (guarded.add(&maker, &url("cut")), guarded.add(&maker, &url("failing")), guarded.add(&whole, &url("whole")));
    assert_eq!((&cut["where"], everything.get("where")), (&json!({"mcc": "5812"}), None), "{cut}");
    let path_of = |hook: &Value| format!("/v1/webhooks/{}", hook["id"].as_str().expect("an id"));
    let (cut, failing) = (path_of(&cut), path_of(&failing));
    let told = |path: &str| -> Vec<Value> {
        let came = receiver.came().into_iter().filter(|came| came.path == format!("/{path}"));
        came.map(|came| came.json()["data"]["event"].clone()).collect()
    };
    guarded.post(&sale("M1", 1, "1.00"));
    until("the first sale", || !told("cut").is_empty() && !told("whole").is_empty());
    until("an attempt that fails", || guarded.ask(&maker, &failing).1["state"] == "retrying");

    // Another trade: what comes is told to whoever has all, and what was being tried is tried no more.
    guarded.post(&contract("c2", "5411"));
    let left = guarded.post(&sale("M1", 2, "1.00"));
    until("the second sale", || told("whole") == ["s1", "s2"]);
    for path in [&cut, &failing] {
        until("it is passed over", || {
            let (status, hook) = guarded.ask(&maker, path);
            assert_eq!(status, 200, "its maker sees it: {hook}");
            number(&hook["next"]) > left && hook["state"] == "on"
        });
    }
    assert_eq!(told("cut"), ["s1"]);
    assert_eq!(guarded.ask(&whole, &format!("{failing}/deliveries")).1["rows"], json!([]), "nothing of it waits");
    let (status, body) = guarded.service.ask_with(&whole, &format!("{cut}/deliveries/0/retry"), Some(&json!({})));
    assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{body}");
    assert_eq!(told("cut"), ["s1"], "nor is it sent again");

    // Whoever made it, and whoever has the same part, may see it and remove it, and nothing else; a merchant's key never had it.
    assert_eq!((guarded.listed(&maker).len(), guarded.listed(&next_of_trade).len(), guarded.listed(&shop).len()), (2, 2, 0));
    assert_eq!(guarded.ask(&maker, &format!("{cut}/deliveries")).0, 404);
    assert_eq!(guarded.service.ask_with(&maker, &format!("{cut}/secret"), Some(&json!({}))).0, 404);
    assert_eq!((guarded.service.delete_with(&shop, &failing), guarded.service.delete_with(&next_of_trade, &failing)), (404, 204));
    assert_eq!(guarded.ask(&maker, &failing).0, 404);

    // Back in its trade it is told of again, from then on.
    guarded.service.restart();
    guarded.ready();
    guarded.post(&contract("c3", "5812"));
    guarded.post(&sale("M1", 3, "1.00"));
    until("the third sale", || told("cut").last() == Some(&json!("s3")));
    assert_eq!(told("cut"), ["s1", "s3"]);
}
