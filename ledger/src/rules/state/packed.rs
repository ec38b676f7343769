//! A table of state whose rows lie in memory as they lie on disk: packed. For rows that are written once and seldom
//! asked for again, as payments and ids are.
//!
//! What was written since the last commit is never forgotten. A committed row is kept for two generations: one that nobody
//! asks for while a whole generation fills is read from the source when somebody does. So memory is bounded, whatever the
//! number of rows. A generation is one piece of memory to which rows are appended, see [`super::heap`].

use super::heap::{Heap, hash};
use super::live::Generation;
use super::stored::read;
use crate::format::stored::Stored;
use crate::source::{Changes, Error, Source, Table};
use std::marker::PhantomData;

/// A table of state with packed rows.
pub struct Packed<V> {
    table: Table,
    generation: Generation,
    young: Heap,
    old: Heap,
    /// The rows of `young` that the next commit writes, in the order in which they were put; one that was put again is replaced.
    changed: Vec<u32>,
    rows: PhantomData<V>,
}

impl<V: Stored> Packed<V> {
    /// An empty one; `generation` is what committed rows fill a generation. With 0 rows none is kept.
    pub fn new(table: Table, generation: Generation) -> Self {
        Self { table, generation, young: Heap::default(), old: Heap::default(), changed: Vec::new(), rows: PhantomData }
    }

    /// A row; from memory, else from the source.
    pub fn get(&mut self, source: &dyn Source, key: &str) -> Result<Option<V>, Error> {
        let hash = hash(key.as_bytes());
        if let Some(packed) = self.young.get(hash, key.as_bytes()) {
            return read(self.table, packed).map(Some);
        }
        if let Some(packed) = self.old.get(hash, key.as_bytes()) {
            let value = read(self.table, packed)?;
            self.young.push(hash, key.as_bytes(), |bytes| bytes.extend_from_slice(packed));
            return Ok(Some(value));
        }
        source.get(self.table, key.as_bytes())?.map(|packed| read(self.table, &packed)).transpose()
    }

    /// Writes a row with the next commit.
    pub fn put(&mut self, key: impl AsRef<str>, value: &V) {
        let key = key.as_ref().as_bytes();
        let row = self.young.push(hash(key), key, |bytes| value.write(bytes));
        self.changed.push(row);
    }

    /// Another bound on a generation, where rows are kept at all.
    pub const fn bound(&mut self, generation: Generation) {
        self.generation = generation;
    }

    /// Bytes of the rows in memory.
    pub fn bytes(&self) -> usize {
        self.young.bytes() + self.old.bytes()
    }

    /// What changed since the last call.
    pub fn drain(&mut self, changes: &mut Changes) {
        for row in self.changed.drain(..) {
            if let Some((key, value)) = self.young.current(row) {
                changes.put(self.table, key, value);
            }
        }
        if self.generation.rows == 0 {
            self.young.clear();
        } else if self.young.rows() > self.generation.rows || self.young.bytes() > self.generation.bytes {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
    }
}
