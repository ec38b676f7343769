//! What is left: every node's answers beside the model's figures, and beside those of a service that folds the same topic alone and undisturbed.

use super::checker::{BANK, Checks, lock, positions};
use super::group::Group;
use super::truth::Sums;
use super::{Error, WAIT_MAX};
use crate::answers::asker::encoded;
use crate::answers::compare::same;
use crate::kafka::consumer::Committed;
use crate::service::{Client, Process, Settings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two tries of a question that a node cannot answer now.
const AGAIN_EVERY: Duration = Duration::from_millis(200);
/// How long one question may wait for its positions, in milliseconds.
const WAIT_MS: u64 = 30_000;
/// What is answered as by the one that nobody disturbed, beside heads and merchants.
const SAME: [&str; 4] = [BANK, "/v1/exposure", "/v1/quarantine?limit=1000", "/v1/events?group_by=outcome,code"];

/// What the comparison showed.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// Records of the topic.
    pub records: usize,
    /// Entries of all journals.
    pub entries: u64,
    /// Figures of the model that were compared, over all nodes.
    pub figures: u64,
    /// Answers that were compared with those of the undisturbed one.
    pub answers: u64,
    /// Entries in the topic of entries, each once and in order.
    pub streamed: u64,
    /// What differs.
    pub differences: Vec<String>,
}

/// Entries and head of each partition.
type Heads = Vec<(u64, String)>;

/// Compares.
///
/// # Errors
/// A service does not answer.
pub fn compare(group: &Group, checks: &Checks, last: &BTreeMap<u32, i64>, place: &Place<'_>) -> Result<End, Error> {
    let alone = Process::start(&Settings::kafka(place.binary, place.directory, place.brokers, place.topic))?;
    let undisturbed = alone.answering()?;
    undisturbed.caught_up(last, WAIT_MAX)?;
    let heads = heads(&undisturbed, last)?;
    let mut end = End { records: lock(&checks.truth).records(), entries: heads.iter().map(|(entries, _)| entries).sum(), ..End::default() };
    for node in &group.nodes {
        let name = format!("node {}", node.name);
        end.note(&name, "heads", same_heads(&self::heads(&node.client, last)?, &heads));
        end.note(&name, "heads of holders", same_holders(&node.client, &heads)?);
        for path in SAME {
            let (theirs, expected) = (asked(&node.client, path, last)?, asked(&undisturbed, path, last)?);
            end.note(&name, path, if theirs == expected { Ok(1) } else { Err(format!("{theirs} instead of {expected}")) });
        }
        end.judge(&name, &node.client, checks, last)?;
    }
    end.judge("undisturbed", &undisturbed, checks, last)?;
    let streamed = streamed(place, &heads)?;
    end.note("entries", place.entries, streamed.clone());
    end.streamed = streamed.unwrap_or(0);
    alone.stop()?;
    Ok(end)
}

/// Where the one that nobody disturbs is.
pub struct Place<'a> {
    /// The program.
    pub binary: &'a Path,
    /// Its directory.
    pub directory: &'a Path,
    /// Kafka.
    pub brokers: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// The topic of entries.
    pub entries: &'a str,
}

impl End {
    fn note(&mut self, who: &str, what: &str, compared: Result<u64, String>) {
        match compared {
            Ok(count) => self.answers += count,
            Err(difference) => self.differences.push(format!("{who}, {what}: {difference}")),
        }
    }

