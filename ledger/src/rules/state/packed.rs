//! A table of state whose rows lie in memory as they lie on disk: packed. For rows that are written once and seldom
//! asked for again, as payments and ids are.
//!
//! What was written since the last commit is never forgotten. A committed row is kept for two generations: one that nobody
//! asks for while a whole generation fills is read from the source when somebody does. So memory is bounded, whatever the
//! number of rows. Nothing depends on the order of a hash map: the journal writes changes in the order of their keys.

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
    generation: usize,
    changed: Rows,
    young: Rows,
    old: Rows,
    scratch: Vec<u8>,
    rows: PhantomData<V>,
}

impl<V: Serialize + DeserializeOwned> Packed<V> {
    /// An empty one; `generation` is how many committed rows fill a generation. With 0 none is kept.
    pub fn new(table: Table, generation: usize) -> Self {
        let [changed, young, old] = [const { Rows::with_hasher(foldhash::fast::FixedState::with_seed(0)) }; 3];
        Self { table, generation, changed, young, old, scratch: Vec::new(), rows: PhantomData }
    }

    /// A row; from memory, else from the source.
    pub fn get(&mut self, source: &dyn Source, key: &str) -> Result<Option<V>, Error> {
        if let Some(packed) = self.changed.get(key).or_else(|| self.young.get(key)) {
            return unpacked(self.table, packed).map(Some);
        }
        if let Some((key, packed)) = self.old.remove_entry(key) {
            let value = unpacked(self.table, &packed)?;
            self.young.insert(key, packed);
            return Ok(Some(value));
        }
        source.get(self.table, key.as_bytes())?.map(|packed| unpacked(self.table, &packed)).transpose()
    }

    /// Writes a row with the next commit.
    pub fn put(&mut self, key: CompactString, value: &V) -> Result<(), Error> {
        self.scratch.clear();
        let packed = postcard::to_extend(value, std::mem::take(&mut self.scratch)).map_err(|e| Error(e.to_string()))?;
        self.changed.insert(key, packed.as_slice().into());
        self.scratch = packed;
        Ok(())
    }

    /// What changed since the last call.
    pub fn drain(&mut self, changes: &mut Vec<Change>) {
        if self.young.len() > self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        changes.reserve(self.changed.len());
        for (key, packed) in self.changed.drain() {
            if self.generation == 0 {
                changes.push(Change { table: self.table, key: key.into_string().into_bytes(), value: Some(packed.into_vec()) });
                continue;
            }
            changes.push(Change { table: self.table, key: key.as_bytes().to_vec(), value: Some(packed.to_vec()) });
            self.young.insert(key, packed);
        }
    }
}

fn unpacked<V: DeserializeOwned>(table: Table, packed: &[u8]) -> Result<V, Error> {
    postcard::from_bytes(packed).map_err(|e| Error(format!("row of {table:?}: {e}")))
}
