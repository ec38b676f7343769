//! The shape of a JSON value: what a field or a member of a contract may hold.

use crate::ids::{PayoutId, Reference};
use crate::money::Currency;

/// Which characters a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// `[A-Za-z0-9._:@/-]`
    Wide,
    /// `[A-Za-z0-9._-]`
    Narrow,
    /// Anything but control characters.
    Free,
}

impl Charset {
    /// Whether a text has one to `max` characters, all of this set.
    pub fn fits(self, text: &str, max: usize) -> bool {
        let allowed = |byte: u8| match self {
            Self::Wide => byte.is_ascii_alphanumeric() || b"._:@/-".contains(&byte),
            Self::Narrow => byte.is_ascii_alphanumeric() || b"._-".contains(&byte),
            Self::Free => byte >= 0x20 && byte != 0x7f,
        };
        !text.is_empty() && text.chars().count() <= max && text.bytes().all(allowed)
    }
}

/// What no payout may be called: under this name stands what would be paid out next.
pub const PAYOUT_RESERVED: &str = "next";

/// What a JSON value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One to `max` characters of a set.
    Text {
        /// Which characters.
        charset: Charset,
        /// How many at most.
        max: usize,
    },
    /// A [`Reference`]: 1 to 64 characters of the wide set, but not 13 to 19 digits alone.
    Reference,
    /// The id of a payout: 1 to 64 characters of the wide set, but not [`PAYOUT_RESERVED`].
    Payout,
    /// Any text that is not empty.
    Prose,
    /// Any text; an empty one is as none.
    Remark,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A decimal string in a currency.
    Amount {
        /// Whether it may be zero.
        zero: bool,
    },
    /// A decimal string of at most 100 with at most six decimals.
    Percent,
    /// A decimal string above zero with at most twelve decimals.
    Rate,
    /// Three letters of ISO 4217.
    Currency,
    /// An IANA time zone that the bundled database knows.
    TimeZone,
    /// `YYYY-MM-DD`.
    Date,
    /// RFC 3339 with an offset.
    Instant,
    /// Four digits.
    CategoryCode,
    /// `bank` or `psp:<id>`.
    Book,
    /// `scheme:<id>`, `psp:<id>` or `bank:<account>`.
    Source,
    /// A decimal string that may be below zero and have more decimals than its currency.
    ReportedFee,
    /// An object of any keys, whose values are a text or a list of texts.
    Names {
        /// How many characters a text has at most.
        max: usize,
    },
    /// A whole JSON number.
    Whole {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// A whole JSON number, also below zero.
    Integer,
    /// `true` or `false`.
    Flag,
    /// A list of one shape.
    List(&'static Shape),
    /// An object.
    Object(&'static Record),
    /// An object whose `kind` says which members it has.
    Tagged(&'static Union),
    /// A whole contract, which has its own document.
    Contract,
}

/// An object by its name in the published schemas, by which generated code calls its type.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// Its name, such as `CarriedFee`.
    pub name: &'static str,
    /// What it is, as a sentence.
    pub about: &'static str,
    /// What it may hold.
    pub members: &'static [Member],
}

/// An object that has several kinds, by its name in the published schemas.
#[derive(Clone, Copy, Debug)]
pub struct Union {
    /// Its name, such as `FundsFlow`.
    pub name: &'static str,
    /// What it is, as a sentence.
    pub about: &'static str,
    /// Its kinds.
    pub kinds: &'static [Kind],
}

/// One kind of an object that has several.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The value of `kind`.
    pub kind: &'static str,
    /// The object of this kind, without `kind`.
    pub record: Record,
}

/// A member of an object. Members that no table names are kept and ignored.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its key.
    pub name: &'static str,
    /// What it says, as a sentence.
    pub about: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
}

/// A member that must be there.
pub const fn needs(name: &'static str, about: &'static str, shape: Shape) -> Member {
    Member { name, about, shape, required: true }
}

/// A member that may be there.
pub const fn may(name: &'static str, about: &'static str, shape: Shape) -> Member {
    Member { name, about, shape, required: false }
}

/// The id of a payout that an event may name.
pub fn payout(text: &str) -> Option<PayoutId> {
    PayoutId::new(text).filter(|id| id.as_str() != PAYOUT_RESERVED)
}

/// Whether the time zone is one that the binary's own database knows.
pub fn is_time_zone(name: &str) -> bool {
    !name.is_empty() && jiff::tz::TimeZoneDatabase::bundled().get(name).is_ok()
}

/// Says how many decimals a currency has, for a person who sent too many.
pub fn decimals_of(currency: Currency) -> String {
    match currency.exponent() {
        0 => format!("{currency} has no decimals"),
        1 => format!("{currency} has one decimal"),
        2 => format!("{currency} has two decimals"),
        3 => format!("{currency} has three decimals"),
        n => format!("{currency} has {n} decimals"),
    }
}

impl Shape {
    /// What would be right, for a person who sent something else.
    pub fn expected(&self) -> String {
        match self {
            Self::Text { charset: Charset::Wide, max } => format!("1 to {max} of [A-Za-z0-9._:@/-]"),
            Self::Text { charset: Charset::Narrow, max } => format!("1 to {max} of [A-Za-z0-9._-]"),
            Self::Text { charset: Charset::Free, max } => format!("1 to {max} characters"),
            Self::Reference => format!("1 to {} of [A-Za-z0-9._:@/-]; 13 to 19 digits with a letter before them, such as t4200…", Reference::MAX_LENGTH),
            Self::Payout => format!("1 to {} of [A-Za-z0-9._:@/-], but not {PAYOUT_RESERVED}", PayoutId::MAX_LENGTH),
            Self::Prose => "a text that is not empty".into(),
            Self::Remark => "a text".into(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Amount { zero: true } => "a decimal string such as \"1.23\"".into(),
            Self::Amount { zero: false } => "a decimal string above zero, such as \"1.23\"".into(),
            Self::Percent => "a decimal string of at most 100 with at most six decimals".into(),
            Self::Rate => "a decimal string above zero with at most twelve decimals".into(),
            Self::Currency => "a currency of ISO 4217".into(),
            Self::TimeZone => "an IANA time zone".into(),
            Self::Date => "a date, YYYY-MM-DD".into(),
            Self::Instant => "RFC 3339 with an offset".into(),
            Self::CategoryCode => "four digits".into(),
            Self::Book => "bank or psp:<id>".into(),
            Self::Source => "scheme:<id>, psp:<id> or bank:<account>".into(),
            Self::ReportedFee => "a decimal string such as \"0.00600\" or \"-1.23\"".into(),
            Self::Names { max } => format!("an object whose values are texts of 1 to {max} characters, or lists of them"),
            Self::Whole { min, max } => format!("a whole number from {min} to {max}"),
            Self::Integer => "a whole number".into(),
            Self::Flag => "true or false".into(),
            Self::List(_) => "a list".into(),
            Self::Object(_) | Self::Contract => "an object".into(),
            Self::Tagged(union) => format!("an object whose kind is one of {}", union.kinds.iter().map(|kind| kind.kind).collect::<Vec<_>>().join(", ")),
        }
    }
}
