//! Decoded rows of one table: read once, changed in memory, written once a batch.
//!
//! Two maps, young and old: what is asked for moves to the young one, and when that is full it becomes the old one and
//! the old one is forgotten. Rows are forgotten only when they are clean, which all are after a commit. Maps are never
//! iterated in an order that anything depends on.

use super::Error;
use super::key::Key;
use super::store::{Batch, Store};
use super::table::{PREFIX_BYTES, prefix};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;

/// What a value must be.
pub trait Value: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {}
impl<T: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static> Value for T {}

/// What a cached row takes beside its encoded bytes: two decoded copies, hashes, allocations.
const ROW_OVERHEAD_BYTES: usize = 128;

struct Slot<V> {
    /// `None`: known not to be there.
    value: Option<V>,
    dirty: bool,
    bytes: usize,
}

type Rows<K, V> = HashMap<K, Slot<V>, FixedState>;

/// The rows of one table of one generation.
pub(super) struct Cache<K, V> {
    prefix: [u8; PREFIX_BYTES],
    young: Rows<K, V>,
    old: Rows<K, V>,
    /// Keys of rows that changed since the last commit, in the order of their first change.
    changed: Vec<K>,
    young_bytes: usize,
    key_scratch: Vec<u8>,
    value_scratch: Vec<u8>,
}

impl<K: Key, V: Value> Cache<K, V> {
    pub fn new(generation: u32, table: u8) -> Self {
        Self {
            prefix: prefix(generation, table),
            young: HashMap::with_hasher(FixedState::default()),
            old: HashMap::with_hasher(FixedState::default()),
            changed: Vec::new(),
            young_bytes: 0,
            key_scratch: Vec::new(),
            value_scratch: Vec::new(),
        }
    }

    /// A row, if there is one.
    pub fn get(&mut self, store: &Store, key: &K) -> Result<Option<&V>, Error> {
        let slot = slot(&mut self.young, &mut self.old, &mut self.young_bytes, key, |key| read(store, self.prefix, &mut self.key_scratch, key))?;
        Ok(slot.value.as_ref())
    }

    /// The row to be changed; a default one where there is none.
    pub fn row(&mut self, store: &Store, key: K) -> Result<&mut V, Error> {
        let slot = slot(&mut self.young, &mut self.old, &mut self.young_bytes, &key, |key| read(store, self.prefix, &mut self.key_scratch, key))?;
        if !std::mem::replace(&mut slot.dirty, true) {
            self.changed.push(key);
        }
        Ok(slot.value.get_or_insert_with(V::default))
    }

    /// Writes a row, or removes it, without reading it before.
    pub fn put(&mut self, key: K, value: Option<V>) -> Result<(), Error> {
        let slot = slot(&mut self.young, &mut self.old, &mut self.young_bytes, &key, |_| Ok(Slot { value: None, dirty: false, bytes: ROW_OVERHEAD_BYTES }))?;
        slot.value = value;
        if !std::mem::replace(&mut slot.dirty, true) {
            self.changed.push(key);
        }
        Ok(())
    }

    /// Rows that changed since the last commit and lie within bounds, by their bytes.
    pub fn overlay(&self, lower: &[u8], upper: Option<&[u8]>) -> std::collections::BTreeMap<Vec<u8>, Option<&V>> {
        let mut rows = std::collections::BTreeMap::new();
        for key in &self.changed {
            let mut bytes = self.prefix.to_vec();
            key.encode(&mut bytes);
            if bytes.as_slice() >= lower && upper.is_none_or(|upper| bytes.as_slice() < upper) {
                rows.insert(bytes, self.young.get(key).and_then(|slot| slot.value.as_ref()));
            }
        }
        rows
    }

    pub const fn prefix(&self) -> [u8; PREFIX_BYTES] {
        self.prefix
    }
}

/// The row's slot, from memory or by `read`; it is young afterwards.
fn slot<'a, K: Key, V>(
    young: &'a mut Rows<K, V>,
    old: &mut Rows<K, V>,
    young_bytes: &mut usize,
    key: &K,
    read: impl FnOnce(&K) -> Result<Slot<V>, Error>,
) -> Result<&'a mut Slot<V>, Error> {
    match young.entry_ref(key) {
        EntryRef::Occupied(slot) => Ok(slot.into_mut()),
        EntryRef::Vacant(vacant) => {
            let slot = match old.remove(key) {
                Some(slot) => slot,
                None => read(key)?,
            };
            *young_bytes += slot.bytes;
            Ok(vacant.insert_with_key(key.clone(), slot))
        }
    }
}

fn read<K: Key, V: Value>(store: &Store, prefix: [u8; PREFIX_BYTES], scratch: &mut Vec<u8>, key: &K) -> Result<Slot<V>, Error> {
    scratch.clear();
    scratch.extend_from_slice(&prefix);
    key.encode(scratch);
    Ok(match store.db.get_pinned(&scratch)? {
        None => Slot { value: None, dirty: false, bytes: ROW_OVERHEAD_BYTES },
        Some(bytes) => Slot { value: Some(postcard::from_bytes(&bytes)?), dirty: false, bytes: bytes.len() + ROW_OVERHEAD_BYTES },
    })
}

/// A cache without its types.
pub(super) trait AnyCache: Send {
    /// As [`Any`].
    fn any(&mut self) -> &mut dyn Any;
    /// Writes what changed into a batch; everything is clean afterwards.
    fn flush(&mut self, batch: &mut Batch) -> Result<(), Error>;
    /// Forgets what was not asked for lately.
    fn rotate(&mut self);
    /// Bytes of the young rows, about.
    fn young_bytes(&self) -> usize;
}

impl<K: Key, V: Value> AnyCache for Cache<K, V> {
    fn any(&mut self) -> &mut dyn Any {
        self
    }

    fn flush(&mut self, batch: &mut Batch) -> Result<(), Error> {
        // RocksDB inserts keys that rise far faster than keys in no order.
        let prefix = self.prefix;
        let encoded = |key: K| {
            let mut bytes = Vec::with_capacity(64);
            bytes.extend_from_slice(&prefix);
            key.encode(&mut bytes);
            (bytes, key)
        };
        let mut changed: Vec<(Vec<u8>, K)> = self.changed.drain(..).map(encoded).collect();
        changed.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (bytes_of_key, key) in changed {
            // A changed row stays young until it is written.
            let Some(slot) = self.young.get_mut(&key) else { continue };
            slot.dirty = false;
            let bytes = match &slot.value {
                None => {
                    batch.delete(&bytes_of_key);
                    ROW_OVERHEAD_BYTES
                }
                Some(value) => {
                    self.value_scratch.clear();
                    self.value_scratch = postcard::to_extend(value, std::mem::take(&mut self.value_scratch))?;
                    batch.put(&bytes_of_key, &self.value_scratch);
                    self.value_scratch.len() + ROW_OVERHEAD_BYTES
                }
            };
            self.young_bytes = self.young_bytes.saturating_sub(slot.bytes) + bytes;
            slot.bytes = bytes;
        }
        Ok(())
    }

    fn rotate(&mut self) {
        self.old = std::mem::replace(&mut self.young, HashMap::with_hasher(FixedState::default()));
        self.young_bytes = 0;
    }

    fn young_bytes(&self) -> usize {
        self.young_bytes
    }
}
