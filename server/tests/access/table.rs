//! Every operation of the OpenAPI document, asked by every role, of its own and of a foreign merchant. A new operation without a
//! row here fails.

use crate::guarded::{FOREIGN, Guarded, NOBODY, OWN, ask, lived};
use crate::support::raw::RawAnswer;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ROLES: [&str; 5] = ["bank", "merchant", "marketing", "operator", "ingest"];

/// How an operation is asked of a merchant.
struct Row {
    /// The path, with `{m}` where a merchant is named.
    path: &'static str,
    /// What whoever may is answered.
    answered: u16,
}

/// The rows, by the id of the operation. None: it tells nothing of the books, and is open.
fn row(operation: &str) -> Option<Row> {
    let row = |path, answered| Some(Row { path, answered });
    match operation {
        "healthz" | "readyz" | "metrics" => None,
        "post_events" => row("/v1/events", 200),
        "event_list" => row("/v1/events?merchant={m}", 200),
        "event_status" => row("/v1/events/s1?merchant={m}", 200),
        "quarantine" => row("/v1/quarantine", 200),
        "replay" => row("/v1/quarantine/0:99999/replay", 404),
        "merchants" => row("/v1/merchants", 200),
        "whoami" => row("/v1/whoami", 200),
        "balances" => row("/v1/merchants/{m}/balances", 200),
        "balances_stream" => row("/v1/merchants/{m}/balances/stream", 200),
        "entries" => row("/v1/merchants/{m}/entries", 200),
        "payment" => row("/v1/merchants/{m}/payments/P1", 200),
        "holds" => row("/v1/merchants/{m}/holds", 200),
        "payouts" => row("/v1/merchants/{m}/payouts", 200),
        "payout" => row("/v1/merchants/{m}/payouts/O1", 404),
        "payout_items" => row("/v1/merchants/{m}/payouts/O1/items", 404),
        "payout_next" => row("/v1/merchants/{m}/payouts/next", 200),
        "payout_next_items" => row("/v1/merchants/{m}/payouts/next/items", 200),
        "disputes" => row("/v1/merchants/{m}/disputes", 200),
        "fees" => row("/v1/merchants/{m}/fees", 200),
        "statement" => row("/v1/merchants/{m}/statements/2026-11-20", 200),
        "contracts" => row("/v1/merchants/{m}/contracts", 200),
        "all_entries" => row("/v1/entries?merchant={m}", 200),
        "all_payments" => row("/v1/payments?merchant={m}", 200),
        "all_holds" => row("/v1/holds?merchant={m}", 200),
        "all_payouts" => row("/v1/payouts?merchant={m}", 200),
        "all_disputes" => row("/v1/disputes?merchant={m}", 200),
        "accounts" => row("/v1/accounts?group_by=merchant,code&merchant={m}", 200),
        "fee_income" => row("/v1/fee-income?group_by=merchant&merchant={m}", 200),
        "reconciliation" => row("/v1/reconciliation?merchant={m}", 200),
        "breaks" => row("/v1/reconciliation/breaks?merchant={m}", 200),
        "reports" => row("/v1/reconciliation/reports", 200),
        "exposure" => row("/v1/exposure?group_by=merchant&merchant={m}", 200),
        "footfall" => row("/v1/consumption/footfall?merchant={m}", 200),
        "tickets" => row("/v1/consumption/tickets?merchant={m}", 200),
        "customers" => row("/v1/consumption/customers?merchant={m}", 200),
        "segments" => row("/v1/consumption/segments?merchant={m}", 200),
        "cohorts" => row("/v1/consumption/cohorts?merchant={m}", 200),
        "mix" => row("/v1/consumption/mix?merchant={m}", 200),
        "affinity" => row("/v1/consumption/affinity?merchant={m}", 200),
        "heads" => row("/v1/audit/heads", 200),
        // What comes first of the caller's merchant: after the opening and a calendar its contract.
        "proof" => row("/v1/audit/entries/{p}:2/proof", 200),
        "webhooks" => row("/v1/webhooks?merchant={m}", 200),
        "add_webhook" => row("/v1/webhooks", 201),
        // There is none of this name.
        "webhook" | "remove_webhook" => row("/v1/webhooks/wh_000000000000000000000000", 404),
        "deliveries" => row("/v1/webhooks/wh_000000000000000000000000/deliveries", 404),
        "retry" => row("/v1/webhooks/wh_000000000000000000000000/deliveries/1/retry", 404),
        "rotate_secret" => row("/v1/webhooks/wh_000000000000000000000000/secret", 404),
        "cluster" => row("/v1/cluster", 200),
        "projections" => row("/v1/projections", 200),
        "rebuild" => row("/v1/projections/balances/rebuild", 202),
        "rebuild_status" => row("/v1/projections/balances/rebuild", 200),
        other => panic!("the operation {other} has no row: say here how it is asked, and who may"),
    }
}

