//! Rows of one table in memory: read once, changed decoded, written once a commit.
//!
//! Two generations, young and old: what is asked for moves to the young one, and when that is full it becomes the old one
//! and the old one is forgotten. Rows are forgotten only when they are clean, which all are after a commit. A row is found
//! by the bytes of its key, so that no key is ever copied to look for it, and the memory of a forgotten generation is used
//! again. Nothing is ever iterated in an order that anything depends on.
//!
//! Rows that the fold neither reads nor changes again (a history, say) are *appended*: encoded at once, and kept as bytes. So are rows that
//! *begin*, of tables whose rows do not stay: one that is asked for before the commit all the same is decoded again.

use super::Error;
use super::appended::{Appended, rank};
use super::batch::Batch;
use super::begun::Begun;
use super::forgotten::Forgotten;
use super::generation::Generation;
use super::key::Key;
use super::slot::{KeyBytes, Slot};
use super::store::Store;
use super::table::{PREFIX_BYTES, Table, prefix};
use foldhash::fast::FixedState;
use ledger::footprint;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::marker::PhantomData;

/// What a value must be.
pub trait Value: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {}
impl<T: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static> Value for T {}

/// What an appended row takes beside its bytes: where it is, its place in the order of a commit, and how it is found.
const BESIDE_APPENDED: usize = 64;

