//! Nodes of one group, and what the tests ask of them.

use super::support::{WAIT_MAX, binary, directory};
use load_tests::kafka::admin::Admin;
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::{Outgoing, Producer};
use load_tests::load::traffic::Traffic;
use load_tests::service::client::Answer;
use load_tests::service::{Client, Process, Settings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use ureq::tls::TlsConfig;

pub const PARTITIONS: u32 = 6;
pub const SECRET: &str = "of-the-nodes-of-a-test-and-nobody-else";
/// Until every partition has exactly the holders that it should have.
const SHARED_WAIT_MAX: Duration = Duration::from_secs(120);

/// A node: its process, and where it is.
pub struct Node {
    pub name: String,
    pub client: Client,
    settings: Settings,
    process: Option<Process>,
    /// What its configuration begins with, and where that lies.
    head: String,
    file: PathBuf,
    _directory: TempDir,
}

/// A topic, and nodes on it.
pub struct Group {
    pub topic: String,
    pub broker: String,
    pub producer: Producer,
}

impl Group {
    /// Makes the topic.
    pub fn new(broker: &Broker, topic: &str) -> Self {
        Self::of(broker, topic, PARTITIONS)
    }

    /// Makes a topic of so many partitions.
    pub fn of(broker: &Broker, topic: &str, partitions: u32) -> Self {
        let (admin, producer) = (Admin::connect(&broker.address()).expect("a broker"), Producer::connect(&broker.address(), topic).expect("a broker"));
        admin.create_topic(topic, partitions).expect("a new topic");
        Self { topic: topic.to_owned(), broker: broker.address(), producer }
    }

    /// Opens the ledger, and sends so many records.
    pub fn filled(broker: &Broker, topic: &str, records: usize) -> (Self, Traffic) {
        let group = Self::new(broker, topic);
        group.put(Traffic::opening(PARTITIONS, "2026-11-20"));
        let mut traffic = Traffic::new(7, 60, PARTITIONS);
        group.put(traffic.by_ref().take(records));
        group.flush();
        (group, traffic)
    }

    pub fn put(&self, records: impl IntoIterator<Item = Outgoing>) {
        records.into_iter().for_each(|record| self.producer.send(&record).expect("Kafka takes it"));
    }

    /// The last offset of each partition, once everything is delivered.
    pub fn flush(&self) -> BTreeMap<u32, i64> {
        self.producer.flush(WAIT_MAX).expect("everything is delivered")
    }

    /// Starts a node of this group.
    pub fn node(&self, name: &str, more: &str) -> Node {
        self.node_of(name, &format!("{}-nodes", self.topic), more)
    }

    /// Starts a node of a group of this name.
    pub fn node_of(&self, name: &str, group: &str, more: &str) -> Node {
        self.node_at(name, group, &with_secret(more), None)
    }

    /// Starts a node of this group that says that it is reached at this address.
    pub fn node_seen_at(&self, name: &str, more: &str, advertise: &str) -> Node {
        self.started(name, &format!("{}-nodes", self.topic), &with_secret(more), None, Some(advertise))
    }

    /// Starts a node that knows others by what more is said, and is asked with this TLS, if any.
    pub fn node_at(&self, name: &str, group: &str, more: &str, tls: Option<TlsConfig>) -> Node {
        self.started(name, group, more, tls, None)
    }

    fn started(&self, name: &str, group: &str, more: &str, tls: Option<TlsConfig>, advertise: Option<&str>) -> Node {
        let directory = directory();
        // Held until the port is known, and free again before the node takes it.
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port();
        let file = directory.path().join("ledger.toml");
        let base = format!("{}://127.0.0.1:{port}", if tls.is_some() { "https" } else { "http" });
        let advertise = advertise.unwrap_or(&base);
        let head = format!("[cluster]\nnode = {name:?}\nadvertise = {advertise:?}\ngroup = {group:?}\n");
        let mut settings = Settings::kafka(binary(), directory.path(), &self.broker, &self.topic);
        settings.listen = format!("127.0.0.1:{port}");
        settings.options = vec!["--config".to_owned(), file.display().to_string()];
        let client = Client::new(&base);
        let client = if let Some(tls) = tls { client.with_tls(tls) } else { client };
        let mut node = Node { name: name.to_owned(), client, settings, process: None, head, file, _directory: directory };
        node.configure(more);
        node.start();
        node
    }

    /// Starts a service on the same topic that is alone, to compare with.
    pub fn alone(&self) -> (Process, Client, TempDir) {
        let directory = directory();
        let (process, client) = super::support::start(&Settings::kafka(binary(), directory.path(), &self.broker, &self.topic));
        (process, client, directory)
    }
}

impl Node {
    pub fn start(&mut self) {
        let process = Process::start(&self.settings).expect("the binary starts");
        process.answering().expect("it answers");
        self.process = Some(process);
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.settings.listen
    }

    fn configure(&self, more: &str) {
        std::fs::write(&self.file, format!("{}{more}", self.head)).expect("a configuration");
    }

    /// Ends it, and starts it with another configuration.
    pub fn again(&mut self, more: &str) {
        self.stop();
        self.configure(more);
        self.start();
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill().expect("it is gone");
    }

    /// Sends a signal, such as `STOP`, to the process.
    pub fn signal(&self, signal: &str) {
        let number = self.process.as_ref().and_then(Process::number).expect("it runs");
        let sent = Command::new("kill").args([format!("-{signal}"), number.to_string()]).status().expect("kill runs");
        assert!(sent.success(), "{signal} to {number}");
    }

    pub fn stop(&mut self) {
        self.process.take().expect("it runs").stop().expect("a clean end");
    }

    pub fn said(&self) -> String {
        self.process.as_ref().map(Process::said).unwrap_or_default()
    }

    pub fn get(&self, path: &str) -> Value {
        self.client.get(path).unwrap_or_else(|error| panic!("{}: {error}\n{}", self.name, last(&self.said())))
    }
}

fn with_secret(more: &str) -> String {
    format!("secret = {SECRET:?}\n{more}")
}

fn last(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// Positions as a question takes them.
pub fn positions(last: &BTreeMap<u32, i64>) -> String {
    last.iter().map(|(partition, offset)| format!("{partition}:{offset}")).collect::<Vec<_>>().join(",")
}

/// Waits until these nodes know each other, and each partition has an owner and so many holders.
pub fn shared(nodes: &[&Node], holders: usize) {
    let deadline = Instant::now() + SHARED_WAIT_MAX;
    loop {
        let seen: Vec<Value> = nodes.iter().map(|node| node.client.ask("/v1/cluster").map(|answer| answer.body).unwrap_or_default()).collect();
        let is_whole = |cluster: &Value| {
            let partitions = cluster["partitions"].as_array().map(Vec::as_slice).unwrap_or_default();
            cluster["nodes"].as_array().is_some_and(|found| found.len() == nodes.len())
                && partitions.len() == PARTITIONS as usize
                && partitions.iter().all(|partition| {
                    let held = partition["holders"].as_array().map(Vec::as_slice).unwrap_or_default();
                    partition["owner"].is_string() && held.len() == holders && held.iter().all(|holder| holder["state"] == "following")
                })
        };
        if seen.iter().all(is_whole) {
            return;
        }
        assert!(Instant::now() < deadline, "{}\n{}", serde_json::to_string_pretty(&seen).expect("JSON"), last(&nodes[0].said()));
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// An answer that is 200, or 503 with a partition: nothing else may come while nodes die.
pub fn told(answer: Answer, path: &str) -> Option<Value> {
    match answer.status {
        200 => Some(answer.body),
        503 => {
            assert!(answer.body["partition"].is_u64(), "{path}: {}", answer.body);
            assert!(["unavailable", "not_caught_up"].contains(&answer.body["code"].as_str().unwrap_or_default()), "{path}: {}", answer.body);
            None
        }
        status => panic!("{path}: {status} {}", answer.body),
    }
}
