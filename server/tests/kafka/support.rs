//! What the tests share: a place of their own, a topic that is filled, and the binary on it.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use load_tests::kafka::admin::Admin;
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::{Outgoing, Producer};
use load_tests::load::traffic::Traffic;
use load_tests::service::{Client, Process, Settings};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Until something that a test waits for has happened.
pub const WAIT_MAX: Duration = Duration::from_secs(90);
pub const PARTITIONS: u32 = 2;
const MERCHANTS: u64 = 20;

pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_merchant-ledger"))
}

/// A directory for one service.
pub fn directory() -> TempDir {
    tempfile::Builder::new().prefix("merchant-ledger-service-").tempdir().expect("a directory")
}

/// A topic and its traffic.
pub struct Topic {
    pub broker: String,
    pub name: String,
    pub producer: Producer,
    pub admin: Admin,
    traffic: Traffic,
}

impl Topic {
    /// Makes it; nothing is in it yet.
    pub fn create(broker: &Broker, name: &str) -> Self {
        let topic = Self::absent(broker, name);
        topic.admin.create_topic(name, PARTITIONS).expect("a new topic");
        topic
    }

    /// Does not make it.
    pub fn absent(broker: &Broker, name: &str) -> Self {
        let (admin, producer) = (Admin::connect(&broker.address()).expect("a broker"), Producer::connect(&broker.address(), name).expect("a broker"));
        Self { broker: broker.address(), name: name.to_owned(), producer, admin, traffic: Traffic::new(5, MERCHANTS, PARTITIONS) }
    }

    /// Makes it, opens the ledger, and sends so many records.
    pub fn filled(broker: &Broker, name: &str, records: usize) -> (Self, BTreeMap<u32, i64>) {
        let mut topic = Self::create(broker, name);
        topic.open();
        topic.send(records);
        let last = topic.flush();
        (topic, last)
    }

    pub fn open(&self) {
        self.put(Traffic::opening(PARTITIONS, "2026-11-20"));
    }

    pub fn put(&self, records: impl IntoIterator<Item = Outgoing>) {
        records.into_iter().for_each(|record| self.producer.send(&record).expect("Kafka takes it"));
    }

    /// Sends so many records of traffic.
    pub fn send(&mut self, records: usize) {
        let records: Vec<Outgoing> = self.traffic.by_ref().take(records).collect();
        self.put(records);
    }

    /// The last offset of each partition, once everything is delivered.
    pub fn flush(&self) -> BTreeMap<u32, i64> {
        self.producer.flush(WAIT_MAX).expect("everything is delivered")
    }

    pub fn settings(&self, directory: &TempDir) -> Settings {
        Settings::kafka(binary(), directory.path(), &self.broker, &self.name)
    }

    /// Starts the service on it and waits until it answers.
    pub fn serve(&self, directory: &TempDir) -> (Process, Client) {
        start(&self.settings(directory))
    }
}

pub fn start(settings: &Settings) -> (Process, Client) {
    let process = Process::start(settings).expect("the binary starts");
    let client = process.answering().expect("it answers");
    (process, client)
}

/// Entries and head of each partition.
pub fn heads(client: &Client) -> Vec<(u64, String)> {
    let heads = client.get("/v1/audit/heads").expect("heads");
    let rows = heads["rows"].as_array().expect("rows").iter();
    rows.map(|row| (row["entries"].as_u64().expect("a count"), row["head"].as_str().expect("a head").to_owned())).collect()
}

/// Waits until `/readyz` is 503 and some shard, or the whole, has this code; answers the detail of it.
pub fn halted(client: &Client, code: &str) -> String {
    let detail = |body: &serde_json::Value| {
        let places = body["shards"].as_array().into_iter().flatten().chain(std::iter::once(body));
        places.into_iter().find(|place| place["code"] == code).map(|place| place["detail"].as_str().expect("a detail").to_owned())
    };
    let answer = client.until("/readyz", code, WAIT_MAX, |answer| answer.status == 503 && detail(&answer.body).is_some()).expect(code);
    detail(&answer.body).expect("seen before")
}

/// Waits until one line of its standard error has all of this.
pub fn says(service: &Process, parts: &[&str]) {
    let deadline = Instant::now() + WAIT_MAX;
    while !service.said().lines().any(|line| parts.iter().all(|part| line.contains(part))) {
        assert!(Instant::now() < deadline, "no line has {parts:?}:\n{}", service.said());
        std::thread::sleep(Duration::from_millis(20));
    }
}
