//! A customer is erased: the token is in no answer, no export, no entry and no file but those of the log; what was counted
//! stays; the next purchase is a new customer's; and the same log makes the same of it anywhere.

mod support;

use ledger::source::{Source, Table};
use serde_json::{Value, json};
use server::config::Config;
use server::node::{Intake, Target};
use server::shape::Position;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const PARTITIONS: u32 = 12;
/// Who is erased, with a name that nothing else can have.
const TOKEN: &str = "tok-7f3e19c5-of-somebody";
/// A payment of his: a text that must be found where the token must not.
const CONTROL: &str = "P-7f3e19c5-control";
const READ_WAIT: Duration = Duration::from_secs(5);

fn home(merchant: &str) -> u32 {
    schemas::partition::partition_of(merchant.as_bytes(), PARTITIONS)
}

fn start(data: &Path) -> Server {
    let mut config = Config::embedded(data.to_path_buf()).expect("a configuration");
    config.fewest_customers = 1;
    Server::with(config)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Two merchants of the bank's scope on two partitions, one whose tokens are its own.
struct Shops {
    bank: [String; 2],
    own: String,
}

impl Shops {
    fn open(server: &Server) -> Self {
        let far = (1..).map(|n| format!("B{n}")).find(|merchant| home(merchant) != home("B0")).expect("twelve partitions");
        let shops = Self { bank: ["B0".to_owned(), far], own: "OWN".to_owned() };
        for merchant in shops.all() {
            let mut terms = contract();
            terms["customer_scope"] = json!(if merchant == shops.own { "merchant" } else { "bank" });
            server.posted(&contract_set("c-1", merchant, terms));
        }
        shops
    }

    fn all(&self) -> [&str; 3] {
        [&self.bank[0], &self.bank[1], &self.own]
    }
}

fn bought(merchant: &str, payment: &str, token: &str, date: &str) -> Value {
    let mut event = sale(&format!("e-{payment}"), merchant, payment, "10.00", "credit", &format!("{date}T10:15:00+08:00"));
    event["customer"] = json!(token);
    event
}

/// Appends a record past every check, as a producer would, and waits until it is told that it was set aside.
fn set_aside(server: &Server, merchant: &str, value: &str) {
    let id = schemas::ids::EventId::new("any").expect("an id");
    let intake = Intake { id, target: Target::One(home(merchant)), key: Some(merchant.as_bytes().to_vec()), value: value.as_bytes().to_vec() };
    let position = server.node.append_now(vec![intake]).expect("appended")[0][0];
    let told = server.get_json(&format!("/v1/quarantine?at_least={position}&wait_ms=20000"));
    let rows = told["rows"].as_array().expect("rows");
    assert!(rows.iter().any(|row| row["position"] == position.to_string().as_str()), "{told}");
}

/// The rows of an answer about consumption.
fn rows(server: &Server, path: &str) -> Value {
    server.get_json(&format!("/v1/consumption/{path}"))["rows"].clone()
}

const ASKED: [&str; 9] = [
    "footfall?from=2026-11-01&group_by=merchant",
    "tickets?from=2026-11-01",
    "customers?from=2026-11-01",
    "customers?from=2026-11-01&group_by=day",
    "segments?from=2026-11-01",
    "cohorts?from=2026-11-01&period=month",
    "mix?from=2026-11-01",
    "affinity?from=2026-11-01",
    "customers?from=2026-11-01&group_by=merchant",
];

fn told(server: &Server) -> Vec<Value> {
    ASKED.iter().map(|path| rows(server, path)).collect()
}

/// How many customers there are, how many of them are new and how many came back.
fn customers(server: &Server, path: &str) -> [u64; 3] {
    let row = &rows(server, &format!("customers?{path}"))[0];
    ["customers", "new", "returning"].map(|column| row[column]["estimate"].as_u64().unwrap_or_else(|| panic!("{path}: {row}")))
}

/// Buys, sets aside, erases and buys again.
fn lived(server: &Server) -> Shops {
    server.posted(&opened("2026-11-20"));
    let shops = Shops::open(server);
    let [near, far, own] = shops.all();
    for (n, merchant) in shops.all().into_iter().enumerate() {
        server.posted(&bought(merchant, &format!("A{n}"), TOKEN, "2026-11-20"));
        server.posted(&bought(merchant, &format!("B{n}"), "tok-another", "2026-11-20"));
    }
    server.posted(&bought(near, CONTROL, TOKEN, "2026-11-20"));
    let bad = bought(near, "X", TOKEN, "2026-11-20").to_string().replace("10.00", "10.001");
    set_aside(server, near, &bad);
    set_aside(server, near, bad.trim_end_matches('}'));
    set_aside(server, far, &bought(far, "A1", TOKEN, "2026-11-20").to_string().replace("\"credit\"", "\"debit\""));
    server.posted(&closed("2026-11-20"));
    assert_eq!(customers(server, "from=2026-11-01"), [4, 4, 0], "two tokens, each once for the bank on two partitions, and once for the merchant of its own");
    assert_eq!(customers(server, &format!("from=2026-11-01&merchant={own}"))[0], 2);

    let before = told(server);
    server.posted(&json!({"id": "x1", "type": "customer_erased", "merchant": "@house", "occurred_at": "2026-11-21T09:00:00+08:00", "customer": TOKEN}));
    assert_eq!(told(server), before, "counts stay");

    for (n, merchant) in shops.all().into_iter().enumerate() {
        server.posted(&bought(merchant, &format!("C{n}"), TOKEN, "2026-11-21"));
        server.posted(&bought(merchant, &format!("D{n}"), "tok-another", "2026-11-21"));
    }
    assert_eq!(customers(server, "from=2026-11-01")[0], 6, "who buys again is a new customer, once on two partitions, and once at the other merchant");
    assert_eq!(customers(server, "from=2026-11-21&to=2026-11-21"), [4, 2, 2], "the other one comes back");
    let refund = json!({"id": "r1", "type": "refund", "merchant": near, "payment": "A0", "occurred_at": "2026-11-21T12:00:00+08:00", "amount": "10.00", "currency": "CNY"});
    server.posted(&refund);

    // A merchant erases for itself: the bank's customer is another one there from now on, and the same elsewhere.
    server.posted(&json!({"id": "x2", "type": "customer_erased", "merchant": near, "occurred_at": "2026-11-21T13:00:00+08:00", "customer": TOKEN}));
    server.posted(&bought(near, "E0", TOKEN, "2026-11-21"));
    server.posted(&bought(far, "E1", TOKEN, "2026-11-21"));
    assert_eq!(customers(server, "from=2026-11-01")[0], 7);
    assert_eq!(customers(server, &format!("from=2026-11-01&merchant={far}"))[0], 3);
    shops
}

/// Asks every operation that reads, in every form that the document says it has, and answers how many answers there were.
fn ask_everything(server: &Server, merchant: &str) -> usize {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30))).build().new_agent();
    let document = server.get_json("/openapi.json");
    let mut asked = 0;
    let mut forms_of = |path: &str, forms: &[&str]| {
        for form in forms {
            let mut answer = agent.get(format!("{}{path}", server.base)).header("Accept", *form).call().unwrap_or_else(|error| panic!("{path}: {error}"));
            let (status, bytes) = (answer.status(), answer.body_mut().read_to_vec().expect("a body"));
            assert_eq!(status, 200, "{path} as {form}: {}", String::from_utf8_lossy(&bytes));
            assert!(!has(&bytes, TOKEN), "{path} as {form}: {}", String::from_utf8_lossy(&bytes));
            asked += 1;
        }
    };
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let Some(content) = operations["get"]["responses"]["200"]["content"].as_object() else { continue };
        // A stream has no end; what it tells are the balances.
        let forms: Vec<&str> = content.keys().map(String::as_str).filter(|form| *form != "text/event-stream").collect();
        if forms.is_empty() {
            continue;
        }
        let (one, query) = match path.as_str() {
            "/v1/merchants/{merchant}/payments/{payment}" => (path.replace("{payment}", CONTROL), ""),
            "/v1/merchants/{merchant}/statements/{date}" => (path.replace("{date}", "2026-11-20"), ""),
            "/v1/events/{id}" => (path.replace("{id}", &format!("e-{CONTROL}")), "?merchant=B0"),
            "/v1/audit/entries/{entry}/proof" => (path.replace("{entry}", "0:0"), ""),
            path if path.starts_with("/v1/consumption/") => (path.to_owned(), "?from=2026-11-01"),
            // A rebuild that was never begun is not found, nor a payout; what would be paid next is asked.
            "/v1/webhooks/{id}" | "/v1/webhooks/{id}/deliveries" => continue,
            "/v1/projections/{name}/rebuild" | "/v1/merchants/{merchant}/payouts/{payout}" | "/v1/merchants/{merchant}/payouts/{payout}/items" => continue,
            path => (path.to_owned(), ""),
        };
        forms_of(&format!("{}{query}", one.replace("{merchant}", merchant)), &forms);
    }
    for path in ["/docs", "/", "/metrics", "/v1/quarantine?limit=1000", "/v1/events/e-X", "/v1/events/e-A1?merchant=B0"] {
        let answer = server.get(path);
        assert!(!answer.text.contains(TOKEN), "{path}: {}", answer.text);
    }
    asked
}

