//! A table of state whose rows lie in memory ready for use: for rows that nearly every event changes, as merchants are.
//!
//! A row that is not asked for while a whole generation fills is forgotten, and read from the source when somebody does ask.
//! So memory is bounded by two generations, whatever the number of rows and their size; one that changed since the last commit
//! is never forgotten. Nothing depends on the order of a hash map.

use super::stored::{read, write};
use crate::format::stored::Stored;
use crate::source::{Changes, Error, Source, Table};
use compact_str::CompactString;
use hashbrown::HashMap;
use serde::Serialize;

type Rows<V> = HashMap<CompactString, Held<V>, foldhash::fast::FixedState>;

/// A row in memory, and whether the next commit must write it.
pub struct Held<V> {
    /// The row.
    pub value: V,
    /// Whether it has changed.
    pub dirty: bool,
    /// What it takes in memory, about; 0 for a new one.
    bytes: u32,
}

impl<V> Held<V> {
    /// A row that is not committed yet.
    pub const fn new(value: V) -> Self {
        Self { value, dirty: true, bytes: 0 }
    }
}

/// A table of state with rows ready for use.
pub struct Live<V> {
    table: Table,
    generation: Generation,
    young: Rows<V>,
    old: Rows<V>,
    /// Bytes of the rows that are young, and of those that are old, about.
    young_bytes: usize,
    old_bytes: usize,
    dirty: Vec<CompactString>,
}

/// What fills a generation, whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Rows.
    pub rows: usize,
    /// Bytes in memory, about.
    pub bytes: usize,
}

impl Generation {
    /// So many rows, whatever their size.
    pub const fn of_rows(rows: usize) -> Self {
        Self { rows, bytes: usize::MAX }
    }
}

impl<V: Serialize + Stored> Live<V> {
    /// An empty one; `generation` is what fills a generation.
    pub fn new(table: Table, generation: Generation) -> Self {
        Self { table, generation, young: Rows::default(), old: Rows::default(), young_bytes: 0, old_bytes: 0, dirty: Vec::new() }
    }

    /// Takes a row out, to be put back; from memory, else from the source.
    pub fn take(&mut self, source: &dyn Source, key: &str) -> Result<Option<Held<V>>, Error> {
        if let Some(held) = self.young.remove(key) {
            self.young_bytes = self.young_bytes.saturating_sub(bytes(key, &held));
            return Ok(Some(held));
        }
        if let Some(held) = self.old.remove(key) {
            self.old_bytes = self.old_bytes.saturating_sub(bytes(key, &held));
            return Ok(Some(held));
        }
        let Some(packed) = source.get(self.table, key.as_bytes())? else { return Ok(None) };
        let value = read(self.table, &packed)?;
        let bytes = footprint(&value);
        Ok(Some(Held { value, dirty: false, bytes }))
    }

    /// Puts a row back, or a new one in; it is written with the next commit where it is dirty.
    pub fn put(&mut self, key: &str, held: Held<V>) {
        let key = CompactString::from(key);
        if held.dirty {
            self.dirty.push(key.clone());
        }
        self.young_bytes += bytes(&key, &held);
        self.young.insert(key, held);
    }

    /// Another bound on a generation.
    pub const fn bound(&mut self, generation: Generation) {
        self.generation = generation;
    }

    /// Bytes of the rows in memory, about; a row that is new counts for little until it is committed.
    pub const fn bytes(&self) -> usize {
        self.young_bytes + self.old_bytes
    }

    /// What changed since the last call; afterwards all rows are clean.
    pub fn drain(&mut self, changes: &mut Changes) {
        for key in self.dirty.drain(..) {
            let Some(held) = self.young.get_mut(&key) else { continue };
            // A row that was put back several times is written once.
            if std::mem::take(&mut held.dirty) {
                write(changes, self.table, key.as_bytes(), &held.value);
                let before = bytes(&key, held);
                held.bytes = footprint(&held.value);
                self.young_bytes = (self.young_bytes + bytes(&key, held)).saturating_sub(before);
            }
        }
        if self.young.len() > self.generation.rows || self.young_bytes > self.generation.bytes {
            self.old = std::mem::take(&mut self.young);
            self.old_bytes = std::mem::take(&mut self.young_bytes);
        }
    }
}

/// What a row takes in memory, about: its place in a table that is not full, a long key, and what hangs on it.
fn bytes<V>(key: &str, held: &Held<V>) -> usize {
    let slot = size_of::<(CompactString, Held<V>)>() * 3 / 2;
    slot + if key.len() > 24 { key.len() } else { 0 } + held.bytes as usize
}

fn footprint<V: Serialize>(value: &V) -> u32 {
    u32::try_from(crate::footprint::of(value)).unwrap_or(u32::MAX)
}
