//! The demonstration as a whole: every kind of event, books that balance, the same journal of the same seed, card numbers
//! that are nowhere, and an end that is clean.

mod support;

use ledger::shard::State;
use serde_json::Value;
use server::config::Config;
use server::demo::{self, Phase, SMUGGLED, Settings};
use server::node::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::Server;

/// The longest that a city may take.
const CITY_WAIT_MAX: Duration = Duration::from_secs(240);
/// The longest until the shards say that nothing lies ahead.
const LAG_WAIT_MAX: Duration = Duration::from_secs(30);
/// Event types of the contract, all of which the city must have booked. Some are rare: they need weeks.
const EVENT_TYPES: [&str; 44] = [
    "adjustment",
    "batch_closed",
    "chargeback",
    "chargeback_represented",
    "contract_set",
    "customer_erased",
    "day_closed",
    "debt_repaid",
    "debt_written_off",
    "dispute_lost",
    "dispute_opened",
    "dispute_won",
    "early_release",
    "fee_charged",
    "fee_waived",
    "fees_swept",
    "hold_placed",
    "hold_released",
    "hold_seized",
    "instalment_subsidy",
    "maintenance_due",
    "partner_paid",
    "payout_failed",
    "payout_initiated",
    "payout_paid",
    "payout_returned",
    "preauth_completed",
    "preauth_increased",
    "preauth_placed",
    "preauth_released",
    "psp_paid_bank",
    "scheme_settled",
    "tax_paid",
    "ledger_opened",
    "calendar_set",
    "refund",
    "refund_failed",
    "report_closed",
    "report_line",
    "reserve_released",
    "reversal",
    "sale",
    "tip_adjusted",
    "void",
];

fn played(server: &Server, settings: Settings) {
    let days = settings.days;
    let running = demo::start(&server.node, settings).expect("a city");
    let begun = Instant::now();
    while running.board().told().phase != Phase::Ended {
        assert!(begun.elapsed() < CITY_WAIT_MAX, "the city is not ready: {:?}", running.board().told());
        running.board().pause(Duration::from_millis(20));
    }
    let told = running.board().told();
    assert_eq!((told.failure, Some(told.days)), (None, days));
    running.stop();
}

/// Every booked row of every journal: event types, and the text of everything in them.
fn journal(node: &Node, mut each: impl FnMut(&ledger::entry::Recorded)) {
    for place in node.places() {
        let snapshot = place.here().and_then(|here| here.journal()).expect("a journal").snapshot();
        for number in 0..snapshot.count() {
            each(&snapshot.entry(number).expect("readable").expect("there"));
        }
    }
}

#[test]
fn weeks_of_a_city_have_every_kind_of_event_and_books_that_balance() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    let settings = Settings { days: Some(26), history_days: 26, rate: 150, ..Settings::default() };
    println!("seed {}", settings.seed);
    played(&server, settings);

    let mut types = BTreeMap::<String, u64>::new();
    journal(&server.node, |recorded| {
        if !recorded.row.lines.is_empty() || matches!(recorded.row.outcome, ledger::entry::Outcome::Posted) {
            let name = recorded.row.event_type.map_or_else(String::new, |event_type| event_type.as_str().to_owned());
            *types.entry(name).or_default() += 1;
        }
    });
    let missing: BTreeSet<&str> = EVENT_TYPES.into_iter().filter(|name| !types.contains_key(*name)).collect();
    assert!(missing.is_empty(), "{missing:?} of {types:?}");

    // Debits are credits, in every book and currency.
    let accounts = server.get_json("/v1/accounts?group_by=book,currency");
    let rows = accounts["rows"].as_array().expect("rows");
    assert!(rows.len() >= 5, "{accounts}");
    for row in rows {
        assert!(row["balance"].as_str().expect("an amount").trim_matches(['0', '.']).is_empty(), "{row}");
    }
    // What was sent ended in every way that there is.
    // A shard looks at the end of its log now and then, so its lag is told a little later.
    let begun = Instant::now();
    while server.node.statuses().iter().any(|status| (status.state, status.lag) != (State::Following, 0)) {
        assert!(begun.elapsed() < LAG_WAIT_MAX, "{:?}", server.node.statuses());
        std::thread::yield_now();
    }
    let sum = |of: fn(&ledger::shard::Counters) -> u64| server.node.statuses().iter().map(|status| of(&status.counters)).sum::<u64>();
    for (name, count) in [("duplicate", sum(|all| all.duplicate)), ("parked", sum(|all| all.parked)), ("refused", sum(|all| all.refused))] {
        assert!(count > 20, "{name}: {count}");
    }
    let quarantined = server.get_json("/v1/quarantine?limit=1000");
    let codes: BTreeSet<&str> = quarantined["rows"].as_array().expect("rows").iter().filter_map(|row| row["code"].as_str()).collect();
    for code in ["conflict", "wrong_partition", "bad_amount", "malformed", "unknown_type"] {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }
    let posted = sum(|all| all.posted);
    assert!(posted * 20 > sum(|all| all.records) * 19, "most of what the city does is right: {posted} were booked");
}

