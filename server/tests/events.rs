//! `POST /v1/events`, `GET /v1/events/{id}` and `GET /v1/audit/heads` over a real server with the embedded log.

mod support;

use serde_json::{Value, json};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const MORNING: &str = "2026-11-20T10:15:00+08:00";

fn started() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    (directory, server)
}

#[test]
fn an_event_is_appended_and_tells_what_became_of_it() {
    let (_directory, server) = started();
    let result = server.posted(&sale("e1", "M1", "P1", "1000.00", "credit", MORNING));
    let position = result["position"].as_str().expect("one position").to_owned();
    assert_eq!(result, json!({"id": "e1", "position": position, "outcome": "posted", "entry": position}), "one entry a record so far");

    let again = server.event(&sale("e1", "M1", "P1", "1000.00", "credit", MORNING));
    assert_eq!(again["outcome"], "duplicate");
    let other = server.event(&sale("e1", "M1", "P1", "999.00", "credit", MORNING));
    assert_eq!((&other["outcome"], &other["code"]), (&json!("quarantined"), &json!("conflict")));
    let status = json!({"id": "e1", "merchant": "M1", "outcome": "posted", "position": position, "entry": position,
        "business_date": "2026-11-20", "duplicates": 1, "conflicts": 1});
    assert_eq!(server.get_json("/v1/events/e1?merchant=M1"), status);
    assert_eq!(server.get_json("/v1/events/e1"), status, "every partition is asked");

    let refused = server.event(&sale("e2", "M1", "P1", "5.00", "credit", MORNING));
    assert_eq!((&refused["outcome"], &refused["code"]), (&json!("refused"), &json!("already_exists")));
    assert!(refused["detail"].is_string());
    let refused = server.get_json("/v1/events/e2?merchant=M1");
    assert_eq!((&refused["outcome"], &refused["code"]), (&json!("refused"), &json!("already_exists")));

    let refund = json!({"id": "r1", "type": "refund", "merchant": "M1", "payment": "P9", "occurred_at": MORNING, "amount": "1.00", "currency": "CNY"});
    assert_eq!(server.event(&refund)["outcome"], "parked");
    assert_eq!(server.get_json("/v1/events/r1?merchant=M1")["waits_for"], json!({"payment": "P9"}));
    server.posted(&sale("e9", "M1", "P9", "2.00", "credit", MORNING));
    let status = server.get_json("/v1/events/r1?merchant=M1");
    assert_eq!((&status["outcome"], status.get("waits_for")), (&json!("posted"), None));
}

#[test]
fn what_waits_tells_what_it_waits_for_now() {
    let (_directory, server) = started();
    let refund = json!({"id": "r1", "type": "refund", "merchant": "M2", "payment": "P1", "occurred_at": MORNING, "amount": "1.00", "currency": "CNY"});
    let parked = server.event(&refund);
    assert_eq!((&parked["outcome"], &parked["waits_for"]), (&json!("parked"), &json!({"merchant": "M2"})));
    server.posted(&contract_set("c-2", "M2", contract()));

    // No entry says so: the entry of its parking is for ever.
    let now = json!({"payment": "P1"});
    let status = server.get_json("/v1/events/r1?merchant=M2");
    assert_eq!((&status["outcome"], &status["waits_for"], &status["entry"]), (&json!("parked"), &now, &parked["entry"]));
    assert_eq!(server.get_json("/v1/events/r1")["waits_for"], now);
    let list = server.get_json("/v1/events?outcome=parked");
    assert_eq!((&list["rows"][0]["id"], &list["rows"][0]["waits_for"]), (&json!("r1"), &now), "{list}");
    assert_eq!(server.event(&refund)["of"]["waits_for"], now);
    let strict = server.post("/v1/events?wait=true&strict=true&wait_ms=20000", "application/json", refund.to_string().as_bytes());
    assert_eq!(strict.problem(409, "parked")["results"][0]["of"]["waits_for"], now);
    let mut other = refund;
    other["amount"] = json!("2.00");
    assert_eq!(server.event(&other)["of"]["waits_for"], now);
    let list = server.get_json("/v1/events?outcome=duplicate");
    assert_eq!(list["rows"][0]["of"]["waits_for"], now, "{list}");

    server.posted(&sale("e2", "M2", "P1", "2.00", "credit", MORNING));
    let status = server.get_json("/v1/events/r1?merchant=M2");
    assert_eq!((&status["outcome"], status.get("waits_for")), (&json!("posted"), None), "{status}");
}

