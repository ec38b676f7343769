//! Who tries a call of the document out on its page, as it is filled in there, gets an answer with something in it: every
//! operation, with its examples, against a demonstration.

mod support;

use serde_json::Value;
use server::config::Config;
use server::demo::{self, Phase, Settings};
use std::time::{Duration, Instant};
use support::Server;

/// The longest that the city may take for its days.
const CITY_WAIT_MAX: Duration = Duration::from_secs(240);

/// A path as the page fills it in: each parameter in it by its example; a query of what is required alone.
fn filled(path: &str, operation: &Value) -> String {
    let (mut filled, mut query) = (path.to_owned(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().expect("a name");
        let example = [&parameter["example"], &parameter["schema"]["example"]].into_iter().find(|example| !example.is_null());
        match (parameter["in"] == "path", parameter["required"] == true, example) {
            (true, _, Some(example)) => filled = filled.replace(&format!("{{{name}}}"), example.as_str().expect("a text")),
            (true, _, None) => panic!("{path}: {name} has no example"),
            (false, true, Some(example)) => query.push(format!("{name}={}", example.as_str().expect("a text"))),
            (false, true, None) => panic!("{path}: {name} is needed and has no example"),
            (false, false, Some(example)) => panic!("{path}: {name} is optional, and the page would fill in {example}"),
            (false, false, None) => {}
        }
    }
    if query.is_empty() { filled } else { format!("{filled}?{}", query.join("&")) }
}

#[test]
fn every_call_that_is_tried_out_finds_something() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut config = Config::embedded(directory.path().join("data")).expect("a configuration");
    demo::configure(&mut config);
    let server = Server::with(config);
    let running = demo::start(&server.node, Settings { days: Some(22), history_days: 22, rate: 100, ..Settings::default() }).expect("a city");
    let begun = Instant::now();
    while running.board().told().phase != Phase::Ended {
        assert!(begun.elapsed() < CITY_WAIT_MAX, "{:?}", running.board().told());
        running.board().pause(Duration::from_millis(20));
    }
    running.stop();
    let document = server.get_json("/openapi.json");
    let (mut tried, mut failed) = (0, Vec::new());
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let Some(operation) = operations.get("get") else { continue };
        // A stream does not end, and nothing is rebuilt until somebody asks for it. Hooks are of whoever adds one.
        if path.ends_with("/stream") || path.ends_with("/rebuild") || path.starts_with("/v1/webhooks") {
            continue;
        }
        let call = filled(path, operation);
        let answer = server.get(&call);
        tried += 1;
        let nothing = answer.content_type.starts_with("application/json") && answer.json()["rows"].as_array().is_some_and(Vec::is_empty);
        if answer.status != 200 || nothing {
            failed.push(format!("{call}: {} {}", answer.status, answer.text.chars().take(300).collect::<String>()));
        }
    }
    assert!(tried >= 25 && failed.is_empty(), "of {tried}:\n{}", failed.join("\n"));
    post_what_it_has(&server, &document);
}

/// What is posted as the page has it is booked: an event that is new, and one that was set aside for where it lay. Both are there
/// once, and so is the rebuild that the page asks for.
fn post_what_it_has(server: &Server, document: &Value) {
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let Some(operation) = operations.get("post").filter(|_| !path.starts_with("/v1/webhooks")) else { continue };
        let body = operation["requestBody"]["content"]["application/json"]["example"].to_string();
        let body = if operation["requestBody"].is_object() { body.as_bytes() } else { &[] };
        let call = filled(path, operation);
        let waits = operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == "wait");
        let answer = server.post(&format!("{call}{}", if waits { "?wait=true&wait_ms=20000" } else { "" }), "application/json", body);
        assert!(matches!(answer.status, 200 | 202), "{call}: {} {}", answer.status, answer.text);
        if let Some(result) = answer.json()["results"].get(0) {
            assert_eq!(result["outcome"], "posted", "{call}: {}", answer.text);
        }
        tried += 1;
    }
    assert!(tried >= 3, "{tried}");
}
