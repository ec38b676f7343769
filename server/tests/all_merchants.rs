//! Lists over all merchants, past contracts, and exposure of the past, over HTTP.

mod support;

use serde_json::{Value, json};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const NOON: &str = "2026-11-20T12:00:00+08:00";

fn about(id: &str, kind: &str, merchant: &str, more: &Value) -> Value {
    let mut event = json!({"id": id, "type": kind, "merchant": merchant, "occurred_at": NOON});
    for (key, value) in more.as_object().expect("an object") {
        event[key] = value.clone();
    }
    event
}

fn named(mut event: Value, reference: &str) -> Value {
    event["reference"] = json!(reference);
    event
}

fn catch_up(server: &Server) {
    let heads = server.get_json("/v1/audit/heads");
    let positions: Vec<_> =
        heads["rows"].as_array().expect("a list").iter().filter_map(|head| head["position"].as_str()).filter(|at| !at.ends_with("-1")).collect();
    server.get_json(&format!("/v1/audit/heads?at_least={}&wait_ms=20000", positions.join(",")));
}

fn column(answer: &Value, names: &[&str]) -> Vec<String> {
    let rows = answer["rows"].as_array().expect("rows");
    rows.iter().map(|row| names.iter().map(|name| row[*name].as_str().unwrap_or("null")).collect::<Vec<_>>().join(" ")).collect()
}

/// Three merchants in several partitions; two dates.
fn bank(server: &Server) {
    server.event(&opened("2026-11-20"));
    for (at, merchant) in ["M1", "M2", "M3"].iter().enumerate() {
        let mut terms = contract();
        terms["settlement"] = json!({"delay_days": 0, "days": "natural"});
        server.posted(&contract_set(&format!("c-{at}"), merchant, terms));
        server.posted(&named(sale("s1", merchant, "P1", &format!("{}00.00", at + 1), "credit", NOON), &format!("RRN{at}")));
    }
    server.event(&closed("2026-11-20"));
    server.posted(&sale("s2", "M1", "P2", "50.00", "debit", NOON));
    server.posted(&named(about("r1", "refund", "M1", &json!({"payment": "P1", "amount": "10.00", "currency": "CNY"})), "RRN9"));
    server.posted(&about("h1", "hold_placed", "M2", &json!({"hold": "H1", "amount": "30.00", "currency": "CNY", "reason": "kyc"})));
    server.posted(&about("o1", "payout_initiated", "M3", &json!({"payout": "O1", "amount": "200.00", "currency": "CNY"})));
    server.posted(&about("d1", "chargeback", "M2", &json!({"payment": "P1", "amount": "5.00", "currency": "CNY"})));
    server.posted(&about(
        "a1",
        "adjustment",
        "M1",
        &json!({"direction": "credit", "amount": "1.00", "currency": "CNY", "maker": "li", "checker": "wang",
        "reason": "typo"}),
    ));
    let mut terms = contract();
    terms["name"] = json!("Second");
    server.posted(&contract_set("c-9", "M1", terms));
    server.event(
        &json!({"id": "x1", "type": "scheme_settled", "merchant": "@house", "occurred_at": NOON, "scheme": "unionpay", "amount": "7.00", "currency": "CNY"}),
    );
    catch_up(server);
}

