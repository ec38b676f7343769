//! Two copies of a projection, row by row.

use super::Error;
use super::store::{Store, after_prefix};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many differing rows are described; the others are only counted.
const EXAMPLES_MAX: usize = 20;
/// Between so many rows, the comparison looks whether it should stop.
const ROWS_PER_LOOK: u64 = 4096;

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Rows that were compared.
    pub rows: u64,
    /// Rows that only the old copy has.
    pub only_old: u64,
    /// Rows that only the new copy has.
    pub only_new: u64,
    /// Rows whose values differ.
    pub changed: u64,
    /// The first ones, described: table and key in hexadecimal.
    pub examples: Vec<String>,
}

impl Differences {
    /// Whether both copies are equal.
    pub const fn is_empty(&self) -> bool {
        self.only_old == 0 && self.only_new == 0 && self.changed == 0
    }

    fn describe(&mut self, what: &str, key: &[u8]) {
        if self.examples.len() < EXAMPLES_MAX {
            let (table, key) = key.split_first().map_or((0, key), |(table, key)| (*table, key));
            let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            self.examples.push(format!("{what}: table {table}, key {hex}"));
        }
    }
}

/// Two copies to be compared.
pub struct Comparison {
    old: (Arc<Store>, u32),
    new: (Arc<Store>, u32),
}

impl Comparison {
    pub(super) const fn new(old: (Arc<Store>, u32), new: (Arc<Store>, u32)) -> Self {
        Self { old, new }
    }

    /// Compares both as they are when it begins, which is before `begun` is called; later commits are not seen.
    pub fn run(&self, begun: impl FnOnce(), stop: &AtomicBool) -> Result<Differences, Error> {
        let mut old = rows(&self.old.0, self.old.1);
        let mut new = rows(&self.new.0, self.new.1);
        begun();
        let mut found = Differences::default();
        old.seek_to_first();
        new.seek_to_first();
        loop {
            if found.rows.is_multiple_of(ROWS_PER_LOOK) && stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            // Both keys without their generations.
            let (there, here) = (old.item().map(stripped), new.item().map(stripped));
            let order = match (&there, &here) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.cmp(b),
            };
            found.rows += 1;
            match (order, there, here) {
                (std::cmp::Ordering::Less, Some((key, _)), _) => {
                    found.only_old += 1;
                    found.describe("only in the old copy", key);
                }
                (std::cmp::Ordering::Greater, _, Some((key, _))) => {
                    found.only_new += 1;
                    found.describe("only in the new copy", key);
                }
                (_, Some((key, a)), Some((_, b))) if a != b => {
                    found.changed += 1;
                    found.describe("another value", key);
                }
                _ => {}
            }
            if order.is_le() {
                old.next();
            }
            if order.is_ge() {
                new.next();
            }
        }
        old.status()?;
        new.status()?;
        Ok(found)
    }
}

/// Iterators see the database as it was when they were made.
fn rows(store: &Store, generation: u32) -> rocksdb::DBRawIterator<'_> {
    let prefix = generation.to_be_bytes();
    let mut options = rocksdb::ReadOptions::default();
    options.set_iterate_lower_bound(prefix);
    if let Some(upper) = after_prefix(&prefix) {
        options.set_iterate_upper_bound(upper);
    }
    options.fill_cache(false);
    store.db.raw_iterator_opt(options)
}

fn stripped<'a>((key, value): (&'a [u8], &'a [u8])) -> (&'a [u8], &'a [u8]) {
    (key.get(4..).unwrap_or_default(), value)
}
