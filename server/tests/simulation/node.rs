//! A simulated node: the real peers, look and sharing, and what it has of partitions.

use super::ask::Taken;
use super::clock::Clock;
use super::journal::Journal;
use super::world::Event;
use server::cluster::Peers;
use server::cluster::answering::Look;
use server::cluster::sharing::Sharing;
use server::cluster::wire::{Held, PROTOCOL, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Whether a node's process is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Up,
    /// It stands still: what comes for it waits.
    Frozen,
    Down,
}

/// A partition that a node has.
pub struct Replica {
    pub journal: Journal,
    /// How far its views are.
    pub viewed: i64,
    /// The next offset of the log, when Kafka was heard last.
    pub end: i64,
    /// The same when it was heard first.
    pub end_at_start: Option<i64>,
    pub settled: bool,
}

impl Replica {
    pub const fn new(journal: Journal) -> Self {
        Self { journal, viewed: -1, end: 0, end_at_start: None, settled: false }
    }

    pub fn taken(&self, partition: u32, by: usize) -> Taken {
        Taken { partition, position: self.viewed, content: self.journal.at(self.viewed), by }
    }
}

/// What is written of a partition.
pub enum Writer {
    /// A producer is asked for, since then.
    Begins(u64),
    /// From which entry on the next transaction is, and since when one is under way.
    Writes { epoch: u64, next: usize, since: Option<u64> },
}

pub struct Node {
    pub name: String,
    pub url: String,
    pub clock: Clock,
    /// The number of its process: what was meant for another one is nothing to it.
    pub run: u32,
    pub is: Is,
    /// Since when it has been up without standing still.
    pub steady_since: u64,
    /// Since when this process is there.
    pub up_since: u64,
    /// When its clock went on last.
    pub clock_since: u64,
    /// What came while it stood still.
    pub waiting: Vec<Event>,
    pub layout: String,
    pub peers: Peers,
    /// Who is asked again and again, and since when.
    pub met: BTreeMap<String, u64>,
    pub look: Look,
    pub sharing: Sharing,
    /// What it closes soon.
    pub leaving: BTreeSet<u32>,
    /// How many there are; 0 before it knows.
    pub partitions: u32,
    pub replicas: BTreeMap<u32, Replica>,
    pub owned: BTreeSet<u32>,
    /// What lies on its disk and is not open.
    pub disk: BTreeMap<u32, Journal>,
    pub writers: BTreeMap<u32, Writer>,
    /// Since when Kafka does not answer.
    pub misses_kafka: Option<u64>,
    /// After how long without Kafka it says so, in milliseconds.
    pub notices_after: u64,
    pub slow_folds: u32,
    pub stalled_views: u32,
    /// What it had of partitions that it owned once, for the planted mistake.
    pub kept: BTreeMap<u32, Taken>,
    pub owned_once: BTreeSet<u32>,
}

impl Node {
    pub fn new(now: u64, name: String, clock: Clock, max_lag: u64, notices_after: u64) -> Self {
        let url = format!("http://{name}");
        let look = Look::new(clock.now(now), Report { node: name.clone(), url: url.clone(), ..Report::default() }, max_lag);
        Self {
            url,
            name,
            clock,
            run: 0,
            is: Is::Down,
            steady_since: 0,
            up_since: 0,
            clock_since: 0,
            waiting: Vec::new(),
            layout: "1".to_owned(),
            peers: Peers::default(),
            met: BTreeMap::new(),
            look,
            sharing: Sharing::default(),
            leaving: BTreeSet::new(),
            partitions: 0,
            replicas: BTreeMap::new(),
            owned: BTreeSet::new(),
            disk: BTreeMap::new(),
            writers: BTreeMap::new(),
            misses_kafka: None,
            notices_after,
            slow_folds: 0,
            stalled_views: 0,
            kept: BTreeMap::new(),
            owned_once: BTreeSet::new(),
        }
    }

