//! Keys: byte strings that sort as their values do.
//!
//! Integers are big-endian (signed ones with their sign bit flipped), texts end with a zero byte, which none of them
//! contains, and tuples are their parts one after the other. So a tuple's first parts are a prefix of its bytes, and a
//! table can be scanned by them. `None` sorts last, as `null` does in answers. The bytes are on disk for ever (until a
//! projection takes its next version).

mod tuples;
mod words;

use ledger::entry::Code;
use schemas::contract::Model;
use schemas::event::{Book, Card, EntryMode, EventType, HoldReason};
use schemas::ids::*;
use schemas::money::Currency;
use schemas::time::Date;

/// A key of a table, or the first parts of one.
pub trait Key: Clone + Eq + Send + Sync + 'static {
    /// Appends the bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads the bytes from the front; `None` where they are not such a key's.
    fn decode(from: &mut &[u8]) -> Option<Self>;

    /// The bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(48);
        self.encode(&mut out);
        out
    }

    /// Reads a whole key.
    fn decode_whole(mut from: &[u8]) -> Option<Self> {
        let key = Self::decode(&mut from)?;
        from.is_empty().then_some(key)
    }
}

/// What names a row of a table whose keys are `K`: a key, a reference to one, or a tuple of what names its parts. So a fold
/// copies no text to find a row by it.
pub trait Names<K> {
    /// Appends the bytes of the key.
    fn encode_name(&self, out: &mut Vec<u8>);
}

impl<K: Key> Names<K> for &K {
    fn encode_name(&self, out: &mut Vec<u8>) {
        (*self).encode(out);
    }
}

/// A key names its own row.
macro_rules! names_itself {
    ($($type:ty)*) => {$(
        impl Names<$type> for $type {
            fn encode_name(&self, out: &mut Vec<u8>) {
                self.encode(out);
            }
        }
    )*};
}
names_itself! {
    u8 u16 u32 u64 u128 i16 i32 i64 i128 String Card EntryMode HoldReason Model EventType Code Book Currency Date
    EventId MerchantId PaymentId HoldId PayoutId DisputeId TerminalId Reference SchemeId PspId PartnerId CalendarId
}

impl Names<String> for &str {
    fn encode_name(&self, out: &mut Vec<u8>) {
        encode_text(self, out);
    }
}

impl<K, N: Names<K>> Names<Option<K>> for Option<N> {
    fn encode_name(&self, out: &mut Vec<u8>) {
        match self {
            Some(name) => {
                out.push(1);
                name.encode_name(out);
            }
            None => out.push(2),
        }
    }
}

/// Takes the first `N` bytes.
pub fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*first)
}

macro_rules! unsigned {
    ($($type:ty)*) => {$(
        impl Key for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn decode(from: &mut &[u8]) -> Option<Self> {
                take(from).map(Self::from_be_bytes)
            }
        }
    )*};
}
unsigned! { u8 u16 u32 u64 u128 }

macro_rules! signed {
    ($($type:ty as $unsigned:ty;)*) => {$(
        impl Key for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                ((*self as $unsigned) ^ (1 << (<$unsigned>::BITS - 1))).encode(out);
            }
            fn decode(from: &mut &[u8]) -> Option<Self> {
                <$unsigned>::decode(from).map(|bits| (bits ^ (1 << (<$unsigned>::BITS - 1))) as $type)
            }
        }
    )*};
}
signed! { i16 as u16; i32 as u32; i64 as u64; i128 as u128; }

/// Reads a text up to its zero byte.
fn text<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    let end = from.iter().position(|byte| *byte == 0)?;
    let (text, rest) = from.split_at_checked(end)?;
    *from = rest.get(1..)?;
    std::str::from_utf8(text).ok()
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Key for $id {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_str().as_bytes());
                out.push(0);
            }
            fn decode(from: &mut &[u8]) -> Option<Self> {
                text(from).and_then(Self::new)
            }
        }
    )*};
}
ids! { EventId MerchantId PaymentId HoldId PayoutId DisputeId TerminalId Reference SchemeId PspId PartnerId CalendarId CustomerToken }

/// Zero bytes, which no text of the ledger has, are left out.
fn encode_text(text: &str, out: &mut Vec<u8>) {
    if text.as_bytes().contains(&0) {
        out.extend(text.as_bytes().iter().filter(|byte| **byte != 0));
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(0);
}

/// Any text.
impl Key for String {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self, out);
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        text(from).map(str::to_owned)
    }
}

impl<T: Key> Key for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => {
                out.push(1);
                value.encode(out);
            }
            None => out.push(2),
        }
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        match u8::decode(from)? {
            1 => T::decode(from).map(Some),
            2 => Some(None),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_values_do_and_come_back() {
        let numbers = [i64::MIN, -70_000, -1, 0, 1, 255, 256, i64::MAX];
        assert!(numbers.windows(2).all(|pair| pair[0].bytes() < pair[1].bytes()));
        assert!(numbers.iter().all(|number| i64::decode_whole(&number.bytes()) == Some(*number)));
        let names: Vec<_> = ["A", "A0", "B", "a"].iter().filter_map(|name| MerchantId::new(name)).map(|name| (name, 7u64)).collect();
        assert!(names.windows(2).all(|pair| pair[0].bytes() < pair[1].bytes()));
        assert!(names.iter().all(|name| <(MerchantId, u64)>::decode_whole(&name.bytes()).as_ref() == Some(name)));
        assert!(Some(u8::MAX).bytes() < None::<u8>.bytes(), "null sorts last");
        assert!(Book::Bank.bytes() < PspId::new("a").map(Book::Psp).expect("a name").bytes());
    }

    #[test]
    fn the_first_parts_of_a_tuple_are_a_prefix() {
        let merchant = MerchantId::new("M1").expect("a name");
        let whole = (merchant.clone(), Date::from_days(20_000), 9u64).bytes();
        assert!(whole.starts_with(&merchant.bytes()) && whole.starts_with(&(merchant, Date::from_days(20_000)).bytes()));
        assert!(().bytes().is_empty());
    }

    #[test]
    fn foreign_bytes_are_no_key() {
        assert_eq!(u64::decode_whole(&[1, 2, 3]), None);
        assert_eq!(MerchantId::decode_whole(b"M1"), None, "a text ends with a zero byte");
        assert_eq!(MerchantId::decode_whole(b"M 1\0"), None, "a space is in no merchant's id");
        assert_eq!(Option::<u8>::decode_whole(&[9]), None);
        let all = schemas::wire::event_type::RULES.iter().map(|rule| rule.event_type);
        all.for_each(|event_type| assert_eq!(EventType::decode_whole(&event_type.bytes()), Some(event_type)));
        assert_eq!(EventType::decode_whole(&[200]), None);
    }
}
