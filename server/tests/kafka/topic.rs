//! The topic is not there, is another one, or has lost what was not yet read: each has its code, and nothing is guessed.

use super::support::{Topic, WAIT_MAX, directory, halted, heads};
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::Producer;
use load_tests::service::client::positions;

#[test]
fn a_missing_topic_is_named_with_the_command_that_makes_it() {
    let Some(broker) = Broker::shared() else { return };
    let mut topic = Topic::absent(&broker, "missing");
    let directory = directory();
    let (service, client) = topic.serve(&directory);
    let detail = halted(&client, "topic_missing");
    assert!(detail.contains("--create --topic missing"), "{detail}");
    topic.admin.create_topic("missing", super::support::PARTITIONS).expect("a new topic");
    topic.open();
    topic.send(100);
    client.caught_up(&topic.flush(), WAIT_MAX).expect("it goes on by itself");
    service.stop().expect("a clean end");
}

#[test]
fn a_topic_that_was_made_again_is_not_folded() {
    let Some(broker) = Broker::shared() else { return };
    let (mut topic, last) = Topic::filled(&broker, "again", 300);
    let directory = directory();
    let (service, client) = topic.serve(&directory);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let before = heads(&client);

    // The new one has records beyond every cursor, so offsets do not tell.
    topic.admin.delete_topic("again").expect("it is there");
    let deadline = std::time::Instant::now() + WAIT_MAX;
    while let Err(error) = topic.admin.create_topic("again", super::support::PARTITIONS) {
        assert!(std::time::Instant::now() < deadline, "{error}");
    }
    topic.producer = Producer::connect(&topic.broker, "again").expect("a broker");
    topic.send(2000);
    topic.flush();
    let detail = halted(&client, "topic_recreated");
    assert!(detail.contains("empty data directory"), "{detail}");
    assert_eq!(heads(&client), before, "nothing of the other topic was folded");
    assert_eq!(client.ask("/v1/merchants").expect("an answer").status, 200);
    service.stop().expect("a clean end");

    let (service, client) = topic.serve(&directory);
    halted(&client, "topic_recreated");
    assert_eq!(heads(&client), before);
    service.kill().expect("it is gone");
}

#[test]
fn retention_past_the_cursor_halts_the_shard_and_no_other() {
    let Some(broker) = Broker::shared() else { return };
    let (mut topic, last) = Topic::filled(&broker, "expired", 300);
    let directory = directory();
    let (service, client) = topic.serve(&directory);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let before = heads(&client);
    service.stop().expect("a clean end");

    topic.send(500);
    let now = topic.flush();
    topic.admin.delete_records("expired", 0, now[&0] - 5).expect("they are removed");
    let (service, client) = topic.serve(&directory);
    let detail = halted(&client, "log_expired");
    assert!(detail.contains("retention") && detail.contains(&format!("{}", last[&0] + 1)), "{detail}");
    let reached = client.until("/readyz", "the other partition", WAIT_MAX, |answer| positions(&answer.body).get(&1) == now.get(&1));
    let reached = reached.expect("it is followed all the same");
    assert_eq!(positions(&reached.body)[&0], last[&0], "nothing was skipped");
    assert_eq!(heads(&client)[0], before[0]);
    service.stop().expect("a clean end");
}
