//! What the bank sees, over HTTP: fee income and exposure, to the key.

mod support;

use serde_json::{Value, json};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const NOON: &str = "2026-11-20T12:00:00+08:00";
const NAME: &str = "Lao Wang Noodles";

fn about(id: &str, kind: &str, merchant: &str, more: &Value) -> Value {
    let mut event = json!({"id": id, "type": kind, "merchant": merchant, "occurred_at": NOON});
    for (key, value) in more.as_object().expect("an object") {
        event[key] = value.clone();
    }
    event
}

/// Waits until the views are where the journals are.
fn catch_up(server: &Server) {
    let heads = server.get_json("/v1/audit/heads");
    let positions: Vec<_> =
        heads["rows"].as_array().expect("a list").iter().filter_map(|head| head["position"].as_str()).filter(|at| !at.ends_with("-1")).collect();
    server.get_json(&format!("/v1/audit/heads?at_least={}&wait_ms=20000", positions.join(",")));
}

#[test]
fn the_eight_published_sales() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    server.event(&opened("2026-11-23"));
    let mut terms = contract();
    terms["rates"] = json!([{"percent": "0.60"}]);
    terms.as_object_mut().expect("an object").remove("reserve");
    server.posted(&contract_set("c-1", "M100001", terms));
    for (at, amount) in ["4768.00", "838.00", "99.00", "100.00", "4567.00", "100.00", "1422.00", "1333.00"].iter().enumerate() {
        server.posted(&sale(&format!("s{at}"), "M100001", &format!("P{at}"), amount, "debit", NOON));
    }
    catch_up(&server);
    let expected = json!([{"day": "2026-11-23", "partner": "isv-9", "book": "bank", "currency": "CNY", "sales": {"count": 8, "volume": "13227.00"},
        "refunds": {"count": 0, "volume": "0.00"}, "chargebacks": {"count": 0, "volume": "0.00"},
        "mdr": "74.89", "gateway": "0.00", "interchange": "39.63", "scheme_fees": "4.28", "partner_share": "17.74", "maintenance": "0.00", "net_margin": "13.24",
        "other_income": "0.00", "other_cost": "0.00", "contribution": "13.24", "merchant_fees": "79.36", "effective_percent": "0.60",
        "effective_percent_net": "0.60", "refund_leakage": "0.00", "negative_margin": {"count": 0, "amount": "0.00"},
        "chargeback_percent": "0.00", "chargeback_volume_percent": "0.00"}]);
    let answer = server.get_json("/v1/fee-income?from=2026-11-23&to=2026-11-23&group_by=day,partner");
    assert_eq!(answer["rows"], expected);
    assert_eq!(answer["rows"][0].to_string(), expected[0].to_string(), "in this order");
    assert!(answer["position"].as_array().is_some_and(|positions| positions.len() == server.node.places().len()));
    assert_eq!(server.get_json("/v1/fee-income?group_by=day,partner")["rows"], expected, "the last 30 dates");
    assert_eq!(server.get_json("/v1/fee-income?day=2026-11-23&group_by=day,partner")["rows"], expected);
    assert_eq!(server.get_json("/v1/fee-income?from=2026-01-01&to=2026-11-22")["rows"], json!([]));
    let cards = server.get_json("/v1/fee-income?group_by=merchant,terminal,contract_version&card=debit&merchant=M100001");
    assert_eq!(cards["rows"][0]["contract_version"], "c-1");
    assert_eq!(server.get_json("/v1/fee-income?card=credit")["rows"], json!([]));

    let body = server.get("/v1/fee-income?group_by=brand").problem(400, "bad_parameter");
    assert_eq!(body["parameter"], "group_by");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.starts_with("group_by: no key \"brand\"; there are day, ")), "{body}");
    server.get("/v1/fee-income?brand=x").problem(400, "bad_parameter");
    server.get("/v1/fee-income?card=plastic").problem(400, "bad_parameter");
    server.get("/v1/fee-income?from=2026-11-24&to=2026-11-23").problem(400, "bad_parameter");
}

/// The example of the HTTP contract: two merchants, one of them with a payment company.
fn example(server: &Server) {
    server.event(&opened("2026-11-20"));
    server.event(&json!({"id": "cal", "type": "calendar_set", "calendar": "CN", "year": 2026, "closed": [], "open": []}));
    server.posted(&contract_set("c-1", "M1", contract()));
    let mut terms = contract();
    terms["mcc"] = json!("7011");
    terms["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "0.05"}, "channel": {"percent": "0.02"}});
    terms["risk"] = json!({"delivery": [{"percent": "60", "days": 30}]});
    let fields = terms.as_object_mut().expect("an object");
    fields.remove("reserve");
    fields.remove("partner");
    server.posted(&contract_set("c-2", "M2", terms));
    server.posted(&sale("e3", "M1", "P1", "1000.00", "credit", NOON));
    server.posted(&sale("s1", "M2", "P1", "10000.00", "debit", NOON));
    for date in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        server.event(&closed(date));
    }
    server.posted(&sale("e4", "M1", "P2", "200.00", "debit", NOON));
    server.posted(&about("r1", "refund", "M1", &json!({"payment": "P1", "amount": "100.00", "currency": "CNY"})));
    server.posted(&about("d1", "dispute_opened", "M1", &json!({"payment": "P1", "dispute": "D1", "amount": "50.00", "currency": "CNY"})));
    server.posted(&about("h1", "hold_placed", "M1", &json!({"hold": "H1", "amount": "30.00", "currency": "CNY", "expected_release": "2026-11-30"})));
    for (merchant, amount) in [("M1", "500.00"), ("M2", "4000.00")] {
        server.posted(&about("o1", "payout_initiated", merchant, &json!({"payout": "O1", "amount": amount, "currency": "CNY"})));
        server.posted(&about("o2", "payout_paid", merchant, &json!({"payout": "O1"})));
    }
}