    /// A new process of this node, which knows what is on its disk alone.
    pub fn started(self, now: u64, max_lag: u64) -> Self {
        let Self { name, clock, run, layout, disk, notices_after, slow_folds, stalled_views, partitions, .. } = self;
        let partitions = if disk.is_empty() { 0 } else { partitions };
        let mut node = Self::new(now, name, clock, max_lag, notices_after);
        (node.run, node.is, node.layout, node.disk, node.partitions) = (run + 1, Is::Up, layout, disk, partitions);
        (node.slow_folds, node.stalled_views, node.steady_since, node.up_since) = (slow_folds, stalled_views, now, now);
        node
    }

    /// Its process is gone.
    pub fn killed(&mut self, has_disk: bool) {
        for (partition, replica) in std::mem::take(&mut self.replicas) {
            self.disk.insert(partition, replica.journal.reopened());
        }
        if !has_disk {
            self.disk.clear();
        }
        self.is = Is::Down;
        self.waiting.clear();
    }

    pub fn local(&self, now: u64) -> Instant {
        self.clock.now(now)
    }

    pub fn has(&self) -> BTreeSet<u32> {
        self.replicas.keys().copied().collect()
    }

    /// Opens a partition from what lies on its disk.
    pub fn open(&mut self, partition: u32) {
        let journal = self.disk.remove(&partition).unwrap_or_else(|| Journal::new(partition, self.partitions));
        self.replicas.insert(partition, Replica::new(journal));
    }

    pub fn close(&mut self, partition: u32, by: usize) {
        if let Some(replica) = self.replicas.remove(&partition) {
            self.kept.insert(partition, replica.taken(partition, by));
            self.disk.insert(partition, replica.journal.reopened());
        }
    }

    /// What it says of itself.
    pub fn report(&self, now: u64) -> Report {
        let is_halted = self.misses_kafka.is_some_and(|since| now >= since + self.notices_after);
        let held = |(partition, replica): (&u32, &Replica)| {
            let at = replica.journal.at(replica.journal.next() - 1);
            let full_entries = replica.journal.full_entries();
            Held {
                partition: *partition,
                state: if is_halted {
                    "halted"
                } else if replica.settled {
                    "following"
                } else {
                    "catching_up"
                }
                .to_owned(),
                code: is_halted.then(|| "kafka_unreachable".to_owned()),
                position: replica.viewed,
                lag: u64::try_from(replica.end - replica.viewed - 1).unwrap_or(0),
                settled: replica.settled,
                leaving: self.leaving.contains(partition),
                entries: at.entries,
                head: at.head.to_string(),
                full_entries,
                full_head: replica.journal.head_at(full_entries).unwrap_or_default(),
            }
        };
        Report {
            node: self.name.clone(),
            url: self.url.clone(),
            version: self.layout.clone(),
            protocol: PROTOCOL,
            layout: self.layout.clone(),
            partitions: self.partitions,
            owns: self.owned.iter().copied().collect(),
            holds: self.replicas.iter().map(held).collect(),
            knows: self.peers.known(),
            differs: Vec::new(),
            ..Report::default()
        }
    }

    /// Kafka was asked for more: it answers or not. So many records a partition at most.
    pub fn fetch(&mut self, now: u64, log: Option<&[Vec<Vec<u8>>]>, most: usize) {
        let Some(log) = log else {
            self.misses_kafka.get_or_insert(now);
            return;
        };
        self.misses_kafka = None;
        self.partitions = u32::try_from(log.len()).expect("few");
        for (partition, replica) in &mut self.replicas {
            let records = &log[*partition as usize];
            let from = usize::try_from(replica.journal.next()).expect("an offset");
            let batch = &records[from..records.len().min(from + most)];
            if !batch.is_empty() {
                replica.journal.commit(batch.iter().map(Vec::as_slice));
            }
            replica.end = i64::try_from(records.len()).expect("small");
            replica.end_at_start.get_or_insert(replica.end);
        }
    }

    /// The views go on, up to some records behind the journal.
    pub fn view(&mut self, mut behind: impl FnMut() -> i64) {
        for replica in self.replicas.values_mut() {
            replica.viewed = replica.viewed.max(replica.journal.next() - 1 - behind());
            replica.settled |= replica.end_at_start.is_some_and(|end| replica.viewed + 1 >= end);
        }
    }
}
