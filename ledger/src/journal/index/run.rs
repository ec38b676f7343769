//! A run: the keys of consecutive rows, sorted, in pages that are written once.
//!
//! In the index's column family a run's keys begin with the table's tag and the run's number; then the kind of part and
//! its number: pages, and behind them the filter and the first hash of every page (*fences*), which are read when the journal is
//! opened, so that a search reads one page, and mostly none.

use super::filter::Filter;
use super::listing::{RunListing, check};
use super::page::{self, KEYS, Key};
use crate::journal::Error;
use rocksdb::{ColumnFamily, DB, ReadOptions};

/// What a key of the family is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Part {
    /// Sorted keys.
    Page = 1,
    /// The filter.
    Filter = 2,
    /// The first hash of every page.
    Fences = 3,
}

/// Bytes of a filter or of fences in one value.
pub(super) const PART_BYTES: usize = 256 << 10;

/// The key of a part of a run.
pub(super) fn key(tag: u8, run: u64, part: Part, number: u32) -> Vec<u8> {
    let mut key = prefix(tag, run);
    key.push(part as u8);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// What the keys of a run begin with.
pub(super) fn prefix(tag: u8, run: u64) -> Vec<u8> {
    let mut key = vec![tag];
    key.extend_from_slice(&run.to_be_bytes());
    key
}

/// The run that a key of the family is of.
pub(super) fn run_of(key: &[u8]) -> Option<u64> {
    key.get(1..)?.first_chunk().map(|run| u64::from_be_bytes(*run))
}

/// A run that can be searched.
pub(super) struct Run {
    pub listing: RunListing,
    pub fences: Vec<u64>,
    pub filter: Filter,
}

/// What a search in a run that may be gone by now came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Searched {
    /// Everything was there to be read.
    Whole,
    /// A page is not there: the run was merged away meanwhile, or lost.
    Gone,
}

impl Run {
    /// Reads what is kept in memory of a listed run.
    pub fn open(db: &DB, family: &ColumnFamily, tag: u8, listing: RunListing) -> Result<Self, Error> {
        let lost = |what: &str| Error::Corrupt(format!("run {} of an index: {what}", listing.id));
        let keys = listing.end.checked_sub(listing.first).ok_or_else(|| lost("it ends before it begins"))?;
        let fences = part(db, family, tag, listing.id, Part::Fences)?;
        let (fences, rest) = fences.as_chunks::<8>();
        if !rest.is_empty() || fences.len() as u64 != keys.div_ceil(KEYS as u64) {
            return Err(lost("its pages are not as many as its keys need"));
        }
        let fences = fences.iter().map(|fence| u64::from_be_bytes(*fence)).collect();
        let filter = Filter::from_bytes(&part(db, family, tag, listing.id, Part::Filter)?).ok_or_else(|| lost("its filter is cut off"))?;
        Ok(Self { listing, fences, filter })
    }

    /// Appends the rows whose key has a hash between two.
    pub fn find(&self, db: &DB, family: &ColumnFamily, tag: u8, (least, greatest): (u64, u64), rows: &mut Vec<u64>) -> Result<Searched, Error> {
        // The first page that may have it is the one before the first whose first hash is not below it.
        let from = self.fences.partition_point(|fence| *fence < least).saturating_sub(1);
        for number in from..self.fences.len() {
            if self.fences.get(number).is_none_or(|fence| *fence > greatest) {
                break;
            }
            let number = u32::try_from(number).map_err(|_| Error::Corrupt("an index has more pages than can be".into()))?;
            let Some(bytes) = db.get_pinned_cf(family, key(tag, self.listing.id, Part::Page, number))? else { return Ok(Searched::Gone) };
            let mut keys = page::read(&bytes, self.listing.first)?;
            while let Some(key) = keys.next()? {
                if key.hash > greatest {
                    break;
                }
                if key.hash >= least {
                    rows.push(key.row);
                }
            }
        }
        Ok(Searched::Whole)
    }

    /// Whether its pages hold what they did when they were made, which is what the rows make.
    pub fn verify(&self, db: &DB, family: &ColumnFamily, tag: u8, expected: u64) -> Result<(), Error> {
        let wrong = |what: &str| Err(Error::Corrupt(format!("run {} of an index {what}", self.listing.id)));
        let (mut walk, mut keys, mut sum, mut before) = (Walk::new(db, family, tag, &self.listing), 0u64, 0u64, 0u64);
        while let Some(Key { hash, row }) = walk.next()? {
            if hash < before || !self.filter.may_have(hash) {
                return wrong("is out of order, or its filter does not know a key");
            }
            (keys, sum, before) = (keys + 1, sum.wrapping_add(check(hash, row)), hash);
        }
        if keys != self.listing.end - self.listing.first || sum != self.listing.check || sum != expected {
            return wrong("has other keys than its rows");
        }
        Ok(())
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.filter.bytes() + self.fences.len() * 8
    }
}

/// A value that is kept in parts.
fn part(db: &DB, family: &ColumnFamily, tag: u8, run: u64, part: Part) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for number in 0.. {
        let Some(value) = db.get_pinned_cf(family, key(tag, run, part, number))? else { break };
        bytes.extend_from_slice(&value);
        if value.len() < PART_BYTES {
            break;
        }
    }
    Ok(bytes)
}

/// All keys of a run, in order: one page of them in memory.
pub(super) struct Walk<'a> {
    pages: rocksdb::DBRawIteratorWithThreadMode<'a, DB>,
    page: std::vec::IntoIter<Key>,
    first: u64,
}

/// Bytes that the disk is asked for ahead of a walk.
const READAHEAD_BYTES: usize = 1 << 20;

impl<'a> Walk<'a> {
    /// Over a run.
    pub fn new(db: &'a DB, family: &ColumnFamily, tag: u8, listing: &RunListing) -> Self {
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        options.set_readahead_size(READAHEAD_BYTES);
        options.set_iterate_upper_bound(key(tag, listing.id, Part::Page, u32::MAX));
        let mut pages = db.raw_iterator_cf_opt(family, options);
        pages.seek(key(tag, listing.id, Part::Page, 0));
        Self { pages, page: Vec::new().into_iter(), first: listing.first }
    }

    /// The next key; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Key>, Error> {
        if let Some(key) = self.page.next() {
            return Ok(Some(key));
        }
        let Some(bytes) = self.pages.value() else {
            self.pages.status()?;
            return Ok(None);
        };
        let mut keys = Vec::with_capacity(KEYS);
        let mut page = page::read(bytes, self.first)?;
        while let Some(key) = page.next()? {
            keys.push(key);
        }
        self.page = keys.into_iter();
        self.pages.next();
        Ok(self.page.next())
    }
}
