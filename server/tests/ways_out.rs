//! Errors say the way out: the open date, the names that there are, the one that may have been meant, and where the code is
//! explained. What was refused before a handler saw it is a problem, too.

mod support;

use serde_json::json;
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const MORNING: &str = "2026-11-20T10:00:00+08:00";

fn trading(directory: &tempfile::TempDir) -> Server {
    let server = Server::start(&directory.path().join("data"));
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    server.posted(&sale("e1", "M1", "P1", "100.00", "credit", MORNING));
    server
}

/// Asserts that a path is answered so, and that each of these is said.
fn says(server: &Server, path: &str, status: u16, code: &str, said: &[&str]) {
    let problem = server.get(path).problem(status, code);
    let detail = problem["detail"].as_str().expect("a detail");
    for part in said {
        assert!(detail.contains(part), "{path}: {detail:?} does not say {part:?}");
    }
    assert_eq!(problem["help"], json!(format!("/docs/codes#{code}")), "{path}");
}

#[test]
fn a_question_that_is_wrong_is_told_what_would_be_right() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(&directory);
    for (path, status, code, said) in [
        ("/v1/merchants/M999/balances", 404, "not_found", &["there is no merchant M999", "/v1/merchants?q="][..]),
        ("/v1/merchants/M999/holds", 404, "not_found", &["there is no merchant M999"]),
        ("/v1/merchants/M999/payments/P1", 404, "not_found", &["there is no merchant M999"]),
        ("/v1/merchants/M1/payments/P9", 404, "not_found", &["merchant M1 has no payment P9"]),
        ("/v1/merchants/M1/statements/2026-11-20", 409, "not_closed", &["2026-11-20 is open"]),
        ("/v1/merchants/M1/statements/2027-01-01", 409, "not_closed", &["2026-11-20 is open"]),
        ("/v1/merchants/M1/statements/2020-01-01", 404, "not_found", &["2026-11-20 is the open date"]),
        ("/v1/fee-income?group_by=merchnat", 400, "bad_parameter", &["did you mean merchant?", "contract_version"]),
        ("/v1/exposure?group_by=reasn", 400, "bad_parameter", &["did you mean reason?", "holder"]),
        ("/v1/accounts?group_by=cod", 400, "bad_parameter", &["did you mean code?", "party"]),
        ("/v1/consumption/footfall?group_by=hours", 400, "bad_parameter", &["did you mean hour?", "weekday"]),
        ("/v1/fee-income?grup_by=day", 400, "bad_parameter", &["did you mean group_by?"]),
        ("/v1/fee-income?card=debt", 400, "bad_parameter", &["did you mean debit?", "credit"]),
        ("/v1/merchants/M1/entries?type=refnd", 400, "bad_parameter", &["did you mean refund?"]),
        ("/v1/merchants/M1/balance", 404, "not_found", &["did you mean /v1/merchants/M1/balances?", "/docs"]),
        ("/v1/fee-incme", 404, "not_found", &["did you mean /v1/fee-income?"]),
        ("/v1/merchants/", 404, "not_found", &["did you mean /v1/merchants?"]),
        ("/v1/merchants/M1/payments/", 404, "not_found", &["did you mean /v1/merchants/M1/"]),
        ("/v1/nothing/like/this", 404, "not_found", &["there is nothing at /v1/nothing/like/this. The API is described at /docs"]),
        ("/v1/exposure?sort=-uncoverd", 400, "bad_parameter", &["did you mean uncovered?", "non_delivery"]),
        ("/v1/exposure?kind=money_refusd", 400, "bad_parameter", &["did you mean money_refused?", "second_clearing"]),
        ("/v1/exposure?severity=critcal", 400, "bad_parameter", &["did you mean critical?", "warning"]),
        ("/v1/exposure?as_of=2026-11-21", 503, "not_caught_up", &["2026-11-20 is open"]),
        ("/v1/merchants/M1/balances?as_of=2027-01-01", 503, "not_caught_up", &["2026-11-20 is open"]),
        ("/v1/holds?state=opne", 400, "bad_parameter", &["open, closed", "did you mean open?"]),
        ("/v1/payouts?state=pad", 400, "bad_parameter", &["did you mean paid?"]),
        ("/v1/events?outcome=refusd", 400, "bad_parameter", &["did you mean refused?"]),
        ("/v1/merchants?model=bankpos", 400, "bad_parameter", &["did you mean bank_pos?"]),
        ("/v1/fee-income?formt=csv", 400, "bad_parameter", &["did you mean format?", "pretty"]),
        ("/v1/merchants?cursor=00", 400, "bad_cursor", &["begin without"]),
        ("/v1/merchants/%ff/balances", 400, "bad_parameter", &[]),
        ("/v1/merchants/M1/payments/%ff", 400, "bad_parameter", &[]),
    ] {
        says(&server, path, status, code, said);
    }
    server.posted(&closed("2026-11-20"));
    assert_eq!(server.get("/v1/merchants/M1/statements/2026-11-20").status, 200);
}

