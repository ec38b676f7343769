//! Rows to bytes and back: the one place that knows how a row is laid out.
//!
//! A packed block is a version byte and then, for each row, its length (LEB128) and its bytes. Packing only appends, so
//! the bytes of a partial block are a prefix of the full one's, whatever the commits were. A row's bytes are a function
//! of the row alone: its fields, and behind them what only some rows have (a reference, who wanted it), where there is
//! any. So a row without these has the bytes that it had before they came to be, and the head of an older journal stands.

use super::Error;
use crate::entry::{Row, Said};
use schemas::ids::Reference;
use serde::{Deserialize, Serialize};

/// The layout of packed rows. A new layout takes the next number and keeps reading the old ones.
const VERSION: u8 = 2;

/// A row above this many bytes is not believed when read: a record is at most 64 KiB, an entry a few times that.
const ROW_BYTES_MAX: usize = 16 << 20;

/// The bytes of one row: what an entry's hash is made of. Equal rows have equal bytes.
pub fn row_bytes(row: &Row) -> Result<Vec<u8>, Error> {
    write(row, Vec::new())
}

/// What stands behind the fields of a row, where there is any of it.
#[derive(Serialize, Deserialize)]
struct Behind {
    reference: Option<Reference>,
    said: Option<Box<Said>>,
}

/// Appends the bytes of a row.
fn write(row: &Row, to: Vec<u8>) -> Result<Vec<u8>, Error> {
    let failed = |error| Error::OutOfOrder(format!("a row that cannot be written: {error}"));
    let bytes = postcard::to_extend(row, to).map_err(failed)?;
    if row.reference.is_none() && row.said.is_none() {
        return Ok(bytes);
    }
    postcard::to_extend(&(&row.reference, &row.said), bytes).map_err(failed)
}

/// Reads the bytes of one row.
fn read(bytes: &[u8]) -> Result<Row, Error> {
    let failed = |error| Error::Corrupt(format!("a row that cannot be read: {error}"));
    let (row, behind) = postcard::take_from_bytes::<Row>(bytes).map_err(failed)?;
    if behind.is_empty() {
        return Ok(row);
    }
    match postcard::take_from_bytes::<Behind>(behind).map_err(failed)? {
        (Behind { reference: None, said: None }, _) => Err(Error::Corrupt("bytes after a row that say nothing".into())),
        (Behind { reference, said }, []) => Ok(Row { reference, said, ..row }),
        (_, rest) => Err(Error::Corrupt(format!("{} bytes too many after a row", rest.len()))),
    }
}

/// Packs rows into the bytes of a block, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Packer {
    bytes: Vec<u8>,
    count: u64,
    scratch: Vec<u8>,
}

impl Packer {
    /// An empty block.
    pub fn new() -> Self {
        Self { bytes: vec![VERSION], count: 0, scratch: Vec::new() }
    }

    /// Goes on where packed bytes ended; reads them to count the rows.
    pub fn resume(bytes: &[u8]) -> Result<Self, Error> {
        let mut rows = Unpacker::new(bytes)?;
        let mut count = 0;
        while rows.skip()? {
            count += 1;
        }
        Ok(Self { bytes: bytes.to_vec(), count, scratch: Vec::new() })
    }

    /// Appends a row.
    pub fn push(&mut self, row: &Row) -> Result<(), Error> {
        self.scratch.clear();
        let packed = write(row, std::mem::take(&mut self.scratch))?;
        if packed.len() > ROW_BYTES_MAX {
            return Err(Error::OutOfOrder(format!("a row of {} bytes; the limit is {ROW_BYTES_MAX}", packed.len())));
        }
        push_length(&mut self.bytes, packed.len());
        self.bytes.extend_from_slice(&packed);
        self.scratch = packed;
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
    }
}

/// Reads packed rows in order.
pub(super) struct Unpacker<'a> {
    rest: &'a [u8],
}

