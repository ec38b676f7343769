//! Reconciliation: what our entries say of money that others report of, too, and what their reports say.
//!
//! Items of both sides stand in nodes: under their reference where they have one, else under their payment or payout, else alone. A node
//! is linked to those that its items belong together with, so a pair is found from any of its items. Items and links after the first few are
//! rows of their own, so an item costs the same beside ten thousand others. Which pairs are not settled is kept beside, by the date from which
//! they may be a break, and which had no answer for days, in the order in which breaks are told: a page reads the rows of that page. What
//! single pairs come to is added up by their dates and how they are answered: sums look at none of those.
//!
//! | file | what it knows |
//! |---|---|
//! | this one | the tables, and the fold |
//! | `item` | items, and what nodes keep of them |
//! | `name` | how nodes are named |
//! | `open` | which pairs answers look at, in the order in which breaks are told |
//! | `ours` | the items of an entry |
//! | `shelf` | pairs that only wait for their other side, many in a row |
//! | `first` | an entry of ours that is the first item of its node, as nearly every one is |
//! | `links` | which references and payments belong together |
//! | `pair` | what belongs together, and how it stands whatever the day and the configuration |
//! | `nobody` | payments that stand at nothing under several references |
//! | `standing` | the sides of a pair, and what they add up to |
//! | `sums` | what single pairs come to, by their dates and how they are answered |
//!
//! A sale costs one small node, or two where it has a reference, and a name on a shelf; a line a node, and strikes that name. Bounded by
//! payments, lines, reports.

mod first;
mod item;
mod links;
mod name;
mod nobody;
mod open;
mod ours;
mod pair;
mod shelf;
mod standing;
mod sums;

pub use item::{Item, Link, Node, Side};
pub use name::{HOUSE, NodeKey, PAYOUTS, Tag, kind_of_number, number_of_kind, plain_source, source_of_book};
pub use open::{ALWAYS, APART_MAX, GAP_MAX, MIXED, Open, OpenKey, Seen, fees_group, places, read_answered_group, report_hash};
pub use pair::{Answer, summed};
pub use shelf::{Shelf, ShelfKey, Shelved};
pub use standing::{Standing, standing};
pub use sums::Sum;

use crate::folds::objects::PayoutState;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Note, Outcome, Recorded, Row};
use schemas::event::Subject;
use schemas::ids::{BreakId, CalendarId, EventId, MerchantId, PayoutId};
use schemas::money::Currency;
use schemas::report::{ReportClosed, ReportKind, ReportLine};
use schemas::time::Date;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The projection.
pub const ID: Id = Id::new(12, "reconciliation", 6);

/// Items by what they are found by.
pub const NODES: Table<NodeKey, Node> = Table::new(ID, 0).passing();
/// Pairs that answers look at, see [`Open`], in the order in which breaks are told.
pub const OPEN: Table<OpenKey, Seen> = Table::new(ID, 1).passing();
/// The smallest date of a source's lines, by the business date on which it fell to it.
pub const FIRST: Table<(String, Date), Option<Date>> = Table::new(ID, 2);
/// Reports, by source, name and currency.
pub const REPORTS: Table<(String, String, Currency), Report> = Table::new(ID, 3);
/// Lines that merchants have, by a hash of their source and id: since which business date.
pub const LINES: Table<u64, Option<Date>> = Table::new(ID, 4);
/// Lines of `@house`, by report: those that a merchant has are not counted.
pub const HOUSE_LINES: Table<(String, String, Currency, u64), HouseLine> = Table::new(ID, 5);
/// Breaks that were closed, by id and business date; the last one of a date holds.
pub const CLOSINGS: Table<(String, Date), Closing> = Table::new(ID, 6);
/// Which merchants have a payout of an id: since which business date.
pub const PAYOUT_OWNERS: Table<(PayoutId, MerchantId), Option<Date>> = Table::new(ID, 7);
/// Years of calendars, by the business date on which they were set.
pub const CALENDARS: Table<(CalendarId, i16, Date), CalendarYear> = Table::new(ID, 8);
/// What the bank's own accounts paid and got: entries of the house by business date and number.
pub const HOUSE_ENTRIES: Table<(Date, u64), HouseEntry> = Table::new(ID, 9);
/// What reports say of settlements: lines of the house by business date and entry.
pub const SETTLEMENTS: Table<(Date, u64), Settlement> = Table::new(ID, 10);

