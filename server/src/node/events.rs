//! What became of a record, or of the event of an id: read from the journal and the ids that are owned.

use super::error::Error;
use super::{Node, Place};
use crate::shape::Position;
use ledger::entry::{Outcome, Recorded};
use ledger::journal::Snapshot;
use ledger::rules::state::IdRecord;
use projections::answers::{self, QuarantinedRecord};
use schemas::error::QuarantineCode;
use schemas::event::Subject;
use schemas::ids::{EventId, MerchantId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Entries that are read at a time.
const PAGE_ENTRIES: usize = 256;
/// Owners of one id that are told apart on a partition: of two on, its merchant must be named.
const OWNERS_MAX: usize = 2;
/// How long one look at the log waits.
const READ_WAIT: Duration = Duration::from_millis(500);

/// Whose an event is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    pub duplicates: u64,
    /// How often other content came under its id.
    pub conflicts: u64,
}

impl FoundEvent {
    /// Whether its record was set aside.
    pub const fn is_set_aside(&self) -> bool {
        matches!(self.recorded.row.outcome, Outcome::Quarantined { .. })
    }
}

impl Scope {
    /// Under which name the views keep what is set aside.
    fn owner(&self) -> &str {
        match self {
            Self::Merchant(merchant) => merchant.as_str(),
            Self::House => super::HOUSE_KEY,
            Self::Partition => "",
        }
    }

    /// Of whom an event is.
    pub fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Merchant(merchant) => Self::Merchant(merchant.clone()),
            Subject::House => Self::House,
            Subject::Partition => Self::Partition,
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Merchant(merchant) => Subject::Merchant(merchant.clone()),
            Self::House => Subject::House,
            Self::Partition => Subject::Partition,
        }
    }
}

impl Node {
    /// The record's own entry at each position: the first that it made. Positions that were not folded yet, or where there
    /// is no record, are left out.
    pub fn entries_of(&self, positions: impl IntoIterator<Item = Position>) -> Result<BTreeMap<Position, Recorded>, Error> {
        let mut found = BTreeMap::new();
        // In order: by partition, then by offset.
        let mut wanted = positions.into_iter().collect::<BTreeSet<_>>().into_iter().peekable();
        while let Some(&Position { partition, offset }) = wanted.peek() {
            let snapshot = self.place(partition).ok_or(Error::NoLog)?.journal()?.snapshot();
            let page = snapshot.entries(first_at(&snapshot, offset)?, PAGE_ENTRIES)?;
            let Some(last) = page.last().map(|last| last.row.offset) else {
                // Nothing was folded at or after it, nor at those that follow it on the partition.
                while wanted.next_if(|next| next.partition == partition).is_some() {}
                continue;
            };
            let mut entries = page.into_iter().peekable();
            // At least the position that the page was read for is done with, because the page does not end before it.
            while let Some(position) = wanted.next_if(|next| next.partition == partition && next.offset <= last) {
                while entries.next_if(|entry| entry.row.offset < position.offset).is_some() {}
                if let Some(own) = entries.next_if(|entry| entry.row.offset == position.offset && entry.row.record == position.offset) {
                    found.insert(position, own);
                }
            }
        }
        Ok(found)
    }

    /// The value of the record at a position, read from the log again; `None` where it is no longer there.
    pub fn record(&self, position: Position, wait: Duration) -> Result<Option<Vec<u8>>, Error> {
        let watermarks = self.log().watermarks(position.partition)?;
        if position.offset < watermarks.low || position.offset >= watermarks.high {
            return Ok(None);
        }
        let mut reader = self.log().reader(position.partition, position.offset)?;
        let deadline = Instant::now() + wait;
        loop {
            // Offsets have gaps, so the first record may be a later one.
            if let Some(record) = reader.fetch(1, READ_WAIT)?.into_iter().next() {
                return Ok((record.offset == position.offset).then_some(record.value));
            }
            if Instant::now() >= deadline {
                return Err(Error::Failed(format!("the record at {position} could not be read within {} s", wait.as_secs())));
            }
        }
    }

