//! Where a stream goes on: in a topic that was made again, emptied by retention, is somebody else's, or is not there.

use super::reader::{ENTRIES, HEADS, assert_complete, python, read, settings, written};
use super::support::{PARTITIONS, Topic, WAIT_MAX, binary, directory, heads, start};
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::{Outgoing, Transaction};
use load_tests::service::Client;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Waits until a stream of entries is halted or waits with this code; answers its detail.
fn stands(client: &Client, stream: &str, code: &str) -> String {
    let found = |body: &Value| {
        let streams = body["streams"].as_array()?.iter().find(|told| told["stream"] == stream && told["code"] == code)?;
        Some(streams["detail"].as_str().expect("a detail").to_owned())
    };
    let answer = client.until("/readyz", code, WAIT_MAX, |answer| found(&answer.body).is_some()).expect(code);
    assert_eq!(answer.body["ready"], true, "answers can be relied on whatever becomes of a stream: {}", answer.body);
    found(&answer.body).expect("seen before")
}

/// Makes a topic again that was just deleted, which takes its time in Kafka.
fn make_again(topic: &Topic, name: &str) {
    let deadline = Instant::now() + WAIT_MAX;
    while let Err(error) = topic.admin.create_topic(name, PARTITIONS) {
        assert!(Instant::now() < deadline, "{error}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_topic_that_was_made_again_is_filled_from_the_first_entry() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let (mut topic, last) = Topic::filled(&broker, "again", 400);
    let name = format!("again-{ENTRIES}");
    let directory = directory();
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let first = read(&python, &broker.address(), &name);
    assert_complete(&client, &first);

    // While it runs: what is deleted is missed, and not made by the ledger, which saw it before.
    topic.admin.delete_topic(&name).expect("deleted");
    assert!(stands(&client, ENTRIES, "topic_missing").contains(&name));
    topic.admin.create_topic(&name, PARTITIONS).expect("made again");
    written(&client);
    topic.send(100);
    let last = topic.flush();
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let second = read(&python, &broker.address(), &name);
    assert_complete(&client, &second);
    for (before, after) in [0, 1]
        .map(|partition| (first.iter().filter(move |record| record.partition == partition), second.iter().filter(move |record| record.partition == partition)))
    {
        before.zip(after).for_each(|(before, after)| assert_eq!(before.value, after.value, "the same entries say the same again"));
    }

    // While it does not run, and so fast that nobody missed it.
    service.stop().expect("a clean end");
    topic.admin.delete_topic(&name).expect("deleted");
    make_again(&topic, &name);
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    assert_complete(&client, &read(&python, &broker.address(), &name));
    service.stop().expect("a clean end");
}

#[test]
fn what_retention_took_is_not_written_again_and_a_journal_that_is_folded_again_waits() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let (mut topic, last) = Topic::filled(&broker, "kept", 300);
    let name = format!("kept-{ENTRIES}");
    let directory = directory();
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let written_before = read(&python, &broker.address(), &name).len();
    service.stop().expect("a clean end");
    for partition in 0..PARTITIONS {
        topic.admin.empty(&name, partition).expect("emptied");
    }
    assert!(read(&python, &broker.address(), &name).is_empty());
    topic.send(50);
    let last = topic.flush();
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let after = read(&python, &broker.address(), &name);
    let entries: u64 = heads(&client).iter().map(|(entries, _)| entries).sum();
    assert_eq!(after.len() + written_before, usize::try_from(entries).expect("small"), "on from the number that was kept");
    service.stop().expect("a clean end");

    // The shard is folded again from the log: the topic is ahead of it, waits, and nothing comes twice.
    std::fs::remove_dir_all(directory.path().join("data/0000")).expect("removed");
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    assert_eq!(read(&python, &broker.address(), &name).len(), after.len());
    service.stop().expect("a clean end");
}

#[test]
fn a_backup_knows_how_far_streams_were() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let (mut topic, last) = Topic::filled(&broker, "backed", 300);
    let name = format!("backed-{ENTRIES}");
    let directories = [directory(), directory()];
    let (service, client) = start(&settings(&topic, &directories[0]));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let before = heads(&client);
    service.stop().expect("a clean end");
    let [data, backup, restored] = [directories[0].path().join("data"), directories[0].path().join("backup"), directories[1].path().join("data")];
    let text = |path: &std::path::Path| path.display().to_string();
    for arguments in [["backup", "--data", &text(&data), "--to", &text(&backup)], ["restore", "--from", &text(&backup), "--data", &text(&restored)]] {
        assert!(std::process::Command::new(binary()).args(arguments).status().expect("it runs").success(), "{arguments:?}");
    }
    for partition in 0..PARTITIONS {
        topic.admin.empty(&name, partition).expect("emptied");
    }
    topic.send(50);
    let last = topic.flush();
    let (service, client) = start(&settings(&topic, &directories[1]));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let after = read(&python, &broker.address(), &name);
    for (partition, (had, has)) in (0..).zip(before.iter().zip(heads(&client))) {
        let sequences = after.iter().filter(|record| record.partition == partition).map(|record| record.json()["sequence"].as_u64());
        assert!(sequences.eq((had.0..has.0).map(Some)), "partition {partition}: on from {} to {}", had.0, has.0);
    }
    service.stop().expect("a clean end");
}

