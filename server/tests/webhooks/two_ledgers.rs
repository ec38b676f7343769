//! Two ledgers of one Kafka whose webhooks lie in one topic: each tells its own entries to its own webhooks. Without Kafka's jars the test
//! is skipped, loudly.

use super::kafka::{PARTITIONS, Topic, WAIT_MAX, directory, start};
use super::service::until;
use load_tests::hooks::receiver::Receiver;
use load_tests::kafka::broker::Broker;
use load_tests::kafka::consumer::Committed;
use load_tests::kafka::producer::{Outgoing, Producer};
use load_tests::load::traffic::Traffic;
use load_tests::service::{Client, Settings};
use schemas::partition::partition_of;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const HOOKS: &str = "hooks-of-two-ledgers";

/// A service on a topic, whose webhooks lie in another.
pub fn settings(topic: &Topic, hooks: &str, directory: &TempDir) -> Settings {
    let file = directory.path().join("ledger.toml");
    std::fs::write(&file, format!("[webhooks]\nprivate_addresses = true\ntopic = \"{hooks}\"\n")).expect("a configuration");
    let mut settings = topic.settings(directory);
    settings.options = vec!["--config".to_owned(), file.display().to_string()];
    settings
}

/// Adds a webhook that tells everything of a merchant; its id.
fn add(client: &Client, url: &str, merchant: &str) -> String {
    let from = format!("{}:0", partition_of(merchant.as_bytes(), PARTITIONS));
    let hook = json!({"url": url, "merchant": merchant, "from": from});
    let answer = client.post("/v1/webhooks", "application/json", hook.to_string().as_bytes()).expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("an id").to_owned()
}

/// The entries of a merchant, in order.
fn entries(client: &Client, merchant: &str) -> Vec<(String, String)> {
    let rows = client.rows(&format!("/v1/merchants/{merchant}/entries?from=2000-01-01")).expect("entries");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.iter().rev().map(|row| (text(&row["entry"]), text(&row["event"]))).collect()
}

/// The entries that a path was told of, in order.
fn told(receiver: &Receiver, path: &str) -> Vec<(String, String)> {
    // An entry may also be told as what it made of the balances, or as what a payout consists of, which names no entry.
    let of_path = receiver.came().into_iter().filter(|came| came.path == path && came.json()["type"] != "balance.owed");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    of_path.filter_map(|came| Some((text(&came.json()["data"]["entry"])?, text(&came.json()["data"]["event"]).unwrap_or_default()))).collect()
}

pub fn ids(client: &Client) -> Vec<String> {
    client.until("/v1/webhooks", "webhooks", WAIT_MAX, |answer| answer.status == 200).expect("they are read");
    client.rows("/v1/webhooks").expect("webhooks").iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

/// What `/readyz` tells of webhooks of another ledger.
fn foreign(client: &Client) -> String {
    let ready = client.ask("/readyz").expect("an answer").body;
    let found = ready["warnings"].as_array().into_iter().flatten().find(|warning| warning["code"] == "webhooks_foreign");
    found.and_then(|warning| warning["detail"].as_str()).unwrap_or_default().to_owned()
}

/// The last record of each of these webhooks.
fn records(broker: &str, ids: [&str; 2]) -> [Value; 2] {
    let reader = Committed::open(broker, HOOKS, 1).expect("a topic");
    let (mut found, deadline) = ([Value::Null, Value::Null], Instant::now() + WAIT_MAX);
    loop {
        match reader.next(Duration::from_secs(2)) {
            Some(came) => {
                let record: Value = serde_json::from_slice(&came.value).expect("JSON");
                found.iter_mut().zip(ids).filter(|(_, id)| record["id"] == **id).for_each(|(found, _)| found.clone_from(&record));
            }
            None if found.iter().all(|found| !found.is_null()) => return found,
            None => assert!(Instant::now() < deadline, "{found:?}"),
        }
    }
}

#[test]
fn two_ledgers_of_one_topic_of_webhooks_tell_their_own() {
    let Some(broker) = Broker::shared() else { return };
    let receiver = Receiver::start(Box::new(|_, _| 204)).expect("a free port");
    let merchant = Traffic::merchant(0);
    let (mut topic, last) = Topic::filled(&broker, "one-of-two", 200);
    let directories = [directory(), directory()];
    let (service, client) = start(&settings(&topic, HOOKS, &directories[0]));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    assert_eq!(ids(&client), Vec::<String>::new());
    let own = add(&client, &format!("{}/one", receiver.address), &merchant);
    let of_one = entries(&client, &merchant);
    until("the first ledger has told its entries", || told(&receiver, "/one") == of_one);

    // The other one has more entries of the same merchant, in the same partition.
    let (other_topic, last) = Topic::filled(&broker, "other-of-two", 600);
    let (other_service, other) = start(&settings(&other_topic, HOOKS, &directories[1]));
    other.caught_up(&last, WAIT_MAX).expect("everything");
    assert_eq!(ids(&other), Vec::<String>::new(), "what is another ledger's is not listed");
    let detail = foreign(&other);
    assert!(detail.contains("1 webhooks") && detail.contains(HOOKS) && detail.contains("of the topic one-of-two"), "{detail}");
    let others = add(&other, &format!("{}/other", receiver.address), &merchant);
    let of_other = entries(&other, &merchant);
    assert!(of_other.len() > of_one.len());
    until("the other ledger has told its entries", || told(&receiver, "/other") == of_other);
    assert_eq!(told(&receiver, "/one"), of_one, "none of them to the first one's webhook");
    other_service.stop().expect("a clean end");
    service.stop().expect("a clean end");

    let (service, client) = start(&settings(&topic, HOOKS, &directories[0]));
    assert_eq!(ids(&client), std::slice::from_ref(&own));
    assert!(foreign(&client).contains("of the topic other-of-two"));
    topic.send(100);
    let last = topic.flush();
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let of_one = entries(&client, &merchant);
    until("the first ledger goes on where it was", || told(&receiver, "/one") == of_one);
    service.stop().expect("a clean end");

    // Taken over, as docs/streams.md has it: another id, this ledger, from its first entry on.
    let [of_own, mut taken] = records(&broker.address(), [&own, &others]);
    let id = format!("{others}n");
    taken["id"] = json!(id);
    taken["hook"]["hook"]["id"] = json!(id);
    taken["hook"]["ledger"] = of_own["hook"]["ledger"].clone();
    taken["hook"]["progress"] = json!({"next": 0, "part": 0, "count": 0, "attempts": 0});
    let producer = Producer::connect(&broker.address(), HOOKS).expect("a broker");
    producer.send(&Outgoing { partition: 0, key: Some(id.clone().into_bytes()), value: taken.to_string().into_bytes() }).expect("Kafka takes it");
    producer.flush(WAIT_MAX).expect("delivered");
    let (service, client) = start(&settings(&topic, HOOKS, &directories[0]));
    let mut both = [own, id];
    both.sort();
    assert_eq!(ids(&client), both);
    let expected: Vec<_> = of_other.iter().chain(&of_one).cloned().collect();
    until("it tells this ledger's entries from the first one on", || told(&receiver, "/other") == expected);
    assert_eq!(told(&receiver, "/one"), of_one, "each once");
    service.stop().expect("a clean end");
}
