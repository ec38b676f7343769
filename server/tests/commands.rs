//! The binary's commands on a real data directory: verify, backup, restore, rebuild, close-day; and its exit codes.

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output};
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const MORNING: &str = "2026-11-20T10:15:00+08:00";

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(arguments).output().expect("the binary runs")
}

/// Runs a command that must end with this code; what it said.
fn ends(code: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn bad_configuration_and_bad_usage_end_with_2() {
    let said = ends(2, &["check-config", "--listen", "0.0.0.0:8080"]);
    assert!(said.contains("listen") && said.contains("0.0.0.0:8080") && said.contains("behind_proxy"), "{said}");
    ends(2, &["serve", "--partitions", "many"]);
    ends(2, &["serve", "--nonsense"]);
    ends(2, &["nonsense"]);
    let said = ends(2, &["serve", "--config", "/nowhere/ledger.toml"]);
    assert!(said.contains("/nowhere/ledger.toml"), "{said}");
    let directory = tempfile::tempdir().expect("a directory");
    let (data, file) = (directory.path().join("data"), directory.path().join("ledger.toml"));
    std::fs::write(&file, format!("brokers = \"h:1\"\n[cluster]\ncheckpoints = {:?}\n", data.join("kept"))).expect("written");
    let said = ends(2, &["check-config", "--config", text(&file), "--data", text(&data)]);
    assert!(said.contains("cluster.checkpoints") && said.contains("outside of the data directory"), "{said}");
    // A path that was mistyped is no damage.
    let nowhere = directory.path().join("nowhere");
    for arguments in [
        vec!["verify", "--data", text(&nowhere)],
        vec!["export", "--data", text(&nowhere)],
        vec!["backup", "--data", text(&nowhere), "--to", text(&data)],
        vec!["import", "--format", "camt", text(&nowhere)],
        vec!["keys", "list", "--keys", text(&nowhere)],
        vec!["restore", "--from", text(&nowhere), "--data", text(&data)],
        vec!["restore", "--from", text(directory.path()), "--data", "./somewhere-else"],
    ] {
        let said = ends(2, &arguments);
        assert!(said.contains("nowhere") || said.contains("backup.json"), "{said}");
    }
    assert!(!data.exists(), "nothing was made");
    // Nor is a file a directory, whatever the system says of it.
    let below = file.join("below");
    for place in [&file, &below] {
        for arguments in [
            vec!["serve", "--data", text(place), "--listen", "127.0.0.1:0"],
            vec!["check-config", "--data", text(place)],
            vec!["demo", "--data", text(place), "--listen", "127.0.0.1:0"],
            vec!["verify", "--data", text(place)],
            vec!["export", "--data", text(place)],
            vec!["backup", "--data", text(place), "--to", text(&data)],
            vec!["restore", "--from", text(place), "--data", text(&data)],
            vec!["restore", "--from", text(&nowhere), "--data", text(place)],
        ] {
            let said = ends(2, &arguments);
            assert!(said.contains(text(place)) && !said.contains("tried again") && !said.contains("disk_failing"), "{arguments:?}: {said}");
        }
    }
    let said = ends(0, &["demo", "--help"]);
    assert!(said.contains("[default: ./demo-data]") && !said.contains("[default: ./data]"), "{said}");
    let said = ends(0, &["check-config", "--topic", "other"]);
    assert!(said.contains("topic = \"other\""), "{said}");
    assert!(ends(0, &["openapi"]).contains("\"openapi\": \"3.1.0\""));
    assert!(ends(0, &["schemas"]).contains("contract.schema.json"));
}

/// Bad configuration names the key, the value and what would be right, also where the value is a file.
#[test]
fn a_file_that_cannot_be_used_is_named_with_its_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, file, empty) = (directory.path().join("data"), directory.path().join("ledger.toml"), directory.path().join("empty.pem"));
    std::fs::write(&empty, "").expect("written");
    let jwt = "[jwt]\nissuer = \"i\"\naudience = \"a\"\n";
    let registry = "brokers = \"127.0.0.1:1\"\n[registry]\nurl = \"https://127.0.0.1:1\"\n";
    let cluster = "brokers = \"127.0.0.1:1\"\n[cluster]\nnode = \"a\"\nadvertise = \"http://127.0.0.1:1\"\nsecret = \"of-three-nodes-and-nobody-else\"\n";
    for (config, key, right) in [
        ("keys = \"/nowhere/k\"".to_owned(), "keys = \"/nowhere/k\"", "keys add"),
        (format!("{jwt}jwks = \"/nowhere/k\""), "jwt.jwks = \"/nowhere/k\"", "JSON Web Key Set"),
        (format!("{jwt}jwks = {empty:?}"), "jwt.jwks = ", "JSON Web Key Set"),
        (format!("{jwt}jwks = \"https://127.0.0.1:1/\"\ncertificates = \"/nowhere/k\""), "jwt.certificates = \"/nowhere/k\"", "a PEM file of who may vouch"),
        ("[tls]\ncertificate = \"/nowhere/k\"\nkey = \"/nowhere/l\"".to_owned(), "tls.certificate = \"/nowhere/k\"", "a PEM file with the certificate"),
        (format!("[tls]\ncertificate = {empty:?}\nkey = \"/nowhere/l\""), "tls.certificate = ", "a PEM file with the certificate"),
        (format!("{registry}certificates = \"/nowhere/k\""), "registry.certificates = \"/nowhere/k\"", "a PEM file of who may vouch"),
        (format!("{cluster}certificates = \"/nowhere/k\""), "cluster.certificates = \"/nowhere/k\"", "a PEM file of who may vouch"),
    ] {
        std::fs::write(&file, config).expect("written");
        for command in ["check-config", "serve"] {
            let said = ends(2, &[command, "--config", text(&file), "--data", text(&data), "--listen", "127.0.0.1:0"]);
            let (_, expected) = said.split_once("right would be ").unwrap_or_else(|| panic!("{said}"));
            assert!(said.contains(key) && expected.contains(right), "{command}: {said}");
        }
    }
    let said = ends(2, &["serve", "--keys", "/nowhere/k", "--data", text(&data)]);
    assert!(said.contains("keys = \"/nowhere/k\"") && !data.exists(), "{said}");
}

