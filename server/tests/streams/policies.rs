//! A topic whose `cleanup.policy` does not keep what it is to keep is told, and written all the same.

use super::reader::{CONSUMPTION, HEADS, settings};
use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, start};
use load_tests::kafka::broker::Broker;
use load_tests::service::client::Answer;
use serde_json::Value;
use std::collections::BTreeMap;

/// The details of the warnings about topics that are written, by topic.
fn told(answer: &Answer) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let warnings = answer.body["warnings"].as_array().expect("a list").iter().map(|warning| (text(&warning["code"]), text(&warning["detail"])));
    let outputs = warnings.filter(|(code, _)| code.starts_with("output_"));
    outputs.map(|(code, detail)| (detail.split([' ', ',']).nth(2).unwrap_or_default().to_owned(), code)).collect()
}

#[test]
fn a_topic_that_keeps_too_little_is_told_by_its_name() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "policies", 50);
    let directory = directory();
    let settings = settings(&topic, &directory);
    let file = directory.path().join("ledger.toml");
    let text = std::fs::read_to_string(&file).expect("a configuration");
    std::fs::write(&file, format!("{text}[webhooks]\ntopic = \"policies-hooks\"\n")).expect("a configuration");
    let [consumption, heads] = [CONSUMPTION, HEADS].map(|stream| format!("policies-{stream}"));
    for (name, partitions, policy) in [(consumption.as_str(), PARTITIONS, "compact"), (&heads, PARTITIONS, "delete"), ("policies-hooks", 1, "compact,delete")] {
        topic.admin.create_topic_with(name, partitions, &[("cleanup.policy", policy)]).expect("a new topic");
    }
    let (service, client) = start(&settings);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    let expected: BTreeMap<String, String> =
        [(consumption.as_str(), "output_compacted"), (&heads, "output_not_compacted"), ("policies-hooks", "output_not_compacted")]
            .map(|(name, code)| (name.to_owned(), code.to_owned()))
            .into();
    // The topics of entries and dead letters are made by the service, and are as they should be.
    let answer = client.until("/readyz", "three warnings", WAIT_MAX, |answer| answer.status == 200 && told(answer) == expected);
    answer.expect("each is told, and nothing else");
    let metrics = client.get("/metrics").expect("metrics").as_str().expect("text").to_owned();
    for line in [r#"{code="output_compacted"} 1"#, r#"{code="output_not_compacted"} 1"#, r#"{code="topic_compacted"} 0"#] {
        assert!(metrics.contains(&format!("merchant_ledger_warning{line}")), "{line}: {metrics}");
    }
    service.stop().expect("a clean end");
}
