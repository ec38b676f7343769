//! Reading: one snapshot of a shard's views, from one position.

use super::Error;
use super::cache::Value;
use super::catalogue::{Catalogue, Checkpoint};
use super::key::Key;
use super::rows::Order;
use super::stop::Stop;
use super::store::{Shared, Store, after_prefix};
use super::table::{Table, prefix};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

/// Reads the views of one shard; any number of them, from any thread.
#[derive(Clone)]
pub struct Views {
    store: Arc<Store>,
}

impl Views {
    pub(super) const fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    pub(super) const fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Opens a directory to read it as it is now, also while another process writes to it.
    pub fn open_read_only(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        Ok(Self { store: Arc::new(Store::open_read_only(directory, shared)?) })
    }

    /// Everything as of the last commit. Cheap; not to be kept for long, because what it sees stays on disk.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, Error> {
        let rows = self.store.db.snapshot();
        let catalogue = self.store.noted(self.store.latest.read(|key| Ok(rows.get_pinned(key)?)))?;
        Ok(Snapshot { store: &self.store, rows, catalogue, stop: Stop::current() })
    }

    /// What is in the database, live and being folded.
    pub fn catalogue(&self) -> Result<Catalogue, Error> {
        Ok(Catalogue::read_from(&self.store)?.unwrap_or_default())
    }
}

/// The live views at one commit: every table from the same position.
pub struct Snapshot<'a> {
    store: &'a Store,
    rows: rocksdb::Snapshot<'a>,
    catalogue: Arc<Catalogue>,
    /// Whether somebody still waits for what is read.
    stop: Stop,
}

impl<'a> Snapshot<'a> {
    /// How far the views are.
    pub fn checkpoint(&self) -> Checkpoint {
        self.catalogue.live.checkpoint
    }

    fn prefix<K, V>(&self, table: &Table<K, V>) -> Result<Vec<u8>, Error> {
        let id = table.projection();
        let copy = self.catalogue.live.copy(id).ok_or_else(|| Error::NotReady(id.name.to_owned()))?;
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&prefix(copy.generation, table.number()));
        Ok(bytes)
    }

    /// A row, if there is one.
    pub fn get<K: Key, V: Value>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, Error> {
        let mut bytes = self.prefix(table)?;
        key.encode(&mut bytes);
        let read = || -> Result<Option<V>, Error> {
            let Some(value) = self.rows.get_pinned(&bytes)? else { return Ok(None) };
            Ok(Some(postcard::from_bytes(&value)?))
        };
        self.store.noted(read())
    }

    /// The rows whose keys begin with `prefix`, in order.
    pub fn scan<P: Key, K: Key, V: Value>(&self, table: &Table<K, V>, prefix: &P, order: Order) -> Result<Scan<'_, K, V>, Error> {
        self.range(table, prefix, Within::default(), order)
    }

    /// The rows whose keys begin with `prefix` and lie within bounds, in order.
    pub fn range<P: Key, K: Key, V: Value>(&self, table: &Table<K, V>, prefix: &P, within: Within, order: Order) -> Result<Scan<'_, K, V>, Error> {
        let start = self.prefix(table)?;
        let key_at = start.len();
        let mut whole = start.clone();
        prefix.encode(&mut whole);
        let bound = |key: Vec<u8>| [start.as_slice(), &key].concat();
        let upper_of_prefix = after_prefix(&whole);
        let lower = within.from.map(bound).filter(|from| *from > whole).unwrap_or(whole);
        let upper = match (within.below.map(bound), upper_of_prefix) {
            (Some(below), Some(upper)) => Some(below.min(upper)),
            (below, upper) => below.or(upper),
        };
        let mut options = rocksdb::ReadOptions::default();
        let nothing = upper.as_ref().is_some_and(|upper| *upper <= lower);
        options.set_iterate_lower_bound(lower);
        if let Some(upper) = upper {
            options.set_iterate_upper_bound(upper);
        }
        let mut rows = self.rows.raw_iterator_opt(options);
        if !nothing {
            match order {
                Order::Ascending => rows.seek_to_first(),
                Order::Descending => rows.seek_to_last(),
            }
        }
        Ok(Scan { store: self.store, rows, order, key_at, sought: start, started: nothing, stop: self.stop.clone(), types: PhantomData })
    }

    /// The last row whose key begins with `prefix` and is at most `key`: how a table of changes by date is read.
    pub fn last_until<P: Key, K: Key, V: Value>(&self, table: &Table<K, V>, prefix: &P, key: &K) -> Result<Option<(K, V)>, Error> {
        let mut below = key.bytes();
        below.push(0);
        self.range(table, prefix, Within { from: None, below: Some(below) }, Order::Descending)?.next().transpose()
    }
}

/// Bounds of a range: bytes of keys, or of their first parts.
#[derive(Clone, Debug, Default)]
pub struct Within {
    /// From here, inclusive.
    pub from: Option<Vec<u8>>,
    /// Up to here, exclusive.
    pub below: Option<Vec<u8>>,
}

/// Rows in order.
pub struct Scan<'a, K, V> {
    store: &'a Store,
    rows: rocksdb::DBRawIterator<'a>,
    order: Order,
    key_at: usize,
    /// The prefix of the table, and a key that is sought.
    sought: Vec<u8>,
    started: bool,
    stop: Stop,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V> Scan<'_, K, V> {
    /// Goes on at the first row whose key begins with `prefix`, or comes after it; for a scan in ascending order.
    pub fn skip_to<P: Key>(&mut self, prefix: &P) {
        self.sought.truncate(self.key_at);
        prefix.encode(&mut self.sought);
        self.rows.seek(&self.sought);
        self.started = false;
    }
}

impl<K: Key, V: Value> Iterator for Scan<'_, K, V> {
    type Item = Result<(K, V), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.started && self.rows.valid() {
            match self.order {
                Order::Ascending => self.rows.next(),
                Order::Descending => self.rows.prev(),
            }
        }
        self.started = true;
        if self.stop.is_stopped() {
            return Some(Err(Error::Stopped));
        }
        let Some((key, value)) = self.rows.item() else { return self.rows.status().err().map(|error| self.store.noted(Err(error.into()))) };
        let Some(key) = K::decode_whole(key.get(self.key_at..).unwrap_or_default()) else {
            return Some(self.store.noted(Err(Error::Corrupt("a key cannot be decoded".into()))));
        };
        Some(self.store.noted(postcard::from_bytes(value).map(|value| (key, value)).map_err(Error::from)))
    }
}