#[test]
fn a_control_event_goes_to_every_partition() {
    let (_directory, server) = started();
    let result = server.posted(&closed("2026-11-20"));
    let positions = result["position"].as_array().expect("a list");
    assert_eq!((positions.len(), result["entry"].as_array().map(Vec::len)), (12, Some(12)));
    assert!(positions[0].as_str().is_some_and(|text| text.starts_with("0:")) && positions[11].as_str().is_some_and(|text| text.starts_with("11:")));
    let status = server.get_json("/v1/events/close-2026-11-20");
    assert_eq!((&status["merchant"], status["position"].as_array().map(Vec::len)), (&Value::Null, Some(12)));
    let wrong = server.event(&json!({"id": "again", "type": "day_closed", "date": "2026-11-20"}));
    assert_eq!((&wrong["outcome"], &wrong["code"]), (&json!("refused"), &json!("wrong_date")));
    let ready = server.get_json("/readyz");
    assert_eq!((&ready["ready"], &ready["shards"][3]["business_date"]), (&json!(true), &json!("2026-11-21")));
}

#[test]
fn an_event_that_cannot_be_read_is_not_appended() {
    let (_directory, server) = started();
    let before = server.get_json("/v1/audit/heads");
    let mut unreadable = vec![
        ("malformed", "no json".to_owned()),
        ("malformed", "[]".to_owned()),
        ("malformed", format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100))),
        ("unknown_type", sale("b1", "M1", "P2", "1.00", "credit", MORNING).to_string().replace("\"sale\"", "\"sail\"")),
        ("bad_amount", sale("b2", "M1", "P2", "1.234", "credit", MORNING).to_string()),
        ("bad_amount", sale("b3", "M1", "P2", "1.00", "credit", MORNING).to_string().replace("\"1.00\"", "1.00")),
        ("card_data", sale("b4", "M1", "P2", "1.00", "credit", MORNING).to_string().replace("\"T1\"", "\"T1\",\"note\":\"4111 1111 1111 1111\"")),
        ("too_large", format!("{{\"id\":\"{}\"}}", "x".repeat(900 << 10))),
    ];
    unreadable.push(("missing_field", json!({"id": "b5", "type": "void", "merchant": "M1", "occurred_at": MORNING}).to_string()));
    unreadable.push(("bad_contract", contract_set("b6", "M1", json!({})).to_string()));
    for (code, body) in &unreadable {
        let answer = server.post("/v1/events?wait=true", "application/json", body.as_bytes());
        let problem = answer.problem(422, code);
        assert!(!answer.text.contains("4111"), "{problem}");
    }
    assert_eq!(server.get_json("/v1/audit/heads"), before, "nothing was appended");

    let lines = [
        sale("n1", "M1", "P3", "1.00", "credit", MORNING).to_string(),
        unreadable[4].1.clone(),
        "{".to_owned(),
        sale("n2", "M1", "P4", "2.00", "credit", MORNING).to_string(),
    ];
    for content_type in ["application/x-ndjson", "application/json"] {
        let answer = server.post("/v1/events?wait=true&wait_ms=20000", content_type, lines.join("\n").as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        let told: Vec<_> = body["results"]
            .as_array()
            .expect("results")
            .iter()
            .map(|result| (result["id"].as_str(), result["code"].as_str(), result["position"].is_string()))
            .collect();
        assert_eq!(told, [(Some("n1"), None, true), (Some("b2"), Some("bad_amount"), false), (None, Some("malformed"), false), (Some("n2"), None, true)]);
    }
    let without_wait = server.post("/v1/events", "application/json", sale("n3", "M1", "P5", "1.00", "credit", MORNING).to_string().as_bytes()).json();
    assert_eq!(without_wait["results"][0].get("outcome"), None);
}

