//! Opens and closes what [`crate::cluster::sharing`] says that this node folds, and writes what it owns.

use super::{Nodes, end, here};
use crate::cluster::sharing::{Sharing, plan};
use crate::node::Node;
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How often it is looked what is to be opened and closed.
const SHARE_EVERY: Duration = Duration::from_millis(300);

impl Nodes {
    /// Opens and closes until it is to end.
    pub(super) fn share_on(self: Arc<Self>, node: &Weak<Node>) {
        let mut sharing = Sharing::default();
        loop {
            let Some(node) = node.upgrade() else { return };
            self.share(&node, &mut sharing);
            drop(node);
            if !self.pause(SHARE_EVERY) {
                return;
            }
        }
    }

    fn share(&self, node: &Node, sharing: &mut Sharing) {
        let owned = self.owned();
        let mut reports = self.reports();
        // What it owns it knows at once, what it has as of the last look.
        if let Some(own) = reports.first_mut() {
            own.owns = owned.iter().copied().collect();
        }
        let plan = plan(&self.config.node, &reports, node.partitions(), self.config.standby, self.config.max_lag);
        let due = sharing.due(Instant::now(), &plan, &here(node.places()), &owned);
        *self.leaving.lock().unwrap_or_else(PoisonError::into_inner) = due.leave;
        for partition in due.open {
            // Fetching a checkpoint takes its time, and holds up nothing else.
            if node.is_looked_for(partition, node.partitions(), true) && self.open(node, partition, owned.contains(&partition)) {
                tracing::info!(partition, owned = owned.contains(&partition), "the partition is folded here");
            }
        }
        for place in node.places() {
            let Some(local) = place.local() else { continue };
            match local.own(owned.contains(&place.partition()) && !place.differs()) {
                Ok(None) => {}
                Ok(Some(streams)) => end(streams),
                Err(error) => tracing::error!(partition = place.partition(), %error, "streams cannot be started"),
            }
        }
        node.webhooks().own(&owned);
        for partition in due.close {
            if let Some(local) = node.place(partition).and_then(|place| place.put(None)) {
                local.stop();
                tracing::info!(partition, "the partition is closed here: other nodes have it");
            }
        }
    }

    fn open(&self, node: &Node, partition: u32, owned: bool) -> bool {
        match node.open_here(partition, owned) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(partition, %error, "the partition cannot be opened here; it is tried again");
                false
            }
        }
    }
}
