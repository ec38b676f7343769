//! A record as it lies in the log, with what is never folded: its headers, and whether it came without a value. For who passes
//! records on to others; the fold reads [`Record`]s.

use std::time::Duration;

use super::{Error, Reader, Record};

/// A record with everything that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; nothing where it came without one, which differs from an empty value.
    pub value: Option<Vec<u8>>,
    /// The names and values of its headers, in order; a header may come without a value, too.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Reads the records of one partition onwards as they lie there, one at a time.
pub trait Originals: Send {
    /// The next record; nothing where none came within `wait`.
    ///
    /// # Errors
    /// As [`Reader::fetch`].
    fn fetch_one(&mut self, wait: Duration) -> Result<Option<Original>, Error>;
    /// The next offset to read, as [`Reader::position`].
    fn position(&self) -> i64;
}

/// Of a log whose records have a key and a value and nothing else.
pub(super) struct Bare(pub Box<dyn Reader>);

impl Originals for Bare {
    fn fetch_one(&mut self, wait: Duration) -> Result<Option<Original>, Error> {
        let record = self.0.fetch(1, wait)?.into_iter().next();
        Ok(record.map(|Record { offset, key, value }| Original { offset, key, value: Some(value), headers: Vec::new() }))
    }

    fn position(&self) -> i64 {
        self.0.position()
    }
}
