//! What every answer has, whatever it tells: for `HEAD` the length that it has for `GET`, the parameters that are about its form where it
//! has one, and both ends of the range that it is of.

mod support;

use serde_json::{Value, json};
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const MORNING: &str = "2026-11-20T10:00:00+08:00";

/// A merchant with a sale, and a refund that waits; the views are where the journals are.
fn trading() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    server.posted(&sale("e1", "M1", "P1", "100.00", "credit", MORNING));
    let early = json!({"id": "r1", "type": "refund", "merchant": "M1", "occurred_at": MORNING, "payment": "P9", "amount": "1.00", "currency": "CNY"});
    let parked = server.event(&early);
    assert_eq!(parked["outcome"], "parked", "{parked}");
    server.get_json(&format!("/v1/events?at_least={}&wait_ms=20000", parked["position"].as_str().expect("a position")));
    (directory, server)
}

#[test]
fn a_head_says_the_length_that_a_get_has() {
    let (_directory, server) = trading();
    for path in [
        "/v1/whoami",
        "/v1/whoami?pretty=true",
        "/v1/merchants/M1/balances",
        "/v1/merchants/M1/balances?pretty=true",
        "/v1/merchants/M1/entries",
        "/v1/merchants/M1/entries?format=csv",
        "/v1/merchants/M9/balances",
        "/v1/accounts?brand=x&pretty=true",
        "/v1/nothing",
        "/healthz",
        "/openapi.json",
        "/docs/codes",
    ] {
        let (head, get) = (server.head(path), server.get(path));
        assert_eq!((head.status, &head.content_type, head.bytes.len()), (get.status, &get.content_type, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(get.bytes.len().to_string().as_str()), "{path}");
        assert_eq!(get.header("content-length"), head.header("content-length"), "{path}");
    }
}

#[test]
fn what_is_about_a_form_is_taken_where_there_is_one() {
    let (_directory, server) = trading();
    for (path, parameter, said) in [
        ("/metrics?x=1", "x", "none is taken here"),
        ("/metrics?pretty=true", "pretty", "none is taken here"),
        ("/metrics?format=csv", "format", "none is taken here"),
        ("/docs/codes?pretty=true", "pretty", "none is taken here"),
        ("/?pretty=true", "pretty", "none is taken here"),
        ("/readyz?format=parquet", "format", "there is pretty"),
        ("/healthz?x=1", "x", "there is pretty"),
        ("/openapi.json?format=json", "format", "there is pretty"),
        ("/v1/whoami?x=1", "x", "there are format, pretty"),
        ("/v1/merchants/M1/balances/stream?pretty=true", "pretty", "there are at_least, format, wait_ms"),
    ] {
        let problem = server.get(path).problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{path}: {problem}");
    }
    // What was done is done, in whatever form it would have been told.
    let problem = server.post("/v1/events?format=json", "application/json", b"{}").problem(400, "bad_parameter");
    assert_eq!(problem["parameter"], "format", "{problem}");
    for path in ["/readyz?pretty=true", "/openapi.json?pretty=true", "/v1/whoami?format=json&pretty=true"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    let document = server.get_json("/openapi.json");
    assert!(document["paths"]["/metrics"]["get"]["responses"]["400"].is_object(), "{}", document["paths"]["/metrics"]);
}

#[test]
fn an_answer_over_a_range_says_both_of_its_ends() {
    let (_directory, server) = trading();
    let ends = |path: &str| {
        let answer = server.get_json(path);
        (answer.get("from").cloned(), answer.get("to").cloned(), answer["rows"].clone())
    };
    for list in ["/v1/entries", "/v1/payments", "/v1/events", "/v1/merchants/M1/entries", "/v1/merchants/M1/fees"] {
        let (from, to, rows) = ends(list);
        assert!(rows.as_array().is_some_and(|rows| !rows.is_empty()), "{list}");
        assert_eq!((from, to), (None, None), "{list}: nobody asked for a range");
        // Without a first date a list goes back to the first there is.
        assert_eq!(ends(&format!("{list}?to=2027-01-31")), (Some(Value::Null), Some(json!("2027-01-31")), rows.clone()), "{list}");
        assert_eq!(ends(&format!("{list}?from=2026-11-20")), (Some(json!("2026-11-20")), Some(json!("2026-11-20")), rows), "{list}: up to the open date");
    }
    let (from, to, rows) = ends("/v1/events?group_by=code&to=2027-01-31");
    assert_eq!((from, to, rows.as_array().map(Vec::len)), (Some(Value::Null), Some(json!("2027-01-31")), Some(1)));
}

#[test]
fn what_is_wrong_with_a_request_is_named_also_where_it_is_no_parameter() {
    let (_directory, server) = trading();
    for (path, parameter) in [
        ("/v1/merchants/%ff/balances".to_owned(), "path"),
        (format!("/v1/whoami?x={}", "x".repeat(9 << 10)), "query"),
        ("/v1/fee-income?from=2026-11-25".to_owned(), "from"),
    ] {
        let problem = server.get(&path).problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], parameter, "{problem}");
    }
    let problem = server.get("/v1/fee-income?from=2026-11-25").json();
    assert_eq!(problem["detail"], "from: 2026-11-25 is after 2026-11-20, the business date that the answer is of");
}
