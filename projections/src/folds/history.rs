//! Rows with a history: what they are now, and what they were as each date closed.
//!
//! The row of now carries the date of its last change. The first change on a later date puts the old value, under the
//! old date, into the history: one row more per date on which something changed, and none on a quiet one. A past value is
//! one search away, however long the history is.

use crate::views::{Error, Key, Names, Order, Rows, Snapshot, Table, Value};
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// A value and the business date of its last change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// `None`: it has never changed.
    pub date: Option<Date>,
    /// As it is after that change.
    pub value: T,
}

/// A table of now and its history.
pub struct History<K, V> {
    /// As it is now.
    pub now: Table<K, Dated<V>>,
    /// As it was when a date closed, for dates on which it changed.
    pub closed: Table<(K, Date), V>,
}

impl<K: Key, V: Value> History<K, V> {
    /// Changes the row on a date.
    pub fn update<T>(&self, rows: &mut Rows, key: impl Names<K> + Copy, date: Date, change: impl FnOnce(&mut V) -> T) -> Result<T, Error> {
        let row = rows.row(&self.now, key)?;
        if row.date != Some(date)
            && let Some(before) = row.date.replace(date)
        {
            // The row is taken out while it is written, because both tables are of the same rows.
            let value = std::mem::take(&mut row.value);
            rows.append(&self.closed, (key, before), &value)?;
            let row = rows.row(&self.now, key)?;
            row.value = value;
            return Ok(change(&mut row.value));
        }
        Ok(change(&mut row.value))
    }

    /// As it is now; `None` where there never was anything.
    pub fn now(&self, snapshot: &Snapshot, key: &K) -> Result<Option<V>, Error> {
        Ok(snapshot.get(&self.now, key)?.map(|row| row.value))
    }

    /// As it was at the end of a date.
    pub fn at(&self, snapshot: &Snapshot, key: &K, date: Date) -> Result<Option<V>, Error> {
        Ok(self.known_at(snapshot, key, date)?.flatten())
    }

    /// As it was at the end of a date, `Some(None)` where it came later; `None` where there never was anything.
    pub fn known_at(&self, snapshot: &Snapshot, key: &K, date: Date) -> Result<Option<Option<V>>, Error> {
        // Who changes daily has a row of that very date, which is found at once.
        if let Some(value) = snapshot.get(&self.closed, &(key.clone(), date))? {
            return Ok(Some(Some(value)));
        }
        match snapshot.get(&self.now, key)? {
            None => Ok(None),
            Some(row) if row.date.is_none_or(|changed| changed <= date) => Ok(Some(Some(row.value))),
            Some(_) => Ok(Some(self.closed_before(snapshot, key, date)?)),
        }
    }

    fn closed_before(&self, snapshot: &Snapshot, key: &K, date: Date) -> Result<Option<V>, Error> {
        Ok(snapshot.last_until(&self.closed, key, &(key.clone(), date))?.map(|(_, value)| value))
    }

    /// Every row whose key begins with `prefix`, as it was at the end of a date; as it is now, without a date.
    pub fn scan<P: Key>(&self, snapshot: &Snapshot, prefix: &P, date: Option<Date>, mut visit: impl FnMut(K, V) -> Result<(), Error>) -> Result<(), Error> {
        for row in snapshot.scan(&self.now, prefix, Order::Ascending)? {
            let (key, row) = row?;
            let value = match date {
                None => Some(row.value),
                Some(date) => self.or_before(snapshot, &key, row, date)?,
            };
            if let Some(value) = value {
                visit(key, value)?;
            }
        }
        Ok(())
    }

    /// What a row was at the end of a date; `row`: what it is now.
    fn or_before(&self, snapshot: &Snapshot, key: &K, row: Dated<V>, date: Date) -> Result<Option<V>, Error> {
        if row.date.is_none_or(|changed| changed <= date) {
            return Ok(Some(row.value));
        }
        self.closed_before(snapshot, key, date)
    }
}
