//! What is refused.

use super::service::Service;
use serde_json::{Value, json};

fn refused(service: &Service, hook: &Value) -> (u16, Value) {
    let answer = service.client.post("/v1/webhooks", "application/json", hook.to_string().as_bytes()).expect("an answer");
    (answer.status, answer.body)
}

#[test]
fn what_is_wrong_with_a_hook_is_named() {
    let service = Service::start();
    let url = "https://93.184.215.14/hooks";
    for (hook, parameter) in [
        (json!({"url": "shop", "merchant": "M1"}), "url"),
        (json!({"url": "ftp://shop.example/", "merchant": "M1"}), "url"),
        (json!({"url": "javascript:alert(1)", "merchant": "M1"}), "url"),
        (json!({"url": url, "merchant": "M1", "view": "everybody"}), "view"),
        (json!({"url": url, "merchant": "M1", "view": 5}), "view"),
        (json!({"url": url}), "merchant"),
        (json!({"url": url, "merchant": "M1", "types": ["payout.payed"]}), "types"),
        // Nothing would be told, or everything: which of them was meant?
        (json!({"url": url, "merchant": "M1", "types": []}), "types"),
        (json!({"url": url, "merchant": "M1", "from": "9:1"}), "from"),
        (json!({"url": url, "merchant": "M1", "types": ["balance.below"]}), "monitor"),
        // A monitor of which nothing would be told.
        (json!({"url": url, "merchant": "M1", "types": ["payout.paid"], "monitor": {"figure": "payable", "currency": "CNY", "below": "1.00"}}), "monitor"),
        (json!({"url": url, "merchant": "M1", "monitor": {"figure": "luck", "currency": "CNY", "below": "1.00"}}), "monitor.figure"),
        (json!({"url": url, "merchant": "M1", "monitor": {"figure": "payable", "currency": "CNY", "below": "1.001"}}), "monitor.below"),
        (json!({"url": url, "merchant": "M1", "secret": "short"}), "secret"),
        (json!({"merchant": "M1"}), "url"),
        (json!({"url": 5, "merchant": "M1"}), "url"),
        (json!({"url": url, "merchant": "M1", "type": ["payout.paid"]}), "type"),
        (json!({"url": url, "merchant": "M1", "types": "payout.paid"}), "types"),
        (json!({"url": url, "merchant": ["M1"]}), "merchant"),
        (json!({"url": url, "merchant": "M1", "monitor": "payable"}), "monitor"),
        (json!({"url": url, "merchant": "M1", "monitor": {"figure": "payable", "currency": "CNY"}}), "monitor.below"),
        (json!({"url": url, "merchant": "M1", "monitor": {"figure": "payable", "curency": "CNY", "below": "1.00"}}), "monitor.curency"),
        (json!("https://shop.example/hooks"), "body"),
    ] {
        let (status, body) = refused(&service, &hook);
        assert_eq!((status, &body["code"], &body["parameter"]), (400, &json!("bad_parameter"), &json!(parameter)), "{hook}: {body}");
    }
    let made = service.hook(&json!({"url": url, "merchant": "M1"}));
    let later = made["from"].as_str().and_then(|from| from.split_once(':')).map(|(partition, _)| format!("{partition}:99999999")).expect("an entry");
    let (status, body) = refused(&service, &json!({"url": url, "merchant": "M1", "from": later}));
    assert_eq!((status, &body["parameter"]), (400, &json!("from")), "what is not there yet: {body}");
    let (status, body) = refused(&service, &json!([]));
    assert!(status == 400 && body["detail"].as_str().is_some_and(|detail| detail.contains("a JSON object")), "{body}");
    let (status, body) = refused(&service, &json!({"url": url, "merchant": "M1", "kinds": []}));
    assert_eq!((status, &body["code"]), (400, &json!("bad_parameter")), "{body}");
    let (_, body) = refused(&service, &json!({"url": url, "merchant": "M1", "tipes": []}));
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("did you mean types?")), "{body}");
    for (url, said) in [("javascript:alert(1)", "a URL such as"), ("ftp://shop.example/", "only https and http are taken")] {
        let (_, body) = refused(&service, &json!({"url": url, "merchant": "M1"}));
        assert!(body["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{body}");
    }
    for with_password in ["https://user:opensesame@shop.example/", "user:opensesame@shop.example", "https://user:opensesame@shop example/"] {
        let (status, body) = refused(&service, &json!({"url": with_password, "merchant": "M1"}));
        assert_eq!((status, &body["parameter"]), (400, &json!("url")), "{body}");
        assert!(!body.to_string().contains("opensesame"), "what signs somebody in is not repeated: {body}");
    }
    let types = json!(["payout.paid", "hold.placed", "payout.paid"]);
    assert_eq!(service.hook(&json!({"url": url, "merchant": "M1", "types": types}))["types"], json!(["payout.paid", "hold.placed"]), "each once");
    let (status, body) = refused(&service, &json!({"url": url, "merchant": "M9"}));
    assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{body}");
    assert_eq!(service.client.ask("/v1/webhooks/wh_0").expect("an answer").status, 404);
}

#[test]
fn private_addresses_are_refused_unless_they_are_allowed() {
    let service = Service::with(&[""]);
    service.post(&[
        json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}),
        json!({"id": "c1", "type": "contract_set", "merchant": "M1", "occurred_at": "2026-11-20T09:00:00+08:00", "contract": {
            "name": "N", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"}, "rates": [],
            "settlement": {"delay_days": 0, "days": "natural"}}}),
    ]);
    for url in [
        "http://93.184.215.14/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://localhost./",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://[::ffff:7f00:1]/",
    ] {
        let (status, body) = refused(&service, &json!({"url": url, "merchant": "M1"}));
        assert_eq!((status, &body["parameter"]), (400, &json!("url")), "{url}: {body}");
    }
    let (status, body) = refused(&service, &json!({"url": "https://93.184.215.14/", "merchant": "M1"}));
    assert_eq!(status, 201, "{body}");
}

#[test]
fn webhooks_are_told_in_pages() {
    let service = Service::start();
    let url = "https://93.184.215.14/hooks";
    let mut made: Vec<String> = (0..5).map(|_| service.hook(&json!({"url": url, "merchant": "M1"}))["id"].as_str().expect("an id").to_owned()).collect();
    made.sort_unstable();
    let page = |query: &str| service.client.ask(&format!("/v1/webhooks?merchant=M1{query}")).expect("an answer");
    let (mut told, mut query) = (Vec::new(), "&limit=2".to_owned());
    loop {
        let body = page(&query).body;
        let rows = body["rows"].as_array().expect("rows");
        assert!(rows.len() <= 2, "{body}");
        told.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
        let Some(next) = body["next"].as_str() else { break };
        query = format!("&limit=2&cursor={next}");
    }
    assert_eq!(told, made);
    assert_eq!(page("").body["next"], Value::Null);
    for (query, code) in [("&limit=0", "bad_parameter"), ("&cursor=00", "bad_cursor")] {
        let answer = page(query);
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(code)), "{query}: {}", answer.body);
    }
    // One of all webhooks is none of one merchant's.
    let of_all = service.client.ask("/v1/webhooks?limit=1").expect("an answer").body["next"].as_str().expect("a cursor").to_owned();
    assert_eq!(page(&format!("&cursor={of_all}")).status, 400);
}
