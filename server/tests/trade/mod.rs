//! A bank with something in every table: four merchants, three currencies, ids that look like formulas.

use crate::support::Server;
use crate::support::events::{closed, contract, contract_set, opened, sale};
use serde_json::{Value, json};

const FIRST: &str = "2026-11-20T12:00:00+08:00";
const SECOND: &str = "2026-11-23T12:00:00+08:00";
/// Sales of M1 on the first date: more than a page.
const SALES: usize = 120;

/// The merchants, their currency and their name.
const MERCHANTS: [(&str, &str, &str); 5] =
    [("M1", "CNY", "Lao Wang Noodles"), ("-2-3", "CNY", "=HYPERLINK(1)"), ("M3", "CNY", "Tea"), ("K1", "KWD", "Souq"), ("J1", "JPY", "Ramen")];

fn about(id: &str, kind: &str, merchant: &str, more: &Value) -> String {
    let mut event = json!({"id": id, "type": kind, "merchant": merchant, "occurred_at": SECOND});
    for (key, value) in more.as_object().expect("an object") {
        event[key] = value.clone();
    }
    event.to_string()
}

fn terms(merchant: &str, currency: &str, name: &str) -> Value {
    let mut terms = contract();
    (terms["name"], terms["currency"]) = (json!(name), json!(currency));
    terms["rates"] = json!([{"percent": "0.60"}]);
    terms["costs"] = json!([{"interchange": {"percent": "0.45"}, "scheme_fee": {"percent": "0.0325"}}]);
    if merchant == "-2-3" {
        terms["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "0.05"}, "channel": {"percent": "0.02"}});
        terms["risk"] = json!({"delivery": [{"percent": "60", "days": 30}]});
        terms["mcc"] = json!("7011");
        let fields = terms.as_object_mut().expect("an object");
        fields.remove("reserve");
        fields.remove("partner");
    }
    terms
}

fn sold(id: &str, merchant: &str, payment: &str, (currency, amount): (&str, &str), customer: usize, at: &str) -> String {
    let mut event = sale(id, merchant, payment, amount, "credit", at);
    (event["currency"], event["customer"]) = (json!(currency), json!(format!("c_{customer}")));
    event.to_string()
}

/// Posts events that are all booked.
fn post(server: &Server, events: &[String]) {
    let answer = server.post("/v1/events?wait=true&wait_ms=60000", "application/x-ndjson", events.join("\n").as_bytes());
    let results = answer.json()["results"].clone();
    let results = results.as_array().unwrap_or_else(|| panic!("{}", answer.text));
    let wrong = results.iter().find(|result| result["outcome"] != "posted");
    assert!(wrong.is_none() && results.len() == events.len(), "{wrong:?} {}", answer.text);
}

/// The bank on 2026-11-23, which stays open; everything is in its answers.
pub fn traded() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.event(&opened("2026-11-20"));
    server.event(&json!({"id": "cal", "type": "calendar_set", "calendar": "CN", "year": 2026, "closed": [], "open": []}));
    for (place, (merchant, currency, name)) in MERCHANTS.iter().enumerate() {
        server.posted(&contract_set(&format!("c-{place}"), merchant, terms(merchant, currency, name)));
    }
    let mut events = vec![
        sold("big", "M1", "P1", ("CNY", "1000.00"), 0, FIRST),
        sold("big", "-2-3", "P1", ("CNY", "10000.00"), 0, FIRST),
        sold("k", "K1", "P1", ("KWD", "12.345"), 0, FIRST),
        sold("j", "J1", "P1", ("JPY", "98765"), 0, FIRST),
    ];
    events.extend((1..=SALES).map(|n| sold(&format!("s-M1-{n}"), "M1", &format!("Q{n}"), ("CNY", &format!("{n}.07")), n % 40, FIRST)));
    events.extend((1..=12).map(|n| sold(&format!("s-M3-{n}"), "M3", &format!("Q{n}"), ("CNY", "8.80"), n, FIRST)));
    post(&server, &events);
    for date in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        server.event(&closed(date));
    }
    // Enough customers that the second date shows any.
    post(&server, &(1..=12).map(|n| sold(&format!("t-M3-{n}"), "M3", &format!("R{n}"), ("CNY", "3.30"), n, SECOND)).collect::<Vec<_>>());
    post(
        &server,
        &[
            sold("e4", "M1", "P2", ("CNY", "200.00"), 1, SECOND),
            about("r1", "refund", "M1", &json!({"payment": "P1", "amount": "100.00", "currency": "CNY"})),
            about("d1", "dispute_opened", "M1", &json!({"payment": "P1", "dispute": "D1", "amount": "50.00", "currency": "CNY"})),
            about("h1", "hold_placed", "M1", &json!({"hold": "H1", "amount": "30.00", "currency": "CNY", "expected_release": "2026-11-30"})),
            about("o1", "payout_initiated", "M1", &json!({"payout": "-O1", "amount": "500.00", "currency": "CNY"})),
            about("o2", "payout_paid", "M1", &json!({"payout": "-O1"})),
            about("o1", "payout_initiated", "-2-3", &json!({"payout": "O1", "amount": "4000.00", "currency": "CNY"})),
            about("o2", "payout_paid", "-2-3", &json!({"payout": "O1"})),
            about("w", "fees_swept", "@house", &json!({"psp": "psp-7", "amount": "9999.00", "currency": "CNY"})),
        ],
    );
    // The scheme reports of two payments, of one of them another amount, and its file is not whole.
    let reported = |id: &str, line: u64, payment: &str, amount: &str| {
        let more = json!({"source": "scheme:unionpay", "report": "F1", "line": line, "kind": "sale", "direction": "credit", "amount": amount, "currency": "CNY",
            "date": "2026-11-20", "payment": payment, "fee": "0.01"});
        about(id, "report_line", "M1", &more)
    };
    let end = json!({"source": "scheme:unionpay", "report": "F1", "date": "2026-11-20", "count": 3, "credits": "1000.07", "debits": "0.00", "currency": "CNY"});
    post(&server, &[reported("rl1", 1, "P1", "999.00"), reported("rl2", 2, "Q1", "1.07"), about("rc", "report_closed", "@house", &end)]);
    // A record that is set aside: another event has its id.
    let twice = sold("e4", "M1", "P3", ("CNY", "1.00"), 1, SECOND);
    server.post("/v1/events?wait=true&wait_ms=20000", "application/json", twice.as_bytes());
    let heads = server.get_json("/v1/audit/heads");
    let positions: Vec<_> =
        heads["rows"].as_array().expect("a list").iter().filter_map(|head| head["position"].as_str()).filter(|at| !at.ends_with("-1")).collect();
    server.get_json(&format!("/v1/audit/heads?at_least={}&wait_ms=20000", positions.join(",")));
    (directory, server)
}