/// Where a row is looked for that is not in memory.
#[derive(Clone, Copy)]
enum Elsewhere<'a> {
    /// It is nowhere.
    Nowhere,
    /// On disk.
    Stored(&'a Store),
    /// On disk, if it was [forgotten](Forgotten).
    Forgotten(&'a Store),
}

/// The rows of one table of one copy.
pub(super) struct Cache<K, V> {
    prefix: [u8; PREFIX_BYTES],
    /// Whether rows are forgotten once they are written.
    is_passing: bool,
    young: Generation<V>,
    old: Generation<V>,
    /// Places of young rows that changed since the last commit.
    changed: Vec<u32>,
    /// The place of the row that was looked for last: folds ask for a row and then change it.
    latest: u32,
    /// What hangs on the row that was written last.
    usual: u32,
    /// What an empty value takes, as it is counted.
    inline: usize,
    appended: Appended,
    /// Which of the appended rows may be asked for.
    begun: Begun,
    /// Rows that are not in memory any more, since the last date began; of a table with dates.
    forgotten: Option<Forgotten>,
    /// The key that is being looked for.
    sought: Vec<u8>,
    encoded: Vec<u8>,
    /// What a commit writes, in the order of the keys.
    order: Vec<(u128, u32)>,
    hasher: FixedState,
    keys: PhantomData<fn() -> K>,
}

impl<K: Key, V: Value> Cache<K, V> {
    /// `is_whole`: a date has begun, and the table had no row since.
    pub fn new(generation: u32, table: &Table<K, V>, is_whole: bool) -> Self {
        let is_passing = table.is_passing();
        Self {
            prefix: prefix(generation, table.number()),
            is_passing,
            young: Generation::new(),
            old: Generation::new(),
            changed: Vec::new(),
            latest: 0,
            // A guess, until one was measured.
            usual: u32::try_from(size_of::<V>()).unwrap_or(u32::MAX),
            inline: footprint::of(&V::default()),
            appended: Appended::default(),
            begun: Begun::default(),
            forgotten: Some(Forgotten::new(is_whole)).filter(|_| table.is_dated() && !is_passing),
            sought: Vec::with_capacity(64),
            encoded: Vec::new(),
            order: Vec::new(),
            hasher: FixedState::default(),
            keys: PhantomData,
        }
    }

    /// Begins to look for a row; what follows is appended to these bytes.
    pub fn seek(&mut self) -> &mut Vec<u8> {
        self.sought.clear();
        self.sought.extend_from_slice(&self.prefix);
        &mut self.sought
    }

    /// The place of the row that is sought, which is young afterwards.
    fn place(&mut self, elsewhere: Elsewhere<'_>) -> Result<u32, Error> {
        let key = self.sought.as_slice();
        if self.young.slots.get(self.latest as usize).is_some_and(|slot| slot.key.bytes() == key) {
            return Ok(self.latest);
        }
        let hash = self.hasher.hash_one(key);
        if let Some(place) = self.young.find(hash, key) {
            self.latest = place;
            return Ok(place);
        }
        if let Some(slot) = self.old.take(hash, key) {
            self.latest = self.young.put(slot);
            return Ok(self.latest);
        }
        let began = self.begun.take(&mut self.appended, hash, key).map(postcard::from_bytes).transpose()?;
        // What will be in a new row is not known yet: as much as in the others.
        let mut slot = Slot { key: KeyBytes::of(key), hash, value: None, dirty: false, encoded: 0, bytes: Slot::<V>::empty(key).saturating_add(self.usual) };
        let store = match elsewhere {
            Elsewhere::Nowhere => None,
            Elsewhere::Stored(store) => Some(store),
            Elsewhere::Forgotten(store) => Some(store).filter(|_| self.forgotten.as_ref().is_none_or(|forgotten| forgotten.may_have(hash))),
        };
        if began.is_some() {
            (slot.value, slot.dirty) = (began, true);
        } else if let Some(bytes) = store.map(|store| store.db.get_pinned(key)).transpose()?.flatten() {
            slot.value = Some(postcard::from_bytes(&bytes)?);
            slot.measure(bytes.len(), self.inline);
        }
        let is_dirty = slot.dirty;
        self.latest = self.young.put(slot);
        self.changed.extend(is_dirty.then_some(self.latest));
        Ok(self.latest)
    }

    /// The row that is sought; with `change`, it is to be written.
    fn slot(&mut self, elsewhere: Elsewhere<'_>, change: bool) -> Result<&mut Slot<V>, Error> {
        let place = self.place(elsewhere)?;
        let slot = self.young.slots.get_mut(place as usize).ok_or_else(|| Error::Corrupt("a row was lost in memory".into()))?;
        if change && !std::mem::replace(&mut slot.dirty, true) {
            self.changed.push(place);
        }
        Ok(slot)
    }

    /// The row that is sought, if there is one.
    pub fn get(&mut self, store: &Store) -> Result<Option<&V>, Error> {
        Ok(self.slot(Elsewhere::Stored(store), false)?.value.as_ref())
    }

    /// The row that is sought, to be changed; a default one where there is none.
    pub fn row(&mut self, store: &Store) -> Result<&mut V, Error> {
        Ok(self.slot(Elsewhere::Stored(store), true)?.value.get_or_insert_with(V::default))
    }

    /// The same of a row that there is only if it was made since the last date began.
    pub fn row_of_date(&mut self, store: &Store) -> Result<&mut V, Error> {
        Ok(self.slot(Elsewhere::Forgotten(store), true)?.value.get_or_insert_with(V::default))
    }

    /// The row that is sought and known to be nowhere, to be filled.
    pub fn fresh(&mut self) -> Result<&mut V, Error> {
        Ok(self.slot(Elsewhere::Nowhere, true)?.value.get_or_insert_with(V::default))
    }

    /// Writes the row that is sought, or removes it, without reading it before.
    pub fn put(&mut self, value: Option<V>) -> Result<(), Error> {
        self.slot(Elsewhere::Nowhere, true)?.value = value;
        Ok(())
    }

    /// Writes the row that is sought and is neither read nor changed again.
    pub fn append(&mut self, value: &V) -> Result<(), Error> {
        self.appended.push(&self.sought, value).map(|_| ())
    }

    /// Writes the row that is sought and known to be nowhere, and is mostly not asked for again.
    pub fn begin(&mut self, value: V) -> Result<(), Error> {
        let hash = self.hasher.hash_one(self.sought.as_slice());
        // Somebody may have looked for it in vain.
        if !self.is_passing || self.young.find(hash, &self.sought).is_some() {
            return self.put(Some(value));
        }
        self.begun.push(&mut self.appended, hash, &self.sought, &value)
    }

    /// Of the rows that changed since the last commit, but for those that were appended or began, in no order: their keys, and what `of`
    /// tells of each.
    pub fn changed<T>(&self, of: impl Fn(&V) -> T) -> Result<Vec<(K, T)>, Error> {
        let slots = self.changed.iter().filter_map(|place| self.young.slots.get(*place as usize));
        let there = slots.filter_map(|slot| slot.value.as_ref().map(|value| (slot.key.bytes(), value)));
        let unreadable = || Error::Corrupt("a key cannot be decoded".into());
        there.map(|(key, value)| Ok((K::decode_whole(key.get(PREFIX_BYTES..).unwrap_or_default()).ok_or_else(unreadable)?, of(value)))).collect()
    }

    /// Rows that changed since the last commit and lie within bounds, by their bytes. Those that were appended or began are not among them.
    pub fn overlay(&self, lower: &[u8], upper: Option<&[u8]>) -> BTreeMap<&[u8], Option<&V>> {
        let slots = self.changed.iter().filter_map(|place| self.young.slots.get(*place as usize));
        let within = slots.filter(|slot| slot.key.bytes() >= lower && upper.is_none_or(|upper| slot.key.bytes() < upper));
        within.map(|slot| (slot.key.bytes(), slot.value.as_ref())).collect()
    }

    pub const fn prefix(&self) -> [u8; PREFIX_BYTES] {
        self.prefix
    }
}

/// A cache without its types.
pub(super) trait AnyCache: Send {
    /// As [`Any`].
    fn any(&mut self) -> &mut dyn Any;
    /// Rows that the next commit writes.
    fn changes(&self) -> usize;
    /// What the keys of its rows begin with.
    fn first_bytes(&self) -> [u8; PREFIX_BYTES];
    /// Writes what changed into a batch, in the order of the keys; everything is clean afterwards.
    fn flush(&mut self, batch: &mut Batch<'_>) -> Result<(), Error>;
    /// A date begins.
    fn begin_date(&mut self);
    /// Does not keep in mind any more which rows were forgotten.
    fn lose_count(&mut self);
    /// Forgets what was not asked for lately.
    fn rotate(&mut self);
    /// Bytes of the young rows, about, and of those that are only written.
    fn young_bytes(&self) -> usize;
    /// Bytes of all rows, about, and of what is kept to be filled again.
    fn bytes(&self) -> usize;
    /// Gives back what is kept to be filled again, and what was not asked for lately; for a cache that is clean.
    fn shrink(&mut self);
}

impl<K: Key, V: Value> AnyCache for Cache<K, V> {
    fn any(&mut self) -> &mut dyn Any {
        self
    }

    fn changes(&self) -> usize {
        self.changed.len() + self.appended.len()
    }

    fn first_bytes(&self) -> [u8; PREFIX_BYTES] {
        self.prefix
    }

    fn flush(&mut self, batch: &mut Batch<'_>) -> Result<(), Error> {
        let key_at = |place: u32| self.young.slots.get(place as usize).map_or(&[][..], |slot| slot.key.bytes());
        self.order.extend(self.changed.drain(..).map(|place| (rank(key_at(place)), place)));
        self.order.sort_unstable_by(|(a, a_place), (b, b_place)| a.cmp(b).then_with(|| key_at(*a_place).cmp(key_at(*b_place))));
        self.appended.sort();
        let mut changed = std::mem::take(&mut self.order);
        let mut appended = std::mem::take(&mut self.appended);
        let mut rows = appended.rows().peekable();
        for (_, place) in changed.drain(..) {
            let Some(slot) = self.young.slots.get_mut(place as usize) else { continue };
            while let Some((key, value)) = rows.next_if(|(key, _)| *key < slot.key.bytes()) {
                batch.put(key, value)?;
            }
            slot.dirty = false;
            self.encoded.clear();
            if let Some(value) = &slot.value {
                self.encoded = postcard::to_extend(value, std::mem::take(&mut self.encoded))?;
            }
            // What was appended under the same key is written in its place.
            if rows.peek().is_none_or(|(key, _)| *key != slot.key.bytes()) {
                if slot.value.is_some() { batch.put(slot.key.bytes(), &self.encoded)? } else { batch.delete(slot.key.bytes())? }
            }
            if !self.is_passing {
                let before = slot.bytes as usize;
                slot.measure(self.encoded.len(), self.inline);
                self.young.bytes = self.young.bytes.saturating_sub(before) + slot.bytes as usize;
                self.usual = slot.bytes.saturating_sub(Slot::<V>::empty(slot.key.bytes()));
            }
        }
        rows.by_ref().try_for_each(|(key, value)| batch.put(key, value))?;
        drop(rows);
        appended.clear();
        (self.order, self.appended) = (changed, appended);
        self.begun.clear();
        if self.is_passing {
            self.young.clear();
        }
        Ok(())
    }

    fn begin_date(&mut self) {
        if let Some(forgotten) = &mut self.forgotten {
            forgotten.begin();
        }
    }

    fn lose_count(&mut self) {
        if let Some(forgotten) = &mut self.forgotten {
            *forgotten = Forgotten::new(false);
        }
    }

    fn rotate(&mut self) {
        if let Some(forgotten) = &mut self.forgotten {
            forgotten.add(self.old.hashes());
        }
        self.old.clear();
        std::mem::swap(&mut self.old, &mut self.young);
    }

    fn young_bytes(&self) -> usize {
        self.young.bytes + self.appended.bytes() + self.appended.len() * BESIDE_APPENDED
    }

    fn bytes(&self) -> usize {
        let lists = self.changed.capacity() * size_of::<u32>() + self.order.capacity() * size_of::<(u128, u32)>();
        let written = self.appended.taken() + self.begun.taken() + self.encoded.capacity();
        self.young.taken() + self.old.taken() + lists + written + self.forgotten.as_ref().map_or(0, Forgotten::taken)
    }

    fn shrink(&mut self) {
        if let Some(forgotten) = &mut self.forgotten {
            forgotten.add(self.old.hashes());
        }
        self.old = Generation::new();
        self.young.shrink();
        (self.changed, self.order, self.encoded) = (Vec::new(), Vec::new(), Vec::new());
        (self.appended, self.begun) = (Appended::default(), Begun::default());
    }
}
