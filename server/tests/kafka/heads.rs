//! The same records give the same heads: posted one by one or many at a time to an embedded log, and through Kafka, as
//! they come or all at once.

use super::support::{Topic, WAIT_MAX, binary, directory, heads, start};
use load_tests::crash::stream::placed;
use load_tests::kafka::broker::Broker;
use load_tests::lives::dice::Dice;
use load_tests::lives::{Content, Life, Record};
use load_tests::service::{Client, Settings};
use std::collections::BTreeMap;

const PARTITIONS: u32 = 3;
/// Records of one post.
const TOGETHER: usize = 400;

/// A life without what an embedded log does not take: it is read before it is appended.
fn life(seed: u64) -> Vec<Record> {
    let readable = |record: &Record| matches!(record.content, Content::Event(_)) && schemas::decode::decode(&record.bytes()).is_ok();
    Life::records(seed, 2500).into_iter().filter(readable).collect()
}

fn post(client: &Client, records: &[Record]) {
    let lines: Vec<String> = records.iter().map(|record| String::from_utf8(record.bytes()).expect("JSON")).collect();
    let answer = client.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.join("\n").as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The heads of an embedded log to which this is posted, so many at a time.
fn embedded(records: &[Record], together: usize) -> (Vec<(u64, String)>, BTreeMap<u32, i64>) {
    let directory = directory();
    let (service, client) = start(&Settings::embedded(binary(), directory.path(), PARTITIONS));
    records.chunks(together).for_each(|records| post(&client, records));
    // What is folded is in the journal at once; `/readyz` tells how far the views are, which come a moment later.
    let positions = folded(&client);
    let heads = heads(&client);
    service.stop().expect("a clean end");
    (heads, positions)
}

/// The position of each partition's journal.
fn folded(client: &Client) -> BTreeMap<u32, i64> {
    let heads = client.get("/v1/audit/heads").expect("heads");
    let position = |row: &serde_json::Value| {
        let (partition, offset) = row["position"].as_str().expect("a position").split_once(':').expect("two numbers");
        (partition.parse().expect("a partition"), offset.parse().expect("an offset"))
    };
    heads["rows"].as_array().expect("rows").iter().map(position).collect()
}

#[test]
fn the_embedded_log_and_kafka_give_the_same_heads_in_batches_of_any_size() {
    let Some(broker) = Broker::shared() else { return };
    let seed = 20_261_125;
    let records = life(seed);
    let (many_at_a_time, positions) = embedded(&records, TOGETHER);
    assert!(many_at_a_time.iter().all(|(entries, _)| *entries > 100), "seed {seed}: {many_at_a_time:?}");
    assert_eq!(embedded(&records, 7), (many_at_a_time.clone(), positions.clone()), "seed {seed}: a few at a time");

    let topic = Topic::absent(&broker, "heads");
    topic.admin.create_topic("heads", PARTITIONS).expect("a new topic");
    let mut dice = Dice::new(seed);
    let directories = [directory(), directory()];
    let (live, live_client) = topic.serve(&directories[0]);
    for records in records.chunks(50) {
        records.iter().for_each(|record| topic.put(placed(record, PARTITIONS, &mut dice)));
        // Each instalment is delivered before the next is sent, so they are folded in several batches.
        topic.flush();
    }
    let last = topic.flush();
    assert_eq!(last, positions, "seed {seed}: the logs have the same offsets");
    live_client.caught_up(&last, WAIT_MAX).expect("everything");
    assert_eq!(heads(&live_client), many_at_a_time, "seed {seed}: through Kafka as they come");
    live.stop().expect("a clean end");
    let (late, late_client) = topic.serve(&directories[1]);
    late_client.caught_up(&last, WAIT_MAX).expect("everything");
    assert_eq!(heads(&late_client), many_at_a_time, "seed {seed}: through Kafka all at once");
    late.stop().expect("a clean end");
}
