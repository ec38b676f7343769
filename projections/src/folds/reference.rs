//! What the other folds and every answer refer to: contracts by the entry that set them, which one is in force, the open
//! date, where each date begins and ends, and which years of which calendars are known.
//!
//! It folds an entry before the others do. Bounded by contracts, dates and calendars.

use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Note, Outcome, Recorded};
use schemas::contract::{Contract, DayCount, Model};
use schemas::event::{Book, Subject};
use schemas::ids::{CalendarId, EventId, MerchantId, PartnerId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The reference.
pub const ID: Id = Id::new(1, "reference", 3);

/// The partition's own state.
pub const DAY: Table<(), Day> = Table::new(ID, 0);
/// Contracts, by the entry of their `contract_set`.
pub const CONTRACTS: Table<u64, SharedVersion> = Table::new(ID, 1);
/// What the folds need of each contract, by the entry of its `contract_set`: a tenth of what it is, so it stays in memory.
pub const TERMS: Table<u64, SharedTerms> = Table::new(ID, 6);
/// The contract in force, by merchant: the entry of its `contract_set`.
pub const IN_FORCE: Table<MerchantId, u64> = Table::new(ID, 2);
/// Years of calendars that are known: since the record at which offset.
pub const CALENDARS: Table<(CalendarId, i16), Option<i64>> = Table::new(ID, 3);
/// Business dates: where each begins, and where it ended.
pub const DATES: Table<Date, DateRange> = Table::new(ID, 4);
/// Business dates by the offset of the record that opened them.
pub const STARTS: Table<i64, Option<Date>> = Table::new(ID, 5);

/// The partition's own state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The open business date; `None` before the ledger is opened.
    pub open: Option<Date>,
    /// The first business date.
    pub opened_on: Option<Date>,
    /// The bank's time zone.
    pub time_zone: String,
    /// The offset of the entry before this one; −1: none.
    pub last_offset: i64,
}

/// One version of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractVersion {
    /// The entry of its `contract_set`.
    pub number: u64,
    /// Whose it is.
    pub merchant: MerchantId,
    /// The event's id: the version's name.
    pub event: EventId,
    /// Read and checked.
    pub contract: Contract,
    /// The JSON that came.
    pub json: String,
}

/// A version of a contract that is decoded once and shared; `None` only while a row is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedVersion(pub Option<Arc<ContractVersion>>);

impl Serialize for SharedVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_deref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<ContractVersion>::deserialize(deserializer).map(|version| Self(version.map(Arc::new)))
    }
}

/// Terms that are decoded once and shared; `None` only while a row is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedTerms(pub Option<Arc<Terms>>);

impl Serialize for SharedTerms {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_deref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedTerms {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Terms>::deserialize(deserializer).map(|terms| Self(terms.map(Arc::new)))
    }
}

/// The entries of a business date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRange {
    /// The first entry on it.
    pub first: u64,
    /// How it closed; `None` while it is open.
    pub closed: Option<Closed>,
}

/// How a date closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The entry of its `day_closed`: the first that is not on it.
    pub entry: u64,
    /// The date's position: the offset of the last record before its `day_closed`.
    pub position: i64,
    /// The offset of the `day_closed`.
    pub offset: i64,
}

/// What the folds need of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The entry of its `contract_set`.
    pub number: u64,
    /// Whose book its payments are in.
    pub book: Book,
    /// What its merchant is paid in.
    pub currency: Currency,
    /// The merchant's category.
    pub mcc: String,
    /// Who brought the merchant or maintains its terminals.
    pub partner: Option<PartnerId>,
    /// The form of the relationship.
    pub model: Model,
    /// Where its clock stands.
    pub time_zone: String,
    /// The calendar that says which days count.
    pub calendar: Option<CalendarId>,
    /// Which days count until its money becomes available.
    pub days: DayCount,
}

impl Terms {
    fn of(number: u64, contract: &Contract) -> Self {
        Self {
            number,
            book: contract.book(),
            currency: contract.currency,
            mcc: contract.mcc.clone(),
            partner: contract.partner.as_ref().map(|partner| partner.id.clone()),
            model: contract.model(),
            time_zone: contract.time_zone.clone(),
            calendar: contract.settlement.calendar.clone(),
            days: contract.settlement.days,
        }
    }
}

