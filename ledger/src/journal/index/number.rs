//! Numbers as LEB128: seven bits a byte, the lowest first.

use crate::journal::Error;

/// Appends a number: 1 to 10 bytes.
pub(super) fn push_number(bytes: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// Takes a number from the beginning; the bytes after it.
pub(super) fn take_number(bytes: &[u8]) -> Result<(u64, &[u8]), Error> {
    let unreadable = || Error::Corrupt("a number cannot be read".into());
    let mut number = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f);
        let shifted = part << (7 * at);
        // Of the tenth byte only one bit has room.
        if shifted >> (7 * at) != part {
            return Err(unreadable());
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            return Ok((number, bytes.get(at + 1..).unwrap_or_default()));
        }
    }
    Err(unreadable())
}

/// The same for a length in memory.
pub(super) fn take_length(bytes: &[u8]) -> Result<(usize, &[u8]), Error> {
    let (length, rest) = take_number(bytes)?;
    usize::try_from(length).map(|length| (length, rest)).map_err(|_| Error::Corrupt(format!("{length} bytes do not fit into memory")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for number in [0, 1, 127, 128, 16_383, 16_384, 1 << 35, u64::MAX >> 1, u64::MAX] {
            let mut bytes = Vec::new();
            push_number(&mut bytes, number);
            bytes.push(7);
            assert_eq!(take_number(&bytes).expect("a number"), (number, &[7u8][..]));
            assert!(bytes.len() == 2 || take_number(&bytes[..bytes.len() - 2]).is_err(), "{number} cut off");
        }
        assert!(take_number(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).is_err(), "more than 64 bits");
    }
}
