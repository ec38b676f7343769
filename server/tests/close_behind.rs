//! What comes behind the close of a day of very many merchants, and the order of what goes to every partition.

mod support;

use serde_json::{Value, json};
use server::config::{Config, Layers};
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};
use support::events::{closed, opened, sale};
use support::{Answer, Server};

const MORNING: &str = "2026-11-20T10:15:00+08:00";
/// Of more, a close is folded in three parts.
const MERCHANTS: usize = 9_000;
/// Nobody here waits for it to its end.
const FOR_EVER: &str = "/v1/events?wait=true&wait_ms=60000";

fn start(data: &Path, partitions: u32) -> Server {
    let mut layers = Layers::new();
    layers.flag("data", data.to_str().map(str::to_owned));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("partitions", Some(partitions.to_string()));
    Server::with(Config::read(&layers).expect("a configuration"))
}

fn contract(merchant: &str) -> Value {
    let contract = json!({"name": "N", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
        "rates": [{"percent": "0.60"}], "settlement": {"delay_days": 1, "days": "natural"}});
    json!({"id": "c", "type": "contract_set", "merchant": merchant, "occurred_at": "2026-11-01T00:00:00+08:00", "contract": contract})
}

fn post(server: &Server, path: &str, event: &Value) -> Answer {
    server.post(path, "application/json", event.to_string().as_bytes())
}