/// The terms that an entry set; an error where there are none, because entries only name contracts that were set before.
pub fn terms(rows: &mut Rows, number: u64) -> Result<Arc<Terms>, Error> {
    let terms = rows.get(&TERMS, number)?.and_then(|terms| terms.0.clone());
    terms.ok_or_else(|| Error::Fold { projection: ID.name, entry: number, detail: "no contract was set by this entry".to_owned() })
}

/// The terms that an entry's figures are by: those pinned to its payment, else those in force (which the entry names, or
/// which its merchant has). `None` where there are none: house and control events, and records that came before any.
pub fn terms_of(entry: &Recorded, rows: &mut Rows) -> Result<Option<Arc<Terms>>, Error> {
    let row = &entry.row;
    match (row.facts.as_ref().map(|facts| facts.contract).or(row.contract), &row.subject) {
        (Some(number), _) => terms(rows, number).map(Some),
        (None, Some(Subject::Merchant(merchant))) => match rows.get(&IN_FORCE, merchant)?.copied() {
            Some(number) => terms(rows, number).map(Some),
            None => Ok(None),
        },
        (None, _) => Ok(None),
    }
}

/// The fold.
#[derive(Default)]
pub struct Reference {
    /// The highest offset of an entry, where it is not in [`DAY`] yet.
    last_offset: Option<i64>,
}

impl Projection for Reference {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        if row.outcome == Outcome::Posted {
            match &row.note {
                Note::Opened { date, time_zone } => {
                    rows.put(&DAY, (), Day { open: Some(*date), opened_on: Some(*date), time_zone: time_zone.clone(), last_offset: -1 })?;
                    rows.put(&DATES, *date, DateRange { first: entry.number, closed: None })?;
                    rows.put(&STARTS, row.offset, Some(*date))?;
                }
                Note::Closed { date } => close(entry, *date, self.last_offset, rows)?,
                Note::Calendar { calendar, year } | Note::CalendarDays { calendar, year, .. } => {
                    rows.row(&CALENDARS, (calendar, *year))?.get_or_insert(row.offset);
                }
                Note::Contract { contract, json } => set(entry, contract, json, rows)?,
                Note::None | Note::Amount { .. } | Note::Hold { .. } | Note::Payout { .. } | Note::Dispute { .. } | Note::Erased { .. } => {}
                Note::ReportLine { .. } | Note::ReportClosed { .. } | Note::BreakClosed { .. } | Note::Opening { .. } => {}
            }
        }
        self.last_offset = self.last_offset.max(Some(row.offset));
        Ok(())
    }

    fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        if let Some(offset) = self.last_offset.take() {
            rows.row(&DAY, ())?.last_offset = offset;
        }
        Ok(())
    }
}

fn close(entry: &Recorded, date: Date, last_offset: Option<i64>, rows: &mut Rows) -> Result<(), Error> {
    let next = date.plus_days(1);
    let position = rows.update(&DAY, (), |day| {
        day.open = Some(next);
        last_offset.unwrap_or(day.last_offset)
    })?;
    rows.row(&DATES, date)?.closed = Some(Closed { entry: entry.number, position, offset: entry.row.offset });
    rows.put(&STARTS, entry.row.offset, Some(next))?;
    rows.put(&DATES, next, DateRange { first: entry.number, closed: None })
}

fn set(entry: &Recorded, contract: &Contract, json: &str, rows: &mut Rows) -> Result<(), Error> {
    let (Some(Subject::Merchant(merchant)), Some(event)) = (&entry.row.subject, &entry.row.event) else {
        return Err(Error::Fold { projection: ID.name, entry: entry.number, detail: "a contract without merchant or event".to_owned() });
    };
    let version = ContractVersion { number: entry.number, merchant: merchant.clone(), event: event.clone(), contract: contract.clone(), json: json.to_owned() };
    rows.append(&CONTRACTS, entry.number, &SharedVersion(Some(Arc::new(version))))?;
    rows.put(&TERMS, entry.number, SharedTerms(Some(Arc::new(Terms::of(entry.number, contract)))))?;
    rows.put(&IN_FORCE, merchant.clone(), entry.number)
}
