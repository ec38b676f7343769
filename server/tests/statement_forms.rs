//! Statements in the forms of other tools. On random lives each form of each merchant's each date must be taken by the tool
//! that reads it, and lead from the opening to the closing balances of the JSON form.

mod ledger_tools;
mod support;

use ledger_tools::{beancount, beancount_checks, hledger, hledger_checks, live, merchants, validate};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const FORMS: [&str; 4] = ["text/csv", "text/x-hledger", "text/x-beancount", "application/xml"];

/// A merchant's statement in one form.
fn told(server: &Server, merchant: &str, date: &str, accept: &str) -> String {
    let answer = server.get_as(&format!("/v1/merchants/{merchant}/statements/{date}"), accept);
    assert_eq!(answer.status, 200, "{accept}: {}", answer.text);
    assert!(answer.content_type.starts_with(accept), "{}", answer.content_type);
    answer.text
}

/// Minor units of amounts of one currency, whose decimals are all there.
fn minor(text: &str) -> i128 {
    text.replace('.', "").parse().unwrap_or_else(|_| panic!("{text:?}"))
}

/// What each currency and book moved by, as the JSON form has it.
fn moved(statement: &Value) -> BTreeMap<(String, String), i128> {
    let of = |account: &Value| {
        let total = |side: &str| minor(account[side]["total"].as_str().expect("a total"));
        let key = |name: &str| account[name].as_str().expect("a text").to_owned();
        ((key("currency"), key("book")), total("closing") - total("opening"))
    };
    statement["accounts"].as_array().expect("accounts").iter().map(of).filter(|(_, minor)| *minor != 0).collect()
}

/// The texts of an element, in order.
fn texts<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(start.as_str()).skip(1).map(|rest| rest.split(end.as_str()).next().expect("an end")).collect()
}

/// The amount of a balance or entry, negative for a debit.
fn signed(element: &str) -> i128 {
    let amount = element.split_once("<Amt").and_then(|(_, rest)| rest.split_once('>')).and_then(|(_, rest)| rest.split_once('<')).expect("an amount").0;
    if texts(element, "CdtDbtInd") == ["CRDT"] { minor(amount) } else { -minor(amount) }
}

/// Asserts that the changes in a CSV are what the JSON form says.
fn judge_csv(csv: &str, statement: &Value) {
    let mut rows = csv.split_terminator("\r\n");
    let columns: Vec<&str> = rows.next().expect("a header").split(',').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
    let mut changes: BTreeMap<(String, String), i128> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells.len(), columns.len(), "{row}");
        let is_own = |code: &str| matches!(code, "1050" | "2010" | "2020" | "2030" | "2040" | "2045" | "2050" | "9010" | "9011" | "9020" | "9021");
        assert!(is_own(cells[column("debit_code")]) || is_own(cells[column("credit_code")]), "not the merchant's to see: {row}");
        assert_eq!(cells[column("business_date")], statement["date"].as_str().expect("a date"));
        let key = (cells[column("currency")].to_owned(), cells[column("book")].to_owned());
        *changes.entry(key).or_default() += minor(cells[column("change")]);
    }
    changes.retain(|_, minor| *minor != 0);
    assert_eq!(changes, moved(statement));
}

/// Asserts that the booked entries of a message lead from its opening to its closing, and that those are the JSON form's.
fn judge_camt(xml: &str, statement: &Value) {
    let statements = texts(xml, "Stmt");
    let accounts = statement["accounts"].as_array().expect("accounts");
    assert_eq!(statements.len(), accounts.len());
    for (told, account) in statements.iter().zip(accounts) {
        let balance = |code: &str| texts(told, "Bal").into_iter().find(|balance| texts(balance, "Cd") == [code]).map(signed).expect("a balance");
        let total = |side: &str| minor(account[side]["total"].as_str().expect("a total"));
        assert_eq!((balance("OPBD"), balance("CLBD")), (total("opening"), total("closing")));
        let part = |name: &str| minor(account["closing"][name].as_str().expect("an amount"));
        assert_eq!(balance("CLAV"), (part("available") - part("owed")).max(0));
        let later: i128 = texts(told, "Bal").into_iter().filter(|balance| texts(balance, "Cd") == ["FWAV"]).map(signed).sum();
        assert_eq!(later, part("pending"));
        let booked = texts(told, "Ntry").into_iter().filter(|entry| entry.contains("<Sts><Cd>BOOK</Cd></Sts>")).map(signed);
        assert_eq!(balance("OPBD") + booked.sum::<i128>(), balance("CLBD"));
    }
}

