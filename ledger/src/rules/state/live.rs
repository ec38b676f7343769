//! A table of state whose rows lie in memory ready for use: for rows that nearly every event changes, as merchants are.
//!
//! A row that is not asked for while a whole generation fills is forgotten, and read from the source when somebody does ask.
//! So memory is bounded by two generations, whatever the number of rows; one that changed since the last commit is never
//! forgotten. Nothing depends on the order of a hash map.

use crate::source::{Change, Error, Source, Table};
use compact_str::CompactString;
use hashbrown::HashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

type Rows<V> = HashMap<CompactString, Held<V>, foldhash::fast::FixedState>;

/// A row in memory, and whether the next commit must write it.
pub struct Held<V> {
    /// The row.
    pub value: V,
    /// Whether it has changed.
    pub dirty: bool,
}

impl<V> Held<V> {
    /// A row that is not committed yet.
    pub const fn new(value: V) -> Self {
        Self { value, dirty: true }
    }
}

/// A table of state with rows ready for use.
pub struct Live<V> {
    table: Table,
    generation: usize,
    young: Rows<V>,
    old: Rows<V>,
    dirty: Vec<CompactString>,
}

impl<V: Serialize + DeserializeOwned> Live<V> {
    /// An empty one; `generation` is how many rows fill a generation.
    pub fn new(table: Table, generation: usize) -> Self {
        Self { table, generation, young: Rows::default(), old: Rows::default(), dirty: Vec::new() }
    }

    /// Takes a row out, to be put back; from memory, else from the source.
    pub fn take(&mut self, source: &dyn Source, key: &str) -> Result<Option<Held<V>>, Error> {
        if let Some(held) = self.young.remove(key).or_else(|| self.old.remove(key)) {
            return Ok(Some(held));
        }
        let Some(packed) = source.get(self.table, key.as_bytes())? else { return Ok(None) };
        let value = postcard::from_bytes(&packed).map_err(|e| Error(format!("row of {:?}: {e}", self.table)))?;
        Ok(Some(Held { value, dirty: false }))
    }

    /// Puts a row back, or a new one in; it is written with the next commit where it is dirty.
    pub fn put(&mut self, key: CompactString, held: Held<V>) {
        if held.dirty {
            self.dirty.push(key.clone());
        }
        self.young.insert(key, held);
    }

    /// What changed since the last call; afterwards all rows are clean.
    pub fn drain(&mut self, changes: &mut Vec<Change>) -> Result<(), Error> {
        for key in self.dirty.drain(..) {
            let Some(held) = self.young.get_mut(&key) else { continue };
            // A row that was put back several times is written once.
            if std::mem::take(&mut held.dirty) {
                let value = postcard::to_stdvec(&held.value).map_err(|e| Error(e.to_string()))?;
                changes.push(Change { table: self.table, key: key.into_string().into_bytes(), value: Some(value) });
            }
        }
        if self.young.len() > self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        Ok(())
    }
}
