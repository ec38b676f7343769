//! What a caller may take of the service: web pages, connections, their times, expensive questions, open files; and when the
//! service says that it is ready.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use serde_json::{Value, json};
use server::config::{Config, Layers};
use std::path::Path;
use std::time::{Duration, Instant};
use support::Server;
use support::events::{contract, contract_set, opened, sale};
use support::raw::Raw;

/// How long a condition may take to come about.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// A server with two partitions and a TOML file.
fn server(data: &Path, file: &str) -> Server {
    let mut layers = Layers::new();
    layers.flag("data", Some(data.display().to_string()));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("partitions", Some("2".to_owned()));
    layers.file("test.toml", file).expect("a file");
    Server::with(Config::read(&layers).expect("a configuration"))
}

#[test]
fn no_web_page_reads_or_posts() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "");
    let sent = |lines: &[&str]| Raw::connect(&server.base).get("/v1/merchants/M1/balances", lines).status;
    assert_eq!(sent(&["host: 127.0.0.1"]), 404, "nothing is in the ledger, and one may look");
    assert_eq!(sent(&["host: localhost:8080", "origin: http://localhost:3000"]), 404);
    for page in [
        vec!["host: rebound.example:8080"],
        vec!["host: 127.0.0.1", "origin: https://evil.example"],
        vec!["host: 127.0.0.1", "origin: null"],
        vec!["host: 127.0.0.1", "sec-fetch-site: cross-site"],
    ] {
        assert_eq!(sent(&page), 403, "{page:?}");
    }
    // Every path, those without a route and those that are open included.
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/", "/nothing"] {
        let answer = Raw::connect(&server.base).get(path, &["host: rebound.example"]);
        assert_eq!((answer.status, answer.body.contains("\"forbidden\"")), (403, true), "{path}: {answer:?}");
    }
    // What a form can say without asking the server first is not an event's content type, whoever sends it.
    let event = opened("2026-11-20").to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/octet-stream"] {
        server.post("/v1/events", content_type, event.as_bytes()).problem(415, "unsupported_media_type");
    }
    assert_eq!(server.get_json("/readyz")["shards"][0]["position"], "0:-1", "nothing was appended");
    assert_eq!(server.post("/v1/events?wait=true", "application/json; charset=utf-8", event.as_bytes()).status, 200);
}

#[test]
fn a_slow_client_is_left() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "[limits]\nheader_seconds = 1\nidle_seconds = 2\nbody_seconds = 1");
    // Half a header.
    let mut half = Raw::connect(&server.base);
    half.send(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ");
    let started = Instant::now();
    assert!(half.is_ended());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    // Nothing at all; and nothing after an answer.
    assert!(Raw::connect(&server.base).is_ended());
    let mut idle = Raw::connect(&server.base);
    assert_eq!(idle.get("/healthz", &["host: 127.0.0.1"]).status, 200);
    assert!(idle.is_ended());
    // Half a body.
    let mut body = Raw::connect(&server.base);
    body.send(b"POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"id\":");
    let answer = body.answer();
    assert_eq!((answer.status, answer.body.contains("\"request_timeout\"")), (408, true), "{answer:?}");
}

/// Where a request is answered before its body was read, the next one comes over the same connection, or the answer says that none can.
#[test]
fn a_refused_request_leaves_a_connection_or_says_that_it_ends() {
    const LATE: &str = "content-type: application/json\r\ncontent-length: 9";
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "[limits]\nbody_seconds = 1");
    let refused = |head: &str, body: &[u8]| {
        let mut client = Raw::connect(&server.base);
        client.send(format!("POST {head}\r\n\r\n").as_bytes());
        // The body comes when the answer could be there.
        std::thread::sleep(Duration::from_millis(100));
        client.send(body);
        let answer = client.answer();
        (client, answer)
    };
    for (status, head) in [
        (404, format!("/nothing HTTP/1.1\r\nhost: 127.0.0.1\r\n{LATE}")),
        (405, format!("/healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n{LATE}")),
        (403, format!("/v1/events HTTP/1.1\r\nhost: rebound.example\r\n{LATE}")),
        (415, "/v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/plain\r\ncontent-length: 9".to_owned()),
        (415, "/v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/plain\r\ncontent-length: 9\r\nexpect: 100-continue".to_owned()),
    ] {
        let (mut client, answer) = refused(&head, b"{\"id\":1}\n");
        assert_eq!(answer.status, status, "{head}: {answer:?}");
        let is_ended = answer.head.contains("connection: close");
        assert_eq!(is_ended, head.contains("expect"), "a small body is read: {head}: {answer:?}");
        if !is_ended {
            assert_eq!(client.get("/healthz", &["host: 127.0.0.1"]).status, 200, "{head}");
        }
    }
    // What is too long to be read for nobody, said beforehand or not, and what does not come.
    let long = "x".repeat(300 << 10);
    let chunk = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    for (told, body) in [(format!("content-length: {}", long.len()), ""), ("transfer-encoding: chunked".to_owned(), chunk.as_str()), (LATE.to_owned(), "")] {
        let (mut client, answer) = refused(&format!("/nothing HTTP/1.1\r\nhost: 127.0.0.1\r\n{told}"), body.as_bytes());
        assert_eq!((answer.status, answer.head.contains("connection: close")), (404, true), "{told}: {answer:?}");
        assert!(client.is_ended());
    }
    let mut client = Raw::connect(&server.base);
    client.send(format!("POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\n{LATE}\r\n\r\n").as_bytes());
    let answer = client.answer();
    assert_eq!((answer.status, answer.head.contains("connection: close")), (408, true), "{answer:?}");
}

