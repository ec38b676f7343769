//! How far the journal is: one row, rewritten by each commit in the same batch as what it counts.

use super::block::{GENESIS, link};
use super::codec::Packer;
use super::{Error, Hash, ROWS_PER_BLOCK};
use crate::format::bytes::{Bytes, Unreadable, put_number, put_signed, put_text};
use crate::format::contract::{put_option, take_option};
use crate::format::stored::Stored;
use crate::log::Fingerprint;

/// Which log the journal was folded from: written once, compared at each start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The partition.
    pub partition: u32,
    /// How many partitions the log had.
    pub partitions: u32,
    /// What told it from another log of the same name.
    pub identity: String,
}

/// What the progress row says, without the partial block that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub fn to_bytes(&self, partial: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(partial.len() + 96);
        self.write(&mut bytes);
        bytes.extend_from_slice(partial);
        bytes
    }

    /// Reads the row, and checks that the partial block has as many rows as the count of entries says.
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Packer), Error> {
        let (progress, partial) = Self::read_front(bytes).map_err(|error| Error::Corrupt(format!("the progress row cannot be read: {error}")))?;
        let packer = Packer::resume(partial)?;
        let expected = progress.entries % ROWS_PER_BLOCK;
        if packer.count() != expected {
            return Err(Error::Corrupt(format!("{} rows in the last block where {expected} were counted", packer.count())));
        }
        Ok((progress, packer))
    }
}

impl Stored for Progress {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { entries, cursor, previous, last_offset, last_record } = self;
        put_number(out, *entries);
        put_signed(out, (*cursor).into());
        out.extend_from_slice(previous);
        put_option(out, last_offset.as_ref(), |out, offset| put_signed(out, (*offset).into()));
        put_option(out, last_record.as_ref(), |out, Fingerprint { offset, hash }| {
            put_signed(out, (*offset).into());
            out.extend_from_slice(&hash.to_be_bytes());
        });
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            entries: bytes.number()?,
            cursor: bytes.signed_narrow()?,
            previous: bytes.array()?,
            last_offset: take_option(bytes, Bytes::signed_narrow)?,
            last_record: take_option(bytes, |bytes| Ok(Fingerprint { offset: bytes.signed_narrow()?, hash: u64::from_be_bytes(bytes.array()?) }))?,
        })
    }
}

impl Stored for Origin {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.partition.into());
        put_number(out, self.partitions.into());
        put_text(out, &self.identity);
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        Ok(Self { partition: bytes.narrow()?, partitions: bytes.narrow()?, identity: bytes.text()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_have_the_bytes_that_they_had() {
        let progress = Progress { entries: 200, cursor: -1, previous: [7; 32], last_offset: Some(64), last_record: Some(Fingerprint { offset: 64, hash: 9 }) };
        let expected = [&[1, 0xc8, 1, 1][..], &[7; 32], &[1, 0x80, 1, 1, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 9], b"partial"].concat();
        assert_eq!(progress.to_bytes(b"partial"), expected);
        assert_eq!(Progress::read_front(&expected), Ok((progress, &b"partial"[..])));
        let (origin, mut bytes) = (Origin { partition: 3, partitions: 12, identity: "id".to_owned() }, Vec::new());
        origin.write(&mut bytes);
        assert_eq!((bytes.as_slice(), Origin::read(&bytes)), (&b"\x01\x03\x0c\x02id"[..], Ok(origin)));
    }
}
