//! What a clumsy operator and bad luck do to a data directory: nothing is destroyed, nothing is falsely told, and one shard's
//! trouble is its own.

mod support;

use serde_json::{Value, json};
use server::config::{Config, Layers};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const MORNING: &str = "2026-11-20T10:15:00+08:00";
const PATIENCE: Duration = Duration::from_secs(60);
/// One merchant on each of two partitions.
const MERCHANTS: [&str; 2] = ["M1", "M2"];

fn configuration(data: &Path, partitions: u32) -> Config {
    let mut layers = Layers::new();
    layers.flag("data", data.to_str().map(str::to_owned));
    layers.flag("listen", Some("127.0.0.1:0".to_owned()));
    layers.flag("partitions", Some(partitions.to_string()));
    Config::read(&layers).expect("a configuration")
}

fn start(data: &Path) -> Server {
    Server::with(configuration(data, 2))
}

/// A ledger of two partitions with sales on both; the balances of both merchants.
fn ledger(data: &Path, amount: &str) -> Vec<Value> {
    let server = start(data);
    server.posted(&opened("2026-11-20"));
    for merchant in MERCHANTS {
        server.posted(&contract_set(&format!("c-{merchant}"), merchant, contract()));
        let sales = (0..100).map(|number| sale(&format!("e{number}"), merchant, &format!("P{number}"), amount, "credit", MORNING));
        post_all(&server, sales);
    }
    let balances = balances(&server);
    server.stop();
    balances
}

/// Posts events in one batch, all of which must be booked.
fn post_all(server: &Server, events: impl Iterator<Item = Value>) {
    let lines: Vec<String> = events.map(|event| event.to_string()).collect();
    let answer = server.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.join("\n").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.json()["results"].as_array().expect("results").iter().all(|result| result["outcome"] == "posted"), "{}", answer.text);
}

fn balances(server: &Server) -> Vec<Value> {
    MERCHANTS.iter().map(|merchant| server.get_json(&format!("/v1/merchants/{merchant}/balances"))["balances"].clone()).collect()
}

fn partition_of(merchant: &str) -> u32 {
    schemas::partition::partition_of(merchant.as_bytes(), 2)
}

fn ready(server: &Server) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = server.get("/readyz");
        if answer.status == 200 {
            return answer.json();
        }
        assert!(Instant::now() < deadline, "{}", answer.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn metric(server: &Server, line: &str) -> String {
    let text = server.get("/metrics").text;
    let found = text.lines().find_map(|one| one.strip_prefix(line)).unwrap_or_else(|| panic!("{line}: {text}"));
    found.trim().to_owned()
}

fn run(code: i32, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(arguments).output().expect("the binary runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn verify(code: i32, data: &Path) -> String {
    run(code, &["verify", "--data", text(data)])
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("room");
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { fs::copy(entry.path(), target).map(drop).expect("room") }
    }
}

fn tables(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).expect("a directory").flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "sst")).collect()
}

/// Overwrites the middle of every table of a database.
fn damage(directory: &Path) {
    let tables = tables(directory);
    assert!(!tables.is_empty(), "{}", directory.display());
    for table in tables {
        let mut bytes = fs::read(&table).expect("readable");
        let half = bytes.len() / 2;
        bytes[..half].fill(0xa5);
        fs::write(&table, bytes).expect("writable");
    }
}

/// Bytes that a directory takes of the disk.
fn disk_bytes(directory: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::read_dir(directory).expect("a directory").flatten().fold(0, |sum, entry| {
        let metadata = entry.metadata().expect("there");
        sum + if metadata.is_dir() { disk_bytes(&entry.path()) } else { metadata.blocks() * 512 }
    })
}

#[test]
fn no_command_removes_what_it_did_not_make() {
    let place = tempfile::tempdir().expect("a directory");
    let (data, precious) = (place.path().join("data"), place.path().join("precious"));
    ledger(&data, "10.00");
    fs::create_dir(&precious).expect("room");
    fs::write(precious.join("thesis.txt"), "years").expect("room");
    for scratch in [&precious, &data] {
        run(0, &["verify", "--data", text(&data), "--scratch", text(scratch)]);
    }
    assert_eq!(fs::read_to_string(precious.join("thesis.txt")).expect("still there"), "years");
    assert_eq!(fs::read_dir(&precious).expect("a directory").count(), 1, "what was made is removed");
    // Neither is a backup written into what it is of, nor over anything.
    for to in [data.clone(), data.join("backup"), data.join("0000/backup"), precious.clone()] {
        run(2, &["backup", "--data", text(&data), "--to", text(&to)]);
    }
    assert_eq!(fs::read_dir(&precious).expect("a directory").count(), 1);
    verify(0, &data);
}

