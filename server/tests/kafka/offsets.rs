//! Offsets that are no records, and records that must not be read: what is told of both, over HTTP and after a restart.

use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, halted, heads};
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::{Outgoing, Transaction};
use load_tests::service::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// More than one batch, so that a service that counts them as lag would be catching up for ever.
const ABORTED: u32 = 20_000;
/// From the moment that a shard cannot follow until it says so.
const TOLD_MAX: Duration = Duration::from_secs(30);

fn junk(count: u32) -> impl Iterator<Item = Outgoing> {
    (0..count).map(|number| Outgoing { partition: 0, key: None, value: format!("{{\"aborted\":{number}}}").into_bytes() })
}

fn shard(readiness: &Value, partition: u64) -> Value {
    readiness["shards"].as_array().into_iter().flatten().find(|shard| shard["partition"] == partition).cloned().unwrap_or_default()
}

/// Waits until partition 0 is at this offset, with nothing before it.
fn reached(client: &Client, offset: i64) {
    let last = BTreeMap::from([(0, offset)]);
    client.caught_up(&last, WAIT_MAX).expect("it is ready there");
    let ready = client.get("/readyz").expect("ready");
    let told = shard(&ready, 0);
    assert_eq!((&told["state"], &told["lag"], &told["position"]), (&json!("following"), &json!(0), &json!(format!("0:{offset}"))), "{ready}");
}

#[test]
fn what_was_aborted_is_no_lag_and_its_offsets_are_reached() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "aborted", 500);
    let directory = directory();
    let (service, client) = topic.serve(&directory);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let before = heads(&client);
    let transaction = Transaction::begin(&topic.broker, &topic.name, "aborted").expect("a transaction");
    transaction.send(junk(ABORTED)).expect("they are delivered");
    transaction.abort().expect("they are aborted");
    let marker = last[&0] + i64::from(ABORTED) + 1;
    reached(&client, marker);
    assert_eq!(heads(&client), before, "no entry came of it");

    // Whoever waits for the end of the transaction gets an answer, of one partition and of all.
    let merchants = format!("/v1/merchants?at_least=0:{marker}");
    let accounts = format!("/v1/accounts?at_least=0:{marker},1:{}", last[&1]);
    for path in [&merchants, &accounts] {
        let answer = client.ask(path).expect("an answer");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.body["position"].to_string().contains(&format!("0:{marker}")), "{path}: {}", answer.body["position"]);
    }
    let beyond = client.ask(&format!("/v1/merchants?at_least=0:{}&wait_ms=50", marker + 1)).expect("an answer");
    assert_eq!((beyond.status, &beyond.body["code"]), (503, &json!("not_caught_up")));
    service.stop().expect("a clean end");

    // It goes on from there: what was passed may be gone, since nobody needs it.
    topic.admin.delete_records(&topic.name, 0, marker).expect("retention");
    let (service, client) = topic.serve(&directory);
    reached(&client, marker);
    let transaction = Transaction::begin(&topic.broker, &topic.name, "committed").expect("a transaction");
    transaction.send(junk(3)).expect("they are delivered");
    transaction.commit().expect("they are committed");
    reached(&client, marker + 4);
    assert_eq!(heads(&client)[0].0, before[0].0 + 3, "each is set aside, and the end of the transaction is no entry");
    service.kill().expect("it is gone");
    let (service, client) = topic.serve(&directory);
    reached(&client, marker + 4);
    service.stop().expect("a clean end");
}

#[test]
fn a_transaction_that_stays_open_is_told_with_its_partition_and_since_when() {
    let Some(broker) = Broker::shared() else { return };
    let (mut topic, last) = Topic::filled(&broker, "hanging", 200);
    let directory = directory();
    let (service, client) = topic.serve(&directory);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let transaction = Transaction::begin(&topic.broker, &topic.name, "hanging").expect("a transaction");
    transaction.send(junk(1)).expect("it is delivered");
    let opened = Instant::now();
    topic.send(300);
    let now = topic.flush();
    let detail = halted(&client, "transaction_open");
    assert!(opened.elapsed() < TOLD_MAX, "after {:?}", opened.elapsed());
    assert!(detail.contains("partition 0") && detail.contains(&format!("offset {}", last[&0] + 1)) && detail.contains("since 20"), "{detail}");
    let told = client.ask("/readyz").expect("an answer").body;
    let hidden = shard(&told, 0);
    assert_eq!((&hidden["state"], &hidden["code"], hidden["since"].is_string()), (&json!("catching_up"), &json!("transaction_open"), true), "{told}");
    assert_eq!(hidden["lag"], json!(now[&0] - last[&0]), "what is hidden is not yet in the answers");
    assert_eq!(shard(&told, 1)["state"], "following", "the other partition goes on: {told}");
    transaction.abort().expect("it is ended");
    client.caught_up(&now, WAIT_MAX).expect("what was hidden is read");
    assert_eq!(shard(&client.get("/readyz").expect("ready"), 0).get("code"), None);
    service.stop().expect("a clean end");
}

#[test]
fn partitions_that_are_added_halt_every_shard_and_nothing_more_is_taken() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "widened", 100);
    let directory = directory();
    let (service, client) = topic.serve(&directory);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    topic.admin.add_partitions(&topic.name, usize::try_from(PARTITIONS).expect("few") + 1).expect("one more");
    let added = Instant::now();
    let detail = halted(&client, "partitions_changed");
    assert!(added.elapsed() < TOLD_MAX, "after {:?}", added.elapsed());
    assert!(detail.contains("opened with 2 partitions") && detail.contains("has 3"), "{detail}");
    let both = |answer: &load_tests::service::client::Answer| (0..2).all(|partition| shard(&answer.body, partition)["code"] == "partitions_changed");
    client.until("/readyz", "both shards", WAIT_MAX, both).expect("each is halted");
    refuses(&client);
    service.stop().expect("a clean end");
    let (service, client) = topic.serve(&directory);
    halted(&client, "partitions_changed");
    service.stop().expect("a clean end");
}

#[test]
fn a_topic_that_was_made_again_takes_no_event_and_none_is_called_posted() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "remade", 200);
    let directory = directory();
    let (service, client) = topic.serve(&directory);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    topic.admin.delete_topic(&topic.name).expect("it is there");
    let deadline = Instant::now() + WAIT_MAX;
    while let Err(error) = topic.admin.create_topic(&topic.name, PARTITIONS) {
        assert!(Instant::now() < deadline, "{error}");
    }
    // At once, and when it is known.
    refuses(&client);
    halted(&client, "topic_recreated");
    refuses(&client);
    service.stop().expect("a clean end");
}

/// An event is not taken, whether or not one waits for it.
fn refuses(client: &Client) {
    let event =
        json!({"id": "late", "type": "fee_waived", "merchant": "M000001", "occurred_at": "2026-11-20T10:00:00+08:00", "amount": "1.00", "currency": "CNY"});
    for path in ["/v1/events?wait=true", "/v1/events"] {
        let answer = client.post(path, "application/json", event.to_string().as_bytes()).expect("an answer");
        assert_eq!((answer.status, &answer.body["code"]), (503, &json!("unavailable")), "{path}: {}", answer.body);
    }
}
