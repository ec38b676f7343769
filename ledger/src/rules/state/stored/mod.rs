//! How rows of state lie on disk, by hand, of the parts that `format` has: what the rules keep may change its type, and these bytes
//! do not. They lie here and not in `format`, which knows nothing of the rules.
//!
//! | file | rows |
//! |---|---|
//! | `payment` | payments, refunds, disputes |
//! | `merchant` | merchants, holds, payouts, terminals' batches, refused makings |
//! | `partition` | the partition's own row, ids of events, what waits in the park |
//!
//! Numbers of stages and steps are for ever. A layout that changes takes the next [`Stored::VERSION`]; `tests` has the bytes of each.

mod merchant;
mod partition;
mod payment;
#[cfg(test)]
mod tests;

use crate::format::bytes::{Bytes, Unreadable, put_number, put_text};
use crate::format::stored::Stored;
use crate::source::{Changes, Error, Table};
use schemas::event::Book;
use schemas::ids::PspId;

/// Writes a row with the next commit.
pub fn write<V: Stored>(changes: &mut Changes, table: Table, key: &[u8], row: &V) {
    changes.put_with(table, key, |bytes| row.write(bytes));
}

/// Reads a row.
pub fn read<V: Stored>(table: Table, row: &[u8]) -> Result<V, Error> {
    V::read(row).map_err(|error| Error(format!("row of {table:?}: {error}")))
}

/// Whether two values of a row of a table say the same. Earlier programs gave a merchant an empty purse where they looked for one in vain,
/// and whether that was kept was up to the moment of the next commit: an empty purse says what an absent one does.
pub fn says_the_same(table: Table, one: &[u8], other: &[u8]) -> bool {
    if one == other || table != Table::Merchants {
        return one == other;
    }
    let (one, other) = (merchant::without_empty_purses(one), merchant::without_empty_purses(other));
    one.is_some() && one == other
}

/// A book: 0 the bank's, else the length of a PSP's id, and the id.
fn put_book(out: &mut Vec<u8>, book: &Book) {
    match book {
        Book::Bank => put_number(out, 0),
        Book::Psp(psp) => put_text(out, psp.as_str()),
    }
}

fn take_book(bytes: &mut Bytes<'_>) -> Result<Book, Unreadable> {
    match bytes.text()? {
        "" => Ok(Book::Bank),
        psp => PspId::new(psp).map(Book::Psp).ok_or_else(|| Unreadable::new("a book of no PSP")),
    }
}

/// Which of these flags are set.
fn flags_of<const N: usize>(flags: [(u64, bool); N]) -> u64 {
    flags.into_iter().fold(0, |all, (flag, is_set)| if is_set { all | flag } else { all })
}
