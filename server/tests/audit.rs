//! Heads, roots and proofs: whoever has a root checks by the documented rules alone that an entry is in the ledger, and nothing that was
//! changed passes.
//!
//! `docs/check_proof.py` is run where Python and its package `blake3` are (`./dev test` installs it); with `CI=true` it must be.

mod support;

use blake3::Hasher;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const NOON: &str = "2026-11-20T12:00:00+08:00";

/// After the opening: two merchants with sales, a refund, a hold, what is refused and what cannot be read; two dates closed.
fn lived(server: &Server) {
    for merchant in ["M1", "M2"] {
        server.posted(&contract_set(&format!("c-{merchant}"), merchant, contract()));
        for number in 0..40 {
            server.posted(&sale(&format!("s{number}"), merchant, &format!("P{number}"), "100.00", "credit", NOON));
        }
        let about = |id: &str, kind: &str, more: Value| {
            let mut event = json!({"id": id, "type": kind, "merchant": merchant, "occurred_at": NOON, "amount": "30.00", "currency": "CNY"});
            more.as_object().expect("an object").iter().for_each(|(key, value)| event[key] = value.clone());
            event
        };
        server.posted(&about("r1", "refund", json!({"payment": "P1"})));
        server.posted(&about("h1", "hold_placed", json!({"hold": "H1"})));
        assert_eq!(server.event(&about("x1", "hold_placed", json!({"hold": "H2", "amount": "99999999.00"})))["outcome"], "refused");
        assert_eq!(server.event(&about("x2", "refund", json!({"payment": "P99"})))["outcome"], "parked");
    }
    server.posted(&closed("2026-11-20"));
    server.posted(&closed("2026-11-21"));
}

fn put(half: &mut Vec<u8>, value: &Value) {
    let text = value.as_str().unwrap_or_default();
    let mut length = text.len();
    while length > 127 {
        half.push(u8::try_from(length & 127).expect("seven bits") | 128);
        length >>= 7;
    }
    half.push(u8::try_from(length).expect("seven bits"));
    half.extend_from_slice(text.as_bytes());
}

/// The root that a proof leads to, by the words of `docs/format.md`.
fn root_of(proof: &Value) -> String {
    let mut half = Vec::new();
    for name in ["entry", "position", "event", "type", "business_date", "merchant", "payment", "occurred_at"] {
        put(&mut half, &proof[name]);
    }
    for line in proof["lines"].as_array().expect("lines") {
        put(&mut half, &line["book"]);
        put(&mut half, &line["currency"]);
        for side in [&line["debit"], &line["credit"]] {
            ["code", "party", "detail"].iter().for_each(|name| put(&mut half, &side[name]));
        }
        let minor: i128 = line["amount"].as_str().expect("an amount").replace('.', "").parse().expect("digits");
        put(&mut half, &json!(minor.to_string()));
        put(&mut half, &line["leg"]);
    }
    let bytes = |text: &Value| *blake3::Hash::from_hex(text.as_str().expect("a hash")).expect("hexadecimal").as_bytes();
    let entry = Hasher::new().update(b"merchant-ledger entry v1").update(blake3::hash(&half).as_bytes()).update(&bytes(&proof["others"])).finalize();
    let mut node = *Hasher::new().update(&[0]).update(entry.as_bytes()).finalize().as_bytes();
    for step in proof["path"].as_array().expect("a path") {
        let other = bytes(&step["hash"]);
        let (left, right) = if step["side"] == "left" { (other, node) } else { (node, other) };
        node = *Hasher::new().update(&[1]).update(&left).update(&right).finalize().as_bytes();
    }
    blake3::Hash::from(node).to_string()
}

fn heads(server: &Server) -> Vec<(u64, String)> {
    let heads = server.get_json("/v1/audit/heads");
    let rows = heads["rows"].as_array().expect("rows").iter();
    rows.map(|head| (head["entries"].as_u64().expect("a number"), head["root"].as_str().expect("a root").to_owned())).collect()
}

