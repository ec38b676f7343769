//! The memory of request bodies: all of them share a budget, in which small ones find room beside large ones, and which each gives back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use server::config::{Config, Layers};
use std::path::Path;
use std::time::{Duration, Instant};
use support::Server;
use support::events::{contract, contract_set, opened};
use support::raw::{Raw, RawAnswer};

/// How long a condition may take to come about.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// A body that takes 16 of the smallest budget's 20 MiB, which leaves 1.5 to large ones and 4 to small ones.
const LONGEST: usize = 8 << 20;
/// A body that does not fit beside it.
const LARGE: usize = 1 << 20;

/// A server with two partitions, the smallest budget, and a TOML file.
fn server(data: &Path, file: &str) -> Server {
    let mut layers = Layers::new();
    layers.flag("data", Some(data.display().to_string()));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("partitions", Some("2".to_owned()));
    layers.file("test.toml", &format!("bodies_mib = 20\n{file}")).expect("a file");
    Server::with(Config::read(&layers).expect("a configuration"))
}

/// Begins to post events.
fn begin(server: &Server, lines: &str) -> Raw {
    let mut raw = Raw::connect(&server.base);
    raw.send(format!("POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-ndjson\r\n{lines}\r\n\r\n").as_bytes());
    raw
}

/// An event, and empty lines up to so many bytes.
fn padded(event: &str, bytes: usize) -> Vec<u8> {
    let mut body = format!("{event}\n").into_bytes();
    body.resize(bytes, b'\n');
    body
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", body.len()).into_bytes();
    chunk.extend_from_slice(body);
    chunk.extend_from_slice(b"\r\n0\r\n\r\n");
    chunk
}

/// Waits until the bodies of all requests take so many bytes.
fn until_taken(server: &Server, bytes: usize) {
    let line = format!("merchant_ledger_memory_bytes{{part=\"bodies\"}} {bytes}\n");
    let started = Instant::now();
    while !server.get("/metrics").text.contains(&line) {
        assert!(started.elapsed() < WAIT_MAX, "it did not come about: {line}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Asserts that there was no room for a body.
fn assert_busy(answer: &RawAnswer) {
    assert_eq!((answer.status, answer.body.contains("\"unavailable\""), answer.body.contains("\"busy\"")), (503, true, true), "{answer:?}");
    assert!(answer.head.contains("retry-after: 1"), "{answer:?}");
}

#[test]
fn a_large_body_without_room_is_refused_and_small_ones_pass_beside_it() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "");
    assert!(server.get("/metrics").text.contains("merchant_ledger_memory_budget_bytes{part=\"bodies\"} 20971520\n"));
    // One that says how long it will be has its room before it comes.
    let slow = begin(&server, &format!("content-length: {LONGEST}"));
    until_taken(&server, 2 * LONGEST);
    let event = opened("2026-11-20").to_string();
    let large = padded(&event, LARGE);
    // Whoever asks first sends nothing.
    let mut asking = begin(&server, &format!("content-length: {LARGE}\r\nexpect: 100-continue"));
    assert_busy(&asking.answer());
    // Whoever sends it all the same is told so, too, and may go on over the same connection; as one who does not say its length.
    for (line, body) in [(format!("content-length: {LARGE}"), large.clone()), ("transfer-encoding: chunked".to_owned(), chunked(&large))] {
        let mut sending = begin(&server, &line);
        sending.send(&body);
        let answer = sending.answer();
        assert_busy(&answer);
        assert!(!answer.head.contains("connection: close"), "{answer:?}");
        assert_eq!(sending.get("/healthz", &["host: 127.0.0.1"]).status, 200, "{line}");
    }
    assert_eq!(server.get_json("/readyz")["shards"][0]["position"], "0:-1", "nothing was appended");
    // Small ones are served meanwhile, however they come.
    server.posted(&opened("2026-11-20"));
    let mut small = begin(&server, "transfer-encoding: chunked");
    small.send(&chunked(&padded(&contract_set("c1", "M1", contract()).to_string(), 48 << 10)));
    assert_eq!(small.answer().status, 200);
    until_taken(&server, 2 * LONGEST);
    // A client that goes away gives its room back.
    drop(slow);
    until_taken(&server, 0);
    let answer = server.post("/v1/events", "application/x-ndjson", &large);
    assert_eq!(answer.status, 200, "{}", answer.text);
    until_taken(&server, 0);
}

#[test]
fn a_body_that_stops_is_ended_and_gives_its_room_back() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), "[limits]\nbody_seconds = 1");
    let mut slow = begin(&server, &format!("content-length: {LONGEST}"));
    slow.send(&vec![b'\n'; LARGE]);
    let answer = slow.answer();
    assert_eq!((answer.status, answer.body.contains("\"request_timeout\"")), (408, true), "{answer:?}");
    until_taken(&server, 0);
    let large = padded(&opened("2026-11-20").to_string(), LARGE);
    assert_eq!(server.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", &large).status, 200);
}
