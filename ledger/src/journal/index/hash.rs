//! The 64 bits of a key that the index knows. For ever: runs on the disk are sorted by them.

use crate::source::Table;
use xxhash_rust::xxh3::xxh3_64;

/// What separates an event's id from its scope in the key of [`Table::Ids`].
const SEPARATOR: u8 = 0;

/// The hash of a key. Of an id the upper half is of the id alone, whoever owns it, so that all owners lie together.
pub(super) fn of(table: Table, key: &[u8]) -> u64 {
    let whole = xxh3_64(key);
    match key.iter().position(|byte| *byte == SEPARATOR) {
        Some(end) if table == Table::Ids => upper(key.get(..end).unwrap_or(key)) | whole & u64::from(u32::MAX),
        _ => whole,
    }
}

/// The hashes that keys of [`Table::Ids`] may have whose id is this one, from the least to the greatest.
pub(super) fn of_id(id: &[u8]) -> (u64, u64) {
    let upper = upper(id);
    (upper, upper | u64::from(u32::MAX))
}

fn upper(id: &[u8]) -> u64 {
    xxh3_64(id) & !u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_for_ever() {
        assert_eq!(of(Table::Payments, b"M1\0P1"), 5_132_019_604_636_710_056);
        assert_eq!(of(Table::Ids, b"e1\0M1"), 2_269_290_855_789_090_142);
        let (least, greatest) = of_id(b"e1");
        assert!((least..=greatest).contains(&of(Table::Ids, b"e1\0M1")) && (least..=greatest).contains(&of(Table::Ids, b"e1\0")));
        assert_ne!(of(Table::Ids, b"e1\0M1"), of(Table::Ids, b"e1\0M2"));
    }
}