#[test]
fn what_is_taken_back_on_a_later_date_counts_below_zero() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    server.event(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    server.posted(&sale("e1", "M1", "P1", "1000.00", "credit", NOON));
    server.posted(&about("r1", "refund", "M1", &json!({"payment": "P1", "amount": "100.00", "currency": "CNY"})));
    server.event(&closed("2026-11-20"));
    server.posted(&about("f1", "refund_failed", "M1", &json!({"payment": "P1", "refund": "r1"})));
    catch_up(&server);
    let later = server.get_json("/v1/fee-income?from=2026-11-21&to=2026-11-21");
    assert_eq!(later["rows"][0]["refunds"], json!({"count": -1, "volume": "-100.00"}), "{later}");
    let count = server.get_json("/openapi.json")["components"]["schemas"]["Volume"]["properties"]["count"].clone();
    assert_eq!((&count["type"], count.get("minimum")), (&json!("integer"), None), "{count}");
}

#[test]
fn the_exposure_of_two_merchants() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    assert_eq!(server.get_json("/v1/exposure")["business_date"], Value::Null, "before the ledger is opened");
    example(&server);
    catch_up(&server);
    let answer = server.get_json("/v1/exposure?group_by=merchant,age");
    assert_eq!(answer["business_date"], "2026-11-23");
    assert_eq!(
        answer["rows"],
        json!([{"merchant": "M1", "merchant_name": NAME, "age": "0-1", "currency": "CNY", "amount": "229.00", "overdue": "0.00", "count": 3},
            {"merchant": "M1", "merchant_name": NAME, "age": "2-3", "currency": "CNY", "amount": "364.60", "overdue": "0.00", "count": 2},
            {"merchant": "M2", "merchant_name": NAME, "age": "2-3", "currency": "CNY", "amount": "5975.00", "overdue": "0.00", "count": 1}])
    );
    assert_eq!(
        answer["liability"][1],
        json!({"merchant": "M2", "merchant_name": NAME, "currency": "CNY", "chargeback": "9.75", "refund": "200.00", "non_delivery": "6000.00", "owed": "0.00", "advances": "0.00",
            "exposure": "6209.75", "cover": "5975.00", "uncovered": "234.75"})
    );
    let ladder =
        json!([{"release_on": "2027-05-19", "currency": "CNY", "amount": "90.00"}, {"release_on": "2027-05-22", "currency": "CNY", "amount": "20.00"}]);
    assert_eq!(answer["ladder"], ladder);
    assert_eq!(answer["scheme_receivable"][0], json!({"scheme": "unionpay", "holder": "bank", "currency": "CNY", "amount": "1094.40"}));
    assert_eq!(
        answer["concentration"][0],
        json!({"by": "mcc", "currency": "CNY", "top": [{"key": "7011", "key_name": "Lodging – hotels, motels and resorts", "amount": "5975.00", "share_percent": "90.96"},
            {"key": "5812", "key_name": "Eating places and restaurants", "amount": "593.60", "share_percent": "9.04"}], "hhi": "0.8356"})
    );
    let by: Vec<_> = answer["concentration"].as_array().expect("a list").iter().map(|row| row["by"].clone()).collect();
    assert_eq!(by, ["mcc", "merchant", "partner", "psp"]);
    assert_eq!(answer["retention"], json!([{"psp": "psp-7", "currency": "CNY", "amount": "5975.00", "days_to_pay": {"p50": "3.0", "p95": "3.0"}}]));
    assert_eq!(answer["alerts"], json!([]));

    let whole = server.get_json("/v1/exposure");
    assert_eq!(whole["rows"], json!([{"currency": "CNY", "amount": "6568.60", "overdue": "0.00", "count": 5}]));
    assert_eq!(whole["liability"][0]["uncovered"], "234.75", "merchant by merchant");
    assert_eq!(server.get_json("/v1/exposure?age=0-1")["rows"][0]["count"], 3);
    assert_eq!(server.get_json("/v1/exposure?holder=psp:psp-7&group_by=holder")["rows"][0]["amount"], "5975.00");
    server.get("/v1/exposure?age=2").problem(400, "bad_parameter");
    server.get("/v1/exposure?group_by=day").problem(400, "bad_parameter");
    server.get("/v1/exposure?at_least=0:100000&wait_ms=1").problem(503, "not_caught_up");

    // What happens later is seen at once by who asks for its position.
    let swept = server.posted(&about("w", "fees_swept", "@house", &json!({"psp": "psp-7", "amount": "9999.00", "currency": "CNY"})));
    let at = swept["position"].as_str().expect("a position");
    let alerts = server.get_json(&format!("/v1/exposure?at_least={at}&wait_ms=20000"))["alerts"].clone();
    assert_eq!((&alerts[0]["kind"], &alerts[0]["psp"], &alerts[0]["since"]), (&json!("safeguarding"), &json!("psp-7"), &json!("2026-11-23")));
}
