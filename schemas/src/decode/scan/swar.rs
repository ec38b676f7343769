//! Eight bytes of a string at once. Each function answers the top bit of every byte that it is about; all are exact,
//! because no sum carries from one byte into the next.

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const TOP: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Bytes that are not zero.
const fn filled(word: u64) -> u64 {
    (((word & LOW) + LOW) | word) & TOP
}

/// Quotes, backslashes and control characters.
pub const fn special(word: u64) -> u64 {
    let quote = filled(word ^ (ONES * b'"' as u64));
    let backslash = filled(word ^ (ONES * b'\\' as u64));
    // From 0x20 on, adding 0x60 reaches the top bit.
    let printable = ((word & LOW) + ONES * 0x60) | word;
    !(quote & backslash & printable) & TOP
}

/// ASCII digits: under 10 once 0x30 is taken out, so that adding 0x76 does not reach the top bit.
pub const fn digits(word: u64) -> u64 {
    let value = word ^ (ONES * 0x30);
    !(((value & LOW) + ONES * 0x76) | value) & TOP
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_byte_is_told_apart_at_every_place() {
        for byte in 0..=255u8 {
            for place in 0..8 {
                let mut bytes = [b'a'; 8];
                bytes[place] = byte;
                let (word, flag) = (u64::from_le_bytes(bytes), 0x80u64 << (8 * place));
                let special = matches!(byte, b'"' | b'\\' | 0..0x20);
                assert_eq!(super::special(word), if special { flag } else { 0 }, "{byte} at {place}");
                assert_eq!(super::digits(word), if byte.is_ascii_digit() { flag } else { 0 }, "{byte} at {place}");
            }
        }
    }
}
