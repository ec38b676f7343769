//! Nodes that know each other and do not go together: of two ledgers, under one address, with other settings. And a partition that its
//! nodes never get to the end of.

use super::nodes::{Group, Node};
use super::support::WAIT_MAX;
use load_tests::kafka::admin::Admin;
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;
use load_tests::service::client::Answer;

/// The detail of a warning, where it holds.
fn detail(answer: &Answer, code: &str) -> Option<String> {
    let mut warnings = answer.body["warnings"].as_array().into_iter().flatten();
    warnings.find(|warning| warning["code"] == code).map(|warning| warning["detail"].as_str().expect("a detail").to_owned())
}

/// Waits until a node warns of something, and says all of this.
fn warned(node: &Node, code: &str, says: &[&str]) {
    let says_all = |detail: String| says.iter().all(|part| detail.contains(part));
    let what = format!("{code}: {says:?}");
    node.client.until("/readyz", &what, WAIT_MAX, |answer| detail(answer, code).is_some_and(says_all)).expect("it warns");
}

#[test]
fn two_ledgers_in_one_group_are_told_and_do_not_mix() {
    const CODE: &str = "node_of_another_log";
    let Some(broker) = Broker::shared() else { return };
    let (six, _) = Group::filled(&broker, "cluster-log-six", 600);
    let last = six.flush();
    let mut a = six.node_of("a", "cluster-log", "");
    a.client.caught_up(&last, WAIT_MAX).expect("everything");
    let before = a.get("/v1/accounts");
    // Its partitions are further than those of the same numbers of the other one.
    let three = Group::of(&broker, "cluster-log-three", 3);
    three.put(Traffic::opening(3, "2026-11-20"));
    three.put(Traffic::new(8, 60, 3).take(5000));
    let far = three.flush();
    let mut z = three.node_of("z", "cluster-log", "");
    z.client.caught_up(&far, WAIT_MAX).expect("everything");
    for (node, other) in [(&a, "node z at"), (&z, "node a at")] {
        warned(node, CODE, &[other, "cluster-log-six", "of 6 partitions", "cluster-log-three", "of 3 partitions", "cluster.group"]);
        let cluster = node.get("/v1/cluster");
        assert_eq!(cluster["nodes"].as_array().map(Vec::len), Some(1), "{cluster}");
    }
    assert_eq!(a.get("/v1/accounts"), before);
    let (alone, client, _directory) = three.alone();
    client.caught_up(&far, WAIT_MAX).expect("everything");
    assert_eq!(z.get("/v1/accounts"), client.get("/v1/accounts").expect("an answer"));
    alone.stop().expect("a clean end");
    z.stop();
    a.client.until("/readyz", "no warning", WAIT_MAX, |answer| answer.status == 200 && detail(answer, CODE).is_none()).expect("it passes");
    a.stop();
}

#[test]
fn a_node_under_anothers_address_or_with_other_settings_is_told() {
    let Some(broker) = Broker::shared() else { return };
    let group = Group::new(&broker, "cluster-address");
    let mut a = group.node("a", "");
    let mut b = group.node_seen_at("b", "[risk]\nchargeback_days = 99\n", a.client.base());
    let says = format!("node b advertises {}, where node a, this one, answers", a.client.base());
    warned(&a, "node_elsewhere", &[&says, "cluster.advertise"]);
    assert!(a.said().contains("node_elsewhere"), "it is logged");
    warned(&b, "node_elsewhere", &["this node, b, advertises", "where node a answers"]);
    // It hears the other one.
    warned(&b, "node_configured_otherwise", &["node a at", "than this one: [risk]. "]);
    a.stop();
    b.stop();
}

#[test]
fn a_partition_that_was_halted_since_the_start_is_told_with_its_code() {
    let Some(broker) = Broker::shared() else { return };
    let (group, mut traffic) = Group::filled(&broker, "cluster-halted", 300);
    let last = group.flush();
    let mut a = group.node("a", "");
    a.client.caught_up(&last, WAIT_MAX).expect("everything");
    a.stop();
    group.put(traffic.by_ref().take(600));
    let now = group.flush();
    assert!(last[&0] + 1 < now[&0], "more has come");
    Admin::connect(&broker.address()).expect("a broker").delete_records(&group.topic, 0, now[&0]).expect("they are removed");
    a.start();
    let answer = a.client.until("/v1/accounts", "the reason", WAIT_MAX, |answer| answer.body["reason"] == "log_expired").expect("halted");
    let detail = answer.body["detail"].as_str().expect("a detail");
    assert_eq!((answer.status, &answer.body["partition"]), (503, &serde_json::Value::from(0)), "{}", answer.body);
    assert!(detail.contains("log_expired on node a") && detail.contains("/readyz"), "{detail}");
    a.stop();
}
