//! A look at what there is: what this node has and how far it is, and what the others say. Who answers for which partition by that, [`crate::cluster::answering`] says.

use super::{Nodes, TICK_EVERY};
use crate::cluster::wire::{Held, PROTOCOL, Report};
use crate::node::{Local, Node, Place};
use ledger::journal::ROWS_PER_BLOCK;
use ledger::log::Code;
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
        let alike = self.alike(others);
        self.compare(node.places(), &alike);
        let own = self.report(node, full, &alike);
        let now = Instant::now();
        // Reading may have taken its time, in which somebody may have fallen silent.
        let others = self.peers.answering(now);
        self.look_for_unlike(now, &own, &others);
        let stood_still = self.look.write().unwrap_or_else(PoisonError::into_inner).look(now, own, &others);
        if let Some(time) = stood_still {
            tracing::warn!(seconds = time.as_secs_f64(), "this node stood still; it listens to the others before it answers");
        }
    }

    fn report(&self, node: &Node, full: &mut FullHeads, others: &[Report]) -> Report {
        let (places, leaving) = (node.places(), self.leaving.lock().unwrap_or_else(PoisonError::into_inner).clone());
        Report {
            node: self.config.node.clone(),
            url: self.config.advertise.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            layout: layout(),
            topic: self.itself.topic().to_owned(),
            log: self.itself.log(),
            settings: self.itself.settings(),
            partitions: node.partitions(),
            owns: self.owned().into_iter().filter(|partition| *partition < node.partitions()).collect(),
            holds: places.iter().filter_map(|place| held(place, &leaving, full, others)).collect(),
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
fn held(place: &Place, leaving: &BTreeSet<u32>, full: &mut FullHeads, others: &[Report]) -> Option<Held> {
    let (status, local) = (place.status()?, place.local()?);
    // After an upgrade some projection may be folded anew, and has no answers here. Whoever has all of them answers meanwhile, and keeps the
    // partition; where nobody has, this node answers all else.
    let lacks_some = lacks_some(&local);
    let settled = local.is_settled() && !(lacks_some && others.iter().any(|other| has_all(other, status.partition)));
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
        code: status.code.or_else(|| lacks_some.then(|| Code::ViewsBehind.as_str())).map(str::to_owned),
        position: status.position,
        lag: status.lag,
        settled,
        leaving: leaving.contains(&status.partition),
        entries: status.entries,
        head: status.head.to_string(),
        full_entries,
        full_head,
    })
}

/// Whether some projection of a partition has no answers here for a while.
fn lacks_some(local: &Local) -> bool {
    local.follower().is_ok_and(|follower| follower.progress().building.is_some_and(|built| !built.missing.is_empty()))
}

/// Whether a node has all answers of a partition: one that lacks some says so by a code.
fn has_all(report: &Report, partition: u32) -> bool {
    report.held(partition).is_some_and(|held| held.settled && held.state == "following" && held.code.is_none())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_lacks_a_projection_is_none_that_others_wait_for() {
        let holds = |state: &str, code: Option<&str>, settled: bool| {
            let held = Held { partition: 3, state: state.to_owned(), code: code.map(str::to_owned), settled, ..Held::default() };
            has_all(&Report { holds: vec![held], ..Report::default() }, 3)
        };
        assert!(holds("following", None, true));
        assert!(!holds("following", Some("views_behind"), true), "of two that both fold it anew, both answer all else");
        assert!(!holds("following", None, false) && !holds("halted", None, true) && !holds("catching_up", Some("behind"), true));
        assert!(!has_all(&Report::default(), 3), "who does not have it");
    }
}
