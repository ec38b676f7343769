//! Two nodes whose journals are not equal: both halt the partition, which answers nothing, while the others go on.

use super::altered::Altered;
use super::nodes::Group;
use super::support::{WAIT_MAX, halted};
use load_tests::kafka::broker::Broker;

#[test]
fn different_heads_at_equal_entries_halt_both() {
    let Some(broker) = Broker::shared() else { return };
    let (group, _) = Group::filled(&broker, "cluster-heads", 3000);
    let between = Altered::new();
    let mut a = group.node("a", "");
    let mut b = group.node_seen_at("b", "", &between.url());
    between.stand_before(&b);
    for node in [&a, &b] {
        let detail = halted(&node.client, "head_mismatch");
        assert!(detail.contains("different heads at") && detail.contains("merchant-ledger verify"), "{detail}");
        let answer = node.client.until("/v1/accounts", "the reason", WAIT_MAX, |answer| answer.body["reason"] == "head_mismatch").expect("halted");
        assert_eq!((answer.status, &answer.body["code"]), (503, &"unavailable".into()), "{}", answer.body);
        assert!(answer.body["partition"].as_u64().is_some_and(|partition| partition != 0), "{}", answer.body);
        // Each partition is compared by itself, one a little after the other.
        let told =
            |text: &str| text.contains("merchant_ledger_head_mismatch{partition=\"1\"} 1") && text.contains("merchant_ledger_head_mismatch{partition=\"0\"} 0");
        let metrics = node.client.until("/metrics", "the mismatch", WAIT_MAX, |answer| answer.body.as_str().is_some_and(told)).expect("metrics").body;
        let alert = r#"merchant_ledger_trouble{partition="1",state="halted",code="head_mismatch"} 1"#;
        assert!(metrics.as_str().is_some_and(|text| text.contains(alert)), "the alert looks at it");
    }
    a.stop();
    b.stop();
}
