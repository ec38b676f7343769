//! What answers look at: pairs that are not settled, in the order in which breaks are told, so that a page reads the rows of that page.
//!
//! Breaks are told by their day, the newest first, then by their id. The key of a row says both, as they stand while nothing else comes. Where
//! the id is not known here (of pairs that are joined through others, and of payouts, whose source the configuration tells) it is left
//! empty, which is the first of its day: an answer reads all of those of a day before it tells any.

use super::item::{Item, Side};
use super::name::{Before, HOUSE, NodeKey, NodeName, PAYOUTS, Tag};
use super::pair::Pair;
use super::shelf::{ShelfKey, Shelved};
use crate::views::{Key, Names};
use schemas::report::ReportKind;
use schemas::time::Date;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Why a pair is among those that answers look at. The numbers are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// It is a break whatever the day: by its currency, its amount, or a line too many.
    Break = 1,
    /// Entries without any answer: a row for each of their dates, or a name on a shelf. In groups by the calendar of their wait.
    Ours = 2,
    /// Lines, and nothing of ours: rows, or names on a shelf. In groups by the business date on which the first came.
    Theirs = 3,
    /// Its fees are apart. In groups by how far, see [`fees_group`].
    Fees = 4,
    /// Fewer lines than entries.
    Partly = 6,
    /// It is neither a single pair nor a payout's. In groups by the business date of what last changed it: its last item, or one of another
    /// pair by which its payment came to stand at nothing, or no longer does.
    Odd = 7,
    /// It has more nodes than the fold walks over, or what other pairs say of it may be more.
    Large = 8,
    /// A single pair that had no answer for days. In groups by how many, and the calendar of the wait, see [`answered_group`].
    Answered = 9,
    /// A payout's, with one line at most.
    Payout = 10,
}

/// The group of entries whose wait has no one calendar.
pub const MIXED: &str = "*";
/// From so many units an entry on, fees that are apart are in one group.
pub const APART_MAX: u64 = 9;

/// The group of fees that are so many units an entry apart.
pub fn fees_group(apart: u64) -> String {
    apart.min(APART_MAX).to_string()
}

/// The group of pairs that were answered after so many days.
pub fn answered_group(gap: u8, calendar: &str) -> String {
    format!("{gap:03}{calendar}")
}

/// What [`answered_group`] wrote.
pub fn read_answered_group(group: &str) -> Option<(u8, &str)> {
    let (gap, calendar) = group.split_at_checked(3)?;
    Some((gap.parse().ok()?, calendar))
}

/// The day of pairs that an answer must look at before any other.
pub const ALWAYS: Date = Date::from_days(i32::MAX);

/// The key of a row of [`super::OPEN`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenKey {
    /// See [`Open`].
    pub why: u8,
    /// Who reports, or [`PAYOUTS`].
    pub source: String,
    /// Rows of one group are in the order of answers.
    pub group: String,
    /// The day, negated: the newest first.
    pub back: i32,
    /// The break's id without its source; empty where it is not known.
    pub id: String,
    /// A node of the pair.
    pub place: NodeKey,
}

impl OpenKey {
    /// As a row of its own, what stands on a shelf; `None` where the shelf's name is none.
    pub fn of_shelved((why, source, group, back, begin, _): &ShelfKey, name: &Shelved) -> Option<Self> {
        let (kind, owner) = begin.strip_suffix('/')?.split_once('/')?;
        let (tag, id) = (name.tag(), format!("{begin}{}{}", word(name.tag()), name.name));
        let place = NodeKey { owner: owner.to_owned(), source: source.clone(), kind: ReportKind::from_name(kind)?, tag, name: name.name.clone() };
        Some(Self { why: *why, source: source.clone(), group: group.clone(), back: *back, id, place })
    }

    /// The day of the pair.
    pub const fn day(&self) -> Date {
        Date::from_days(-self.back)
    }

