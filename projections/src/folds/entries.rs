//! Which entries are about whom: lists of the numbers of posted entries, by merchant (or the house) and by type.

use super::numbers::Lists;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Outcome, Recorded};
use schemas::event::{EventType, Subject};

/// The projection.
pub const ID: Id = Id::new(4, "entries", 1);

/// Posted entries of an owner, all and by type.
pub const LISTS: Lists<(String, Option<EventType>)> = Lists { heads: Table::new(ID, 0), packs: Table::new(ID, 1) };

/// The name under which the house's entries are listed; no merchant has it.
pub const HOUSE: &str = "@house";

/// Under which name a subject's entries are listed; a partition's are under none.
pub fn owner(subject: Option<&Subject>) -> Option<&str> {
    match subject? {
        Subject::Merchant(merchant) => Some(merchant.as_str()),
        Subject::House => Some(HOUSE),
        Subject::Partition => None,
    }
}

/// The fold.
pub struct Entries;

impl Projection for Entries {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let Some(owner) = owner(entry.row.subject.as_ref()).filter(|_| entry.row.outcome == Outcome::Posted) else { return Ok(()) };
        LISTS.push(rows, (owner, None::<EventType>), entry.number)?;
        match entry.row.event_type {
            Some(event_type) => LISTS.push(rows, (owner, Some(event_type)), entry.number),
            None => Ok(()),
        }
    }
}
