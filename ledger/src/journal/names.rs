//! Names and their numbers, as the journal keeps them: told in the block where each comes first, and kept as a table
//! besides, so that any block can be read alone.
//!
//! | key, behind the table's tag | value |
//! |---|---|
//! | kind, 0, number of 8 bytes big-endian | the name |
//! | kind, 1, the name | its number, 8 bytes big-endian |
//!
//! A name is written in the batch of the entry in which it comes first. Bounds: the writer keeps [`HOT_NAMES`] names in
//! memory (all of them, as long as there are no more), all readers of a journal together as many, and [`HOT_TEMPLATES`] shapes; what was forgotten is read again.

use super::Error;
use super::store::{Store, table_key};
use crate::format::bytes::Unreadable;
use crate::format::names::{Kind, Naming, Number, Numbering};
use crate::format::template::Template;
use crate::source::Table;
use hashbrown::HashMap;
use rocksdb::WriteBatch;
use std::sync::{Arc, PoisonError, RwLock};

/// How many names are kept in memory: about 100 bytes each.
const HOT_NAMES: usize = 262_144;
/// How many shapes are kept as they are used: a bank has some hundred.
const HOT_TEMPLATES: usize = 16_384;

const BY_NUMBER: u8 = 0;
const BY_NAME: u8 = 1;

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

impl From<Unreadable> for Error {
    fn from(error: Unreadable) -> Self {
        Self::Corrupt(error.to_string())
    }
}

fn number_key(kind: Kind, number: u64) -> Vec<u8> {
    table_key(Table::Names, &[&[kind.number(), BY_NUMBER], &number.to_be_bytes()[..]].concat())
}

fn name_key(kind: Kind, name: &[u8]) -> Vec<u8> {
    table_key(Table::Names, &[&[kind.number(), BY_NAME], name].concat())
}

fn number_of(kind: Kind, bytes: &[u8]) -> Result<u64, Error> {
    <[u8; 8]>::try_from(bytes).map(u64::from_be_bytes).map_err(|_| Error::Corrupt(format!("the number of a {kind:?} cannot be read")))
}

/// How many names of each kind there are: the next number of each.
type Counts = [u64; Kind::ALL.len() + 1];

/// The names of the one writer.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    next: Counts,
    hot: Map<Box<[u8]>, u64>,
    /// Whether every name that there is lies in `hot`: then one that does not is new, and the store is not asked.
    is_whole: bool,
    /// Names that were given a number since the last commit.
    staged: Vec<(Kind, u64, Box<[u8]>)>,
    /// What is looked for, as a key of `hot`.
    scratch: Vec<u8>,
}

impl Dictionary {
    /// Reads back how many names there are.
    pub fn open(store: &Store) -> Result<Self, Error> {
        let mut dictionary = Self::default();
        for kind in Kind::ALL {
            dictionary.next[usize::from(kind.number())] = count(store, kind)?;
        }
        dictionary.is_whole = dictionary.next.iter().sum::<u64>() <= HOT_NAMES as u64;
        if dictionary.is_whole {
            Kind::ALL.iter().try_for_each(|kind| dictionary.read(store, *kind))?;
        }
        Ok(dictionary)
    }

    /// Reads back all names of a kind.
    fn read(&mut self, store: &Store, kind: Kind) -> Result<(), Error> {
        let prefix = name_key(kind, &[]);
        let mut rows = store.db.raw_iterator_cf(store.table(Table::Names)?);
        rows.seek(&prefix);
        while let Some((key, number)) = rows.item() {
            let Some(name) = key.strip_prefix(prefix.as_slice()) else { break };
            let number = number_of(kind, number)?;
            self.key(kind, name);
            self.hot.insert(self.scratch.as_slice().into(), number);
            rows.next();
        }
        Ok(rows.status()?)
    }

    /// Puts what was staged into the batch of a commit.
    pub fn write(&self, store: &Store, batch: &mut WriteBatch) -> Result<(), Error> {
        let family = store.table(Table::Names)?;
        for (kind, number, name) in &self.staged {
            batch.put_cf(family, number_key(*kind, *number), name);
            batch.put_cf(family, name_key(*kind, name), number.to_be_bytes());
        }
        Ok(())
    }

    /// What was staged is committed.
    pub fn committed(&mut self) {
        self.staged.clear();
        if self.hot.len() > HOT_NAMES {
            self.hot.clear();
            self.is_whole = false;
        }
    }

    /// What was staged is forgotten: its entries are made again.
    pub fn abandon(&mut self) {
        while let Some((kind, number, name)) = self.staged.pop() {
            self.next[usize::from(kind.number())] = number;
            self.key(kind, &name);
            self.hot.remove(self.scratch.as_slice());
        }
    }

    fn key(&mut self, kind: Kind, name: &[u8]) {
        self.scratch.clear();
        self.scratch.push(kind.number());
        self.scratch.extend_from_slice(name);
    }

    /// Gives numbers, reading back what is not in memory.
    pub fn with<'a>(&'a mut self, store: &'a Store) -> Giving<'a> {
        Giving { dictionary: self, store }
    }
}

