//! A table of state whose rows lie in memory as they lie on disk: packed. For rows that are written once and seldom
//! asked for again, as payments and ids are.
//!
//! What was written since the last commit is never forgotten. A committed row is kept for two generations: one that nobody
//! asks for while a whole generation fills is read from the source when somebody does. So memory is bounded, whatever the
//! number of rows. Nothing depends on the order of a hash map: the journal writes changes in the order of their keys.

use super::live::Generation;
use crate::source::{Change, Error, Source, Table};
use compact_str::CompactString;
use hashbrown::HashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

type Rows = HashMap<CompactString, Box<[u8]>, foldhash::fast::FixedState>;

/// A table of state with packed rows.
pub struct Packed<V> {
    table: Table,
    generation: Generation,
    changed: Rows,
    changed_bytes: usize,
    young: Rows,
    old: Rows,
    /// Bytes of the rows that are young, and of those that are old, about.
    young_bytes: usize,
    old_bytes: usize,
    scratch: Vec<u8>,
    rows: PhantomData<V>,
}

impl<V: Serialize + DeserializeOwned> Packed<V> {
    /// An empty one; `generation` is what committed rows fill a generation. With 0 rows none is kept.
    pub fn new(table: Table, generation: Generation) -> Self {
        let [changed, young, old] = [const { Rows::with_hasher(foldhash::fast::FixedState::with_seed(0)) }; 3];
        Self { table, generation, changed, changed_bytes: 0, young, old, young_bytes: 0, old_bytes: 0, scratch: Vec::new(), rows: PhantomData }
    }

    /// A row; from memory, else from the source.
    pub fn get(&mut self, source: &dyn Source, key: &str) -> Result<Option<V>, Error> {
        if let Some(packed) = self.changed.get(key).or_else(|| self.young.get(key)) {
            return unpacked(self.table, packed).map(Some);
        }
        if let Some((key, packed)) = self.old.remove_entry(key) {
            let value = unpacked(self.table, &packed)?;
            self.old_bytes = self.old_bytes.saturating_sub(bytes(&key, &packed));
            self.keep(key, packed);
            return Ok(Some(value));
        }
        source.get(self.table, key.as_bytes())?.map(|packed| unpacked(self.table, &packed)).transpose()
    }

    /// Writes a row with the next commit.
    pub fn put(&mut self, key: CompactString, value: &V) -> Result<(), Error> {
        self.scratch.clear();
        let packed = postcard::to_extend(value, std::mem::take(&mut self.scratch)).map_err(|e| Error(e.to_string()))?;
        self.changed_bytes += bytes(&key, &packed);
        self.changed.insert(key, packed.as_slice().into());
        self.scratch = packed;
        Ok(())
    }

    fn keep(&mut self, key: CompactString, packed: Box<[u8]>) {
        self.young_bytes += bytes(&key, &packed);
        if let Some(before) = self.young.get(&key) {
            self.young_bytes = self.young_bytes.saturating_sub(bytes(&key, before));
        }
        self.young.insert(key, packed);
    }

    /// Another bound on a generation, where rows are kept at all.
    pub const fn bound(&mut self, generation: Generation) {
        self.generation = generation;
    }

    /// Bytes of the rows in memory, about.
    pub const fn bytes(&self) -> usize {
        self.young_bytes + self.old_bytes + self.changed_bytes
    }

    /// What changed since the last call.
    pub fn drain(&mut self, changes: &mut Vec<Change>) {
        if self.young.len() > self.generation.rows || self.young_bytes > self.generation.bytes {
            self.old = std::mem::take(&mut self.young);
            self.old_bytes = std::mem::take(&mut self.young_bytes);
        }
        self.changed_bytes = 0;
        changes.reserve(self.changed.len());
        let mut changed = std::mem::take(&mut self.changed);
        for (key, packed) in changed.drain() {
            if self.generation.rows == 0 {
                changes.push(Change { table: self.table, key: key.into_string().into_bytes(), value: Some(packed.into_vec()) });
                continue;
            }
            changes.push(Change { table: self.table, key: key.as_bytes().to_vec(), value: Some(packed.to_vec()) });
            self.keep(key, packed);
        }
        self.changed = changed;
    }
}

/// What a row takes in memory, about: its place in a table that is not full, a long key, and its bytes as the allocator rounds them.
fn bytes(key: &str, packed: &[u8]) -> usize {
    let slot = size_of::<(CompactString, Box<[u8]>)>() * 3 / 2;
    slot + if key.len() > 24 { key.len().next_multiple_of(16) } else { 0 } + packed.len().next_multiple_of(16)
}

fn unpacked<V: DeserializeOwned>(table: Table, packed: &[u8]) -> Result<V, Error> {
    postcard::from_bytes(packed).map_err(|e| Error(format!("row of {table:?}: {e}")))
}
