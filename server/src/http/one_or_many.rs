//! A text for one, a list for many: positions and entries of an event that went to every partition.

use serde::Serialize;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A text for one, a list for many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OneOrMany {
    /// Of one partition.
    One(String),
    /// Of several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// A list where `many` partitions may know of it, also where one did; none of none.
    pub fn of(texts: impl Iterator<Item = String>, many: bool) -> Option<Self> {
        let mut texts: Vec<String> = texts.collect();
        match texts.len() {
            0 => None,
            1 if !many => texts.pop().map(Self::One),
            _ => Some(Self::Many(texts)),
        }
    }
}

impl Serialize for OneOrMany {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => serializer.serialize_str(text),
            Self::Many(texts) => texts.serialize(serializer),
        }
    }
}

impl PartialSchema for OneOrMany {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String).build();
        RefOr::T(Schema::OneOf(OneOfBuilder::new().item(text()).item(ArrayBuilder::new().items(text())).build()))
    }
}

impl ToSchema for OneOrMany {}
