//! The access log: who asked what, and that no secret is in any log.

use crate::guarded::{OWN, add, ask};
use crate::tokens::{SECTION, Signer, claims};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_merchant-ledger");

#[test]
fn it_says_who_asked_what_and_no_log_has_a_secret() {
    let directory = tempfile::tempdir().expect("a directory");
    let (keys, set, file) = (directory.path().join("keys.toml"), directory.path().join("set.json"), directory.path().join("ledger.toml"));
    let key = add(&keys, &["bank", "ingest"], &[], &[]);
    let signer = Signer::ed();
    std::fs::write(&set, json!({"keys": [signer.jwk("one")]}).to_string()).expect("written");
    std::fs::write(
        &file,
        format!("keys = {keys:?}\nlog_format = \"json\"\nlog = \"trace,mio=off\"\npartitions = 2\nlisten = \"127.0.0.1:0\"\n{SECTION}jwks = {set:?}\n"),
    )
    .expect("written");
    let mut child = Command::new(BINARY)
        .args(["serve", "--config"])
        .arg(&file)
        .arg("--data")
        .arg(directory.path().join("data"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
    let mut log = Vec::new();
    let base = loop {
        let line = lines.next().expect("it starts");
        let told: Value = serde_json::from_str(&line).expect("JSON");
        log.push(line);
        if told["fields"]["message"] == "answering" {
            break format!("http://{}", told["fields"]["address"].as_str().expect("an address"));
        }
    };
    let reading = std::thread::spawn(move || lines.collect::<Vec<_>>());
    let token = signer.token("one", &claims());
    let wrong = format!("ml_{}_{}", "abcdefgh", "wrongwrongwrongwrongwrongwrongwrongwrongwro");
    let event = json!({"id": "o", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}).to_string();
    assert_eq!(ask(&base, "POST", "/v1/events?wait=true", Some(&key), "application/json", &event).status, 200);
    assert_eq!(ask(&base, "GET", "/v1/merchants?q=Secret%20Person&limit=5", Some(&key), "", "").status, 200);
    assert_eq!(ask(&base, "GET", &format!("/v1/merchants/{OWN}/balances"), Some(&token), "", "").status, 404);
    assert_eq!(ask(&base, "GET", "/v1/consumption/customers?merchant=4111111111111111", Some(&token), "", "").status, 200);
    assert_eq!(ask(&base, "GET", "/v1/audit/heads", Some(&wrong), "", "").status, 401);
    assert_eq!(ask(&base, "GET", &format!("/v1/audit/heads?key={key}"), None, "", "").status, 401);
    // A key that was put where a merchant stands.
    assert_eq!(ask(&base, "GET", &format!("/v1/merchants/{key}/fees"), Some(&key), "", "").status, 404);
    assert_eq!(ask(&base, "GET", "/v1/nothing/4111111111111111", Some(&key), "", "").status, 404);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    log.extend(reading.join().expect("a log"));
    let access: Vec<Value> = log.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).filter(|line| line["target"] == "access").collect();
    let of = |route: &str| {
        access.iter().find(|line| line["fields"]["route"] == route).unwrap_or_else(|| panic!("no line of {route}: {access:#?}"))["fields"].clone()
    };
    let id = &key[3..11];
    let posted = of("/v1/events");
    assert_eq!((&posted["who"], &posted["method"], &posted["status"], &posted["query"]), (&json!(id), &json!("POST"), &json!(200), &json!("wait=true")));
    assert!(posted["micros"].as_u64().is_some_and(|micros| micros > 0), "{posted}");
    let searched = of("/v1/merchants");
    assert_eq!((&searched["query"], &searched["rows"]), (&json!("q=…&limit=5"), &json!(0)), "{searched}");
    let balances = of("/v1/merchants/{merchant}/balances");
    assert_eq!((&balances["who"], &balances["merchant"], &balances["status"]), (&json!("jwt:li.wei"), &json!(OWN), &json!(404)));
    assert!(of("/v1/consumption/customers")["query"].as_str().is_some_and(|query| query.starts_with("merchant=") && !query.contains("41111111")));
    assert_eq!(of("/v1/merchants/{merchant}/fees")["merchant"], "…");
    let nothing = of("none");
    assert_eq!((&nothing["who"], &nothing["status"]), (&json!(id), &json!(404)), "who looks for what there is not is seen");
    assert!(access.iter().any(|line| line["fields"]["who"] == "?" && line["fields"]["status"] == 401), "{access:#?}");
    // Everything that is said at the loudest: neither secrets, nor tokens, nor what was searched for, nor card numbers.
    let everything = log.join("\n");
    let hash = blake3::hash(&key.as_bytes()[12..]).to_hex();
    for secret in [&key[12..], &wrong[12..], &token[token.rfind('.').expect("a signature") + 1..], "Secret", "4111111111111111", hash.as_str()] {
        assert!(!everything.contains(secret), "{secret} is in the log: {:?}", log.iter().find(|line| line.contains(secret)));
    }
}
