//! What became of a record, or of the event of an id: read from the journal and the ids that are owned.

use super::error::Error;
use super::{Node, Place};
use crate::shape::Position;
use ledger::entry::Recorded;
use ledger::journal::Snapshot;
use ledger::rules::state::IdRecord;
use ledger::source::{Source, Table};
use schemas::event::Subject;
use schemas::ids::{EventId, MerchantId};

/// Whose an event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A merchant's.
    Merchant(MerchantId),
    /// The bank's own.
    House,
    /// Every partition's: a control event.
    Partition,
}

/// An event that is known, on one partition.
#[derive(Clone, Debug)]
pub struct FoundEvent {
    /// Which partition.
    pub partition: u32,
    /// Whose it is.
    pub scope: Scope,
    /// The entry that tells what became of it.
    pub recorded: Recorded,
    /// How often the same content came again.
    pub duplicates: u32,
    /// How often other content came under its id.
    pub conflicts: u32,
}

impl Scope {
    fn subject(&self) -> Subject {
        match self {
            Self::Merchant(merchant) => Subject::Merchant(merchant.clone()),
            Self::House => Subject::House,
            Self::Partition => Subject::Partition,
        }
    }
}

impl Node {
    /// The record's own entry at a position: the first that it made. `None` where it was not folded yet, or where there
    /// is no such record.
    pub fn entry_of(&self, position: Position) -> Result<Option<Recorded>, Error> {
        let place = self.place(position.partition).ok_or(Error::NoLog)?;
        let snapshot = place.journal()?.snapshot();
        Ok(first_at(&snapshot, position.offset)?.filter(|recorded| recorded.row.record == position.offset))
    }

    /// The event of an id, of one scope or of any: on each partition that knows it.
    pub fn find_event(&self, scope: Option<&Scope>, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
        match scope {
            Some(Scope::Merchant(merchant)) => find_in(self.home(merchant.as_str())?, &Scope::Merchant(merchant.clone()), id),
            // What concerns the bank lies in its own partition, but an erasure lies in every one.
            Some(Scope::House) => self.find_everywhere(&Scope::House, id).map(|mut found| {
                found.truncate(1);
                found
            }),
            Some(Scope::Partition) => self.find_everywhere(&Scope::Partition, id),
            None => {
                let mut found = self.find_everywhere(&Scope::Partition, id)?;
                found.extend(self.find_event(Some(&Scope::House), id)?);
                for place in self.places() {
                    for merchant in merchants_of(place)? {
                        found.extend(find_in(place, &Scope::Merchant(merchant), id)?);
                    }
                }
                Ok(found)
            }
        }
    }

    fn find_everywhere(&self, scope: &Scope, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
        let mut found = Vec::new();
        for place in self.places() {
            found.extend(find_in(place, scope, id)?);
        }
        Ok(found)
    }
}

/// The event of an id that is owned on a partition.
fn find_in(place: &Place, scope: &Scope, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
    let reader = place.journal()?;
    let Some(owner) = IdRecord::find(&reader, &scope.subject(), id)? else { return Ok(Vec::new()) };
    // The ids are those of the last commit, the entry may be of an earlier one: it is never changed.
    let recorded = reader.entry(owner.entry)?;
    let found = |recorded| FoundEvent { partition: place.partition(), scope: scope.clone(), recorded, duplicates: owner.duplicates, conflicts: owner.conflicts };
    Ok(recorded.map(found).into_iter().collect())
}

/// The merchants of a partition.
fn merchants_of(place: &Place) -> Result<Vec<MerchantId>, Error> {
    let mut merchants = Vec::new();
    place.journal()?.scan(Table::Merchants, &[], &mut |key, _| {
        merchants.extend(std::str::from_utf8(key).ok().and_then(MerchantId::new));
        true
    })?;
    Ok(merchants)
}

/// The first entry that was made at an offset. Offsets never fall from entry to entry, so it is searched by halves.
fn first_at(snapshot: &Snapshot, offset: i64) -> Result<Option<Recorded>, Error> {
    let (mut low, mut high) = (0, snapshot.count());
    while low < high {
        let middle = low + (high - low) / 2;
        let below = snapshot.entry(middle)?.is_some_and(|recorded| recorded.row.offset < offset);
        if below {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(snapshot.entry(low)?.filter(|recorded| recorded.row.offset == offset))
}
