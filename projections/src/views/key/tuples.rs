//! Tuples: their parts, one after the other.

use super::{Key, Names};

macro_rules! tuples {
    ($(($($part:ident $name:ident $index:tt)*))*) => {$(
        impl<$($part, $name: Names<$part>),*> Names<($($part,)*)> for ($($name,)*) {
            fn encode_name(&self, out: &mut Vec<u8>) {
                let _ = &out;
                $(self.$index.encode_name(out);)*
            }
        }
        impl<$($part: Key),*> Key for ($($part,)*) {
            fn encode(&self, out: &mut Vec<u8>) {
                let _ = &out;
                $(self.$index.encode(out);)*
            }
            fn decode(from: &mut &[u8]) -> Option<Self> {
                let _ = &from;
                Some(($($part::decode(from)?,)*))
            }
        }
    )*};
}
tuples! {
    ()
    (A AA 0)
    (A AA 0 B BB 1)
    (A AA 0 B BB 1 C CC 2)
    (A AA 0 B BB 1 C CC 2 D DD 3)
    (A AA 0 B BB 1 C CC 2 D DD 3 E EE 4)
    (A AA 0 B BB 1 C CC 2 D DD 3 E EE 4 F FF 5)
    (A AA 0 B BB 1 C CC 2 D DD 3 E EE 4 F FF 5 G GG 6)
    (A AA 0 B BB 1 C CC 2 D DD 3 E EE 4 F FF 5 G GG 6 H HH 7)
}
