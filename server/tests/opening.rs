//! A process from its start to its end: manifests that are damaged, and signals that come early.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const BINARY: &str = env!("CARGO_BIN_EXE_merchant-ledger");
/// Many times what anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How it ended, which must come about.
fn ended(mut child: Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if begun.elapsed() > WAIT_MAX {
            child.kill().expect("it runs");
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn whoever_reads_that_it_answers_may_end_it() {
    let directory = tempfile::tempdir().expect("a directory");
    for (round, signal) in [Signal::TERM, Signal::INT, Signal::TERM, Signal::INT, Signal::TERM, Signal::TERM].into_iter().enumerate() {
        let mut serve = Command::new(BINARY);
        serve.arg("serve").arg("--data").arg(directory.path().join("data")).args(["--partitions", "2", "--listen", "127.0.0.1:0"]);
        let mut child = serve.stderr(Stdio::piped()).spawn().expect("the binary");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("answering")), "round {round}");
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        // What it says at its end must not stop it.
        let saying = std::thread::spawn(move || lines.count());
        assert_eq!(ended(child).code(), Some(0), "round {round}, {signal:?}");
        saying.join().expect("lines");
    }
}

fn manifest(directory: &Path) -> PathBuf {
    let current = std::fs::read_to_string(directory.join("CURRENT")).expect("a name");
    directory.join(current.trim_end())
}

#[test]
fn a_manifest_that_is_damaged_is_told_and_nothing_waits_for_ever() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let configuration = || {
        let mut layers = server::config::Layers::new();
        layers.flag("data", Some(data.display().to_string()));
        layers.flag("listen", Some("127.0.0.1:0".to_owned()));
        layers.flag("partitions", Some("1".to_owned()));
        server::config::Config::read(&layers).expect("a configuration")
    };
    let first = Server::with(configuration());
    first.posted(&opened("2026-11-20"));
    first.posted(&contract_set("c", "M1", contract()));
    first.posted(&sale("s", "M1", "P1", "1000.00", "credit", "2026-11-20T10:00:00+08:00"));
    let told = first.get_json("/v1/merchants/M1/balances")["balances"].clone();
    first.stop();
    for part in ["0000/journal", "0000/views", "log"] {
        let path = manifest(&data.join(part));
        let whole = std::fs::read(&path).expect("readable");
        // Of the first record: its kind becomes one of a recycled log, on which RocksDB's opening does not end; its length; its content.
        for (byte, bit) in [(6, 2), (4, 0), (9, 1)] {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << bit;
            std::fs::write(&path, flipped).expect("writable");
            let verify = Command::new(BINARY).arg("verify").arg("--data").arg(&data).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            assert_eq!(ended(verify.expect("the binary")).code(), Some(1), "{part}: bit {bit} of byte {byte}");
            if part == "0000/views" {
                let again = Server::with(configuration());
                let begun = Instant::now();
                while again.get("/readyz").status != 200 {
                    assert!(begun.elapsed() < WAIT_MAX, "{}", again.get("/readyz").text);
                }
                assert_eq!(again.get_json("/v1/merchants/M1/balances")["balances"], told, "folded anew");
                again.stop();
                break;
            }
        }
        if part != "0000/views" {
            std::fs::write(&path, &whole).expect("writable");
        }
    }
    let verify = Command::new(BINARY).arg("verify").arg("--data").arg(&data).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    assert_eq!(ended(verify.expect("the binary")).code(), Some(0), "as it was");
}

#[test]
fn a_server_that_has_begun_knows_its_webhooks() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let server = Server::start(&data);
    assert_eq!(server.get_json("/v1/webhooks")["rows"], json!([]), "asked at once");
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c", "M1", contract()));
    let hook = server.post("/v1/webhooks", "application/json", br#"{"url":"https://93.184.215.14/hooks","merchant":"M1","types":["payment.sale"]}"#);
    assert_eq!(hook.status, 201, "{}", hook.text);
    drop(server);
    let rows = Server::start(&data).get_json("/v1/webhooks")["rows"].clone();
    assert_eq!(rows[0]["id"], hook.json()["id"], "asked at once: {rows}");
}