#[test]
fn a_seed_makes_one_journal() {
    let heads = |seed| {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::start(&directory.path().join("data"));
        played(&server, Settings { seed, merchants: 24, days: Some(4), history_days: 4, rate: 40, ..Settings::default() });
        server.get_json("/v1/audit/heads")["rows"].clone()
    };
    let first = heads(7);
    assert_eq!(first, heads(7));
    assert_ne!(first, heads(8));
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Each smuggled number as it was written, and its digits alone.
fn numbers() -> BTreeSet<String> {
    SMUGGLED.iter().flat_map(|number| [(*number).to_owned(), number.chars().filter(char::is_ascii_digit).collect()]).collect()
}

fn assert_clean(what: &str, bytes: &[u8]) {
    for number in numbers() {
        assert!(!bytes.windows(number.len()).any(|window| window == number.as_bytes()), "a card number is in {what}");
    }
}

#[test]
fn smuggled_card_numbers_are_nowhere_and_the_last_words_are_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let arguments =
        ["demo", "--listen", "127.0.0.1:0", "--merchants", "24", "--days", "9", "--history-days", "8", "--day-seconds", "1", "--rate", "400", "--log", "debug"];
    let output = Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(arguments).arg("--data").arg(&data).output().expect("the binary runs");
    let (said, logged) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{logged}");
    assert!(said.contains("9 days closed") && said.contains("curl -s 'http://127.0.0.1:") && said.contains("bank_pos"), "{said}");
    assert!(said.contains("with card numbers turned away"), "the city tried to smuggle: {said}");
    assert_clean("standard output", &output.stdout);
    assert_clean("the log", &output.stderr);
    let mut found = Vec::new();
    files(&data, &mut found);
    assert!(found.len() > 50, "{found:?}");
    for path in &found {
        assert_clean(&path.display().to_string(), &fs::read(path).expect("a file"));
    }
    // Files may be compressed, so everything is read as well: the log, the journals, what was set aside.
    let server = Server::start(&data);
    let mut records = 0;
    for place in server.node.places() {
        let log = server.node.log();
        let high = log.watermarks(place.partition()).expect("watermarks").high;
        let (mut reader, mut next) = (log.reader(place.partition(), 0).expect("a reader"), 0);
        while next < high {
            for record in reader.fetch(1_000, Duration::from_secs(5)).expect("records") {
                assert_clean("the embedded log", &record.value);
                next = record.offset + 1;
                records += 1;
            }
        }
    }
    assert!(records > 2_000, "{records}");
    journal(&server.node, |recorded| assert_clean("a journal", format!("{recorded:?}").as_bytes()));
    assert_clean("quarantine", server.get("/v1/quarantine?limit=1000").text.as_bytes());
}

