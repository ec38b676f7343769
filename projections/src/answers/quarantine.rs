//! What was set aside, and how records ended.

use super::{Cursor, Cut, Error, Page, Shard, Window};
use crate::folds::events::{BY_ID, COUNTS, Counts, QUARANTINE};
use crate::views::{self, Key, Order, Within};
use ledger::entry::{Outcome, Recorded};
use schemas::error::QuarantineCode;
use schemas::event::Subject;
use schemas::ids::EventId;
use schemas::time::Date;
use std::cmp::Reverse;

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedRecord {
    /// On which partition.
    pub partition: u32,
    /// At which offset.
    pub offset: i64,
    /// The offset at which it was sent again, on its own partition. Whether one on a wrong partition was sent again, the right one says.
    pub replayed_as: Option<i64>,
    /// The entry that says so.
    pub entry: Recorded,
}

impl QuarantinedRecord {
    /// Whether it is of one of the merchants that a caller is cut to. What tells of no merchant is of none of them.
    fn is_in(&self, cut: &Cut) -> bool {
        let merchant = match &self.entry.row.subject {
            Some(Subject::Merchant(merchant)) => Some(merchant),
            Some(Subject::House | Subject::Partition) | None => None,
        };
        cut.merchants.is_none() || merchant.is_some_and(|merchant| cut.names(merchant))
    }

    /// The code, what is wrong, the value as it may be shown, and whether something in it is masked.
    pub fn reason(&self) -> Option<(QuarantineCode, &str, &str, bool)> {
        match &self.entry.row.outcome {
            Outcome::Quarantined { code, detail, value, masked } => Some((*code, detail, value, *masked)),
            Outcome::Posted | Outcome::Duplicate { .. } | Outcome::Parked(_) | Outcome::Refused { .. } => None,
        }
    }
}

/// Where a record stands in the list: by date, the newest first, then by partition, then the newest first.
type Place = (Reverse<Date>, u32, Reverse<i64>);

impl QuarantinedRecord {
    const fn place(&self) -> Place {
        (Reverse(self.entry.row.date), self.partition, Reverse(self.offset))
    }
}

/// Records of a shard that were set aside, the newest first; one more than the limit, so that the merge knows whether
/// there are more. Over shards the list goes date by date, and within a date partition by partition: those have no common order.
pub fn quarantine(shard: &Shard, window: &Window) -> Result<Vec<QuarantinedRecord>, Error> {
    let mut numbers = super::page::dates(shard, window.from, window.to)?;
    let mut after: Option<Place> = None;
    if let Some(cursor) = &window.cursor {
        let (date, partition, offset): (Date, u32, i64) = cursor.key()?;
        after = Some((Reverse(date), partition, Reverse(offset)));
        // What is of later dates stood on the pages before, and of partitions that come first what is of this one, too.
        let last = if shard.partition < partition { date.plus_days(-1) } else { date };
        numbers.end = numbers.end.min(super::page::dates(shard, None, Some(last))?.end);
    }
    // Begun where it goes on: a record lies before another one in the log where its entry does.
    let below = match after {
        Some((_, partition, Reverse(offset))) if partition == shard.partition => Some(offset.bytes()),
        Some(_) | None => shard.entries.entry(numbers.end)?.map(|entry| entry.row.offset.bytes()),
    };
    let mut found = Vec::new();
    for row in shard.snapshot.range(&QUARANTINE, &(), Within { from: None, below }, Order::Descending)? {
        let (offset, row) = row?;
        if row.entry >= numbers.end {
            continue;
        }
        if row.entry < numbers.start || found.len() > window.rows_max() {
            break;
        }
        let record = record(shard, offset, row.entry, row.replayed_as)?;
        if after.is_none_or(|after| record.place() > after) && record.is_in(&shard.cut) {
            found.push(record);
        }
    }
    Ok(found)
}

/// One page of what all shards have.
pub fn merge_quarantine(window: &Window, shards: impl IntoIterator<Item = Vec<QuarantinedRecord>>) -> Page<QuarantinedRecord> {
    let mut rows: Vec<QuarantinedRecord> = shards.into_iter().flatten().collect();
    rows.sort_by_key(QuarantinedRecord::place);
    let more = rows.len() > window.rows_max();
    rows.truncate(window.rows_max());
    let next = rows.last().filter(|_| more).map(|last| Cursor::at(&(last.entry.row.date, last.partition, last.offset)));
    Page { rows, next }
}

/// The record at an offset, if it was set aside.
pub fn quarantined_at(shard: &Shard, offset: i64) -> Result<Option<QuarantinedRecord>, Error> {
    match shard.snapshot.get(&QUARANTINE, &offset)? {
        None => Ok(None),
        Some(row) => Ok(Some(record(shard, offset, row.entry, row.replayed_as)?).filter(|record| record.is_in(&shard.cut))),
    }
}

/// The newest record that was set aside under an event id; of one owner (a merchant, or `@house`; empty: none that could
/// be read), or of any.
pub fn quarantined_by_id(shard: &Shard, event: &EventId, owner: Option<&str>) -> Result<Option<QuarantinedRecord>, Error> {
    let mut newest: Option<i64> = None;
    for row in shard.snapshot.scan(&BY_ID, event, Order::Ascending)? {
        let (_, of, offset) = row?.0;
        if owner.is_none_or(|owner| owner == of) {
            newest = newest.max(Some(offset));
        }
    }
    match newest {
        None => Ok(None),
        Some(offset) => quarantined_at(shard, offset),
    }
}

/// Whose records were set aside under an event id, in order, at most `limit` of them; empty where none could be read.
pub fn quarantine_owners(shard: &Shard, event: &EventId, limit: usize) -> Result<Vec<String>, Error> {
    let mut owners = Vec::new();
    let mut rows = shard.snapshot.scan(&BY_ID, event, Order::Ascending)?;
    while let Some(row) = rows.next().transpose()? {
        let (_, owner, _) = row.0;
        rows.skip_to(&(event.clone(), owner.clone(), i64::MAX));
        owners.push(owner);
        if owners.len() == limit {
            break;
        }
    }
    Ok(owners)
}

/// How many records of a shard ended how.
pub fn counts(shard: &Shard) -> Result<Counts, Error> {
    Ok(shard.snapshot.get(&COUNTS, &())?.unwrap_or_default())
}

fn record(shard: &Shard, offset: i64, number: u64, replayed_as: Option<i64>) -> Result<QuarantinedRecord, Error> {
    let entry = shard.entries.entry(number)?.ok_or_else(|| views::Error::Entries(format!("entry {number} is gone")))?;
    Ok(QuarantinedRecord { partition: shard.partition, offset, replayed_as, entry })
}