    /// The break's id, where it is known.
    pub fn full_id(&self) -> Option<String> {
        (!self.id.is_empty()).then(|| format!("{}/{}", self.source, self.id))
    }
}

/// How a place is told: by its id and what it is found by, with its name besides, or whole.
const ALONE: u8 = 3;
const WHOLE: u8 = 9;

/// What stands before the name of a node in the id of its break.
const fn word(tag: Tag) -> &'static str {
    match tag {
        Tag::Reference | Tag::Alone => "",
        Tag::Payment => "payment:",
        Tag::Payout => "payout:",
    }
}

/// The id of the break that a node by itself is, without its source.
fn id(place: &NodeKey, first: &Item) -> String {
    let before = Before::of(place.as_name());
    match (&first.side, place.tag) {
        (Side::Theirs { report, line, .. }, Tag::Alone) => format!("{before}{report}:{line}"),
        _ => format!("{before}{}{}", word(place.tag), place.name),
    }
}

impl Key for OpenKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.why.encode(out);
        self.source.encode(out);
        self.group.encode(out);
        self.back.encode(out);
        self.id.encode(out);
        match (self.id.is_empty(), self.place.tag) {
            (true, _) => {
                WHOLE.encode(out);
                self.place.encode(out);
            }
            (false, Tag::Alone) => {
                ALONE.encode(out);
                self.place.name.encode(out);
            }
            (false, Tag::Reference) => 0u8.encode(out),
            (false, Tag::Payment) => 1u8.encode(out),
            (false, Tag::Payout) => 2u8.encode(out),
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        let (why, source, group) = (u8::decode(from)?, String::decode(from)?, String::decode(from)?);
        let (back, id) = (i32::decode(from)?, String::decode(from)?);
        let tag = match u8::decode(from)? {
            0 => Tag::Reference,
            1 => Tag::Payment,
            2 => Tag::Payout,
            ALONE => Tag::Alone,
            WHOLE => return Some(Self { why, source, group, back, id, place: NodeKey::decode(from)? }),
            _ => return None,
        };
        let (kind, rest) = id.split_once('/')?;
        let (owner, rest) = rest.split_once('/')?;
        let name = if tag == Tag::Alone { String::decode(from)? } else { rest.strip_prefix(word(tag))?.to_owned() };
        let place = NodeKey { owner: owner.to_owned(), source: source.clone(), kind: ReportKind::from_name(kind)?, tag, name };
        Some(Self { why, source, group, back, id, place })
    }
}

impl Names<Self> for OpenKey {
    fn encode_name(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
}

/// What a row says besides its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The business date of the last item.
    pub last: Option<Date>,
    /// A short hash of the report of the first line, see [`report_hash`]; 0 where it is not known.
    pub report: u32,
}

/// A short hash of a report's name, never 0.
pub fn report_hash(report: &str) -> u32 {
    u32::try_from(xxh3_64(report.as_bytes()) >> 32).unwrap_or(0).max(1)
}

/// The row of a pair that the fold does not walk over.
pub fn large(key: &NodeKey) -> OpenKey {
    OpenKey { why: Open::Large as u8, source: key.source.clone(), group: String::new(), back: 0, id: String::new(), place: key.clone() }
}

