//! The stream of balances: the balances, then each change; a client that comes back is told what it missed.

mod support;

use serde_json::Value;
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
    // Back with an older one: what was missed is told at once.
    let mut late = Stream::open(&server, Some(&id));
    assert_eq!(late.next().expect("what was missed").2["balances"][0]["pending"], "1252.00");

    server.get("/v1/merchants/M404/balances/stream").problem(404, "not_found");
    let wrong = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let wrong = wrong.get(format!("{}/v1/merchants/M1/balances/stream", server.base)).header("last-event-id", "x").call().expect("an answer");
    assert_eq!(wrong.status().as_u16(), 400);
    // The end of the server ends the streams, too.
    server.stop();
    while stream.next().is_some() {}
}
