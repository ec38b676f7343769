//! What a payout consists of, over HTTP: the contract's own figures in every form; and over random lives payouts as camt.054,
//! valid by the schema of ISO 20022, whose transactions are the batch that readers of others see.

mod ledger_tools;
mod support;

use ledger_tools::statements::{minor, texts};
use ledger_tools::{live, merchants, notifications_read, prowide_reads_notifications, validate_as};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const CAMT: &str = "application/xml";
const FIRST: &str = "2026-11-20T10:15:00+08:00";
const SECOND: &str = "2026-11-23T12:05:00+08:00";

fn event(id: &str, event_type: &str, more: &Value) -> Value {
    let mut event = json!({"id": id, "type": event_type, "merchant": "M1", "occurred_at": SECOND, "currency": "CNY"});
    for (key, value) in more.as_object().expect("an object") {
        event[key] = value.clone();
    }
    event
}

/// The published life of M1 up to 2026-11-23, which stays open.
fn lived() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&json!({"id": "cn-2026", "type": "calendar_set", "calendar": "CN", "year": 2026, "closed": [], "open": []}));
    server.posted(&contract_set("c-1", "M1", contract()));
    server.posted(&sale("e3", "M1", "P1", "1000.00", "credit", FIRST));
    for date in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        server.posted(&closed(date));
    }
    server.posted(&sale("e4", "M1", "P2", "200.00", "debit", SECOND));
    server.posted(&event("r1", "refund", &json!({"payment": "P1", "amount": "100.00"})));
    server.posted(&event("d1", "dispute_opened", &json!({"payment": "P1", "dispute": "D1", "amount": "50.00"})));
    server.posted(&event("h1", "hold_placed", &json!({"hold": "H1", "amount": "30.00"})));
    server.posted(&event("o1", "payout_initiated", &json!({"payout": "O1", "amount": "500.00"})));
    server.posted(&event("o2", "payout_paid", &json!({"payout": "O1"})));
    (directory, server)
}

/// An answer without what depends on where the test's events lie.
fn without(mut answer: Value, names: &[&str]) -> Value {
    for name in names {
        assert!(answer.as_object_mut().and_then(|answer| answer.remove(*name)).is_some(), "{name}: {answer}");
    }
    answer
}

#[test]
fn the_published_payout() {
    let (_directory, server) = lived();
    let payout = server.get_json("/v1/merchants/M1/payouts/O1");
    assert!(payout["entry"].as_str().is_some_and(|entry| entry.contains(':')), "{payout}");
    assert_eq!(
        without(payout, &["position", "entry"]),
        json!({"merchant": "M1", "payout": "O1", "business_date": "2026-11-23", "book": "bank", "currency": "CNY", "amount": "500.00", "state": "paid",
            "destination": null, "initiated_on": "2026-11-23", "closed_on": "2026-11-23", "carried_over": "0.00", "carried_on": "274.60", "unattributed": "0.00",
            "summary": [{"kind": "payment", "count": 1, "gross": "1000.00", "refunds": "-100.00", "disputes": "0.00", "fees": "-5.40", "reserve": "-90.00",
                "other": "0.00", "net": "804.60"}, {"kind": "hold", "count": 1, "net": "-30.00"}]})
    );
    let items = server.get_json("/v1/merchants/M1/payouts/O1/items");
    assert_eq!(
        items["rows"],
        json!([{"kind": "hold", "id": "H1", "occurred_at": null, "terminal": null, "reference": null, "net": "-30.00"},
            {"kind": "payment", "id": "P1", "occurred_at": FIRST, "terminal": items["rows"][1]["terminal"], "reference": null, "gross": "1000.00",
                "refunds": "-100.00", "disputes": "0.00", "fees": "-5.40", "reserve": "-90.00", "other": "0.00", "net": "804.60"}])
    );
    let first = server.get_json("/v1/merchants/M1/payouts/O1/items?limit=1");
    let cursor = first["next"].as_str().expect("there is another page").to_owned();
    let second = server.get_json(&format!("/v1/merchants/M1/payouts/O1/items?limit=1&cursor={cursor}"));
    assert_eq!((&second["rows"][0]["id"], &second["next"]), (&json!("P1"), &Value::Null));
    server.get(&format!("/v1/merchants/M1/payouts/next/items?cursor={cursor}")).problem(400, "bad_cursor");
    let csv = server.get("/v1/merchants/M1/payouts/O1?format=csv");
    assert_eq!(csv.text, server.get("/v1/merchants/M1/payouts/O1/items?format=csv").text);
    assert_eq!(csv.text.lines().next(), Some("kind,id,type,occurred_at,terminal,reference,gross,refunds,disputes,fees,reserve,other,net"));
    assert!(csv.text.contains("\r\nhold,H1,,,,,,,,,,,-30.00\r\n"), "{}", csv.text);
    for path in ["O1", "next", "O1/items", "next/items"] {
        let parquet = server.get(&format!("/v1/merchants/M1/payouts/{path}?format=parquet"));
        assert_eq!((parquet.status, parquet.content_type.as_str()), (200, "application/vnd.apache.parquet"), "{path}");
    }
}

