//! The content of an event as one number: equal for equal JSON values, whatever the order of their keys.
//!
//! Every member is hashed under a seed that its key gives, and members are added up, so their order does not matter.
//! An element of a list is hashed under its place, so its order does. Strings are hashed unescaped, numbers by value.
//! The numbers are kept with the ids of events for ever: nothing here may change. A test holds a fixture.

use crate::wire::field::Field;
use xxhash_rust::const_xxh3;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

/// What kind of value was hashed, so that `"1"`, `1` and `true` differ.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Kind {
    Null = 1,
    False = 2,
    True = 3,
    Number = 4,
    Text = 5,
    Object = 6,
    List = 7,
}

// Odd constants of SplitMix64: they spread small numbers over all bits of a seed.
const SPREAD_KIND: u64 = 0x9e37_79b9_7f4a_7c15;
const SPREAD_PLACE: u64 = 0xbf58_476d_1ce4_e5b9;

/// The seed under which the member of a key is hashed.
#[inline]
pub fn key_seed(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// The same of the key of a field that is known.
#[inline]
pub fn field_seed(field: Field) -> u64 {
    SEEDS[field as usize]
}

static SEEDS: [u64; Field::ALL.len()] = {
    let mut seeds = [0; Field::ALL.len()];
    let mut at = 0;
    while at < seeds.len() {
        seeds[at] = const_xxh3::xxh3_64(Field::ALL[at].name().as_bytes());
        at += 1;
    }
    seeds
};

/// The seed under which the element of a list is hashed.
pub const fn place_seed(place: u64) -> u64 {
    place.wrapping_add(1).wrapping_mul(SPREAD_PLACE)
}

/// A value under its seed.
#[inline]
pub fn value(seed: u64, kind: Kind, bytes: &[u8]) -> u128 {
    xxh3_128_with_seed(bytes, seed ^ (kind as u64).wrapping_mul(SPREAD_KIND))
}

/// The members of an object or the elements of a list, added up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    total: u128,
    count: u64,
}

impl Sum {
    /// Adds one.
    pub fn add(&mut self, member: u128) {
        self.total = self.total.wrapping_add(member);
        self.count = self.count.wrapping_add(1);
    }

    /// How many there are so far.
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The whole object or list under its seed.
    pub fn finish(self, seed: u64, kind: Kind) -> u128 {
        let mut bytes = [0u8; 24];
        bytes[..16].copy_from_slice(&self.total.to_le_bytes());
        bytes[16..].copy_from_slice(&self.count.to_le_bytes());
        value(seed, kind, &bytes)
    }
}

/// A JSON number under its seed: `1`, `1.0` and `10e-1` are one value, and so are `0` and `-0`.
pub fn number(seed: u64, text: &str) -> u128 {
    value(seed, Kind::Number, canonical(text).as_bytes())
}

/// A number as its significant digits and a power of ten.
fn canonical(text: &str) -> String {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = String::with_capacity(whole.len() + fraction.len());
    digits.push_str(whole);
    digits.push_str(fraction);
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return "0".into();
    }
    let trimmed = significant.trim_end_matches('0');
    // A record has at most 64 KiB, so lengths are small; an exponent beyond 64 bits is as good as endless.
    let moved = (significant.len() - trimmed.len()) as i64 - fraction.len() as i64;
    let power = exponent.strip_prefix('+').unwrap_or(exponent).parse::<i64>().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
    format!("{}{trimmed}e{}", if negative { "-" } else { "" }, power.saturating_add(moved))
}

/// The value of a whole JSON number, where it is one and not negative: `3`, `3.0` and `0.3e1` are 3.
pub fn whole(text: &str) -> Option<u64> {
    let canonical = canonical(text);
    if canonical == "0" {
        return Some(0);
    }
    let (digits, power) = canonical.split_once('e')?;
    let power = u32::try_from(power.parse::<i64>().ok()?).ok()?;
    digits.parse::<u64>().ok()?.checked_mul(10u64.checked_pow(power)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        for (text, expected) in [
            ("1", "1e0"),
            ("1.0", "1e0"),
            ("1e0", "1e0"),
            ("10e-1", "1e0"),
            ("0.001E3", "1e0"),
            ("-12.50", "-125e-1"),
            ("120", "12e1"),
            ("-0", "0"),
            ("0.00e9", "0"),
            ("18446744073709551616", "18446744073709551616e0"),
            ("1e99999999999999999999", "1e9223372036854775807"),
            ("1e-99999999999999999999", "1e-9223372036854775808"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn fields_have_the_seeds_of_their_names() {
        for field in Field::ALL {
            assert_eq!(field_seed(*field), key_seed(field.name()), "{}", field.name());
            assert_eq!(Field::from_name(field.name()), Some(*field));
        }
    }

    #[test]
    fn whole_numbers_are_whole_by_value() {
        for (text, expected) in [
            ("3", Some(3)),
            ("3.0", Some(3)),
            ("0.3e1", Some(3)),
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-3", None),
            ("3.5", None),
            ("1e20", None),
            ("1e999", None),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
    }
}
