//! Avro and Protobuf, in and out, by a real registry and other people's serializers: the same events make the same heads, and topics
//! say the same, whichever way they are written. A registry that is away is waited for, and nothing is skipped.

use super::reader::{python, read};
use super::registry::{Door, Registry};
use super::support::{Topic, WAIT_MAX, directory, halted, heads, start};
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::Outgoing;
use load_tests::load::traffic::Traffic;
use load_tests::service::{Client, Process};
use load_tests::streams::{reader, run};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
/// The merchant of records that are made here.
const MERCHANT: &str = "B000001";
/// A number with the prefix, length and check digit of a card's.
const CARD: &str = "4111111111111111";

/// Runs the script; what it printed, a line each.
fn script(python: &str, arguments: [&str; 5], input: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/streams/encodings.py");
    let mut command = Command::new(python);
    command
        .arg(path)
        .args(arguments)
        .env("SCHEMAS", SCHEMAS)
        .env("PYTHONPATH", reader::PYTHON_PATH)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("Python runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writing = std::thread::spawn(move || drop(pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("it ends");
    writing.join().expect("written");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Starts the service on a topic, with a registry.
fn serve(topic: &Topic, directory: &TempDir, registry: &str, encoding: &str, more: &str) -> (Process, Client) {
    let file = directory.path().join("ledger.toml");
    let name = |stream: &str| format!("{}-{stream}", topic.name);
    let text = format!(
        "[streams]\nentries = {:?}\nconsumption = {:?}\nheads = {:?}\ndead_letters = {:?}\nencoding = {encoding:?}\n[registry]\nurl = {registry:?}\n{more}",
        name("entries"),
        name("consumption"),
        name("heads"),
        name("dlq")
    );
    std::fs::write(&file, text).expect("a configuration");
    let mut settings = topic.settings(directory);
    settings.options = vec!["--config".to_owned(), file.display().to_string()];
    start(&settings)
}

/// Without members that are `null` or empty, which Protobuf does not tell from absent ones.
fn bare(value: &Value) -> Value {
    let is_something = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
    match value {
        Value::Object(fields) => fields.iter().filter(|(_, value)| is_something(value)).map(|(name, value)| (name.clone(), bare(value))).collect(),
        Value::Array(items) => items.iter().map(bare).collect(),
        // Protobuf's JSON has numbers of 64 bits as texts.
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    }
}

/// Records by entry.
fn by_entry(values: impl IntoIterator<Item = Value>) -> BTreeMap<String, Value> {
    values.into_iter().map(|value| (value["entry"].as_str().expect("an entry").to_owned(), bare(&value))).collect()
}

fn framed(topic: &Topic, bytes: &[u8]) {
    let partition = schemas::partition::partition_of(MERCHANT.as_bytes(), super::support::PARTITIONS);
    topic.put([Outgoing { partition, key: Some(MERCHANT.into()), value: bytes.to_vec() }]);
}

#[test]
fn events_in_avro_and_protobuf_make_the_heads_of_the_same_events_in_json_and_topics_say_the_same() {
    let (Some(broker), Some(python), Some(registry)) = (Broker::shared(), python(), Registry::start()) else { return };
    let plain = Topic::create(&broker, "told-json");
    let mut records: Vec<Outgoing> =
        Traffic::opening(super::support::PARTITIONS, "2026-11-20").into_iter().chain(Traffic::new(9, 20, super::support::PARTITIONS).take(500)).collect();
    // Protobuf does not tell its empty lists from none.
    let calendar = json!({"id": "no-holidays", "type": "calendar_set", "calendar": "XX", "year": 2026, "closed": [], "open": []}).to_string();
    records.extend((0..super::support::PARTITIONS).map(|partition| Outgoing { partition, key: None, value: calendar.clone().into_bytes() }));
    let line = |record: &Outgoing| {
        let event: Value = serde_json::from_slice(&record.value).expect("traffic is JSON");
        json!({"partition": record.partition, "key": record.key.as_ref().map(|key| String::from_utf8_lossy(key).into_owned()), "event": event}).to_string()
    };
    let lines: Vec<String> = records.iter().map(line).collect();
    plain.put(records);
    let last = plain.flush();
    let directories = [directory(), directory(), directory()];
    let (service, client) = serve(&plain, &directories[0], &registry.url(), "json", "");
    client.caught_up(&last, WAIT_MAX).expect("everything");
    run::written(&client).expect("everything is written");
    let expected = heads(&client);
    let entries = by_entry(read(&python, &broker.address(), "told-json-entries").iter().map(super::reader::Read::json));
    assert!(entries.len() > 400);
    service.stop().expect("a clean end");

    for (encoding, door, directory) in [("avro", Door::Shut, &directories[1]), ("protobuf", Door::Silent, &directories[2])] {
        let topic = Topic::create(&broker, &format!("told-{encoding}"));
        script(&python, ["write", encoding, &registry.url(), &broker.address(), &topic.name], &lines.join("\n"));
        // The registry is away at first, or does not answer: nothing is folded, nothing is skipped, and it goes on by itself.
        registry.set(door);
        let (service, client) = serve(&topic, directory, &registry.door(), encoding, "");
        assert!(halted(&client, "registry_unreachable").contains("registry"));
        assert!(heads(&client).iter().all(|(entries, _)| *entries == 0), "{encoding}: nothing is skipped");
        registry.set(Door::Open);
        client.caught_up(&last, WAIT_MAX).expect("everything");
        assert_eq!(heads(&client), expected, "{encoding}: the same events make the same heads");
        run::written(&client).expect("everything is written");
        let told = script(&python, ["read", encoding, &registry.url(), &broker.address(), &format!("{}-entries", topic.name)], "");
        assert_eq!(by_entry(told), entries, "{encoding}: the topic says the same");
        service.stop().expect("a clean end");
    }
}

#[test]
fn a_frame_that_no_schema_reads_is_set_aside_and_an_unknown_schema_is_waited_for() {
    let (Some(broker), Some(python), Some(registry)) = (Broker::shared(), python(), Registry::start()) else { return };
    let (topic, _) = Topic::filled(&broker, "frames", 50);
    let event = json!({"id": "twice", "type": "fee_charged", "merchant": MERCHANT, "occurred_at": "2026-11-20T12:00:00+08:00", "fee": "other", "currency": "CNY", "amount": "1.00"});
    let partition = schemas::partition::partition_of(MERCHANT.as_bytes(), super::support::PARTITIONS);
    let changed = |id: &str, name: &str, value: &str| {
        let mut event = event.clone();
        (event["id"], event[name]) = (json!(id), json!(value));
        event
    };
    let events = [event.clone(), changed("card", "reference", CARD), changed("fraction", "amount", "1.234")];
    let lines = events.map(|event| json!({"partition": partition, "key": MERCHANT, "event": event}).to_string());
    script(&python, ["write", "avro", &registry.url(), &broker.address(), &topic.name], &lines.join("\n"));
    // The same event in JSON is the same event.
    topic.put([Outgoing { partition, key: Some(MERCHANT.into()), value: event.to_string().into_bytes() }]);
    framed(&topic, b"\0\0\0\0\x01\xff\xff\xff");
    framed(&topic, b"\0\0");
    let last = topic.flush();
    let directory = directory();
    let (service, client) = serve(&topic, &directory, &registry.url(), "json", "");
    client.caught_up(&last, WAIT_MAX).expect("everything");
    run::written(&client).expect("everything is written");
    let dead = read(&python, &broker.address(), "frames-dlq");
    let mut codes: Vec<&str> = dead.iter().map(|record| record.header("dlq.code")).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["bad_amount", "card_data", "malformed", "malformed"], "{dead:?}");
    for record in &dead {
        assert!(!record.value.contains(CARD), "{record:?}");
        assert!(record.value.starts_with('\0') || record.header("dlq.code") == "card_data", "as they came: {dead:?}");
    }
    // Sent again, it is the event that was framed, not bytes that nobody reads.
    let fraction = dead.iter().find(|record| record.header("dlq.code") == "bad_amount").expect("one");
    let position = format!("{}:{}", fraction.header("dlq.partition"), fraction.header("dlq.offset"));
    let again = client.post(&format!("/v1/quarantine/{position}/replay"), "application/json", b"").expect("an answer");
    assert_eq!((again.status, &again.body["code"]), (422, &json!("bad_amount")), "{}", again.body);
    let outcomes: Vec<Value> =
        read(&python, &broker.address(), "frames-entries").iter().map(super::reader::Read::json).filter(|entry| entry["event"] == "twice").collect();
    assert_eq!(outcomes.iter().map(|entry| entry["outcome"].as_str().expect("an outcome")).collect::<Vec<_>>(), ["posted", "duplicate"]);
    let before = heads(&client);

    framed(&topic, b"\0\0\0\x03\xe7abc");
    let last = topic.flush();
    let detail = halted(&client, "schema_unknown");
    assert!(detail.contains("999") && detail.contains("register it there"), "{detail}");
    assert_eq!(heads(&client), before, "it is not skipped");
    service.stop().expect("a clean end");

    let (service, client) = serve(&topic, &directory, &registry.url(), "json", "set_aside = [999]\n");
    client.caught_up(&last, WAIT_MAX).expect("everything");
    run::written(&client).expect("everything is written");
    assert_eq!(read(&python, &broker.address(), "frames-dlq").len(), 5);
    let after = heads(&client);
    service.stop().expect("a clean end");

    // Folded with a registry once, it is not folded without one.
    framed(&topic, b"\0\0\0\0\x01\xff");
    topic.flush();
    let (service, client) = start(&topic.settings(&directory));
    assert!(halted(&client, "registry_unreachable").contains("[registry]"));
    assert_eq!(heads(&client), after);
    service.stop().expect("a clean end");
}

#[test]
fn a_registry_that_comes_later_changes_nothing_that_was_folded() {
    let (Some(broker), Some(python), Some(registry)) = (Broker::shared(), python(), Registry::start()) else { return };
    let (topic, _) = Topic::filled(&broker, "later", 50);
    let partition = schemas::partition::partition_of(MERCHANT.as_bytes(), super::support::PARTITIONS);
    let event = |id: &str| json!({"id": id, "type": "fee_charged", "merchant": MERCHANT, "occurred_at": "2026-11-20T12:00:00+08:00", "fee": "other", "currency": "CNY", "amount": "1.00"});
    // One in Avro, and behind it one in JSON.
    let write = |id: &str| {
        let line = json!({"partition": partition, "key": MERCHANT, "event": event(id)}).to_string();
        script(&python, ["write", "avro", &registry.url(), &broker.address(), &topic.name], &line);
        topic.put([Outgoing { partition, key: Some(MERCHANT.into()), value: event(&format!("{id}-in-json")).to_string().into_bytes() }]);
        topic.flush()
    };
    let folded = |(service, client): (Process, Client), last: &BTreeMap<u32, i64>| {
        client.caught_up(last, WAIT_MAX).expect("everything");
        let heads = heads(&client);
        service.stop().expect("a clean end");
        heads
    };
    let (one, other, third) = (directory(), directory(), directory());
    let last = write("before");
    let without = folded(start(&topic.settings(&one)), &last);
    assert_eq!(folded(serve(&topic, &one, &registry.url(), "json", ""), &last), without, "what was set aside stays so");

    // What was set aside is sent again, and read: it is another record now.
    let (service, client) = serve(&topic, &one, &registry.url(), "json", "");
    let aside = client.get("/v1/quarantine").expect("a list");
    let position = aside["rows"][0]["position"].as_str().expect("one was set aside").to_owned();
    let again = client.post(&format!("/v1/quarantine/{position}/replay?wait=true"), "application/json", b"").expect("an answer");
    assert_eq!((again.status, &again.body["results"][0]["outcome"]), (200, &json!("posted")), "{}", again.body);
    service.stop().expect("a clean end");

    let last = write("after");
    let expected = folded(serve(&topic, &one, &registry.url(), "json", ""), &last);
    let said: Value = serde_json::from_slice(&std::fs::read(one.path().join("data/ledger.json")).expect("readable")).expect("JSON");
    let from = format!("from = {}\n", said["framed_from"]);
    // Folded again, as damage asks for; elsewhere, by what the first one says; and elsewhere without that.
    std::fs::remove_dir_all(one.path().join(format!("data/{partition:04}"))).expect("it was there");
    assert_eq!(folded(serve(&topic, &one, &registry.url(), "json", ""), &last), expected, "{from}");
    assert_eq!(folded(serve(&topic, &other, &registry.url(), "json", &from), &last), expected, "{from}");
    assert_ne!(folded(serve(&topic, &third, &registry.url(), "json", ""), &last), expected, "{from}");
}
