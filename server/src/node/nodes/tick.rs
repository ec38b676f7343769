//! A look at what there is: what this node has and how far it is, and what the others say. Who answers for which partition by that, [`crate::cluster::answering`] says.

use super::{Nodes, TICK_EVERY};
use crate::cluster::wire::{Held, PROTOCOL, Report};
use crate::node::{Node, Place};
use ledger::journal::ROWS_PER_BLOCK;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, Weak};
use std::time::Instant;

/// The head at the end of the last full block of each partition, as it was read last.
type FullHeads = BTreeMap<u32, (u64, String)>;

impl Nodes {
    /// Looks until it is to end.
    pub(super) fn look_on(self: Arc<Self>, node: &Weak<Node>) {
        let mut full = FullHeads::new();
        loop {
            let Some(node) = node.upgrade() else { return };
            self.look(&node, &mut full);
            drop(node);
            if !self.pause(TICK_EVERY) {
                return;
            }
        }
    }

    fn look(self: &Arc<Self>, node: &Node, full: &mut FullHeads) {
        let met = Instant::now();
        let others = self.peers.answering(met);
        for (name, url) in others.iter().flat_map(|other| &other.knows) {
            if *name != self.config.node {
                self.peers.hear_of(met, name, url);
            }
        }
        self.ask_each();
        self.compare(node.places(), &others);
        let own = self.report(node, full);
        let now = Instant::now();
        // Reading may have taken its time, in which somebody may have fallen silent.
        let others = self.peers.answering(now);
        let stood_still = self.look.write().unwrap_or_else(PoisonError::into_inner).look(now, own, &others);
        if let Some(time) = stood_still {
            tracing::warn!(seconds = time.as_secs_f64(), "this node stood still; it listens to the others before it answers");
        }
    }

    fn report(&self, node: &Node, full: &mut FullHeads) -> Report {
        let (places, leaving) = (node.places(), self.leaving.lock().unwrap_or_else(PoisonError::into_inner).clone());
        Report {
            node: self.config.node.clone(),
            url: self.config.advertise.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            layout: layout(),
            partitions: node.partitions(),
            owns: self.owned().into_iter().filter(|partition| *partition < node.partitions()).collect(),
            holds: places.iter().filter_map(|place| held(place, &leaving, full)).collect(),
            knows: self.peers.known(),
            differs: self.differences(),
        }
    }

    /// The partitions that this node owns.
    pub(super) fn owned(&self) -> std::collections::BTreeSet<u32> {
        if self.fenced().is_some() { Default::default() } else { self.group.owned().unwrap_or_default() }
    }
}

/// What a node says of a partition that it has.
fn held(place: &Place, leaving: &BTreeSet<u32>, full: &mut FullHeads) -> Option<Held> {
    let (status, local) = (place.status()?, place.local()?);
    let (mut full_entries, mut full_head) = (0, String::new());
    if let Ok(journal) = local.journal() {
        full_entries = journal.count() / ROWS_PER_BLOCK * ROWS_PER_BLOCK;
        full_head = match full.get(&status.partition) {
            Some((entries, head)) if *entries == full_entries => head.clone(),
            _ => journal.snapshot().head_at(full_entries).ok().flatten().map(|head| head.to_string()).unwrap_or_default(),
        };
        full.insert(status.partition, (full_entries, full_head.clone()));
    }
    Some(Held {
        partition: status.partition,
        state: status.state.as_str().to_owned(),
        code: status.code.map(str::to_owned),
        position: status.position,
        lag: status.lag,
        settled: local.is_settled(),
        leaving: leaving.contains(&status.partition),
        entries: status.entries,
        head: status.head.to_string(),
        full_entries,
        full_head,
    })
}

/// What tells how rows are laid out that nodes read of each other: of two that say the same, each reads the other's.
fn layout() -> String {
    static LAYOUT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let reckoned = || {
        let folds: Vec<String> = projections::folds::all().iter().map(|fold| format!("{}@{}", fold.id().name, fold.id().version)).collect();
        blake3::hash(format!("{}/{PROTOCOL}/{}", env!("CARGO_PKG_VERSION"), folds.join(",")).as_bytes()).to_hex().chars().take(16).collect()
    };
    LAYOUT.get_or_init(reckoned).clone()
}