    /// Compares the trial balance and every merchant's balances with the model.
    fn judge(&mut self, who: &str, client: &Client, checks: &Checks, last: &BTreeMap<u32, i64>) -> Result<(), Error> {
        let (sums, merchants) = {
            let truth = lock(&checks.truth);
            (truth.bank(last), truth.merchants())
        };
        let told = asked(client, BANK, last)?;
        let rows = told["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
        if Sums::of_rows(rows) != sums {
            self.differences.push(format!("{who}: the trial balance {told} is not the model's, {sums:?}"));
        }
        self.figures += rows.len() as u64;
        for (merchant, partition) in merchants {
            let mine = lock(&checks.truth).balances(&merchant, partition);
            let of_partition = last.iter().filter(|(of, _)| **of == partition).map(|(of, offset)| (*of, *offset)).collect();
            let theirs = asked(client, &format!("/v1/merchants/{}/balances", encoded(&merchant)), &of_partition)?;
            match same("", &mine, &theirs) {
                Ok(figures) => self.figures += figures,
                Err(difference) => self.differences.push(format!("{who}, {merchant}: {difference}")),
            }
        }
        Ok(())
    }
}

/// An answer that has everything; asked again where a node cannot answer now, because it stood still on a machine with much to do.
fn asked(client: &Client, path: &str, last: &BTreeMap<u32, i64>) -> Result<Value, Error> {
    let joined = if path.contains('?') { '&' } else { '?' };
    let (path, deadline) = (format!("{path}{joined}at_least={}&wait_ms={WAIT_MS}", positions(last)), Instant::now() + WAIT_MAX);
    loop {
        let answer = client.ask(&path)?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        if answer.status != 503 || Instant::now() >= deadline {
            return Err(crate::service::Error::Request { path, detail: format!("{} {}", answer.status, answer.body) }.into());
        }
        std::thread::sleep(AGAIN_EVERY);
    }
}

fn heads(client: &Client, last: &BTreeMap<u32, i64>) -> Result<Heads, Error> {
    let body = asked(client, "/v1/audit/heads", last)?;
    let row = |row: &Value| (row["entries"].as_u64().unwrap_or(0), row["head"].as_str().unwrap_or_default().to_owned());
    Ok(body["rows"].as_array().into_iter().flatten().map(row).collect())
}

fn same_heads(theirs: &Heads, expected: &Heads) -> Result<u64, String> {
    if theirs == expected { Ok(1) } else { Err(format!("{theirs:?} instead of {expected:?}")) }
}

/// Whether each holder of each partition, as a node tells of them, has the head of the undisturbed one.
fn same_holders(client: &Client, heads: &Heads) -> Result<Result<u64, String>, Error> {
    let wrong = |body: &Value| {
        let partitions = body["partitions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let holders = partitions.iter().flat_map(|row| row["holders"].as_array().into_iter().flatten().map(move |holder| (row, holder)));
        let differs = |row: &Value, holder: &Value| {
            let known = row["partition"].as_u64().and_then(|partition| heads.get(usize::try_from(partition).ok()?));
            known.is_none_or(|(entries, head)| holder["entries"].as_u64() != Some(*entries) || holder["head"].as_str() != Some(head))
        };
        holders.into_iter().find(|(row, holder)| differs(row, holder)).map(|(row, _)| row.to_string())
    };
    // What nodes say of each other is as of a moment ago.
    let found = client.until("/v1/cluster", "equal heads of all holders", WAIT_MAX, |answer| answer.status == 200 && wrong(&answer.body).is_none());
    match found {
        Ok(_) => Ok(Ok(1)),
        Err(crate::service::Error::Late { seen, .. }) => Ok(Err(seen)),
        Err(error) => Err(error.into()),
    }
}

/// Whether the topic of entries has each entry once and in order, whoever owned a partition meanwhile; how many.
fn streamed(place: &Place<'_>, heads: &Heads) -> Result<Result<u64, String>, Error> {
    let reader = Committed::open(place.brokers, place.entries, u32::try_from(heads.len()).unwrap_or(u32::MAX))?;
    let (mut next, deadline) = (vec![0; heads.len()], Instant::now() + WAIT_MAX);
    let expected: Vec<u64> = heads.iter().map(|(entries, _)| *entries).collect();
    while next != expected {
        let Some(came) = reader.next(Duration::from_millis(500)) else {
            if Instant::now() >= deadline {
                return Ok(Err(format!("{next:?} entries instead of {expected:?}")));
            }
            continue;
        };
        let sequence = serde_json::from_slice::<Value>(&came.value).ok().and_then(|entry| entry["sequence"].as_u64());
        match usize::try_from(came.partition).ok().and_then(|partition| next.get_mut(partition)) {
            Some(next) if sequence == Some(*next) => *next += 1,
            next => return Ok(Err(format!("partition {}: entry {sequence:?} came, and {next:?} was expected", came.partition))),
        }
    }
    Ok(Ok(next.iter().sum()))
}
