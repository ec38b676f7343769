//! Which event ids are owned, and what became of them.

use super::event::same;
use serde_json::Value;
use std::collections::BTreeMap;

/// What became of an event that owns its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Waits.
    Parked,
    /// Booked.
    Posted,
    /// Refused.
    Refused,
}

/// The ids of one merchant, of the house, or of the partition.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    known: BTreeMap<String, (Value, Fate)>,
}

/// Whether an id is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is.
    Free,
    /// The same event was here.
    Duplicate,
    /// Another event was here.
    Conflict,
}

impl Ids {
    /// Whether the event may have the id.
    pub fn claim(&self, id: &str, value: &Value) -> Claim {
        match self.known.get(id) {
            None => Claim::Free,
            Some((known, _)) if same(known, value) => Claim::Duplicate,
            Some(_) => Claim::Conflict,
        }
    }

    /// Keeps what became of an event.
    pub fn own(&mut self, id: &str, value: &Value, fate: Fate) {
        self.known.insert(id.to_owned(), (value.clone(), fate));
    }

    /// What became of an event.
    pub fn fate(&self, id: &str) -> Option<Fate> {
        self.known.get(id).map(|(_, fate)| *fate)
    }

    /// The event of an id.
    pub fn event(&self, id: &str) -> Option<&Value> {
        self.known.get(id).map(|(value, _)| value)
    }
}
