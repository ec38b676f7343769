//! Identifiers in fewer bytes than characters: most are random and of few kinds of characters.
//!
//! The first byte says the alphabet and the length, then come the characters as bits, the first one highest:
//!
//! | alphabet | characters | bits each |
//! |---|---|---|
//! | 0 | anything | 8 |
//! | 1 · 2 | hexadecimal digits, lower · upper case | 4 |
//! | 3 · 4 | Crockford's base 32, upper · lower case | 5 |
//! | 5 | letters, digits, `-` and `_` | 6 |
//! | 6 | a ULID: 26 characters of alphabet 3 of which the first is at most 7 | 16 bytes in all |
//! | 7 | a UUID: 32 lower-case hexadecimal digits, with hyphens after 8, 12, 16 and 20 of them | 16 bytes in all |
//!
//! The first alphabet that fits is the one: 7, 6, 1, 2, 3, 4, 5, 0. So equal texts have equal bytes.

use super::bytes::{Bytes, Unreadable, put_number};
use compact_str::CompactString;

/// Lengths below this stand in the first byte; others follow it, less this.
const LENGTH_IN_BYTE: usize = 31;
/// Characters of a ULID.
const ULID_CHARS: usize = 26;
const ULID: u8 = 6;
const UUID: u8 = 7;
/// Characters of a UUID, and where its hyphens are.
const UUID_CHARS: usize = 36;
const UUID_HYPHENS: [usize; 4] = [8, 13, 18, 23];
const RAW: u8 = 0;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HEX: &[u8; 16] = b"0123456789abcdef";
const SIXTY_FOUR: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// An alphabet of 2^`bits` characters.
struct Alphabet {
    number: u8,
    bits: u32,
    /// The value of each character; 255 where it is none.
    values: [u8; 256],
    /// The characters by value.
    characters: [u8; 64],
}

const fn alphabet(number: u8, bits: u32, characters: &[u8], lower: bool, upper: bool) -> Alphabet {
    let mut made = Alphabet { number, bits, values: [255; 256], characters: [0; 64] };
    let mut value = 0;
    while value < characters.len() {
        let mut character = characters[value];
        if lower {
            character = character.to_ascii_lowercase();
        }
        if upper {
            character = character.to_ascii_uppercase();
        }
        made.values[character as usize] = value as u8;
        made.characters[value] = character;
        value += 1;
    }
    made
}

/// In the order in which they are tried, which is that of their numbers.
static ALPHABETS: [Alphabet; 5] = [
    alphabet(1, 4, HEX, true, false),
    alphabet(2, 4, HEX, false, true),
    alphabet(3, 5, CROCKFORD, false, true),
    alphabet(4, 5, CROCKFORD, true, false),
    alphabet(5, 6, SIXTY_FOUR, false, false),
];

/// For each byte the alphabets that have it, as bits by their place in [`ALPHABETS`]: one look a byte tells which alphabets fit a text.
static FITTING: [u8; 256] = {
    let mut fitting = [0; 256];
    let mut at = 0;
    while at < ALPHABETS.len() {
        let mut byte = 0;
        while byte < 256 {
            if ALPHABETS[at].values[byte] != 255 {
                fitting[byte] |= 1 << at;
            }
            byte += 1;
        }
        at += 1;
    }
    fitting
};

/// Appends an identifier.
pub fn put_id(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    if let Some(value) = uuid(bytes) {
        out.push(UUID << 5);
        out.extend_from_slice(&value.to_be_bytes());
        return;
    }
    let fitting = bytes.iter().fold(u8::MAX, |fitting, byte| fitting & FITTING[usize::from(*byte)]);
    let Some(alphabet) = ALPHABETS.get(fitting.trailing_zeros() as usize) else {
        put_head(out, RAW, bytes.len());
        out.extend_from_slice(bytes);
        return;
    };
    if alphabet.number == 3 && bytes.len() == ULID_CHARS && bytes[0] <= b'7' {
        out.push(ULID << 5);
        let value = bytes.iter().fold(0u128, |value, byte| value << 5 | u128::from(alphabet.values[usize::from(*byte)]));
        out.extend_from_slice(&value.to_be_bytes());
        return;
    }
    put_head(out, alphabet.number, bytes.len());
    let (mut waiting, mut bits) = (0u32, 0u32);
    for byte in bytes {
        waiting = waiting << alphabet.bits | u32::from(alphabet.values[usize::from(*byte)]);
        bits += alphabet.bits;
        while bits >= 8 {
            bits -= 8;
            out.push((waiting >> bits) as u8);
        }
        // At most seven bits wait.
        waiting &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push((waiting << (8 - bits)) as u8);
    }
}