#[test]
fn a_strict_request_fails_where_one_of_its_events_cannot_be_read() {
    let (_directory, server) = started();
    let post =
        |query: &str, lines: &[String]| server.post(&format!("/v1/events?wait=true&wait_ms=20000{query}"), "application/x-ndjson", lines.join("\n").as_bytes());
    let good = |n: u32| sale(&format!("n{n}"), "M1", &format!("N{n}"), "1.00", "credit", MORNING).to_string();
    let unreadable = "{\"id\":\"k\"}".to_owned();
    for lines in [vec![unreadable.clone()], vec![good(1), unreadable.clone()], vec![unreadable.clone(), good(1)]] {
        let problem = post("&strict=true", &lines).problem(422, "missing_field");
        let results = problem["results"].as_array().expect("results");
        assert_eq!(results.len(), lines.len(), "{problem}");
        for (result, line) in results.iter().zip(&lines) {
            // What could be appended was, and is told as ever.
            let told = (&result["id"], &result["code"], result["position"].is_string(), result.get("outcome").is_some());
            if *line == unreadable {
                assert_eq!(told, (&json!("k"), &json!("missing_field"), false, false), "{problem}");
            } else {
                assert_eq!(told, (&json!("n1"), &Value::Null, true, true), "{problem}");
            }
        }
        assert_eq!(post("", &lines).status, 200, "without it an answer is an answer");
    }
    // Of several that fail it is the first one's.
    let again = json!({"id": "n2", "type": "sale", "merchant": "M1", "payment": "N1", "occurred_at": MORNING, "currency": "CNY", "amount": "2.00", "card": "credit", "scheme": "unionpay"});
    post("&strict=true", &[again.to_string(), unreadable]).problem(409, "already_exists");
    assert_eq!(post("&strict=true", &[good(1), good(3)]).status, 200, "now or before");
}

/// What no row can have is refused, not answered with nothing; and what is about sums says what it needs.
#[test]
fn what_cannot_be_meant_is_refused() {
    let (_directory, server) = started();
    for (path, parameter) in [
        ("events?sort=-count", "sort"),
        ("events?currency=CNY", "currency"),
        ("events?code=zzz", "code"),
        ("events?limit=1001", "limit"),
        ("events?group_by=type&limit=10001", "limit"),
        ("events?group_by=type&currency=cny", "currency"),
        ("accounts?currency=cny", "currency"),
        ("accounts?code=zzz", "code"),
        ("accounts?code=02020", "code"),
        ("fee-income?currency=cny", "currency"),
        ("fee-income?mcc=abcd", "mcc"),
        ("exposure?currency=cny", "currency"),
        ("exposure?mcc=58", "mcc"),
        ("exposure?delivery=60:30,50:90", "delivery"),
        ("merchants?mcc=58", "mcc"),
        ("reconciliation?currency=cny", "currency"),
        ("reconciliation/breaks?currency=cny", "currency"),
        ("reconciliation/reports?state=opne", "state"),
    ] {
        let problem = server.get(&format!("/v1/{path}")).problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
    }
    assert_eq!(server.get("/v1/events?sort=-count").json()["detail"], "sort: needs group_by");
    let problem = server.get("/v1/reconciliation/reports?state=opne").json();
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("did you mean open?")), "{problem}");
    for path in [
        "events?code=not_open&limit=1000",
        "events?group_by=type&currency=CNY&sort=-count&limit=10000",
        "accounts?code=2020&currency=CNY",
        "fee-income?mcc=5812&currency=CNY",
        "exposure?delivery=60:30,40:90&mcc=5812&currency=CNY",
        "reconciliation/reports?state=open",
    ] {
        server.get_json(&format!("/v1/{path}"));
    }
}