#[test]
fn an_event_that_is_wrong_is_told_what_to_send() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(&directory);
    let post = |body: &str| server.post("/v1/events?wait=true", "application/json", body.as_bytes());
    let refund = r#"{"id":"r","type":"refund","merchant":"M1","occurred_at":"2026-11-20T10:00:00+08:00","payment":"P1","currency":"CNY""#;
    for (body, code, said) in [
        ("hello".to_owned(), "malformed", "JSON object such as"),
        (r#"[{"id":"e"}]"#.to_owned(), "malformed", "application/x-ndjson"),
        (r#"{"id":"e","type":"salle"}"#.to_owned(), "unknown_type", "did you mean sale?"),
        (format!(r#"{refund},"ammount":"1.00"}}"#), "missing_field", "is ammount meant as amount?"),
    ] {
        let problem = post(&body).problem(422, code);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{body}: {problem}");
        assert_eq!(problem["help"], json!(format!("/docs/codes#{code}")));
    }
    for (currency, successor) in [("HRK", "EUR"), ("BGN", "EUR"), ("CUC", "CUP"), ("SLL", "SLE"), ("ZWL", "ZWG"), ("XAD", "unit of account")] {
        let mut terms = contract();
        terms["currency"] = json!(currency);
        let problem = post(&contract_set("c-2", "M2", terms).to_string()).problem(422, "bad_contract");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(currency) && detail.contains(successor)), "{problem}");
    }
    let mut terms = contract();
    terms["rates"] = json!([{"when": {"crd": "debit"}, "percnt": "0.50"}, {"percent": "0.60"}]);
    let problem = post(&contract_set("c-2", "M2", terms).to_string()).problem(422, "bad_contract");
    assert_eq!(problem["detail"], "contract.rates[0].percnt: is no member of Rate; did you mean percent?");
    server.get("/v1/merchants/M2/contracts").problem(404, "not_found");
    // What is not there is told with what is.
    for (mut event, code, said) in [
        (json!({"type": "payout_initiated", "payout": "O1", "amount": "5.00"}), "insufficient_funds", "0.00 CNY is payable"),
        (json!({"type": "hold_placed", "hold": "H1", "amount": "900.00"}), "insufficient_funds", "89.40 CNY is available or pending"),
        (json!({"type": "reserve_released", "amount": "50.00"}), "insufficient_funds", "10.00 CNY is in reserve"),
        (json!({"type": "early_release", "amount": "500.00"}), "insufficient_funds", "89.40 CNY is pending"),
        (json!({"type": "debt_written_off", "amount": "5.00"}), "exceeds_owed", "0.00 CNY is owed"),
        (json!({"type": "refund", "payment": "P1", "amount": "100.01"}), "exceeds_captured", "100.00 CNY of the payment can still go back"),
        (json!({"type": "reversal", "payment": "P1", "amount": "100.01"}), "exceeds_captured", "100.00 CNY was captured"),
    ] {
        let id = format!("{}-1", event["type"].as_str().expect("a type"));
        for (name, value) in [("id", id.as_str()), ("merchant", "M1"), ("occurred_at", MORNING), ("currency", "CNY")] {
            event[name] = json!(value);
        }
        let problem = server.post("/v1/events?wait=true&strict=true&wait_ms=20000", "application/json", event.to_string().as_bytes()).problem(409, code);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{problem}");
    }
    // Each line of several has its own result, with the same words.
    let lines = format!("{}\n{}\n", r#"{"id":"e","type":"salle"}"#, sale("e2", "M1", "P2", "1.00", "credit", MORNING));
    let results = server.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.as_bytes()).json();
    assert!(results["results"][0]["detail"].as_str().is_some_and(|detail| detail.contains("did you mean sale?")), "{results}");
    assert_eq!((&results["results"][0]["help"], &results["results"][1]["outcome"]), (&json!("/docs/codes#unknown_type"), &json!("posted")));
}

#[test]
fn what_a_log_has_already_in_a_currency_that_was_given_up_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let server = Server::start(&data);
    server.posted(&opened("2026-11-20"));
    let mut terms = contract();
    terms["currency"] = json!("HRK");
    let partition = server.node.home("M1").expect("a partition").partition();
    let value = contract_set("c-1", "M1", terms).to_string().into_bytes();
    let append = ledger::log::Append { partition, key: Some(b"M1".to_vec()), value };
    server.node.log().append(vec![append]).expect("appended");
    let mut first = sale("e1", "M1", "P1", "100.00", "credit", MORNING);
    first["currency"] = json!("HRK");
    server.posted(&first);
    let heads = server.get_json("/v1/audit/heads");
    server.stop();
    std::fs::remove_dir_all(data.join(format!("{partition:04}"))).expect("removed");
    let server = Server::start(&data);
    server.get_json(&format!("/v1/merchants/M1/balances?at_least={partition}:2&wait_ms=20000"));
    assert_eq!(server.get_json("/v1/audit/heads"), heads, "folded again, it is the same");
}

