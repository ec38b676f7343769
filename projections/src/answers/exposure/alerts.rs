//! Alerts: conditions while they last, and what happened lately.

use super::board::Board;
use super::{ExposureKey, ExposureQuery};
use crate::answers::Cut;
use ledger::entry::Alert;
use schemas::ids::{MerchantId, PspId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// How many dates a shortfall is followed back.
const SAFEGUARDING_DATES: i32 = 400;

/// Every kind of alert there is: of merchants, of payment companies, and of control events that a partition lacks.
pub const ALERT_KINDS: [&str; 8] = [
    "second_clearing",
    "safeguarding",
    "out_of_balance",
    "unpriced",
    "chargeback_exceeds_captured",
    "money_refused",
    "control_missing",
    "control_out_of_order",
];

/// How soon an alert is to be looked at, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Money of merchants is in danger, or the books do not say what happened: at once.
    Critical,
    /// Money may be lost, or was counted otherwise by somebody else: today.
    Warning,
    /// A gap to be closed: the bank earns less than it might.
    Info,
}

impl Severity {
    /// Every one's name.
    pub const NAMES: [&'static str; 3] = ["critical", "warning", "info"];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// Of a kind of alert.
    pub fn of(kind: &str) -> Self {
        match kind {
            "second_clearing" | "safeguarding" | "money_refused" | "control_missing" | "control_out_of_order" => Self::Critical,
            "unpriced" => Self::Info,
            _ => Self::Warning,
        }
    }
}

/// Something to be looked at of a merchant. Sorted by kind, then merchant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MerchantAlert {
    /// As on the wire.
    pub kind: &'static str,
    /// Whose.
    pub merchant: MerchantId,
    /// Since when it lasts, or when it first happened.
    pub since: Date,
    /// When it last happened, and how often; `None` for what lasts.
    pub happened: Option<(Date, u64)>,
    /// In what, and how much in minor units, where it is of money.
    pub amount: Option<(Currency, i128)>,
}

/// The alerts of a shard's merchants that are asked for and in a cut; of those that are of a currency, in the one that is asked for.
pub(super) fn of_merchants(board: &Board, query: &ExposureQuery, cut: &Cut) -> Vec<MerchantAlert> {
    let mut alerts = Vec::new();
    let is_in = |currency: Currency| query.filter(ExposureKey::Currency).is_none_or(|asked| asked == currency.code());
    for (merchant, standing) in board.merchants.iter().filter(|(merchant, standing)| query.wants_merchant(cut, merchant, standing)) {
        let mut add = |kind, since, happened, amount| alerts.push(MerchantAlert { kind, merchant: merchant.clone(), since, happened, amount });
        if let Some(since) = standing.second_clearing_since {
            add("second_clearing", since, None, None);
        }
        for (alert, told) in &standing.occurrences {
            let kind = match alert {
                Alert::OutOfBalance => "out_of_balance",
                Alert::Unpriced => "unpriced",
                Alert::ChargebackExceedsCaptured => "chargeback_exceeds_captured",
            };
            add(kind, told.since, Some((told.last, told.count)), None);
        }
        for (currency, refused) in standing.money_refused.iter().filter(|(currency, _)| currency.is_none_or(is_in)) {
            let told = refused.occurrences;
            add("money_refused", told.since, Some((told.last, told.count)), currency.map(|currency| (currency, refused.amount)));
        }
    }
    alerts.sort();
    alerts
}

/// What each PSP has (1030, 1010, 2130) less what it owes its merchants (2010 … 2050, less 1050): what each date changed.
///
/// A PSP's merchants and its settlements lie in several shards, so only the sum over all of them says anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Safeguarding(BTreeMap<(PspId, Currency), BTreeMap<Date, i128>>);

/// A PSP that has less than it owes its merchants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Which.
    pub psp: PspId,
    /// In what.
    pub currency: Currency,
    /// Since which date, as it closed, it has been so on every date; at most 400 dates back.
    pub since: Date,
    /// How much is missing, in minor units.
    pub amount: i128,
}

impl Safeguarding {
    /// Of one shard; what is too old to be told by date is put together.
    pub(super) fn of<'a>(changes: impl Iterator<Item = (&'a (PspId, Currency), &'a BTreeMap<Date, i128>)>, today: Date) -> Self {
        let oldest = today.plus_days(-SAFEGUARDING_DATES);
        let shortened = changes.map(|(key, dates)| {
            let before: i128 = dates.range(..oldest).map(|(_, change)| change).sum();
            let mut recent: BTreeMap<Date, i128> = dates.range(oldest..).map(|(date, change)| (*date, *change)).collect();
            *recent.entry(oldest).or_default() += before;
            (key.clone(), recent)
        });
        Self(shortened.collect())
    }

    /// Adds another shard's.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, dates) in other.0 {
            let sum = self.0.entry(key).or_default();
            dates.into_iter().for_each(|(date, change)| *sum.entry(date).or_default() += change);
        }
    }

    /// Which PSPs have too little now; to be asked when everything is merged.
    pub fn shortfalls(&self) -> Vec<Shortfall> {
        let mut shortfalls = Vec::new();
        for ((psp, currency), dates) in &self.0 {
            let (mut left, mut since) = (0, None);
            for (date, change) in dates {
                left += change;
                since = if left < 0 { since.or(Some(*date)) } else { None };
            }
            if let Some(since) = since {
                shortfalls.push(Shortfall { psp: psp.clone(), currency: *currency, since, amount: -left });
            }
        }
        shortfalls
    }
}
