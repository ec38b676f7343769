//! Event ids that are owned, for ever: what came under them, and what became of it.

use super::Key;
use super::stored::read;
use crate::source::{Error, Source, Table};
use schemas::event::{HOUSE, Subject};
use schemas::ids::{EventId, MerchantId};
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
    pub duplicates: u64,
    /// How often other content came.
    pub conflicts: u64,
}

impl IdRecord {
    /// What is committed under an id; `None` where nothing owns it.
    pub fn find(source: &dyn Source, subject: &Subject, id: &EventId) -> Result<Option<Self>, Error> {
        let bytes = source.get(Table::Ids, id_key(subject, id).as_bytes())?;
        bytes.map(|bytes| read(Table::Ids, &bytes)).transpose()
    }

    /// Whose an id is on this partition, in order, at most `limit` of them; it costs as many rows as it answers, however many
    /// merchants there are.
    pub fn owners(source: &dyn Source, id: &EventId, limit: usize) -> Result<Vec<Subject>, Error> {
        let prefix = format!("{id}\0");
        let (mut owners, mut strange) = (Vec::new(), false);
        source.scan(Table::Ids, prefix.as_bytes(), &mut |key, _| {
            let scope = key.get(prefix.len()..).and_then(|scope| std::str::from_utf8(scope).ok());
            match scope.and_then(subject_of) {
                Some(owner) => owners.push(owner),
                None => strange = true,
            }
            !strange && owners.len() < limit
        })?;
        if strange { Err(Error(format!("a key of id {id} cannot be read"))) } else { Ok(owners) }
    }
}

/// The key of an id: itself, then its scope, so that all who own an id lie together. A control event's scope is the partition,
/// written as nothing. No identifier has a NUL.
pub fn id_key(subject: &Subject, id: &EventId) -> Key {
    let scope = match subject {
        Subject::Merchant(merchant) => merchant.as_str(),
        Subject::House => HOUSE,
        Subject::Partition => "",
    };
    let mut key = Key::new();
    key.push_str(id.as_str());
    key.push('\0');
    key.push_str(scope);
    key
}

/// Whose an id is, by the part of its key after the NUL.
fn subject_of(scope: &str) -> Option<Subject> {
    match scope {
        "" => Some(Subject::Partition),
        HOUSE => Some(Subject::House),
        merchant => MerchantId::new(merchant).map(Subject::Merchant),
    }
}
