//! What became of a record, or of the event of an id: read from the journal and the ids that are owned.

use super::error::Error;
use super::{Node, Place};
use crate::shape::Position;
use ledger::entry::Recorded;
use ledger::journal::Snapshot;
use ledger::rules::state::IdRecord;
use ledger::source::{Source, Table};
use projections::answers::{self, QuarantinedRecord};
use schemas::event::Subject;
use schemas::ids::{EventId, MerchantId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Entries that are read at a time.
const PAGE_ENTRIES: usize = 256;
/// How long one look at the log waits.
const READ_WAIT: Duration = Duration::from_millis(500);

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
    /// Under which name the views keep what is set aside.
    fn owner(&self) -> &str {
        match self {
            Self::Merchant(merchant) => merchant.as_str(),
            Self::House => super::HOUSE_KEY,
            Self::Partition => "",
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
            Some(scope @ Scope::Merchant(merchant)) => {
                let found = find_in(self.home(merchant.as_str())?, scope, id)?;
                // What was set aside on another partition than its merchant's is known there.
                if found.is_empty() { self.find_everywhere(scope, id) } else { Ok(found) }
            }
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
                    for merchant in merchants_of(place, id)? {
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

/// The event of an id on a partition: the one that owns it, else the last that was set aside under it.
fn find_in(place: &Place, scope: &Scope, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
    let reader = place.journal()?;
    let Some(owner) = IdRecord::find(&reader, &scope.subject(), id)? else {
        let set_aside = place.answer(|shard| answers::quarantined_by_id(shard, id, Some(scope.owner())))?;
        let found =
            |record: QuarantinedRecord| FoundEvent { partition: place.partition(), scope: scope.clone(), recorded: record.entry, duplicates: 0, conflicts: 0 };
        return Ok(set_aside.map(found).into_iter().collect());
    };
    // The ids are those of the last commit, the entry may be of an earlier one: it is never changed.
    let recorded = reader.entry(owner.entry)?;
    let found =
        |recorded| FoundEvent { partition: place.partition(), scope: scope.clone(), recorded, duplicates: owner.duplicates, conflicts: owner.conflicts };
    Ok(recorded.map(found).into_iter().collect())
}

/// The merchants of a partition that may have an event of an id: all that have a contract, those whose event waits for
/// one, and the one whose event was set aside.
fn merchants_of(place: &Place, id: &EventId) -> Result<BTreeSet<MerchantId>, Error> {
    let reader = place.journal()?;
    let (mut merchants, mut parked) = (BTreeSet::new(), Vec::new());
    reader.scan(Table::Merchants, &[], &mut |key, _| {
        merchants.extend(std::str::from_utf8(key).ok().and_then(MerchantId::new));
        true
    })?;
    reader.scan(Table::Park, &[], &mut |key, _| {
        parked.extend(<[u8; 8]>::try_from(key).map(i64::from_be_bytes));
        true
    })?;
    let snapshot = reader.snapshot();
    let mut rows = Vec::new();
    for offset in parked {
        rows.extend(snapshot.entry(first_at(&snapshot, offset)?)?);
    }
    rows.extend(place.answer(|shard| answers::quarantined_by_id(shard, id, None))?.map(|record| record.entry));
    for Recorded { row, .. } in rows {
        if let (Some(Subject::Merchant(merchant)), Some(event)) = (row.subject, row.event)
            && event == *id
        {
            merchants.insert(merchant);
        }
    }
    Ok(merchants)
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
