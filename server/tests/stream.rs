//! The stream of balances: the balances, then each change; a client that comes back is told what it missed.

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const MORNING: &str = "2026-11-20T10:15:00+08:00";

/// An event of the stream: its id, its name, its data.
type Event = (String, String, Value);

/// Reads the stream of a merchant.
struct Stream(Box<dyn BufRead + Send>);

impl Stream {
    fn open(server: &Server, last: Option<&str>) -> Self {
        let mut request = ureq::get(format!("{}/v1/merchants/M1/balances/stream", server.base));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.call().expect("a stream");
        assert_eq!(response.headers().get("content-type").and_then(|value| value.to_str().ok()), Some("text/event-stream"));
        Self(Box::new(BufReader::new(response.into_body().into_reader())))
    }

    fn next(&mut self) -> Option<Event> {
        let (mut id, mut name, mut data) = (String::new(), String::new(), Value::Null);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", text)) => id = text.to_owned(),
                Some(("event", text)) => name = text.to_owned(),
                Some(("data", text)) => data = serde_json::from_str(text).expect("JSON"),
                _ if line.trim_end().is_empty() && !id.is_empty() => return Some((id, name, data)),
                _ => {}
            }
        }
    }
}

#[test]
fn a_stream_tells_the_balances_and_then_each_change() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let first = server.posted(&sale("e1", "M1", "P1", "1000.00", "credit", MORNING));
    let at = first["position"].as_str().expect("a position").to_owned();
    server.get_json(&format!("/v1/merchants/M1/balances?at_least={at}"));

    let mut stream = Stream::open(&server, None);
    let (id, name, data) = stream.next().expect("the balances");
    assert_eq!((&id, name.as_str(), &data["balances"][0]["pending"]), (&at, "balances", &Value::from("894.00")));
    assert_eq!(data, server.get_json("/v1/merchants/M1/balances"));
    server.posted(&sale("e2", "M1", "P2", "200.00", "debit", MORNING));
    let (second, _, data) = stream.next().expect("a change");
    assert_eq!(data["balances"][0]["pending"], "1073.00");
    assert_ne!(second, id);

    // Back with the last event: nothing is told until something changes, and then only that.
    let mut back = Stream::open(&server, Some(&second));
    server.posted(&sale("e3", "M1", "P3", "200.00", "debit", MORNING));
    assert_eq!(back.next().expect("a change").2["balances"][0]["pending"], "1252.00");
    // Back with an older one: what was missed is told at once, each change of it.
    let mut late = Stream::open(&server, Some(&id));
    for pending in ["1073.00", "1252.00"] {
        assert_eq!(late.next().expect("what was missed").2["balances"][0]["pending"], pending);
    }

    server.get("/v1/merchants/M404/balances/stream").problem(404, "not_found");
    let wrong = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let wrong = wrong.get(format!("{}/v1/merchants/M1/balances/stream", server.base)).header("last-event-id", "x").call().expect("an answer");
    assert_eq!(wrong.status().as_u16(), 400);
    // The end of the server ends the streams, too.
    server.stop();
    while stream.next().is_some() {}
}

/// An adjustment of one unit.
fn adjusted(id: &str, direction: &str) -> Value {
    json!({"id": id, "type": "adjustment", "merchant": "M1", "occurred_at": MORNING, "direction": direction, "amount": "1.00", "currency": "CNY",
        "maker": "a", "checker": "b", "reason": "r"})
}

/// Posts events in one request; the position of each.
fn batch(server: &Server, events: &[Value]) -> Vec<String> {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let answer = server.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.join("\n").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let results = answer["results"].as_array().expect("results");
    results.iter().map(|result| result["position"].as_str().expect("a position").to_owned()).collect()
}

/// The next events: the id of each, and what is pending and available then.
fn told(stream: &mut Stream, count: usize) -> Vec<(String, String, String)> {
    let figure = |data: &Value, name: &str| data["balances"][0][name].as_str().expect("an amount").to_owned();
    let event = |(id, _, data): Event| {
        assert_eq!(data["position"], id.as_str(), "{data}");
        (id, figure(&data, "pending"), figure(&data, "available"))
    };
    (0..count).map(|_| event(stream.next().expect("a change"))).collect()
}

#[test]
fn every_change_is_told_under_its_position() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let first = batch(&server, &[sale("e1", "M1", "P1", "1000.00", "credit", MORNING)]);
    server.get_json(&format!("/v1/merchants/M1/balances?at_least={}", first[0]));
    let mut live = Stream::open(&server, None);
    assert_eq!(told(&mut live, 1), [(first[0].clone(), "894.00".to_owned(), "0.00".to_owned())]);

    // One after the other, faster than the stream looks; and what comes to nothing in the end.
    let mut posted = Vec::new();
    for id in ["a1", "a2", "a3"] {
        posted.extend(batch(&server, &[adjusted(id, "credit")]));
    }
    posted.extend(batch(&server, &[adjusted("a4", "credit"), adjusted("a5", "debit")]));
    // A refund that waits moves nothing; with its sale it is one record, and one change.
    let refund = json!({"id": "r9", "type": "refund", "merchant": "M1", "payment": "P9", "occurred_at": MORNING, "amount": "1.00", "currency": "CNY"});
    assert_eq!(server.event(&refund)["outcome"], "parked");
    posted.extend(batch(&server, &[sale("e9", "M1", "P9", "2.00", "credit", MORNING)]));
    let expected: Vec<_> = posted.iter().cloned().zip(["1.00", "2.00", "3.00", "4.00", "3.00", "3.00"].map(str::to_owned)).collect();
    let of = |told: Vec<(String, String, String)>| told.into_iter().map(|(id, _, available)| (id, available)).collect::<Vec<_>>();
    assert_eq!(of(told(&mut live, expected.len())), expected);
    // A client that comes back is told the same, from wherever it was.
    for from in 0..expected.len() {
        let last = if from == 0 { &first[0] } else { &posted[from - 1] };
        assert_eq!(of(told(&mut Stream::open(&server, Some(last)), expected.len() - from)), expected[from..].to_vec(), "after {last}");
    }
    // Every event says what is told of its position.
    for position in &posted {
        let asked = server.get_json(&format!("/v1/merchants/M1/balances?as_of={position}"));
        let (_, available) = expected.iter().find(|(id, _)| id == position).expect("a change");
        assert_eq!(&asked["balances"][0]["available"], available, "{position}");
    }

    // Of more changes than are told one by one the last balances alone.
    let many: Vec<Value> = (0..65).map(|n| adjusted(&format!("b{n}"), "credit")).collect();
    let all = batch(&server, &many);
    let mut back = Stream::open(&server, posted.last().map(String::as_str));
    assert_eq!(of(told(&mut back, 1)), [(all[64].clone(), "68.00".to_owned())]);
    let mut back = Stream::open(&server, Some(&all[0]));
    let last: Vec<_> = (2..=65).map(|n| (all[n - 1].clone(), format!("{}.00", n + 3))).collect();
    assert_eq!(of(told(&mut back, 64)), last);
    server.stop();
}
