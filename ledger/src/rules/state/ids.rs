//! Event ids that are owned, for ever: what came under them, and what became of it.

use crate::source::{Error, Source, Table};
use compact_str::CompactString;
use schemas::event::Subject;
use schemas::ids::EventId;
use serde::{Deserialize, Serialize};

/// What became of the event that owns an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdState {
    /// Booked.
    Posted,
    /// Waiting.
    Parked,
    /// A business rule said no.
    Refused,
}

/// An owned id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRecord {
    /// A hash of the content: equal JSON values have equal ones.
    pub content: u128,
    /// The offset of the record that owns it.
    pub offset: i64,
    /// The entry that tells what became of it; of a parked event that has left, the entry of its leaving.
    pub entry: u64,
    /// What became of it.
    pub state: IdState,
    /// How often the same content came again.
    pub duplicates: u32,
    /// How often other content came.
    pub conflicts: u32,
}

impl IdRecord {
    /// What is committed under an id; `None` where nothing owns it.
    pub fn find(source: &dyn Source, subject: &Subject, id: &EventId) -> Result<Option<Self>, Error> {
        let bytes = source.get(Table::Ids, id_key(subject, id).as_bytes())?;
        bytes.map(|bytes| postcard::from_bytes(&bytes).map_err(|error| Error(format!("the row of id {id}: {error}")))).transpose()
    }
}

/// The key of an id: its scope, then itself. A control event's scope is the partition, written as nothing.
pub fn id_key(subject: &Subject, id: &EventId) -> CompactString {
    let scope = match subject {
        Subject::Merchant(merchant) => merchant.as_str(),
        Subject::House => "@house",
        Subject::Partition => "",
    };
    let mut key = CompactString::with_capacity(scope.len() + 1 + id.as_str().len());
    key.push_str(scope);
    key.push('\0');
    key.push_str(id.as_str());
    key
}