#[test]
fn a_stream_outlives_the_times_of_requests() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "[limits]\nheader_seconds = 1\nidle_seconds = 1\nwrite_seconds = 1");
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c1", "M1", contract()));
    let mut stream = Raw::connect(&server.base);
    stream.send(b"GET /v1/merchants/M1/balances/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    assert_eq!(stream.answer().status, 200);
    // Longer than any of the times: the stream is told what happens then.
    std::thread::sleep(Duration::from_secs(3));
    server.posted(&sale("s1", "M1", "P1", "1000.00", "credit", "2026-11-20T10:00:00+08:00"));
    let mut told = String::new();
    while !told.contains("894.00") {
        let mut bytes = [0; 512];
        let count = std::io::Read::read(&mut stream.0, &mut bytes).expect("the stream goes on");
        assert!(count > 0, "the stream ended after {told:?}");
        told.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}

#[test]
fn connections_beyond_the_bound_are_told_so() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "[limits]\nconnections = 3");
    let mut kept: Vec<Raw> = (0..3).map(|_| Raw::connect(&server.base)).collect();
    for raw in &mut kept {
        assert_eq!(raw.get("/healthz", &["host: 127.0.0.1"]).status, 200);
    }
    let mut more = Raw::connect(&server.base);
    let answer = more.answer();
    assert_eq!((answer.status, answer.body.contains("\"unavailable\"")), (503, true), "{answer:?}");
    assert!(answer.head.contains("retry-after: 1"), "{answer:?}");
    // Those that are there go on, and one that ends makes room.
    assert_eq!(kept[0].get("/healthz", &["host: 127.0.0.1"]).status, 200);
    kept.pop();
    until(|| {
        let mut again = Raw::connect(&server.base);
        again.0.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        again.get("/healthz", &["host: 127.0.0.1"]).status == 200
    });
}

#[test]
fn expensive_questions_have_a_bound_that_small_ones_do_not_feel() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "[limits]\nexpensive = 2");
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c1", "M1", contract()));
    // Two that wait for what does not come.
    let waiting = "/v1/accounts?at_least=0:1000000&wait_ms=60000";
    let mut asked: Vec<Raw> = (0..2).map(|_| Raw::connect(&server.base)).collect();
    for raw in &mut asked {
        raw.send(format!("GET {waiting} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").as_bytes());
    }
    until(|| server.get("/metrics").text.contains("merchant_ledger_expensive_questions 2"));
    let expensive = ["/v1/accounts", "/v1/fee-income", "/v1/exposure", "/v1/merchants", "/v1/consumption/cohorts", "/v1/quarantine"];
    // All of a merchant's list in one file is one, too; a page of it is not.
    let files = ["entries?format=csv", "holds?format=parquet", "payouts?format=csv", "fees?format=csv", "disputes?format=csv", "contracts?format=csv"];
    for path in expensive.into_iter().map(str::to_owned).chain(files.map(|file| format!("/v1/merchants/M1/{file}"))) {
        let path = path.as_str();
        let refused = Raw::connect(&server.base).get(path, &["host: 127.0.0.1"]);
        assert_eq!((refused.status, refused.body.contains("\"too_many_requests\"")), (429, true), "{path}: {refused:?}");
        assert!(refused.head.contains("retry-after: 1"), "{refused:?}");
    }
    let by_accept = server.get_as("/v1/merchants/M1/entries", "text/csv");
    assert_eq!(
        (by_accept.status, server.get("/v1/merchants/M1/entries").status, server.get("/v1/merchants/M1/entries?format=csv&limit=10").status),
        (429, 200, 200)
    );
    server.posted(&sale("s1", "M1", "P1", "1000.00", "credit", "2026-11-20T10:00:00+08:00"));
    assert_eq!(server.get_json("/v1/merchants/M1/balances")["balances"][0]["pending"], "894.00");
    // A client that goes away takes its question with it.
    drop(asked);
    until(|| server.get("/metrics").text.contains("merchant_ledger_expensive_questions 0"));
    assert_eq!(server.get("/v1/accounts").status, 200);
}