/// A path with a merchant, and with the partition of the caller's.
fn of_merchant(path: &str, merchant: &str) -> String {
    path.replace("{m}", merchant).replace("{p}", &schemas::partition::partition_of(OWN.as_bytes(), 2).to_string())
}

struct Operation {
    id: String,
    method: String,
    roles: Vec<String>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let roles = operation["x-roles"].as_array().unwrap_or_else(|| panic!("{method} {path} names no roles"));
            operations.push(Operation {
                id: operation["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase(),
                roles: roles.iter().map(|role| role.as_str().expect("a role").to_owned()).collect(),
            });
        }
    }
    operations
}

fn asked(guarded: &Guarded, operation: &Operation, path: &str, token: Option<&str>, role: &str) -> RawAnswer {
    let body = match (operation.id.as_str(), role) {
        // The day that is closed already, which changes nothing.
        ("post_events", "operator") => json!({"id": "close-2026-11-20", "type": "day_closed", "date": "2026-11-20"}).to_string(),
        ("post_events", "bank") => json!({"id": "b1", "type": "break_closed", "merchant": "@house", "break": "scheme:visa/sale/M1/R1", "maker": "li", "checker": "wang",
            "reason": "seen", "occurred_at": "2026-11-20T11:00:00+08:00"}).to_string(),
        ("post_events", _) => json!({"id": "h1", "type": "hold_placed", "merchant": OWN, "hold": "H1", "occurred_at": "2026-11-20T11:00:00+08:00", "amount": "30.00", "currency": "CNY"}).to_string(),
        // An address of the public Internet by its number: nothing is looked up, and nothing sent, because no payout is paid.
        ("add_webhook", _) => json!({"url": "https://93.184.215.14/hooks", "merchant": OWN, "types": ["payout.paid"]}).to_string(),
        _ => String::new(),
    };
    let content_type = if body.is_empty() { "" } else { "application/json" };
    ask(&guarded.server.base, &operation.method, path, token, content_type, &body)
}

