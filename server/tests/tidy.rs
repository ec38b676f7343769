//! What must be absent from the source, and what must be there: rooms, imports, purity, unfinished work, papers.
//!
//! Reads the tree as text, comments set apart, so it needs no build of anything. What it finds it names by file and line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a tree that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file; fixtures and generated documents are exempt.
const LINES_MAX: usize = 500;
/// Directories that are not source.
const NOT_SOURCE: [&str; 6] = ["target", ".git", "data", "demo-data", ".dev-cache", "node_modules"];
/// What is written for people or machines to read as it stands.
const TEXT: [&str; 12] = ["rs", "toml", "md", "sh", "xml", "yaml", "yml", "properties", "json", "js", "css", "html"];
/// Where the fold is pure.
const PURE: [(&str, &str); 3] =
    [("schemas/src/", "schemas/src/lib.rs"), ("ledger/src/rules/", "ledger/src/rules/mod.rs"), ("projections/src/folds/", "projections/src/folds/mod.rs")];

struct Source {
    /// Relative to the project, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Its lines with their numbers, without comments. A `//` in a string ends the line too early, which hides nothing
    /// that is looked for here.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(place, line)| (place + 1, line.split("//").next().unwrap_or_default()))
    }
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every text file of the project but this one, which names what it looks for.
fn sources() -> Vec<Source> {
    let root = project();
    let mut found = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                if !NOT_SOURCE.contains(&name.as_str()) {
                    directories.push(path);
                }
                continue;
            }
            let relative = path.strip_prefix(&root).expect("below the project").to_string_lossy().replace('\\', "/");
            let is_text = path.extension().is_some_and(|extension| TEXT.iter().any(|one| extension == *one));
            if (is_text || relative == "dev" || relative == ".ci/run") && relative != "server/tests/tidy.rs" {
                // An editor may have taken the file away since it was listed.
                if let Ok(text) = fs::read_to_string(&path) {
                    found.push(Source { path: relative, text });
                }
            }
        }
    }
    assert!(found.iter().filter(|source| source.is_rust()).count() > 50, "the tree was not found below {}", root.display());
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |text: Option<char>| text.is_some_and(|character| character.is_alphanumeric() || character == '_');
    line.match_indices(word).any(|(at, _)| !part_of_name(line[..at].chars().next_back()) && !part_of_name(line[at + word.len()..].chars().next()))
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn each_foreign_crate_stays_in_its_rooms() {
    let rooms: [(&str, &[&str]); 9] = [
        ("rdkafka", &["ledger/src/log/", "ledger/tests/", "load-tests/"]),
        ("rocksdb", &["ledger/src/journal/", "ledger/src/log/embedded", "projections/src/views/", "projections/benches/"]),
        ("axum", &["server/src/http/"]),
        ("object_store", &["server/src/checkpoints/"]),
        ("opentelemetry", &["server/src/traces/"]),
        ("tracing_opentelemetry", &["server/src/traces/"]),
        ("apache_avro", &["server/src/registry/"]),
        ("prost_reflect", &["server/src/registry/"]),
        ("protox", &["server/src/registry/"]),
    ];
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        for (name, allowed) in rooms {
            if !allowed.iter().any(|room| source.path.starts_with(room)) {
                let lines = source.code().filter(|(_, line)| has_word(line, name));
                found.extend(lines.map(|(line, _)| format!("{}:{line} names {name}, which belongs in {}", source.path, allowed.join(", "))));
            }
        }
    }
    assert_none("crates outside their rooms", &found);
}

#[test]
fn imports_run_one_way() {
    let allowed: [(&str, &[&str]); 5] = [
        ("schemas", &[]),
        ("ledger", &["schemas"]),
        ("projections", &["schemas", "ledger"]),
        ("server", &["schemas", "ledger", "projections"]),
        ("load-tests", &["schemas"]),
    ];
    let mut found = Vec::new();
    for (name, below) in allowed {
        let manifest = fs::read_to_string(project().join(name).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let names = manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
            // The server's tests reach its binary by the clients of the load tests, which know nothing of the server.
            let by_tests = |other: &str| (name, section, other) == ("server", "dev-dependencies", "load-tests");
            let rooms = names.filter(|other| allowed.iter().any(|(room, _)| room == other) && !below.contains(&other.as_str()) && !by_tests(other));
            found.extend(rooms.map(|other| format!("{name}/Cargo.toml [{section}] imports {other}")));
        }
    }
    assert_none("imports against the way of the data", &found);
}

