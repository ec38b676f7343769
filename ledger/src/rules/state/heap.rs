//! Packed rows one after the other in one piece of memory, found by their keys: nothing is allocated for a row, and what was
//! filled once is used again.
//!
//! A row that is put again is appended, and the one before it is replaced; its bytes stay until the heap is cleared.

use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Rows and their keys.
#[derive(Default)]
pub(super) struct Heap {
    bytes: Vec<u8>,
    places: Vec<Place>,
    /// The last row of each key.
    found: HashTable<Found>,
}

/// Where a row lies: its key, and behind that its value.
struct Place {
    start: usize,
    key: u32,
    value: u32,
}

/// A row, and half of the hash of its key.
#[derive(Clone, Copy)]
struct Found {
    half: u32,
    row: u32,
}

/// The hash of a key: within this process alone.
pub(super) fn hash(key: &[u8]) -> u64 {
    foldhash::fast::FixedState::with_seed(0).hash_one(key)
}

/// What a table is searched by: it is made of the half that is kept.
const fn spread(half: u32) -> u64 {
    (half as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

const fn half(hash: u64) -> u32 {
    (hash >> 32) as u32
}

impl Heap {
    /// The value of a key, as it was put last.
    pub fn get(&self, hash: u64, key: &[u8]) -> Option<&[u8]> {
        let half = half(hash);
        let found = self.found.find(spread(half), |found| found.half == half && self.key(found.row) == key)?;
        self.row(found.row).map(|(_, value)| value)
    }

    /// Puts a row, whose value `write` appends; answers its number.
    pub fn push(&mut self, hash: u64, key: &[u8], write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        let (row, half) = (self.places.len() as u32, half(hash));
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        write(&mut self.bytes);
        let value = self.bytes.len() - start - key.len();
        // A commit's rows are far fewer than 2^32, and a row is smaller; what was committed is bounded by its generation.
        self.places.push(Place { start, key: key.len() as u32, value: value as u32 });
        let Self { bytes, places, found } = self;
        let is_it = |known: &Found| known.half == half && key_of(bytes, places, known.row) == key;
        match found.find_mut(spread(half), is_it) {
            Some(known) => known.row = row,
            None => _ = found.insert_unique(spread(half), Found { half, row }, |known| spread(known.half)),
        }
        row
    }

    /// A row, unless another one has replaced it.
    pub fn current(&self, row: u32) -> Option<(&[u8], &[u8])> {
        let (key, value) = self.row(row)?;
        let half = half(hash(key));
        self.found.find(spread(half), |found| found.row == row).map(|_| (key, value))
    }

    fn row(&self, row: u32) -> Option<(&[u8], &[u8])> {
        let Place { start, key, value } = self.places.get(row as usize)?;
        let bytes = self.bytes.get(*start..start + (*key + *value) as usize)?;
        bytes.split_at_checked(*key as usize)
    }

    fn key(&self, row: u32) -> &[u8] {
        key_of(&self.bytes, &self.places, row)
    }

    /// How many rows there are, those that were replaced too.
    pub const fn rows(&self) -> usize {
        self.places.len()
    }

    /// Bytes that are in use.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + self.places.len() * size_of::<Place>() + self.found.len() * 2 * size_of::<Found>()
    }

    /// Empties it, and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.found.clear();
    }
}

fn key_of<'a>(bytes: &'a [u8], places: &[Place], row: u32) -> &'a [u8] {
    let key = places.get(row as usize).and_then(|place| bytes.get(place.start..place.start + place.key as usize));
    key.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_a_key_is_the_row() {
        let mut heap = Heap::default();
        let mut put = |key: &[u8], value: &[u8]| heap.push(hash(key), key, |bytes| bytes.extend_from_slice(value));
        let (first, other, second) = (put(b"k", b"one"), put(b"l", b""), put(b"k", b"two"));
        assert_eq!((heap.get(hash(b"k"), b"k"), heap.get(hash(b"l"), b"l"), heap.get(hash(b"m"), b"m")), (Some(&b"two"[..]), Some(&b""[..]), None));
        assert_eq!((heap.current(first), heap.current(other), heap.current(second)), (None, Some((&b"l"[..], &b""[..])), Some((&b"k"[..], &b"two"[..]))));
        heap.clear();
        assert_eq!((heap.get(hash(b"k"), b"k"), heap.rows()), (None, 0));
    }
}
