//! The command `export` on random lives, judged by the tools that read what it writes: hledger and beancount, each by its own
//! report, must have the balance of every account that the server tells.

mod ledger_tools;
mod support;

use ledger_tools::{beancount, hledger, live, trial_balance};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Server;

const EVENTS: usize = 600;

fn export(data: &Path, format: &str) -> PathBuf {
    let file = data.with_file_name(format);
    let output = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"))
        .args(["export", "--format", format, "--data"])
        .arg(data)
        .arg("--out")
        .arg(&file)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    file
}

#[test]
fn hledger_and_beancount_have_the_trial_balance_of_whole_lives() {
    for seed in [11, 12, 13] {
        println!("seed {seed}");
        let directory = tempfile::tempdir().expect("a directory");
        let data = directory.path().join("data");
        let server = Server::start(&data);
        live(&server, seed, EVENTS);
        let told = trial_balance(&server);
        assert!(told.len() > 50, "seed {seed}: only {} accounts with a balance", told.len());
        // The server is running meanwhile.
        let (journal, ledger) = (export(&data, "hledger"), export(&data, "beancount"));
        if let Some(read) = hledger(&journal) {
            assert_eq!(read, told, "seed {seed}: hledger");
        }
        if let Some(read) = beancount(&[&ledger]) {
            assert_eq!(read, told, "seed {seed}: beancount");
        }
    }
}

#[test]
fn each_entry_with_lines_is_an_object() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let server = Server::start(&data);
    assert_eq!(std::fs::read_to_string(export(&data, "jsonl")).expect("a file"), "", "nothing is booked before the ledger is opened");
    live(&server, 14, 300);
    let text = std::fs::read_to_string(export(&data, "jsonl")).expect("a file");
    let objects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let merchant = ledger_tools::merchants(&server).into_iter().next().expect("a merchant");
    let told = server.get_json(&format!("/v1/merchants/{merchant}/entries?limit=1000"));
    let told: Vec<_> =
        told["rows"].as_array().expect("rows").iter().filter(|row| row["lines"].as_array().is_some_and(|lines| !lines.is_empty())).rev().collect();
    let exported: Vec<_> = objects.iter().filter(|object| object["subject"] == merchant.as_str()).collect();
    assert!(!told.is_empty());
    assert_eq!(exported.len(), told.len());
    for (object, row) in exported.iter().zip(told) {
        for key in ["entry", "position", "event", "type", "business_date", "occurred_at", "payment", "lines"] {
            assert_eq!(object[key], row[key], "{key}");
        }
    }
}
