//! `GET /v1/consumption/…` over a real server: the published example, to the key; forms; and what is refused.

mod support;

use serde_json::{Value, json};
use support::Server;
use support::events::{contract, contract_set, opened, sale};

/// 25 customers at noon, one of whom gives everything back; 11 of them again at 13, 3 of those at 14.
fn lived() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-23"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let mut lines = Vec::new();
    for (hour, count, amount) in [(12, 25, "38.00"), (13, 11, "42.50"), (14, 3, "60.00")] {
        for n in 0..count {
            let id = format!("e{hour}-{n}");
            let mut event = sale(&id, "M1", &format!("P{hour}-{n}"), amount, "credit", &format!("2026-11-23T{hour}:{n:02}:00+08:00"));
            event["customer"] = json!(format!("c_{n}"));
            lines.push(event.to_string());
        }
    }
    lines.push(json!({"id": "r1", "type": "refund", "merchant": "M1", "payment": "P12-20", "occurred_at": "2026-11-23T18:00:00+08:00", "amount": "38.00", "currency": "CNY"}).to_string());
    let answer = server.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.join("\n").as_bytes());
    let results = answer.json()["results"].clone();
    assert!(results.as_array().is_some_and(|results| results.len() == 40 && results.iter().all(|result| result["outcome"] == "posted")), "{results}");
    let position = results[39]["position"].as_str().expect("a position").to_owned();
    server.get_json(&format!("/v1/consumption/tickets?at_least={position}"));
    (directory, server)
}

/// An answer without its position, which is a list of all partitions, and its dates.
fn told(server: &Server, path: &str) -> Value {
    let mut answer = server.get_json(&format!("/v1/consumption/{path}"));
    let position = answer.as_object_mut().and_then(|answer| answer.remove("position")).expect("a position");
    assert_eq!(position.as_array().map(Vec::len), Some(12), "{position}");
    let dates = ["from", "to", "business_date"].map(|name| answer.as_object_mut().and_then(|answer| answer.remove(name)).expect("a date"));
    let right = if path.contains("from=") { ["2026-11-24", "2026-11-24", "2026-11-23"] } else { ["2026-10-25", "2026-11-23", "2026-11-23"] };
    assert_eq!(dates, right, "{path}");
    answer
}

fn customers(count: u32) -> Value {
    json!({"estimate": count, "error_percent": "0.00"})
}

#[test]
fn the_published_example_to_the_key() {
    let (_directory, server) = lived();
    let one = |row: Value, suppressed: u64| json!({"k": 10, "rows": [row], "suppressed": suppressed});
    assert_eq!(
        told(&server, "footfall?group_by=hour"),
        one(json!({"hour": 12, "currency": "CNY", "visits": 25, "customers": customers(25), "sales": "912.00"}), 2)
    );
    assert_eq!(
        told(&server, "footfall"),
        one(json!({"weekday": 1, "hour": 12, "currency": "CNY", "visits": 25, "customers": customers(25), "sales": "912.00"}), 2)
    );
    let tickets = json!({"currency": "CNY", "count": 38, "mean": "41.04", "p10": "38.00", "p25": "38.00", "p50": "38.00", "p75": "42.50", "p90": "42.50", "p95": "60.00", "p99": "60.00", "error_percent": "1.00"});
    assert_eq!(told(&server, "tickets"), one(tickets, 0));
    assert_eq!(told(&server, "customers"), one(json!({"customers": customers(25), "new": customers(25), "returning": customers(0)}), 0));
    let segment = json!({"recency": "0-7", "frequency": "1", "currency": "CNY", "customers": customers(25), "visit_days": 25, "sales": "1559.50"});
    assert_eq!(told(&server, "segments"), one(segment, 0));
    assert_eq!(told(&server, "cohorts"), one(json!({"cohort": "2026-11-23", "after": 0, "customers": customers(25), "retention_percent": "100.00"}), 0));
    let mix = json!({"mcc": "5812", "mcc_name": "Eating places and restaurants", "currency": "CNY", "visits": 39, "customers": customers(25), "sales": "1559.50", "share_percent": "100.00"});
    assert_eq!(told(&server, "mix"), one(mix, 0));
    assert_eq!(told(&server, "affinity"), json!({"k": 10, "rows": [], "suppressed": 0}));

    // Filters, also where nobody is left; months by their name.
    assert_eq!(
        told(&server, "footfall?group_by=month&hour=13")["rows"][0],
        json!({"month": "2026-11", "currency": "CNY", "visits": 11, "customers": customers(11), "sales": "467.50"})
    );
    assert_eq!(told(&server, "footfall?group_by=month&hour=14"), json!({"k": 10, "rows": [], "suppressed": 1}));
    assert_eq!(told(&server, "footfall?merchant=M2"), json!({"k": 10, "rows": [], "suppressed": 0}));
    assert_eq!(told(&server, "segments?monetary=0-99&group_by=monetary")["suppressed"], 0);
    assert_eq!(told(&server, "tickets?from=2026-11-24&to=2026-11-24"), json!({"k": 10, "rows": [], "suppressed": 0}));
    assert_eq!(told(&server, "customers?group_by=entry_mode")["rows"][0]["entry_mode"], "insert");
}