/// The rows that keep a pair among those that answers look at; one that is single is among the sums besides.
pub fn rows(pair: &Pair<'_>, calendar: &str) -> Vec<OpenKey> {
    let (sides, place) = (&pair.sides, &pair.place);
    let (Some(first), Some(last)) = (sides.first(), sides.last()) else { return Vec::new() };
    // An answer always looks at it; or nobody has ever expected anything of it at the end of a date.
    let turns = &pair.turns;
    if turns.is_unknown {
        return vec![large(place)];
    }
    if turns.by_nobody && turns.last == Some(first) {
        return Vec::new();
    }
    let is_payout = place.source == PAYOUTS;
    let exact = || pair.alone().filter(|_| !is_payout).map(|first| id(place, first)).unwrap_or_default();
    let row = |why: Open, group: String, day: Date, id: String| OpenKey {
        why: why as u8,
        source: place.source.clone(),
        group,
        back: -day.days(),
        id,
        place: NodeKey::clone(place),
    };
    let answer = pair.answer();
    let mut rows = Vec::new();
    if answer.is_none() || is_payout {
        let why = if answer.is_some() { Open::Payout } else { Open::Odd };
        rows.push(row(why, turns.last.map_or(last, |turned| turned.max(last)).to_string(), first, String::new()));
    }
    let (ours, theirs) = (&sides.ours, &sides.theirs);
    // The day of a payout's pair follows from the configuration, but while nothing but entries are known of it.
    let day = if is_payout { ALWAYS } else { pair.day().unwrap_or(first) };
    if theirs.count == 0 {
        let (why, group) = match (sides.is_of_one_currency(), answer.is_some()) {
            (false, _) => (Open::Break, String::new()),
            (true, true) => (Open::Ours, calendar.to_owned()),
            (true, false) => (Open::Ours, MIXED.to_owned()),
        };
        // A payment that stands at nothing is expected by nobody; of several that share a reference each counts by itself, and of several dates
        // some may lie before the source's first.
        let may_be_expected = ours.minor != 0 || pair.payments > 1 || sides.dates.len() > 1 || why == Open::Break;
        if !pair.is_shelved && !turns.by_nobody && may_be_expected {
            rows.extend(sides.dates.iter().map(|date| row(why, group.clone(), *date, exact())));
        }
    } else if !sides.is_of_one_currency() {
        rows.push(row(Open::Break, String::new(), day, exact()));
    } else if pair.is_shelved {
        // A line that waits, see `super::shelf`.
    } else if ours.count == 0 {
        rows.push(row(Open::Theirs, theirs.first.unwrap_or(first).to_string(), day, exact()));
    } else if is_payout && !sides.is_answered_by_its_source() {
        rows.push(row(Open::Break, String::new(), day, exact()));
    } else if ours.minor != theirs.minor {
        rows.push(row(if theirs.count < ours.count { Open::Partly } else { Open::Break }, String::new(), day, exact()));
    } else if sides.fees_apart() > 0 {
        rows.push(row(Open::Fees, fees_group(sides.fees_apart()), day, exact()));
    }
    if let (true, Some(booked), Some(came)) = (answer.is_some() && ours.count == 1, ours.first, theirs.first)
        && came > booked
    {
        rows.push(row(Open::Answered, answered_group(gap(booked, came), calendar), booked, exact()));
    }
    rows
}

/// For how many days an entry had no answer: so many, or [`GAP_MAX`] and more.
pub fn gap(booked: Date, came: Date) -> u8 {
    u8::try_from(came.days() - booked.days()).unwrap_or(GAP_MAX)
}

/// The gap of everything that is longer.
pub const GAP_MAX: u8 = u8::MAX;

/// The nodes that the break of an id may be of, where it is one by itself, for every way to read the id. Nodes that are found by nothing have
/// none.
pub fn places(id: &str) -> Vec<NodeKey> {
    let mut found = Vec::new();
    for (at, _) in id.match_indices('/') {
        let (source, rest) = (&id[..at], &id[at + 1..]);
        let Some((kind, rest)) = rest.split_once('/').and_then(|(kind, rest)| Some((ReportKind::from_name(kind)?, rest))) else { continue };
        let Some((owner, name)) = rest.split_once('/') else { continue };
        for tag in [Tag::Reference, Tag::Payment] {
            if let Some(name) = name.strip_prefix(word(tag)) {
                found.push(NodeKey { owner: owner.to_owned(), source: source.to_owned(), kind, tag, name: name.to_owned() });
            }
        }
    }
    found
}

/// Whose lines nobody may count by themselves: a merchant may have them, too.
pub fn is_of_house(place: NodeName<'_>) -> bool {
    place.owner == HOUSE
}
