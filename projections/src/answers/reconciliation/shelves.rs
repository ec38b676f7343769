//! Names on shelves, read in the order in which breaks are told.
//!
//! Shelves are in the order of days and merchants, names on them are not: those of one merchant, kind and day are read whole and told in
//! order, [`TOLD_MAX`] at a time, so that no more of them are in memory.

use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{OpenKey, SHELVES, SHELVES_KEPT, Seen, Shelf, ShelfKey};
use crate::views::{Order, Scan, Within};
use schemas::time::Date;
use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};

/// Names of one merchant, kind and day that are told before its shelves are read again.
const TOLD_MAX: usize = 4_096;

/// Names of a group.
pub struct Shelves<'a> {
    shard: &'a Shard<'a>,
    scan: Scan<'a, ShelfKey, bool>,
    /// A shelf that was met and belongs to the next ones.
    next: Option<ShelfKey>,
    /// What is told next, the last first.
    told: Vec<(OpenKey, Seen)>,
    /// Of the shelves of this day and merchant, where to begin: what comes before was told.
    from: Option<(i32, String, Bound<Name>)>,
}

/// A name on shelves of one merchant, kind and day: what follows there in its id, and whether it is a payment's.
type Name = (String, bool);

impl<'a> Shelves<'a> {
    /// Begins to read a group within bounds.
    pub fn new(shard: &'a Shard<'a>, prefix: &(u8, String, String), within: Within) -> Result<Self, Error> {
        let scan = shard.snapshot.range::<_, ShelfKey, bool>(&SHELVES_KEPT, prefix, within, Order::Ascending)?;
        Ok(Self { shard, scan, next: None, told: Vec::new(), from: None })
    }

    /// The next name.
    pub fn next(&mut self) -> Result<Option<(OpenKey, Seen)>, Error> {
        loop {
            if let Some(found) = self.told.pop() {
                return Ok(Some(found));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Goes on with the names whose ids are such a one, or come after it; the id may be no more than what ids begin with.
    pub fn skip_to(&mut self, (why, source, group, back, id): (u8, String, String, i32, String)) {
        (self.next, self.from) = (None, None);
        self.told.clear();
        let begin = id.match_indices('/').nth(1).map_or(id.as_str(), |(at, slash)| &id[..at + slash.len()]).to_owned();
        self.scan.skip_to(&(why, source, group, back, begin.clone()));
        if id.len() > begin.len() {
            self.from = Some((back, begin, Bound::Included((id, false))));
        }
    }

    /// Takes the first names of the next merchant, kind and day, or the next ones of the same. Answers whether there were shelves.
    fn fill(&mut self) -> Result<bool, Error> {
        let from = self.from.take();
        let first = self.next.take().map_or_else(|| self.scan.next().map(|row| row.map(|(key, _)| key)).transpose(), |next| Ok(Some(next)))?;
        let Some(key) = first else { return Ok(false) };
        let from = from.filter(|(back, begin, _)| (*back, begin) == (key.3, &key.4)).map_or(Bound::Unbounded, |(.., name)| name);
        let mut taken = BTreeMap::<Name, (OpenKey, Seen)>::new();
        let mut is_whole = true;
        let mut take = |key: &ShelfKey, shelf: Shelf| {
            for shelved in shelf.names {
                let Some(open) = OpenKey::of_shelved(key, &shelved) else { continue };
                let name = (open.id.clone(), shelved.by_payment);
                if !(from.as_ref(), Bound::Unbounded).contains(&name) {
                    continue;
                }
                let last = if shelved.report == 0 { open.day() } else { Date::parse(&open.group).unwrap_or_else(|| open.day()) };
                taken.insert(name, (open, Seen { last: Some(last), report: shelved.report }));
                if taken.len() > TOLD_MAX {
                    taken.pop_last();
                    is_whole = false;
                }
            }
        };
        let names = |key: &ShelfKey| self.shard.snapshot.get(&SHELVES, key).map(Option::unwrap_or_default);
        take(&key, names(&key)?);
        while let Some((other, _)) = self.scan.next().transpose()? {
            if (other.3, &other.4) != (key.3, &key.4) {
                self.next = Some(other);
                break;
            }
            take(&other, names(&other)?);
        }
        if let (false, Some((last, _))) = (is_whole, taken.last_key_value()) {
            let (why, source, group, back, begin, _) = key;
            self.next = None;
            self.from = Some((back, begin.clone(), Bound::Excluded(last.clone())));
            self.scan.skip_to(&(why, source, group, back, begin));
        }
        self.told = taken.into_values().rev().collect();
        Ok(true)
    }
}
