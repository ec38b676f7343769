//! A merchant's balances as they are told, also inside the list of merchants.

use crate::shape::amount;
use crate::table::{Column, Row};
use projections::folds::balances::{Hold, Purse};
use schemas::event::Book;
use schemas::money::Currency;
use schemas::time::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a merchant has in one currency and book. Amounts are decimal strings of that currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Balance {
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// Whose books: `bank` or `psp:<id>`.
    #[schema(example = "bank")]
    book: String,
    /// Not available yet.
    #[schema(example = "894.00")]
    pending: String,
    /// The same, by the date on which it becomes available.
    pending_by_date: Vec<PendingOn>,
    /// Available.
    available: String,
    /// What can be paid out: available less what is owed, not below zero.
    payable: String,
    /// Kept for what may still come.
    reserved: String,
    /// The same, by the date on which it is released.
    reserved_by_date: Vec<ReservedUntil>,
    /// Held.
    held: String,
    /// Open holds, in order of placing: the first 100.
    #[schema(max_items = 100)]
    holds: Vec<OpenHold>,
    /// The open holds beyond those: the list of holds has all. Absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds_rest: Option<HoldsRest>,
    /// Chargebacks that were represented: not available yet.
    disputed: String,
    /// Payouts on their way.
    in_transit: String,
    /// What the merchant owes.
    owed: String,
    /// Pre-authorised; no money has moved.
    preauthorised: String,
}

/// The sums; what they are made of by date and hold stays with JSON.
impl Row for Balance {
    const COLUMNS: &'static [Column] = &[
        Column::text("currency"),
        Column::text("book"),
        Column::money("pending"),
        Column::money("available"),
        Column::money("payable"),
        Column::money("reserved"),
        Column::money("held"),
        Column::money("disputed"),
        Column::money("in_transit"),
        Column::money("owed"),
        Column::money("preauthorised"),
    ];
}

/// Money that becomes available on a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PendingOn {
    /// The date.
    #[schema(example = "2026-11-23")]
    available_on: String,
    /// How much.
    amount: String,
}

/// Money that is released on a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReservedUntil {
    /// The date.
    #[schema(example = "2027-05-19")]
    release_on: String,
    /// How much.
    amount: String,
}

/// An open hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenHold {
    /// Its id.
    hold: String,
    /// Why: `risk`, `legal`, `kyc` or `payout_returned`.
    #[schema(example = "risk")]
    reason: &'static str,
    /// What is in it.
    amount: String,
    /// The business date on which it was placed.
    since: String,
    /// Until when, as far as one knows.
    expected_release: Option<String>,
    /// What a sweep still misses.
    missing: String,
}

/// Open holds that are not told one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldsRest {
    /// How many.
    #[schema(example = 19_900)]
    count: u64,
    /// What is in them.
    #[schema(example = "4711.00")]
    amount: String,
}

impl HoldsRest {
    fn of(currency: Currency, (count, minor): (u64, i128)) -> Option<Self> {
        (count > 0).then(|| Self { count, amount: amount(minor, currency) })
    }
}

/// Who holds the funds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holder {
    /// `bank` or `psp`.
    #[schema(example = "psp")]
    kind: &'static str,
    /// Which PSP.
    #[serde(skip_serializing_if = "Option::is_none")]
    psp: Option<String>,
}

impl Holder {
    /// The holder whose book it is.
    pub fn of(book: &Book) -> Self {
        match book {
            Book::Bank => Self { kind: "bank", psp: None },
            Book::Psp(psp) => Self { kind: "psp", psp: Some(psp.to_string()) },
        }
    }
}

impl Balance {
    /// What is in a purse.
    pub fn of(currency: Currency, book: &Book, purse: &Purse) -> Self {
        let text = |minor: i128| amount(minor, currency);
        let dated = |(date, minor): (&Date, &i128)| (date.to_string(), text(*minor));
        Self {
            currency: currency.code().to_owned(),
            book: book.to_string(),
            pending: text(purse.pending_total()),
            pending_by_date: purse.pending.iter().map(dated).map(|(available_on, amount)| PendingOn { available_on, amount }).collect(),
            available: text(purse.available),
            payable: text(purse.payable()),
            reserved: text(purse.reserve_total()),
            reserved_by_date: purse.reserve.iter().map(dated).map(|(release_on, amount)| ReservedUntil { release_on, amount }).collect(),
            held: text(purse.holds.amount),
            holds: purse.holds.first.iter().map(|hold| OpenHold::of(currency, hold)).collect(),
            holds_rest: HoldsRest::of(currency, purse.holds.rest()),
            disputed: text(purse.disputed),
            in_transit: text(purse.in_transit),
            owed: text(purse.owed),
            preauthorised: text(purse.preauthorised),
        }
    }

    /// Each purse, by currency and book.
    pub fn all(purses: &BTreeMap<(Currency, Book), Purse>) -> Vec<Self> {
        purses.iter().map(|((currency, book), purse)| Self::of(*currency, book, purse)).collect()
    }
}

impl OpenHold {
    fn of(currency: Currency, hold: &Hold) -> Self {
        Self {
            hold: hold.hold.to_string(),
            reason: hold.reason.as_str(),
            amount: amount(hold.amount, currency),
            since: hold.since.to_string(),
            expected_release: hold.expected_release.map(|date| date.to_string()),
            missing: amount(hold.missing, currency),
        }
    }
}