#[test]
fn card_numbers_that_reach_the_log_all_the_same_are_masked() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    played(&server, Settings { merchants: 12, days: Some(1), history_days: 1, rate: 10, ..Settings::default() });
    let place = server.node.home("M100001").expect("a partition");
    let mut last = -1;
    for number in SMUGGLED {
        let value = format!(r#"{{"id":"smuggled","type":"sale","merchant":"M100001","note":"{number}"}}"#);
        let append = ledger::log::Append { partition: place.partition(), key: Some(b"M100001".to_vec()), value: value.into_bytes() };
        last = server.node.log().append(vec![append]).expect("appended")[0];
    }
    let rows = server.get_json(&format!("/v1/quarantine?limit=1000&at_least={}:{last}&wait_ms=20000", place.partition()));
    assert_clean("quarantine", rows.to_string().as_bytes());
    let masked: Vec<&Value> = rows["rows"].as_array().expect("rows").iter().filter(|row| row["code"] == "card_data").collect();
    assert_eq!(masked.len(), SMUGGLED.len(), "{rows}");
}

/// The most lines of an answer to a call that is suggested: what a terminal shows beside the call itself.
const SUGGESTED_LINES_MAX: usize = 40;

/// The calls are run as they are printed, by a shell, while the city trades.
#[test]
#[cfg(unix)]
fn the_calls_that_are_suggested_fit_on_a_screen_and_end_with_a_newline() {
    let has_curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !has_curl {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and there is no curl");
        eprintln!("*** there is no curl: the suggested calls are not tried ***");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = ["demo", "--listen", "127.0.0.1:0", "--history-days", "12", "--rate", "60"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"))
        .args(arguments)
        .arg("--data")
        .arg(directory.path().join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its standard output")).lines().map_while(Result::ok);
    let said: Vec<String> = lines.by_ref().take_while(|line| !line.contains(" live ")).collect();
    let calls: Vec<&str> = said.iter().map(|line| line.trim()).filter(|line| line.starts_with("curl ")).collect();
    let mut wrong = Vec::new();
    for call in &calls {
        let output = Command::new("sh").args(["-ec", call]).output().expect("sh runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = text.lines().count();
        let columns = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        let is_right = output.status.success() && text.ends_with('\n') && !text.ends_with("\n\n") && !text.contains("\"code\"");
        if !is_right || !(2..=SUGGESTED_LINES_MAX).contains(&lines) {
            wrong.push(format!("{call}: {lines} lines, {columns} columns: {text}"));
        }
    }
    let interrupted = Command::new("kill").arg("-INT").arg(child.id().to_string()).status().expect("kill runs");
    assert!(interrupted.success() && child.wait().is_ok_and(|status| status.success()), "it ends cleanly");
    assert_eq!(calls.len(), 3, "{said:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_it_cleanly_and_another_run_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    for run in 0..2 {
        let arguments = ["demo", "--listen", "127.0.0.1:0", "--merchants", "24", "--history-days", "3", "--day-seconds", "1", "--rate", "100"];
        let mut child = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"))
            .args(arguments)
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its standard output")).lines();
        let live = lines.by_ref().map_while(Result::ok).find(|line| line.contains(" live "));
        assert!(live.is_some(), "run {run}: it ended before it was live");
        let interrupted = Command::new("kill").arg("-INT").arg(child.id().to_string()).status().expect("kill runs");
        assert!(interrupted.success());
        let said: Vec<String> = lines.map_while(Result::ok).collect();
        let said = said.join("\n");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "run {run}: {said}");
        assert!(said.contains("days closed") && !said.contains("FAILED"), "run {run}: {said}");
    }
    let mut config = Config::embedded(data).expect("a configuration");
    config.log = "warn".to_owned();
    let server = Server::with(config);
    let opened = server.node.statuses().iter().filter(|status| status.business_date.is_some_and(|date| date.to_string().as_str() > "2026-11-06")).count();
    assert_eq!(opened, server.node.places().len(), "both runs closed days: {:?}", server.node.statuses());
}
