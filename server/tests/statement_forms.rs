//! Statements in the forms of other tools. On random lives each form of each merchant's each date must be taken by the tool
//! that reads it, and lead from the opening to the closing balances of the JSON form.

mod ledger_tools;
mod support;

use ledger_tools::statements::{FORMS, closed_dates, example, judge_camt, judge_csv, signed, texts, told};
use ledger_tools::{beancount_checks, beancount_prints, hledger_checks, hledger_prints, live, merchants, validate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

#[test]
fn every_form_of_random_lives_leads_from_opening_to_closing() {
    for seed in [21, 22] {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::start(&directory.path().join("data"));
        live(&server, seed, 500);
        let (mut ledgers, mut messages): (Vec<PathBuf>, Vec<PathBuf>) = Default::default();
        let mut dates = closed_dates(&server, 6);
        dates.push(format!("{}..{}", dates[1], dates[4]));
        let mut identifiers = BTreeSet::new();
        for merchant in merchants(&server) {
            for date in &dates {
                let answer = server.get(&format!("/v1/merchants/{merchant}/statements/{date}"));
                if answer.status == 404 {
                    continue;
                }
                let statement = answer.json();
                println!("seed {seed}, merchant {merchant}, date {date}");
                let write = |accept: &str| {
                    let path = directory.path().join(format!("{merchant}.{date}.{}", accept.replace('/', ".")));
                    std::fs::write(&path, told(&server, &merchant, date, accept)).expect("written");
                    path
                };
                judge_csv(&told(&server, &merchant, date, FORMS[0]), &statement);
                // Closing balances are asserted in the file itself.
                hledger_checks(&write(FORMS[1]));
                ledgers.push(write(FORMS[2]));
                messages.push(write(FORMS[3]));
                let message = std::fs::read_to_string(messages.last().expect("a message")).expect("a file");
                judge_camt(&message, &statement);
                for id in texts(&message, "MsgId").into_iter().chain(texts(&message, "Stmt").into_iter().map(|stmt| texts(stmt, "Id")[0])) {
                    assert!(identifiers.insert(id.to_owned()), "{id} stands twice");
                }
            }
        }
        assert!(messages.len() > 20, "seed {seed}: only {} statements of {} dates", messages.len(), dates.len());
        validate(&paths(&messages));
        beancount_checks(&paths(&ledgers));
    }
}

fn paths(all: &[PathBuf]) -> Vec<&Path> {
    all.iter().map(PathBuf::as_path).collect()
}

#[test]
fn the_published_example_in_each_form() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = example(&directory.path().join("data"));
    let date = "2026-11-23";
    let statement = server.get_json("/v1/merchants/M1/statements/2026-11-23");
    let csv = told(&server, "M1", date, FORMS[0]);
    judge_csv(&csv, &statement);
    assert!(csv.contains(",e4,sale,2026-11-23,2026-11-23T12:05:00+08:00,P2,bank,CNY,1010,unionpay,,2010,M1,2026-11-24,200.00,200.00\r\n"), "{csv}");
    assert!(!csv.contains("5010") && !csv.contains("isv-9"), "interchange and partners are not the merchant's to see: {csv}");

    let xml = told(&server, "M1", date, FORMS[3]);
    judge_camt(&xml, &statement);
    // A date stands in two elements of one name.
    let of = |balance| (texts(balance, "Cd")[0], signed(balance), texts(balance, "Dt")[1]);
    let balances: Vec<_> = texts(&xml, "Bal").into_iter().map(of).collect();
    assert_eq!(balances, [("OPBD", 99400, date), ("CLBD", 59360, date), ("CLAV", 27460, date), ("FWAV", 27460 + 17900, "2026-11-24")]);
    assert!(xml.contains("<AddtlNtryInf>payout_paid o2: Dr 2050 M1 O1 / Cr 1020</AddtlNtryInf>"), "{xml}");
    let message = directory.path().join("message.xml");
    std::fs::write(&message, &xml).expect("written");
    validate(&[&message]);

    let journal = directory.path().join("journal");
    std::fs::write(&journal, told(&server, "M1", date, FORMS[1])).expect("written");
    let ledger = directory.path().join("ledger");
    std::fs::write(&ledger, told(&server, "M1", date, FORMS[2])).expect("written");
    let printed = |name: &str, number: &str| ((name.to_owned(), "CNY".to_owned()), number.to_owned());
    // What the bank owes is an asset, what was paid out lies in the merchant's own account, and fees are expenses.
    let expected = BTreeMap::from([
        printed("Assets:Bank:2010-Pending:M1", "179.00"),
        printed("Assets:Bank:2020-Available:M1", "274.60"),
        printed("Assets:Bank:2030-Reserve:M1", "110.00"),
        printed("Assets:Bank:2040-Hold:M1", "30.00"),
        printed("Assets:Bank:1020-OwnAccount:M1", "500.00"),
        printed("Income:Bank:1010-Sales:M1", "-200.00"),
        printed("Income:Bank:1010-Refunds:M1", "100.00"),
        printed("Expenses:Bank:4010-Mdr:M1", "0.37"),
        printed("Expenses:Bank:2090-VatOnFees:M1", "0.03"),
        printed("Equity:Bank:Opening:M1", "-994.00"),
        printed("Equity:Bank:9020-DisputeNotified:M1", "-50.00"),
        printed("Equity:Bank:9021-DisputeNotifiedContra:M1", "50.00"),
    ]);
    for read in [hledger_prints(&journal), beancount_prints(&[&ledger])].into_iter().flatten() {
        assert_eq!(read, expected);
    }
    // The bank's view of the same: its income, and what it owes.
    std::fs::write(&journal, told(&server, "M1", "2026-11-23?view=bank", FORMS[1])).expect("written");
    if let Some(read) = hledger_prints(&journal) {
        let of = |name: &str| read.get(&(name.to_owned(), "CNY".to_owned())).map(String::as_str);
        let names = ["Liabilities:Bank:2020-Available:M1", "Income:Bank:4010-MdrIncome:M1", "Assets:Bank:1020-SettlementCash:M1"];
        assert_eq!(names.map(of), [Some("-274.60"), Some("-0.37"), Some("-500.00")]);
    }
}

