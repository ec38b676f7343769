//! Webhooks where the log is Kafka: they lie in a compacted topic, and outlive the machine that had them.

use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, start};
use load_tests::hooks::receiver::Receiver;
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;
use schemas::partition::partition_of;
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn webhooks_outlive_a_kill_and_the_loss_of_the_data_directory() {
    let Some(broker) = Broker::shared() else { return };
    let (mut topic, last) = Topic::filled(&broker, "hooked", 100);
    let receiver = Receiver::start(Box::new(|number, _| if number % 3 == 2 { 500 } else { 204 })).expect("a free port");
    let directories = [directory(), directory()];
    let settings = directories.each_ref().map(|directory| {
        let file = directory.path().join("ledger.toml");
        std::fs::write(&file, "[webhooks]\nprivate_addresses = true\ntopic = \"hooked-hooks\"\n").expect("a configuration");
        let mut settings = topic.settings(directory);
        settings.options = vec!["--config".to_owned(), file.display().to_string()];
        settings
    });
    let (service, client) = start(&settings[0]);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    client.until("/v1/webhooks", "webhooks", WAIT_MAX, |answer| answer.status == 200).expect("they are read");
    let merchants: Vec<String> = (0..5).map(Traffic::merchant).collect();
    for merchant in &merchants {
        let from = format!("{}:0", partition_of(merchant.as_bytes(), PARTITIONS));
        let hook = json!({"url": format!("{}/{merchant}", receiver.address), "merchant": merchant, "from": from});
        let answer = client.post("/v1/webhooks", "application/json", hook.to_string().as_bytes()).expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    topic.send(300);
    let last = topic.flush();
    client.caught_up(&last, WAIT_MAX).expect("everything");
    service.kill().expect("it is gone");
    assert_eq!(topic.admin.setting("hooked-hooks", "cleanup.policy").expect("an answer").as_deref(), Some("compact"));
    // Another machine: nothing but Kafka has the hooks and how far they were.
    let (service, client) = start(&settings[1]);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    topic.send(100);
    let last = topic.flush();
    client.caught_up(&last, WAIT_MAX).expect("everything");
    for merchant in &merchants {
        let expected: Vec<String> = {
            let rows = client.rows(&format!("/v1/merchants/{merchant}/entries?from=2000-01-01")).expect("entries");
            rows.iter().rev().map(|row| row["entry"].as_str().expect("an entry").to_owned()).collect()
        };
        assert!(expected.len() > 5, "{expected:?}");
        let taken = || -> Vec<String> {
            // An entry may also be told as what it made of the balances.
            let is_entry = |kind: &serde_json::Value| kind != "balance.owed";
            let of_merchant = receiver.taken().into_iter().filter(|came| came.path == format!("/{merchant}") && is_entry(&came.json()["type"]));
            of_merchant.filter_map(|came| came.json()["data"]["entry"].as_str().map(str::to_owned)).collect()
        };
        let deadline = Instant::now() + WAIT_MAX;
        while taken().len() < expected.len() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(taken(), expected, "{merchant}");
    }
    service.stop().expect("a clean end");
}
