//! Entries as they travel from one node to another: packed as in a block, with names instead of their numbers, which are a
//! journal's own.

use super::Error;
use super::codec::{Packer, Unpacker};
use crate::entry::Recorded;
use crate::format::bytes::{Bytes, put_number};
use crate::format::names::Literal;

/// The bytes of entries with consecutive numbers.
///
/// # Errors
/// An entry that cannot be written.
pub fn pack(entries: &[Recorded]) -> Result<Vec<u8>, Error> {
    let mut packer = Packer::new();
    for entry in entries {
        packer.push(&entry.row, &mut Literal)?;
    }
    let mut bytes = Vec::with_capacity(packer.bytes().len() + 10);
    put_number(&mut bytes, entries.first().map_or(0, |first| first.number));
    bytes.extend_from_slice(packer.bytes());
    Ok(bytes)
}

/// The entries of such bytes.
///
/// # Errors
/// They are none.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Recorded>, Error> {
    let mut bytes = Bytes::new(bytes);
    let mut number = bytes.number()?;
    let mut rows = Unpacker::new(bytes.rest())?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next(&mut Literal)? {
        entries.push(Recorded { number, row });
        number = number.checked_add(1).ok_or_else(|| Error::Corrupt("an entry without a number".into()))?;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Outcome, Row};
    use schemas::time::Date;

    #[test]
    fn entries_come_back_and_what_is_none_is_refused() {
        let entry = |number: u64| {
            let mut row = Row::of(700 + i64::try_from(number).expect("small"), 700, Date::from_days(20_000), Outcome::Posted);
            row.terminal = schemas::ids::TerminalId::new("T1");
            Recorded { number, row }
        };
        let entries: Vec<Recorded> = (9..12).map(entry).collect();
        assert_eq!(unpack(&pack(&entries).expect("written")).expect("read"), entries);
        assert_eq!(unpack(&pack(&[]).expect("written")).expect("read"), []);
        assert!(unpack(&[]).is_err() && unpack(&[0]).is_err() && unpack(&[0, 3, 200]).is_err());
    }
}
