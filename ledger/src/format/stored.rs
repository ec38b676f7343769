//! A row beside the entries: a byte for the version of its layout, then what it says.
//!
//! Every table of state has such rows, and so have the journal's own (how far it is, of which log, which runs an index has). One of another version is refused by its number and never read as what it is not.

use super::bytes::{Bytes, Unreadable};

/// A row that has a layout.
pub trait Stored: Sized {
    /// The version of the layout. A version that is retired is never given again.
    const VERSION: u8;

    /// Appends what it says.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads what [`Stored::put`] appended.
    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable>;

    /// Appends the row.
    fn write(&self, out: &mut Vec<u8>) {
        out.push(Self::VERSION);
        self.put(out);
    }

    /// Reads a row: all of its bytes.
    fn read(row: &[u8]) -> Result<Self, Unreadable> {
        let (row, rest) = Self::read_front(row)?;
        Bytes::new(rest).end()?;
        Ok(row)
    }

    /// Reads a row that other bytes follow; answers them, too.
    fn read_front(row: &[u8]) -> Result<(Self, &[u8]), Unreadable> {
        let mut bytes = Bytes::new(row);
        let version = bytes.byte()?;
        if version != Self::VERSION {
            return Err(Unreadable(format!("a row in layout {version}, where this program knows {}", Self::VERSION)));
        }
        let row = Self::take(&mut bytes)?;
        Ok((row, bytes.rest()))
    }
}
