//! Which runs a table's index has: one row, written by the commit that adopts a run.

use crate::journal::Error;
use serde::{Deserialize, Serialize};

/// The layout of the row. A new one takes the next number and keeps reading the old ones.
const VERSION: u8 = 1;

/// A run of sorted keys of consecutive rows: a key for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        postcard::to_extend(self, vec![VERSION]).map_err(|error| Error::OutOfOrder(format!("a list of runs that cannot be written: {error}")))
    }

    /// Reads the row, and checks that its runs follow each other.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let broken = |what: String| Error::Corrupt(format!("the list of an index's runs: {what}"));
        let listing: Self = match bytes.split_first() {
            Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|error| broken(error.to_string()))?,
            Some((other, _)) => return Err(broken(format!("it is in layout {other}, which this program does not know"))),
            None => return Err(broken("it is empty".to_owned())),
        };
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

/// What a key adds to the sum that tells two sets of keys apart, in whatever order they are added. Wrapping is meant.
pub(super) const fn check(hash: u64, row: u64) -> u64 {
    let mixed = (hash ^ row.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 32)
}
