//! What the records say: the same as HTTP, in topics whose partitions are the input's.

use super::reader::{CONSUMPTION, DEAD_LETTERS, ENTRIES, HEADS, Read, assert_complete, python, read, settings, written};
use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, start};
use load_tests::crash::stream::placed;
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::Outgoing;
use load_tests::lives::Life;
use load_tests::lives::dice::Dice;
use load_tests::service::Client;
use schemas::partition::partition_of;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;

/// A test number of a scheme.
const CARD: &str = "4111111111111111";

fn bad(merchant: &str) -> Vec<Outgoing> {
    let partition = partition_of(merchant.as_bytes(), PARTITIONS);
    let record = |value: String| Outgoing { partition, key: Some(merchant.into()), value: value.into_bytes() };
    vec![
        record("not json at all".to_owned()),
        record(format!(r#"{{"id":"card","type":"sale","merchant":"{merchant}","note":"{CARD}"}}"#)),
        record(format!(r#"{{"id":"unknown","type":"gift","merchant":"{merchant}","occurred_at":"2026-11-20T10:00:00+08:00"}}"#)),
    ]
}

/// The numbers that a record's sums are compared by.
fn minor(text: &Value) -> i128 {
    text.as_str().expect("a decimal string").replace('.', "").parse().expect("digits")
}

#[test]
fn records_say_what_answers_say_and_lie_where_their_merchant_does() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let seed = 20_261_129;
    let topic = Topic::create(&broker, "said");
    let mut dice = Dice::new(seed);
    Life::records(seed, 1500).iter().for_each(|record| topic.put(placed(record, PARTITIONS, &mut dice)));
    topic.put(bad("B000001"));
    let last = topic.flush();
    let directory = directory();
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let of = |stream: &str| read(&python, &broker.address(), &format!("said-{stream}"));

    let entries = of(ENTRIES);
    assert!(assert_complete(&client, &entries) > 1000, "seed {seed}");
    entries.iter().for_each(lies_right);
    entries_are_those_of_http(&client, &entries, seed);
    balances_are_those_of_http(&client, &entries, seed);
    consumption_adds_up(&client, &of(CONSUMPTION), &entries, seed);
    dead_letters_are_whole(&client, &of(DEAD_LETTERS), &entries);
    let told = client.get("/v1/audit/heads").expect("heads");
    for row in told["rows"].as_array().expect("rows") {
        let key = format!("{}/judge", row["partition"]);
        let (key, position) = (key.as_str(), &row["position"]);
        let told = |records: &[Read]| {
            records.iter().rev().find(|record| record.key.as_deref() == Some(key)).is_some_and(|record| record.json()["position"] == *position)
        };
        let deadline = std::time::Instant::now() + WAIT_MAX;
        while !told(&of(HEADS)) {
            assert!(std::time::Instant::now() < deadline, "{key} is not told at {position}");
        }
    }
    read_by_a_cloud_events_sdk(&python, &entries);
    let policy = |stream: &str| topic.admin.setting(&format!("said-{stream}"), "cleanup.policy").expect("an answer");
    assert_eq!((policy(HEADS).as_deref(), policy(ENTRIES).as_deref()), (Some("compact"), Some("delete")));
    service.stop().expect("a clean end");
}

/// Each record is of the partition of its key, and its headers and its value agree.
fn lies_right(record: &Read) {
    let value = record.json();
    assert_eq!(value["merchant"].as_str(), record.key.as_deref(), "{value}");
    if let Some(key) = record.key.as_deref().filter(|key| *key != "@house") {
        assert_eq!(partition_of(key.as_bytes(), PARTITIONS), record.partition, "{value}");
    }
    assert_eq!(value["partition"], record.partition);
    assert_eq!(value["entry"], format!("{}:{}", record.partition, value["sequence"]));
    assert_eq!((record.header("ce_specversion"), record.header("ce_type")), ("1.0", "ledger.entry.v1"));
    assert_eq!((record.header("ce_id"), record.header("ce_source")), (value["entry"].as_str().expect("an entry"), "/ledger/said"));
    assert_eq!(record.header("content-type"), "application/json");
    assert_eq!(record.headers.get("ce_time").and_then(Value::as_str), value["occurred_at"].as_str());
    assert!(record.stamp_ms > 1_700_000_000_000, "records carry the time of writing: {}", record.stamp_ms);
    if value["outcome"] != "posted" {
        assert_eq!((&value["lines"], &value["balances_after"]), (&json!([]), &json!([])), "{value}");
    }
}

fn entries_are_those_of_http(client: &Client, entries: &[Read], seed: u64) {
    let by_entry: BTreeMap<String, Value> =
        entries.iter().map(|record| (record.json()["entry"].as_str().expect("an entry").to_owned(), record.json())).collect();
    let told = client.rows("/v1/entries?from=2000-01-01").expect("entries");
    assert!(told.len() > 500, "seed {seed}");
    for row in told {
        let mut record = by_entry[row["entry"].as_str().expect("an entry")].clone();
        let members = record.as_object_mut().expect("an object");
        for extra in ["partition", "sequence", "outcome", "balances_after"] {
            assert!(members.remove(extra).is_some(), "seed {seed}: {row}");
        }
        assert_eq!(record, row, "seed {seed}");
    }
}

fn balances_are_those_of_http(client: &Client, entries: &[Read], seed: u64) {
    let mut latest: BTreeMap<(String, String, String), Value> = BTreeMap::new();
    for value in entries.iter().map(Read::json) {
        for row in value["balances_after"].as_array().expect("a list") {
            let text = |member: &Value| member.as_str().expect("a text").to_owned();
            latest.insert((text(&value["merchant"]), text(&row["currency"]), text(&row["book"])), row.clone());
        }
    }
    assert!(latest.len() > 3, "seed {seed}");
    for ((merchant, currency, book), row) in latest {
        let told = client.get(&format!("/v1/merchants/{merchant}/balances")).expect("balances");
        let told = told["balances"].as_array().expect("rows").iter().find(|told| told["currency"] == currency && told["book"] == book).expect("a row").clone();
        for (name, value) in row.as_object().expect("an object") {
            assert_eq!(told[name], *value, "seed {seed}: {merchant} {currency} {book} {name}");
        }
    }
}

fn consumption_adds_up(client: &Client, records: &[Read], entries: &[Read], seed: u64) {
    let mut sums: BTreeMap<(String, String), (i128, i64)> = BTreeMap::new();
    for record in records {
        let value = record.json();
        assert_eq!(record.header("ce_id"), format!("{}:{}", record.partition, value["sequence"]));
        if value.get("gross").is_none() {
            assert_eq!(value.as_object().expect("an object").len(), 2, "an erasure says nothing else: {value}");
            continue;
        }
        let text = |member: &Value| member.as_str().expect("a text").to_owned();
        let sum = sums.entry((text(&value["merchant"]), text(&value["currency"]))).or_default();
        sum.0 += minor(&value["net"]);
        sum.1 += value["visits"].as_i64().expect("a number");
    }
    assert!(sums.len() > 3, "seed {seed}");
    let payments: std::collections::BTreeSet<String> =
        entries.iter().filter_map(|entry| Some(entry.json()["payment"].as_str()?.to_owned())).filter(|payment| payment.len() > 2).collect();
    let everything = records.iter().map(|record| record.value.as_str()).collect::<Vec<_>>().join("\n");
    assert!(payments.iter().all(|payment| !everything.contains(&format!("\"{payment}\""))), "seed {seed}: a payment's id is told");
    let mix = client.get("/v1/consumption/mix?group_by=merchant&from=2000-01-01&to=2100-01-01").expect("consumption");
    // Rows of few customers are left out there; those that are told agree.
    for row in mix["rows"].as_array().expect("rows") {
        let key = (row["merchant"].as_str().expect("a merchant").to_owned(), row["currency"].as_str().expect("a currency").to_owned());
        let (net, visits) = sums[&key];
        assert_eq!((net, visits), (minor(&row["sales"]), row["visits"].as_i64().expect("a number")), "seed {seed}: {key:?}");
    }
}

fn dead_letters_are_whole(client: &Client, records: &[Read], entries: &[Read]) {
    let quarantined: Vec<Value> = entries.iter().map(Read::json).filter(|entry| entry["outcome"] == "quarantined").collect();
    assert_eq!(records.len(), quarantined.len());
    for entry in &quarantined {
        let own: Vec<&Read> = records.iter().filter(|record| record.header("ce_id") == entry["entry"]).collect();
        let [record] = own.as_slice() else { panic!("{entry} has {} dead letters", own.len()) };
        let position = format!("{}:{}", record.header("dlq.partition"), record.header("dlq.offset"));
        assert_eq!((position.as_str(), record.header("dlq.topic")), (entry["position"].as_str().expect("a position"), "said"));
        assert_eq!((record.header("dlq.code"), record.header("dlq.reason")), (entry["code"].as_str().expect("a code"), entry["detail"].as_str().expect("why")));
        for (ours, theirs) in
            [("topic", "topic"), ("partition", "partition"), ("offset", "offset"), ("code", "exception.class.name"), ("reason", "exception.message")]
        {
            assert_eq!(record.header(&format!("dlq.{ours}")), record.header(&format!("__connect.errors.{theirs}")));
        }
        assert!(!record.value.contains(CARD), "{}", record.value);
    }
    let untouched = records.iter().find(|record| record.value == "not json at all").expect("the value as it came");
    assert_eq!(untouched.key.as_deref(), Some("B000001"));
    assert!(records.iter().any(|record| record.value.contains("\"id\":\"card\"") && record.header("dlq.code") == "card_data"));
    assert!(client.rows("/v1/quarantine").expect("rows").len() >= 3);
}

/// The headers as Python's CloudEvents SDK reads them.
fn read_by_a_cloud_events_sdk(python: &str, records: &[Read]) {
    const READ: &str = "import json, sys\n\
        from cloudevents.v1.kafka import KafkaMessage, from_binary\n\
        for line in sys.stdin:\n\
        \x20   record = json.loads(line)\n\
        \x20   headers = {name: value.encode() for name, value in record['headers'].items()}\n\
        \x20   event = from_binary(KafkaMessage(headers=headers, key=record['key'], value=record['value'].encode()))\n\
        \x20   print(event['id'], event['source'], event['type'], event['specversion'], event.data['sequence'])\n";
    let lines: Vec<String> =
        records.iter().take(20).map(|record| json!({"headers": record.headers, "key": record.key, "value": record.value}).to_string()).collect();
    let mut child =
        Command::new(python).args(["-c", READ]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().expect("Python runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), lines.join("\n").as_bytes()).expect("taken");
    let output = child.wait_with_output().expect("it ends");
    let seen = String::from_utf8(output.stdout).expect("UTF-8");
    let expected: Vec<String> =
        records.iter().take(20).map(|record| format!("{} /ledger/said ledger.entry.v1 1.0 {}", record.header("ce_id"), record.json()["sequence"])).collect();
    assert_eq!(seen.lines().collect::<Vec<_>>(), expected);
}
