//! The pages of `docs/walks`, run against the demonstration: every call answers 200, with every key that its page shows.
//!
//! A page's call is a fenced block `http`: the method and the path, then the body, if any; the block `json` after it is
//! the abridged answer. `{name}` in a path is the first value of that key in an answer before. A list shows rows that
//! must be among the answer's by their keys; what a `kind` says must be said there, too.

mod support;

use serde_json::Value;
use server::demo::{self, Phase, Settings};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::Server;

/// The longest that the city may take for its days.
const CITY_WAIT_MAX: Duration = Duration::from_secs(240);

/// A call of a page, and what the page shows of its answer.
struct Step {
    call: String,
    shown: Value,
}

fn pages() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/walks");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(directory).expect("the walks").flatten().map(|entry| entry.path()).collect();
    pages.sort();
    pages
}

fn steps(page: &str) -> Vec<Step> {
    let block = |rest: &str| rest.split_once("\n```").map_or_else(String::new, |(block, _)| block.trim().to_owned());
    let call = |part: &str| {
        let (before, after) = part.split_once("```json\n").expect("each call is followed by its answer");
        let text = block(after);
        let shown = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        Step { call: block(before), shown }
    };
    page.split("```http\n").skip(1).map(call).collect()
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

/// What an answer lacks of what is shown.
fn lacking(shown: &Value, answer: &Value) -> Option<String> {
    match (shown, answer) {
        (Value::Object(shown), Value::Object(answer)) => shown.iter().find_map(|(key, value)| match answer.get(key) {
            None => Some(key.clone()),
            Some(found) if key == "kind" && found != value => Some(format!("kind {value}")),
            Some(found) => lacking(value, found).map(|lack| format!("{key}.{lack}")),
        }),
        (Value::Array(shown), Value::Array(answer)) => shown.iter().find_map(|row| {
            let lacks: Option<Vec<String>> = answer.iter().map(|candidate| lacking(row, candidate)).collect();
            lacks.map(|lacks| format!("[a row like {row}: {}]", lacks.first().map_or("there is none", String::as_str)))
        }),
        (Value::Object(_), _) | (Value::Array(_), _) => Some(format!("(shown is {shown}, answered was {answer})")),
        // A null may be told where a page shows a value, and the other way round: keys are what is promised.
        _ => None,
    }
}

#[test]
fn every_call_of_every_walk_answers_as_its_page_shows() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    let settings = Settings { days: Some(24), history_days: 24, rate: 150, ..Settings::default() };
    let running = demo::start(&server.node, settings).expect("a city");
    let begun = Instant::now();
    while running.board().told().phase != Phase::Ended {
        assert!(begun.elapsed() < CITY_WAIT_MAX, "the city is not ready: {:?}", running.board().told());
        running.board().pause(Duration::from_millis(20));
    }
    let told = running.board().told();
    assert_eq!((told.failure, told.days), (None, 24));
    running.stop();

    let pages = pages();
    assert_eq!(pages.len(), 4, "a page for each audience");
    let mut wrong = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).expect("a page");
        let steps = steps(&text);
        assert!(steps.len() >= 5, "{} has {} calls", page.display(), steps.len());
        let mut answers = Vec::new();
        for step in steps {
            let (line, body) = step.call.split_once('\n').unwrap_or((&step.call, ""));
            let (method, path) = line.split_once(' ').expect("a method and a path");
            let path = filled(path, &answers);
            let answer = match method {
                "GET" => server.get(&path),
                "POST" => server.post(&path, "application/json", body.as_bytes()),
                other => panic!("{}: {other}", page.display()),
            };
            if answer.status != 200 {
                wrong.push(format!("{}: {path}: {} {}", page.display(), answer.status, answer.text));
                continue;
            }
            let json = answer.json();
            if let Some(lack) = lacking(&step.shown, &json) {
                wrong.push(format!("{}: {path} lacks {lack}: {}", page.display(), answer.text.chars().take(500).collect::<String>()));
            }
            answers.push(json);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_an_answer_lacks_is_found() {
    let of = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let lacks = |shown: &str, answer: &str| lacking(&of(shown), &of(answer));
    assert_eq!(lacks(r#"{"a":1,"rows":[{"b":"x"}]}"#, r#"{"a":2,"c":3,"rows":[{"d":1},{"b":"y"}]}"#), None);
    assert_eq!(lacks(r#"{"a":{"b":1}}"#, r#"{"a":{"c":1}}"#).as_deref(), Some("a.b"));
    assert!(lacks(r#"{"rows":[{"b":"x"}]}"#, r#"{"rows":[]}"#).is_some());
    assert!(lacks(r#"{"rows":[{"kind":"x"}]}"#, r#"{"rows":[{"kind":"y"}]}"#).is_some());
    assert_eq!(filled("/a/{b}", &[of(r#"{"rows":[{"b":"1"}]}"#)]), "/a/1");
}
