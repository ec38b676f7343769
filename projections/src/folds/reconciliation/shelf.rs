//! Pairs that only wait for their other side, many in a row: a shelf.
//!
//! Nearly every entry waits for a line and gets it. A row of its own for each would be written and taken away again, and whoever reads the
//! few that are left would pass over all that were taken away, until RocksDB merges its files. So a node that waits stands on a shelf
//! with others of its merchant, kind and day: [`NAMES_MAX`] of them in a row, from which its name is struck, and which goes with its last one.
//!
//! A row is named as those of [`super::OPEN`] are, as far as the merchant; which row a node stands in, it says itself.

use super::item::{Item, Node, Side};
use super::name::{Before, NodeName, PAYOUTS, Tag};
use super::open::{Open, is_of_house, report_hash};
use super::sums::Calendar;
use super::{NODES, SHELVES, SHELVES_KEPT, TAILS, pair, sums};
use crate::views::{Error, Rows};
use serde::{Deserialize, Serialize};

/// Names of a row.
const NAMES_MAX: u32 = 32;

/// Why, of which source, in which group, the day negated, what the ids of its breaks begin with after the source, and the number of the shelf.
pub type ShelfKey = (u8, String, String, i32, String, u64);

/// Nodes of one merchant, kind and day that wait alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// In the order in which they came.
    pub names: Vec<Shelved>,
}

/// A node on its shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelved {
    /// Whether it is found by its payment, and not by a reference.
    pub by_payment: bool,
    /// The reference, or the payment.
    pub name: String,
    /// Of a line: a short hash of its report, see [`report_hash`]; 0 of an entry.
    pub report: u32,
}

impl Shelved {
    /// What the node is found by.
    pub const fn tag(&self) -> Tag {
        if self.by_payment { Tag::Payment } else { Tag::Reference }
    }

    fn is(&self, key: NodeName<'_>) -> bool {
        self.tag() == key.tag && self.name == key.name
    }
}

/// The shelf that takes the next node of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    group: String,
    back: i32,
    number: u64,
    names: u32,
}

/// Why a node by itself waits, if it waits for nothing but its other side: entries of one payment and date, or one line.
fn waits(key: NodeName<'_>, node: &Node) -> Option<Open> {
    let first = node.first.as_ref().filter(|_| key.source != PAYOUTS && matches!(key.tag, Tag::Reference | Tag::Payment))?;
    if pair::joins(key, node) || node.links.len() > 1 || node.turned.is_some() {
        return None;
    }
    match (&node.sides, first.is_ours()) {
        (None, true) => (first.minor != 0).then_some(Open::Ours),
        (None, false) => (!is_of_house(key)).then_some(Open::Theirs),
        (Some(sides), true) => {
            let is_awaited = sides.theirs.count == 0 && sides.ours.minor != 0 && sides.dates.len() == 1 && sides.is_of_one_currency();
            is_awaited.then_some(Open::Ours)
        }
        (Some(_), false) => None,
    }
}

/// The group of a node on its shelf.
enum Group {
    /// Of an entry: the calendar of its wait.
    Calendar(Calendar),
    /// Of a line: the business date on which it came.
    Came(String),
}

impl Group {
    fn as_str(&self) -> &str {
        match self {
            Self::Calendar(calendar) => calendar.as_str(),
            Self::Came(date) => date,
        }
    }
}

/// Where a node with such a first item stands, but for the number. What a node begins with never changes.
fn place(first: &Item, rows: &mut Rows) -> Result<(u8, Group, i32), Error> {
    Ok(match &first.side {
        Side::Ours { .. } => (Open::Ours as u8, Group::Calendar(sums::calendar(Some(first), rows)?), -first.date.days()),
        Side::Theirs { date, .. } => (Open::Theirs as u8, Group::Came(first.date.to_string()), -date.days()),
    })
}

/// Puts a node on a shelf where it waits, and strikes it where it waits no longer.
pub fn keep(key: NodeName<'_>, rows: &mut Rows) -> Result<(), Error> {
    let Some(node) = rows.get(&NODES, key)? else { return Ok(()) };
    let Some(first) = node.first.as_ref() else { return Ok(()) };
    match (node.shelf, waits(key, node).is_some()) {
        (None, true) => {
            let first = first.clone();
            let (why, group, back) = place(&first, rows)?;
            let report = match &first.side {
                Side::Theirs { report, .. } => report_hash(report.as_str()),
                Side::Ours { .. } => 0,
            };
            let name = Shelved { by_payment: key.tag == Tag::Payment, name: key.name.to_owned(), report };
            let number = put(key, (why, group.as_str(), back), name, rows)?;
            rows.row(&NODES, key)?.shelf = Some(number);
        }
        (Some(number), false) => {
            let first = first.clone();
            let (why, group, back) = place(&first, rows)?;
            let at = (why, key.source, group.as_str(), back, Before::of(key), number);
            let shelf = rows.row(&SHELVES, at)?;
            shelf.names.retain(|name| !name.is(key));
            if shelf.names.is_empty() {
                rows.remove(&SHELVES, at)?;
                rows.remove(&SHELVES_KEPT, at)?;
            }
            rows.row(&NODES, key)?.shelf = None;
        }
        (None, false) | (Some(_), true) => {}
    }
    Ok(())
}

/// Puts a name on the last shelf of its kind, or begins another one; answers its number.
pub fn put(key: NodeName<'_>, (why, group, back): (u8, &str, i32), name: Shelved, rows: &mut Rows) -> Result<u64, Error> {
    let tail = rows.row(&TAILS, (why, key.source, Before::of(key)))?;
    let is_begun = tail.names >= NAMES_MAX || tail.back != back || tail.group != group;
    if is_begun {
        *tail = Tail { group: group.to_owned(), back, number: tail.number + 1, names: 0 };
    }
    tail.names += 1;
    let number = tail.number;
    let at = (why, key.source, group, back, Before::of(key), number);
    // No shelf had this number before; one that lost all of its names comes back under its own.
    let shelf = if is_begun { rows.fresh(&SHELVES, at)? } else { rows.row(&SHELVES, at)? };
    let is_new = shelf.names.is_empty();
    shelf.names.push(name);
    if is_new {
        rows.put(&SHELVES_KEPT, at, true)?;
    }
    Ok(number)
}
