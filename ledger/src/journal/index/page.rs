//! Sorted keys to bytes and back: 256 of them a page.
//!
//! A page is its first hash, 8 bytes, and for each key how far its hash is above the one before and its row's number above the
//! run's first, both as LEB128: 9 to 11 bytes a key. For ever: pages lie on the disk.

use super::number::{push_number, take_number};
use crate::journal::Error;

/// Keys of a page; the last of a run may have fewer.
pub(super) const KEYS: usize = 256;

/// A key as the index knows it, and its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// See [`super::hash`].
    pub hash: u64,
    /// The number of the row.
    pub row: u64,
}

/// Writes a page of sorted keys; `first` is the least row of its run.
pub(super) fn write(keys: &[Key], first: u64) -> Vec<u8> {
    let start = keys.first().map_or(0, |key| key.hash);
    let mut bytes = Vec::with_capacity(8 + keys.len() * 11);
    bytes.extend_from_slice(&start.to_be_bytes());
    let mut before = start;
    for key in keys {
        // Sorted, and no row is below its run's first.
        push_number(&mut bytes, key.hash.wrapping_sub(before));
        push_number(&mut bytes, key.row.wrapping_sub(first));
        before = key.hash;
    }
    bytes
}

/// The keys of a page, in order.
pub(super) struct Keys<'a> {
    rest: &'a [u8],
    before: u64,
    first: u64,
}

/// Reads a page.
pub(super) fn read(bytes: &[u8], first: u64) -> Result<Keys<'_>, Error> {
    let (start, rest) = bytes.split_first_chunk().ok_or_else(|| Error::Corrupt("a page of an index without its first key".into()))?;
    Ok(Keys { rest, before: u64::from_be_bytes(*start), first })
}

impl Keys<'_> {
    /// The next key; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Key>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (above, rest) = take_number(self.rest)?;
        let (row, rest) = take_number(rest)?;
        self.rest = rest;
        let beyond = || Error::Corrupt("a page of an index goes beyond its numbers".into());
        self.before = self.before.checked_add(above).ok_or_else(beyond)?;
        Ok(Some(Key { hash: self.before, row: self.first.checked_add(row).ok_or_else(beyond)? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read_as_they_were_written() {
        let keys = [Key { hash: 3, row: 9 }, Key { hash: 3, row: 12 }, Key { hash: u64::MAX, row: 7 }];
        let bytes = write(&keys, 7);
        assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 0, 3, 0, 2, 0, 5, 252, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0], "the bytes are for ever");
        let mut read = read(&bytes, 7).expect("a page");
        for key in keys {
            assert_eq!(read.next().expect("a key"), Some(key));
        }
        assert_eq!(read.next().expect("the end"), None);
    }
}
