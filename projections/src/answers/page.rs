//! Pages of lists, newest first, and the cursors between them.

use super::{Error, Shard};
use crate::folds::reference::DATES;
use crate::views::{Key, Order, Within};
use schemas::time::Date;
use std::fmt;
use std::ops::Range;

/// The most rows of a page.
pub const LIMIT_MAX: usize = 1000;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The newest first.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Another page of the same place.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(change).collect(), next: self.next }
    }
}

/// Where a page ended. Opaque: hexadecimal outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// A cursor at a key.
    pub fn at(key: &impl Key) -> Self {
        Self(key.bytes())
    }

    /// A cursor of bytes that a list made.
    pub(super) const fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key that it is at.
    pub fn key<K: Key>(&self) -> Result<K, Error> {
        K::decode_whole(&self.0).ok_or(Error::BadCursor)
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits = text.as_bytes();
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() || pairs.is_empty() {
            return Err(Error::BadCursor);
        }
        let byte = |pair: &[u8; 2]| {
            let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(pair[0])? << 4 | digit(pair[1])?)
        };
        pairs.iter().map(byte).collect::<Option<Vec<u8>>>().map(Self).ok_or(Error::BadCursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Which part of a list.
#[derive(Clone, Debug)]
pub struct Window {
    /// From this business date on.
    pub from: Option<Date>,
    /// Up to this one.
    pub to: Option<Date>,
    /// At most so many rows, and at most [`LIMIT_MAX`].
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

impl Window {
    /// The newest rows of all dates.
    pub const fn newest(limit: usize) -> Self {
        Self { from: None, to: None, limit, cursor: None }
    }

    /// Rows of a page.
    pub fn rows_max(&self) -> usize {
        self.limit.clamp(1, LIMIT_MAX)
    }

    /// The numbers of the entries that the window looks at.
    pub fn numbers(&self, shard: &Shard) -> Result<Range<u64>, Error> {
        let mut range = dates(shard, self.from, self.to)?;
        if let Some(cursor) = &self.cursor {
            range.end = range.end.min(cursor.key()?);
        }
        Ok(range)
    }
}

/// The numbers of the entries that are booked from one date to another, both inclusive.
pub fn dates(shard: &Shard, from: Option<Date>, to: Option<Date>) -> Result<Range<u64>, Error> {
    let next = shard.checkpoint().next_entry;
    let first_from = |date: Date| -> Result<u64, Error> {
        let within = Within { from: Some(date.bytes()), below: None };
        let found = shard.snapshot.range(&DATES, &(), within, Order::Ascending)?.next().transpose()?;
        Ok(found.map_or(next, |(_, range)| range.first))
    };
    let start = from.map_or(Ok(0), first_from)?;
    let end = to.map_or(Ok(next), |to| first_from(to.plus_days(1)))?;
    Ok(start..end)
}