#[test]
fn a_halted_shard_takes_nothing_and_answers_for_no_other_record() {
    let place = tempfile::tempdir().expect("a directory");
    let data = place.path().join("data");
    let before = ledger(&data, "10.00");
    // The log is made again: its offsets begin anew, where other records were folded.
    fs::remove_dir_all(data.join("log")).expect("there");
    assert!(verify(1, &data).contains("log is missing"));
    let server = start(&data);
    let answer = server.post("/v1/events?wait=true", "application/json", sale("new", "M1", "P-new", "10.00", "credit", MORNING).to_string().as_bytes());
    let problem = answer.problem(503, "unavailable");
    assert_eq!((&problem["partition"], &problem["reason"]), (&json!(partition_of("M1")), &json!("topic_recreated")), "{problem}");
    let lines = MERCHANTS.map(|merchant| sale("line", merchant, "P-line", "10.00", "credit", MORNING).to_string()).join("\n");
    server.post("/v1/events?wait=true", "application/x-ndjson", lines.as_bytes()).problem(503, "unavailable");
    // A day close goes to every partition: it is taken by all or by none.
    let close = json!({"id": "close", "type": "day_closed", "date": "2026-11-20"}).to_string();
    server.post("/v1/events", "application/json", close.as_bytes()).problem(503, "unavailable");
    assert_eq!(server.node.log().watermarks(0).expect("an end").high, 0, "nothing was appended");
    assert_eq!(balances(&server), before, "what was folded is still told");
    server.stop();
    assert!(verify(1, &data).contains("was made again"));
}

#[test]
fn one_halted_shard_does_not_stop_the_other() {
    let place = tempfile::tempdir().expect("a directory");
    let data = place.path().join("data");
    ledger(&data, "10.00");
    let [halted, other] = MERCHANTS;
    let current = data.join(format!("{:04}", partition_of(halted))).join("journal/CURRENT");
    fs::write(current, "no manifest\n").expect("writable");
    let server = start(&data);
    let event = |merchant: &str| sale("x", merchant, "P-x", "10.00", "credit", MORNING);
    let problem = server.post("/v1/events", "application/json", event(halted).to_string().as_bytes()).problem(503, "unavailable");
    assert_eq!(problem["reason"], "corrupt", "{problem}");
    server.posted(&event(other));
    let lines = [halted, other].map(|merchant| sale("y", merchant, "P-y", "10.00", "credit", MORNING).to_string()).join("\n");
    let results = server.post("/v1/events?wait=true", "application/x-ndjson", lines.as_bytes()).json()["results"].clone();
    assert_eq!((&results[0]["position"], &results[0]["code"]), (&Value::Null, &json!("corrupt")), "{results}");
    assert_eq!(results[1]["outcome"], "posted", "{results}");
    assert_eq!(server.get("/readyz").status, 503);
    server.stop();
    assert!(verify(1, &data).contains(&format!("partition {}: ", partition_of(halted))));
}

#[test]
fn views_that_are_not_of_this_journal_are_folded_anew() {
    let place = tempfile::tempdir().expect("a directory");
    let (data, other) = (place.path().join("data"), place.path().join("other"));
    let right = ledger(&data, "10.00");
    ledger(&other, "99.00");
    let of = |data: &Path| data.join(format!("{:04}", partition_of("M1"))).join("views");
    fs::remove_dir_all(of(&data)).expect("there");
    copy(&of(&other), &of(&data));
    assert!(verify(1, &data).contains("not of this journal"));
    let server = start(&data);
    ready(&server);
    assert_eq!(balances(&server), right);
    assert_eq!(metric(&server, &format!("merchant_ledger_views_folded_anew_total{{partition=\"{}\"}}", partition_of("M1"))), "1");
    server.stop();
    verify(0, &data);

    // Newer views beside an older journal.
    let older = place.path().join("older");
    copy(&data, &older);
    let server = start(&data);
    server.posted(&sale("later", "M1", "P-later", "10.00", "credit", MORNING));
    server.stop();
    fs::remove_dir_all(of(&older)).expect("there");
    copy(&of(&data), &of(&older));
    let server = start(&older);
    ready(&server);
    assert_eq!(balances(&server), right);
    server.stop();
    verify(0, &older);
}

