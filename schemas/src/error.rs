//! Why a record cannot be read: stable codes, and what to tell the one who sent it.

use serde::{Deserialize, Serialize};

/// The stable code of a quarantined record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineCode {
    /// Not JSON, not an object, a key twice, nested too deep.
    Malformed,
    /// A `type` that nobody has published.
    UnknownType,
    /// A field that the type needs is absent.
    MissingField,
    /// A field is there and says nothing that can be meant.
    BadField,
    /// An amount that is no decimal string above zero in its currency.
    BadAmount,
    /// A contract that cannot be applied.
    BadContract,
    /// A card number somewhere in the record.
    CardData,
    /// Another event with the same id was here first.
    Conflict,
    /// The record is on another partition than its key's.
    WrongPartition,
    /// Before the partition's `ledger_opened`.
    NotOpened,
    /// Above 64 KiB.
    TooLarge,
    /// A second `ledger_opened`.
    AlreadyOpened,
}

impl QuarantineCode {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownType => "unknown_type",
            Self::MissingField => "missing_field",
            Self::BadField => "bad_field",
            Self::BadAmount => "bad_amount",
            Self::BadContract => "bad_contract",
            Self::CardData => "card_data",
            Self::Conflict => "conflict",
            Self::WrongPartition => "wrong_partition",
            Self::NotOpened => "not_opened",
            Self::TooLarge => "too_large",
            Self::AlreadyOpened => "already_opened",
        }
    }
}

/// A record that cannot be read: the code, and a sentence that names the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Unreadable {
    /// The stable code.
    pub code: QuarantineCode,
    /// Which field, what it said and what would be right. Never card data.
    pub detail: String,
    /// The event's id, where one could be read.
    pub id: Option<crate::ids::EventId>,
    /// The merchant, where one could be read.
    pub merchant: Option<crate::ids::MerchantId>,
}
