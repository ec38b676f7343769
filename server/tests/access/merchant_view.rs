//! What a merchant sees of its own entries: the lines that touch its own accounts, and nothing of what others earn of it.

use crate::guarded::{FOREIGN, OWN, lived};
use serde_json::Value;

/// Accounts that a merchant sees.
fn is_own(code: &str) -> bool {
    matches!(code, "1050" | "2010" | "2020" | "2030" | "2040" | "2045" | "2050" | "9010" | "9011" | "9020" | "9021")
}

fn lines(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            if let (Some(debit), Some(credit)) = (fields.get("debit"), fields.get("credit")) {
                found.push((debit["code"].as_str().expect("a code").to_owned(), credit["code"].as_str().expect("a code").to_owned()));
            }
            found.extend(fields.values().flat_map(lines));
        }
        Value::Array(values) => found.extend(values.iter().flat_map(lines)),
        _ => {}
    }
    found
}

#[test]
fn a_merchant_sees_the_lines_of_its_own_accounts_alone() {
    let guarded = lived();
    let (merchant, bank) = (guarded.key(&["merchant"], &[OWN]), guarded.key(&["bank"], &[]));
    let both = guarded.key(&["bank", "merchant"], &[OWN]);
    for path in [format!("/v1/merchants/{OWN}/entries?limit=1000"), format!("/v1/merchants/{OWN}/payments/P2")] {
        let read = |key: &str| lines(&serde_json::from_str(&guarded.get(&path, Some(key)).body).expect("JSON"));
        let (seen, whole) = (read(&merchant), read(&bank));
        assert!(!seen.is_empty() && seen.len() < whole.len(), "{path}: {seen:?} of {whole:?}");
        assert!(seen.iter().all(|(debit, credit)| is_own(debit) || is_own(credit)), "{path}: {seen:?}");
        let expected: Vec<_> = whole.iter().filter(|(debit, credit)| is_own(debit) || is_own(credit)).cloned().collect();
        assert_eq!(seen, expected, "{path}: all of them, in order");
        assert_eq!(read(&both), whole, "{path}: roles add up");
        let text = guarded.get(&path, Some(&merchant)).body;
        for others in ["5010", "5020", "5030", "2080", "isv-9", "interchange"] {
            assert!(!text.contains(others), "{path} tells {others}: {text}");
        }
    }
}

/// Where merchants are looked for is no way out for who may not look there.
#[test]
fn a_merchant_that_is_not_there_is_told_with_a_way_that_is_open() {
    let guarded = lived();
    for (roles, merchants, advised) in [(&["merchant"][..], &[OWN][..], false), (&["bank"], &[OWN], true), (&["bank"], &[], true)] {
        let key = guarded.key(roles, merchants);
        let (told, listed) = (guarded.get("/v1/merchants/MNOBODY33/balances", Some(&key)), guarded.get("/v1/merchants?q=M", Some(&key)));
        assert_eq!((told.status, told.body.contains("/v1/merchants?q="), listed.status == 200), (404, advised, advised), "{roles:?}: {told:?}");
    }
    // Its own, of which nothing came yet.
    let key = guarded.key(&["merchant"], &["MNOBODY33"]);
    let told = guarded.get("/v1/merchants/MNOBODY33/holds", Some(&key));
    assert_eq!((told.status, told.body.contains("/v1/merchants?q=")), (404, false), "{told:?}");
}

/// Statements of both views, payouts, lists and files: in no form does anything name what others earn of the merchant's payments.
#[test]
fn no_form_of_anything_tells_a_merchant_what_others_earn() {
    let guarded = lived();
    let (merchant, bank) = (guarded.key(&["merchant"], &[OWN]), guarded.key(&["bank"], &[]));
    let paths = ["balances", "entries", "payments/P2", "holds", "disputes", "fees", "payouts", "payouts/next", "payouts/next/items"];
    let statements = ["statements/2026-11-20", "statements/2026-11-20?view=bank", "statements/2026-11-20..2026-11-20?view=merchant"];
    let forms = ["application/json", "text/csv", "application/xml", "text/x-hledger", "text/x-beancount"];
    let mut told = 0;
    for path in paths.iter().chain(&statements) {
        for form in forms {
            let path = format!("/v1/merchants/{OWN}/{path}");
            let (status, text) = guarded.get_as(&path, &merchant, form);
            assert_eq!(status, guarded.get_as(&path, &bank, form).0, "{path} as {form}: a form is there for both or for neither");
            if status == 406 {
                continue;
            }
            assert!(status == 200 && !text.is_empty(), "{path} as {form}: {status} {text}");
            told += 1;
            for others in ["5010", "5020", "5030", "2060", "2070", "2080", "isv-9", "interchange", "scheme_fee", "partner_share"] {
                assert!(!text.contains(others), "{path} as {form} tells {others}: {text}");
            }
        }
    }
    assert!(told >= 30, "only {told} forms");
}

