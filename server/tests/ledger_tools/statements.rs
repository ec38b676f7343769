//! What a statement says in each form, for tests that compare the forms.

use super::{Printed, read};
use crate::support::Server;
use crate::support::events::{closed, contract, contract_set, opened, sale};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What a statement can be told as, besides JSON.
pub const FORMS: [&str; 4] = ["text/csv", "text/x-hledger", "text/x-beancount", "application/xml"];

/// Balances of a merchant by book, code and currency, in minor units.
pub type Own = BTreeMap<(String, String, String), i128>;

/// The buckets of a statement and their codes.
const BUCKETS: [(&str, &str); 7] =
    [("pending", "2010"), ("available", "2020"), ("reserved", "2030"), ("held", "2040"), ("disputed", "2045"), ("in_transit", "2050"), ("owed", "1050")];

/// A merchant's statement in one form; `asked` may carry a query.
pub fn told(server: &Server, merchant: &str, asked: &str, accept: &str) -> String {
    let answer = server.get_as(&format!("/v1/merchants/{merchant}/statements/{asked}"), accept);
    assert_eq!(answer.status, 200, "{merchant} {asked} {accept}: {}", answer.text);
    assert!(answer.content_type.starts_with(accept), "{}", answer.content_type);
    answer.text
}

/// Minor units of amounts of one currency, whose decimals are all there.
pub fn minor(text: &str) -> i128 {
    text.replace('.', "").parse().unwrap_or_else(|_| panic!("{text:?}"))
}

/// What the merchant has (and owes, as a positive number) as the JSON form closes.
pub fn closing(statement: &Value) -> Own {
    let mut own = Own::new();
    for account in statement["accounts"].as_array().expect("accounts") {
        let key = |name: &str| account[name].as_str().expect("a text").to_owned();
        for (bucket, code) in BUCKETS {
            own.insert((key("book"), code.to_owned(), key("currency")), minor(account["closing"][bucket].as_str().expect("an amount")));
        }
    }
    own.retain(|_, minor| *minor != 0);
    own
}

/// What a tool made of a statement's ledger: the merchant's own balances, each under the root that the view gives it, and
/// as a positive number where it is what the form says that it is.
pub fn own(printed: &Printed, view: &str, merchant: &str) -> Own {
    let mut own = Own::new();
    for ((name, currency), number) in printed {
        let parts: Vec<&str> = name.split(':').collect();
        let (book, rest) = match parts[1] {
            "Bank" => ("bank".to_owned(), &parts[2..]),
            "Psp" => (format!("psp:{}", read(parts[2])), &parts[3..]),
            other => panic!("{name}: {other} is no book"),
        };
        assert_eq!((rest.len(), read(rest[1]).as_str()), (2, merchant), "{name}");
        let code = rest[0].split('-').next().expect("a code");
        if BUCKETS.iter().any(|(_, bucket)| *bucket == code) {
            let is_asset = (view == "merchant") != (code == "1050");
            assert_eq!(parts[0], if is_asset { "Assets" } else { "Liabilities" }, "{view}: {name}");
            let signed = if is_asset { minor(number) } else { -minor(number) };
            assert!(own.insert((book, code.to_owned(), currency.clone()), signed).is_none(), "{name} stands twice");
        }
    }
    own
}

/// The dates that are closed everywhere, at most so many of the last ones.
pub fn closed_dates(server: &Server, days_max: i64) -> Vec<String> {
    let ready = server.get("/readyz").json();
    let open: jiff::civil::Date = ready["shards"][0]["business_date"].as_str().and_then(|date| date.parse().ok()).expect("a date");
    (1..=days_max).rev().map(|days| (open - jiff::Span::new().days(days)).to_string()).collect()
}

/// The texts of an element, in order.
pub fn texts<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(start.as_str()).skip(1).map(|rest| rest.split(end.as_str()).next().expect("an end")).collect()
}

/// The amount of a balance or entry, negative for a debit.
pub fn signed(element: &str) -> i128 {
    let amount = element.split_once("<Amt").and_then(|(_, rest)| rest.split_once('>')).and_then(|(_, rest)| rest.split_once('<')).expect("an amount").0;
    if texts(element, "CdtDbtInd") == ["CRDT"] { minor(amount) } else { -minor(amount) }
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

/// Asserts that the changes in a CSV are what the JSON form says.
pub fn judge_csv(csv: &str, statement: &Value) {
    let mut rows = csv.split_terminator("\r\n");
    let columns: Vec<&str> = rows.next().expect("a header").split(',').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
    let mut changes: BTreeMap<(String, String), i128> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells.len(), columns.len(), "{row}");
        let is_own = |code: &str| matches!(code, "1050" | "2010" | "2020" | "2030" | "2040" | "2045" | "2050" | "9010" | "9011" | "9020" | "9021");
        assert!(is_own(cells[column("debit_code")]) || is_own(cells[column("credit_code")]), "not the merchant's to see: {row}");
        let date = Some(cells[column("business_date")]);
        assert!(statement["from"].as_str() <= date && date <= statement["to"].as_str(), "{row}");
        let key = (cells[column("currency")].to_owned(), cells[column("book")].to_owned());
        *changes.entry(key).or_default() += minor(cells[column("change")]);
    }
    changes.retain(|_, minor| *minor != 0);
    assert_eq!(changes, moved(statement));
}

/// Asserts that all entries of a message lead from its opening to its closing, and that those are the JSON form's.
pub fn judge_camt(xml: &str, statement: &Value) {
    let statements = texts(xml, "Stmt");
    let accounts = statement["accounts"].as_array().expect("accounts");
    assert_eq!(statements.len(), accounts.len().max(1));
    for (told, account) in statements.iter().zip(accounts) {
        let balance = |code: &str| texts(told, "Bal").into_iter().find(|balance| texts(balance, "Cd") == [code]).map(signed).expect("a balance");
        let total = |side: &str| minor(account[side]["total"].as_str().expect("a total"));
        assert_eq!((balance("OPBD"), balance("CLBD")), (total("opening"), total("closing")));
        let part = |name: &str| minor(account["closing"][name].as_str().expect("an amount"));
        let payable = (part("available") - part("owed")).max(0);
        assert_eq!(balance("CLAV"), payable);
        // What is at disposal on the last date on which something becomes available is all of it.
        let later: Vec<i128> = texts(told, "Bal").into_iter().filter(|balance| texts(balance, "Cd") == ["FWAV"]).map(signed).collect();
        assert_eq!(later.last().copied().unwrap_or(payable), payable + part("pending"));
        assert!(later.is_sorted() && later.first().is_none_or(|first| *first > payable), "{later:?}");
        let entries: Vec<&str> = texts(told, "Ntry");
        assert!(entries.iter().all(|entry| entry.contains("<Sts><Cd>BOOK</Cd></Sts>")));
        assert_eq!(balance("OPBD") + entries.into_iter().map(signed).sum::<i128>(), balance("CLBD"));
    }
}

/// The published example: M1 on 2026-11-23, closed.
pub fn example(directory: &Path) -> Server {
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