#[test]
fn damaged_views_of_a_shard_are_folded_anew_and_the_process_lives() {
    let place = tempfile::tempdir().expect("a directory");
    let data = place.path().join("data");
    let right = ledger(&data, "10.00");
    let views = data.join(format!("{:04}", partition_of("M1"))).join("views");
    for break_it in [|views: &Path| fs::write(views.join("CURRENT"), "no manifest\n").expect("writable"), |views: &Path| damage(views)] {
        break_it(&views);
        verify(1, &data);
        let server = start(&data);
        // Who asks finds the damage, at the latest; answers are refused until the views are there again, and never wrong.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = server.get("/v1/merchants/M1/balances");
            if answer.status == 200 && answer.json()["balances"] == right[0] {
                break;
            }
            assert!(matches!(answer.status, 404 | 500 | 503) || answer.json()["position"] != json!(null), "{}", answer.text);
            assert!(Instant::now() < deadline, "{}", answer.text);
        }
        ready(&server);
        assert_eq!(balances(&server), right);
        server.stop();
        verify(0, &data);
    }
}

#[test]
fn verify_knows_what_should_be_there_and_reads_the_log() {
    let place = tempfile::tempdir().expect("a directory");
    let whole = place.path().join("whole");
    ledger(&whole, "10.00");
    let broken = |name: &str, break_it: &dyn Fn(&Path)| {
        let data = place.path().join(name);
        copy(&whole, &data);
        break_it(&data);
        verify(1, &data)
    };
    assert!(broken("missing", &|data| fs::remove_dir_all(data.join("0001")).expect("there")).contains("partition 1: "));
    let swapped = broken("swapped", &|data| {
        fs::rename(data.join("0000"), data.join("x")).expect("there");
        fs::rename(data.join("0001"), data.join("0000")).expect("there");
        fs::rename(data.join("x"), data.join("0001")).expect("there");
    });
    assert!(swapped.contains("partition 0: ") && swapped.contains("partition 1: "), "{swapped}");
    broken("one too many", &|data| fs::create_dir(data.join("0002")).expect("room"));
    broken("no name", &|data| fs::remove_file(data.join("ledger.json")).expect("there"));
    broken("no log", &|data| fs::remove_dir_all(data.join("log")).expect("there"));
    broken("damaged log", &|data| damage(&data.join("log")));
    broken("damaged journal", &|data| damage(&data.join("0000/journal")));
    let other = place.path().join("other");
    ledger(&other, "10.00");
    let foreign = broken("of another ledger", &|data| {
        fs::remove_dir_all(data.join("0000")).expect("there");
        copy(&other.join("0000"), &data.join("0000"));
    });
    assert!(foreign.contains("partition 0: "), "{foreign}");
    let foreign = broken("another's log", &|data| {
        fs::remove_dir_all(data.join("log")).expect("there");
        copy(&other.join("log"), &data.join("log"));
    });
    assert!(foreign.contains("was made again"), "{foreign}");
    verify(0, &whole);
}

