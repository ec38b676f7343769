//! The events that were not booked: what waits now, what was refused, set aside, or came again. As a list, newest first, and as counts
//! and sums by date.
//!
//! Each lies under its *class* (outcome, code, type), for everybody and once more for its merchant. A page of any selection of classes
//! merges as many ordered streams as there are classes, a few hundred at most, and costs no more than that and its rows, however many
//! events there are.

use super::super::entries::owner;
use super::ID;
use crate::views::{Error, Rows, Table};
use ledger::entry::{Outcome, Recorded};
use schemas::event::EventType;
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// How an event ended that was not booked. The numbers are on disk until the projection takes its next version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Unbooked {
    /// A business rule said no.
    Refused = 1,
    /// It waits now.
    Parked = 2,
    /// It could not be read, or another event has its id.
    Quarantined = 3,
    /// The same content came before.
    Duplicate = 4,
}

impl Unbooked {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Parked, Self::Quarantined, Self::Duplicate];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Parked => "parked",
            Self::Quarantined => "quarantined",
            Self::Duplicate => "duplicate",
        }
    }

    /// Of an outcome; `None` where it is booked.
    pub const fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Posted => None,
            Outcome::Duplicate { .. } => Some(Self::Duplicate),
            Outcome::Parked(_) => Some(Self::Parked),
            Outcome::Refused { .. } => Some(Self::Refused),
            Outcome::Quarantined { .. } => Some(Self::Quarantined),
        }
    }

    /// Of its number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|unbooked| *unbooked as u8 == number)
    }
}

/// Whose list: a merchant's or the house's; `None`: everybody's.
type Whose = Option<String>;
/// Outcome, code (empty where there is none), type (`None`: not read).
pub type Class = (u8, String, Option<EventType>);

/// The entry of each event that is listed, by whose list, class, business date and the offset of its record.
pub const LISTED: Table<(Whose, u8, String, Option<EventType>, Date, i64), u64> = Table::new(ID, 5);
/// How an event that waits is listed, by the offset of its record.
pub const WAITING: Table<i64, Option<Waiting>> = Table::new(ID, 6);
/// How many, and how much, by whose list, date, class and currency; without a currency where the event tells no amount.
pub const SUMS: Table<(Whose, Date, u8, String, Option<EventType>, Option<Currency>), Sum> = Table::new(ID, 7);

/// How many events, and the sum of their amounts in minor units: 2^64 of at most 10^15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub count: i64,
    /// How much.
    pub amount: i128,
}

impl Sum {
    /// Adds another.
    pub const fn add(&mut self, other: Self) {
        self.count += other.count;
        self.amount += other.amount;
    }
}

/// How an event that waits is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The business date on which it came.
    pub date: Date,
    /// The amount that it tells, in minor units.
    pub amount: Option<(Currency, u64)>,
}

const fn code_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused { code, .. } => code.as_str(),
        Outcome::Quarantined { code, .. } => code.as_str(),
        Outcome::Posted | Outcome::Duplicate { .. } | Outcome::Parked(_) => "",
    }
}

/// Whose lists an entry is in: everybody's, and its owner's.
fn whose(entry: &Recorded) -> impl Iterator<Item = Option<&str>> {
    std::iter::once(None).chain(owner(entry.row.subject.as_ref()).map(Some))
}

/// Lists an event that was not booked; one that waited is no longer listed as waiting.
pub(super) fn list(entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    if row.record != row.offset
        && let Some(waiting) = rows.get(&WAITING, row.record)?.copied().flatten()
    {
        rows.remove(&WAITING, row.record)?;
        for whose in whose(entry) {
            rows.remove(&LISTED, (whose, Unbooked::Parked as u8, "", row.event_type, waiting.date, row.record))?;
        }
        count(entry, Unbooked::Parked, waiting, -1, rows)?;
    }
    let Some(unbooked) = Unbooked::of(&row.outcome) else { return Ok(()) };
    let listed = Waiting { date: row.date, amount: row.note.told() };
    if unbooked == Unbooked::Parked {
        rows.put(&WAITING, row.record, Some(listed))?;
    }
    for whose in whose(entry) {
        rows.put(&LISTED, (whose, unbooked as u8, code_of(&row.outcome), row.event_type, row.date, row.record), entry.number)?;
    }
    count(entry, unbooked, listed, 1, rows)
}

/// Counts an event, once or back.
fn count(entry: &Recorded, unbooked: Unbooked, listed: Waiting, times: i64, rows: &mut Rows) -> Result<(), Error> {
    let code = if unbooked == Unbooked::Parked { "" } else { code_of(&entry.row.outcome) };
    let (currency, amount) = listed.amount.map_or((None, 0), |(currency, minor)| (Some(currency), i128::from(minor)));
    let sum = Sum { count: times, amount: amount * i128::from(times) };
    for whose in whose(entry) {
        rows.row(&SUMS, (whose, listed.date, unbooked as u8, code, entry.row.event_type, currency))?.add(sum);
    }
    Ok(())
}