impl<'a> Unpacker<'a> {
    /// Over the packed bytes of a block.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(Self { rest }),
            Some((other, _)) => Err(Error::Corrupt(format!("rows packed in layout {other}, which this program does not know"))),
            None => Err(Error::Corrupt("a block without a single byte".into())),
        }
    }

    /// The bytes of the next row; `None` at the end.
    fn row(&mut self) -> Result<Option<&'a [u8]>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (length, rest) = take_length(self.rest)?;
        if length > rest.len() {
            return Err(Error::Corrupt("a row is cut off".into()));
        }
        let (row, rest) = rest.split_at(length);
        self.rest = rest;
        Ok(Some(row))
    }

    /// Passes over a row without reading it; `false` at the end.
    pub fn skip(&mut self) -> Result<bool, Error> {
        Ok(self.row()?.is_some())
    }

    /// How many bytes are left.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Row>, Error> {
        self.row()?.map(read).transpose()
    }
}

fn push_length(bytes: &mut Vec<u8>, length: usize) {
    let mut rest = length;
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn take_length(bytes: &[u8]) -> Result<(usize, &[u8]), Error> {
    let (mut length, mut shift) = (0usize, 0u32);
    for (at, byte) in bytes.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let rest = bytes.get(at + 1..).unwrap_or_default();
            return if length <= ROW_BYTES_MAX { Ok((length, rest)) } else { Err(Error::Corrupt(format!("a row of {length} bytes"))) };
        }
        shift += 7;
    }
    Err(Error::Corrupt("a row's length cannot be read".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_they_were_written() {
        for length in [0, 1, 127, 128, 300, 16_383, 16_384, 2_097_151, ROW_BYTES_MAX] {
            let mut bytes = Vec::new();
            push_length(&mut bytes, length);
            bytes.push(7);
            let (read, rest) = take_length(&bytes).expect("a length");
            assert_eq!((read, rest), (length, &[7u8][..]));
        }
        for cut in [&[][..], &[0x80], &[0xff, 0xff, 0xff, 0xff, 0x01]] {
            assert!(matches!(take_length(cut), Err(Error::Corrupt(_))), "{cut:?}");
        }
    }

    #[test]
    fn what_only_some_rows_have_stands_behind_the_rest() {
        let plain = Row::of(7, 7, schemas::time::Date::from_days(20_000), crate::entry::Outcome::Posted);
        let said = Said { maker: Some("li".into()), checker: Some("wang".into()), reason: Some("typo".into()), order: None };
        let rows = [
            plain.clone(),
            Row { reference: Reference::new("RRN1"), ..plain.clone() },
            Row { said: Some(Box::new(said.clone())), ..plain.clone() },
            Row { reference: Reference::new("RRN1"), said: Some(Box::new(said)), ..plain.clone() },
        ];
        let bare = postcard::to_stdvec(&plain).expect("written");
        for row in &rows {
            let bytes = row_bytes(row).expect("written");
            assert!(bytes.starts_with(&bare) && (bytes == bare) == (*row == plain), "the fields as they ever were");
            assert_eq!(read(&bytes).expect("readable"), *row);
            let (mut longer, mut cut) = (bytes.clone(), bytes.clone());
            longer.push(0);
            cut.pop();
            assert!(matches!(read(&longer), Err(Error::Corrupt(_))) && matches!(read(&cut), Err(Error::Corrupt(_))));
        }
        assert!(matches!(read(&[bare, vec![0, 0]].concat()), Err(Error::Corrupt(_))), "nothing is said by no bytes");
    }

    #[test]
    fn what_is_no_block_is_not_read() {
        for bytes in [&[][..], &[9], &[VERSION, 5, 1], &[VERSION, 1, 1]] {
            let read = Unpacker::new(bytes).and_then(|mut rows| rows.next());
            assert!(matches!(read, Err(Error::Corrupt(_))), "{bytes:?}");
        }
    }
}
