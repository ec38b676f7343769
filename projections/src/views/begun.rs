//! Rows that began since the last commit and are whole: encoded at once, and found again should another entry change them.
//!
//! Nearly every payment is sold and not heard of again before the commit. Its row decoded is half a kilobyte that leaves the processor's
//! caches until the commit comes back to it; encoded it is a tenth of that.

use super::Error;
use super::appended::Appended;
use hashbrown::HashTable;
use serde::Serialize;

/// Where each of them is among the appended rows, by the hash of its key.
#[derive(Default)]
pub(super) struct Begun {
    places: HashTable<(u64, u32)>,
}

impl Begun {
    /// Appends a row; one of the same key that began before is given up.
    pub fn push(&mut self, rows: &mut Appended, hash: u64, key: &[u8], value: &impl Serialize) -> Result<(), Error> {
        self.give_up(rows, hash, key);
        let place = rows.push(key, value)?;
        self.places.insert_unique(hash, (hash, place), |(hash, _)| *hash);
        Ok(())
    }

    /// Takes a row out; answers its bytes.
    pub fn take<'a>(&mut self, rows: &'a mut Appended, hash: u64, key: &[u8]) -> Option<&'a [u8]> {
        let place = self.give_up(rows, hash, key)?;
        Some(rows.value(place))
    }

    fn give_up(&mut self, rows: &mut Appended, hash: u64, key: &[u8]) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        let found = self.places.find_entry(hash, |(known, place)| *known == hash && rows.key(*place) == key).ok()?;
        let ((_, place), _) = found.remove();
        rows.give_up(place);
        Some(place)
    }

    pub fn clear(&mut self) {
        self.places.clear();
    }

    /// What it takes in memory.
    pub fn taken(&self) -> usize {
        self.places.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_began_is_taken_once_and_then_not_written() {
        let (mut begun, mut rows) = (Begun::default(), Appended::default());
        // Two keys with one hash.
        for (hash, key, value) in [(7, "\0\0\0\0\0b", 1u8), (7, "\0\0\0\0\0a", 2), (8, "\0\0\0\0\0c", 3), (8, "\0\0\0\0\0c", 4)] {
            begun.push(&mut rows, hash, key.as_bytes(), &value).expect("pushed");
        }
        let mut take = |hash, key: &str| begun.take(&mut rows, hash, key.as_bytes()).map(<[u8]>::to_vec);
        assert_eq!([take(7, "\0\0\0\0\0d"), take(8, "\0\0\0\0\0a"), take(7, "\0\0\0\0\0a"), take(7, "\0\0\0\0\0a")], [None, None, Some(vec![2]), None]);
        rows.sort();
        let written: Vec<(u8, u8)> = rows.rows().map(|(key, value)| (key[5], value[0])).collect();
        assert_eq!(written, [(b'b', 1), (b'c', 4)]);
        begun.clear();
        assert_eq!(begun.take(&mut rows, 7, b"\0\0\0\0\0b"), None);
    }
}
