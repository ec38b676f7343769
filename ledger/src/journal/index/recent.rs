//! Keys of the last rows, in memory, until a run is made of them.

use super::page::Key;
use hashbrown::HashTable;

/// Keys in no order.
#[derive(Default)]
pub(super) struct Recent {
    keys: HashTable<Key>,
}

impl Recent {
    /// How many.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Bytes in memory, about.
    pub fn bytes(&self) -> usize {
        self.keys.allocation_size()
    }

    /// Adds a key; the same hash may be there.
    pub fn insert(&mut self, key: Key) {
        self.keys.insert_unique(key.hash, key, |key| key.hash);
    }

    /// Appends the rows whose key has this hash.
    pub fn find(&self, hash: u64, rows: &mut Vec<u64>) {
        rows.extend(self.keys.iter_hash(hash).filter(|key| key.hash == hash).map(|key| key.row));
    }

    /// Appends the rows whose key has a hash between two; reads them all.
    pub fn find_between(&self, least: u64, greatest: u64, rows: &mut Vec<u64>) {
        rows.extend(self.keys.iter().filter(|key| (least..=greatest).contains(&key.hash)).map(|key| key.row));
    }

    /// All of them, sorted.
    pub fn sorted(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.keys.iter().copied().collect();
        keys.sort_unstable();
        keys
    }
}
