//! What fee income is asked by.

use crate::answers::group::{CARDS, ENTRY_MODES, MODELS};

/// What fee income is grouped and filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum IncomeKey {
    Day,
    Merchant,
    ContractVersion,
    Mcc,
    Card,
    EntryMode,
    Terminal,
    Partner,
    Scheme,
    Model,
    Book,
    Currency,
}

impl IncomeKey {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Day,
        Self::Merchant,
        Self::ContractVersion,
        Self::Mcc,
        Self::Card,
        Self::EntryMode,
        Self::Terminal,
        Self::Partner,
        Self::Scheme,
        Self::Model,
        Self::Book,
        Self::Currency,
    ];

    /// The key with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Merchant => "merchant",
            Self::ContractVersion => "contract_version",
            Self::Mcc => "mcc",
            Self::Card => "card",
            Self::EntryMode => "entry_mode",
            Self::Terminal => "terminal",
            Self::Partner => "partner",
            Self::Scheme => "scheme",
            Self::Model => "model",
            Self::Book => "book",
            Self::Currency => "currency",
        }
    }

    /// The values that it may have, where they are few and fixed.
    pub const fn values(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Card => Some(&CARDS),
            Self::EntryMode => Some(&ENTRY_MODES),
            Self::Model => Some(&MODELS),
            _ => None,
        }
    }
}
