//! What fee income is asked by.

use crate::answers::calendar::{first_of_month, first_of_next_month, monday};
use schemas::contract::Model;
use schemas::event::{Card, EntryMode};
use schemas::time::Date;

/// What fee income is grouped and filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum IncomeKey {
    Day,
    Week,
    Month,
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
    pub const ALL: [Self; 14] = [
        Self::Day,
        Self::Week,
        Self::Month,
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
            Self::Week => "week",
            Self::Month => "month",
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
            Self::Card => Some(Card::NAMES),
            Self::EntryMode => Some(EntryMode::NAMES),
            Self::Model => Some(Model::NAMES),
            Self::Day | Self::Week | Self::Month | Self::Merchant | Self::ContractVersion | Self::Mcc => None,
            Self::Terminal | Self::Partner | Self::Scheme | Self::Book | Self::Currency => None,
        }
    }

    /// The dates that a value of it names, where it names dates: a day, the week of a Monday, a month.
    ///
    /// # Errors
    /// What would be right, where the value is none.
    pub fn dates(self, value: &str) -> Option<Result<(Date, Date), &'static str>> {
        let week = || Date::parse(value).filter(|date| monday(*date) == *date).map(|first| (first, first.plus_days(6)));
        let month = || first_of_month(value).map(|first| (first, first_of_next_month(first).plus_days(-1)));
        match self {
            Self::Day => Some(Date::parse(value).map(|date| (date, date)).ok_or("a date such as 2026-11-23")),
            Self::Week => Some(week().ok_or("a Monday such as 2026-11-23")),
            Self::Month => Some(month().ok_or("a month such as 2026-11")),
            Self::Merchant | Self::ContractVersion | Self::Mcc | Self::Card | Self::EntryMode | Self::Terminal => None,
            Self::Partner | Self::Scheme | Self::Model | Self::Book | Self::Currency => None,
        }
    }
}
