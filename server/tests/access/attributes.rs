//! Keys that are cut to an attribute of merchants.

use crate::guarded::{FOREIGN, lived};
use crate::support::events::{contract, contract_set, sale};
use serde_json::Value;

/// A merchant whose sales are all refused, so that it has no money.
const NEW: &str = "MNEW4";

#[test]
fn a_key_of_a_trade_sees_alerts_of_all_of_its_merchants() {
    let guarded = lived();
    let ingest = guarded.key(&["ingest"], &[]);
    let opened = contract_set("c1", NEW, contract()).to_string();
    assert_eq!(guarded.post("/v1/events?wait=true&strict=true&wait_ms=20000", Some(&ingest), "application/json", &opened).status, 200);
    for merchant in [NEW, FOREIGN] {
        let mut refused = sale("x1", merchant, "X1", "7.00", "credit", "2026-11-21T10:00:00+08:00");
        refused["currency"] = "USD".into();
        let answer = guarded.post("/v1/events?wait=true&wait_ms=20000", Some(&ingest), "application/json", &refused.to_string());
        assert!(answer.body.contains("currency_mismatch"), "{answer:?}");
    }
    let of_trade = guarded.key_where(&["bank"], &[], &[("mcc", "5812")]);
    let of_partner = guarded.key_where(&["bank"], &[], &[("partner", "isv-8")]);
    let whole = guarded.key(&["bank"], &[]);
    let alerts = |path: &str, key: &str| -> Vec<String> {
        let answer: Value = serde_json::from_str(&guarded.get(path, Some(key)).body).expect("JSON");
        let alerts = answer["alerts"].as_array().unwrap_or_else(|| panic!("{path}: {answer}"));
        let mut merchants: Vec<_> = alerts.iter().map(|alert| format!("{} {}", alert["kind"], alert["merchant"]).replace('"', "")).collect();
        merchants.sort();
        merchants
    };
    let (new, foreign) = (format!("money_refused {NEW}"), format!("money_refused {FOREIGN}"));
    assert_eq!(alerts("/v1/exposure?kind=money_refused", &whole), [foreign.clone(), new.clone()]);
    assert_eq!(alerts("/v1/exposure?kind=money_refused", &of_trade), std::slice::from_ref(&new));
    assert_eq!(alerts("/v1/exposure?kind=money_refused", &of_partner), std::slice::from_ref(&foreign));
    assert_eq!(alerts("/v1/exposure?kind=money_refused&mcc=5812", &whole), [new]);
    assert_eq!(alerts("/v1/exposure?kind=money_refused&partner=isv-8", &whole), [foreign]);
}