/// How many names of a kind are in a store: one more than the last number.
fn count(store: &Store, kind: Kind) -> Result<u64, Error> {
    let mut options = rocksdb::ReadOptions::default();
    options.set_iterate_lower_bound(number_key(kind, 0));
    let mut rows = store.db.raw_iterator_cf_opt(store.table(Table::Names)?, options);
    rows.seek_for_prev(number_key(kind, u64::MAX));
    let last = rows.key().map(|key| number_of(kind, key.get(3..).unwrap_or_default())).transpose()?;
    rows.status()?;
    Ok(last.map_or(0, |last| last + 1))
}

/// A dictionary that gives numbers.
pub(super) struct Giving<'a> {
    dictionary: &'a mut Dictionary,
    store: &'a Store,
}

impl Numbering for Giving<'_> {
    type Error = Error;

    fn number(&mut self, kind: Kind, name: &[u8]) -> Result<Number, Error> {
        let Self { dictionary, store } = self;
        dictionary.key(kind, name);
        if let Some(number) = dictionary.hot.get(dictionary.scratch.as_slice()) {
            return Ok(Number::Known(*number));
        }
        if !dictionary.is_whole
            && let Some(found) = store.db.get_pinned_cf(store.table(Table::Names)?, name_key(kind, name))?
        {
            let number = number_of(kind, &found)?;
            dictionary.hot.insert(dictionary.scratch.as_slice().into(), number);
            return Ok(Number::Known(number));
        }
        let next = &mut dictionary.next[usize::from(kind.number())];
        let number = *next;
        // 2^64 names of one kind do not come.
        *next += 1;
        dictionary.hot.insert(dictionary.scratch.as_slice().into(), number);
        dictionary.staged.push((kind, number, name.into()));
        Ok(Number::New(number))
    }
}

/// What all readers of a journal have looked up.
#[derive(Debug, Default)]
pub(super) struct Found {
    names: RwLock<Map<(Kind, u64), Arc<[u8]>>>,
    templates: RwLock<Map<u64, Arc<Template>>>,
}

/// Looks names up for one reader.
pub(super) struct LookingUp<'a> {
    store: &'a Store,
}

impl<'a> LookingUp<'a> {
    /// In a store.
    pub const fn new(store: &'a Store) -> Self {
        Self { store }
    }
}

/// The locks guard maps of what is on disk, which are whole even after a panic elsewhere.
impl Naming for LookingUp<'_> {
    type Error = Error;

    fn name(&mut self, kind: Kind, number: u64) -> Result<Arc<[u8]>, Error> {
        let names = &self.store.found.names;
        if let Some(name) = names.read().unwrap_or_else(PoisonError::into_inner).get(&(kind, number)) {
            return Ok(Arc::clone(name));
        }
        let name = self.store.db.get_pinned_cf(self.store.table(Table::Names)?, number_key(kind, number))?;
        let name: Arc<[u8]> = Arc::from(&*name.ok_or_else(|| Error::Corrupt(format!("{kind:?} {number} has no name")))?);
        let mut names = names.write().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= HOT_NAMES {
            names.clear();
        }
        names.insert((kind, number), Arc::clone(&name));
        Ok(name)
    }

    fn template(&mut self, number: u64) -> Result<Arc<Template>, Error> {
        let templates = &self.store.found.templates;
        if let Some(template) = templates.read().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(Arc::clone(template));
        }
        let template = Arc::new(Template::read(&self.name(Kind::Template, number)?)?);
        let mut templates = templates.write().unwrap_or_else(PoisonError::into_inner);
        if templates.len() >= HOT_TEMPLATES {
            templates.clear();
        }
        templates.insert(number, Arc::clone(&template));
        Ok(template)
    }

    fn told(&mut self, _: Kind, _: u64, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

/// Names as a walk over the whole journal meets them: each must be told in its turn, and be what the table says.
pub(super) struct Checking<'a> {
    looking_up: LookingUp<'a>,
    next: Counts,
}

impl<'a> Checking<'a> {
    /// From the first entry on.
    pub fn new(store: &'a Store) -> Self {
        Self { looking_up: LookingUp::new(store), next: Counts::default() }
    }
}

impl Naming for Checking<'_> {
    type Error = Error;

    fn name(&mut self, kind: Kind, number: u64) -> Result<Arc<[u8]>, Error> {
        if number >= self.next[usize::from(kind.number())] {
            return Err(Error::Corrupt(format!("{kind:?} {number} is used before it is told")));
        }
        self.looking_up.name(kind, number)
    }

    fn template(&mut self, number: u64) -> Result<Arc<Template>, Error> {
        if number >= self.next[usize::from(Kind::Template.number())] {
            return Err(Error::Corrupt(format!("shape {number} is used before it is told")));
        }
        self.looking_up.template(number)
    }

    fn told(&mut self, kind: Kind, number: u64, name: &[u8]) -> Result<(), Error> {
        let next = &mut self.next[usize::from(kind.number())];
        if number != *next {
            return Err(Error::Corrupt(format!("{kind:?} {number} is told where {next} is the next")));
        }
        *next += 1;
        if *self.looking_up.name(kind, number)? != *name {
            return Err(Error::Corrupt(format!("{kind:?} {number} has another name in its table than where it came first")));
        }
        Ok(())
    }
}
