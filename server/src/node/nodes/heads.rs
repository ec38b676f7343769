//! Compares heads with other nodes': equal numbers of entries must have equal ones. Where they don't, both nodes halt the partition,
//! which answers nothing any more; between two versions it is told and nothing is halted.

use super::Nodes;
use crate::cluster::heads::difference;
use crate::cluster::wire::{Difference, Report};
use crate::node::Place;
use std::sync::PoisonError;

impl Nodes {
    /// Compares this node's journals with what others say of theirs.
    pub(super) fn compare(&self, places: &[Place], others: &[Report]) {
        for place in places {
            for other in others {
                if let Some(difference) = self.difference(place, other) {
                    self.differ(place, other, difference);
                }
            }
        }
    }

    fn difference(&self, place: &Place, other: &Report) -> Option<Difference> {
        let journal = place.local()?.journal().ok()?;
        let head_at = |entries| journal.snapshot().head_at(entries).ok().flatten().map(|head| head.to_string());
        difference(&self.config.node, place.partition(), head_at, other)
    }

    fn differ(&self, place: &Place, other: &Report, difference: Difference) {
        let Difference { partition, node, entries } = &difference;
        let own = self.own();
        if other.layout != own.layout {
            let told = self.told_versions.lock().unwrap_or_else(PoisonError::into_inner).insert((*partition, node.clone()));
            if told {
                tracing::error!(partition, node, entries, version = other.version, "a node of another version has another head; it is not halted");
            }
            return;
        }
        let detail = format!(
            "its journal and the one of node {node} have different heads at {entries} entries, and both nodes have halted it. One of them is damaged, or \
             folded another log: run `merchant-ledger verify` on both, remove the shard's directory where it fails, and start both again"
        );
        if place.differ(detail.clone()) {
            tracing::error!(partition, code = super::HEAD_MISMATCH, detail, "the partition is halted");
            place.stop();
        }
        self.differs.lock().unwrap_or_else(PoisonError::into_inner).insert((*partition, node.clone()), difference);
    }
}