#[test]
fn a_backup_is_complete_or_fails_and_what_is_not_whole_is_not_restored() {
    let place = tempfile::tempdir().expect("a directory");
    let (data, backup) = (place.path().join("data"), place.path().join("backup"));
    let right = ledger(&data, "10.00");
    run(0, &["backup", "--data", text(&data), "--to", text(&backup)]);
    for (name, break_it) in [
        ("shard missing", (|data| fs::remove_dir_all(data.join("0001")).expect("there")) as fn(&Path)),
        ("journal damaged", |data| damage(&data.join("0000/journal"))),
        ("log missing", |data| fs::remove_dir_all(data.join("log")).expect("there")),
        ("log damaged", |data| damage(&data.join("log"))),
    ] {
        let (broken, to) = (place.path().join(name), place.path().join(format!("backup of {name}")));
        copy(&data, &broken);
        break_it(&broken);
        run(1, &["backup", "--data", text(&broken), "--to", text(&to)]);
        assert!(!to.exists(), "{name}: half a backup was left");
    }
    for (name, break_it) in [
        ("no manifest", (|backup| fs::remove_file(backup.join("backup.json")).expect("there")) as fn(&Path)),
        ("no shard", |backup| fs::remove_dir_all(backup.join("0001")).expect("there")),
        ("no log", |backup| fs::remove_dir_all(backup.join("log")).expect("there")),
        ("damage", |backup| damage(&backup.join("0000/journal"))),
    ] {
        let (broken, to) = (place.path().join(format!("backup with {name}")), place.path().join(format!("restored with {name}")));
        copy(&backup, &broken);
        break_it(&broken);
        let said = run(1, &["restore", "--from", text(&broken), "--data", text(&to)]);
        assert!(!to.exists(), "{name}: half a directory was left");
        assert!(!name.starts_with("no ") || name == "no manifest" || said.contains("is gone: the backup is not whole"), "{name}: {said}");
    }
    let restored = place.path().join("restored");
    run(0, &["restore", "--from", text(&backup), "--data", text(&restored)]);
    let server = start(&restored);
    ready(&server);
    // Ready means that what was there before is told.
    assert_eq!(balances(&server), right);
    server.posted(&sale("later", "M1", "P-later", "10.00", "credit", MORNING));
    server.stop();
    verify(0, &restored);
    fs::write(restored.join("restore.incomplete"), "").expect("room");
    let said = run(1, &["serve", "--data", text(&restored), "--listen", "127.0.0.1:0"]);
    assert!(said.contains("was cut off"), "{said}");
}

#[test]
fn an_empty_ledger_takes_little_of_the_disk_and_three_hundred_partitions_are_fine() {
    for (partitions, megabytes) in [(12, 20), (300, 500)] {
        let place = tempfile::tempdir().expect("a directory");
        let server = Server::with(configuration(place.path(), partitions));
        ready(&server);
        server.posted(&opened("2026-11-20"));
        server.posted(&contract_set("c-1", "M1", contract()));
        server.posted(&sale("e1", "M1", "P1", "10.00", "credit", MORNING));
        let bytes = disk_bytes(place.path());
        assert!(bytes <= megabytes * 1_000_000, "{partitions} partitions take {bytes} bytes");
        server.stop();
    }
}

#[test]
fn a_journal_that_cannot_be_read_is_told_and_forgotten_once_it_can() {
    let place = tempfile::tempdir().expect("a directory");
    let data = place.path().join("data");
    ledger(&data, "10.00");
    let server = start(&data);
    post_all(&server, (0..300).map(|number| sale(&format!("s{number}"), "M1", &format!("S{number}"), "10.00", "credit", MORNING)));
    server.stop();
    let partition = partition_of("M1");
    // A table says of which family it is. The first one has the first full blocks, which are not looked at when the journal is opened.
    let of_blocks = |bytes: &Vec<u8>| bytes.windows(10).any(|words| words == b"nameblocks");
    let files = tables(&data.join(format!("{partition:04}")).join("journal")).into_iter().map(|path| (fs::read(&path).expect("readable"), path));
    let (whole, first) = files.filter(|(bytes, _)| of_blocks(bytes)).min_by_key(|(_, path)| path.clone()).expect("a table");
    let mut damaged = whole.clone();
    damaged[100..600].fill(0xa5);
    fs::write(&first, damaged).expect("writable");
    let server = start(&data);
    ready(&server);
    for _ in 0..2 {
        let problem = server.get("/v1/merchants/M1/entries?limit=1000").problem(503, "unavailable");
        assert_eq!((&problem["partition"], &problem["reason"]), (&json!(partition), &json!("corrupt")), "{problem}");
    }
    let told = server.get("/readyz");
    assert_eq!((told.status, &told.json()["shards"][partition as usize]["code"]), (503, &json!("corrupt")), "{}", told.text);
    // Somebody brings the file back: that is noticed without a restart.
    fs::write(&first, whole).expect("writable");
    ready(&server);
    assert_eq!(server.get("/v1/merchants/M1/entries?limit=1000").status, 200);
    server.stop();
    verify(0, &data);
}