#[test]
fn a_body_and_a_batch_have_bounds() {
    let (_directory, server) = started();
    server.post("/v1/events", "application/json", &vec![b' '; (8 << 20) + 1]).problem(413, "too_large");
    server.post("/v1/events", "application/x-ndjson", "{}\n".repeat(10_001).as_bytes()).problem(413, "too_large");
    server.post("/v1/events", "application/json", b"").problem(422, "malformed");
}

#[test]
fn problems_have_their_shape() {
    let (_directory, server) = started();
    for (path, parameter) in [
        ("/v1/events/e1?merchnat=M1", "merchnat"),
        ("/v1/events/e1?merchant=M1&merchant=M1", "merchant"),
        ("/v1/events/e1?merchant=M%201", "merchant"),
        ("/v1/audit/heads?at_least=3", "at_least"),
        ("/v1/audit/heads?at_least=12:0", "at_least"),
        ("/v1/audit/heads?wait_ms=-1", "wait_ms"),
        ("/v1/audit/heads?wait_ms=60001", "wait_ms"),
        ("/healthz?x=1", "x"),
    ] {
        let problem = server.get(path).problem(400, "bad_parameter");
        assert_eq!((&problem["parameter"], &problem["title"]), (&json!(parameter), &json!("Bad parameter")), "{path}");
    }
    server.post("/v1/events?wait=yes", "application/json", b"{}").problem(400, "bad_parameter");
    server.get("/v1/nothing").problem(404, "not_found");
    server.get("/v1/events/none?merchant=M1").problem(404, "not_found");
    server.get("/v1/events/%00").problem(404, "not_found");
    assert_eq!(server.get_json("/v1/events")["rows"], json!([]));
    let behind = server.get("/v1/audit/heads?at_least=3:99&wait_ms=10").problem(503, "not_caught_up");
    assert_eq!(behind["partition"], 3);
}

#[test]
fn an_id_that_several_merchants_know_needs_its_merchant() {
    let (_directory, server) = started();
    server.posted(&contract_set("c-1", "M2", contract()));
    server.get("/v1/events/c-1").problem(400, "bad_parameter");
    assert_eq!(server.get_json("/v1/events/c-1?merchant=M2")["merchant"], "M2");
    let tax = json!({"id": "t1", "type": "tax_paid", "merchant": "@house", "occurred_at": MORNING, "amount": "1.00", "currency": "CNY"});
    server.posted(&tax);
    assert_eq!(server.get_json("/v1/events/t1")["merchant"], "@house");
    assert_eq!(server.get_json("/v1/events/t1?merchant=@house")["outcome"], "posted");
}

#[test]
fn a_restart_finds_everything_where_it_was() {
    let (directory, server) = started();
    server.posted(&sale("e1", "M1", "P1", "1000.00", "credit", MORNING));
    let (heads, status) = (server.get_json("/v1/audit/heads"), server.get_json("/v1/events/e1?merchant=M1"));
    server.stop();
    let server = Server::start(directory.path());
    assert_eq!(server.get_json("/v1/audit/heads"), heads);
    assert_eq!(server.get_json("/v1/events/e1?merchant=M1"), status);
    assert_eq!(server.event(&sale("e1", "M1", "P1", "1000.00", "credit", MORNING))["outcome"], "duplicate");
}

#[test]
fn the_service_tells_how_it_is() {
    let (_directory, server) = started();
    assert_eq!(server.get_json("/healthz")["status"], "ok");
    let metrics = server.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.content_type.starts_with("text/plain; version=0.0.4"), "{}", metrics.content_type);
    for line in [
        "merchant_ledger_outcomes_total{partition=\"0\",outcome=\"posted\"} ",
        "merchant_ledger_lag_records{partition=\"11\"} 0",
        "# TYPE merchant_ledger_commit_seconds summary",
    ] {
        assert!(metrics.text.contains(line), "{line} in\n{}", metrics.text);
    }
    let metrics = server.get("/metrics").text;
    assert!(metrics.contains("merchant_ledger_http_request_seconds_count{route=\"/healthz\",method=\"GET\",status=\"200\"} 1"), "{metrics}");
    assert_eq!(server.get_json("/openapi.json")["openapi"], "3.1.0");
    let page = server.get("/docs/");
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
}
