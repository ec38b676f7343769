//! Rebuilds: one at a time, on every partition or on none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use serde_json::Value;
use server::config::{Config, Layers};
use std::path::Path;
use std::time::{Duration, Instant};
use support::events::{contract, contract_set, opened};
use support::{Answer, Server};

/// How long a condition may take to come about.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// A server with two partitions and a merchant.
fn server(data: &Path) -> Server {
    let mut layers = Layers::new();
    layers.flag("data", Some(data.display().to_string()));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("partitions", Some("2".to_owned()));
    let server = Server::with(Config::read(&layers).expect("a configuration"));
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c1", "M1", contract()));
    server
}

fn place(projection: &str) -> String {
    format!("/v1/projections/{projection}/rebuild")
}

fn start(server: &Server, projection: &str) -> Answer {
    server.post(&place(projection), "application/json", b"")
}

/// Waits until a rebuild has ended, and answers what is told of it.
fn ended(server: &Server, projection: &str) -> Value {
    let started = Instant::now();
    loop {
        let told = server.get_json(&place(projection));
        if told["state"] != "running" {
            return told;
        }
        assert!(started.elapsed() < WAIT_MAX, "{told}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn another_rebuild_is_refused_as_a_whole_and_the_same_one_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path());
    // One partition is done soon, the other one is at it for as long as its views are held.
    let places = server.node.locals();
    let held = places[1].follower().expect("open").hold();
    let first = start(&server, "consumption");
    assert_eq!((first.status, &first.json()["state"]), (202, &"running".into()), "{}", first.text);
    let refused = start(&server, "entries");
    let detail = refused.problem(503, "unavailable")["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.contains("consumption is being rebuilt"), "{detail}");
    server.get(&place("entries")).problem(404, "not_found");
    let again = start(&server, "consumption");
    assert_eq!((again.status, &again.json()["state"]), (202, &"running".into()), "{}", again.text);
    drop(held);
    for projection in ["consumption", "entries"] {
        if projection == "entries" {
            assert_eq!(start(&server, projection).status, 202);
        }
        let told = ended(&server, projection);
        assert_eq!((&told["state"], &told["differences"]), (&"done".into(), &0.into()), "{told}");
    }
}

#[test]
fn a_partition_that_cannot_begin_it_leaves_the_others_alone() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path());
    let places = server.node.locals();
    let (first, second) = (places[0].follower().expect("open"), places[1].follower().expect("open"));
    let held = first.hold();
    second.stop();
    assert_eq!(start(&server, "entries").problem(503, "unavailable")["partition"], 1);
    server.get(&place("entries")).problem(404, "not_found");
    // Nothing was begun on the first one: it is free for another.
    let rebuilt = first.rebuild("balances", Box::new(|_| ())).expect("nothing else");
    drop(held);
    assert!(matches!(rebuilt.recv_timeout(WAIT_MAX), Ok(Ok(_))), "it ran by itself");
}
