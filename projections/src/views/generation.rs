//! The rows of a table that were asked for within one stretch of time: found by the bytes of their keys, forgotten together.

use super::chunks::Chunks;
use super::slot::{KeyBytes, Slot};
use hashbrown::HashTable;

/// Rows, and where each is.
pub(super) struct Generation<V> {
    pub slots: Chunks<Slot<V>>,
    places: HashTable<u32>,
    pub bytes: usize,
}

impl<V> Generation<V> {
    pub const fn new() -> Self {
        Self { slots: Chunks::new(), places: HashTable::new(), bytes: 0 }
    }

    pub fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        self.places.find(hash, |place| self.slots.get(*place as usize).is_some_and(|slot| slot.is(hash, key))).copied()
    }

    pub fn put(&mut self, slot: Slot<V>) -> u32 {
        // A generation is bounded by its bytes, far below 2^32 rows.
        let place = self.slots.len() as u32;
        self.bytes += slot.bytes as usize;
        let hash = slot.hash;
        self.slots.push(slot);
        let slots = &self.slots;
        self.places.insert_unique(hash, place, |place| slots.get(*place as usize).map_or(0, |slot| slot.hash));
        place
    }

    /// Takes a row out; its place stays empty.
    pub fn take(&mut self, hash: u64, key: &[u8]) -> Option<Slot<V>> {
        let slots = &self.slots;
        let found = self.places.find_entry(hash, |place| slots.get(*place as usize).is_some_and(|slot| slot.is(hash, key))).ok()?;
        let (place, _) = found.remove();
        let slot = self.slots.get_mut(place as usize)?;
        let hash = slot.hash;
        Some(std::mem::replace(slot, Slot { key: KeyBytes::of(&[]), hash, value: None, dirty: false, encoded: 0, bytes: 0 }))
    }

    /// Of all rows in it; some may have been taken out.
    pub fn hashes(&self) -> impl Iterator<Item = u64> {
        (0..self.slots.len()).filter_map(|place| self.slots.get(place).map(|slot| slot.hash))
    }

    /// What it takes: rows, and room for more that was taken before.
    pub fn taken(&self) -> usize {
        let room = self.slots.capacity().saturating_sub(self.slots.len());
        self.bytes + room * size_of::<Slot<V>>() + self.places.allocation_size()
    }

    pub fn shrink(&mut self) {
        self.slots.shrink_to_fit();
        let slots = &self.slots;
        self.places.shrink_to_fit(|place| slots.get(*place as usize).map_or(0, |slot| slot.hash));
    }

    pub fn clear(&mut self) {
        self.slots.clear();
        self.places.clear();
        self.bytes = 0;
    }
}
