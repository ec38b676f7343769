//! Control events of a shard, to be compared with those of the others.

use super::{Error, Shard};
use crate::folds::events::{CONTROLS, Control};
use crate::views::{Key, Order, Within};
use schemas::ids::EventId;
use schemas::time::Date;

/// The most control events of a shard that are read: later ones are left out, on every shard alike.
pub const CONTROLS_MAX: usize = 10_000;

/// A control event on a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlEvent {
    /// Its id.
    pub event: EventId,
    /// The business date that was open after it.
    pub date: Date,
    /// What became of it.
    pub control: Control,
}

/// The control events of a shard from a business date on, by date and id.
pub fn controls(shard: &Shard, from: Date) -> Result<Vec<ControlEvent>, Error> {
    let within = Within { from: Some(from.bytes()), below: None };
    let mut found = Vec::new();
    for row in shard.snapshot.range(&CONTROLS, &(), within, Order::Ascending)?.take(CONTROLS_MAX) {
        let ((date, event), control) = row?;
        found.extend(control.map(|control| ControlEvent { event, date, control }));
    }
    Ok(found)
}
