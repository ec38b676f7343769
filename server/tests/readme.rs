//! The story of the README, run as it stands there: from an empty directory, a server and five calls take a sale to its
//! payout and its statement. What the text says of the answers is what they say.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use load_tests::service::{Process, Settings};

/// Where the README has the server.
const ADDRESS: &str = "http://127.0.0.1:8080";
/// How long one call may take.
const CALL_SECONDS_MAX: &str = "30";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The section of the story, and its blocks of commands.
fn story() -> (String, Vec<String>) {
    let readme = fs::read_to_string(project().join("README.md")).expect("README.md");
    let section = readme.split("## From a sale to a statement in five calls").nth(1).expect("the story").split("\n## ").next().expect("its end").to_owned();
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split("\n```").next().expect("a closed block").to_owned()).collect();
    (section, blocks)
}

/// Whether curl is here, by which the README asks. CI skips nothing.
fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and there is no curl");
    found
}

#[test]
fn five_calls_lead_from_a_sale_to_a_statement() {
    if !has_curl() {
        println!("skipped: there is no curl");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    fs::create_dir(directory.path().join("docs")).expect("a directory");
    fs::copy(project().join("docs/example.ndjson"), directory.path().join("docs/example.ndjson")).expect("the example");
    let settings = Settings::embedded(Path::new(env!("CARGO_BIN_EXE_merchant-ledger")), directory.path(), 12);
    let server = Process::start(&settings).expect("a server");
    server.answering().expect("it answers");
    let said = server.said();
    let address = said.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()?["fields"]["address"].as_str().map(str::to_owned)).expect("an address");

    let (section, blocks) = story();
    assert_eq!(blocks.len(), 5, "{blocks:?}");
    let mut answers = Vec::new();
    for block in &blocks {
        let call = block.replace(ADDRESS, &format!("http://{address}")).replace("curl -s", &format!("curl -sS --max-time {CALL_SECONDS_MAX}"));
        let output = Command::new("sh").args(["-ec", &call]).current_dir(directory.path()).output().expect("sh runs");
        assert!(output.status.success(), "{call}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {call}: {text}"));
        for result in answer["results"].as_array().into_iter().flatten() {
            assert_eq!(result["outcome"], "posted", "{call}: {answer}");
        }
        answers.push(answer);
    }
    assert_eq!(answers.iter().map(|answer| answer["results"].as_array().map_or(0, Vec::len)).collect::<Vec<_>>(), [4, 3, 2, 1, 0]);
    let account = &answers[4]["accounts"][0];
    assert_eq!((&account["movements"]["payouts"], &account["closing"]["reserved"]), (&"-894.00".into(), &"100.00".into()), "{account}");
    assert!(["894.00", "100.00", "6.00"].iter().all(|figure| section.contains(figure)), "the text tells the figures");

    // The text's other way to close a date: said again it changes nothing, and without a date nothing is closed.
    let close = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).arg("close-day").args(arguments).arg("--url").arg(format!("http://{address}")).output();
        output.expect("the binary runs").status.code()
    };
    assert!(section.contains("`merchant-ledger close-day --date 2026-11-20`"));
    assert_eq!((close(&[]), close(&["--date", "2026-11-24"])), (Some(2), Some(0)));
    server.stop().expect("a clean end");
}