fn outcome(answer: &Answer) -> (u16, Value, String) {
    let result = &answer.json()["results"][0];
    (answer.status, result["outcome"].clone(), result["position"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn who_waits_behind_a_large_close_is_answered_before_the_views_have_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(directory.path(), 1);
    server.posted(&opened("2026-11-20"));
    let local = server.node.locals().pop().expect("one partition");
    let held = local.follower().expect("it follows").hold();
    let merchants: Vec<String> = (0..MERCHANTS).map(|n| format!("M{n}")).collect();
    for some in merchants.chunks(4_000) {
        let events = some.iter().flat_map(|merchant| [contract(merchant), sale("s", merchant, "P", "100.00", "debit", MORNING)]);
        let lines: Vec<String> = events.map(|event| event.to_string()).collect();
        assert_eq!(server.post("/v1/events", "application/x-ndjson", lines.join("\n").as_bytes()).status, 200);
    }
    let fed = Instant::now();
    let one = |id: &str| sale(id, "M7", id, "1.00", "debit", MORNING);
    // All that is there is folded, and the views have none of it: what was posted is known, and who waits waits for them as long as it may.
    let before = loop {
        let begun = Instant::now();
        let (status, outcome, position) = outcome(&post(&server, "/v1/events?wait=true&wait_ms=300", &one("before")));
        assert!(begun.elapsed() >= Duration::from_millis(300));
        if status == 200 {
            break (outcome, position);
        }
        assert!(fed.elapsed() < Duration::from_secs(60), "it is not folded");
    };
    assert!(before.0 == "posted" || before.0 == "duplicate", "{before:?}");

    let answer = post(&server, "/v1/events", &closed("2026-11-20"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let entries = server.node.statuses()[0].entries;
    let (status, told, behind) = outcome(&post(&server, FOR_EVER, &one("behind")));
    assert_eq!((status, told), (200, json!("posted")), "its views never come");
    let batch = [one("more"), one("behind")].map(|event| event.to_string()).join("\n");
    let answer = server.post(FOR_EVER, "application/x-ndjson", batch.as_bytes()).json();
    assert_eq!((&answer["results"][0]["outcome"], &answer["results"][1]["outcome"]), (&json!("posted"), &json!("duplicate")));
    assert_eq!(answer["results"][1]["of"]["position"], behind, "{answer}");
    assert!(server.node.statuses()[0].viewed < entries, "they are held");
    let balances = |wait_ms: u32| server.get(&format!("/v1/merchants/M7/balances?at_least={behind}&wait_ms={wait_ms}"));
    balances(0).problem(503, "not_caught_up");

    drop(held);
    let begun = Instant::now();
    let seen = loop {
        let answer = balances(10_000);
        if answer.status == 200 || begun.elapsed() > Duration::from_secs(120) {
            break answer;
        }
    };
    assert_eq!(seen.status, 200, "{}", seen.text);
    let viewed = server.node.statuses()[0].viewed;
    assert!(viewed > entries, "{viewed}");
    // Where the views have the close, who waits waits for them again.
    let position = outcome(&post(&server, FOR_EVER, &one("after"))).2;
    assert_eq!(server.get(&format!("/v1/merchants/M7/balances?at_least={position}&wait_ms=0")).status, 200);
}

#[test]
fn what_goes_to_every_partition_has_one_order_on_all_of_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(directory.path(), 7);
    server.posted(&opened("2026-11-20"));
    // So many that a close goes to one partition after the other.
    let sales: Vec<String> = (0..4_200).map(|n| sale(&format!("s{n}"), "M1", &format!("P{n}"), "1.00", "debit", MORNING).to_string()).collect();
    assert_eq!(server.post(FOR_EVER, "application/x-ndjson", sales.join("\n").as_bytes()).status, 200);
    assert!(server.node.statuses().iter().any(|status| status.entries > 4_100));
    for day in 20..28 {
        let calendar = json!({"id": format!("cal-{day}"), "type": "calendar_set", "calendar": format!("C{day}"), "year": 2026, "closed": [], "open": []});
        let (close, calendar) = std::thread::scope(|scope| {
            let close = scope.spawn(|| positions(&server.event(&closed(&format!("2026-11-{day}")))));
            let calendar = scope.spawn(|| positions(&server.event(&calendar)));
            (close.join().expect("no panic"), calendar.join().expect("no panic"))
        });
        assert_eq!((close.len(), calendar.len()), (7, 7));
        let is_first: Vec<bool> = close.iter().zip(&calendar).map(|(close, calendar)| close < calendar).collect();
        assert!(is_first.iter().all(|first| *first == is_first[0]), "{close:?} {calendar:?}");
    }
}

#[test]
fn a_server_that_ends_appends_a_close_to_every_partition_first() {
    let directory = tempfile::tempdir().expect("a directory");
    // More than have a close at once, on any machine.
    let partitions = u32::try_from(std::thread::available_parallelism().map_or(1, usize::from)).expect("not so many") + 8;
    let server = start(directory.path(), partitions);
    server.posted(&opened("2026-11-20"));
    // So many that a close goes to one partition after the other.
    let sales: Vec<String> = (0..4_200).map(|n| sale(&format!("s{n}"), "M1", &format!("P{n}"), "1.00", "debit", MORNING).to_string()).collect();
    assert_eq!(server.post(FOR_EVER, "application/x-ndjson", sales.join("\n").as_bytes()).status, 200);
    let body = closed("2026-11-20").to_string();
    // A client that is gone before it is answered.
    let address = server.base.trim_start_matches("http://");
    let mut client = TcpStream::connect(address).expect("connected");
    write!(client, "POST /v1/events HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .expect("sent");
    let is_closed = |status: &server::node::ShardStatus| status.business_date.is_some_and(|date| date.to_string() == "2026-11-21");
    let begun = Instant::now();
    while !server.node.statuses().iter().any(is_closed) {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is appended nowhere");
        std::thread::yield_now();
    }
    drop(client);
    server.stop();
    let server = start(directory.path(), partitions);
    let begun = Instant::now();
    while !server.node.statuses().iter().all(is_closed) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", server.node.statuses().iter().map(|status| status.business_date).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The offset on each partition.
fn positions(result: &Value) -> Vec<i64> {
    let positions = result["position"].as_array().unwrap_or_else(|| panic!("{result}"));
    let offset = |position: &Value| position.as_str()?.split_once(':')?.1.parse().ok();
    positions.iter().map(|position| offset(position).unwrap_or_else(|| panic!("{result}"))).collect()
}
