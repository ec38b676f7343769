//! A record of the embedded log as a row: its key, its bytes, and the check that they are what was written.
//!
//! Key: partition (u32, big-endian), offset (i64, big-endian; never negative). Value: key length plus one (u32,
//! big-endian; 0: no key), key, value, then the first 8 bytes of BLAKE3 over row key and all that. The check covers the
//! place, too, so that a row that is found under another one's is damage. For ever, under format 2.

use super::super::{Append, Code, Error, Record};

const CHECK_BYTES: usize = 8;
const LENGTH_BYTES: usize = 4;

/// The key of a row.
pub(super) fn key(partition: u32, offset: i64) -> [u8; 12] {
    let mut key = [0; 12];
    let (place, at) = key.split_at_mut(4);
    place.copy_from_slice(&partition.to_be_bytes());
    at.copy_from_slice(&offset.to_be_bytes());
    key
}

/// Writes the value of a row over what was in `row`.
pub(super) fn encode(record: &Append, key: &[u8; 12], row: &mut Vec<u8>) -> Result<(), Error> {
    row.clear();
    let length = match &record.key {
        None => 0,
        Some(key) => u32::try_from(key.len()).ok().and_then(|length| length.checked_add(1)).ok_or_else(|| Error::new(Code::Corrupt, "a key above 4 GiB"))?,
    };
    row.extend_from_slice(&length.to_be_bytes());
    row.extend_from_slice(record.key.as_deref().unwrap_or_default());
    row.extend_from_slice(&record.value);
    let check = check(key, row);
    row.extend_from_slice(&check);
    Ok(())
}

/// Reads the value of a row, and checks it.
pub(super) fn decode(partition: u32, offset: i64, row: &[u8]) -> Result<Record, Error> {
    let damaged = || corrupt(partition, offset, "the row is not what was written");
    let (row, found) = row.split_last_chunk::<CHECK_BYTES>().ok_or_else(damaged)?;
    if *found != check(&key(partition, offset), row) {
        return Err(damaged());
    }
    let (length, rest) = row.split_first_chunk::<LENGTH_BYTES>().ok_or_else(damaged)?;
    let (key, value) = match u32::from_be_bytes(*length) {
        0 => (None, rest),
        length => {
            let (key, value) = usize::try_from(length - 1).ok().and_then(|length| rest.split_at_checked(length)).ok_or_else(damaged)?;
            (Some(key.to_vec()), value)
        }
    };
    Ok(Record { offset, key, value: value.to_vec() })
}

/// Damage at a place of the log.
pub(super) fn corrupt(partition: u32, offset: i64, what: &str) -> Error {
    Error::new(Code::Corrupt, format!("embedded log, partition {partition}, offset {offset}: {what}; restore the data directory from a backup"))
}

fn check(key: &[u8; 12], row: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    blake3::Hasher::new().update(key).update(row).finalize_xof().fill(&mut check);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_another_place_are_noticed() {
        let record = Append { partition: 3, key: Some(b"M1".to_vec()), value: b"a record".to_vec() };
        let mut row = Vec::new();
        encode(&record, &key(3, 7), &mut row).expect("a short key");
        let read = decode(3, 7, &row).expect("what was written");
        assert_eq!((read.offset, read.key, read.value), (7, record.key, record.value));
        for bit in 0..row.len() * 8 {
            let mut damaged = row.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(3, 7, &damaged).err().map(|error| error.code), Some(Code::Corrupt), "bit {bit}");
        }
        assert!(decode(3, 8, &row).is_err() && decode(2, 7, &row).is_err() && decode(3, 7, &row[..11]).is_err());
    }
}