/// Items of a node after the first, by their entries.
pub const ITEMS: Table<(NodeKey, u64), Option<Item>> = Table::new(ID, 12).passing();
/// Links of a node after the first few, by what they lead to.
pub const LINKS: Table<(NodeKey, String), Link> = Table::new(ID, 13);
/// Pairs that only wait for their other side.
pub const SHELVES: Table<ShelfKey, Shelf> = Table::new(ID, 15);
/// Which shelves there are. Rows of few bytes: whoever looks for shelves passes over those that were taken away, which is dear where names lie.
pub const SHELVES_KEPT: Table<ShelfKey, bool> = Table::new(ID, 17).passing();
/// By why, source and what ids begin with: the shelf that takes the next pair.
const TAILS: Table<(u8, String, String), shelf::Tail> = Table::new(ID, 16);
/// What single pairs come to, see [`SumKey`].
pub const SUMS: Table<SumKey, Sum> = Table::new(ID, 14);
/// Of which source, kind and currency; of which day, answered when (of a line by itself: when it came), the calendar of the payment's contract, and
/// the number of the [`Answer`].
pub type SumKey = (String, u8, Currency, Date, Option<Date>, String, u16);

/// The lines of a report that came, and what it says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The date of its first line, or of its end where that came first.
    pub date: Option<Date>,
    /// Lines that came, of merchants: by business date how many, credits, debits.
    pub came: Vec<(Date, u64, i128, i128)>,
    /// Its ends, by business date and as they came; the last one holds.
    pub closed: Vec<(Date, ReportClosed)>,
}

/// A line of `@house` in its report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseLine {
    /// The business date on which it came; `None` never.
    pub date: Option<Date>,
    /// A hash of its source and id.
    pub hash: u64,
    /// Its amount with its sign.
    pub minor: i128,
    /// Whether it is a credit; an amount of zero has no sign.
    pub credit: bool,
    /// The report's own date of it.
    pub dated: Option<Date>,
}

/// A break that was closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// Who made it.
    pub maker: String,
    /// Who checked it.
    pub checker: String,
    /// Why.
    pub reason: String,
    /// The event that mended it.
    pub event: Option<EventId>,
}

/// One year of a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarYear {
    /// Weekdays without clearing.
    pub closed: Vec<Date>,
    /// Weekend days with it.
    pub open: Vec<Date>,
}

/// What an entry of the house moved on the bank's own account, or on a PSP's client reserve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseEntry {
    /// The offset of its record.
    pub offset: i64,
    /// The event.
    pub event: Option<EventId>,
    /// Whether it is of a scheme.
    pub is_scheme: bool,
    /// `bank` or `psp:<id>`.
    pub book: String,
    /// Which scheme, PSP or partner.
    pub party: String,
    /// In what; `None` never.
    pub currency: Option<Currency>,
    /// Above zero where money came in.
    pub minor: i128,
}

/// A line of the house of the kind `settlement`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Who reports.
    pub source: String,
    /// Which scheme, PSP or partner it names.
    pub party: Option<String>,
    /// The line.
    pub item: Option<Item>,
    /// Its reference.
    pub reference: Option<String>,
}

/// The fold.
pub struct Reconciliation;

impl Projection for Reconciliation {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        if row.outcome != Outcome::Posted {
            return Ok(());
        }
        match &row.note {
            Note::ReportLine { line } => reported(entry, line, rows),
            Note::ReportClosed { closed } => {
                let key = (closed.source.to_string(), closed.report.to_string(), closed.credits.currency);
                let report = rows.row(&REPORTS, &key)?;
                report.date.get_or_insert(closed.date);
                report.closed.push((row.date, closed.as_ref().clone()));
                Ok(())
            }
            Note::BreakClosed { id, event } => closed(row, id, event.as_ref(), rows),
            Note::CalendarDays { calendar, year, closed, open } => {
                rows.put(&CALENDARS, (calendar.clone(), *year, row.date), CalendarYear { closed: closed.clone(), open: open.clone() })
            }
            Note::Payout { payout, .. } => {
                if let (Some(PayoutState::Initiated), Some(Subject::Merchant(merchant))) = (row.event_type.and_then(PayoutState::by), &row.subject) {
                    rows.put(&PAYOUT_OWNERS, (payout.clone(), merchant.clone()), Some(row.date))?;
                }
                ours::payout(entry, payout, rows)
            }
            Note::None | Note::Amount { .. } | Note::Dispute { .. } if row.payment.is_some() => ours::payment(entry, rows),
            Note::None | Note::Amount { .. } | Note::Dispute { .. } => ours::house(entry, rows),
            Note::Opening { .. } => Ok(()),
            Note::Opened { .. } | Note::Closed { .. } | Note::Calendar { .. } | Note::Contract { .. } | Note::Hold { .. } | Note::Erased { .. } => Ok(()),
        }
    }
}

