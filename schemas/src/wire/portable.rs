//! What a shape is in the languages of types that topics are written in: one table, from which the Avro and Protobuf schemas are printed.

use super::contract_shape::CONTRACT;
use super::output::united;
use super::shape::{Member, Shape};

/// A type that Avro and Protobuf have.
pub enum Portable {
    /// A text; so are dates, instants and amounts, as in JSON.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A truth.
    Flag,
    /// Many of one type.
    List(&'static Shape),
    /// Texts, or lists of them, by name.
    Names,
    /// A record: its name, what it is, and its members.
    Record(&'static str, &'static str, Vec<Member>),
}

impl Portable {
    /// Of a shape.
    pub fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Whole { .. } | Shape::Integer => Self::Integer,
            Shape::Flag => Self::Flag,
            Shape::List(of) => Self::List(of),
            Shape::Names { .. } => Self::Names,
            Shape::Object(of) => Self::Record(of.name, of.about, of.members.to_vec()),
            Shape::Tagged(union) => Self::Record(union.name, union.about, united(union)),
            Shape::Contract => Self::Record("Contract", "The contract of a merchant, whole.", CONTRACT.to_vec()),
            Shape::Text { .. }
            | Shape::Reference
            | Shape::Payout
            | Shape::Prose
            | Shape::Remark
            | Shape::OneOf(_)
            | Shape::Amount { .. }
            | Shape::Percent
            | Shape::Rate
            | Shape::Currency
            | Shape::TimeZone
            | Shape::Date
            | Shape::Instant
            | Shape::CategoryCode
            | Shape::Book
            | Shape::Source
            | Shape::ReportedFee => Self::Text,
        }
    }
}
