//! Lists of entry numbers: ascending, as differences in variable length, 128 of them a value.
//!
//! A list is a *head*, which grows, and full *packs*, which never change. So an entry costs a byte or two in a list, and
//! reading from the newest end costs one value for each 128 numbers.

use crate::views::{Error, Key, Names, Order, Rows, Scan, Snapshot, Table, Within};
use ledger::format::bytes::{Bytes, put_number};
use serde::{Deserialize, Serialize};

/// Numbers of one value.
pub const NUMBERS_PER_PACK: u32 = 128;

/// Ascending numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    first: u64,
    last: u64,
    count: u32,
    #[serde(with = "bytes")]
    differences: Vec<u8>,
}

/// Byte strings are written as such, not as lists of numbers.
pub(super) mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        <&[u8]>::deserialize(deserializer).map(<[u8]>::to_vec)
    }
}

impl Numbers {
    /// Appends a number above all others; one that is not above the last changes nothing.
    pub fn push(&mut self, number: u64) {
        if self.count == 0 {
            self.first = number;
        } else if number <= self.last {
            return;
        } else {
            put_number(&mut self.differences, number - self.last);
        }
        self.last = number;
        self.count += 1;
    }

    /// The first.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// How many there are.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// All of them, ascending.
    pub fn to_vec(&self) -> Vec<u64> {
        let mut all = Vec::with_capacity(self.count as usize);
        if self.count == 0 {
            return all;
        }
        all.push(self.first);
        let (mut number, mut differences) = (self.first, Bytes::new(&self.differences));
        while let Ok(difference) = differences.number() {
            // Differences of what was pushed: together they are the last number.
            number += difference;
            all.push(number);
        }
        all
    }
}

/// Lists by a key.
pub struct Lists<K> {
    /// What grows.
    pub heads: Table<K, Numbers>,
    /// What is full, by its first number.
    pub packs: Table<(K, u64), Numbers>,
}

impl<K: Key> Lists<K> {
    /// Appends a number to a list.
    pub fn push(&self, rows: &mut Rows, key: impl Names<K> + Copy, number: u64) -> Result<(), Error> {
        let head = rows.row(&self.heads, key)?;
        head.push(number);
        if head.count >= NUMBERS_PER_PACK {
            let full = std::mem::take(head);
            rows.append(&self.packs, (key, full.first), &full)?;
        }
        Ok(())
    }

    /// Visits the numbers of a list that are within `from..below`, the newest first, until `visit` says `false`.
    pub fn newest_first(&self, snapshot: &Snapshot, key: &K, within: std::ops::Range<u64>, visit: impl FnMut(u64) -> Result<bool, Error>) -> Result<(), Error> {
        let head = snapshot.get(&self.heads, key)?.unwrap_or_default();
        newest_first(snapshot, &head, &self.packs, key, within, visit)
    }
}

/// The numbers of a list that are within a range, the newest first, read as they are asked for.
pub struct Newest<'a, K> {
    /// Of the head or pack being read, the newest first.
    read: std::vec::IntoIter<u64>,
    packs: Scan<'a, (K, u64), Numbers>,
    from: u64,
    below: u64,
}

impl<K: Key> Lists<K> {
    /// The numbers of a list that are within a range, the newest first.
    pub fn descending<'a>(&self, snapshot: &'a Snapshot, key: &K, within: std::ops::Range<u64>) -> Result<Newest<'a, K>, Error> {
        let head = snapshot.get(&self.heads, key)?.unwrap_or_default();
        // A pack lies under its first number, so the one that begins below the range may reach into it.
        let bounds = Within { from: None, below: Some((key.clone(), within.end).bytes()) };
        let packs = snapshot.range(&self.packs, key, bounds, Order::Descending)?;
        Ok(Newest { read: newest(&head), packs, from: within.start, below: within.end })
    }
}

fn newest(numbers: &Numbers) -> std::vec::IntoIter<u64> {
    let mut all = numbers.to_vec();
    all.reverse();
    all.into_iter()
}

impl<K: Key> Iterator for Newest<'_, K> {
    type Item = Result<u64, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(number) = self.read.by_ref().find(|number| *number < self.below) {
                // Whatever follows is older still.
                return (number >= self.from).then_some(Ok(number));
            }
            match self.packs.next()? {
                Ok((_, pack)) => self.read = newest(&pack),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Visits the numbers of a head and its packs that are within a range, the newest first, until `visit` says `false`.
pub fn newest_first<K: Key>(
    snapshot: &Snapshot,
    head: &Numbers,
    packs: &Table<(K, u64), Numbers>,
    key: &K,
    within: std::ops::Range<u64>,
    mut visit: impl FnMut(u64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut all_of = |numbers: &Numbers| -> Result<bool, Error> {
        for number in numbers.to_vec().into_iter().rev().filter(|number| *number < within.end) {
            if number < within.start || !visit(number)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    // What begins within the range, or before it, is all of it.
    if !all_of(head)? || (head.count() > 0 && head.first() <= within.start) {
        return Ok(());
    }
    let bounds = Within { from: None, below: Some((key.clone(), within.end).bytes()) };
    for pack in snapshot.range(packs, key, bounds, Order::Descending)? {
        if !all_of(&pack?.1)? {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_pushed() {
        let pushed = [0, 1, 2, 129, 16_512, 16_513, 5_000_000_000, u64::MAX];
        let mut numbers = Numbers::default();
        pushed.iter().for_each(|number| numbers.push(*number));
        numbers.push(7);
        assert_eq!((numbers.to_vec(), numbers.count()), (pushed.to_vec(), 8));
        let bytes = postcard::to_stdvec(&numbers).expect("writable");
        assert_eq!(postcard::from_bytes::<Numbers>(&bytes).expect("readable"), numbers);
        assert!(Numbers::default().to_vec().is_empty());
    }
}
