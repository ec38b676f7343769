//! Which runs a table's index has: one row, written by the commit that adopts a run.

use crate::format::bytes::{Bytes, Unreadable, put_number};
use crate::format::contract::{put_list, take_list};
use crate::format::stored::Stored;
use crate::journal::Error;

/// A run of sorted keys of consecutive rows: a key for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::journal) struct RunListing {
    /// Its number: in the keys of its pages.
    pub id: u64,
    /// 0: made of recent keys; else made of four runs of the level below.
    pub level: u8,
    /// The first of its rows.
    pub first: u64,
    /// The row after its last.
    pub end: u64,
    /// The sum of [`check`] over its keys: `verify` compares it with rows and pages.
    pub check: u64,
}

/// The row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The number of the next run.
    pub next_run: u64,
    /// Runs, by their rows: the first begins at row 0, each at the end of the one before.
    pub runs: Vec<RunListing>,
}

impl Listing {
    /// The row after the last that is in a run; those from it on are recent.
    pub fn covered(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.end)
    }

    /// As on the disk.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// Reads the row, and checks that its runs follow each other.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let broken = |what: String| Error::Corrupt(format!("the list of an index's runs: {what}"));
        let listing = Self::read(bytes).map_err(|error| broken(error.to_string()))?;
        let mut end = 0;
        for run in &listing.runs {
            if run.first != end || run.end <= run.first || run.id >= listing.next_run {
                return Err(broken(format!("run {} does not follow the one before it", run.id)));
            }
            end = run.end;
        }
        Ok(listing)
    }
}

impl Stored for Listing {
    const VERSION: u8 = 2;

    fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.next_run);
        put_list(out, &self.runs, |out, RunListing { id, level, first, end, check }| {
            put_number(out, *id);
            out.push(*level);
            put_number(out, *first);
            put_number(out, *end);
            out.extend_from_slice(&check.to_be_bytes());
        });
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let next_run = bytes.number()?;
        let runs = take_list(bytes, |bytes| {
            let (id, level, first, end) = (bytes.number()?, bytes.byte()?, bytes.number()?, bytes.number()?);
            Ok(RunListing { id, level, first, end, check: u64::from_be_bytes(bytes.array()?) })
        })?;
        Ok(Self { next_run, runs })
    }
}

/// What a key adds to the sum that tells two sets of keys apart, in whatever order they are added. Wrapping is meant.
pub(super) const fn check(hash: u64, row: u64) -> u64 {
    let mixed = (hash ^ row.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_has_the_bytes_that_it_had() {
        let run = |id, level, first, end| RunListing { id, level, first, end, check: 9 };
        let listing = Listing { next_run: 300, runs: vec![run(7, 1, 0, 200), run(299, 0, 200, 201)] };
        let expected = b"\x02\xac\x02\x02\x07\x01\x00\xc8\x01\0\0\0\0\0\0\0\x09\xab\x02\x00\xc8\x01\xc9\x01\0\0\0\0\0\0\0\x09";
        assert_eq!(listing.to_bytes(), expected);
        assert_eq!(Listing::from_bytes(expected).ok(), Some(listing));
    }
}