/// The rooms of a crate: what lies directly in its `src`; and which of them each names.
fn rooms(sources: &[Source], name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let root = format!("{name}/src/");
    let room_of = |path: &str| {
        let first = path.strip_prefix(&root)?.split('/').next()?.trim_end_matches(".rs").to_owned();
        (first != "lib" && first != "main").then_some(first)
    };
    let mut rooms: BTreeMap<String, BTreeSet<String>> = sources.iter().filter_map(|source| Some((room_of(&source.path)?, BTreeSet::new()))).collect();
    let names: BTreeSet<String> = rooms.keys().cloned().collect();
    for source in sources {
        let Some(room) = room_of(&source.path) else { continue };
        // What tests of a file use is no import of the room.
        let code: Vec<&str> = source.code().map(|(_, line)| line).take_while(|line| !line.contains("#[cfg(test)]")).collect();
        let code = code.join("\n");
        let words = |text: &str| -> Vec<String> { text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect() };
        for rest in code.split("crate::").skip(1) {
            // `crate::{one::A, two::B}` or `crate::one::A`.
            let named = rest.strip_prefix('{').and_then(|list| list.split('}').next()).map_or_else(|| words(rest).into_iter().take(1).collect(), words);
            rooms.entry(room.clone()).or_default().extend(named.into_iter().filter(|other| *other != room && names.contains(other)));
        }
    }
    rooms
}

#[test]
fn no_room_reaches_itself_by_way_of_others() {
    let sources: Vec<Source> = sources().into_iter().filter(Source::is_rust).collect();
    let mut found = Vec::new();
    for name in ["schemas", "ledger", "projections", "server", "load-tests"] {
        let rooms = rooms(&sources, name);
        for room in rooms.keys() {
            let (mut reached, mut next) = (BTreeSet::new(), vec![room]);
            while let Some(from) = next.pop() {
                next.extend(rooms[from].iter().filter(|to| reached.insert(to.as_str())));
            }
            if reached.contains(room.as_str()) {
                let through: Vec<&str> = rooms[room].iter().map(String::as_str).collect();
                found.push(format!("{name}/src/{room} imports {}, one of which leads back to it", through.join(", ")));
            }
        }
    }
    assert_none("circles of imports", &found);
}

#[test]
fn the_pure_rooms_know_no_clock_no_float_and_no_machine() {
    let words = ["f32", "f64", "SystemTime", "RandomState", "rdkafka", "rocksdb", "axum", "println", "eprintln"];
    let paths = ["std::time", "Instant::now", "std::fs", "std::net", "std::env", "std::thread", "std::process", "std::io", "Timestamp::now", "rand::"];
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        if !PURE.iter().any(|(room, _)| source.path.starts_with(room)) {
            continue;
        }
        let tests_begin = source.text.find("#[cfg(test)]\nmod tests {").map_or(usize::MAX, |at| source.text[..at].lines().count());
        for (number, line) in source.code() {
            let in_tests = source.path.ends_with("tests.rs") || number > tests_begin;
            let word = words.iter().find(|word| has_word(line, word)).or_else(|| paths.iter().find(|path| line.contains(*path) && !in_tests));
            let hash = ["HashMap", "HashSet"].iter().find(|name| has_word(line, name) && line.contains("collections::"));
            found.extend(word.or(hash).map(|what| format!("{}:{number} names {what}", source.path)));
        }
    }
    for (_, root) in PURE {
        let text = fs::read_to_string(project().join(root)).expect("the room's root");
        if !text.contains("#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]") {
            found.push(format!("{root} does not ask for clippy.toml's lists"));
        }
    }
    assert_none("impurities", &found);
}

#[test]
fn nothing_is_left_for_later() {
    let needles = ["TODO", "FIXME", "HACK", "dbg!(", "todo!(", "unimplemented!(", "#[ignore"];
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust() || source.path == "dev" || source.path.ends_with(".sh")) {
        for (place, line) in source.text.lines().enumerate() {
            let needle = needles.iter().find(|needle| {
                if needle.ends_with(char::is_alphabetic) && !needle.starts_with('#') { has_word(line, needle) } else { line.contains(**needle) }
            });
            found.extend(needle.map(|needle| format!("{}:{} has {needle}", source.path, place + 1)));
        }
    }
    assert_none("unfinished work", &found);
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    let mut found = Vec::new();
    for source in sources() {
        let is_fixture = source.path.contains("/fixtures/");
        let is_source = [".rs", ".sh", ".js", ".css", ".html"].iter().any(|end| source.path.ends_with(end)) || source.path == "dev";
        let lines = source.text.lines().count();
        if is_source && !is_fixture && lines > LINES_MAX {
            found.push(format!("{} has {lines} lines, {LINES_MAX} are the most", source.path));
        }
        if source.is_rust() && !is_fixture && !source.text.starts_with("//!") {
            found.push(format!("{} does not open with //!", source.path));
        }
    }
    assert_none("files", &found);
}