/// Changes the log of writes of a shard's journal.
fn change_writes(data: &Path, partition: u32, change: impl FnOnce(&mut Vec<u8>)) {
    let files = fs::read_dir(data.join(format!("{partition:04}/journal"))).expect("a directory").flatten().map(|entry| entry.path());
    let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let (mut bytes, path) = logs.map(|path| (fs::read(&path).expect("readable"), path)).max_by_key(|(bytes, _)| bytes.len()).expect("a log of writes");
    assert!(bytes.len() > 10_000, "{} bytes", bytes.len());
    change(&mut bytes);
    fs::write(path, bytes).expect("writable");
}

#[test]
fn a_damaged_log_of_writes_is_told_and_what_lay_behind_it_is_folded_again() {
    let place = tempfile::tempdir().expect("a directory");
    let at = |name: &str| place.path().join(name);
    let (data, killed, torn, damaged) = (at("data"), at("killed"), at("torn"), at("damaged"));
    let server = start(&data);
    server.posted(&opened("2026-11-20"));
    for merchant in MERCHANTS {
        server.posted(&contract_set(&format!("c-{merchant}"), merchant, contract()));
        for batch in 0..4 {
            post_all(&server, (0..25).map(|number| sale(&format!("e{batch}-{number}"), merchant, &format!("P{batch}-{number}"), "10.00", "credit", MORNING)));
        }
    }
    ready(&server);
    let right = balances(&server);
    // As a service that is killed leaves it.
    [&killed, &torn, &damaged].into_iter().for_each(|to| copy(&data, to));
    server.stop();
    let export = |code: i32, data: &Path| run(code, &["export", "--data", text(data), "--log", "error"]);
    let (whole, partition) = (export(0, &killed), partition_of("M1"));
    verify(0, &killed);

    // A log that ends within its last record lacks what a power cut took.
    change_writes(&torn, partition, |bytes| bytes.truncate(bytes.len() - 10));
    assert!(export(0, &torn).len() < whole.len());
    let said = run(0, &["verify", "--journals-only", "--data", text(&torn)]);
    let left = said.lines().filter(|line| line.contains("not folded yet")).collect::<Vec<_>>();
    assert!(left.len() == 1 && left[0].starts_with(&format!("partition {partition}: ")), "{said}");

    // One that was damaged in the middle would give a part for all.
    change_writes(&damaged, partition, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let backup = at("backup");
    let told = [export(1, &damaged), verify(1, &damaged), run(1, &["backup", "--data", text(&damaged), "--to", text(&backup)])];
    for said in told {
        assert!(
            said.contains(&format!("partition {partition}: ")) && said.contains(".log is damaged from byte ") && said.contains("start `serve` once"),
            "{said}"
        );
        assert!(!said.contains("\"entry\"") && !said.contains("as it should be"), "{said}");
    }
    assert!(!backup.exists(), "half a backup was left");
    let server = start(&damaged);
    ready(&server);
    let deadline = Instant::now() + PATIENCE;
    while balances(&server) != right {
        assert!(Instant::now() < deadline, "{:?}", balances(&server));
        std::thread::sleep(Duration::from_millis(20));
    }
    server.stop();
    verify(0, &damaged);
    assert!(export(0, &damaged) == whole, "the same bytes");
}

#[test]
fn a_second_server_is_told_that_the_directory_is_in_use_and_another_format_what_to_do() {
    let place = tempfile::tempdir().expect("a directory");
    let data = place.path().join("data");
    ledger(&data, "10.00");
    let server = start(&data);
    let said = run(1, &["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    assert!(said.contains("in_use") && said.contains("is in use by process") && !said.contains("corrupt"), "{said}");
    server.stop();
    let path = data.join("ledger.json");
    let other = fs::read_to_string(&path).expect("readable");
    fs::write(&path, other.replace("\"format\": 1", "\"format\": 7")).expect("writable");
    let said = run(1, &["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    assert!(said.contains("not what was written"), "who changes a format by hand has damaged the file: {said}");
}