#[test]
fn every_list_over_all_merchants() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    assert_eq!(server.get_json("/v1/payments")["rows"], json!([]), "before the ledger is opened");
    bank(&server);
    let payments = server.get_json("/v1/payments");
    assert_eq!((&payments["business_date"], &payments["from"], &payments["next"]), (&json!("2026-11-21"), &Value::Null, &Value::Null));
    assert_eq!(payments["position"].as_array().map(Vec::len), Some(server.node.places().len()));
    let mut told = column(&payments, &["merchant", "payment", "amount", "state", "reference", "booked_on"]);
    assert_eq!(told.remove(0), "M1 P2 50.00 captured null 2026-11-21", "the newest first");
    told.sort();
    assert_eq!(told, ["M1 P1 100.00 captured RRN0 2026-11-20", "M2 P1 200.00 captured RRN1 2026-11-20", "M3 P1 300.00 captured RRN2 2026-11-20"]);
    let p1 = server.get_json("/v1/merchants/M1/payments/P1");
    let row = server.get_json("/v1/payments?merchant=M1&payment=P1")["rows"][0].clone();
    for name in [
        "merchant",
        "payment",
        "state",
        "currency",
        "book",
        "captured",
        "refunded",
        "charged_back",
        "fees",
        "net",
        "contract_version",
        "card",
        "scheme",
        "entry_mode",
        "terminal",
        "reference",
        "booked_on",
        "available_on",
    ] {
        assert_eq!(row[name], p1[name], "{name}");
    }
    assert_eq!(p1["events"][1]["reference"], "RRN9");
    for (query, expected) in [
        ("reference=RRN9", vec!["M1 P1"]),
        ("amount=50", vec!["M1 P2"]),
        ("amount_min=100&amount_max=200.00&merchant=M2", vec!["M2 P1"]),
        ("from=2026-11-21", vec!["M1 P2"]),
        ("to=2026-11-20&terminal=T1&merchant=M3", vec!["M3 P1"]),
        ("available_on=2026-11-21&merchant=M1", vec!["M1 P2"]),
        ("state=voided", vec![]),
        ("currency=USD", vec![]),
    ] {
        assert_eq!(column(&server.get_json(&format!("/v1/payments?{query}")), &["merchant", "payment"]), expected, "{query}");
    }
    let (first, mut all) = (server.get_json("/v1/payments?limit=3"), column(&payments, &["merchant", "payment"]));
    let next = server.get_json(&format!("/v1/payments?limit=3&cursor={}", first["next"].as_str().expect("more")));
    all.truncate(4);
    assert_eq!([column(&first, &["merchant", "payment"]), column(&next, &["merchant", "payment"])].concat(), all);

    assert_eq!(column(&server.get_json("/v1/holds"), &["merchant", "hold", "reason", "amount", "state"]), ["M2 H1 kyc 30.00 open"]);
    assert_eq!(server.get_json("/v1/holds?state=closed")["rows"], json!([]));
    assert_eq!(column(&server.get_json("/v1/merchants/M2/holds?state=open&reason=kyc"), &["merchant", "hold"]), ["M2 H1"]);
    assert_eq!(column(&server.get_json("/v1/payouts?state=initiated"), &["merchant", "payout", "amount"]), ["M3 O1 200.00"]);
    assert_eq!(column(&server.get_json("/v1/disputes?amount=5.00"), &["merchant", "payment", "state"]), ["M2 P1 charged"]);

    let adjusted = server.get_json("/v1/entries?type=adjustment");
    assert_eq!(column(&adjusted, &["merchant", "event", "amount", "maker", "checker", "reason"]), ["M1 a1 1.00 li wang typo"]);
    assert_eq!(adjusted["rows"], server.get_json("/v1/merchants/M1/entries?type=adjustment")["rows"], "the same rows");
    assert_eq!(column(&server.get_json("/v1/entries?reference=RRN9"), &["merchant", "event", "payment", "reference"]), ["M1 r1 P1 RRN9"]);
    assert_eq!(column(&server.get_json("/v1/entries?type=hold_placed,scheme_settled&merchant=@house"), &["merchant", "type"]), ["@house scheme_settled"]);
    assert_eq!(column(&server.get_json("/v1/entries?type=hold_placed"), &["reason"]), ["kyc"]);

    for wrong in
        ["state=open", "amount=x", "amount=1&amount_min=1", "amount_min=2&amount_max=1", "brand=x", "reference=a%20b", "available_on=soon", "type=sale"]
    {
        server.get(&format!("/v1/payments?{wrong}")).problem(400, "bad_parameter");
    }
    server.get("/v1/entries?type=sales").problem(400, "bad_parameter");
    server.get(&format!("/v1/payouts?cursor={}", first["next"].as_str().expect("more"))).problem(400, "bad_cursor");
}