#[test]
fn what_would_go_next() {
    let (_directory, server) = lived();
    let next = server.get_json("/v1/merchants/M1/payouts/next");
    assert_eq!(
        without(next, &["position"]),
        json!({"merchant": "M1", "payout": "next", "business_date": "2026-11-23", "book": "bank", "currency": "CNY", "amount": "274.60", "state": null,
            "destination": null, "initiated_on": null, "closed_on": null, "entry": null, "carried_over": "274.60", "carried_on": "0.00", "unattributed": "0.00", "summary": []})
    );
    server.posted(&event("f", "fee_charged", &json!({"fee": "monthly", "amount": "74.60"})));
    let next = server.get_json("/v1/merchants/M1/payouts/next");
    assert_eq!((&next["amount"], &next["summary"]), (&json!("200.00"), &json!([{"kind": "event", "count": 1, "net": "-74.60"}])));
    let items = server.get_json("/v1/merchants/M1/payouts/next/items");
    assert_eq!((&items["rows"][0]["id"], &items["rows"][0]["type"]), (&json!("f"), &json!("fee_charged")));
    // Where nothing is payable, nothing would go.
    let other = server.get_json("/v1/merchants/M1/payouts/next?currency=USD&book=psp:psp-7");
    assert_eq!((&other["amount"], &other["currency"], &other["book"]), (&json!("0.00"), &json!("USD"), &json!("psp:psp-7")));
    server.get("/v1/merchants/M1/payouts/next?currency=usd").problem(400, "bad_parameter");
    server.get_as("/v1/merchants/M1/payouts/next", CAMT).problem(406, "not_acceptable");
    server.get("/v1/merchants/M1/payouts/O9").problem(404, "not_found");
    server.get("/v1/merchants/M1/payouts/O9/items").problem(404, "not_found");
    let wrong =
        server.post("/v1/events", "application/json", event("n", "payout_initiated", &json!({"payout": "next", "amount": "1.00"})).to_string().as_bytes());
    wrong.problem(422, "bad_field");
}

/// Transactions of a message: the code of each, and its amount as it adds to the payout.
fn transactions(message: &str) -> Vec<(String, i128)> {
    let one =
        |transaction: &str, name: &str| texts(transaction, name).first().map(|text| (*text).to_owned()).unwrap_or_else(|| panic!("{name}: {transaction}"));
    let amount = |transaction: &str| {
        let amount =
            transaction.split_once("<Amt Ccy=\"").and_then(|(_, rest)| rest.split_once('>')).and_then(|(_, rest)| rest.split_once('<')).expect("an amount").0;
        minor(amount) * if one(transaction, "CdtDbtInd") == "DBIT" { 1 } else { -1 }
    };
    texts(message, "TxDtls").into_iter().map(|transaction| (one(transaction, "Cd"), amount(transaction))).collect()
}

#[test]
fn the_published_payout_as_a_batch() {
    let (directory, server) = lived();
    let answer = server.get_as("/v1/merchants/M1/payouts/O1", CAMT);
    assert_eq!((answer.status, answer.content_type.as_str()), (200, CAMT));
    let table = server.get_as("/v1/merchants/M1/payouts/O1", "text/csv");
    for header in ["ledger-position", "ledger-business-date"] {
        assert!(answer.header(header).is_some() && answer.header(header) == table.header(header), "{header}: {:?}", answer.header(header));
    }
    let told = transactions(&answer.text);
    let expected = [("carried_over", 0), ("hold", -3000), ("payment", 80_460), ("carried_on", -27_460)].map(|(kind, amount)| (kind.to_owned(), amount));
    assert_eq!(told, expected);
    assert!(answer.text.contains("<NbOfTxs>4</NbOfTxs><TtlAmt Ccy=\"CNY\">500.00</TtlAmt><CdtDbtInd>DBIT</CdtDbtInd>"), "{}", answer.text);
    assert!(answer.text.contains("<Sts><Cd>BOOK</Cd></Sts>"), "{}", answer.text);
    let path = directory.path().join("O1.xml");
    std::fs::write(&path, &answer.text).expect("written");
    validate_as("camt.054.001.08", &[&path]);
}

#[test]
fn of_random_lives_each_batch_is_its_transactions() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    let seed = 51;
    println!("seed {seed}");
    live(&server, seed, 800);
    // Amount and transactions of each message.
    let mut messages: BTreeMap<PathBuf, (i128, usize)> = BTreeMap::new();
    for merchant in merchants(&server) {
        for row in server.get_json(&format!("/v1/merchants/{merchant}/payouts?limit=1000"))["rows"].as_array().expect("rows") {
            let payout = row["payout"].as_str().expect("an id");
            let message = server.get_as(&format!("/v1/merchants/{merchant}/payouts/{payout}"), CAMT).text;
            let (told, amount) = (transactions(&message), minor(row["amount"].as_str().expect("an amount")));
            assert_eq!(told.iter().map(|(_, amount)| amount).sum::<i128>(), amount, "{merchant} {payout}");
            let items = server.get_json(&format!("/v1/merchants/{merchant}/payouts/{payout}/items?limit=1000"));
            assert_eq!(told.len(), items["rows"].as_array().expect("rows").len() + 2, "{merchant} {payout}");
            let path = directory.path().join(format!("{merchant}.{payout}.xml"));
            std::fs::write(&path, &message).expect("written");
            messages.insert(path, (amount, told.len()));
        }
    }
    assert!(messages.len() > 3, "only {} payouts", messages.len());
    let paths: Vec<&Path> = messages.keys().map(PathBuf::as_path).collect();
    validate_as("camt.054.001.08", &paths);
    let mut judged: BTreeMap<String, usize> = BTreeMap::new();
    for (path, reader, amount, transactions) in notifications_read(&paths).into_iter().chain(prowide_reads_notifications(&paths)).flatten() {
        let (expected, count) = messages[&path];
        assert_eq!(minor(&amount), -expected, "{reader}: {}", path.display());
        assert!(transactions.is_none_or(|found| found == count), "{reader}: {transactions:?} of {count} in {}", path.display());
        *judged.entry(reader).or_default() += 1;
    }
    println!("payouts read: {judged:?}");
    assert!(judged.values().all(|count| *count == messages.len()), "{judged:?} of {}", messages.len());
}
