//! Kafka is not there, or goes away and comes back: the service says so, answers from what it has, and goes on by itself.

use super::support::{Topic, WAIT_MAX, binary, directory, halted, heads, says, start};
use load_tests::kafka::broker::Broker;
use load_tests::service::Settings;
use serde_json::json;
use std::process::Command;

#[test]
fn kafka_is_away_at_the_start_and_again_under_load() {
    let Some(mut broker) = Broker::start() else { return };
    let (mut topic, last) = Topic::filled(&broker, "outage", 1000);
    let (old, new) = (directory(), directory());
    let (service, client) = topic.serve(&old);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let before = heads(&client);
    let merchants = client.get("/v1/merchants").expect("merchants");
    service.stop().expect("a clean end");

    // Away at the start: one that knows something answers from it, one that knows nothing says why.
    broker.kill();
    let (service, client) = topic.serve(&old);
    let (service_of_nothing, client_of_nothing) = topic.serve(&new);
    for client in [&client, &client_of_nothing] {
        let detail = halted(client, "kafka_unreachable");
        assert!(detail.contains(&topic.broker), "{detail}");
    }
    for service in [&service, &service_of_nothing] {
        says(service, &["kafka_unreachable", &topic.broker]);
    }
    assert_eq!(heads(&client), before);
    assert_eq!(client.get("/v1/merchants").expect("merchants"), merchants);
    assert_eq!(client_of_nothing.ask("/healthz").expect("an answer").status, 200);
    let event = json!({"id": "o2", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}).to_string();
    let posted = client_of_nothing.post("/v1/events", "application/json", event.as_bytes()).expect("an answer");
    assert_eq!((posted.status, &posted.body["code"]), (503, &json!("unavailable")), "{}", posted.body);

    // It comes: both catch up by themselves, with what was there and what is new.
    broker.restart();
    topic.send(1000);
    let last = topic.flush();
    for client in [&client, &client_of_nothing] {
        client.caught_up(&last, WAIT_MAX).expect("everything");
    }
    assert_eq!(heads(&client), heads(&client_of_nothing));

    // It goes under load; what the sender holds meanwhile comes later.
    topic.send(2000);
    broker.kill();
    topic.send(2000);
    for client in [&client, &client_of_nothing] {
        halted(client, "kafka_unreachable");
        assert_eq!(client.ask("/v1/merchants").expect("an answer").status, 200);
    }
    broker.restart();
    topic.send(1000);
    let last = topic.flush();
    for client in [&client, &client_of_nothing] {
        client.caught_up(&last, WAIT_MAX).expect("everything");
    }
    assert_eq!(heads(&client), heads(&client_of_nothing));
    let folded: i64 = last.values().map(|offset| offset + 1).sum();
    assert_eq!(folded, 2 + 7000, "nothing was lost and nothing came twice: the records of the opening and of the traffic");
    service.stop().expect("a clean end");
    service_of_nothing.stop().expect("a clean end");
}

#[test]
fn a_wrong_address_is_named() {
    let directory = directory();
    // Nobody listens on port 1.
    let (service, client) = start(&Settings::kafka(binary(), directory.path(), "127.0.0.1:1", "any"));
    assert!(halted(&client, "kafka_unreachable").contains("127.0.0.1:1"));
    says(&service, &["kafka_unreachable", "127.0.0.1:1", "Check the address"]);
    assert!(halted(&client, "kafka_unreachable").contains("Check the address"));
    service.stop().expect("it ends although Kafka never answered");

    let output = Command::new(binary()).args(["serve", "--brokers", "nonsense", "--listen", "127.0.0.1:0"]).arg("--data").arg(directory.path()).output();
    let output = output.expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--brokers") && said.contains("nonsense") && said.contains("host:port"), "{said}");
}
