//! Rows to bytes and back: how rows lie in a block one after the other. How a row is laid out is the room [`crate::format`]'s.
//!
//! A packed block is a version byte and then, for each row, its length (LEB128) and its bytes. Packing only appends, so
//! the bytes of a partial block are a prefix of the full one's, whatever the commits were. A row's bytes are a function
//! of the row, of the first row of its block, and of the numbers that names had before it.

use super::Error;
use crate::entry::Row;
use crate::format::bytes::{Bytes, Unreadable, put_number};
use crate::format::names::{Naming, Numbering};
use crate::format::row::{Base, read, write};

/// The layout of packed rows. 1 and 2 were derived from the domain's types, and are never given again.
const VERSION: u8 = 3;

/// A row above this many bytes is not believed when read: a record is at most 64 KiB, an entry a few times that.
const ROW_BYTES_MAX: usize = 16 << 20;

/// The bytes of one row by itself, with names instead of their numbers. Equal rows have equal bytes.
pub fn row_bytes(row: &Row) -> Result<Vec<u8>, Error> {
    Ok(crate::format::other_half(row)?)
}

/// Packs rows into the bytes of a block, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Packer {
    bytes: Vec<u8>,
    count: u64,
    /// Where the first row is, once there is one.
    base: Option<Base>,
    scratch: Vec<u8>,
}

impl Packer {
    /// An empty block.
    pub fn new() -> Self {
        Self { bytes: vec![VERSION], count: 0, base: None, scratch: Vec::new() }
    }

    /// Goes on where packed bytes ended; reads them to count the rows.
    pub fn resume(bytes: &[u8]) -> Result<Self, Error> {
        let mut rows = Unpacker::new(bytes)?;
        let mut count = 0;
        while rows.skip()? {
            count += 1;
        }
        Ok(Self { bytes: bytes.to_vec(), count, base: rows.base, scratch: Vec::new() })
    }

    /// Appends a row. Where it fails, nothing was appended; a name may have been given a number.
    pub fn push<N: Numbering>(&mut self, row: &Row, names: &mut N) -> Result<(), Error>
    where
        Error: From<N::Error>,
    {
        self.scratch.clear();
        write(row, &self.base.unwrap_or(Base::ZERO), names, &mut self.scratch)?;
        if self.scratch.len() > ROW_BYTES_MAX {
            return Err(Error::OutOfOrder(format!("a row of {} bytes; the limit is {ROW_BYTES_MAX}", self.scratch.len())));
        }
        put_number(&mut self.bytes, self.scratch.len() as u64);
        self.bytes.extend_from_slice(&self.scratch);
        self.base.get_or_insert_with(|| Base::of(row));
        self.count += 1;
        Ok(())
    }

    /// How many rows are in it.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The packed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Empties it, and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.truncate(1);
        self.count = 0;
        self.base = None;
    }
}

/// Reads packed rows in order.
pub(super) struct Unpacker<'a> {
    rest: Bytes<'a>,
    base: Option<Base>,
}

impl<'a> Unpacker<'a> {
    /// Over the packed bytes of a block.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(Self { rest: Bytes::new(rest), base: None }),
            Some((other, _)) => Err(Error::Corrupt(format!("rows packed in layout {other}, which this program does not know"))),
            None => Err(Error::Corrupt("a block without a single byte".into())),
        }
    }

    /// The bytes of the next row and what they are relative to; `None` at the end.
    fn row(&mut self) -> Result<Option<(&'a [u8], Base)>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let row = self.rest.bytes()?;
        if row.len() > ROW_BYTES_MAX {
            return Err(Error::Corrupt(format!("a row of {} bytes", row.len())));
        }
        if let Some(base) = self.base {
            return Ok(Some((row, base)));
        }
        self.base = Some(Base::read(row)?);
        Ok(Some((row, Base::ZERO)))
    }

    /// Passes over a row without reading it; `false` at the end.
    pub fn skip(&mut self) -> Result<bool, Error> {
        Ok(self.row()?.is_some())
    }

    /// How many bytes are left.
    pub const fn remaining(&self) -> usize {
        self.rest.rest().len()
    }

    /// The next row; `None` at the end.
    pub fn next<N: Naming>(&mut self, names: &mut N) -> Result<Option<Row>, Error>
    where
        Error: From<N::Error>,
        N::Error: From<Unreadable>,
    {
        Ok(self.row()?.map(|(bytes, base)| read(bytes, &base, names)).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_block_is_not_read() {
        for bytes in [&[][..], &[9], &[VERSION, 5, 1], &[VERSION, 1, 1], &[VERSION, 0x80, 0]] {
            let read = Unpacker::new(bytes).and_then(|mut rows| rows.skip());
            assert!(matches!(read, Err(Error::Corrupt(_))), "{bytes:?}");
        }
    }
}
