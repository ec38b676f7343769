//! The pages of `docs/walks`, run: every call answers 200, with every key that its page shows.
//!
//! A page's call is a fenced block `http`: the method and the path, then the body, if any; the block `json` after it is
//! the abridged answer. `{name}` in a path, and `"{name}"` in a body, is the first value of that key in an answer before. A
//! list shows rows that must be among the answer's by their keys; what a `kind` says must be said there, too.
//!
//! Most pages walk through the demonstration, whose figures are of a moment. A page that starts with `./dev serve` has an empty
//! ledger: its blocks `sh` are run, too, and the values that it shows are what is answered.

mod support;

use serde_json::Value;
use server::config::Config;
use server::demo::{self, Phase, Settings};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::Server;

/// The longest that the city may take for its days.
const CITY_WAIT_MAX: Duration = Duration::from_secs(240);

/// A call of a page, and what the page shows of its answer.
struct Step {
    call: String,
    shown: Value,
}

/// What a page does.
enum Block {
    Script(String),
    Call(Step),
}

fn pages() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/walks");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(directory).expect("the walks").flatten().map(|entry| entry.path()).collect();
    pages.sort();
    pages
}

fn blocks(page: &str) -> Vec<Block> {
    let block = |rest: &str| rest.split_once("\n```").map_or_else(String::new, |(block, _)| block.trim().to_owned());
    let mut found = Vec::new();
    for part in page.split("\n```").filter_map(|part| part.split_once('\n')) {
        match part {
            ("sh", script) => found.push(Block::Script(script.to_owned())),
            ("http", call) => found.push(Block::Call(Step { call: call.trim().to_owned(), shown: Value::Null })),
            ("json", text) => {
                let shown = serde_json::from_str(&block(&format!("{text}\n```"))).unwrap_or_else(|error| panic!("{error}: {text}"));
                match found.last_mut() {
                    Some(Block::Call(step)) if step.shown.is_null() => step.shown = shown,
                    _ => panic!("an answer without a call: {text}"),
                }
            }
            _ => {}
        }
    }
    found
}

/// The first value of a key in an answer.
fn first<'a>(answer: &'a Value, name: &str) -> Option<&'a str> {
    match answer {
        Value::Object(fields) => fields.get(name).and_then(Value::as_str).or_else(|| fields.values().find_map(|value| first(value, name))),
        Value::Array(items) => items.iter().find_map(|item| first(item, name)),
        _ => None,
    }
}

fn filled(path: &str, answers: &[Value]) -> String {
    let mut path = path.to_owned();
    while let Some((before, rest)) = path.clone().split_once('{') {
        let (name, after) = rest.split_once('}').expect("a closed brace");
        let value = answers.iter().rev().find_map(|answer| first(answer, name)).unwrap_or_else(|| panic!("no {name} was answered before {path}"));
        path = format!("{before}{value}{after}");
    }
    path
}

/// A body whose texts `"{name}"` are values of answers before.
fn filled_body(body: &str, answers: &[Value]) -> String {
    let mut body = body.to_owned();
    while let Some((before, rest)) = body.clone().split_once("\"{") {
        let (name, after) = rest.split_once("}\"").expect("a closed brace");
        let value = answers.iter().rev().find_map(|answer| first(answer, name)).unwrap_or_else(|| panic!("no {name} was answered before {body}"));
        body = format!("{before}{}{after}", Value::from(value));
    }
    body
}

/// What an answer lacks of what is shown; `exact`: its values, too.
fn lacking(shown: &Value, answer: &Value, exact: bool) -> Option<String> {
    match (shown, answer) {
        (Value::Object(shown), Value::Object(answer)) => shown.iter().find_map(|(key, value)| match answer.get(key) {
            None => Some(key.clone()),
            Some(found) if key == "kind" && found != value => Some(format!("kind {value}")),
            Some(found) => lacking(value, found, exact).map(|lack| format!("{key}.{lack}")),
        }),
        (Value::Array(shown), Value::Array(answer)) => shown.iter().find_map(|row| {
            let lacks: Option<Vec<String>> = answer.iter().map(|candidate| lacking(row, candidate, exact)).collect();
            lacks.map(|lacks| format!("[a row like {row}: {}]", lacks.first().map_or("there is none", String::as_str)))
        }),
        (Value::Object(_), _) | (Value::Array(_), _) => Some(format!("(shown is {shown}, answered was {answer})")),
        (shown, answer) if exact && shown != answer => Some(format!("(shown is {shown}, answered was {answer})")),
        // A null may be told where a page shows a value, and the other way round: keys are what is promised.
        _ => None,
    }
}

