//! Rows of a table in values of 64, in the order in which they were appended.
//!
//! A value is a version byte, then for each row the length of its key, the key, the length of its value and one more (0: the
//! row was removed), and the value; lengths as LEB128. The last value of a table may have fewer rows and is written again by
//! each commit that appends.

use super::number::{push_number, take_length};
use crate::journal::Error;

/// Rows of a value. For ever: it leads from a row's number to its value.
pub(super) const ROWS: u64 = 64;

/// The layout of a value.
const VERSION: u8 = 1;

/// A row as it lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// Its key.
    pub key: &'a [u8],
    /// Its value; `None`: it was removed.
    pub value: Option<&'a [u8]>,
}

/// A value that has no rows yet.
pub(super) fn empty() -> Vec<u8> {
    vec![VERSION]
}

/// Appends a row.
pub(super) fn push(bytes: &mut Vec<u8>, row: Row<'_>) {
    push_number(bytes, row.key.len() as u64);
    bytes.extend_from_slice(row.key);
    match row.value {
        None => push_number(bytes, 0),
        Some(value) => {
            push_number(bytes, value.len() as u64 + 1);
            bytes.extend_from_slice(value);
        }
    }
}

/// The rows of a value, in order.
pub(super) struct Rows<'a> {
    rest: &'a [u8],
}

impl<'a> Rows<'a> {
    /// Over the bytes of a value.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(Self { rest }),
            Some((other, _)) => Err(Error::Corrupt(format!("rows of state in layout {other}, which this program does not know"))),
            None => Err(Error::Corrupt("rows of state without a single byte".into())),
        }
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Row<'a>>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.part(0)?.unwrap_or_default();
        let value = self.part(1)?;
        Ok(Some(Row { key, value }))
    }

    /// Bytes with their length before them, which is so much more than it is; `None` where it is less.
    fn part(&mut self, more: usize) -> Result<Option<&'a [u8]>, Error> {
        let (length, rest) = take_length(self.rest)?;
        let Some(length) = length.checked_sub(more) else {
            self.rest = rest;
            return Ok(None);
        };
        let (part, rest) = rest.split_at_checked(length).ok_or_else(|| Error::Corrupt("a row of state is cut off".into()))?;
        self.rest = rest;
        Ok(Some(part))
    }
}

/// The row at a place of a value.
pub(super) fn at(bytes: &[u8], place: u64) -> Result<Row<'_>, Error> {
    let mut rows = Rows::new(bytes)?;
    for _ in 0..place {
        rows.next()?;
    }
    rows.next()?.ok_or_else(|| Error::Corrupt(format!("there is no row {place} in a value of state")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(bytes: &[u8]) -> Result<u64, Error> {
        let mut rows = Rows::new(bytes)?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn rows_are_read_as_they_were_written() {
        let rows = [Row { key: b"one", value: Some(b"1") }, Row { key: b"", value: Some(b"") }, Row { key: b"gone", value: None }];
        let mut bytes = empty();
        rows.iter().for_each(|row| push(&mut bytes, *row));
        assert_eq!(bytes, b"\x01\x03one\x021\x00\x01\x04gone\x00", "the bytes are for ever");
        assert_eq!(count(&bytes).expect("readable"), 3);
        for (place, row) in rows.iter().enumerate() {
            assert_eq!(at(&bytes, place as u64).expect("there"), *row);
        }
        assert!(matches!(at(&bytes, 3), Err(Error::Corrupt(_))));
        for cut in 2..bytes.len() - 1 {
            let read = count(&bytes[..cut]);
            assert!(read.is_err() || read.is_ok_and(|count| count < 3), "cut at {cut}");
        }
    }
}
