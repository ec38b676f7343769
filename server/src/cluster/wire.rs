//! What nodes say to each other. Reports are JSON, so that nodes of two versions understand each other; questions are postcard, and
//! are asked of nodes of the same version alone.

use projections::views::{Page, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of what nodes ask each other: nodes of different ones answer none of each other's questions.
pub const PROTOCOL: u32 = 1;

/// What a node says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What it is called.
    pub node: String,
    /// Where it is reached.
    pub url: String,
    /// The version of its program.
    pub version: String,
    /// The version of what it asks and answers.
    pub protocol: u32,
    /// What tells how rows are laid out that nodes read of each other.
    pub layout: String,
    /// The topic that it folds; empty where an earlier version does not say so.
    #[serde(default)]
    pub topic: String,
    /// What tells that log from another of the same name, see [`ledger::log::Log::identity`]; empty before it knows.
    #[serde(default)]
    pub log: String,
    /// Settings that all nodes should have alike because whoever is asked answers by them: a hash of each, by its key.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// How many partitions there are; 0 before it knows.
    pub partitions: u32,
    /// The partitions that it owns.
    pub owns: Vec<u32>,
    /// The partitions that it has.
    pub holds: Vec<Held>,
    /// The nodes that it knows: names and addresses.
    pub knows: Vec<(String, String)>,
    /// Partitions on which its journal and another node's have different heads.
    pub differs: Vec<Difference>,
}

/// A partition that a node has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which.
    pub partition: u32,
    /// `following`, `catching_up` or `halted`.
    pub state: String,
    /// Why, as in `/readyz`.
    pub code: Option<String>,
    /// Up to where its answers include every event; −1 before the first.
    pub position: i64,
    /// Offsets between that and the end of the partition, as far as it knows.
    pub lag: u64,
    /// Whether it has had everything that was there when it began.
    pub settled: bool,
    /// Whether it is closed there soon: others come before it.
    #[serde(default)]
    pub leaving: bool,
    /// Entries of its journal.
    pub entries: u64,
    /// The chain up to the last one.
    pub head: String,
    /// Entries up to the end of its last full block.
    pub full_entries: u64,
    /// The chain up to there.
    pub full_head: String,
}

/// Two journals of one partition that are not equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which partition.
    pub partition: u32,
    /// The other node.
    pub node: String,
    /// At so many entries their heads differ.
    pub entries: u64,
}

/// Whose an event is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whose {
    /// A merchant's.
    Merchant(String),
    /// The bank's own.
    House,
    /// Every partition's.
    Partition,
}

/// An event that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Whose it is.
    pub whose: Whose,
    /// The entry that tells what became of it, packed.
    pub entry: Vec<u8>,
    /// How often the same content came again.
    pub duplicates: u64,
    /// How often other content came under its id.
    pub conflicts: u64,
}

/// A question to a node that has a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Keep a snapshot of the views.
    Open {
        /// Of which partition.
        partition: u32,
    },
    /// The value of a key of a snapshot.
    Get {
        /// Which snapshot.
        session: u64,
        /// The key.
        key: Vec<u8>,
    },
    /// Rows of a snapshot.
    Rows {
        /// Which snapshot.
        session: u64,
        /// Which rows.
        span: Span,
    },
    /// The snapshot is no longer needed.
    Close {
        /// Which.
        session: u64,
    },
    /// Entries of the journal.
    Entries {
        /// Of which partition.
        partition: u32,
        /// From this number on.
        from: u64,
        /// So many at most.
        limit: usize,
    },
    /// Wait until a partition has got to an offset.
    Wait {
        /// Which partition.
        partition: u32,
        /// The offset.
        offset: i64,
        /// In the views, and not in the journal alone.
        viewed: bool,
        /// So long at most, in milliseconds.
        wait_ms: u64,
    },
    /// The first entry of the record at each offset.
    First {
        /// On which partition.
        partition: u32,
        /// The offsets.
        offsets: Vec<i64>,
    },
    /// The event of an id.
    Find {
        /// On which partition.
        partition: u32,
        /// Whose.
        whose: Whose,
        /// The id.
        id: String,
        /// The one that owns the id alone, and not one that was set aside under it.
        owned: bool,
    },
    /// Whose an id is.
    Owners {
        /// On which partition.
        partition: u32,
        /// The id.
        id: String,
    },
    /// How far the journal is, with the root of its tree.
    Head {
        /// Of which partition.
        partition: u32,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// A snapshot is kept.
    Opened {
        /// Its number.
        session: u64,
        /// What it has, see [`projections::views::Snapshot::catalogue`].
        catalogue: Vec<u8>,
        /// Entries of the journal.
        count: u64,
        /// How far the log was read when there were so many entries.
        passed: Option<(u64, i64)>,
    },
    /// The value of a key.
    Value(Option<Vec<u8>>),
    /// Rows.
    Rows(Page),
    /// It is done.
    Done,
    /// Packed entries.
    Entries(Vec<u8>),
    /// How far it is: the next offset, and whether that is enough.
    Reached {
        /// Whether it is.
        there: bool,
        /// The next offset.
        next: i64,
    },
    /// Entries by the offsets of their records, each packed.
    First(Vec<(i64, Vec<u8>)>),
    /// An event, where there is one.
    Found(Option<Found>),
    /// Whose an id is.
    Owners(Vec<Whose>),
    /// How far the journal is.
    Head {
        /// Entries.
        entries: u64,
        /// The last offset.
        position: i64,
        /// The chain up to the last entry.
        head: String,
        /// The root of the tree.
        root: Option<String>,
    },
    /// There is no answer.
    Refused {
        /// Why, as in `/readyz`.
        code: Option<String>,
        /// The same, for people.
        detail: String,
    },
}
