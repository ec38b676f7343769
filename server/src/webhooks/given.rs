//! Hooks of several nodes: each is called by the node that owns its merchant's partition, and read again by one that was just given it.
//! Until it has read them, a node neither calls nor keeps the hooks of a partition that it was given: what it knows of them is as old as
//! its last look.

use super::cell::Cell;
use super::hook::Kept;
use super::whose::Foreign;
use super::{Inner, lock};
use jiff::Timestamp;
use ledger::log;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

impl Inner {
    /// Whether this node calls the hooks of a partition.
    pub(super) fn owns(&self, partition: u32) -> bool {
        let owned = lock(&self.owned);
        owned.as_ref().is_none_or(|owned| owned.contains(&partition)) && !lock(&self.gained).contains_key(&partition)
    }

    /// Says which partitions this node owns.
    pub(super) fn own(&self, partitions: &BTreeSet<u32>) {
        let mut owned = lock(&self.owned);
        if owned.as_ref() != Some(partitions) {
            let now = Instant::now();
            let mut gained = lock(&self.gained);
            gained.retain(|partition, _| partitions.contains(partition));
            let new = partitions.iter().filter(|&partition| owned.as_ref().is_none_or(|owned| !owned.contains(partition)));
            gained.extend(new.map(|partition| (*partition, now)));
            *owned = Some(partitions.clone());
        }
    }

    /// Reads the hooks of partitions that this node was given: another one kept how far they are until now.
    pub(super) fn read_gained(self: &Arc<Self>) {
        if lock(&self.gained).is_empty() {
            return;
        }
        if let Err(error) = self.read_again() {
            tracing::warn!(code = error.code.as_str(), detail = error.detail, "webhooks of partitions that were given cannot be read yet");
        }
    }

    /// Reads the hooks of all partitions that this node does not call yet, or not at all, and runs them as they are kept instead of as they
    /// were known.
    pub(super) fn read_again(self: &Arc<Self>) -> Result<(), log::Error> {
        let began = Instant::now();
        let reading = lock(&self.writing).begin();
        // Whoever knows where a merchant lies may hold the last reference to the node, so that is asked without a lock, too.
        let found = self.read_store().map(|kept| self.placed(kept));
        let mut writing = lock(&self.writing);
        if let Ok(Some(placed)) = &found
            && writing.take(reading)
        {
            let has_changed = |id: &str| writing.has_changed(id, reading);
            self.replace(placed, began, &has_changed);
        }
        writing.end();
        found.map(drop)
    }

    /// Has the hooks of partitions that this node does not call run as they were read, all but those that it has changed since. It calls
    /// those of partitions that it was given before the reading began.
    fn replace(self: &Arc<Self>, read: &[(u32, Kept)], began: Instant, has_changed: &dyn Fn(&str) -> bool) {
        // One answer for all of them: a partition that is taken away meanwhile is still this node's here.
        let mut is_own = BTreeMap::new();
        let mut is_others = |partition: u32| !*is_own.entry(partition).or_insert_with(|| self.owns(partition));
        let mut before: BTreeMap<String, Arc<Cell>> = lock(&self.cells).clone();
        before.retain(|id, cell| is_others(cell.partition) && !has_changed(id));
        let coming: Vec<&(u32, Kept)> = read.iter().filter(|(partition, kept)| is_others(*partition) && !has_changed(&kept.hook.id)).collect();
        before.values().for_each(|cell| self.let_go(cell));
        let given = self.take_over(began);
        for (partition, kept) in coming {
            before.remove(&kept.hook.id);
            self.run(*partition, kept.clone());
        }
        // What is left is kept no more.
        let mut cells = lock(&self.cells);
        before.keys().for_each(|id| drop(cells.remove(id)));
        let given: Vec<Arc<Cell>> = cells.values().filter(|cell| given.contains(&cell.partition)).cloned().collect();
        drop(cells);
        self.share_lists();
        // Who took a turn of one before it was this node's left it.
        given.iter().for_each(|cell| self.due_if_idle(cell, Instant::now()));
    }

    /// The hooks of partitions that this node was given before a moment are known from now on; which partitions those are.
    pub(super) fn take_over(&self, began: Instant) -> BTreeSet<u32> {
        let mut gained = lock(&self.gained);
        let known = gained.extract_if(.., |_, at| *at <= began);
        known.map(|(partition, _)| partition).collect()
    }

    /// Each hook of this ledger with the partition of its merchant; nothing while the log has not said which it is, and how many partitions
    /// there are. Those of other ledgers are noted.
    pub(super) fn placed(&self, kept: Vec<Kept>) -> Option<Vec<(u32, Kept)>> {
        let home = self.home.get()?;
        if kept.is_empty() {
            *lock(&self.foreign) = Foreign::default();
            return Some(Vec::new());
        }
        let whose = self.whose()?;
        let (mut placed, mut foreign) = (Vec::new(), BTreeMap::new());
        for kept in kept {
            if let Some(ledger) = kept.ledger.as_ref().filter(|ledger| whose.differs(ledger)) {
                *foreign.entry(ledger.clone()).or_insert(0) += 1;
            } else {
                placed.push((home(&kept.hook.merchant)?, kept));
            }
        }
        self.note_foreign(foreign, &whose);
        Some(placed)
    }

    /// Every hook that is kept; what is there and cannot be read is noted, and said when it is new.
    pub(super) fn read_store(&self) -> Result<Vec<Kept>, log::Error> {
        let (kept, unreadable) = self.store.read()?;
        let mut known = lock(&self.unreadable);
        for (name, why) in unreadable.iter().filter(|(name, _)| !known.contains_key(*name)) {
            tracing::error!(name, why, "what is kept among the webhooks and cannot be read is passed over");
        }
        let since = if unreadable.is_empty() { None } else { Some(lock(&self.unreadable_since).unwrap_or_else(Timestamp::now)) };
        *lock(&self.unreadable_since) = since;
        *known = unreadable;
        Ok(kept)
    }

    /// The first of what cannot be read, by name.
    pub(super) fn names_of_unreadable(&self) -> String {
        const TOLD_MAX: usize = 5;
        let known = lock(&self.unreadable);
        let more = if known.len() > TOLD_MAX { ", …" } else { "" };
        format!("{}{more}", known.keys().take(TOLD_MAX).map(String::as_str).collect::<Vec<_>>().join(", "))
    }

    /// A hook runs no more as it was known.
    pub(super) fn let_go(&self, cell: &Arc<Cell>) {
        let mut running = cell.lock();
        running.removed = true;
        let (id, merchant) = (running.hook.id.clone(), running.hook.merchant.clone());
        drop(running);
        let partition = self.partition(cell.partition);
        let mut partition = lock(&partition);
        if let Some(cells) = partition.by_merchant.get_mut(&merchant) {
            cells.retain(|other| !Arc::ptr_eq(other, cell));
            if cells.is_empty() {
                partition.by_merchant.remove(&merchant);
            }
        }
        drop(partition);
        let mut dirty = lock(&self.dirty);
        if dirty.get(&id).is_some_and(|own| Arc::ptr_eq(own, cell)) {
            dirty.remove(&id);
        }
        drop(dirty);
        lock(&self.schedule).look_again();
        self.wake.notify_all();
    }
}
