//! Two nodes whose journals are not equal: both halt the partition, which answers nothing, while the others go on.

use super::nodes::{Group, PARTITIONS};
use super::support::{WAIT_MAX, halted};
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;

#[test]
fn different_heads_at_equal_entries_halt_both() {
    let Some(broker) = Broker::shared() else { return };
    // Two topics whose first partition is equal, and whose others are not: of equal length, with other amounts.
    let of = |topic: &str, seed: u64| {
        let group = Group::new(&broker, topic);
        group.put(Traffic::opening(PARTITIONS, "2026-11-20"));
        let records: Vec<_> = Traffic::new(7, 60, PARTITIONS).take(3000).collect();
        let others: Vec<_> = Traffic::new(seed, 60, PARTITIONS).take(3000).collect();
        group.put(records.into_iter().filter(|record| record.partition == 0).chain(others.into_iter().filter(|record| record.partition != 0)));
        group.flush();
        group
    };
    let (one, other) = (of("cluster-heads-a", 7), of("cluster-heads-b", 8));
    let mut a = one.node_of("a", "cluster-heads", "");
    let mut b = other.node_of("b", "cluster-heads", "");
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
