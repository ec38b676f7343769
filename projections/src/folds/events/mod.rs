//! What became of records: what was not booked, what was quarantined and whether it was sent again, how many ended how; and the
//! control events.
//!
//! Events that own their id are found by the ledger's own index of ids; those that own nothing are found here.
//!
//! | file | what it keeps |
//! |---|---|
//! | this one | counts, and what was quarantined |
//! | `list` | events that were not booked, newest first, and their sums |
//! | `controls` | control events by date, to be compared with those of other partitions |

mod controls;
mod list;

pub use controls::{CONTROLS, Control};
pub use list::{Class, LISTED, SUMS, Sum, Unbooked, WAITING, Waiting};

use super::buckets::{BUCKETS, Buckets};
use super::entries::owner;
use super::hash::fnv_128;
use crate::views::{Error, Id, Order, Projection, Rows, Table};
use ledger::entry::{Outcome, Recorded, RefusalCode};
use schemas::error::QuarantineCode;
use schemas::event::{EventType, Subject};
use schemas::ids::EventId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// The projection.
pub const ID: Id = Id::new(6, "events", 5);

/// How many records ended how.
pub const COUNTS: Table<(), Counts> = Table::new(ID, 0);
/// Quarantined records, by offset.
pub const QUARANTINE: Table<i64, Quarantined> = Table::new(ID, 1);
/// Quarantined records whose id could be read: the id, its owner (empty where none could be read), the offset.
pub const BY_ID: Table<(EventId, String, i64), ()> = Table::new(ID, 2);
/// The last quarantined record of each value that is not empty: its hash, the offset. Values that share a hash are no danger: one of
/// their records is said to have been sent again.
pub const BY_VALUE: Table<u128, Option<i64>> = Table::new(ID, 3);
/// Whether any id that falls into a bucket was quarantined.
const SET_ASIDE: Table<u16, ()> = Table::new(ID, 4);

/// How many records ended how. An event that was parked counts where it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Booked.
    pub posted: u64,
    /// The same content came before.
    pub duplicate: u64,
    /// Waiting now.
    pub parked: u64,
    /// A business rule said no, by code.
    pub refused: BTreeMap<RefusalCode, u64>,
    /// Not readable, or in conflict, by code.
    pub quarantined: BTreeMap<QuarantineCode, u64>,
}

impl Counts {
    /// Adds those of another shard.
    pub fn merge(&mut self, other: &Self) {
        self.posted += other.posted;
        self.duplicate += other.duplicate;
        self.parked += other.parked;
        other.refused.iter().for_each(|(code, count)| *self.refused.entry(*code).or_default() += count);
        other.quarantined.iter().for_each(|(code, count)| *self.quarantined.entry(*code).or_default() += count);
    }
}

/// A quarantined record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The entry that says so; it has the code, the detail and the value.
    pub entry: u64,
    /// The offset of the record of this partition that sent it again. One that is on a wrong partition is sent again to another.
    pub replayed_as: Option<i64>,
}

/// The fold.
pub struct Events {
    /// Entries that were posted since the last commit: most are, and change nothing else here.
    posted: u64,
    /// Of ids that were quarantined.
    set_aside: Buckets,
}

impl Default for Events {
    fn default() -> Self {
        Self { posted: 0, set_aside: Buckets::of(SET_ASIDE) }
    }
}

impl Projection for Events {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        if row.event_type == Some(EventType::DayClosed) && matches!(row.subject, Some(Subject::Merchant(_))) {
            // What a day close moved: no record of its own.
            return Ok(());
        }
        if row.record != row.offset {
            let counts = rows.row(&COUNTS, ())?;
            let left = counts.parked.checked_sub(1);
            counts.parked =
                left.ok_or_else(|| Error::Fold { projection: ID.name, entry: entry.number, detail: "what was never parked left the park".to_owned() })?;
        }
        match &row.outcome {
            Outcome::Posted => self.posted += 1,
            Outcome::Duplicate { .. } => rows.row(&COUNTS, ())?.duplicate += 1,
            Outcome::Parked(_) => rows.row(&COUNTS, ())?.parked += 1,
            Outcome::Refused { code, .. } => *rows.row(&COUNTS, ())?.refused.entry(*code).or_default() += 1,
            Outcome::Quarantined { code, .. } => *rows.row(&COUNTS, ())?.quarantined.entry(*code).or_default() += 1,
        }
        list::list(entry, rows)?;
        controls::note(entry, rows)?;
        match &row.outcome {
            Outcome::Quarantined { value, .. } => self.quarantine(entry, value, rows),
            Outcome::Posted | Outcome::Parked(_) | Outcome::Refused { .. } if row.record == row.offset => self.answers(entry, rows),
            // What left the park was told of when it came; a duplicate is not new.
            Outcome::Posted | Outcome::Parked(_) | Outcome::Refused { .. } | Outcome::Duplicate { .. } => Ok(()),
        }
    }

    fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        match std::mem::take(&mut self.posted) {
            0 => Ok(()),
            posted => rows.update(&COUNTS, (), |counts| counts.posted += posted),
        }
    }
}

impl Events {
    /// A record is set aside. The same value before it was sent again by it; a record without a value, or with an empty one, says
    /// nothing that could be.
    fn quarantine(&mut self, entry: &Recorded, value: &str, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        let before = if value.is_empty() { None } else { rows.row(&BY_VALUE, fnv_128(value))?.replace(row.offset) };
        if let Some(before) = before {
            let before = rows.row(&QUARANTINE, before)?;
            before.replayed_as = before.replayed_as.or(Some(row.offset));
        }
        rows.put(&QUARANTINE, row.offset, Quarantined { entry: entry.number, replayed_as: None })?;
        if let Some(event) = &row.event {
            let owner = owner(row.subject.as_ref()).unwrap_or_default().to_owned();
            rows.put(&BY_ID, (event.clone(), owner, row.offset), ())?;
            self.set_aside.fill(rows, bucket(event))?;
        }
        Ok(())
    }

    /// A record that could be read: what was set aside under its id, was sent again by it.
    fn answers(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let Some(event) = &entry.row.event else { return Ok(()) };
        if !self.set_aside.has(rows, bucket(event))? {
            return Ok(());
        }
        let owner = owner(entry.row.subject.as_ref()).unwrap_or_default().to_owned();
        let mut set_aside = Vec::new();
        rows.scan(&BY_ID, &(event.clone(), owner), Order::Ascending, |(_, _, offset), ()| {
            set_aside.push(offset);
            true
        })?;
        for offset in set_aside {
            let before = rows.row(&QUARANTINE, offset)?;
            before.replayed_as = before.replayed_as.or(Some(entry.row.offset));
        }
        Ok(())
    }
}

/// Most ids were never quarantined, and fall into a bucket that is empty.
fn bucket(event: &EventId) -> u16 {
    (xxh3_64(event.as_str().as_bytes()) % BUCKETS) as u16
}