/// Waits until something is so.
fn until(mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < WAIT_MAX, "it did not come about");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn whoever_hears_that_it_is_ready_gets_what_was_there() {
    let data = tempfile::tempdir().unwrap();
    let mut lines = vec![opened("2026-11-20")];
    lines.extend((0..400).map(|number| contract_set(&format!("c{number}"), &format!("M{number}"), contract())));
    lines.extend((0..8000).map(|number| {
        let merchant = format!("M{}", number % 400);
        sale(&format!("s{number}"), &merchant, &format!("P{number}"), "100.00", "credit", "2026-11-20T10:00:00+08:00")
    }));
    let body = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let first = server(data.path(), "");
    let answer = first.post("/v1/events?wait=true&wait_ms=60000", "application/x-ndjson", body.as_bytes());
    assert_eq!(answer.status, 200, "{}", &answer.text[..200.min(answer.text.len())]);
    let whole = first.get_json("/v1/merchants/M399/balances")["balances"].clone();
    first.stop();
    // As after a restore from a copy without views: everything is folded anew from the journal.
    for partition in ["0000", "0001"] {
        std::fs::remove_dir_all(data.path().join(partition).join("views")).expect("views");
    }
    let second = server(data.path(), "");
    let (mut told, started) = (Vec::new(), Instant::now());
    loop {
        let ready = second.get("/readyz");
        if ready.status == 200 {
            break;
        }
        told.extend(ready.json()["shards"].as_array().expect("shards").iter().map(|shard| json!([shard["state"], shard["code"]])));
        assert!(started.elapsed() < WAIT_MAX, "{}", ready.text);
    }
    assert_eq!(second.get_json("/v1/merchants/M399/balances")["balances"], whole);
    assert!(told.contains(&json!(["catching_up", "views_behind"])) || told.is_empty(), "{told:?}");
}

/// However long a name is that nobody knows, no time is spent on what it may have meant, and little of it is repeated.
#[test]
fn what_is_long_and_unknown_is_refused_at_once_and_shortly() {
    const TOLD_BYTES_MAX: usize = 8 << 10;
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "");
    let long = |letters: usize| "b".repeat(letters);
    for (path, status, code) in [
        (format!("/v1/merchantz/{}", long(12_000)), 404, "not_found"),
        (format!("/v1/{}", long(12_000)), 404, "not_found"),
        (format!("/v1/merchants/{}/balance", long(12_000)), 404, "not_found"),
        (format!("/v1/merchants/{}/balances", long(12_000)), 404, "not_found"),
        (format!("/v1/merchants/M1/payments/{}", long(12_000)), 404, "not_found"),
        (format!("/v1/webhooks/{}", long(12_000)), 404, "not_found"),
        (format!("/v1/projections/{}/rebuild", long(12_000)), 404, "not_found"),
        (format!("/v1/merchants/M1/statements/{}", long(12_000)), 400, "bad_parameter"),
        (format!("/v1/fee-income?{}=1", long(8000)), 400, "bad_parameter"),
        (format!("/v1/fee-income?group_by={}", long(8000)), 400, "bad_parameter"),
        (format!("/v1/holds?state={}", long(8000)), 400, "bad_parameter"),
    ] {
        let answer = server.get(&path);
        answer.problem(status, code);
        assert!(answer.text.len() < TOLD_BYTES_MAX, "{}: {} bytes", &path[..30], answer.text.len());
    }
    server.event(&opened("2026-11-20"));
    let lines = vec![json!({"id": "e", "type": long(60_000), "merchant": "M1"}).to_string(); 20];
    let answer = server.post("/v1/events", "application/x-ndjson", lines.join("\n").as_bytes());
    assert!(answer.status == 200 && answer.text.len() < 20 * TOLD_BYTES_MAX, "{}: {} bytes", answer.status, answer.text.len());
    server.post("/v1/events", "application/json", lines[0].as_bytes()).problem(422, "unknown_type");
    // What asks for a webhook is no batch of events.
    let hook = |name: &str| json!({"url": "https://shop.example/hooks", "merchant": "M1", name: 1}).to_string();
    let answer = server.post("/v1/webhooks", "application/json", hook(&long(60_000)).as_bytes());
    let parameter = answer.problem(400, "bad_parameter")["parameter"].as_str().map(str::len);
    assert!(answer.text.len() < TOLD_BYTES_MAX && parameter.is_some_and(|length| length < 100), "{} bytes", answer.text.len());
    server.post("/v1/webhooks", "application/json", hook(&long(70_000)).as_bytes()).problem(413, "too_large");
}