#[test]
fn every_version_of_a_contract() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    bank(&server);
    let versions = server.get_json("/v1/merchants/M1/contracts");
    assert_eq!(column(&versions, &["merchant", "contract_version", "business_date"]), ["M1 c-9 2026-11-21", "M1 c-0 2026-11-20"]);
    assert_eq!((&versions["rows"][0]["contract"]["name"], &versions["rows"][1]["contract"]["name"]), (&json!("Second"), &json!("Lao Wang Noodles")));
    assert!(versions["rows"][0]["entry"].is_string() && versions["rows"][0]["occurred_at"].is_string());
    let first = server.get_json("/v1/merchants/M1/contracts?limit=1");
    let next = server.get_json(&format!("/v1/merchants/M1/contracts?limit=1&cursor={}", first["next"].as_str().expect("more")));
    assert_eq!((column(&next, &["contract_version"]), &next["next"]), (vec!["c-0".to_owned()], &Value::Null));
    server.get("/v1/merchants/M9/contracts").problem(404, "not_found");
}

#[test]
fn exposure_of_the_past_and_under_stress() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    bank(&server);
    let told = |more: &str| {
        let mut answer = server.get_json(&format!("/v1/exposure?group_by=merchant,reason{more}"));
        answer.as_object_mut().expect("an object").remove("position");
        answer
    };
    let before = told("");
    assert_eq!(told("&as_of=2026-11-21"), before, "the open date is now");
    server.event(&closed("2026-11-21"));
    server.posted(&about("r2", "refund", "M1", &json!({"payment": "P2", "amount": "5.00", "currency": "CNY"})));
    catch_up(&server);
    assert_ne!(told(""), before);
    let closed_date = told("&as_of=2026-11-21");
    assert_eq!(closed_date, before, "as it was told before it closed");
    assert_eq!(closed_date["business_date"], "2026-11-21");
    assert_eq!(told("&as_of=2026-11-19")["rows"], json!([]), "before the first date there was nothing");
    server.get("/v1/exposure?as_of=2026-12-01").problem(503, "not_caught_up");
    server.get("/v1/exposure?as_of=yesterday").problem(400, "bad_parameter");

    let row = |answer: &Value, name: &str| answer["liability"][0][name].as_str().expect("a figure").to_owned();
    let stressed = told("&merchant=M3&chargeback_percent=50&chargeback_days=1&refund_days=0&delivery=100:30");
    assert_eq!((row(&stressed, "refund"), row(&stressed, "non_delivery")), ("0.00".to_owned(), "300.00".to_owned()));
    assert_eq!(told("&merchant=M3"), told("&merchant=M3&chargeback_percent=0.10&chargeback_days=120"), "those that hold anyway");
    for wrong in ["chargeback_percent=101", "chargeback_days=0", "refund_days=-1", "delivery=60", "severity=high", "ladder_group_by=reason"] {
        server.get(&format!("/v1/exposure?{wrong}")).problem(400, "bad_parameter");
    }
    let ladder = server.get_json("/v1/exposure?ladder_group_by=merchant,holder");
    let rows = ladder["ladder"].as_array().expect("a list");
    assert!(rows.len() > 2 && rows.iter().all(|row| row["merchant"].is_string() && row["holder"] == "bank" && row["release_on"].is_string()));
    server.posted(&about("w", "fees_swept", "@house", &json!({"psp": "psp-7", "amount": "9.00", "currency": "CNY"})));
    catch_up(&server);
    assert_eq!(server.get_json("/v1/exposure?severity=critical")["alerts"][0]["kind"], "safeguarding");
    assert_eq!(server.get_json("/v1/exposure?severity=warning")["alerts"], json!([]));
    assert_eq!(server.get_json("/v1/exposure?kind=unpriced")["alerts"], json!([]));
    assert_eq!(server.get_json("/v1/exposure")["stopped_trading"], json!([]));
}