#[test]
fn nothing_names_a_registry_or_another_place() {
    let needles = ["repo.maven.", "repo1.maven.", "index.crates.io", "static.crates.io", "registry.npmjs", "pypi.org", "files.pythonhosted", "proxy.golang"];
    let mut found = Vec::new();
    for source in sources() {
        for (place, line) in source.text.lines().enumerate() {
            let needle = needles.iter().find(|needle| line.contains(**needle));
            found.extend(needle.map(|needle| format!("{}:{} has {needle}", source.path, place + 1)));
        }
    }
    assert_none("places that are not the project's", &found);
}

#[test]
fn the_papers_are_there_and_their_links_lead_somewhere() {
    let papers = [
        "LICENSE",
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "ledger/ACCOUNTING.md",
        "compose.yaml",
        "kafka/pom.xml",
        "clippy.toml",
        "deny.toml",
        "rustfmt.toml",
        "dev",
        ".ci/run",
        "Cargo.lock",
    ];
    let mut found: Vec<String> = papers.iter().filter(|paper| !project().join(paper).is_file()).map(|paper| format!("{paper} is missing")).collect();
    for source in sources().iter().filter(|source| source.path.ends_with(".md")) {
        let directory = project().join(&source.path).parent().expect("a directory").to_owned();
        for (place, line) in source.text.lines().enumerate() {
            let targets =
                line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()).filter(|target| !target.is_empty() && !target.contains("://"));
            found.extend(targets.filter(|target| !directory.join(target).exists()).map(|target| format!("{}:{} links to {target}", source.path, place + 1)));
        }
    }
    assert_none("papers", &found);
}

#[test]
fn every_code_of_a_halted_shard_is_explained() {
    let log = fs::read_to_string(project().join("ledger/src/code.rs")).expect("the codes");
    let architecture = fs::read_to_string(project().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let explained = architecture.split("## When a shard halts").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the section");
    let codes: Vec<&str> = log.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split('"').nth(1)).collect();
    assert!(codes.len() >= 8, "the codes were not found: {codes:?}");
    let missing: Vec<String> = codes.iter().filter(|code| !explained.contains(&format!("| `{code}` |"))).map(|code| format!("`{code}`")).collect();
    assert_none("codes without a way out in ARCHITECTURE.md", &missing);
}

/// A log that is gone with its container would be another one for the ledger: its shards would halt as `topic_recreated`.
#[test]
fn kafka_of_compose_keeps_its_log_in_its_volume() {
    let text = fs::read_to_string(project().join("compose.yaml")).expect("compose.yaml");
    let directory = text.split("KAFKA_LOG_DIRS: ").nth(1).and_then(|rest| rest.lines().next()).expect("where the log is");
    assert!(text.contains(&format!("- kafka-data:{directory}\n")), "{directory} is no volume");
}

/// The document of the API knows shapes by their names alone: the later of two would stand for both.
#[test]
fn no_two_shapes_of_the_api_have_one_name() {
    let mut shapes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources().iter().filter(|source| source.is_rust() && source.path.starts_with("server/src/")) {
        let mut is_shape = false;
        for line in source.text.lines() {
            is_shape |= line.starts_with("#[derive(") && has_word(line, "ToSchema");
            let declared = line.strip_prefix("pub ").unwrap_or(line);
            let Some(rest) = declared.strip_prefix("struct ").or_else(|| declared.strip_prefix("enum ")) else { continue };
            if std::mem::take(&mut is_shape) {
                let name = rest.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
                shapes.entry(name.to_owned()).or_default().push(source.path.clone());
            }
        }
    }
    assert!(shapes.len() > 50, "{}", shapes.len());
    let twice: Vec<String> = shapes.iter().filter(|(_, paths)| paths.len() > 1).map(|(name, paths)| format!("{name}: {}", paths.join(", "))).collect();
    assert_none("shapes of the API with one name", &twice);
}
