//! Streams of balances: whoever may not read them any more is told nothing more.

use crate::guarded::{OWN, add, config, lived, lived_with};
use crate::keys::revoke;
use crate::support::Server;
use crate::support::events::{contract, contract_set};
use crate::support::raw::Raw;
use crate::tokens::{SECTION, Signer, claims, with};
use jiff::Timestamp;
use server::access::key::Key;
use server::access::key_file::{self, Entry};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Opens the stream of the own merchant, and reads up to the first balances.
fn open(base: &str, token: &str) -> Raw {
    let mut raw = Raw::connect(base);
    raw.send(
        format!("GET /v1/merchants/{OWN}/balances/stream HTTP/1.1\r\nhost: ledger\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n").as_bytes(),
    );
    until(&mut raw, "event: balances");
    raw
}

/// Reads until something was said.
fn until(raw: &mut Raw, says: &str) {
    let (mut told, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&told).contains(says) {
        raw.0.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {:?}", String::from_utf8_lossy(&told)));
        told.push(byte[0]);
    }
}

fn change(file: &Path, key: &str, change: impl Fn(&mut Entry)) {
    let id = Key::parse(key).expect("a key").id;
    let changed = |entries: &mut Vec<Entry>| {
        entries.iter_mut().filter(|entry| entry.id == id.as_str()).for_each(&change);
        Ok(())
    };
    key_file::change(file, changed).expect("written");
}

#[test]
fn a_stream_ends_within_a_second_of_its_key() {
    let guarded = lived();
    let base = &guarded.server.base;
    let keys: Vec<String> = (0..4).map(|_| guarded.key(&["merchant"], &[OWN])).collect();
    let mut streams: Vec<Raw> = keys.iter().map(|key| open(base, key)).collect();
    assert!(2 * server::access::LOOK_EVERY <= Duration::from_secs(1), "files are looked at often enough");
    revoke(&guarded.keys, &keys[0]);
    change(&guarded.keys, &keys[1], |entry| entry.merchants = vec!["MOTHER9".to_owned()]);
    change(&guarded.keys, &keys[2], |entry| entry.expires = Some("2026-01-01".to_owned()));
    for (stream, what) in streams.iter_mut().zip(["revoked", "cut to another merchant", "ended"]) {
        assert!(stream.is_ended(), "{what}");
    }
    // Whoever's key holds is told the next change.
    let ingest = guarded.key(&["ingest"], &[]);
    let fee =
        serde_json::json!({"id": "w", "type": "fee_waived", "merchant": OWN, "occurred_at": "2026-11-21T10:00:00+08:00", "amount": "0.01", "currency": "CNY"});
    assert_eq!(guarded.post("/v1/events?wait=true", Some(&ingest), "application/json", &fee.to_string()).status, 200);
    until(&mut streams[3], "event: balances");
}

#[test]
fn a_stream_ends_with_its_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let (set, keys) = (directory.path().join("set.json"), directory.path().join("keys.toml"));
    let signer = Signer::ed();
    std::fs::write(&set, serde_json::json!({"keys": [signer.jwk("one")]}).to_string()).expect("written");
    let key = add(&keys, &["ingest"], &[], &[]);
    let server = Server::with(config(&directory.path().join("data"), Some(&keys), &format!("{SECTION}jwks = {set:?}\n")));
    let lines = [
        crate::support::events::opened("2026-11-20"),
        contract_set("c", OWN, contract()),
        crate::support::events::sale("s", OWN, "P1", "10.00", "debit", "2026-11-20T10:00:00+08:00"),
    ];
    let body = lines.map(|line| line.to_string()).join("\n");
    assert_eq!(crate::guarded::ask(&server.base, "POST", "/v1/events?wait=true&wait_ms=20000", Some(&key), "application/x-ndjson", &body).status, 200);
    // Within the leeway for three more seconds, and for ten minutes.
    let ends = Timestamp::now().as_second() - 57;
    let (short, long) = (signer.token("one", &with(serde_json::json!({"exp": ends}))), signer.token("one", &claims()));
    let (mut ending, mut lasting) = (open(&server.base, &short), open(&server.base, &long));
    assert!(ending.is_ended() && Timestamp::now().as_second() - ends < 65, "with its token");
    lasting.0.set_read_timeout(Some(Duration::from_millis(600))).expect("a time");
    let mut byte = [0; 256];
    let quiet = loop {
        match lasting.0.read(&mut byte) {
            Ok(0) => break false,
            Ok(_) => {}
            Err(error) => break matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        }
    };
    assert!(quiet, "the other token's stream goes on");
}

#[test]
fn a_caller_has_so_many_streams_and_leaves_the_rest_to_others() {
    let guarded = lived_with("[limits]\nstreams = 2");
    let base = &guarded.server.base;
    let (one, other) = (guarded.key(&["merchant"], &[OWN]), guarded.key(&["merchant"], &[OWN]));
    let (path, balances) = (format!("/v1/merchants/{OWN}/balances/stream"), format!("/v1/merchants/{OWN}/balances"));
    let mut streams: Vec<Raw> = (0..2).map(|_| open(base, &one)).collect();
    let refused = guarded.get(&path, Some(&one));
    assert_eq!((refused.status, refused.body.contains("\"too_many_requests\"")), (429, true), "{refused:?}");
    assert!(refused.head.contains("retry-after: 1") && refused.body.contains("limits.streams"), "{refused:?}");
    assert_eq!(guarded.get(&balances, Some(&one)).status, 200, "what is no stream is answered");
    let others = open(base, &other);
    // One that ends makes room for another of the same caller.
    streams.pop();
    crate::keys::until(|| guarded.get(&path, Some(&one)).status == 200);
    drop(others);
}
