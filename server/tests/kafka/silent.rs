//! A Kafka that takes connections and answers nothing: whoever asks waits as long as one question, and not one after the other.

use super::support::{binary, directory, start};
use load_tests::service::Settings;
use serde_json::json;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// How long one call may wait for all partitions together, twice.
const CALL_MAX: Duration = Duration::from_secs(10);
const PARTITIONS: u32 = 8;

#[test]
fn a_post_for_many_partitions_waits_for_all_of_them_together() {
    let directory = directory();
    // The shards are there: what they have is read, and what is new is asked of Kafka.
    let embedded = Settings::embedded(binary(), directory.path(), PARTITIONS);
    let (service, client) = start(&embedded);
    let opened = json!({"id": "o1", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}).to_string();
    let answer = client.post("/v1/events?wait=true", "application/json", opened.as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    service.stop().expect("a clean end");

    // Its connections are made by the system, and nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut settings = embedded;
    settings.kafka = Some((silent.local_addr().expect("its address").to_string(), "any".to_owned()));
    let (service, client) = start(&settings);
    let waived = |number: u32| {
        let event = json!({"id": format!("w{number}"), "type": "fee_waived", "merchant": format!("M{number}"),
            "occurred_at": "2026-11-20T10:00:00+08:00", "amount": "1.00", "currency": "CNY"});
        event.to_string()
    };
    let lines = (0..PARTITIONS * 4).map(waived).collect::<Vec<_>>().join("\n");
    let began = Instant::now();
    let answer = client.post("/v1/events", "application/x-ndjson", lines.as_bytes()).expect("an answer");
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!("unavailable")), "{}", answer.body);
    assert!(began.elapsed() < CALL_MAX, "{:?}", began.elapsed());
    service.stop().expect("a clean end");
}