#[test]
fn a_fenced_producer_begins_again_and_nothing_is_lost_or_comes_twice() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let (mut topic, last) = Topic::filled(&broker, "fenced", 200);
    let name = format!("fenced-{ENTRIES}");
    let directory = directory();
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    for round in 0..3 {
        let records = read(&python, &broker.address(), &name);
        let ledger = records[0].header("ce_ledger").trim_start_matches("id:").to_owned();
        // Somebody else takes the id of partition 0, and leaves a transaction open there.
        let other = Transaction::begin(&broker.address(), &name, &format!("merchant-ledger-{ledger}-{name}-0")).expect("taken");
        other.send([Outgoing { partition: 0, key: None, value: b"of somebody else".to_vec() }]).expect("sent");
        topic.send(50);
        let last = topic.flush();
        client.caught_up(&last, WAIT_MAX).expect("everything");
        written(&client);
        assert!(other.commit().is_err(), "round {round}: who took the id has lost it");
        let records = read(&python, &broker.address(), &name);
        assert_complete(&client, &records);
    }
    let failures = client.get("/metrics").expect("metrics").as_str().expect("text").to_owned();
    assert!(failures.contains("merchant_ledger_stream_following{stream=\"entries\",partition=\"0\"} 1"), "{failures}");
    service.stop().expect("a clean end");
}

#[test]
fn records_of_another_ledger_and_another_number_of_partitions_stop_a_stream() {
    let (Some(broker), Some(_)) = (Broker::shared(), python()) else { return };
    let (topic, last) = Topic::filled(&broker, "mine", 100);
    let name = format!("mine-{ENTRIES}");
    topic.admin.create_topic(&name, PARTITIONS + 1).expect("a topic");
    let directories = [directory(), directory()];
    let (service, client) = start(&settings(&topic, &directories[0]));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    assert!(stands(&client, ENTRIES, "stream_foreign").contains("partitions"));
    // Put right, it goes on by itself.
    topic.admin.delete_topic(&name).expect("deleted");
    // Deleting takes its time in Kafka, and the service makes a topic that is not there: it is made again by whoever comes first.
    let goes_on = |body: &Value| {
        let mut streams = body["streams"].as_array().expect("streams").iter().filter(|told| told["stream"] == ENTRIES);
        streams.all(|told| told["code"].is_null())
    };
    let is_there = |body: &Value| topic.admin.create_topic(&name, PARTITIONS).is_ok() || goes_on(body);
    client.until("/readyz", "the topic is made again", WAIT_MAX, |answer| is_there(&answer.body)).expect("made again");
    written(&client);
    service.stop().expect("a clean end");

    // Another ledger with the same output.
    let (other, last) = Topic::filled(&broker, "yours", 100);
    let mut its_settings = settings(&other, &directories[1]);
    let file = directories[1].path().join("ledger.toml");
    let its_heads = format!("mine-{HEADS}");
    std::fs::write(&file, format!("[streams]\nentries = {name:?}\nheads = {its_heads:?}\n")).expect("a configuration");
    its_settings.options = vec!["--config".to_owned(), file.display().to_string()];
    let (service, client) = start(&its_settings);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let detail = stands(&client, ENTRIES, "stream_foreign");
    assert!(detail.contains("/ledger/mine"), "{detail}");
    let detail = stands(&client, HEADS, "stream_foreign");
    assert!(detail.contains(&its_heads) && detail.contains("/ledger/mine"), "{detail}");
    let metrics = client.get("/metrics").expect("metrics").as_str().expect("text").to_owned();
    assert!(metrics.contains("merchant_ledger_stream_following{stream=\"entries\",partition=\"0\"} 0"), "{metrics}");
    service.stop().expect("a clean end");
}
