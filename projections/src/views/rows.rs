//! What a fold sees: the rows of its group's tables, as changed by the entries before.
//!
//! Rows are decoded once and stay in memory while they are hot; a commit writes what changed, and the checkpoint, in one
//! batch. Bounds: decoded rows of [`super::Settings::row_cache_bytes`], and those that the batch being folded touches.

use super::Error;
use super::batch::Batch;
use super::cache::{AnyCache, Cache, Value};
use super::catalogue::Group;
use super::key::{Key, Names};
use super::store::{Shared, Store, after_prefix};
use super::table::{PROJECTIONS_MAX, TABLES_MAX, Table};
use schemas::time::Date;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// In which order rows are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As their keys sort.
    Ascending,
    /// The other way.
    Descending,
}

/// The rows of a group, for its folds.
pub struct Rows {
    store: Arc<Store>,
    generations: [Option<u32>; PROJECTIONS_MAX],
    caches: Vec<Option<Box<dyn AnyCache>>>,
    /// The last date that rows were asked for by, and whether it began here: rows of it were made by nobody before.
    date: Option<(Date, bool)>,
    memory: Memory,
}

/// What decoded rows may take in memory, and what they do.
pub(super) struct Memory {
    max: usize,
    /// Of all shards together.
    used: Arc<AtomicUsize>,
    /// Of these rows.
    counted: usize,
}

impl Memory {
    pub fn new(shared: &Shared) -> Self {
        Self { max: shared.settings.row_cache_bytes, used: Arc::clone(&shared.rows), counted: 0 }
    }

    fn count(&mut self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        self.used.fetch_sub(std::mem::replace(&mut self.counted, bytes), Ordering::Relaxed);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.count(0);
    }
}

impl Rows {
    /// Rows of a group's copies. `numbers` are the numbers of the projections whose copies they are.
    pub(super) fn new(store: Arc<Store>, group: &Group, projections: &[super::Id], memory: Memory) -> Self {
        let mut generations = [None; PROJECTIONS_MAX];
        for id in projections {
            if let (Some(place), Some(copy)) = (generations.get_mut(usize::from(id.number)), group.copy(*id)) {
                *place = Some(copy.generation);
            }
        }
        let caches = std::iter::repeat_with(|| None).take(PROJECTIONS_MAX * TABLES_MAX).collect();
        Self { store, generations, caches, date: None, memory }
    }

    fn cache<K: Key, V: Value>(&mut self, table: &Table<K, V>) -> Result<(&Store, &mut Cache<K, V>), Error> {
        let id = table.projection();
        let generation = self.generations.get(usize::from(id.number)).copied().flatten().ok_or_else(|| Error::NotReady(id.name.to_owned()))?;
        let place = self.caches.get_mut(table.place()).ok_or_else(|| Error::Unknown(id.name.to_owned()))?;
        let is_whole = self.date.is_some_and(|(_, began_here)| began_here);
        let cache = place.get_or_insert_with(|| Box::new(Cache::<K, V>::new(generation, table, is_whole)));
        let typed = cache.any().downcast_mut();
        typed.map(|cache| (&*self.store, cache)).ok_or_else(|| Error::Corrupt(format!("table {} of {} has two types", table.number(), id.name)))
    }

