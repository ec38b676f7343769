//! Traces by OTLP: a small receiver takes what the service sends. A request that waits shows its append, its fold, its views and its
//! answer, below the caller's own span; and nothing is made where nothing is configured.

use load_tests::service::{Process, Settings};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Until what was sent must have come.
const WAIT_MAX: Duration = Duration::from_secs(60);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Takes requests of an exporter, and hands over their spans.
fn receiver() -> (u16, Receiver<(Vec<Span>, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let send = send.clone();
            std::thread::spawn(move || serve(&stream, &send));
        }
    });
    (port, receive)
}

/// Answers every request of one connection.
fn serve(stream: &TcpStream, send: &Sender<(Vec<Span>, String)>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut first, mut line) = (0, String::new(), String::new());
        while reader.read_line(&mut line).unwrap_or(0) > 0 {
            let (name, value) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
            if first.is_empty() {
                first = line.trim().to_owned();
            } else if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().expect("a length");
            } else if line.trim().is_empty() {
                break;
            }
            line.clear();
        }
        if first.is_empty() {
            return;
        }
        assert_eq!(first, "POST /v1/traces HTTP/1.1");
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let request = ExportTraceServiceRequest::decode(body.as_slice()).expect("OTLP");
        for resource in request.resource_spans {
            let named = format!("{:?}", resource.resource.expect("a resource").attributes);
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans).collect();
            send.send((spans, named)).ok();
        }
        let mut answer = stream;
        answer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n").expect("answered");
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn serve_with(options: &[&str], configuration: &str) -> (Process, load_tests::service::Client, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ledger.toml");
    std::fs::write(&file, configuration).expect("written");
    let mut settings = Settings::embedded(Path::new(env!("CARGO_BIN_EXE_merchant-ledger")), directory.path(), 1);
    settings.options = ["--config", &file.display().to_string()].iter().chain(options).map(|option| (*option).to_owned()).collect();
    let process = Process::start(&settings).expect("the binary starts");
    let client = process.answering().expect("it answers");
    (process, client, directory)
}

/// Posts the opening of the ledger, with the span of a caller.
fn post(base: &str, traceparent: &str) -> u16 {
    let event = r#"{"id":"open","type":"ledger_opened","date":"2026-11-20","time_zone":"Asia/Shanghai"}"#;
    let request = ureq::post(format!("{base}/v1/events?wait=true&wait_ms=20000")).content_type("application/json").header("traceparent", traceparent);
    request.send(event).expect("an answer").status().as_u16()
}

#[test]
fn a_request_that_waits_shows_where_its_time_goes() {
    let (port, receive) = receiver();
    let (process, client, _directory) = serve_with(&[], &format!("[traces]\nendpoint = \"http://127.0.0.1:{port}\"\n[cluster]\nnode = \"of-the-test\"\n"));
    assert_eq!(post(client.base(), &format!("00-{TRACE}-{CALLER}-01")), 200);
    client.get("/v1/accounts?group_by=book").expect("an answer");
    assert_eq!(client.ask("/v1/merchants/M1/balances").expect("an answer").status, 404);
    process.stop().expect("a clean end");
    let mut spans = Vec::new();
    // What is left is sent before the process ends.
    while let Ok((more, named)) = receive.recv_timeout(if spans.is_empty() { WAIT_MAX } else { Duration::from_millis(200) }) {
        assert!(named.contains("merchant-ledger") && named.contains("of-the-test"), "{named}");
        spans.extend(more);
    }
    let of_caller: BTreeMap<&str, &Span> = spans.iter().filter(|span| hexadecimal(&span.trace_id) == TRACE).map(|span| (span.name.as_str(), span)).collect();
    assert_eq!(of_caller.keys().copied().collect::<Vec<_>>(), ["POST /v1/events", "answer", "append", "fold", "views"]);
    let request = of_caller["POST /v1/events"];
    assert_eq!(hexadecimal(&request.parent_span_id), CALLER);
    let attributes = format!("{:?}", request.attributes);
    for part in ["http.route", "/v1/events", "http.response.status_code", "200"] {
        assert!(attributes.contains(part), "{attributes}");
    }
    let steps = ["append", "fold", "views", "answer"].map(|name| of_caller[name]);
    for step in steps {
        assert_eq!(step.parent_span_id, request.span_id, "{}", step.name);
        assert!(step.start_time_unix_nano >= request.start_time_unix_nano && step.end_time_unix_nano <= request.end_time_unix_nano, "{}", step.name);
    }
    for pair in steps.windows(2) {
        assert!(pair[0].end_time_unix_nano <= pair[1].start_time_unix_nano, "{} before {}", pair[0].name, pair[1].name);
    }
    let read = spans.iter().find(|span| span.name == "GET /v1/accounts").expect("what was read is traced, too");
    assert!(read.parent_span_id.is_empty() && hexadecimal(&read.trace_id) != TRACE);
    assert!(spans.iter().any(|span| span.name == "answer" && span.parent_span_id == read.span_id));
    assert!(spans.iter().any(|span| span.name == "GET /v1/merchants/{merchant}/balances"), "a route and not a path");
    assert!(spans.iter().all(|span| !format!("{span:?}").contains("M1")), "nothing of what was asked about");
}

#[test]
fn a_caller_that_keeps_no_trace_has_none_and_a_receiver_that_is_away_is_told_once() {
    let (port, receive) = receiver();
    let (process, client, _directory) = serve_with(&[], &format!("[traces]\nendpoint = \"http://127.0.0.1:{port}\"\nsampled_percent = 0\n"));
    assert_eq!(post(client.base(), &format!("00-{TRACE}-{CALLER}-00")), 200);
    client.get("/v1/accounts?group_by=book").expect("an answer");
    process.stop().expect("a clean end");
    assert!(receive.try_recv().is_err(), "nothing is kept");

    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let (process, client, _directory) = serve_with(&[], &format!("[traces]\nendpoint = \"http://127.0.0.1:{gone}\"\n"));
    assert_eq!(post(client.base(), "not a parent"), 200);
    client.get("/v1/accounts?group_by=book").expect("an answer");
    let log = process.said();
    assert!(!log.contains("ERROR"), "{log}");
    process.stop().expect("a clean end");
    let log = std::fs::read_to_string(_directory.path().join("service.log")).expect("a log");
    assert_eq!(log.matches("traces do not arrive").count(), 1, "{log}");
}
