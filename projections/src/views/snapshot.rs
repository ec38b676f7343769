//! Reading: one snapshot of a shard's views, from one position. Its rows lie here, or with whoever keeps it meanwhile, such as another
//! process ([`Elsewhere`]): whoever reads does not see which.

use super::Error;
use super::cache::Value;
use super::catalogue::{Catalogue, Checkpoint};
use super::elsewhere::{Elsewhere, PAGE_BYTES_MAX, PAGE_ROWS_MAX, Page, Span};
use super::key::Key;
use super::rows::Order;
use super::scan::{Scan, Walk};
use super::stop::Stop;
use super::store::{Shared, Store, after_prefix};
use super::table::{Table, prefix};
use super::whole::{Seen, Whole};
use std::path::Path;
use std::sync::Arc;

/// Reads the views of one shard; any number of them, from any thread.
#[derive(Clone)]
pub struct Views {
    store: Arc<Store>,
    seen: Arc<Seen>,
}

impl Views {
    pub(super) const fn new(store: Arc<Store>, seen: Arc<Seen>) -> Self {
        Self { store, seen }
    }

    pub(super) const fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Opens a directory to read it as it is now, also while another process writes to it.
    pub fn open_read_only(directory: &Path, shared: &Shared) -> Result<Self, Error> {
        Ok(Self { store: Arc::new(Store::open_read_only(directory, shared)?), seen: Arc::default() })
    }

    /// Everything as of the last commit that ends with a record: of a larger one that is committed in parts nothing is seen before it is
    /// whole. Cheap; not to be kept for long, because what it sees stays on disk.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, Error> {
        match self.seen.or(|| self.store.db.snapshot()) {
            Ok(rows) => Snapshot::here(&self.store, rows),
            Err(whole) => {
                let catalogue = Arc::clone(whole.catalogue());
                Ok(Snapshot { rows: Kept::Whole(whole), catalogue, stop: Stop::current() })
            }
        }
    }

    /// Writes a copy, whole as of one commit, into a directory that is not there yet. The writer goes on; on the same disk the copy
    /// shares its files and costs next to nothing.
    pub fn link_to(&self, directory: &Path) -> Result<(), Error> {
        Ok(rocksdb::checkpoint::Checkpoint::new(&self.store.db)?.create_checkpoint(directory)?)
    }

    /// What is in the database, live and being folded.
    pub fn catalogue(&self) -> Result<Catalogue, Error> {
        Ok(Catalogue::read_from(&self.store)?.unwrap_or_default())
    }
}

/// Rows of the first page of a range that lies in another process.
const PAGE_ROWS_FIRST: usize = 128;

/// Where the rows of a snapshot are.
enum Kept<'a> {
    /// In this process.
    Here { store: &'a Store, rows: rocksdb::Snapshot<'a> },
    /// In another one.
    Elsewhere(&'a dyn Elsewhere),
    /// In this process, with a thread that keeps them.
    Whole(Arc<Whole>),
}

/// How rows are read.
enum Read<'s> {
    At(&'s Store, &'s rocksdb::Snapshot<'s>),
    Asked(&'s dyn Elsewhere),
}

impl Kept<'_> {
    fn read(&self) -> Read<'_> {
        match self {
            Self::Here { store, rows } => Read::At(store, rows),
            Self::Elsewhere(rows) => Read::Asked(*rows),
            Self::Whole(rows) => Read::Asked(&**rows),
        }
    }
}

/// The live views at one commit, which ends with a record: every table from the same position.
pub struct Snapshot<'a> {
    rows: Kept<'a>,
    catalogue: Arc<Catalogue>,
    /// Whether somebody still waits for what is read.
    stop: Stop,
}

impl<'a> Snapshot<'a> {
    /// Of the database as it is, whatever is committed.
    pub(super) fn of(store: &'a Store) -> Result<Self, Error> {
        Self::here(store, store.db.snapshot())
    }

    fn here(store: &'a Store, rows: rocksdb::Snapshot<'a>) -> Result<Self, Error> {
        let catalogue = store.noted(store.latest.read(|key| Ok(rows.get_pinned(key)?)))?;
        Ok(Self { rows: Kept::Here { store, rows }, catalogue, stop: Stop::current() })
    }

