//! Names that stand in many entries, and the numbers that they have instead: given in the order in which names come.
//!
//! A number is told where its name comes first, so the bytes of a block are a function of the log, and a block can be read
//! by whoever has the names that came before it. In an entry a name stands as one number and what follows it:
//!
//! | number | follows |
//! |---|---|
//! | 0 | a name that is new: its number, and the name |
//! | 1 | a name without a number: the name |
//! | n + 2 | nothing: it is the name with the number n |

use super::bytes::{Bytes, Unreadable, put_bytes, put_number};
use super::template::Template;
use std::sync::Arc;

/// What a name is of. Each kind counts for itself; the numbers of kinds are keys on disk, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A merchant.
    Merchant = 1,
    /// A terminal.
    Terminal = 2,
    /// A partner.
    Partner = 3,
    /// A scheme.
    Scheme = 4,
    /// A PSP.
    Psp = 5,
    /// Card, entry mode and scheme, see [`super::row`].
    Instrument = 6,
    /// The shape of an entry's lines, see [`Template`].
    Template = 7,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Merchant, Self::Terminal, Self::Partner, Self::Scheme, Self::Psp, Self::Instrument, Self::Template];

    /// Its number: for ever.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// A number that a name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// It was given before.
    Known(u64),
    /// It is given now.
    New(u64),
    /// None: the name stands for itself.
    Without,
}

/// Gives numbers to names.
pub trait Numbering {
    /// What goes wrong.
    type Error: From<Unreadable>;

    /// The number of a name.
    fn number(&mut self, kind: Kind, name: &[u8]) -> Result<Number, Self::Error>;
}

/// Knows names by their numbers.
pub trait Naming {
    /// What goes wrong.
    type Error: From<Unreadable>;

    /// The name with a number.
    fn name(&mut self, kind: Kind, number: u64) -> Result<Arc<[u8]>, Self::Error>;

    /// The template with a number.
    fn template(&mut self, number: u64) -> Result<Arc<Template>, Self::Error> {
        Ok(Arc::new(Template::read(&self.name(Kind::Template, number)?)?))
    }

    /// A name that is told: what comes first under this number.
    fn told(&mut self, kind: Kind, number: u64, name: &[u8]) -> Result<(), Self::Error>;
}

/// Names that stand for themselves: no dictionary is needed to read what is written so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Literal;

impl Numbering for Literal {
    type Error = Unreadable;

    fn number(&mut self, _: Kind, _: &[u8]) -> Result<Number, Unreadable> {
        Ok(Number::Without)
    }
}

impl Naming for Literal {
    type Error = Unreadable;

    fn name(&mut self, kind: Kind, number: u64) -> Result<Arc<[u8]>, Unreadable> {
        Err(Unreadable(format!("{kind:?} {number} where names stand for themselves")))
    }

    fn told(&mut self, kind: Kind, number: u64, _: &[u8]) -> Result<(), Unreadable> {
        Err(Unreadable(format!("{kind:?} {number} is told where names stand for themselves")))
    }
}

/// Appends a name.
pub fn put_name<N: Numbering>(out: &mut Vec<u8>, names: &mut N, kind: Kind, name: &[u8]) -> Result<(), N::Error> {
    put_numbered(out, names.number(kind, name)?, name);
    Ok(())
}

/// Appends a name whose number is known.
pub fn put_numbered(out: &mut Vec<u8>, number: Number, name: &[u8]) {
    match number {
        // 2^64 names of one kind do not come.
        Number::Known(number) => put_number(out, number + 2),
        Number::New(number) => {
            put_number(out, 0);
            put_number(out, number);
            put_bytes(out, name);
        }
        Number::Without => {
            put_number(out, 1);
            put_bytes(out, name);
        }
    }
}

/// A name as it stands in an entry.
pub enum Named<'a> {
    /// By its number.
    Number(u64),
    /// As itself.
    Itself(&'a [u8]),
}

/// Reads how a name stands; one that is new is told to `names`.
pub fn take_named<'a, N: Naming>(bytes: &mut Bytes<'a>, names: &mut N, kind: Kind) -> Result<Named<'a>, N::Error> {
    match bytes.number()? {
        0 => {
            let number = bytes.number()?;
            let name = bytes.bytes()?;
            names.told(kind, number, name)?;
            Ok(Named::Itself(name))
        }
        1 => Ok(Named::Itself(bytes.bytes()?)),
        number => Ok(Named::Number(number - 2)),
    }
}

/// Reads a name, and makes of it what it is.
pub fn take_name<N: Naming, T>(bytes: &mut Bytes<'_>, names: &mut N, kind: Kind, make: impl FnOnce(&[u8]) -> Option<T>) -> Result<T, N::Error> {
    let made = match take_named(bytes, names, kind)? {
        Named::Itself(name) => make(name),
        Named::Number(number) => make(&names.name(kind, number)?),
    };
    made.ok_or_else(|| Unreadable(format!("a name that is no {kind:?}")).into())
}

/// A name that is a text.
pub fn text_of(name: &[u8]) -> Option<&str> {
    std::str::from_utf8(name).ok()
}