#[test]
fn every_entry_is_proven_against_the_root_and_against_one_that_was_noted() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    let noted = heads(&server);
    assert!(noted.iter().all(|(entries, root)| *entries == 1 && root.len() == 64));
    lived(&server);
    let now = heads(&server);
    let mut merchants = 0;
    for (partition, (entries, root)) in now.iter().enumerate() {
        for number in 0..*entries {
            let proof = server.get_json(&format!("/v1/audit/entries/{partition}:{number}/proof"));
            assert_eq!((&proof["entries"], &proof["root"]), (&json!(entries), &json!(root)), "{proof}");
            assert_eq!(&root_of(&proof), root, "{proof}");
            merchants += u32::from(proof["merchant"].is_string());
            let codes: Vec<&Value> =
                proof["lines"].as_array().expect("lines").iter().flat_map(|line| [&line["debit"]["code"], &line["credit"]["code"]]).collect();
            assert!(!codes.contains(&&json!("5010")) && !codes.contains(&&json!("5020")), "no costs: {proof}");
        }
        // Against the root of before, which is over the opening alone.
        let before = server.get_json(&format!("/v1/audit/entries/{partition}:0/proof?entries=1"));
        assert_eq!((before["root"].as_str(), root_of(&before)), (Some(noted[partition].1.as_str()), noted[partition].1.clone()), "{before}");
        server.get(&format!("/v1/audit/entries/{partition}:1/proof?entries=1")).problem(404, "not_found");
        server.get(&format!("/v1/audit/entries/{partition}:{entries}/proof")).problem(404, "not_found");
        server.get(&format!("/v1/audit/entries/{partition}:0/proof?entries={}", entries + 1)).problem(404, "not_found");
    }
    assert!(merchants > 80, "{merchants} of merchants");
    for wrong in ["12:0", "0:-1", "x", "0:99999999999999999999999"] {
        server.get(&format!("/v1/audit/entries/{wrong}/proof")).problem(404, "not_found");
    }
    for wrong in ["0", "-1", "x", "1.5"] {
        server.get(&format!("/v1/audit/entries/0:0/proof?entries={wrong}")).problem(400, "bad_parameter");
    }
    // A root is of the entries, not of how they were reckoned: the same after a restart.
    server.stop();
    assert_eq!(heads(&Server::start(directory.path())), now);
}

/// What `docs/check_proof.py` says of a proof, and whether it passes; `None` where it cannot run.
fn checked(proof: &Value, root: Option<&str>) -> Option<(bool, String)> {
    let has = Command::new("python3").args(["-c", "import blake3"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !has {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and Python has no blake3");
        eprintln!("*** skipped: Python has no blake3; `./dev test` installs it ***");
        return None;
    }
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/check_proof.py");
    let mut child = Command::new("python3").arg(program).args(root).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
    child.stdin.take().expect("its input").write_all(proof.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[test]
fn the_checker_of_the_documents_takes_what_is_true_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    lived(&server);
    let entry = server.get_json("/v1/merchants/M1/entries?limit=1000")["rows"].as_array().expect("rows").iter().find(|row| row["event"] == "r1").cloned();
    let entry = entry.expect("the refund");
    let proof = server.get_json(&format!("/v1/audit/entries/{}/proof", entry["entry"].as_str().expect("an entry")));
    assert_eq!(proof["event"], "r1");
    let root = proof["root"].as_str().expect("a root").to_owned();
    let Some((is_right, said)) = checked(&proof, Some(&root)) else { return };
    assert!(is_right && said.contains("is among the"), "{said}");
    let mut changes: Vec<(&str, Value)> = Vec::new();
    for (what, pointer, value) in [
        ("another amount", "/lines/0/amount", json!("31.00")),
        ("another date", "/business_date", json!("2026-11-19")),
        ("another merchant", "/merchant", json!("M2")),
        ("another purpose", "/lines/0/leg", json!("sale")),
        ("another rest", "/others", json!("00".repeat(32))),
        ("another number", "/entry", json!("0:1")),
    ] {
        let mut changed = proof.clone();
        *changed.pointer_mut(pointer).expect("a place") = value;
        changes.push((what, changed));
    }
    let mut shorter = proof.clone();
    shorter["path"].as_array_mut().expect("a path").pop();
    changes.push(("a shorter path", shorter));
    for (what, changed) in changes {
        let (is_right, said) = checked(&changed, Some(&root)).expect("it ran before");
        assert!(!is_right && said.contains("NOT"), "{what}: {said}");
    }
    let (is_right, _) = checked(&proof, Some(&"ab".repeat(32))).expect("it ran before");
    assert!(!is_right, "another root");
}