/// A sale at nine in the morning of a date.
fn morning(merchant: &str, date: &str, n: u32) -> Value {
    let id = format!("{merchant}-{date}-{n}");
    let mut event = sale(&id, merchant, &id, "10.00", "credit", &format!("{date}T09:{n:02}:00+08:00"));
    event["customer"] = json!(format!("c_{n}"));
    event
}

#[test]
fn a_region_is_whatever_a_contract_may_have() {
    let (_directory, server) = lived();
    let mut terms = contract();
    terms["region"] = json!("华东/上海 A");
    server.posted(&contract_set("c-2", "M2", terms));
    let mut last = Value::Null;
    for n in 0..12 {
        last = server.posted(&morning("M2", "2026-11-23", n));
    }
    let region = "%E5%8D%8E%E4%B8%9C%2F%E4%B8%8A%E6%B5%B7%20A";
    let path = format!("footfall?group_by=region&region={region}&at_least={}&wait_ms=20000", last["position"].as_str().expect("a position"));
    let answer = server.get_json(&format!("/v1/consumption/{path}"));
    assert_eq!(answer["rows"], json!([{"region": "华东/上海 A", "currency": "CNY", "visits": 12, "customers": customers(12), "sales": "120.00"}]));
}

#[test]
fn the_same_rows_as_csv_and_parquet() {
    let (_directory, server) = lived();
    let csv = server.get_as("/v1/consumption/mix", "text/csv");
    assert_eq!((csv.status, csv.content_type.as_str()), (200, "text/csv; charset=utf-8"));
    let lines: Vec<&str> = csv.text.split_terminator("\r\n").collect();
    assert_eq!(
        lines,
        [
            "mcc,mcc_name,currency,visits,customers,customers_error_percent,sales,share_percent",
            "5812,Eating places and restaurants,CNY,39,25,0.00,1559.50,100.00"
        ]
    );
    server.get_as("/v1/consumption/mix", "image/png").problem(406, "not_acceptable");
}

#[test]
fn what_is_wrong_is_named() {
    let (_directory, server) = lived();
    for (path, parameter) in [
        ("footfall?group_by=brand", "group_by"),
        ("footfall?group_by=day,week", "group_by"),
        ("mix?group_by=merchant,mcc", "group_by"),
        ("tickets?group_by=hour,card,region", "group_by"),
        ("customers?weekday=8", "weekday"),
        ("customers?week=2026-11-24", "week"),
        ("customers?from=2026-11-24&to=2026-11-23", "from"),
        ("customers?from=2027-01-01", "from"),
        ("segments?group_by=hour", "group_by"),
        ("segments?recency=1", "recency"),
        ("cohorts?period=year", "period"),
        ("cohorts?group_by=day", "group_by"),
        ("affinity?group_by=merchant,mcc", "group_by"),
        ("mix?brand=x", "brand"),
        ("mix?currency=XXX", "currency"),
        ("mix?region=CN%0731", "region"),
        ("mix?region=123456789012345678901234567890123", "region"),
    ] {
        let problem = server.get(&format!("/v1/consumption/{path}")).problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
    }
    let problem = server.get("/v1/consumption/footfall?group_by=brand").problem(400, "bad_parameter");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with("group_by: no key \"brand\"; there are ")), "{problem}");
    server.get("/v1/consumption/brands").problem(404, "not_found");
}