/// Runs a page's script in a directory of its own, as a reader does.
fn run_script(script: &str, directory: &Path, server: &Server) {
    let output = Command::new("sh").args(["-e", "-c", script]).current_dir(directory).env("LEDGER", &server.base).output().expect("a shell");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{script}: {told}");
}

/// Walks through a page; answers how many calls it has.
fn walk(path: &Path, text: &str, server: &Server, exact: bool, wrong: &mut Vec<String>) -> usize {
    let scratch = tempfile::tempdir().expect("a directory");
    let (mut answers, mut calls) = (Vec::new(), 0);
    for block in blocks(text) {
        let step = match block {
            Block::Script(script) => {
                if exact {
                    run_script(&script, scratch.path(), server);
                }
                continue;
            }
            Block::Call(step) => step,
        };
        calls += 1;
        assert!(!step.shown.is_null(), "{}: {} is not followed by its answer", path.display(), step.call);
        let (line, body) = step.call.split_once('\n').unwrap_or((&step.call, ""));
        let (method, call) = line.split_once(' ').expect("a method and a path");
        let call = filled(call, &answers);
        let answer = match method {
            "GET" => server.get(&call),
            "POST" => server.post(&call, "application/json", filled_body(body, &answers).as_bytes()),
            other => panic!("{}: {other}", path.display()),
        };
        if answer.status != 200 {
            wrong.push(format!("{}: {call}: {} {}", path.display(), answer.status, answer.text));
            continue;
        }
        let json = answer.json();
        if let Some(lack) = lacking(&step.shown, &json, exact) {
            wrong.push(format!("{}: {call} lacks {lack}: {}", path.display(), answer.text.chars().take(500).collect::<String>()));
        }
        answers.push(json);
    }
    calls
}

#[test]
fn every_call_of_every_walk_answers_as_its_page_shows() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut config = Config::embedded(directory.path().join("data")).expect("a configuration");
    demo::configure(&mut config);
    let city = Server::with(config);
    let settings = Settings { days: Some(24), history_days: 24, rate: 150, ..Settings::default() };
    let running = demo::start(&city.node, settings).expect("a city");
    let begun = Instant::now();
    while running.board().told().phase != Phase::Ended {
        assert!(begun.elapsed() < CITY_WAIT_MAX, "the city is not ready: {:?}", running.board().told());
        running.board().pause(Duration::from_millis(20));
    }
    let told = running.board().told();
    assert_eq!((told.failure, told.days), (None, 24));
    running.stop();

    let pages = pages();
    assert_eq!(pages.len(), 5, "a page for each audience, and one for a bank that moves in");
    let mut wrong = Vec::new();
    for (place, page) in pages.iter().enumerate() {
        let text = std::fs::read_to_string(page).expect("a page");
        let calls = if text.contains("`./dev serve`") {
            let own = Server::start(&directory.path().join(format!("own-{place}")));
            walk(page, &text, &own, true, &mut wrong)
        } else {
            walk(page, &text, &city, false, &mut wrong)
        };
        assert!(calls >= 5, "{} has {calls} calls", page.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_an_answer_lacks_is_found() {
    let of = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let lacks = |shown: &str, answer: &str| lacking(&of(shown), &of(answer), false);
    assert_eq!(lacks(r#"{"a":1,"rows":[{"b":"x"}]}"#, r#"{"a":2,"c":3,"rows":[{"d":1},{"b":"y"}]}"#), None);
    assert_eq!(lacks(r#"{"a":{"b":1}}"#, r#"{"a":{"c":1}}"#).as_deref(), Some("a.b"));
    assert!(lacks(r#"{"rows":[{"b":"x"}]}"#, r#"{"rows":[]}"#).is_some());
    assert!(lacks(r#"{"rows":[{"kind":"x"}]}"#, r#"{"rows":[{"kind":"y"}]}"#).is_some());
    assert!(lacking(&of(r#"{"a":"1"}"#), &of(r#"{"a":"2"}"#), true).is_some());
    assert_eq!(filled("/a/{b}", &[of(r#"{"rows":[{"b":"1"}]}"#)]), "/a/1");
    assert_eq!(filled_body(r#"{"c":"{b}"}"#, &[of(r#"{"rows":[{"b":"1"}]}"#)]), r#"{"c":"1"}"#);
}