#[test]
fn what_nodes_know_each_other_by_is_read_before_anything_is_opened() {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, file) = (directory.path().join("data"), directory.path().join("ledger.toml"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (directory.path().join("c.pem"), directory.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let (other, nobody) = (directory.path().join("other.pem"), directory.path().join("nobody.pem"));
    std::fs::write(&other, rcgen::KeyPair::generate().expect("a key").serialize_pem()).expect("written");
    let of = |first: &str, key_of_node: &Path, authorities: &Path| {
        let own = format!("certificate = {certificate:?}\nkey = ");
        format!(
            "{first}brokers = \"127.0.0.1:1\"\n[tls]\n{own}{key:?}\n[cluster]\nnode = \"a\"\nadvertise = \"https://localhost:8443\"\n\
             [cluster.tls]\n{own}{key_of_node:?}\nauthorities = {authorities:?}\n"
        )
    };
    for (config, told) in [
        (of("", &key, &nobody), vec!["cluster.tls.authorities", "nobody.pem"]),
        (of("", &key, &key), vec!["cluster.tls.authorities", "k.pem", "no certificate is in it"]),
        (of("", &other, &certificate), vec!["cluster.tls.key", "other.pem", "c.pem"]),
        (of("behind_proxy = true\n", &key, &certificate), vec!["behind_proxy", "cluster.tls"]),
    ] {
        std::fs::write(&file, config).expect("written");
        for command in ["check-config", "serve"] {
            let said = ends(2, &[command, "--config", text(&file), "--data", text(&data)]);
            assert!(told.iter().all(|part| said.contains(part)), "{command}: {said}");
        }
    }
    std::fs::write(&file, of("", &key, &certificate)).expect("written");
    let said = ends(0, &["check-config", "--config", text(&file)]);
    assert!(said.contains("\n[cluster.tls]\n"), "{said}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    for arguments in [&["openapi"][..], &["schemas"], &["check-config"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"));
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = command.args(arguments).stdout(writer).stderr(std::process::Stdio::piped()).spawn().expect("the binary runs");
        let output = output.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_ledger_is_verified_backed_up_and_restored() {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, backup, restored) = (directory.path().join("data"), directory.path().join("backup"), directory.path().join("restored"));
    let server = Server::start(&data);
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    for number in 0..200 {
        server.posted(&sale(&format!("e{number}"), "M1", &format!("P{number}"), "10.00", "credit", MORNING));
    }
    let url = server.base.clone();
    // A running server is in the way of neither a verification nor a backup.
    let said = ends(0, &["verify", "--data", text(&data)]);
    assert!(said.contains("everything is as it should be") && said.contains("projection balances is what the entries say"), "{said}");
    // What was committed is what is verified, not only what happens to be in files.
    assert!(said.contains(" sums are what 202 entries booked"), "{said}");
    assert!(said.contains("journal and state are what the log's"), "{said}");
    let running = directory.path().join("running");
    let said = ends(0, &["backup", "--data", text(&data), "--to", text(&running)]);
    assert!(said.contains("12 shards") && said.contains("verified"), "{said}");

    let said = ends(0, &["rebuild", "balances", "--url", &url]);
    assert!(said.contains("0 rows differ"), "{said}");
    let said = ends(2, &["rebuild", "nonsense", "--url", &url]);
    assert!(said.contains("nonsense is no projection") && said.contains("balances"), "{said}");
    // Without a date or `--yes`, and nobody to ask, nothing is closed.
    let said = ends(2, &["close-day", "--url", &url]);
    assert!(said.contains("2026-11-20 is open") && said.contains("--date 2026-11-20") && said.contains("--yes"), "{said}");
    assert_eq!(server.get_json("/readyz")["shards"][0]["business_date"], json!("2026-11-20"));
    for closes in ["2026-11-20 is closed", "2026-11-20 was closed before", "2026-11-20 was closed before"] {
        let said = ends(0, &["close-day", "--date", "2026-11-20", "--url", &url]);
        assert!(said.contains(closes), "{said}");
    }
    let said = ends(0, &["close-day", "--yes", "--url", &url]);
    assert!(said.contains("2026-11-21 is closed") && said.contains("2026-11-22 is open"), "{said}");
    let said = ends(1, &["close-day", "--date", "2026-11-25", "--url", &url]);
    assert!(said.contains("wrong_date"), "{said}");
    assert_eq!(server.get_json("/readyz")["shards"][0]["business_date"], json!("2026-11-22"));

    let exported = ends(0, &["export", "--data", text(&data)]);
    let lines: Vec<serde_json::Value> = exported.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    // A sale an entry, and what the day close moved.
    assert_eq!(lines.len(), 200, "the day close moves nothing to a Saturday");
    assert_eq!((&lines[0]["event"], &lines[0]["lines"][0]["debit"]["code"]), (&json!("e0"), &json!("1010")));
    let beancount = ends(0, &["export", "--format", "beancount", "--data", text(&data)]);
    assert!(beancount.contains("2026-11-20 open Assets:Bank:1010-SchemeReceivable:Xunionpay\n"), "{}", beancount.lines().next().unwrap_or_default());
    let hledger = directory.path().join("ledger.journal");
    ends(0, &["export", "--format", "hledger", "--to", text(&hledger), "--data", text(&data)]);
    ends(2, &["export", "--format", "hledger", "--out", text(&hledger), "--data", text(&data)]);
    ends(0, &["export", "--format", "hledger", "--out", text(&hledger), "--overwrite", "--data", text(&data)]);
    let said = ends(2, &["export", "--out", text(&data.join("ledger.json")), "--overwrite", "--data", text(&data)]);
    assert!(said.contains("lies in the data directory"), "{said}");
    let hledger = std::fs::read_to_string(hledger).expect("written");
    assert!(hledger.contains("    Assets:Bank:1010-SchemeReceivable:Xunionpay  10.00 CNY\n"), "{hledger}");

    let heads = server.get_json("/v1/audit/heads");
    alone(&server, &heads);
    server.stop();
    ends(0, &["backup", "--data", text(&data), "--to", text(&backup)]);
    ends(2, &["backup", "--data", text(&data), "--to", text(&backup)]);
    ends(0, &["restore", "--from", text(&backup), "--data", text(&restored)]);
    ends(2, &["restore", "--from", text(&backup), "--data", text(&restored)]);
    ends(0, &["verify", "--data", text(&restored)]);
    let server = Server::start(&restored);
    assert_eq!(server.get_json("/v1/audit/heads"), heads);
    assert_eq!(server.event(&sale("e7", "M1", "P7", "10.00", "credit", MORNING))["outcome"], "duplicate");
    server.stop();
    ends(2, &["verify", "--data", text(&directory.path().join("nothing"))]);

    // What was backed up while it ran goes on from there: what came later is in the log of nobody.
    let earlier = directory.path().join("earlier");
    ends(0, &["restore", "--from", text(&running), "--data", text(&earlier)]);
    ends(0, &["verify", "--data", text(&earlier)]);
    let server = Server::start(&earlier);
    let sale = server.posted(&sale("later", "M1", "P-later", "10.00", "credit", MORNING));
    let balances = server.get_json(&format!("/v1/merchants/M1/balances?at_least={}", sale["position"].as_str().expect("a position")));
    assert_eq!(balances["business_date"], "2026-11-20", "the day was closed after the backup: {balances}");
    server.stop();
    ends(0, &["verify", "--data", text(&earlier)]);
}

/// A backup is read by `restore` alone: a server in it would write over what was copied.
#[test]
fn a_backup_is_no_data_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, backup, restored) = (directory.path().join("data"), directory.path().join("backup"), directory.path().join("restored"));
    let server = Server::start(&data);
    server.posted(&opened("2026-11-20"));
    server.stop();
    ends(0, &["backup", "--data", text(&data), "--to", text(&backup)]);
    let to = directory.path().join("to");
    let refused = |says: &[&str]| {
        for arguments in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["demo", "--listen", "127.0.0.1:0"],
            &["check-config"],
            &["verify"],
            &["export"],
            &["backup", "--to", text(&to)],
        ] {
            let arguments = [arguments, &["--data", text(&backup)]].concat();
            let said = ends(2, &arguments);
            assert!(says.iter().all(|part| said.contains(part)), "{arguments:?}: {said}");
        }
    };
    let way_out = format!("{0} is a backup: `merchant-ledger restore --from {0} --data OTHER`", text(&backup));
    refused(&[way_out.as_str()]);
    ends(0, &["restore", "--from", text(&backup), "--data", text(&restored)]);
    assert!(!restored.join("backup.json").exists(), "what was restored is no backup");
    ends(0, &["verify", "--data", text(&restored)]);
    // One that a server has written into, before that was refused.
    std::fs::copy(restored.join("ledger.json"), backup.join("ledger.json")).expect("copied");
    refused(&["was a backup", "backup.json"]);
}

