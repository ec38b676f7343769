//! How far the journal is: one row, rewritten by each commit in the same batch as what it counts.

use super::block::{GENESIS, link};
use super::codec::Packer;
use super::{Error, Hash, ROWS_PER_BLOCK};
use crate::log::Fingerprint;
use serde::{Deserialize, Serialize};

/// Which log the journal was folded from: written once, compared at each start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The partition.
    pub partition: u32,
    /// How many partitions the log had.
    pub partitions: u32,
    /// What told it from another log of the same name.
    pub identity: String,
}

/// What the progress row says, without the partial block that follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// How many entries there are; also the number of the next one.
    pub entries: u64,
    /// The next offset to read.
    pub cursor: i64,
    /// The hash of the last full block.
    pub previous: [u8; 32],
    /// The offset that the last entry was made at.
    pub last_offset: Option<i64>,
    /// The last record that was folded.
    pub last_record: Option<Fingerprint>,
}

impl Progress {
    /// Of a journal with nothing in it.
    pub fn empty() -> Self {
        Self { entries: 0, cursor: 0, previous: *GENESIS.as_bytes(), last_offset: None, last_record: None }
    }

    /// How many full blocks there are.
    pub const fn full_blocks(&self) -> u64 {
        self.entries / ROWS_PER_BLOCK
    }

    /// The head: the chain up to the last entry.
    pub fn head(&self, partial: &[u8]) -> Hash {
        let previous = Hash::from_bytes(self.previous);
        if self.entries.is_multiple_of(ROWS_PER_BLOCK) { previous } else { link(&previous, partial) }
    }

    /// The row: this, then the packed bytes of the partial block.
    pub fn to_bytes(&self, partial: &[u8]) -> Result<Vec<u8>, Error> {
        let mut bytes = postcard::to_extend(self, Vec::with_capacity(partial.len() + 96))
            .map_err(|error| Error::OutOfOrder(format!("progress that cannot be written: {error}")))?;
        bytes.extend_from_slice(partial);
        Ok(bytes)
    }

    /// Reads the row, and checks that the partial block has as many rows as the count of entries says.
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Packer), Error> {
        let (progress, partial) =
            postcard::take_from_bytes::<Self>(bytes).map_err(|error| Error::Corrupt(format!("the progress row cannot be read: {error}")))?;
        let packer = Packer::resume(partial)?;
        let expected = progress.entries % ROWS_PER_BLOCK;
        if packer.count() != expected {
            return Err(Error::Corrupt(format!("{} rows in the last block where {expected} were counted", packer.count())));
        }
        Ok((progress, packer))
    }
}