    /// The cache of a table, with the row of a key sought in it.
    fn seek<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: &impl Names<K>) -> Result<(&Store, &mut Cache<K, V>), Error> {
        let (store, cache) = self.cache(table)?;
        key.encode_name(cache.seek());
        Ok((store, cache))
    }

    /// A row, if there is one.
    pub fn get<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>) -> Result<Option<&V>, Error> {
        let (store, cache) = self.seek(table, &key)?;
        cache.get(store)
    }

    /// A row to be changed; a default one is made where there is none.
    pub fn row<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>) -> Result<&mut V, Error> {
        let (store, cache) = self.seek(table, &key)?;
        cache.row(store)
    }

    /// The same of a [dated](Table::dated) table: `date` is that of the entry and of the key, and never goes back. Of a date that began here
    /// nothing is looked for in vain.
    pub fn row_of_date<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>, date: Date) -> Result<&mut V, Error> {
        if self.date.is_none_or(|(last, _)| last < date) {
            self.date = Some((date, self.date.is_some()));
            self.caches.iter_mut().flatten().for_each(|cache| cache.begin_date());
        }
        let began_here = self.date == Some((date, true));
        let (store, cache) = self.seek(table, &key)?;
        if began_here { cache.row_of_date(store) } else { cache.row(store) }
    }

    /// Changes a row, a default one where there is none.
    pub fn update<K: Key, V: Value, T>(&mut self, table: &Table<K, V>, key: impl Names<K>, change: impl FnOnce(&mut V) -> T) -> Result<T, Error> {
        self.row(table, key).map(change)
    }

    /// Writes a row without reading what was there: cheaper than [`Rows::row`] for a row that is new.
    pub fn put<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>, value: V) -> Result<(), Error> {
        self.seek(table, &key)?.1.put(Some(value))
    }

    /// A row that is known not to be there, to be filled: it is not looked for.
    pub fn fresh<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>) -> Result<&mut V, Error> {
        self.seek(table, &key)?.1.fresh()
    }

    /// Writes a row that is known not to be there, and is whole: cheaper than [`Rows::fresh`] where a [passing](Table::passing) table's row is
    /// mostly not asked for again before the commit. Scans of a fold do not see it until then.
    pub fn begin<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>, value: V) -> Result<(), Error> {
        self.seek(table, &key)?.1.begin(value)
    }

    /// Writes a row of a table whose rows the fold neither reads nor changes: cheaper than [`Rows::put`].
    pub fn append<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>, value: &V) -> Result<(), Error> {
        self.seek(table, &key)?.1.append(value)
    }

    /// Removes a row; nothing where there is none.
    pub fn remove<K: Key, V: Value>(&mut self, table: &Table<K, V>, key: impl Names<K>) -> Result<(), Error> {
        self.seek(table, &key)?.1.put(None)
    }

    /// Of the rows that changed since the last commit, in no order: their keys, and what `of` tells of each.
    pub fn changed<K: Key, V: Value, T>(&mut self, table: &Table<K, V>, of: impl Fn(&V) -> T) -> Result<Vec<(K, T)>, Error> {
        self.cache(table)?.1.changed(of)
    }

    /// Whether the rows in hand take so much that they should be written before more are touched.
    pub(super) fn is_full(&self) -> bool {
        self.caches.iter().flatten().map(|cache| cache.young_bytes()).sum::<usize>() > self.memory.max / 2
    }

    /// How many rows the next commit writes.
    pub(super) fn changes(&self) -> usize {
        self.caches.iter().flatten().map(|cache| cache.changes()).sum()
    }

    /// Visits the rows whose keys begin with `prefix`, changes of this batch included but for rows that were appended or began, until
    /// `visit` says `false`. It costs a look at every row that changed in the batch: for what is rare, not for every entry.
    pub fn scan<P: Key, K: Key, V: Value>(&mut self, table: &Table<K, V>, prefix: &P, order: Order, mut visit: impl FnMut(K, &V) -> bool) -> Result<(), Error> {
        let (store, cache) = self.cache(table)?;
        let mut lower = cache.prefix().to_vec();
        prefix.encode(&mut lower);
        let upper = after_prefix(&lower);
        let overlay = cache.overlay(&lower, upper.as_deref());
        let key_at = cache.prefix().len();
        merge(store, &lower, upper, &overlay, order, &mut |bytes, value| {
            let key = K::decode_whole(bytes.get(key_at..).unwrap_or_default()).ok_or_else(|| Error::Corrupt("a key cannot be decoded".into()))?;
            Ok(match value {
                Found::Changed(value) => visit(key, value),
                Found::Stored(bytes) => visit(key, &postcard::from_bytes(bytes)?),
            })
        })
    }

    /// Puts what changed into a batch, in the order of the keys; all rows are clean afterwards, and those that nobody asked
    /// for lately forgotten.
    pub(super) fn flush(&mut self, batch: &mut Batch<'_>) -> Result<(), Error> {
        let (mut young_bytes, mut bytes) = (0, 0);
        let mut caches: Vec<_> = self.caches.iter_mut().flatten().collect();
        caches.sort_unstable_by_key(|cache| cache.first_bytes());
        for cache in caches {
            cache.flush(batch)?;
            young_bytes += cache.young_bytes();
            bytes += cache.bytes();
        }
        // Young, old and the room that both keep are the bound.
        if young_bytes > self.memory.max / 3 {
            self.caches.iter_mut().flatten().for_each(|cache| cache.rotate());
            bytes = self.caches.iter().flatten().map(|cache| cache.bytes()).sum();
        }
        // A batch of rows that are all new may have taken more than that at once.
        if bytes > self.memory.max {
            self.caches.iter_mut().flatten().for_each(|cache| cache.shrink());
            bytes = self.caches.iter().flatten().map(|cache| cache.bytes()).sum();
        }
        if bytes > self.memory.max {
            self.caches.iter_mut().flatten().for_each(|cache| {
                cache.rotate();
                cache.shrink();
                cache.lose_count();
            });
            bytes = self.caches.iter().flatten().map(|cache| cache.bytes()).sum();
        }
        self.memory.count(bytes);
        Ok(())
    }
}

enum Found<'a, V> {
    Changed(&'a V),
    Stored(&'a [u8]),
}

/// Visits stored rows and changed ones in one order; a changed row hides the stored one.
fn merge<V>(
    store: &Store,
    lower: &[u8],
    upper: Option<Vec<u8>>,
    overlay: &BTreeMap<&[u8], Option<&V>>,
    order: Order,
    visit: &mut dyn FnMut(&[u8], Found<V>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut options = rocksdb::ReadOptions::default();
    options.set_iterate_lower_bound(lower);
    if let Some(upper) = upper {
        options.set_iterate_upper_bound(upper);
    }
    let mut stored = store.db.raw_iterator_opt(options);
    let mut changed: Box<dyn Iterator<Item = (&&[u8], &Option<&V>)>> = match order {
        Order::Ascending => {
            stored.seek_to_first();
            Box::new(overlay.iter())
        }
        Order::Descending => {
            stored.seek_to_last();
            Box::new(overlay.iter().rev())
        }
    };
    let mut next_changed = changed.next();
    loop {
        let comparison = match (stored.key(), next_changed) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(there), Some((here, _))) if order == Order::Ascending => there.cmp(here),
            (Some(there), Some((here, _))) => (*here).cmp(there),
        };
        let go_on = match (comparison, next_changed) {
            (std::cmp::Ordering::Less, _) | (_, None) => match stored.item() {
                Some((key, value)) => visit(key, Found::Stored(value))?,
                None => false,
            },
            (_, Some((key, Some(value)))) => visit(key, Found::Changed(value))?,
            (_, Some((_, None))) => true,
        };
        if !go_on {
            break;
        }
        if comparison.is_le() {
            match order {
                Order::Ascending => stored.next(),
                Order::Descending => stored.prev(),
            }
        }
        if comparison.is_ge() {
            next_changed = changed.next();
        }
    }
    Ok(stored.status()?)
}
