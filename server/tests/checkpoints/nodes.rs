//! Nodes that keep checkpoints, and what is asked of them.

use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, heads, start};
use load_tests::service::{Client, Process, Settings};
use std::collections::BTreeMap;
use std::time::Instant;
use tempfile::TempDir;

/// Where checkpoints are kept, and the environment that it takes.
#[derive(Clone, Debug)]
pub struct Place {
    pub place: String,
    pub environment: Vec<(String, String)>,
}

impl Place {
    pub fn directory(directory: &TempDir) -> Self {
        Self { place: directory.path().join("checkpoints").display().to_string(), environment: Vec::new() }
    }
}

/// A node with a disk of its own.
pub struct Node {
    pub process: Process,
    pub client: Client,
    pub disk: TempDir,
}

/// Starts a node on an empty disk that writes a checkpoint each second, and keeps two.
pub fn node(topic: &Topic, place: &Place) -> Node {
    node_on(topic, place, directory())
}

pub fn node_on(topic: &Topic, place: &Place, disk: TempDir) -> Node {
    let (process, client) = start(&settings(topic, place, &disk, ""));
    // It answers before it knows from Kafka how many partitions there are.
    until("the shards are open", || metric(&client, "journal_entries").len() == PARTITIONS as usize);
    Node { process, client, disk }
}

/// How a node that keeps checkpoints is started, with more of `[cluster]`.
pub fn settings(topic: &Topic, place: &Place, disk: &TempDir, more: &str) -> Settings {
    let file = disk.path().join("ledger.toml");
    let configuration = format!("[cluster]\ncheckpoints = \"{}\"\ncheckpoint_seconds = 1\ncheckpoints_kept = 2\n{more}", place.place);
    std::fs::write(&file, configuration).expect("written");
    let mut settings = topic.settings(disk);
    settings.options = vec!["--config".to_owned(), file.display().to_string()];
    settings.environment.clone_from(&place.environment);
    settings
}

/// A metric of each partition; those that have none are left out.
pub fn metric(client: &Client, name: &str) -> BTreeMap<u32, u64> {
    let text = client.get("/metrics").expect("metrics").as_str().expect("text").to_owned();
    let start = format!("merchant_ledger_{name}{{partition=\"");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&start)?.split_once("\"} "));
    lines.map(|(partition, value)| (partition.parse().expect("a partition"), value.parse().expect("a number"))).collect()
}

/// Entries of each partition's journal.
pub fn entries(client: &Client) -> BTreeMap<u32, u64> {
    (0..).zip(heads(client)).map(|(partition, (entries, _))| (partition, entries)).collect()
}

/// Waits until something holds.
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + WAIT_MAX;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Waits until everything is folded and viewed.
pub fn caught_up(client: &Client, last: &BTreeMap<u32, i64>) {
    let at_least: Vec<String> = last.iter().map(|(partition, offset)| format!("{partition}:{offset}")).collect();
    let path = format!("/v1/accounts?group_by=book&at_least={}&wait_ms=60000", at_least.join(","));
    client.until(&path, "everything is folded", WAIT_MAX, |answer| answer.status == 200).expect("it catches up");
}

/// Waits until the newest checkpoints, and the views in them, have all that the journals have.
pub fn stored(client: &Client) -> BTreeMap<u32, u64> {
    let all = || metric(client, "checkpoint_entries");
    let viewed = || metric(client, "checkpoint_views_entries");
    until("each partition has a checkpoint of everything", || all() == entries(client) && viewed() == all() && all().len() == PARTITIONS as usize);
    all()
}