#[test]
fn a_merchant_sees_itself_against_trades_and_never_a_competitor() {
    let guarded = lived();
    let merchant = guarded.key(&["merchant"], &[OWN]);
    for path in
        ["footfall?group_by=merchant", "mix?group_by=merchant", "affinity", "affinity?group_by=merchant", "affinity?group_by=mcc", "segments", "cohorts"]
    {
        let answer = guarded.get(&format!("/v1/consumption/{path}"), Some(&merchant));
        assert!(answer.status == 200 && !answer.body.contains("MFOREIGN") && !answer.body.contains("5411"), "{path}: {answer:?}");
    }
    let two = guarded.key(&["merchant"], &[OWN, "MOTHER2"]);
    assert_eq!(guarded.get("/v1/consumption/affinity", Some(&two)).status, 400, "of which of them?");
    assert_eq!(guarded.get(&format!("/v1/consumption/affinity?merchant={OWN}"), Some(&two)).status, 200);
}

#[test]
fn a_proof_of_a_foreign_entry_is_as_one_of_none() {
    let guarded = lived();
    let key = guarded.key(&["merchant"], &[OWN]);
    let bank = guarded.key(&["bank"], &[]);
    let entry = |merchant: &str| {
        let answer = guarded.get(&format!("/v1/entries?merchant={merchant}&limit=1"), Some(&bank));
        let page: Value = serde_json::from_str(&answer.body).expect("JSON");
        page["rows"][0]["entry"].as_str().expect("an entry").to_owned()
    };
    let ask = |entry: &str| guarded.get(&format!("/v1/audit/entries/{entry}/proof"), Some(&key));
    let (own, foreign) = (entry(OWN), entry(FOREIGN));
    assert_eq!(ask(&own).status, 200);
    let told = ask(&own).body;
    assert!(told.contains("\"2010\"") && !told.contains("\"5010\""), "own accounts, and no costs: {told}");
    for (other, what) in [(foreign.as_str(), "a foreign one"), ("0:0", "one of the partition"), ("0:99999", "none")] {
        let answer = ask(other);
        assert_eq!((answer.status, answer.body.replace(other, &own)), (404, ask("1:99999").body.replace("1:99999", &own)), "{what}");
    }
    let of_partner = guarded.key_where(&["bank"], &[], &[("partner", "isv-8")]);
    let asked = |entry: &str| guarded.get(&format!("/v1/audit/entries/{entry}/proof"), Some(&of_partner)).status;
    assert_eq!((asked(&foreign), asked(&own)), (200, 404), "a bank that is cut to a partner");
}

/// A webhook that the bank added tells what the bank sees, signed with a secret that the bank has: it is not the merchant's.
#[test]
fn a_merchants_key_governs_no_webhook_of_the_bank() {
    let guarded = lived();
    let (merchant, bank) = (guarded.key(&["merchant"], &[OWN]), guarded.key(&["bank"], &[]));
    let hook = format!(r#"{{"url":"https://93.184.215.14/hooks","merchant":"{OWN}","types":["payout.paid"]}}"#);
    let add = |key: &str| {
        let answer = guarded.post("/v1/webhooks", Some(key), "application/json", &hook);
        assert_eq!(answer.status, 201, "{answer:?}");
        serde_json::from_str::<Value>(&answer.body).expect("JSON")["id"].as_str().expect("an id").to_owned()
    };
    let (its, the_banks) = (add(&merchant), add(&bank));
    let listed = |key: &str| -> Vec<String> {
        let body: Value = serde_json::from_str(&guarded.get("/v1/webhooks", Some(key)).body).expect("JSON");
        body["rows"].as_array().expect("rows").iter().filter_map(|row| Some(row["id"].as_str()?.to_owned())).collect()
    };
    assert_eq!(listed(&merchant).as_slice(), std::slice::from_ref(&its));
    assert_eq!(listed(&bank).len(), 2, "the bank sees both");
    for (path, key, status) in [(&the_banks, &merchant, 404), (&its, &merchant, 200), (&its, &bank, 200)] {
        assert_eq!(guarded.get(&format!("/v1/webhooks/{path}"), Some(key)).status, status, "{path}");
        assert_eq!(guarded.get(&format!("/v1/webhooks/{path}/deliveries"), Some(key)).status, status, "{path}");
        assert_eq!(guarded.post(&format!("/v1/webhooks/{path}/secret"), Some(key), "application/json", "").status, status, "{path}");
    }
}