/// The log says how many partitions it has: another number is bad configuration, and names the right one.
#[test]
fn another_number_of_partitions_than_the_log_has_is_bad_configuration() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let server = Server::start(&data);
    server.posted(&opened("2026-11-20"));
    server.stop();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["demo", "--listen", "127.0.0.1:0"], &["check-config"]] {
        let said = ends(2, &[command, &["--partitions", "5", "--data", text(&data)]].concat());
        assert!(said.contains("--partitions = \"5\" is wrong; right would be 12, which this log was made with"), "{command:?}: {said}");
    }
    ends(0, &["check-config", "--partitions", "12", "--data", text(&data)]);
    // Kafka says by itself how many its topic has.
    ends(0, &["check-config", "--partitions", "5", "--brokers", "127.0.0.1:1", "--data", text(&data)]);
}

/// An event that is refused has its id for ever: a close that came too early must not keep its date open.
#[test]
fn a_close_that_was_refused_before_is_sent_under_another_id() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-29"));
    let url = server.base.clone();
    let close = |code: i32, date: &str| ends(code, &["close-day", "--date", date, "--url", &url]);
    assert_eq!(server.get_json("/readyz")["ready"], true);
    let before = server.get_json("/v1/audit/heads");
    let said = close(1, "2026-11-30");
    assert!(said.contains("wrong_date") && said.contains("2026-11-29 is open"), "{said}");
    assert_eq!(server.get_json("/v1/audit/heads"), before, "nothing was sent");
    // Whoever sent it all the same owns the ids of that date.
    for id in ["day-closed-2026-11-30", "day-closed-2026-11-30-2"] {
        let early = server.event(&json!({"id": id, "type": "day_closed", "date": "2026-11-30"}));
        assert_eq!((&early["outcome"], &early["code"]), (&json!("refused"), &json!("wrong_date")));
    }
    for (date, says) in [
        ("2026-11-29", "2026-11-29 is closed on every partition"),
        ("2026-11-30", "2026-11-30 is closed on every partition; 2026-12-01 is open"),
        ("2026-11-30", "2026-11-30 was closed before"),
        ("2026-11-29", "2026-11-29 was closed before"),
    ] {
        let said = close(0, date);
        assert!(said.contains(says), "{said}");
    }
    let ready = server.get_json("/readyz");
    let dates: Vec<&Value> = ready["shards"].as_array().expect("shards").iter().map(|shard| &shard["business_date"]).collect();
    assert!(dates.iter().all(|date| **date == json!("2026-12-01")), "{dates:?}");
}

