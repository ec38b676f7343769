//! The dashboard: its modules against the shapes of the API, its words in both languages, and its pages in a browser.
//!
//! TypeScript's compiler, the generator of types, Playwright's core and axe-core come from `./dev test`, which installs them into its
//! cache and names them in `MERCHANT_LEDGER_DASHBOARD_TOOLS`; without them what needs them is skipped, loudly, and with
//! `CI=true` it fails.

#[path = "dashboard/bank.rs"]
mod bank;

use bank::{Bank, Demo};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the tools are, and whether they can be had. CI skips nothing.
fn tools() -> Option<PathBuf> {
    let found = std::env::var_os("MERCHANT_LEDGER_DASHBOARD_TOOLS").map(PathBuf::from).filter(|tools| tools.join("node_modules/typescript").is_dir());
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and MERCHANT_LEDGER_DASHBOARD_TOOLS has no tools");
        eprintln!("*** skipped: MERCHANT_LEDGER_DASHBOARD_TOOLS has no tools; `./dev test` installs them ***");
    }
    found
}

fn server_directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs Node, and panics with what it said where it fails.
fn node(arguments: &[&str], environment: &[(&str, String)], at: &Path) -> String {
    let output = Command::new("node").args(arguments).envs(environment.iter().map(|(name, value)| (name, value))).current_dir(at).output().expect("Node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "node {arguments:?}:\n{said}");
    said
}

#[test]
fn the_modules_agree_with_the_shapes_of_the_api() {
    let Some(tools) = tools() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let copied = Command::new("cp").arg("-r").arg(server_directory().join("dashboard")).arg(directory.path()).status().expect("cp runs");
    assert!(copied.success());
    let at = directory.path().join("dashboard");
    let program = |path: &str| tools.join("node_modules").join(path).display().to_string();
    let document = server_directory().join("openapi.json").display().to_string();
    node(&[&program("openapi-typescript/bin/cli.js"), &document, "-o", "types/api.d.ts"], &[], &at);
    node(&[&program("typescript/bin/tsc"), "-p", "tsconfig.json"], &[], &at);
    // The check bites: a column that no row has, and a parameter that no path takes, are errors.
    for (file, was, wrong) in [
        ("js/pages/fees.js", "at: 'net_margin', title", "at: 'net_profit', title"),
        ("js/pages/exposure.js", "sort: '-uncovered'", "order: '-uncovered'"),
        ("js/pages/merchant/statements.js", "at: 'closing/total'", "at: 'closing/sum'"),
    ] {
        let text = fs::read_to_string(at.join(file)).expect("a module");
        assert!(text.contains(was), "{file} has {was}");
        fs::write(at.join(file), text.replacen(was, wrong, 1)).expect("written");
    }
    let output = Command::new("node").args([&program("typescript/bin/tsc"), "-p", "tsconfig.json"]).current_dir(&at).output().expect("Node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    for file in ["fees.js", "exposure.js", "statements.js"] {
        assert!(said.contains(file), "{file} is not among the errors:\n{said}");
    }
}

/// The words of a file below `dashboard/js`: what stands between quotes after each key.
fn words(file: &str) -> BTreeMap<String, String> {
    let path = server_directory().join("dashboard/js").join(file);
    let text = fs::read_to_string(&path).expect("a file of words");
    let lines = text.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix("',"));
    lines.filter_map(|line| line.split_once(": '")).map(|(key, word)| (key.trim_matches('\'').to_owned(), word.to_owned())).collect()
}

#[test]
fn every_word_is_there_in_both_languages_and_used() {
    let placeholders = |word: &str| word.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>();
    let mut pages = String::new();
    read_modules(&server_directory().join("dashboard/js"), &mut pages);
    let mut seen = BTreeSet::new();
    for (file, in_chinese, least) in
        [("words/en/words.js", "words/zh/words.js", 200), ("words/en/codes.js", "words/zh/codes.js", 200), ("parts/words/en.js", "parts/words/zh.js", 10)]
    {
        let (english, chinese) = (words(file), words(in_chinese));
        assert!(english.len() > least, "{file}: {}", english.len());
        assert_eq!(english.keys().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>(), "{file}");
        for (key, word) in &english {
            assert_eq!(placeholders(word), placeholders(&chinese[key]), "{key}");
            assert!(!word.is_empty() && !chinese[key].is_empty(), "{key}");
            // Codes are looked up by what the API says.
            assert!(file.ends_with("codes.js") || pages.contains(&format!("'{key}'")), "nothing says {key}");
            assert!(seen.insert(key.clone()), "{key} stands in two files");
        }
    }
}

/// Every module but the words.
fn read_modules(directory: &Path, all: &mut String) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("words") {
            read_modules(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "js") {
            *all += &fs::read_to_string(&path).expect("a module");
        }
    }
}

#[test]
fn its_pages_in_a_browser() {
    let Some(tools) = tools() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let bank = Bank::open(directory.path());
    let mut environment = bank.environment();
    environment.push(("TOOLS", tools.display().to_string()));
    // `UPDATE_IMAGES=1` writes the pictures of the documents anew.
    let images = if std::env::var_os("UPDATE_IMAGES").is_some() { server_directory().join("../docs/images") } else { directory.path().join("images") };
    fs::create_dir_all(&images).expect("a directory");
    environment.push(("IMAGES", images.display().to_string()));
    let said = node(&["tests/dashboard/run.mjs", "still"], &environment, server_directory());
    println!("{said}");
    drop(bank);
    let standing = Demo::stands(directory.path());
    let said = node(&["tests/dashboard/run.mjs", "docs"], &[("BASE", standing.base.clone()), ("TOOLS", tools.display().to_string())], server_directory());
    println!("{said}");
    drop(standing);
    let demo = Demo::start(&directory.path().join("live"));
    let said = node(&["tests/dashboard/run.mjs", "live"], &[("BASE", demo.base.clone()), ("TOOLS", tools.display().to_string())], server_directory());
    println!("{said}");
}
