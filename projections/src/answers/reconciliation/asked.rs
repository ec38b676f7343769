//! Which pairs are asked for, and by what.

use schemas::time::Date;

/// What pairs are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum PairKey {
    Source,
    Kind,
    State,
    Day,
    Age,
    Merchant,
    Report,
    Currency,
}

impl PairKey {
    /// All of them.
    pub const ALL: [Self; 8] = [Self::Source, Self::Kind, Self::State, Self::Day, Self::Age, Self::Merchant, Self::Report, Self::Currency];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Kind => "kind",
            Self::State => "state",
            Self::Day => "day",
            Self::Age => "age",
            Self::Merchant => "merchant",
            Self::Report => "report",
            Self::Currency => "currency",
        }
    }
}

/// Which pairs, and who asks.
#[derive(Clone, Debug, Default)]
pub struct PairQuery {
    /// Keys that must have a value.
    pub filters: Vec<(PairKey, String)>,
    /// The first day of pairs.
    pub from: Option<Date>,
    /// The last one.
    pub to: Option<Date>,
    /// Of breaks: only open ones, or only closed ones.
    pub open: Option<bool>,
    /// As a merchant sees its own: without fees, and without breaks of a scheme's fees.
    pub is_merchants: bool,
    /// As this date closed; `None`: now.
    pub as_of: Option<Date>,
}