/// Answers one request after the other with these, whatever is asked; what was asked, each by its first line and its body.
fn scripted(answers: Vec<(u16, Value)>) -> (String, std::thread::JoinHandle<Vec<(String, String)>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answering = std::thread::spawn(move || {
        listener.set_nonblocking(true).expect("it can wait");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let accept = || loop {
            match listener.accept() {
                Ok((stream, _)) => return stream,
                Err(error) => assert!(std::time::Instant::now() < deadline, "nobody asks any more: {error}"),
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        let answer = |(status, body): (u16, Value)| {
            let stream = accept();
            stream.set_nonblocking(false).expect("it can wait");
            let mut reader = BufReader::new(stream);
            let (mut lines, mut length) = (Vec::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("a line");
                let line = line.trim_end().to_owned();
                if line.is_empty() {
                    break;
                }
                if let Some((_, number)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                    length = number.trim().parse().expect("a length");
                }
                lines.push(line);
            }
            let mut asked = vec![0; length];
            reader.read_exact(&mut asked).expect("a body");
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            reader.get_mut().write_all(format!("{head}{body}").as_bytes()).expect("written");
            (lines.swap_remove(0), String::from_utf8(asked).expect("text"))
        };
        answers.into_iter().map(answer).collect()
    });
    (url, answering)
}

/// What is appended and not known yet is asked for again, and is no success before it is known.
#[test]
fn a_close_of_which_nobody_knows_yet_is_asked_for_again() {
    let on_each = |outcome: Value| json!({"results": [{"id": "day-closed-2026-11-20", "partitions": [outcome]}]});
    let (url, asked) = scripted(vec![
        (503, json!({"ready": false, "shards": []})),
        (202, json!({"results": [{"id": "day-closed-2026-11-20", "position": ["0:5"]}]})),
        (202, on_each(json!({"partition": 0, "position": "0:6"}))),
        (200, on_each(json!({"partition": 0, "outcome": "duplicate", "of": {"position": "0:5", "outcome": "posted", "entry": "0:5"}}))),
    ]);
    let said = ends(0, &["close-day", "--date", "2026-11-20", "--url", &url]);
    assert!(said.contains("2026-11-20 is closed on every partition"), "{said}");
    let asked = asked.join().expect("all was asked");
    assert!(asked[0].0.starts_with("GET /readyz ") && asked[1..].iter().all(|(line, _)| line.starts_with("POST /v1/events?wait=true")), "{asked:?}");
    assert!(asked[1].1.contains("day-closed-2026-11-20") && asked[1..].iter().all(|(_, body)| *body == asked[1].1), "{asked:?}");
}

/// What `serve` would not take as a file of keys is bad configuration to `keys`, too.
#[cfg(unix)]
#[test]
fn a_file_of_keys_that_others_may_read_is_bad_configuration() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let (keys, data) = (directory.path().join("keys.toml"), directory.path().join("data"));
    let path = text(&keys);
    ends(0, &["keys", "add", "--role", "bank", "--keys", path]);
    let commands = [
        vec!["keys", "list", "--keys", path],
        vec!["keys", "add", "--role", "bank", "--keys", path],
        vec!["keys", "revoke", "aaaaaaaa", "--keys", path],
        vec!["serve", "--keys", path, "--data", text(&data), "--listen", "127.0.0.1:0"],
    ];
    let before = std::fs::read(&keys).expect("a file");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    for command in &commands {
        let said = ends(2, command);
        assert!(said.contains(path) && said.contains("0600"), "{command:?}: {said}");
    }
    assert_eq!(std::fs::read(&keys).expect("a file"), before);
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    std::fs::write(&keys, "[[key]]\nid = 1\n").expect("written");
    for command in &commands {
        let said = ends(2, command);
        assert!(said.contains(path), "{command:?}: {said}");
    }
    std::fs::remove_file(&keys).expect("removed");
    assert!(ends(2, &commands[2]).contains("there is no such file"));
}

/// A node without others owns every partition, and is as far as its journals.
fn alone(server: &Server, heads: &Value) {
    let heads = heads["rows"].as_array().expect("rows");
    // The journals are there; the views follow within the same moment.
    let positions: Vec<&str> = heads.iter().map(|head| head["position"].as_str().expect("a position")).collect();
    assert_eq!(server.get(&format!("/v1/accounts?at_least={}&wait_ms=20000", positions.join(","))).status, 200);
    let cluster = server.get_json("/v1/cluster");
    let partitions = cluster["partitions"].as_array().expect("partitions");
    let (node, all): (&Value, Vec<&Value>) = (&cluster["nodes"][0], heads.iter().map(|head| &head["partition"]).collect());
    assert_eq!((cluster["nodes"].as_array().map(Vec::len), &node["this"], &node["owns"], &node["holds"]), (Some(1), &json!(true), &json!(all), &json!(all)));
    assert_eq!(partitions.len(), heads.len());
    for (partition, head) in partitions.iter().zip(heads) {
        let holder = &partition["holders"][0];
        assert_eq!((&partition["owner"], &holder["node"], &holder["state"]), (&node["node"], &node["node"], &json!("following")), "{partition}");
        for of in [partition, holder] {
            assert_eq!((&of["position"], &of["head"], &of["lag"]), (&head["position"], &head["head"], &json!(0)), "{partition}");
        }
    }
}
