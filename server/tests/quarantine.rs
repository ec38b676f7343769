//! What is set aside: found, told, sent again. Records come into the log as a producer would write them, unread.

mod support;

use serde_json::{Value, json};
use server::node::{Intake, Target};
use server::shape::Position;
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const MORNING: &str = "2026-11-20T10:15:00+08:00";

/// Appends bytes to the partition of a key, past every check.
fn append(server: &Server, key: &str, value: &[u8]) -> Position {
    let target = Target::One(schemas::partition::partition_of(key.as_bytes(), 12));
    append_to(server, target, key, value)
}

fn append_to(server: &Server, target: Target, key: &str, value: &[u8]) -> Position {
    let id = schemas::ids::EventId::new("any").expect("an id");
    let intake = Intake { id, target, key: Some(key.as_bytes().to_vec()), value: value.to_vec() };
    server.node.append_now(vec![intake]).expect("appended")[0][0]
}

#[test]
fn bad_records_are_set_aside_with_their_code_and_do_not_delay_the_next() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    let early = append(&server, "M1", sale("early", "M1", "P0", "1.00", "credit", MORNING).to_string().as_bytes());
    let before = server.get_json(&format!("/v1/exposure?at_least={early}&wait_ms=20000"));
    assert!(before["position"].as_array().is_some_and(|positions| positions.contains(&json!(early.to_string()))), "{before}");
    for path in ["/v1/fee-income", "/v1/consumption/tickets", "/v1/reconciliation"] {
        let before = server.get_json(path);
        assert_eq!((&before["from"], &before["to"], &before["business_date"]), (&Value::Null, &Value::Null, &Value::Null), "{path}: nobody asked for dates");
        let asked = server.get_json(&format!("{path}?from=2026-11-01&to=2026-11-02"));
        assert_eq!((&asked["from"], &asked["to"]), (&json!("2026-11-01"), &json!("2026-11-02")), "{path}");
    }
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let good = sale("g1", "M1", "P1", "10.00", "credit", MORNING).to_string();
    let bad_one = |id: &str| good.replace("\"g1\"", &format!("\"{id}\""));
    let other = (schemas::partition::partition_of(b"M1", 12) + 1) % 12;
    let bad: Vec<(&str, Position)> = vec![
        ("not_opened", early),
        ("malformed", append(&server, "M1", b"\xff\xfe no text")),
        ("malformed", append(&server, "M1", format!("{}1{}", "[".repeat(5000), "]".repeat(5000)).as_bytes())),
        ("unknown_type", append(&server, "M1", bad_one("b1").replace("\"sale\"", "\"sail\"").as_bytes())),
        ("bad_amount", append(&server, "M1", bad_one("b2").replace("10.00", "10.001").as_bytes())),
        ("bad_amount", append(&server, "M1", bad_one("b3").replace("\"10.00\"", "10.00").as_bytes())),
        ("card_data", append(&server, "M1", bad_one("b4").replace("\"T1\"", "\"T1\",\"memo\":\"4111-1111-1111-1111\"").as_bytes())),
        ("too_large", append(&server, "M1", "x".repeat(900 << 10).as_bytes())),
        ("wrong_partition", append_to(&server, Target::One(other), "M1", good.as_bytes())),
    ];
    let next = server.posted(&serde_json::from_str(&good).expect("JSON"));
    let positions: Vec<String> = [next["position"].as_str().expect("a position").to_owned(), bad[8].1.to_string()].into();
    let page = server.get_json(&format!("/v1/quarantine?at_least={}&wait_ms=20000", positions.join(",")));
    assert_eq!(page["position"].as_array().map(Vec::len), Some(12));
    let rows = page["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), bad.len(), "{page}");
    for (code, position) in &bad {
        let row = rows.iter().find(|row| row["position"] == json!(position.to_string())).unwrap_or_else(|| panic!("{code} at {position} in {page}"));
        assert_eq!(row["code"], *code, "{row}");
        assert!(row["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{row}");
        assert!(row["value"].as_str().is_some_and(|value| value.chars().count() <= 1000), "{row}");
        assert!(!row.to_string().contains("1111-1111"), "{row}");
    }
    let first = server.get_json("/v1/quarantine?limit=4");
    let mut seen = first["rows"].as_array().expect("rows").len();
    let mut next = first["next"].as_str().map(str::to_owned);
    while let Some(cursor) = next {
        let page = server.get_json(&format!("/v1/quarantine?limit=4&cursor={cursor}"));
        seen += page["rows"].as_array().expect("rows").len();
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, bad.len());
    let status = server.get_json("/v1/events/early?merchant=M1");
    assert_eq!((&status["outcome"], &status["code"], &status["business_date"]), (&json!("quarantined"), &json!("not_opened"), &Value::Null));
    assert_eq!(server.get_json("/v1/events/early")["code"], "not_opened");

    let replay = |position: Position| server.post(&format!("/v1/quarantine/{position}/replay?wait=true&wait_ms=20000"), "application/json", b"");
    let again = replay(early);
    assert_eq!(again.status, 200, "{}", again.text);
    let again = again.json()["results"][0].clone();
    assert_eq!((&again["id"], &again["outcome"]), (&json!("early"), &json!("posted")));
    let at = again["position"].as_str().expect("a position");
    let page = server.get_json(&format!("/v1/quarantine?at_least={at}&wait_ms=20000"));
    let row = page["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["position"] == json!(early.to_string()))).cloned();
    assert_eq!(row.map(|row| row["replayed_as"].clone()), Some(json!(at)));
    replay(early).problem(409, "already_replayed");
    replay(bad[6].1).problem(409, "masked");
    replay(bad[4].1).problem(422, "bad_amount");
    replay(Position { offset: 100_000, ..early }).problem(404, "not_found");
    server.post("/v1/quarantine/x/replay", "application/json", b"").problem(400, "bad_parameter");
}

#[test]
fn a_record_on_a_wrong_partition_is_sent_again_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let home = schemas::partition::partition_of(b"M1", 12);
    let event = |id: &str| sale(id, "M1", &format!("P-{id}"), "10.00", "credit", MORNING);
    let astray = |id: &str| append_to(&server, Target::One((home + 1) % 12), "M1", event(id).to_string().as_bytes());
    let (first, second) = (astray("s1"), astray("s2"));
    let told = |at: &str, position: Position| {
        let page = server.get_json(&format!("/v1/quarantine?at_least={at}&wait_ms=20000"));
        let row = page["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["position"] == json!(position.to_string()))).cloned();
        row.unwrap_or_else(|| panic!("{position} in {page}"))
    };
    let row = told(&second.to_string(), first);
    assert_eq!((&row["code"], &row["replayed_as"]), (&json!("wrong_partition"), &Value::Null));
    let replay = |position: Position| server.post(&format!("/v1/quarantine/{position}/replay?wait=true&wait_ms=20000"), "application/json", b"");
    let again = replay(first);
    assert_eq!((again.status, &again.json()["results"][0]["outcome"]), (200, &json!("posted")), "{}", again.text);
    let at = again.json()["results"][0]["position"].as_str().expect("a position").to_owned();
    assert!(at.starts_with(&format!("{home}:")), "{at}");
    assert_eq!(told(&at, first)["replayed_as"], json!(at));
    let problem = replay(first).problem(409, "already_replayed");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(&at)), "{problem}");
    // What its sender sends to the right partition itself need not be sent again, either.
    assert_eq!(told(&at, second)["replayed_as"], Value::Null);
    let sent = server.posted(&event("s2"))["position"].as_str().expect("a position").to_owned();
    assert_eq!(told(&sent, second)["replayed_as"], json!(sent));
    replay(second).problem(409, "already_replayed");
}