#[test]
fn every_form_of_random_lives_leads_from_opening_to_closing() {
    for seed in [21, 22] {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::start(&directory.path().join("data"));
        live(&server, seed, 500);
        let (mut ledgers, mut messages): (Vec<PathBuf>, Vec<PathBuf>) = Default::default();
        let dates = closed_dates(&server);
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
                if statement["accounts"].as_array().is_some_and(|accounts| !accounts.is_empty()) {
                    messages.push(write(FORMS[3]));
                    judge_camt(&std::fs::read_to_string(messages.last().expect("a message")).expect("a file"), &statement);
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

/// The dates that are closed everywhere, at most the last six.
fn closed_dates(server: &Server) -> Vec<String> {
    let ready = server.get("/readyz").json();
    let open: jiff::civil::Date = ready["shards"][0]["business_date"].as_str().and_then(|date| date.parse().ok()).expect("a date");
    (1..=6).rev().map(|days| (open - jiff::Span::new().days(days)).to_string()).collect()
}

/// The published example: M1 on 2026-11-23, closed.
fn example(directory: &Path) -> Server {
    const FIRST: &str = "2026-11-20T10:15:00+08:00";
    const SECOND: &str = "2026-11-23T12:05:00+08:00";
    let server = Server::start(directory);
    let event = |id: &str, event_type: &str, more: Value| {
        let mut event = json!({"id": id, "type": event_type, "merchant": "M1", "occurred_at": SECOND});
        for (key, value) in more.as_object().expect("an object") {
            event[key] = value.clone();
        }
        server.posted(&event);
    };
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    server.posted(&sale("e3", "M1", "P1", "1000.00", "credit", FIRST));
    for date in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        server.posted(&closed(date));
    }
    server.posted(&sale("e4", "M1", "P2", "200.00", "debit", SECOND));
    event("r1", "refund", json!({"payment": "P1", "amount": "100.00", "currency": "CNY"}));
    event("d1", "dispute_opened", json!({"payment": "P1", "dispute": "D1", "amount": "50.00", "currency": "CNY"}));
    event("h1", "hold_placed", json!({"hold": "H1", "amount": "30.00", "currency": "CNY"}));
    event("o1", "payout_initiated", json!({"payout": "O1", "amount": "500.00", "currency": "CNY"}));
    event("o2", "payout_paid", json!({"payout": "O1"}));
    server.posted(&closed("2026-11-23"));
    server
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
    assert_eq!(balances, [("OPBD", 99400, date), ("CLBD", 59360, date), ("CLAV", 27460, date), ("FWAV", 17900, "2026-11-24")]);
    assert!(xml.contains("<AddtlNtryInf>payout_paid o2: Dr 2050 M1 O1 / Cr 1020</AddtlNtryInf>"), "{xml}");
    let message = directory.path().join("message.xml");
    std::fs::write(&message, &xml).expect("written");
    validate(&[&message]);

    let journal = directory.path().join("journal");
    std::fs::write(&journal, told(&server, "M1", date, FORMS[1])).expect("written");
    let ledger = directory.path().join("ledger");
    std::fs::write(&ledger, told(&server, "M1", date, FORMS[2])).expect("written");
    let available = ("bank".to_owned(), "2020".to_owned(), "CNY".to_owned(), Some("M1".to_owned()), None);
    for read in [hledger(&journal), beancount(&[&ledger])].into_iter().flatten() {
        assert_eq!(read.get(&available).map(String::as_str), Some("-274.60"));
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
    for form in FORMS {
        server.get_as("/v1/merchants/M1/statements/2026-11-24", form).problem(409, "not_closed");
        server.get_as("/v1/merchants/M9/statements/2026-11-23", form).problem(404, "not_found");
        // A date without entries has its balances all the same.
        let text = told(&server, "M1", "2026-11-21", form);
        assert!(form == "text/csv" || text.contains("894.00"), "{text}");
    }
}
