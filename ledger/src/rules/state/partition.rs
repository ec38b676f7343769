//! The partition's own state: the open date, the calendars, the park; and what is kept for ever: payouts, and refusals of what
//! would have made something.

use super::stored::read;
use crate::entry::RefusalCode;
use crate::source::{Error, Source, Table};
use schemas::event::Book;
use schemas::ids::{CalendarId, EventId, MerchantId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The partition's one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// Since `ledger_opened`.
    pub opened: Option<Opened>,
    /// The number of the next entry.
    pub next_entry: u64,
    /// Payment-system calendars.
    pub calendars: Calendars,
    /// The content of `ledger_opened`, as a hash: customers' keys begin with it.
    pub opening: u128,
    /// How many customers were erased.
    pub erasures: Erasures,
    /// The record whose rows are not all made yet; none as a rule.
    pub unfinished: Option<Unfinished>,
}

/// A record that makes very many rows, some of which are committed: it is read again, and the fold goes on where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The offset of the record.
    pub offset: i64,
    /// What is being done.
    pub step: Step,
}

/// The steps of a record after its own row, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// A day close refuses what waited too long.
    Expire,
    /// A day close moves what is due, a merchant an entry.
    Move,
    /// What waited for something that has come leaves the park.
    Park,
}

/// How many customers were erased. While it is none, nobody looks for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasures {
    /// By the bank.
    pub by_bank: u64,
    /// By merchants of the partition.
    pub by_merchants: u64,
}

/// What `ledger_opened` said, and the date that is open now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The open business date.
    pub date: Date,
    /// The bank's time zone.
    pub time_zone: String,
}

/// A calendar's year: weekdays without clearing, weekend days with it.
pub type Year = (BTreeSet<Date>, BTreeSet<Date>);

/// Payment-system calendars, by name and year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendars {
    years: BTreeMap<CalendarId, BTreeMap<i16, Year>>,
}

impl Calendars {
    /// Replaces one year.
    pub fn set(&mut self, calendar: CalendarId, year: i16, closed: Vec<Date>, open: Vec<Date>) {
        self.years.entry(calendar).or_default().insert(year, (closed.into_iter().collect(), open.into_iter().collect()));
    }

    /// Every year of every calendar, in their order.
    pub fn years(&self) -> impl Iterator<Item = (&CalendarId, i16, &Year)> {
        self.years.iter().flat_map(|(name, years)| years.iter().map(move |(year, dates)| (name, *year, dates)))
    }

    /// Whether the payment system clears on a date. A date that no calendar covers counts from Monday to Friday.
    pub fn is_business_day(&self, calendar: Option<&CalendarId>, date: Date) -> bool {
        let weekday = date.weekday() <= 5;
        let year = calendar.and_then(|name| self.years.get(name)).and_then(|years| years.get(&date.year()));
        match year {
            Some((closed, open)) => {
                if weekday {
                    !closed.contains(&date)
                } else {
                    open.contains(&date)
                }
            }
            None => weekday,
        }
    }

    /// The date `days` business days after `from`: none of them is `from` itself, and with 0 it is `from`.
    pub fn business_days_after(&self, calendar: Option<&CalendarId>, from: Date, days: u16) -> Date {
        let mut date = from;
        for _ in 0..days {
            // A calendar that closes a whole year must not hold the fold up for ever.
            for _ in 0..LONGEST_CLOSURE_DAYS {
                date = date.plus_days(1);
                if self.is_business_day(calendar, date) {
                    break;
                }
            }
        }
        date
    }
}

/// After so many days without clearing the next one counts as a business day.
const LONGEST_CLOSURE_DAYS: u32 = 800;

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Whose.
    pub merchant: MerchantId,
    /// The open date when it came.
    pub since: Date,
    /// What it waits for now, as a key of the park's index: it may be another thing than the entry says that parked it.
    pub wait: String,
    /// The record as it came.
    pub value: Vec<u8>,
}

impl Parked {
    /// What is committed of the event of a record that waits; `None` where it does not.
    pub fn find(source: &dyn Source, record: i64) -> Result<Option<Self>, Error> {
        let bytes = source.get(Table::Park, &record.to_be_bytes())?;
        bytes.map(|bytes| read(Table::Park, &bytes)).transpose()
    }
}

/// The refusal of an event that would have made a payment, hold, payout or dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedMaking {
    /// The event.
    pub event: EventId,
    /// Why it was refused.
    pub code: RefusalCode,
}

/// A payout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// Whose book.
    pub book: Book,
    /// In what.
    pub currency: Currency,
    /// How much, in minor units.
    pub amount: u64,
    /// Where it is in its life.
    pub stage: PayoutStage,
}

/// Where a payout is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the field's own")]
pub enum PayoutStage {
    Initiated,
    Paid,
    Failed,
    Returned,
}