fn command(arguments: &[&str], data: &Path) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(arguments).arg("--data").arg(data).output().expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(!has(&output.stderr, TOKEN), "{arguments:?} logs the token");
    output.stdout
}

/// Every record of the log, by partition.
fn records(server: &Server) -> Vec<(u32, Vec<u8>)> {
    let mut records = Vec::new();
    for partition in 0..PARTITIONS {
        let high = server.node.log().watermarks(partition).expect("watermarks").high;
        for offset in 0..high {
            let value = server.node.record(Position { partition, offset }, READ_WAIT).expect("readable").expect("a record");
            records.push((partition, value));
        }
    }
    records
}

fn heads(server: &Server) -> Value {
    server.get_json("/v1/audit/heads")["rows"].clone()
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn an_erased_token_is_in_nothing_that_is_told_or_kept_but_the_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let server = start(&data);
    let shops = lived(&server);
    for merchant in shops.all() {
        if merchant == shops.bank[0] {
            let asked = ask_everything(&server, merchant);
            assert!(asked > 30, "only {asked} answers");
        }
        assert!(!server.get(&format!("/v1/merchants/{merchant}/entries?limit=1000")).text.contains(TOKEN));
    }
    for format in ["jsonl", "hledger", "beancount"] {
        let text = command(&["export", "--format", format], &data);
        assert!(has(&text, CONTROL) || format != "jsonl", "the export has that payment");
        assert!(!has(&text, TOKEN), "{format}");
    }
    // Files may be compressed, so entries and state are also read.
    let (mut entries, mut state) = (0, 0);
    for place in server.node.places() {
        let reader = place.here().and_then(|here| here.journal()).expect("a journal");
        for recorded in reader.entries(0, usize::MAX).expect("entries") {
            assert!(!format!("{recorded:?}").contains(TOKEN), "{recorded:?}");
            entries += 1;
        }
        for table in Table::ALL {
            let mut visit = |key: &[u8], value: &[u8]| {
                assert!(!has(key, TOKEN) && !has(value, TOKEN), "{table:?}");
                state += 1;
                true
            };
            reader.scan(table, &[], &mut visit).expect("state");
        }
    }
    assert!(entries > 40 && state > 40, "{entries} entries, {state} rows of state");
    let from_log = records(&server);
    server.stop();
    // Opened once more, so that what was in memory is in files.
    start(&data).stop();
    let mut found = Vec::new();
    files(&data, &mut found);
    let (mut controls, mut in_log) = ([0, 0], 0);
    for path in &found {
        let bytes = fs::read(path).expect("a file");
        let named = path.display().to_string();
        let room = ["/journal/", "/views/"].iter().position(|room| named.contains(room));
        match room {
            Some(room) => {
                assert!(!has(&bytes, TOKEN), "{named}");
                controls[room] += usize::from(has(&bytes, CONTROL));
            }
            None => in_log += usize::from(has(&bytes, TOKEN)),
        }
    }
    assert!(controls.iter().all(|found| *found > 0), "the search finds nothing at all: {controls:?}");
    assert!(in_log > 0, "the log keeps records as they came");

    let mut folding = Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).arg("fold").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut input = folding.stdin.take().expect("its input");
    for (offset, (_, value)) in from_log.iter().filter(|(partition, _)| *partition == home(&shops.bank[0])).enumerate() {
        let record = json!({"offset": offset, "raw": String::from_utf8_lossy(value)});
        writeln!(input, "{record}").expect("it reads");
    }
    drop(input);
    let output = folding.wait_with_output().expect("it ends");
    assert!(output.status.success() && has(&output.stdout, CONTROL) && !has(&output.stdout, TOKEN), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_same_log_makes_the_same_customers_in_another_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(&directory.path().join("one"));
    lived(&server);
    let (told_there, heads_there, records) = (told(&server), heads(&server), records(&server));
    server.stop();
    let server = start(&directory.path().join("other"));
    let id = schemas::ids::EventId::new("any").expect("an id");
    let mut last = std::collections::BTreeMap::new();
    for (partition, value) in records {
        let intake = Intake { id: id.clone(), target: Target::One(partition), key: None, value };
        let position = server.node.append_now(vec![intake]).expect("appended")[0][0];
        last.insert(partition, position.to_string());
    }
    let at_least: Vec<String> = last.into_values().collect();
    server.get_json(&format!("/v1/consumption/mix?at_least={}&wait_ms=20000", at_least.join(",")));
    assert_eq!(heads(&server), heads_there);
    assert_eq!(told(&server), told_there);
    // State is read back where it was left.
    server.stop();
    let server = start(&directory.path().join("other"));
    assert_eq!(told(&server), told_there);
    assert_eq!(customers(&server, "from=2026-11-01")[0], 7);
    server.posted(&bought("B0", "Z0", TOKEN, "2026-11-21"));
    assert_eq!(customers(&server, "from=2026-11-01")[0], 7, "an erasure is not forgotten, and nobody is new without one");
}
