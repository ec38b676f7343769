//! Which dates and accounts a statement is of: ranges of dates, currencies and books apart, merchants that have nothing yet.

mod ledger_tools;
mod support;

use ledger_tools::statements::{FORMS, closing, example, judge_camt, judge_csv, own, texts, told};
use ledger_tools::{beancount_checks, hledger_checks, hledger_prints, validate};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use support::events::{closed, contract, contract_set, sale};

#[test]
fn a_range_is_told_as_its_dates_are() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = example(&directory.path().join("data"));
    let date = server.get_json("/v1/merchants/M1/statements/2026-11-23");
    let range = server.get_json("/v1/merchants/M1/statements/2026-11-01..2026-11-23");
    assert_eq!((&range["from"], &range["to"], &range["business_date"]), (&json!("2026-11-01"), &json!("2026-11-23"), &json!("2026-11-24")));
    assert_eq!(range["position"], date["position"]);
    let account = &range["accounts"][0];
    assert_eq!((&account["opening"]["total"], &account["closing"]), (&json!("0.00"), &date["accounts"][0]["closing"]));
    let movements = json!({"sales": "1200.00", "refunds": "-100.00", "disputes": "0.00", "fees": "-6.40", "payouts": "-500.00", "seized": "0.00",
        "debt": "0.00", "adjustments": "0.00"});
    assert_eq!(account["movements"], movements);
    let csv = told(&server, "M1", "2026-11-01..2026-11-23", FORMS[0]);
    judge_csv(&csv, &range);
    assert!(csv.contains(",e3,sale,2026-11-20,") && csv.contains(",e4,sale,2026-11-23,"), "{csv}");
    judge_camt(&told(&server, "M1", "2026-11-20..2026-11-23", FORMS[3]), &server.get_json("/v1/merchants/M1/statements/2026-11-20..2026-11-23"));
    for wrong in ["2026-11-23..2026-11-20", "2025-10-20..2026-11-24", "2026-11-20..", "..2026-11-23", "2026-11-20..today", "2026-11-20,2026-11-23"] {
        server.get(&format!("/v1/merchants/M1/statements/{wrong}")).problem(400, "bad_parameter");
    }
    server.get("/v1/merchants/M1/statements/2026-11-20..2026-11-24").problem(409, "not_closed");
    server.get("/v1/merchants/M1/statements/2026-10-01..2026-10-31").problem(404, "not_found");
    server.get("/v1/merchants/M1/statements/2026-11-23?view=psp").problem(400, "bad_parameter");
    server.get("/v1/merchants/M404/statements/2026-11-24").problem(404, "not_found");
}

#[test]
fn who_never_moved_has_an_empty_statement_in_every_form() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = example(&directory.path().join("data"));
    // As long as an id may be, in the book of a PSP whose id is, too.
    let (merchant, psp) = ("M".repeat(32), "p".repeat(32));
    let mut signed = contract();
    signed["funds_flow"] = json!({"kind": "via_psp", "psp": psp});
    server.posted(&contract_set("c-2", &merchant, signed));
    server.posted(&closed("2026-11-24"));
    let statement = server.get_json(&format!("/v1/merchants/{merchant}/statements/2026-11-24"));
    assert_eq!(statement["accounts"], json!([]));
    let files: Vec<PathBuf> = FORMS.iter().map(|form| directory.path().join(form.replace('/', "."))).collect();
    for date in ["2026-11-24", "2026-11-20..2026-11-24"] {
        for (form, file) in FORMS.iter().zip(&files) {
            std::fs::write(file, told(&server, &merchant, date, form)).expect("written");
        }
        assert_eq!(std::fs::read_to_string(&files[0]).expect("a file").lines().count(), 1, "the header alone");
        hledger_checks(&files[1]);
        beancount_checks(&[&files[2]]);
        validate(&[&files[3]]);
        let xml = std::fs::read_to_string(&files[3]).expect("a file");
        judge_camt(&xml, &statement);
        assert_eq!((texts(&xml, "Ccy"), texts(&xml, "Nm")), (vec!["CNY"], vec![format!("psp:{psp}").as_str()]));
        let others: Vec<&str> = texts(&xml, "Othr").into_iter().map(|other| texts(other, "Id")[0]).collect();
        assert!(others.len() == 2 && others.iter().all(|id| id.len() <= 35), "an account and its servicer: {others:?}");
    }
}

#[test]
fn two_currencies_and_two_books_are_two_accounts() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = example(&directory.path().join("data"));
    let mut changed = contract();
    changed["currency"] = json!("USD");
    server.posted(&contract_set("c-2", "M1", changed.clone()));
    let mut sold = sale("e5", "M1", "P5", "30.00", "credit", "2026-11-24T10:00:00+08:00");
    sold["currency"] = json!("USD");
    server.posted(&sold);
    changed["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7"});
    server.posted(&contract_set("c-3", "M1", changed));
    sold = sale("e6", "M1", "P6", "40.00", "credit", "2026-11-24T10:00:00+08:00");
    sold["currency"] = json!("USD");
    server.posted(&sold);
    server.posted(&closed("2026-11-24"));
    let statement = server.get_json("/v1/merchants/M1/statements/2026-11-24");
    let xml = told(&server, "M1", "2026-11-24", FORMS[3]);
    judge_camt(&xml, &statement);
    let ids: Vec<&str> = texts(&xml, "Acct").into_iter().map(|account| texts(account, "Id")[1]).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3, "{ids:?}");
    assert!(ids.contains(&"M1/bank/CNY") && ids.contains(&"M1/bank/USD") && ids.contains(&"M1/psp:psp-7/USD"), "{ids:?}");
    let of_stmt: BTreeSet<&str> = texts(&xml, "Stmt").into_iter().map(|stmt| texts(stmt, "Id")[0]).collect();
    assert_eq!(of_stmt.len(), 3);
    // Readers that take one account a message ask for one.
    for (query, left) in [("currency=CNY", 1), ("book=bank", 2), ("currency=USD&book=psp:psp-7", 1), ("currency=EUR", 0)] {
        let asked = format!("2026-11-24?{query}");
        let one = server.get_json(&format!("/v1/merchants/M1/statements/{asked}"));
        assert_eq!(one["accounts"].as_array().map(Vec::len), Some(left), "{query}");
        judge_camt(&told(&server, "M1", &asked, FORMS[3]), &one);
        judge_csv(&told(&server, "M1", &asked, FORMS[0]), &one);
        let journal = directory.path().join("one.journal");
        std::fs::write(&journal, told(&server, "M1", &asked, FORMS[1])).expect("written");
        if let Some(read) = hledger_prints(&journal) {
            assert_eq!(own(&read, "merchant", "M1"), closing(&one), "{query}");
        }
    }
}

#[test]
fn ids_that_a_spreadsheet_would_reckon_with_are_guarded() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = example(&directory.path().join("data"));
    server.posted(&sale("-e7", "M1", "@P7", "10.00", "debit", "2026-11-24T10:00:00+08:00"));
    server.posted(&closed("2026-11-24"));
    let csv = told(&server, "M1", "2026-11-24", FORMS[0]);
    assert!(csv.contains(",'-e7,sale,") && csv.contains(",'@P7,bank,"), "{csv}");
    assert!(csv.contains(",-0.05\r\n"), "numbers are numbers: {csv}");
}
