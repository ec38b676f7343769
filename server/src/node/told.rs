//! What webhooks ask of a node: entries, views, and where a merchant lies. A node that is gone tells nothing.

use super::Node;
use crate::webhooks::Ledger;
use ledger::entry::Recorded;
use projections::answers::{self, Shard};
use std::sync::{Arc, Weak};

/// A node, as long as somebody else has it.
pub struct OfNode(Weak<Node>);

impl OfNode {
    /// Of a node.
    pub fn new(node: &Arc<Node>) -> Self {
        Self(Arc::downgrade(node))
    }

    /// The partition that a merchant lies in; nothing until the log said how many there are.
    pub fn home(&self, merchant: &str) -> Option<u32> {
        Some(self.0.upgrade()?.home(merchant).ok()?.partition())
    }
}

impl Ledger for OfNode {
    fn entry(&self, partition: u32, number: u64) -> Result<Recorded, String> {
        let node = self.0.upgrade().ok_or_else(|| "the node has ended".to_owned())?;
        let place = node.place(partition).ok_or_else(|| "the partition is not open".to_owned())?;
        let journal = place.here().and_then(|local| local.journal()).map_err(|error| error.to_string())?;
        journal.entry(number).map_err(|error| error.to_string())?.ok_or_else(|| "the journal does not have it".to_owned())
    }

    fn ask(&self, partition: u32, question: &mut dyn FnMut(&Shard<'_>) -> Result<(), answers::Error>) -> Result<(), String> {
        let node = self.0.upgrade().ok_or_else(|| "the node has ended".to_owned())?;
        let place = node.place(partition).ok_or_else(|| "the partition is not open".to_owned())?;
        let told = |error| super::Error::Answer { partition, error };
        place.here().and_then(|local| local.read(|shard| question(shard).map_err(told))).map_err(|error| error.to_string())
    }

    fn identity(&self) -> Option<String> {
        let node = self.0.upgrade()?;
        // What was folded says it, also where the topic is another one by now.
        let origin = |place: &super::place::Place| place.local()?.journal().ok()?.origin().ok()?;
        node.places().iter().find_map(origin).map(|origin| origin.identity).or_else(|| node.log.identity().ok())
    }
}
