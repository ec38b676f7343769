//! What a decoded row takes in memory, about: found by walking it as it is serialised, so that every kind of row is counted by one rule.
//!
//! A number takes its width, a text what does not lie in it, a list the room that it takes while it grows: at least four elements, and
//! the next power of two; but a map with one large value takes room for that alone, as [`crate::few`] makes it. Names and tags of
//! variants are nothing. It is what hangs on a row *and* the row itself.

use serde::Serialize;
use serde::ser::{self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant};
use std::fmt::Display;

/// A list that grows by single elements has room for so many at least.
const ELEMENTS_MIN: usize = 4;
/// A map whose only element takes as much has room for no other one.
const LARGE_BYTES: usize = 96;
/// A list, or a map, beside its elements.
const LIST_BYTES: usize = 24;
/// A text that is not longer lies in its place.
const TEXT_BYTES: usize = 24;
/// The least that a number takes among others.
const WORD_BYTES: usize = 8;

/// Bytes that a value takes in memory, about.
pub fn of<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut walk = Walk(0);
    // Nothing that is walked can fail.
    value.serialize(&mut walk).map_or(usize::MAX, |()| walk.0)
}

struct Walk(usize);

/// Cannot happen: rows that are kept are serialised without an error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Never(String);

impl ser::Error for Never {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl Walk {
    fn add(&mut self, bytes: usize) -> Result<(), Never> {
        self.0 += bytes;
        Ok(())
    }
}

/// A list being walked: what was there before it, and how many elements it has had.
struct List<'a> {
    walk: &'a mut Walk,
    before: usize,
    elements: usize,
    is_map: bool,
}

impl List<'_> {
    fn end(self) -> Result<(), Never> {
        let Some(each) = (self.walk.0 - self.before).checked_div(self.elements) else { return Ok(()) };
        let is_alone = self.is_map && self.elements == 1 && each >= LARGE_BYTES;
        let room = if is_alone { 1 } else { self.elements.next_power_of_two().max(ELEMENTS_MIN) };
        self.walk.0 = self.before + each * room;
        Ok(())
    }
}

macro_rules! words {
    ($($name:ident $type:ty),*) => {$(
        fn $name(self, _: $type) -> Result<(), Never> {
            self.add(size_of::<$type>().max(WORD_BYTES))
        }
    )*};
}

impl<'a> ser::Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = List<'a>;
    type SerializeMap = List<'a>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    words! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128,
        serialize_f32 f32, serialize_f64 f64, serialize_char char
    }

    fn serialize_str(self, text: &str) -> Result<(), Never> {
        self.add(TEXT_BYTES + if text.len() > TEXT_BYTES { text.len().next_multiple_of(16) } else { 0 })
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Never> {
        self.add(LIST_BYTES + bytes.len().next_multiple_of(16))
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.add(WORD_BYTES)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        self.add(WORD_BYTES)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Never> {
        self.add(WORD_BYTES)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, value: &T) -> Result<(), Never> {
        self.add(WORD_BYTES)?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Never> {
        self.add(LIST_BYTES)?;
        Ok(List { before: self.0, walk: self, elements: 0, is_map: false })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<List<'a>, Never> {
        Ok(List { is_map: true, ..self.serialize_seq(length)? })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        self.add(WORD_BYTES)?;
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        self.add(WORD_BYTES)?;
        Ok(self)
    }
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.elements += 1;
        value.serialize(&mut *self.walk)
    }

    fn end(self) -> Result<(), Never> {
        List::end(self)
    }
}

impl SerializeMap for List<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        self.elements += 1;
        key.serialize(&mut *self.walk)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(&mut *self.walk)
    }

    fn end(self) -> Result<(), Never> {
        List::end(self)
    }
}

macro_rules! parts {
    ($($trait:ident $part:ident ($($name:ty)?)),*) => {$(
        impl $trait for &mut Walk {
            type Ok = ();
            type Error = Never;

            fn $part<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), Never> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Never> {
                Ok(())
            }
        }
    )*};
}
parts! {
    SerializeTuple serialize_element (), SerializeTupleStruct serialize_field (), SerializeTupleVariant serialize_field (),
    SerializeStruct serialize_field (&'static str), SerializeStructVariant serialize_field (&'static str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_hangs_on_a_row_is_counted() {
        assert_eq!(of(&(1u8, 2u128)), 24);
        assert_eq!(of("a short name"), 24);
        assert_eq!(of("a name that is longer than what lies in its place"), 24 + 64);
        assert_eq!(of(&Vec::<u64>::new()), 24);
        // Room for four, for eight.
        assert_eq!(of(&vec![1u64]), 24 + 4 * 8);
        assert_eq!(of(&vec![1u64; 5]), 24 + 8 * 8);
        assert_eq!(of(&BTreeMap::from([(1u64, 2i128)])), 24 + 4 * 24);
        // A large one alone.
        assert_eq!(of(&BTreeMap::from([(1u64, [2i128; 10])])), 24 + 168);
        assert_eq!(of(&vec![(1u64, [2i128; 10])]), 24 + 4 * 168);
        assert_eq!(of(&Some(7u32)), 16);
    }
}
