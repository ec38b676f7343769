//! Hooks of several nodes: each is called by the node that owns its merchant's partition, and read again by one that was just given it.

use super::cell::Cell;
use super::hook::Kept;
use super::{Inner, lock};
use ledger::log;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Inner {
    /// Whether this node calls the hooks of a partition.
    pub(super) fn owns(&self, partition: u32) -> bool {
        lock(&self.owned).as_ref().is_none_or(|owned| owned.contains(&partition))
    }

    /// Reads the hooks of partitions that this node was given: another one kept how far they are until now.
    pub(super) fn read_gained(self: &Arc<Self>) {
        let gained = std::mem::take(&mut *lock(&self.gained));
        if gained.is_empty() {
            return;
        }
        if let Err(error) = self.read_again(|partition, _| gained.contains(&partition)) {
            tracing::warn!(code = error.code.as_str(), detail = error.detail, "webhooks of partitions that were given cannot be read yet");
            lock(&self.gained).extend(gained);
        }
    }

    /// Reads the hooks of some partitions again, and runs them as they are kept instead of as they were known.
    pub(super) fn read_again(self: &Arc<Self>, which: impl Fn(u32, &BTreeSet<u32>) -> bool) -> Result<(), log::Error> {
        let kept = self.read_store()?;
        let Some(home) = self.home.get() else { return Ok(()) };
        let owned = lock(&self.owned).clone().unwrap_or_default();
        let mut before: BTreeMap<String, Arc<Cell>> = lock(&self.cells).clone();
        before.retain(|_, cell| which(cell.partition, &owned));
        for kept in kept {
            let Some(partition) = home(&kept.hook.merchant).filter(|partition| which(*partition, &owned)) else { continue };
            if let Some(known) = before.remove(&kept.hook.id) {
                self.let_go(&known);
            }
            self.run(partition, kept);
        }
        // What is left is kept no more.
        for (id, gone) in before {
            self.let_go(&gone);
            lock(&self.cells).remove(&id);
        }
        Ok(())
    }

    /// Every hook that is kept; what is there and cannot be read is noted, and said when it is new.
    pub(super) fn read_store(&self) -> Result<Vec<Kept>, log::Error> {
        let (kept, unreadable) = self.store.read()?;
        let mut known = lock(&self.unreadable);
        for (name, why) in unreadable.iter().filter(|(name, _)| !known.contains_key(*name)) {
            tracing::error!(name, why, "what is kept among the webhooks and cannot be read is passed over");
        }
        *known = unreadable;
        Ok(kept)
    }

    /// A hook runs no more as it was known.
    pub(super) fn let_go(&self, cell: &Arc<Cell>) {
        cell.lock().removed = true;
        let merchant = cell.lock().hook.merchant.clone();
        if let Some(cells) = lock(&self.partition(cell.partition)).by_merchant.get_mut(&merchant) {
            cells.retain(|other| !Arc::ptr_eq(other, cell));
        }
        lock(&self.dirty).remove(&cell.lock().hook.id.clone());
        lock(&self.schedule).gone();
        self.wake.notify_all();
    }
}
