//! A process from its start to its end: manifests that are damaged or cut off, and signals that come early.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use server::node::Node;
use std::collections::BTreeMap;
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

/// Of a ledger of one partition.
fn configuration(data: &Path) -> server::config::Config {
    let mut layers = server::config::Layers::new();
    layers.flag("data", Some(data.display().to_string()));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("partitions", Some("1".to_owned()));
    server::config::Config::read(&layers).expect("a configuration")
}

/// One with a sale; the balances after it.
fn with_a_sale(data: &Path) -> (Server, Value) {
    let server = Server::with(configuration(data));
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c", "M1", contract()));
    server.posted(&sale("s", "M1", "P1", "1000.00", "credit", "2026-11-20T10:00:00+08:00"));
    let told = server.get_json("/v1/merchants/M1/balances")["balances"].clone();
    (server, told)
}

/// Starts one, which is ready soon and tells these balances.
fn tells(data: &Path, balances: &Value) -> Server {
    let server = Server::with(configuration(data));
    let begun = Instant::now();
    while server.get("/readyz").status != 200 {
        assert!(begun.elapsed() < WAIT_MAX, "{}", server.get("/readyz").text);
    }
    assert_eq!(&server.get_json("/v1/merchants/M1/balances")["balances"], balances);
    server
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("room");
    for entry in std::fs::read_dir(from).expect("a directory").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { std::fs::copy(entry.path(), target).map(drop).expect("room") }
    }
}

/// The files with rows of a database, and how long each is.
fn tables(directory: &Path) -> BTreeMap<String, u64> {
    let files = std::fs::read_dir(directory).expect("a directory").flatten().filter(|file| file.path().extension().is_some_and(|ending| ending == "sst"));
    files.map(|file| (file.file_name().to_string_lossy().into_owned(), file.metadata().expect("there").len())).collect()
}

/// Takes the last bytes of a database's manifest away, at least so many, and ends it in the middle of a record; answers it as it was.
fn cut_off(directory: &Path, bytes: usize) -> Vec<u8> {
    let path = manifest(directory);
    let whole = std::fs::read(&path).expect("readable");
    let is_torn = |bytes: &usize| {
        std::fs::write(&path, &whole[..whole.len() - bytes]).expect("writable");
        ledger::framing::torn(directory).expect("no other damage").is_some()
    };
    (bytes..whole.len()).find(is_torn).expect("records have a middle");
    whole
}

#[test]
fn a_manifest_that_is_cut_off_takes_no_files_with_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let (server, balances) = with_a_sale(&data);
    server.stop();

    // The log and the journal: what RocksDB would remove is the only copy, so it is not opened.
    let log = data.join("log");
    let (before, whole) = (tables(&log), cut_off(&log, 30));
    let refused = Node::open(configuration(&data)).err().expect("it has no log").to_string();
    assert!(refused.contains("ends in the middle of a record") && refused.contains("Nothing was changed or removed"), "{refused}");
    assert_eq!(tables(&log), before);
    std::fs::write(manifest(&log), whole).expect("writable");

    let journal = data.join("0000/journal");
    let (before, whole) = (tables(&journal), cut_off(&journal, 30));
    let server = Server::with(configuration(&data));
    let told = server.get("/readyz").json()["shards"][0].clone();
    assert_eq!(told["code"], "corrupt", "{told}");
    assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("ends in the middle of a record")), "{told}");
    let problem = server.get("/v1/audit/heads").problem(503, "unavailable");
    assert_eq!((&problem["partition"], &problem["reason"]), (&json!(0), &json!("corrupt")), "a partition is not left out: {problem}");
    assert_eq!(tables(&journal), before);
    server.stop();
    assert_eq!(tables(&journal), before);
    std::fs::write(manifest(&journal), whole).expect("writable");
    tells(&data, &balances).stop();

    // Views are folded anew, which is told and counted.
    cut_off(&data.join("0000/views"), 30);
    let server = tells(&data, &balances);
    let metrics = server.get("/metrics").text;
    assert!(metrics.contains("merchant_ledger_views_folded_anew_total{partition=\"0\"} 1\n"), "{metrics}");
    server.stop();
    let verify = Command::new(BINARY).arg("verify").arg("--data").arg(&data).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    assert_eq!(ended(verify.expect("the binary")).code(), Some(0), "as it was");
}

#[test]
fn what_a_power_cut_leaves_of_a_manifest_is_opened_and_kept_and_no_log_is_made_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, journal, log) = (directory.path().join("data"), directory.path().join("journal"), directory.path().join("log"));
    let (server, balances) = with_a_sale(&data);
    // As the machine left them: all rows are in logs of writes still.
    [&journal, &log].into_iter().for_each(|to| copy(&data, to));
    server.stop();
    cut_off(&journal.join("0000/journal"), 5);
    tells(&journal, &balances).stop();
    let kept = journal.join("0000/journal.before-repair-1");
    assert!(kept.join("CURRENT").exists() && manifest(&kept).exists(), "it was opened without being kept");
    tells(&journal, &balances).stop();
    assert!(!journal.join("0000/journal.before-repair-2").exists(), "it is whole again");

    // The log's manifest ends before the log says what it is: its records are there.
    cut_off(&log.join("log"), 5);
    let refused = Node::open(configuration(&log)).err().expect("nobody knows which log it is").to_string();
    let kept = log.join("log.before-repair-1");
    assert!(refused.contains("does not say any more what it is") && refused.contains(&kept.display().to_string()), "{refused}");
    assert!(
        kept.join("CURRENT").exists()
            && std::fs::read_dir(&kept).expect("a directory").flatten().any(|file| file.path().extension().is_some_and(|ending| ending == "log"))
    );
}

#[test]
fn a_manifest_that_is_damaged_is_told_and_nothing_waits_for_ever() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let (first, told) = with_a_sale(&data);
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
                let again = tells(&data, &told);
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