#[test]
fn a_date_of_many_entries_is_told_whole() {
    // More than two parts of 500, and a rest.
    const SALES: usize = 1100;
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let sold = |at: usize| sale(&format!("s{at}"), "M1", &format!("P{at}"), "10.00", "debit", "2026-11-20T10:15:00+08:00").to_string();
    let sales: Vec<String> = (0..SALES).map(sold).collect();
    let answer = server.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", sales.join("\n").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    server.posted(&closed("2026-11-20"));
    let statement = server.get_json("/v1/merchants/M1/statements/2026-11-20");
    let csv = told(&server, "M1", "2026-11-20", FORMS[0]);
    judge_csv(&csv, &statement);
    let events: Vec<&str> = csv.lines().filter_map(|row| row.split(',').nth(3)).filter(|event| event.starts_with('s')).collect();
    let in_order: Vec<String> = (0..SALES).map(|at| format!("s{at}")).collect();
    assert!(events.chunk_by(PartialEq::eq).map(|chunk| chunk[0]).eq(in_order.iter().map(String::as_str)), "each once, in the order posted");
    judge_camt(&told(&server, "M1", "2026-11-20", FORMS[3]), &statement);
}

#[test]
fn what_cannot_be_told_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = example(&directory.path().join("data"));
    server.get_as("/v1/merchants/M1/statements/2026-11-23", "application/pdf").problem(406, "not_acceptable");
    let position = server.get_json("/v1/merchants/M1/statements/2026-11-23")["position"].clone();
    for form in FORMS {
        let answer = server.get_as("/v1/merchants/M1/statements/2026-11-23", form);
        assert_eq!((answer.header("ledger-position"), answer.header("ledger-from")), (position.as_str(), Some("2026-11-23")), "{form}");
        server.get_as("/v1/merchants/M1/statements/2026-11-24", form).problem(409, "not_closed");
        server.get_as("/v1/merchants/M9/statements/2026-11-23", form).problem(404, "not_found");
        // A date without entries has its balances all the same.
        let text = told(&server, "M1", "2026-11-21", form);
        assert!(form == "text/csv" || text.contains("894.00"), "{text}");
    }
}
