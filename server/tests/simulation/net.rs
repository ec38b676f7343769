//! What nodes say to each other, and the ways between them and to Kafka.

use super::ask::{Asked, Taken};
use blake3::Hash;
use server::cluster::wire::Report;
use std::collections::BTreeSet;
use std::time::Instant;

/// A way between two, from each to the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way {
    /// How many faults cut it now.
    pub cuts: u32,
    /// How many make it slow and lossy.
    pub slows: u32,
    /// Since when that is so.
    pub since: u64,
}

impl Way {
    pub const fn is_good(&self) -> bool {
        self.cuts == 0 && self.slows == 0
    }
}

/// A question of a node to another one.
#[derive(Clone)]
pub enum Request {
    Report(Box<Report>),
    /// Keep a snapshot of a partition.
    Open(u32),
    /// Wait until a partition has an offset, in milliseconds at most.
    Wait {
        partition: u32,
        offset: i64,
        wait: u64,
    },
    /// A client's question, handed on.
    HandedOn(Asked),
}

/// What is answered.
#[derive(Clone)]
pub enum Reply {
    Report(Box<Report>),
    Opened(Taken),
    Reached(bool),
    Refused,
    /// To a client's question: what was read, or the partition that nobody has.
    Answered(Result<Vec<Taken>, u32>),
    /// Nobody is there.
    Silent,
}

/// Who waits for a reply, and for what.
#[derive(Clone)]
pub struct Waits {
    pub node: usize,
    pub run: u32,
    pub to: usize,
    pub why: Why,
}

#[derive(Clone)]
pub enum Why {
    Report { asked: Instant },
    Question(u64),
}

/// What a node tells Kafka.
#[derive(Clone)]
pub enum ToKafka {
    /// It is in the group, and owns this.
    Heartbeat(BTreeSet<u32>),
    /// It begins to write the output of a partition: whoever did before is fenced.
    Begin(u32),
    /// A transaction: from this entry on, these.
    Write { partition: u32, epoch: u64, from: usize, entries: Vec<Hash> },
}

/// What Kafka tells a node.
#[derive(Clone)]
pub enum FromKafka {
    Owns(BTreeSet<u32>),
    Begun { partition: u32, epoch: u64, next: usize },
    Written { partition: u32, epoch: u64, next: usize },
    Fenced { partition: u32, epoch: u64 },
}
