//! The life of a payment over HTTP: its lines, and why each has its amount.

mod support;

use serde_json::{Value, json};
use support::Server;
use support::events::{contract, contract_set, opened};

/// The lines of an event whose `why` says this.
fn why<'a>(event: &'a Value, what: &str) -> Vec<&'a Value> {
    let lines = event["lines"].as_array().expect("lines");
    lines.iter().filter(|line| line["why"]["what"] == what).collect()
}

#[test]
fn a_sale_and_its_refund_are_explained() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let occurred_at = "2026-11-20T10:15:00+08:00";
    let about = json!({"merchant": "M1", "payment": "P1", "currency": "CNY", "occurred_at": occurred_at});
    let event = |more: Value| {
        let mut event = about.clone();
        event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        event
    };
    server.posted(&event(json!({"id": "s1", "type": "sale", "amount": "1000.00", "card": "credit", "scheme": "unionpay"})));
    server.posted(&event(json!({"id": "r1", "type": "refund", "amount": "100.00"})));
    server.event(&event(json!({"id": "r2", "type": "refund", "amount": "5000.00"})));

    let told = server.get_json("/v1/merchants/M1/payments/P1");
    let events = told["events"].as_array().expect("events");
    assert_eq!((events.len(), &events[2]["code"], &events[2]["lines"]), (3, &json!("exceeds_captured"), &json!([])));
    let entries = server.get_json("/v1/merchants/M1/entries?payment=P1");
    for (event, entry) in events.iter().zip(entries["rows"].as_array().expect("rows").iter().rev()) {
        let mut lines = event["lines"].clone();
        for line in lines.as_array_mut().expect("lines") {
            line.as_object_mut().expect("a line").remove("why").expect("every line says why");
        }
        assert_eq!(lines, entry["lines"], "the same lines as among the entries");
    }
    let mdr = json!({"what": "mdr", "rule": "rates[1]", "percent": "0.60", "of": "1000.00", "result": "6.00", "before": "0.00", "vat": "0.34",
        "rounding": "half_up", "contract_version": "c-1", "source": "own_pending"});
    assert_eq!(
        why(&events[0], "mdr"),
        [&json!({"book": "bank", "currency": "CNY", "debit": {"code": "2010", "party": "M1", "detail": events[0]["lines"][1]["debit"]["detail"]},
        "credit": {"code": "4010", "party": "M1"}, "amount": "5.66", "leg": "mdr", "why": mdr})]
    );
    let share = &why(&events[0], "partner_share")[0]["why"];
    assert_eq!(
        (&share["percent"], &share["mdr"], &share["interchange"], &share["scheme_fee"], &share["of"], &share["result"]),
        (&json!("50.00"), &json!("6.00"), &json!("4.50"), &json!("0.33"), &json!("1.17"), &json!("0.59"))
    );
    let reserve = &why(&events[0], "reserve")[0]["why"];
    assert_eq!(
        (&reserve["percent"], &reserve["of"], &reserve["net"], &reserve["result"]),
        (&json!("10.00"), &json!("1000.00"), &json!("994.00"), &json!("100.00"))
    );
    let back = &why(&events[1], "mdr")[0]["why"];
    assert_eq!(
        (&back["of"], &back["cumulated"], &back["captured"], &back["result"], &back["before"], &back["vat"]),
        (&json!("6.00"), &json!("100.00"), &json!("1000.00"), &json!("0.60"), &json!("0.00"), &json!("0.03"))
    );
    assert_eq!(why(&events[1], "refund")[0]["why"]["source"], "own_pending");
    server.stop();
}
