//! Reads topics by Python's confluent-kafka, and knows what each service writes where.

use super::support::Topic;
use load_tests::service::{Client, Settings};
use load_tests::streams::reader;
pub use load_tests::streams::reader::Read;
use load_tests::streams::run;
use std::process::Command;
use tempfile::TempDir;

/// The topics of one service.
pub const ENTRIES: &str = "entries";
pub const CONSUMPTION: &str = "consumption";
pub const DEAD_LETTERS: &str = "dlq";
pub const HEADS: &str = "heads";

/// The Python that has confluent-kafka and a CloudEvents SDK; none: skip the test.
pub fn python() -> Option<String> {
    let python = std::env::var("MERCHANT_LEDGER_TABLES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let is_there = Command::new(&python).args(["-c", "import confluent_kafka, cloudevents"]).output().is_ok_and(|output| output.status.success());
    if !is_there {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and {python} has no confluent-kafka and cloudevents");
        eprintln!("*** {python} has no confluent-kafka and cloudevents: topics out are not judged; ./dev test installs them ***");
    }
    is_there.then_some(python)
}

/// Everything in a topic, as a committed reader sees it.
pub fn read(python: &str, brokers: &str, topic: &str) -> Vec<Read> {
    reader::read(python, brokers, topic).unwrap_or_else(|error| panic!("{error}"))
}

/// A service that writes all its streams, to topics named after its input.
pub fn settings(topic: &Topic, directory: &TempDir) -> Settings {
    let file = directory.path().join("ledger.toml");
    let name = |stream: &str| format!("{}-{stream}", topic.name);
    let text = format!(
        "[streams]\nentries = {:?}\nconsumption = {:?}\ndead_letters = {:?}\nheads = {:?}\n[cluster]\nnode = \"judge\"\nadvertise = \"http://ledger.example\"\n",
        name(ENTRIES),
        name(CONSUMPTION),
        name(DEAD_LETTERS),
        name(HEADS)
    );
    std::fs::write(&file, text).expect("a configuration");
    let mut settings = topic.settings(directory);
    settings.options = vec!["--config".to_owned(), file.display().to_string()];
    settings
}

/// Waits until every stream has written everything.
pub fn written(client: &Client) {
    run::written(client).unwrap_or_else(|error| panic!("{error}"));
}

/// The entries of a topic by partition: contiguous from 0, none twice, as many as the journals have.
pub fn assert_complete(client: &Client, records: &[Read]) -> u64 {
    reader::complete(client, ENTRIES, records).unwrap_or_else(|error| panic!("{error}"))
}
