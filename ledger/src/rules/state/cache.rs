//! Rows that are hot, in two generations: a row that is not asked for while a whole generation fills is forgotten.
//!
//! Memory is bounded by two generations, whatever the number of rows. Rows that changed since the last commit are
//! never forgotten. Nothing here depends on the order of a hash map.

use crate::source::{Change, Error, Source, Table};
use compact_str::CompactString;
use hashbrown::HashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

type Rows<V> = HashMap<CompactString, Held<V>, foldhash::fast::FixedState>;

/// A row in memory, and whether the next commit must write it.
pub struct Held<V> {
    /// The row.
    pub value: Box<V>,
    /// Whether it has changed.
    pub dirty: bool,
}

impl<V> Held<V> {
    /// A row that is not committed yet.
    pub fn new(value: V) -> Self {
        Self { value: Box::new(value), dirty: true }
    }
}

/// A table of state with its hot rows in memory.
pub struct Cache<V> {
    table: Table,
    generation: usize,
    young: Rows<V>,
    old: Rows<V>,
    dirty: Vec<CompactString>,
}

impl<V: Serialize + DeserializeOwned> Cache<V> {
    /// An empty cache of a table; `generation` is how many rows fill a generation.
    pub fn new(table: Table, generation: usize) -> Self {
        Self { table, generation, young: Rows::default(), old: Rows::default(), dirty: Vec::new() }
    }

    /// Takes a row out, to be put back; from memory, else from the source.
    pub fn take(&mut self, source: &dyn Source, key: &str) -> Result<Option<Held<V>>, Error> {
        if let Some(slot) = self.young.remove(key).or_else(|| self.old.remove(key)) {
            return Ok(Some(slot));
        }
        Ok(self.load(source, key)?.map(|value| Held { value, dirty: false }))
    }

    /// Looks at a row without taking it.
    pub fn peek(&mut self, source: &dyn Source, key: &str) -> Result<Option<&V>, Error> {
        if !self.young.contains_key(key) {
            let value = match self.old.remove(key) {
                Some(slot) => Some(slot),
                None => self.load(source, key)?.map(|value| Held { value, dirty: false }),
            };
            match value {
                Some(slot) => self.young.insert(CompactString::from(key), slot),
                None => return Ok(None),
            };
        }
        Ok(self.young.get(key).map(|slot| slot.value.as_ref()))
    }

    /// Puts a row back, or a new one in; it is written with the next commit where it is dirty.
    pub fn put(&mut self, key: CompactString, held: Held<V>) {
        if held.dirty {
            self.dirty.push(key.clone());
        }
        self.young.insert(key, held);
    }

    /// The rows that changed since the last call; afterwards all rows are clean.
    pub fn drain(&mut self, changes: &mut Vec<Change>) -> Result<(), Error> {
        for key in std::mem::take(&mut self.dirty) {
            let Some(slot) = self.young.get_mut(&key) else { continue };
            if !slot.dirty {
                continue;
            }
            slot.dirty = false;
            let value = postcard::to_stdvec(slot.value.as_ref()).map_err(|e| Error(e.to_string()))?;
            changes.push(Change { table: self.table, key: key.as_bytes().to_vec(), value: Some(value) });
        }
        if self.young.len() > self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        Ok(())
    }

    fn load(&self, source: &dyn Source, key: &str) -> Result<Option<Box<V>>, Error> {
        let Some(bytes) = source.get(self.table, key.as_bytes())? else { return Ok(None) };
        let value = postcard::from_bytes(&bytes).map_err(|e| Error(format!("row of {:?}: {e}", self.table)))?;
        Ok(Some(Box::new(value)))
    }
}