#[test]
fn every_operation_by_every_role_of_its_own_and_of_a_foreign_merchant() {
    let guarded = lived();
    let document: Value = serde_json::from_str(&guarded.get("/openapi.json", None).body).expect("JSON");
    let keys: BTreeMap<&str, String> = ROLES.map(|role| (role, guarded.key(&[role], if role == "merchant" { &[OWN] } else { &[] }))).into_iter().collect();
    // A key of each role that is cut to one merchant, as a merchant's always is.
    let cut: BTreeMap<&str, String> = ROLES.map(|role| (role, guarded.key(&[role], &[OWN]))).into_iter().collect();
    let all = operations(&document);
    // Whoever asks how far a rebuild is must have started one.
    let (first, then): (Vec<_>, Vec<_>) = all.iter().partition(|operation| operation.method == "POST");
    for operation in first.into_iter().chain(then) {
        let at = format!("{} {}", operation.method, operation.id);
        let Some(Row { path, answered }) = row(&operation.id) else {
            assert!(operation.roles.is_empty(), "{at} is open");
            let id = &operation.id;
            assert_eq!(guarded.get(&format!("/{id}"), None).status, 200, "{at}");
            assert_eq!(guarded.get(&format!("/{id}"), Some("ml_wrong")).status, 200, "{at}: what is open asks nobody");
            continue;
        };
        assert!(!operation.roles.is_empty(), "{at} names its roles");
        let of = |merchant: &str| of_merchant(path, merchant);
        for token in [None, Some("ml_wrong"), Some("ml_abcdefgh_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), Some("a.b.c")] {
            let refused = asked(&guarded, operation, &of(OWN), token, "");
            assert_eq!((refused.status, refused.body.contains("\"unauthenticated\"")), (401, true), "{at} {token:?}: {refused:?}");
            assert!(refused.head.contains("www-authenticate: bearer\r\n"), "{at}: {refused:?}");
        }
        for role in ROLES {
            let may = operation.roles.iter().any(|allowed| allowed == role);
            let own = asked(&guarded, operation, &of(OWN), Some(&keys[role]), role);
            let expected = if may { answered } else { 403 };
            assert_eq!(own.status, expected, "{at} by {role}: {own:?}");
            assert!(may || own.body.contains("\"forbidden\""), "{at} by {role}: {own:?}");
            if path.contains("{m}") {
                // Of a foreign merchant: who is cut is answered as of one that is not there, whatever its role.
                let (foreign, nobody) = (of(FOREIGN), of(NOBODY));
                let told = asked(&guarded, operation, &foreign, Some(&cut[role]), role);
                let as_nobody = asked(&guarded, operation, &nobody, Some(&cut[role]), role);
                assert_eq!((told.status, told.body.replace(FOREIGN, NOBODY)), (404, as_nobody.body), "{at} by {role}");
                // But for the length of the name and the date.
                let lines = |answer: &RawAnswer| {
                    answer.head.lines().filter(|line| !line.starts_with("content-length") && !line.starts_with("date")).map(str::to_owned).collect::<Vec<_>>()
                };
                assert_eq!(lines(&told), lines(&asked(&guarded, operation, &nobody, Some(&cut[role]), role)), "{at} by {role}");
                // Neither waits for a position or reads parameters: what is not the caller's own is answered before anything is
                // read, and so in the same time.
                let later = |path: &str| format!("{path}{}at_least=0:999999,1:999999&wait_ms=0&nonsense", if path.contains('?') { '&' } else { '?' });
                for path in [later(&foreign), later(&nobody)] {
                    assert_eq!(asked(&guarded, operation, &path, Some(&cut[role]), role).status, 404, "{at} by {role}: {path}");
                }
                if may && role != "merchant" {
                    assert_eq!(asked(&guarded, operation, &foreign, Some(&keys[role]), role).status, answered, "{at} by {role}, who is not cut");
                }
            }
        }
    }
}

#[test]
fn no_answer_names_a_merchant_that_the_caller_does_not_have() {
    let guarded = lived();
    let document: Value = serde_json::from_str(&guarded.get("/openapi.json", None).body).expect("JSON");
    let callers = [
        ("merchant", guarded.key(&["merchant"], &[OWN])),
        ("bank of one merchant", guarded.key(&["bank", "operator", "marketing", "ingest"], &[OWN])),
        ("bank of one partner", guarded.key_where(&["bank", "operator", "marketing", "ingest"], &[], &[("partner", "isv-9")])),
        ("bank of one trade", guarded.key_where(&["bank", "operator", "marketing", "ingest"], &[], &[("mcc", "5812")])),
    ];
    let whole = guarded.key(&["bank"], &[]);
    for path in ["/v1/merchants", "/v1/exposure?group_by=merchant", "/v1/fee-income?group_by=merchant", "/v1/accounts?group_by=merchant,code"] {
        let told = guarded.get(path, Some(&whole)).body;
        assert!(told.contains(FOREIGN) && told.contains(OWN), "{path}: the bank sees both");
    }
    let grouped = |path: &str| path.split_once('?').map_or(path, |(path, _)| path).to_owned();
    for (caller, key) in &callers {
        for operation in operations(&document).iter().filter(|operation| operation.method == "GET") {
            let Some(Row { path, .. }) = row(&operation.id) else { continue };
            if operation.id == "balances_stream" {
                continue;
            }
            let group = match operation.id.as_str() {
                "accounts" => "?group_by=merchant,party,code",
                "fee_income" => "?group_by=merchant,partner,mcc",
                "exposure" => "?group_by=merchant,partner,mcc",
                "footfall" | "tickets" | "customers" | "mix" => "?group_by=merchant",
                _ => "",
            };
            let path = format!("{}{group}", grouped(&of_merchant(path, OWN)));
            let answer = guarded.get(&path, Some(key));
            for foreign in [FOREIGN, "Foreign Foods", "isv-8", "5411"] {
                assert!(!answer.body.contains(foreign), "{caller} reads {foreign} at {path}: {}", answer.body);
            }
        }
    }
    // What is left is the caller's own, and not nothing.
    let (_, one) = &callers[1];
    for (path, says) in [
        ("/v1/merchants", OWN),
        ("/v1/exposure?group_by=merchant", OWN),
        ("/v1/exposure", "\"amount\":\""),
        ("/v1/fee-income", "\"volume\":\"12000.00\""),
        ("/v1/fee-income?group_by=partner", "isv-9"),
        ("/v1/accounts?group_by=code", "\"2010\""),
        ("/v1/consumption/customers", "\"estimate\":12"),
    ] {
        let answer = guarded.get(path, Some(one));
        assert!(answer.status == 200 && answer.body.contains(says), "{path}: {answer:?}");
    }
    assert!(!guarded.get("/v1/accounts?group_by=code", Some(one)).body.contains("\"1010\""), "the scheme's account is of no merchant");
    // What has no attribute is nothing for whoever is cut to one.
    let (_, of_partner) = &callers[2];
    for path in ["/v1/accounts", "/v1/audit/heads", "/v1/cluster", "/v1/quarantine", "/v1/projections"] {
        assert_eq!(guarded.get(path, Some(of_partner)).status, 403, "{path}");
    }
    for path in [format!("/v1/merchants/{OWN}/balances"), "/v1/merchants".to_owned(), "/v1/fee-income".to_owned(), "/v1/exposure".to_owned()] {
        assert_eq!(guarded.get(&path, Some(of_partner)).status, 200, "{path}");
    }
    // Nor has the house, wherever it is named.
    for path in ["/v1/merchants/@house/entries", "/v1/entries?merchant=@house", "/v1/events?merchant=@house", "/v1/reconciliation/breaks?merchant=@house"] {
        let (attributed, whole) = (guarded.get(path, Some(of_partner)), guarded.get(path, Some(&whole)));
        assert_eq!((attributed.status, attributed.body.contains("\"forbidden\""), whole.status), (403, true, 200), "{path}: {attributed:?}");
        assert_eq!(guarded.get(path, Some(one)).status, 404, "{path}: no merchant of who is cut to merchants");
    }
    let foreign = guarded.get(&format!("/v1/merchants/{FOREIGN}/balances"), Some(of_partner));
    let nobody = guarded.get(&format!("/v1/merchants/{NOBODY}/balances"), Some(of_partner));
    assert_eq!((foreign.status, foreign.body.replace(FOREIGN, NOBODY)), (404, nobody.body));
}

#[test]
fn the_order_of_checks_is_one() {
    let guarded = lived();
    let (merchant, marketing) = (guarded.key(&["merchant"], &[OWN]), guarded.key(&["marketing"], &[OWN]));
    // A merchant that it does not have before its role, its role before parameters, parameters before positions, those before what is not there.
    assert_eq!(guarded.get(&format!("/v1/merchants/{FOREIGN}/balances?wrong=1"), Some(&marketing)).status, 404);
    assert_eq!(guarded.get(&format!("/v1/merchants/{OWN}/balances?wrong=1"), Some(&marketing)).status, 403);
    assert_eq!(guarded.get(&format!("/v1/merchants/{OWN}/balances?wrong=1&at_least=0:99999&wait_ms=0"), Some(&merchant)).status, 400);
    assert_eq!(guarded.get(&format!("/v1/merchants/{OWN}/payments/NONE?at_least=0:99999&wait_ms=0"), Some(&merchant)).status, 503);
    assert_eq!(guarded.get(&format!("/v1/merchants/{OWN}/payments/NONE"), Some(&merchant)).status, 404);
    // A method that is not there: first who asks.
    let delete = |token: Option<&str>| ask(&guarded.server.base, "DELETE", &format!("/v1/merchants/{OWN}/balances"), token, "", "").status;
    assert_eq!((delete(None), delete(Some("ml_wrong")), delete(Some(&merchant))), (401, 401, 405));
    assert_eq!(guarded.get("/v1/nothing", None).status, 401, "where there is nothing, nobody learns that who is not known");
    assert_eq!(guarded.get("/v1/nothing", Some(&merchant)).status, 404);
}

#[test]
fn events_are_posted_by_those_who_may() {
    let guarded = lived();
    let post = |key: &str, lines: &[Value]| {
        guarded.post("/v1/events?wait=true", Some(key), "application/x-ndjson", &lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"))
    };
    let fee = |id: &str, merchant: &str| json!({"id": id, "type": "fee_waived", "merchant": merchant, "occurred_at": "2026-11-21T10:00:00+08:00", "amount": "0.01", "currency": "CNY"});
    let close = json!({"id": "close-2026-11-20", "type": "day_closed", "date": "2026-11-20"});
    let (operator, of_one) = (guarded.key(&["operator"], &[]), guarded.key(&["ingest"], &[OWN]));
    assert_eq!(post(&operator, std::slice::from_ref(&close)).status, 200);
    let mixed = post(&operator, &[close.clone(), fee("w1", OWN)]);
    assert_eq!((mixed.status, mixed.body.contains("w1")), (403, true), "{mixed:?}");
    // Nor is one that cannot be read, but says what it is; what may be meant is told what is wrong with it.
    let cut_off = json!({"id": "w4", "type": "sale", "merchant": OWN});
    for lines in [vec![close.clone(), cut_off.clone()], vec![cut_off.clone()]] {
        assert_eq!(post(&operator, &lines).status, 403, "{lines:?}");
    }
    let alone = guarded.post("/v1/events", Some(&operator), "application/json", &cut_off.to_string());
    assert_eq!(alone.status, 403, "{alone:?}");
    let undated = guarded.post("/v1/events", Some(&operator), "application/json", &json!({"id": "w5", "type": "day_closed"}).to_string());
    assert_eq!(undated.status, 422, "{undated:?}");
    assert_eq!(post(&of_one, &[fee("w2", OWN)]).status, 200);
    let foreign = post(&of_one, &[fee("w3", OWN), fee("w3", FOREIGN)]);
    let nobody = post(&of_one, &[fee("w3", OWN), fee("w3", NOBODY)]);
    assert_eq!((foreign.status, foreign.body.replace(FOREIGN, NOBODY)), (404, nobody.body), "one of them is another's: none is appended");
    assert_eq!(post(&of_one, &[close]).status, 403, "a control event is of no merchant");
    let bank = guarded.key(&["bank"], &[]);
    for id in ["w1", "w3"] {
        assert_eq!(guarded.get(&format!("/v1/events/{id}?merchant={OWN}"), Some(&bank)).status, 404, "{id} was not appended");
    }
    // Whoever is cut finds its own events without naming its merchant, and nobody else's.
    let reader = guarded.key(&["bank"], &[OWN]);
    let found = guarded.get("/v1/events/s1", Some(&reader));
    assert!(found.status == 200 && found.body.contains(OWN), "{found:?}");
    assert_eq!(guarded.get("/v1/events/s1", Some(&bank)).status, 400, "the bank must say whose: two merchants know it");
    assert_eq!(guarded.get("/v1/events/open", Some(&reader)).status, 404, "a control event is of no merchant");
}