    /// What is live in it, and how far that is.
    pub(super) fn shared_catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue)
    }

    /// One that another process keeps, by its catalogue.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn elsewhere(rows: &'a dyn Elsewhere, catalogue: &[u8]) -> Result<Self, Error> {
        Ok(Self { rows: Kept::Elsewhere(rows), catalogue: Arc::new(postcard::from_bytes(catalogue)?), stop: Stop::current() })
    }

    /// What whoever reads it from another process needs to know of it.
    ///
    /// # Errors
    /// None that is known: it is written into memory.
    pub fn catalogue(&self) -> Result<Vec<u8>, Error> {
        Ok(postcard::to_stdvec(&*self.catalogue)?)
    }

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
        match self.rows.read() {
            Read::At(store, rows) => {
                let read = || -> Result<Option<V>, Error> {
                    let Some(value) = rows.get_pinned(&bytes)? else { return Ok(None) };
                    Ok(Some(postcard::from_bytes(&value)?))
                };
                store.noted(read())
            }
            Read::Asked(_) if self.stop.is_stopped() => Err(Error::Stopped),
            Read::Asked(rows) => rows.get(&bytes)?.map(|value| postcard::from_bytes(&value).map_err(Error::from)).transpose(),
        }
    }

    /// The rows whose keys begin with `prefix`, in order.
    pub fn scan<P: Key, K: Key, V: Value>(&self, table: &Table<K, V>, prefix: &P, order: Order) -> Result<Scan<'_, K, V>, Error> {
        self.range(table, prefix, Within::default(), order)
    }

    /// The rows whose keys begin with `prefix` and lie within bounds, in order.
    pub fn range<P: Key, K: Key, V: Value>(&self, table: &Table<K, V>, prefix: &P, within: Within, order: Order) -> Result<Scan<'_, K, V>, Error> {
        self.bounded(table, prefix, within, order, PAGE_ROWS_FIRST)
    }

    /// The same; of rows that another process has, so many are asked for at a time.
    fn bounded<P: Key, K: Key, V: Value>(
        &self,
        table: &Table<K, V>,
        prefix: &P,
        within: Within,
        order: Order,
        at_a_time: usize,
    ) -> Result<Scan<'_, K, V>, Error> {
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
        let walk = match self.rows.read() {
            Read::At(store, rows) => Walk::here(store, rows, lower, upper, order),
            Read::Asked(rows) => Walk::elsewhere(rows, Span { rows: at_a_time, ..Span::new(lower, upper, order) }),
        };
        Ok(Scan::new(walk, key_at, start, self.stop.clone()))
    }

    /// The last row whose key begins with `prefix` and is at most `key`: how a table of changes by date is read.
    pub fn last_until<P: Key, K: Key, V: Value>(&self, table: &Table<K, V>, prefix: &P, key: &K) -> Result<Option<(K, V)>, Error> {
        let mut below = key.bytes();
        below.push(0);
        self.bounded(table, prefix, Within { from: None, below: Some(below) }, Order::Descending, 1)?.next().transpose()
    }

    /// The value of a key as it lies there, for whoever reads this snapshot from another process.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn bytes_of(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.rows.read() {
            Read::At(store, rows) => store.noted(rows.get(key).map_err(Error::from)),
            Read::Asked(rows) => rows.get(key),
        }
    }

    /// The first rows of a span as they lie there, likewise: at most [`PAGE_ROWS_MAX`], and about [`PAGE_BYTES_MAX`].
    ///
    /// # Errors
    /// They cannot be read.
    pub fn page_of(&self, span: &Span) -> Result<Page, Error> {
        let (store, rows) = match self.rows.read() {
            Read::At(store, rows) => (store, rows),
            Read::Asked(rows) => return rows.page(span),
        };
        let order = if span.descending { Order::Descending } else { Order::Ascending };
        let mut walk = Walk::here(store, rows, span.lower.clone(), span.upper.clone(), order);
        let (mut page, mut bytes) = (Page::default(), 0);
        while let Some((key, value)) = walk.next()? {
            bytes += key.len() + value.len();
            page.rows.push((key.to_vec(), value.to_vec()));
            if page.rows.len() >= span.rows.clamp(1, PAGE_ROWS_MAX) || bytes >= PAGE_BYTES_MAX {
                page.more = true;
                break;
            }
        }
        Ok(page)
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