/// The value of a UUID.
fn uuid(bytes: &[u8]) -> Option<u128> {
    if bytes.len() != UUID_CHARS {
        return None;
    }
    bytes.iter().enumerate().try_fold(0u128, |value, (at, byte)| match (UUID_HYPHENS.contains(&at), ALPHABETS[0].values[usize::from(*byte)]) {
        (true, _) => (*byte == b'-').then_some(value),
        (false, 255) => None,
        (false, digit) => Some(value << 4 | u128::from(digit)),
    })
}

fn put_head(out: &mut Vec<u8>, alphabet: u8, length: usize) {
    out.push(alphabet << 5 | length.min(LENGTH_IN_BYTE) as u8);
    if length >= LENGTH_IN_BYTE {
        put_number(out, (length - LENGTH_IN_BYTE) as u64);
    }
}

/// Reads an identifier.
pub fn take_id(bytes: &mut Bytes<'_>) -> Result<CompactString, Unreadable> {
    let head = bytes.byte()?;
    let mut length = usize::from(head & 0x1f);
    if length == LENGTH_IN_BYTE {
        // A character takes four bits or more, so that many cannot be what is left.
        let more = bytes.narrow::<usize>()?;
        length = if more > bytes.rest().len() * 2 { return Err(Unreadable::new("an identifier is cut off")) } else { length + more };
    }
    match head >> 5 {
        RAW => std::str::from_utf8(bytes.take(length)?).map(CompactString::from).map_err(Unreadable::new),
        ULID => {
            let value = u128::from_be_bytes(bytes.array()?);
            let character = |at: usize| CROCKFORD[(value >> (5 * (ULID_CHARS - 1 - at)) & 31) as usize] as char;
            Ok((0..ULID_CHARS).map(character).collect())
        }
        UUID => {
            let digits = format!("{:032x}", u128::from_be_bytes(bytes.array()?));
            let mut text = CompactString::with_capacity(UUID_CHARS);
            for (at, digit) in digits.char_indices() {
                if matches!(at, 8 | 12 | 16 | 20) {
                    text.push('-');
                }
                text.push(digit);
            }
            Ok(text)
        }
        number => {
            let alphabet = ALPHABETS.iter().find(|alphabet| alphabet.number == number).ok_or_else(|| Unreadable::new("an identifier of another alphabet"))?;
            let packed = bytes.take((length * alphabet.bits as usize).div_ceil(8))?;
            let mut text = CompactString::with_capacity(length);
            let (mut waiting, mut bits, mut packed) = (0u32, 0u32, packed.iter());
            for _ in 0..length {
                while bits < alphabet.bits {
                    waiting = waiting << 8 | u32::from(*packed.next().ok_or_else(|| Unreadable::new("an identifier is cut off"))?);
                    bits += 8;
                }
                bits -= alphabet.bits;
                text.push(alphabet.characters[(waiting >> bits) as usize] as char);
                waiting &= (1 << bits) - 1;
            }
            Ok(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        put_id(&mut out, text);
        out
    }

    #[test]
    fn identifiers_are_read_as_they_were_written() {
        let long = "x".repeat(255);
        for text in [
            "",
            "a",
            "7",
            "evt_1",
            "P-88231",
            "deadbeef",
            "DEADBEEF",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "81ARZ3NDEKTSV4RRFFQ69G5FAV",
            "01arz3ndektsv4rrffq69g5fav",
            "M.1:2@3/4",
            "东方商户",
            "0123456789012345678901234567890",
            "012345678901234567890123456789",
            "550e8400-e29b-41d4-a716-446655440000",
            "550E8400-e29b-41d4-a716-446655440000",
            "550e8400e29b-41d4-a716-4466554400000",
            &long,
        ] {
            let out = packed(text);
            let mut bytes = Bytes::new(&out);
            assert_eq!((take_id(&mut bytes).as_deref(), bytes.end()), (Ok(text), Ok(())), "{out:02x?}");
            for cut in 0..out.len() {
                assert!(take_id(&mut Bytes::new(&out[..cut])).is_err(), "{text} cut to {cut}");
            }
        }
    }

    #[test]
    fn random_ones_take_what_their_bits_take() {
        for (text, length) in [
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", 17),
            ("9f86d081884c7d659a2feaa0c5", 14),
            ("P01ARZ3NDEKTSV4RRFFQ69G5FA", 18),
            ("evt_9f86d081884c7d659a2feaa0c5", 24),
            ("550e8400-e29b-41d4-a716-446655440000", 17),
        ] {
            assert_eq!(packed(text).len(), length, "{text}");
        }
    }
}
