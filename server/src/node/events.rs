//! What became of a record, or of the event of an id: read from the journal and the ids that are owned.

use super::Node;
use super::asked::one;
use super::error::Error;
use super::local::Local;
use super::place::{Others, Place, Source};
use crate::cluster::remote::unexpected;
use crate::cluster::wire::{Ask, Reply};
use crate::shape::Position;
use ledger::entry::{Outcome, Recorded, Wait};
use ledger::journal::{Reader, Snapshot, unpack};
use ledger::log::Record;
use ledger::rules::state::{IdRecord, Parked};
use projections::answers::{self, QuarantinedRecord, Shard};
use schemas::error::QuarantineCode;
use schemas::event::Subject;
use schemas::ids::{EventId, MerchantId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
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
    /// The entry that tells what became of it; of one that waits, with what it waits for now.
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
        let mut wanted = BTreeMap::<u32, BTreeSet<i64>>::new();
        for Position { partition, offset } in positions {
            wanted.entry(partition).or_default().insert(offset);
        }
        let mut found = BTreeMap::new();
        for (partition, offsets) in wanted {
            let place = self.place(partition).ok_or(Error::NoLog)?;
            let entries = place.first_entries(offsets)?;
            found.extend(entries.into_iter().map(|(offset, entry)| (Position { partition, offset }, entry)));
        }
        Ok(found)
    }

    /// The event of the record at a position, read from the log again, as JSON where it came in another encoding; `None` where it is no
    /// longer there.
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
                if record.offset != position.offset {
                    return Ok(None);
                }
                // What is sent again is another record: from where on frames are read says nothing of it.
                let record = Record { offset: i64::MAX, ..record };
                return Ok(Some(self.log().plain(position.partition, &record)?.unwrap_or(record.value)));
            }
            if Instant::now() >= deadline {
                return Err(Error::Failed(format!("the record at {position} could not be read within {} s", wait.as_secs())));
            }
        }
    }

    /// The event of an id, of one scope or of any: on each partition that knows it.
    pub fn find_event(&self, scope: Option<&Scope>, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
        match scope {
            Some(scope @ Scope::Merchant(merchant)) => match self.home(merchant.as_str())?.find(scope, id)? {
                Some(found) => Ok(vec![found]),
                // What was set aside on another partition than its merchant's is known there.
                None => self.find_everywhere(scope, id),
            },
            // What concerns the bank lies in its own partition, but an erasure lies in every one.
            Some(scope @ (Scope::House | Scope::Partition)) => self.find_everywhere(scope, id),
            None => {
                let mut found = Vec::new();
                for place in self.places() {
                    for scope in place.owners_of(id)? {
                        found.extend(place.find(&scope, id)?);
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
        place.find_owned(&Scope::of(subject), id)
    }

    /// What the event of an entry that says that it waits, waits for now. Of one that has just left that is what the entry says.
    pub fn waits_for(&self, partition: u32, entry: &Recorded) -> Result<Option<Wait>, Error> {
        let row = &entry.row;
        let (Outcome::Parked(first), Some(subject), Some(id)) = (&row.outcome, &row.subject, &row.event) else { return Ok(None) };
        let found = self.place(partition).ok_or(Error::NoLog)?.find_owned(&Scope::of(subject), id)?;
        Ok(Some(match found.map(|found| found.recorded.row.outcome) {
            Some(Outcome::Parked(now)) => now,
            _ => first.clone(),
        }))
    }

    /// Where a record that was set aside was sent again: on its own partition, as the views say. The event of one that lies on a wrong
    /// partition is looked for where it belongs, as it is now: there it was sent again, or came without it.
    pub fn sent_again(&self, record: &QuarantinedRecord) -> Result<Option<Position>, Error> {
        if let Some(offset) = record.replayed_as {
            return Ok(Some(Position { partition: record.partition, offset }));
        }
        let is_misplaced = record.reason().is_some_and(|(code, ..)| code == QuarantineCode::WrongPartition);
        let (true, Some(subject), Some(id)) = (is_misplaced, &record.entry.row.subject, &record.entry.row.event) else { return Ok(None) };
        let key = match subject {
            Subject::Merchant(merchant) => merchant.as_str(),
            Subject::House => super::HOUSE_KEY,
            Subject::Partition => return Ok(None),
        };
        let found = self.home(key)?.find_owned(&Scope::of(subject), id)?;
        Ok(found.map(|found| Position { partition: found.partition, offset: found.recorded.row.record }))
    }

    fn find_everywhere(&self, scope: &Scope, id: &EventId) -> Result<Vec<FoundEvent>, Error> {
        let mut found = Vec::new();
        for place in self.places() {
            found.extend(place.find(scope, id)?);
        }
        Ok(found)
    }
}

impl Place {
    /// One entry; `None` beyond the last.
    pub fn entry(&self, number: u64) -> Result<Option<Recorded>, Error> {
        match self.source()? {
            Source::Local(local) => Ok(local.journal()?.entry(number)?),
            Source::Remote(others, url) => match self.asked(&others, &url, &Ask::Entries { partition: self.partition(), from: number, limit: 1 })? {
                Reply::Entries(packed) => Ok(unpack(&packed)?.into_iter().find(|entry| entry.number == number)),
                other => Err(self.unexpected(&others, &url, &other)),
            },
        }
    }

    /// The first entry of the record at each of these offsets, where there is one.
    fn first_entries(&self, offsets: BTreeSet<i64>) -> Result<Vec<(i64, Recorded)>, Error> {
        match self.source()? {
            Source::Local(local) => local.first_entries(offsets),
            Source::Remote(others, url) => {
                let ask = Ask::First { partition: self.partition(), offsets: offsets.into_iter().collect() };
                match self.asked(&others, &url, &ask)? {
                    Reply::First(found) => found.into_iter().map(|(offset, packed)| Ok((offset, one(&packed)?))).collect(),
                    other => Err(self.unexpected(&others, &url, &other)),
                }
            }
        }
    }

    /// The event of an id: the one that owns it, else the last that was set aside under it.
    fn find(&self, scope: &Scope, id: &EventId) -> Result<Option<FoundEvent>, Error> {
        match self.source()? {
            Source::Local(local) => local.find(scope, id),
            Source::Remote(others, url) => self.find_elsewhere(&others, &url, scope, id, false),
        }
    }

    /// The event that owns an id.
    fn find_owned(&self, scope: &Scope, id: &EventId) -> Result<Option<FoundEvent>, Error> {
        match self.source()? {
            Source::Local(local) => local.find_owned(scope, id),
            Source::Remote(others, url) => self.find_elsewhere(&others, &url, scope, id, true),
        }
    }

    fn find_elsewhere(&self, others: &Arc<dyn Others>, url: &str, scope: &Scope, id: &EventId, owned: bool) -> Result<Option<FoundEvent>, Error> {
        let ask = Ask::Find { partition: self.partition(), whose: scope.clone().into(), id: id.to_string(), owned };
        match self.asked(others, url, &ask)? {
            Reply::Found(found) => found.map(|found| FoundEvent::elsewhere(self.partition(), found)).transpose(),
            other => Err(self.unexpected(others, url, &other)),
        }
    }

    /// Whose an id is, or whose record was set aside under it.
    fn owners_of(&self, id: &EventId) -> Result<BTreeSet<Scope>, Error> {
        match self.source()? {
            Source::Local(local) => local.owners_of(id),
            Source::Remote(others, url) => match self.asked(&others, &url, &Ask::Owners { partition: self.partition(), id: id.to_string() })? {
                Reply::Owners(owners) => owners.into_iter().map(Scope::try_from).collect(),
                other => Err(self.unexpected(&others, &url, &other)),
            },
        }
    }

    fn unexpected(&self, others: &Arc<dyn Others>, url: &str, reply: &Reply) -> Error {
        others.failed(self.partition(), &unexpected(url, reply))
    }
}

impl Local {
    /// The first entry of the record at each of these offsets, in order, where there is one.
    pub(super) fn first_entries(&self, offsets: impl IntoIterator<Item = i64>) -> Result<Vec<(i64, Recorded)>, Error> {
        let snapshot = self.journal()?.snapshot();
        let mut found = Vec::new();
        let mut wanted = offsets.into_iter().collect::<BTreeSet<_>>().into_iter().peekable();
        while let Some(offset) = wanted.peek().copied() {
            let page = snapshot.entries(first_at(&snapshot, offset)?, PAGE_ENTRIES)?;
            // Where nothing was folded at or after it, nor was it at those that follow.
            let Some(last) = page.last().map(|last| last.row.offset) else { break };
            let mut entries = page.into_iter().peekable();
            // At least the offset that the page was read for is done with, because the page does not end before it.
            while let Some(offset) = wanted.next_if(|next| *next <= last) {
                while entries.next_if(|entry| entry.row.offset < offset).is_some() {}
                if let Some(own) = entries.next_if(|entry| entry.row.offset == offset && entry.row.record == offset) {
                    found.push((offset, own));
                }
            }
        }
        Ok(found)
    }

    /// The event of an id on a partition: the one that owns it, else the last that was set aside under it.
    pub(super) fn find(&self, scope: &Scope, id: &EventId) -> Result<Option<FoundEvent>, Error> {
        if let Some(owned) = self.find_owned(scope, id)? {
            return Ok(Some(owned));
        }
        let set_aside = self.ask(|shard| answers::quarantined_by_id(shard, id, Some(scope.owner())))?;
        let found =
            |record: QuarantinedRecord| FoundEvent { partition: self.partition(), scope: scope.clone(), recorded: record.entry, duplicates: 0, conflicts: 0 };
        Ok(set_aside.map(found))
    }

    /// The event that owns an id on a partition. Where the entry says what it waited for first, it is told what it waits for now.
    pub(super) fn find_owned(&self, scope: &Scope, id: &EventId) -> Result<Option<FoundEvent>, Error> {
        let reader = self.journal()?;
        let mut found = self.owner(&reader, scope, id)?;
        if let Some(FoundEvent { recorded, .. }) = &mut found
            && let Outcome::Parked(wait) = &mut recorded.row.outcome
        {
            match Parked::find(&reader, recorded.row.record)? {
                Some(parked) => *wait = parked.waits_for()?,
                // It has left since the id was read, which says now how.
                None => found = self.owner(&reader, scope, id)?,
            }
        }
        Ok(found)
    }

    /// The event that owns an id on a partition, as its entry says.
    fn owner(&self, reader: &Reader, scope: &Scope, id: &EventId) -> Result<Option<FoundEvent>, Error> {
        let Some(owner) = IdRecord::find(reader, &scope.subject(), id)? else { return Ok(None) };
        // The ids are those of the last commit, the entry may be of an earlier one: it is never changed.
        let recorded = reader.entry(owner.entry)?;
        let found =
            |recorded| FoundEvent { partition: self.partition(), scope: scope.clone(), recorded, duplicates: owner.duplicates, conflicts: owner.conflicts };
        Ok(recorded.map(found))
    }

    /// Whose an id is on a partition, or whose record was set aside under it: at most a few of each, however many merchants there are.
    pub(super) fn owners_of(&self, id: &EventId) -> Result<BTreeSet<Scope>, Error> {
        let owners = IdRecord::owners(&self.journal()?, id, OWNERS_MAX)?;
        let mut scopes: BTreeSet<Scope> = owners.iter().map(Scope::of).collect();
        for owner in self.ask(|shard| answers::quarantine_owners(shard, id, OWNERS_MAX))? {
            scopes.insert(match owner.as_str() {
                "" => Scope::Partition,
                super::HOUSE_KEY => Scope::House,
                merchant => MerchantId::new(merchant).map_or(Scope::Partition, Scope::Merchant),
            });
        }
        Ok(scopes)
    }

    fn ask<T>(&self, ask: impl FnOnce(&Shard<'_>) -> Result<T, answers::Error>) -> Result<T, Error> {
        self.read(|shard| ask(shard).map_err(|error| Error::Answer { partition: self.partition(), error }))
    }
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
