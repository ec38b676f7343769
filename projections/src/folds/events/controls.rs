//! Control events, and erasures of the whole bank: they are written to every partition, so what one partition has can be compared with
//! what the others have. One row an event and partition.

use super::ID;
use crate::views::{Error, Rows, Table};
use ledger::entry::{Outcome, Recorded, RefusalCode};
use schemas::event::{EventType, Subject};
use schemas::ids::EventId;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// Control events that own their id, by the business date that was open after them.
pub const CONTROLS: Table<(Date, EventId), Option<Control>> = Table::new(ID, 8);

/// What became of a control event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The entry that says so.
    pub entry: u64,
    /// Which type.
    pub event_type: EventType,
    /// Why it was refused; `None`: it was posted.
    pub refused: Option<RefusalCode>,
}

/// Notes a control event.
pub(super) fn note(entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let (Some(event_type), Some(event)) = (row.event_type, &row.event) else { return Ok(()) };
    let is_everywhere = match &row.subject {
        Some(Subject::Partition) => true,
        Some(Subject::House) => event_type == EventType::CustomerErased,
        Some(Subject::Merchant(_)) | None => false,
    };
    let refused = match &row.outcome {
        Outcome::Posted => None,
        Outcome::Refused { code, .. } => Some(*code),
        Outcome::Duplicate { .. } | Outcome::Parked(_) | Outcome::Quarantined { .. } => return Ok(()),
    };
    if !is_everywhere {
        return Ok(());
    }
    rows.put(&CONTROLS, (row.date, event.clone()), Some(Control { entry: entry.number, event_type, refused }))
}
