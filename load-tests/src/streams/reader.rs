//! Reads topics by Python's confluent-kafka.

use super::Error;
use crate::service::Client;
use serde_json::Value;
use std::process::Command;

/// The reader: what reads a topic, and what prints it.
const SCRIPT: &str = concat!(include_str!("records.py"), include_str!("read.py"));
/// Where Python finds what reads a topic (`from records import records`), for who reads one in another way.
pub const PYTHON_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/streams");

/// A record as Python saw it.
#[derive(Clone, Debug)]
pub struct Read {
    /// Its partition.
    pub partition: u32,
    /// Its key.
    pub key: Option<String>,
    /// Its value; what is not UTF-8 is replaced, and of a record without a value it is empty.
    pub value: String,
    /// Whether it has no value.
    pub is_null: bool,
    /// Its headers.
    pub headers: serde_json::Map<String, Value>,
    /// The time of writing, in milliseconds.
    pub stamp_ms: i64,
}

impl Read {
    /// Its value as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.value).unwrap_or_default()
    }

    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The Python that has confluent-kafka: as `MERCHANT_LEDGER_TABLES_PYTHON` says, else the first in the path; nothing where it has not.
pub fn python() -> Option<String> {
    let python = std::env::var("MERCHANT_LEDGER_TABLES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python).args(["-c", "import confluent_kafka"]).output().is_ok_and(|output| output.status.success());
    has_it.then_some(python)
}

/// Everything in a topic, as a committed reader sees it.
///
/// # Errors
/// It could not be read.
pub fn read(python: &str, brokers: &str, topic: &str) -> Result<Vec<Read>, Error> {
    let output = Command::new(python).args(["-c", SCRIPT, brokers, topic]).output()?;
    let failed = |said: String| Error::Read { topic: topic.to_owned(), said };
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let record = |line: &str| {
        let mut record: Value = serde_json::from_str(line).ok()?;
        Some(Read {
            partition: u32::try_from(record["partition"].as_u64()?).ok()?,
            key: record["key"].as_str().map(str::to_owned),
            value: record["value"].as_str().unwrap_or_default().to_owned(),
            is_null: record["value"].is_null(),
            headers: record["headers"].as_object_mut().map(std::mem::take)?,
            stamp_ms: record["stamp"].as_i64()?,
        })
    };
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().map(|line| record(line).ok_or_else(|| failed(line.to_owned()))).collect()
}

/// Compares a topic of entries with the journals: per partition contiguous from 0, none twice, as many as there are. How many in all.
///
/// # Errors
/// It is not so.
pub fn complete(client: &Client, topic: &str, records: &[Read]) -> Result<u64, Error> {
    let heads = client.get("/v1/audit/heads")?;
    let mut all = 0;
    for (partition, row) in (0..).zip(heads["rows"].as_array().into_iter().flatten()) {
        let wrong = |detail: String| Err(Error::Wrong { topic: topic.to_owned(), partition, detail });
        let entries = row["entries"].as_u64().unwrap_or(0);
        let mut count = 0;
        for record in records.iter().filter(|record| record.partition == partition) {
            let sequence = record.json()["sequence"].as_u64();
            if sequence != Some(count) {
                return wrong(format!("entry {count} was expected, and {sequence:?} came"));
            }
            count += 1;
        }
        if count != entries {
            return wrong(format!("it has {count} entries, and the journal {entries}"));
        }
        all += entries;
    }
    Ok(all)
}

/// Whether a topic has a record of the same entry twice.
///
/// # Errors
/// It has.
pub fn once(topic: &str, records: &[Read]) -> Result<usize, Error> {
    let mut seen = std::collections::BTreeSet::new();
    match records.iter().find(|record| !seen.insert(record.header("ce_id"))) {
        Some(twice) => Err(Error::Wrong { topic: topic.to_owned(), partition: twice.partition, detail: format!("{} is there twice", twice.header("ce_id")) }),
        None => Ok(records.len()),
    }
}
