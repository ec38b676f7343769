//! What the fold keeps beside the journal: small tables of state, read when cold and committed with the entries.
//!
//! The fold is pure; it asks this trait for state that it no longer has in memory, and what it gets is what it wrote
//! itself, so the answer is a function of the log. Keys and values are bytes; their meaning is `rules::state`'s.

/// A table of state. The numbers are key tags on disk, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// The partition's own state: one row.
    Partition = 1,
    /// A row per merchant.
    Merchants = 2,
    /// A row per payment.
    Payments = 3,
    /// A row per event id that is owned.
    Ids = 4,
    /// A row per parked event, by its place in the park.
    Park = 5,
    /// A row per hold, payout, refund, dispute, terminal with a batch, and per thing whose making was refused.
    Objects = 6,
    /// A row per version of a contract, by the entry of its `contract_set`.
    Contracts = 7,
    /// How often a token was erased, by a hash of it: a row per token and scope that ever was.
    Customers = 8,
    /// A row per merchant with money in dated buckets, under its earliest date.
    Due = 9,
    /// Names that stand in many entries, by numbers, and their numbers by names. It is the journal's own.
    Names = 10,
}

impl Table {
    /// All of them, by tag.
    pub const ALL: [Self; 10] =
        [Self::Partition, Self::Merchants, Self::Payments, Self::Ids, Self::Park, Self::Objects, Self::Contracts, Self::Customers, Self::Due, Self::Names];
}

/// A row that the next commit writes, or removes where the value is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Which table.
    pub table: Table,
    /// Its key.
    pub key: &'a [u8],
    /// Its new value.
    pub value: Option<&'a [u8]>,
}

/// The rows that the next commit writes and removes, one after the other in one piece of memory. Of two of one row the later counts.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// Where a row lies: its key, and behind that its value.
#[derive(Clone, Copy, Debug)]
struct Place {
    table: Table,
    start: usize,
    key: usize,
    value: Option<usize>,
}

impl Changes {
    /// Writes a row; `write` appends its value.
    pub fn put_with(&mut self, table: Table, key: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let from = self.bytes.len();
        write(&mut self.bytes);
        self.places.push(Place { table, start, key: key.len(), value: Some(self.bytes.len() - from) });
    }

    /// Writes a row.
    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.put_with(table, key, |bytes| bytes.extend_from_slice(value));
    }

    /// Removes a row.
    pub fn remove(&mut self, table: Table, key: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.places.push(Place { table, start, key: key.len(), value: None });
    }

    /// All of them, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        self.places.iter().map(|place| {
            let rest = self.bytes.get(place.start..).unwrap_or_default();
            let (key, rest) = rest.split_at_checked(place.key).unwrap_or_default();
            Change { table: place.table, key, value: place.value.and_then(|length| rest.get(..length)) }
        })
    }

    /// Empties them, and keeps their memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }
}

/// State cannot be read: the shard halts.
#[derive(Debug, thiserror::Error)]
#[error("state of the ledger cannot be read: {0}")]
pub struct Error(pub String);

/// Reads committed state.
pub trait Source {
    /// The value of one row.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
    /// Every row of a table whose key begins with `prefix`, in key order, until `visit` says `false`.
    fn scan(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error>;
}

/// A source with nothing in it: all state stays in the fold's memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Source for Nothing {
    fn get(&self, _table: Table, _key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    fn scan(&self, _table: Table, _prefix: &[u8], _visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        Ok(())
    }
}
