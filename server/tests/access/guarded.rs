//! A server with keys, two merchants and a key of each role.

use crate::support::Server;
use crate::support::events::{contract, contract_set, sale};
use crate::support::raw::{Raw, RawAnswer};
use serde_json::{Value, json};
use server::access::key::Key;
use server::access::key_file::{self, Entry};
use server::config::{Config, Layers};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The merchant that the keys of the tests are cut to.
pub const OWN: &str = "MOWN1";
/// Another one, whose name must not be told to them.
pub const FOREIGN: &str = "MFOREIGN2";
/// One that is not there.
pub const NOBODY: &str = "MNOBODY33";

pub struct Guarded {
    pub server: Server,
    pub keys: PathBuf,
    _directory: tempfile::TempDir,
}

/// Adds a key to a file, and answers it as its user has it.
pub fn add(file: &Path, roles: &[&str], merchants: &[&str], attributes: &[(&str, &str)]) -> String {
    let key = Key::generate().expect("a key");
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let attributes: BTreeMap<String, String> = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let entry = Entry::new(&key, owned(roles), owned(merchants), attributes);
    let push = |entries: &mut Vec<Entry>| {
        entries.push(entry);
        Ok(())
    };
    key_file::change(file, push).expect("written");
    key.reveal()
}

/// A configuration with two partitions, keys, and a TOML file.
pub fn config(data: &Path, keys: Option<&Path>, file: &str) -> Config {
    let mut layers = Layers::new();
    layers.flag("data", Some(data.display().to_string()));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("partitions", Some("2".to_owned()));
    layers.flag("keys", keys.map(|keys| keys.display().to_string()));
    layers.file("test.toml", file).expect("a file");
    Config::read(&layers).expect("a configuration")
}

/// An empty ledger with keys, none of which is there yet.
pub fn empty(file: &str) -> Guarded {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = directory.path().join("keys.toml");
    // A file with one key that nobody has.
    add(&keys, &["ingest"], &[], &[]);
    let server = Server::with(config(&directory.path().join("data"), Some(&keys), file));
    Guarded { server, keys, _directory: directory }
}

/// Two merchants of two partners and trades, a closed date, and everything that a path of the API can name.
pub fn lived() -> Guarded {
    lived_with("")
}

/// The same, with a TOML file.
pub fn lived_with(file: &str) -> Guarded {
    let guarded = empty(file);
    let key = guarded.key(&["ingest"], &[]);
    let events = life();
    let body = events.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let answer = guarded.post("/v1/events?wait=true&wait_ms=20000", Some(&key), "application/x-ndjson", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let results: Value = serde_json::from_str(&answer.body).expect("JSON");
    for (result, event) in results["results"].as_array().expect("results").iter().zip(&events) {
        assert_eq!(result["outcome"], "posted", "{event}: {result}");
    }
    guarded
}

fn life() -> Vec<Value> {
    let mut events = vec![
        json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}),
        json!({"id": "cn-2026", "type": "calendar_set", "calendar": "CN", "year": 2026, "closed": [], "open": []}),
    ];
    let mut other = contract();
    (other["mcc"], other["partner"]["id"], other["name"]) = (json!("5411"), json!("isv-8"), json!("Foreign Foods"));
    for (merchant, contract) in [(OWN, contract()), (FOREIGN, other)] {
        events.push(contract_set("c1", merchant, contract));
        for n in 0..12 {
            let at = format!("2026-11-20T10:{n:02}:00+08:00");
            let mut event = sale(&format!("s{n}"), merchant, &format!("P{n}"), "1000.00", "credit", &at);
            event["customer"] = json!(format!("c_{n}"));
            events.push(event);
        }
        let at = "2026-11-20T11:00:00+08:00";
        events.push(json!({"id": "h1", "type": "hold_placed", "merchant": merchant, "hold": "H1", "occurred_at": at, "amount": "30.00", "currency": "CNY"}));
        events.push(json!({"id": "d1", "type": "dispute_opened", "merchant": merchant, "payment": "P1", "dispute": "D1", "occurred_at": at, "amount": "50.00", "currency": "CNY"}));
    }
    events.push(json!({"id": "close-2026-11-20", "type": "day_closed", "date": "2026-11-20"}));
    for merchant in [OWN, FOREIGN] {
        events.push(json!({"id": "r1", "type": "refund", "merchant": merchant, "payment": "P2", "occurred_at": "2026-11-21T10:00:00+08:00", "amount": "10.00", "currency": "CNY"}));
    }
    events
}

impl Guarded {
    /// A key that the running server takes.
    pub fn key(&self, roles: &[&str], merchants: &[&str]) -> String {
        self.key_where(roles, merchants, &[])
    }

    pub fn key_where(&self, roles: &[&str], merchants: &[&str], attributes: &[(&str, &str)]) -> String {
        let key = add(&self.keys, roles, merchants, attributes);
        crate::keys::until(|| self.get("/v1/nothing", Some(&key)).status != 401);
        key
    }

    pub fn get(&self, path: &str, token: Option<&str>) -> RawAnswer {
        ask(&self.server.base, "GET", path, token, "", "")
    }

    /// Asks for one form: the status, and the whole text, also where it comes in chunks.
    pub fn get_as(&self, path: &str, token: &str, form: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let asked = agent.get(format!("{}{path}", self.server.base)).header("Accept", form).header("Authorization", format!("Bearer {token}"));
        let mut answer = asked.call().unwrap_or_else(|error| panic!("{path}: {error}"));
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a text"))
    }

    pub fn post(&self, path: &str, token: Option<&str>, content_type: &str, body: &str) -> RawAnswer {
        ask(&self.server.base, "POST", path, token, content_type, body)
    }
}

/// Asks on a connection of its own; a body that does not say how long it is, such as a stream's, is left aside.
pub fn ask(base: &str, method: &str, path: &str, token: Option<&str>, content_type: &str, body: &str) -> RawAnswer {
    let mut raw = Raw::connect(base);
    let authorization = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
    let content = if content_type.is_empty() { String::new() } else { format!("content-type: {content_type}\r\ncontent-length: {}\r\n", body.len()) };
    raw.send(format!("{method} {path} HTTP/1.1\r\nhost: ledger.bank.example\r\n{authorization}{content}\r\n{body}").as_bytes());
    raw.answer()
}