#[test]
fn codes_are_explained_where_help_leads() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(&directory);
    let page = server.get("/docs/codes");
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    for code in ["bad_parameter", "not_closed", "unknown_type", "insufficient_funds", "topic_recreated"] {
        assert!(page.text.contains(&format!("<tr id={code}>")), "{code}");
    }
    assert!(server.get("/docs").status < 400 && server.get("/docs/index.html").status == 200, "the API's page is still there");
}

#[test]
fn a_second_process_is_told_who_has_the_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(&directory);
    let data = directory.path().join("data");
    for command in ["serve", "demo"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_merchant-ledger"))
            .args([command, "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .output()
            .expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("in use by process {}", std::process::id())) && !said.contains("corrupt"), "{command}: {said}");
    }
    server.stop();
}

#[test]
fn a_demonstration_asks_before_it_trades_in_another_ledger() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = trading(&directory);
    let heads = server.get_json("/v1/audit/heads");
    server.stop();
    let data = directory.path().join("data");
    let demo = |more: &[&str]| {
        let arguments = ["demo", "--listen", "127.0.0.1:0", "--merchants", "12", "--days", "1", "--day-seconds", "1", "--rate", "10", "--data"];
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(arguments).arg(&data).args(more).output().expect("the binary runs");
        (output.status.code(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    };
    let (code, said) = demo(&[]);
    assert!(code == Some(1) && said.contains("not a demonstration's") && said.contains("--yes"), "{said}");
    let server = Server::start(&data);
    assert_eq!(server.get_json("/v1/audit/heads"), heads, "nothing was added");
    server.stop();
    let (code, said) = demo(&["--yes"]);
    assert!(code == Some(0) && said.contains("1 days closed"), "{said}");
}
