//! A server whose Kafka is not there: it says so, and answers from what it has.

mod support;

use server::config::{Config, Layers};
use std::path::Path;
use std::time::{Duration, Instant};
use support::Server;
use support::events::{contract, contract_set, opened, sale};

/// Nothing listens on port 1 of this machine.
const NOBODY: &str = "127.0.0.1:1";

fn with_kafka(data: &Path) -> Config {
    let mut layers = Layers::new();
    layers.flag("data", data.to_str().map(str::to_owned));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("brokers", Some(NOBODY.to_owned()));
    Config::read(&layers).expect("a configuration")
}

#[test]
fn without_anything_on_disk_it_says_what_it_waits_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::with(with_kafka(directory.path()));
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 503);
    let ready = ready.json();
    assert_eq!((&ready["ready"], &ready["code"]), (&false.into(), &"kafka_unreachable".into()), "{ready}");
    assert!(ready["detail"].as_str().is_some_and(|detail| detail.contains(NOBODY)), "{ready}");
    assert_eq!(server.get_json("/healthz")["status"], "ok");
    server.post("/v1/events", "application/json", opened("2026-11-20").to_string().as_bytes()).problem(503, "unavailable");
    server.get("/v1/merchants").problem(503, "unavailable");
    server.get("/v1/merchants/M1/balances").problem(503, "unavailable");
    server.get("/v1/accounts").problem(503, "unavailable");
    assert_eq!(server.get("/metrics").status, 200);
}

#[test]
fn with_shards_on_disk_it_answers_from_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let result = server.posted(&sale("e1", "M1", "P1", "1000.00", "credit", "2026-11-20T10:15:00+08:00"));
    let position = result["position"].as_str().expect("a position");
    let balances = server.get_json(&format!("/v1/merchants/M1/balances?at_least={position}"));
    let accounts = server.get_json("/v1/accounts?group_by=book,code");
    server.stop();

    let server = Server::with(with_kafka(directory.path()));
    assert_eq!(server.get_json("/v1/merchants/M1/balances"), balances);
    assert_eq!(server.get_json("/v1/accounts?group_by=book,code"), accounts);
    assert_eq!(server.get_json("/v1/events/e1?merchant=M1")["outcome"], "posted");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let ready = server.get("/readyz");
        assert_eq!(ready.status, 503, "{}", ready.text);
        let shards = ready.json()["shards"].clone();
        let codes: Vec<_> = shards.as_array().into_iter().flatten().map(|shard| (shard["state"].as_str(), shard["code"].as_str())).collect();
        assert_eq!(codes.len(), 12);
        if codes.iter().all(|code| *code == (Some("halted"), Some("kafka_unreachable"))) {
            break;
        }
        assert!(Instant::now() < deadline, "{}", ready.text);
        std::thread::sleep(Duration::from_millis(100));
    }
}