#[test]
fn a_contract_with_a_name_that_is_mistyped_is_not_sent_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    let mut terms = contract();
    terms["rates"] = json!([{"percnt": "0.60"}]);
    let early = append(&server, "M1", contract_set("c-1", "M1", terms).to_string().as_bytes());
    server.posted(&opened("2026-11-20"));
    server.get_json(&format!("/v1/quarantine?at_least={early}&wait_ms=20000"));
    let problem = server.post(&format!("/v1/quarantine/{early}/replay?wait=true"), "application/json", b"").problem(422, "bad_contract");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("did you mean percent?")), "{problem}");
}

#[test]
fn the_newest_come_first_whichever_partition_they_are_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    let bad = |partition: u32| append_to(&server, Target::One(partition), "K", b"nothing readable");
    let (first, second) = (bad(3), bad(5));
    server.get_json(&format!("/v1/quarantine?at_least={first},{second}&wait_ms=20000"));
    server.posted(&json!({"id": "close-20", "type": "day_closed", "date": "2026-11-20"}));
    let (third, fourth) = (bad(5), bad(5));
    server.get_json(&format!("/v1/quarantine?at_least={fourth}&wait_ms=20000"));
    let expected = [fourth, third, first, second].map(|position| position.to_string());
    for limit in [1, 2, 3, 100] {
        let (mut told, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.get_json(&format!("/v1/quarantine?limit={limit}{cursor}"));
            told.extend(page["rows"].as_array().expect("rows").iter().map(|row| row["position"].as_str().expect("a position").to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(told, expected, "{limit} a page");
    }
    let of_first_date = server.get_json("/v1/quarantine?to=2026-11-20&limit=1");
    assert_eq!(of_first_date["rows"][0]["position"], json!(first.to_string()));
}
