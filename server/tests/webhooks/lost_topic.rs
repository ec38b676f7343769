//! The topic of the webhooks is deleted under a service that runs. Without Kafka's jars the test is skipped, loudly.

use super::kafka::{Topic, WAIT_MAX, directory, start};
use super::two_ledgers::{ids, settings};
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;
use serde_json::json;
use std::time::{Duration, Instant};

const HOOKS: &str = "hooks-that-are-lost";

#[test]
fn webhooks_whose_topic_was_deleted_are_written_with_the_next_change() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "ledger-of-lost-hooks", 100);
    let directory = directory();
    let settings = settings(&topic, HOOKS, &directory);
    let (service, client) = start(&settings);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    assert_eq!(ids(&client), Vec::<String>::new());
    // They have nothing to tell, so how far they are is not kept meanwhile.
    let hook = |path: &str| {
        let hook = json!({"url": format!("http://127.0.0.1:9/{path}"), "merchant": Traffic::merchant(0)});
        let answer = client.post("/v1/webhooks", "application/json", hook.to_string().as_bytes()).expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["id"].as_str().expect("an id").to_owned()
    };
    let mut all = vec![hook("first"), hook("second")];
    topic.admin.delete_topic(HOOKS).expect("it is there");
    // It is gone when there is none to delete.
    let deadline = Instant::now() + WAIT_MAX;
    while topic.admin.delete_topic(HOOKS).is_ok() {
        assert!(Instant::now() < deadline, "it is still there");
    }
    // What the service knows of a topic is up to a second old.
    std::thread::sleep(Duration::from_secs(2));
    all.push(hook("third"));
    all.sort();
    assert_eq!(ids(&client), all);
    service.kill().expect("it is gone");

    let (service, client) = start(&settings);
    assert_eq!(ids(&client), all);
    service.stop().expect("a clean end");
}
