//! Where two journals of one partition differ: equal numbers of entries must have equal heads.

use super::wire::{Difference, Report};

/// Where this node's journal of a partition and another node's differ: at the last full block of the other one, where this node has got so
/// far; or as the other one says of a block that it has got to. `head_at` says what this journal's head was at a number of entries.
pub fn difference(node: &str, partition: u32, head_at: impl FnOnce(u64) -> Option<String>, other: &Report) -> Option<Difference> {
    let held = other.held(partition).filter(|held| held.full_entries > 0 && !held.full_head.is_empty());
    let found = held.filter(|held| head_at(held.full_entries).is_some_and(|own| own != held.full_head)).map(|held| held.full_entries);
    let entries = found.or_else(|| other.differs_from(node, partition).map(|told| told.entries))?;
    Some(Difference { partition, node: other.node.clone(), entries })
}