fn closed(row: &Row, id: &BreakId, event: Option<&EventId>, rows: &mut Rows) -> Result<(), Error> {
    let said = row.said.as_deref().cloned().unwrap_or_default();
    let text = |said: Option<String>| said.unwrap_or_default();
    let closing = Closing { maker: text(said.maker), checker: text(said.checker), reason: text(said.reason), event: event.cloned() };
    rows.put(&CLOSINGS, (id.to_string(), row.date), closing)
}

/// A hash of a line's source and id: the same line under a merchant and under the house.
pub fn line_hash(source: &str, event: &str) -> u64 {
    xxh3_64([source, "\u{1}", event].concat().as_bytes())
}

fn reported(entry: &Recorded, line: &ReportLine, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let (source, currency) = (line.source.to_string(), line.amount.currency);
    let hash = line_hash(&source, row.event.as_ref().map_or("", EventId::as_str));
    let before = rows.get(&FIRST_NOW, &source)?.copied().flatten();
    if before.is_none_or(|before| line.date < before) {
        rows.put(&FIRST_NOW, source.clone(), Some(line.date))?;
        rows.put(&FIRST, (source.clone(), row.date), Some(line.date))?;
    }
    let is_house = !matches!(row.subject, Some(Subject::Merchant(_)));
    let key = (source.clone(), line.report.to_string(), currency);
    if is_house {
        let told = HouseLine { date: Some(row.date), hash, minor: line.signed(), credit: line.credit, dated: Some(line.date) };
        rows.put(&HOUSE_LINES, (key.0, key.1, key.2, entry.number), told)?;
    } else {
        rows.put(&LINES, hash, Some(row.date))?;
        came(rows.row(&REPORTS, &key)?, row.date, line);
    }
    let by_payout = line.payout.as_ref().filter(|_| line.kind == ReportKind::Payout);
    let item = Item {
        date: row.date,
        entry: entry.number,
        offset: row.offset,
        minor: line.signed(),
        currency,
        fee: line.fee.map(i128::from),
        payment: line.payment.clone(),
        reference: row.reference.clone(),
        side: Side::Theirs { report: line.report.clone(), line: line.line, date: line.date, source: source.clone(), hash, of_payout: by_payout.is_some() },
    };
    if is_house && line.kind == ReportKind::Settlement {
        let reference = row.reference.as_ref().map(ToString::to_string);
        let party = line.scheme.as_ref().map(ToString::to_string);
        return rows.put(&SETTLEMENTS, (row.date, entry.number), Settlement { source, party, item: Some(item), reference });
    }
    let owner = row.subject.as_ref().map_or(HOUSE, name::owner);
    let number;
    let (source, tag, name) = match (by_payout, &row.reference, &line.payment) {
        (Some(payout), ..) => (PAYOUTS, Tag::Payout, payout.as_str()),
        (None, Some(reference), _) => (source.as_str(), Tag::Reference, reference.as_str()),
        (None, None, Some(payment)) => (source.as_str(), Tag::Payment, payment.as_str()),
        // An entry has one line, so its number tells it from all others.
        (None, None, None) => {
            number = entry.number.to_string();
            (source.as_str(), Tag::Alone, number.as_str())
        }
    };
    pair::add(name::NodeName { owner, source, kind: line.kind, tag, name }, item, rows)
}

fn came(report: &mut Report, date: Date, line: &ReportLine) {
    report.date.get_or_insert(line.date);
    let (credits, debits) = if line.credit { (i128::from(line.amount.minor), 0) } else { (0, i128::from(line.amount.minor)) };
    match report.came.last_mut() {
        Some((last, count, all_credits, all_debits)) if *last == date => {
            *count += 1;
            *all_credits += credits;
            *all_debits += debits;
        }
        _ => report.came.push((date, 1, credits, debits)),
    }
}

/// The smallest date of a source's lines now.
const FIRST_NOW: Table<String, Option<Date>> = Table::new(ID, 11);