    /// The event of an id, of one scope or of any: on each partition that knows it.
    pub fn find_event(&self, scope: Option<&Scope>, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
        match scope {
            Some(scope @ Scope::Merchant(merchant)) => match find_in(self.home(merchant.as_str())?, scope, id)? {
                Some(found) => Ok(vec![found]),
                // What was set aside on another partition than its merchant's is known there.
                None => self.find_everywhere(scope, id),
            },
            // What concerns the bank lies in its own partition, but an erasure lies in every one.
            Some(scope @ (Scope::House | Scope::Partition)) => self.find_everywhere(scope, id),
            None => {
                let mut found = Vec::new();
                for place in self.places() {
                    for scope in owners_of(place, id)? {
                        found.extend(find_in(place, &scope, id)?);
                    }
                }
                // Where somebody has the id, a record without a readable owner was no event of its own.
                if found.iter().any(|found: &FoundEvent| !found.is_set_aside()) {
                    found.retain(|found| found.scope != Scope::Partition || !found.is_set_aside());
                }
                Ok(found)
            }
        }
    }

    /// The event that has the id of an entry which says that its record came second: a duplicate, or a conflict. As it is now.
    pub fn first_of(&self, partition: u32, second: &Recorded) -> Result<Option<FoundEvent>, Error> {
        let is_second = match &second.row.outcome {
            Outcome::Duplicate { .. } => true,
            Outcome::Quarantined { code, .. } => *code == QuarantineCode::Conflict,
            Outcome::Posted | Outcome::Parked(_) | Outcome::Refused { .. } => false,
        };
        let (true, Some(subject), Some(id)) = (is_second, &second.row.subject, &second.row.event) else { return Ok(None) };
        let place = self.place(partition).ok_or(Error::NoLog)?;
        find_owned(place, &Scope::of(subject), id)
    }

    fn find_everywhere(&self, scope: &Scope, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
        let mut found = Vec::new();
        for place in self.places() {
            found.extend(find_in(place, scope, id)?);
        }
        Ok(found)
    }
}

/// The event of an id on a partition: the one that owns it, else the last that was set aside under it.
fn find_in(place: &Place, scope: &Scope, id: &EventId) -> Result<Option<FoundEvent>, Error> {
    if let Some(owned) = find_owned(place, scope, id)? {
        return Ok(Some(owned));
    }
    let set_aside = place.answer(|shard| answers::quarantined_by_id(shard, id, Some(scope.owner())))?;
    let found =
        |record: QuarantinedRecord| FoundEvent { partition: place.partition(), scope: scope.clone(), recorded: record.entry, duplicates: 0, conflicts: 0 };
    Ok(set_aside.map(found))
}

/// The event that owns an id on a partition.
fn find_owned(place: &Place, scope: &Scope, id: &EventId) -> Result<Option<FoundEvent>, Error> {
    let reader = place.journal()?;
    let Some(owner) = IdRecord::find(&reader, &scope.subject(), id)? else { return Ok(None) };
    // The ids are those of the last commit, the entry may be of an earlier one: it is never changed.
    let recorded = reader.entry(owner.entry)?;
    let found =
        |recorded| FoundEvent { partition: place.partition(), scope: scope.clone(), recorded, duplicates: owner.duplicates, conflicts: owner.conflicts };
    Ok(recorded.map(found))
}

/// Whose an id is on a partition, or whose record was set aside under it: at most a few of each, however many merchants there are.
fn owners_of(place: &Place, id: &EventId) -> Result<BTreeSet<Scope>, Error> {
    let owners = IdRecord::owners(&place.journal()?, id, OWNERS_MAX)?;
    let mut scopes: BTreeSet<Scope> = owners.iter().map(Scope::of).collect();
    for owner in place.answer(|shard| answers::quarantine_owners(shard, id, OWNERS_MAX))? {
        scopes.insert(match owner.as_str() {
            "" => Scope::Partition,
            super::HOUSE_KEY => Scope::House,
            merchant => MerchantId::new(merchant).map_or(Scope::Partition, Scope::Merchant),
        });
    }
    Ok(scopes)
}

/// The number of the first entry that was made at an offset or after it. Offsets never fall from entry to entry, so it is
/// searched by halves.
fn first_at(snapshot: &Snapshot, offset: i64) -> Result<u64, Error> {
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
    Ok(low)
}
