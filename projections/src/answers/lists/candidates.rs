//! The entries of one shard that may be rows, the newest first; each is read once, when it is looked at.

use super::place::Place;
use super::{Filter, LOOKED_AT_MAX, Listed};
use crate::answers::{Error, Shard};
use crate::folds::entries::{LISTS, OF_TYPE, REFERENCED, is_listed_by_type, reference_hash};
use crate::follower::Entries;
use crate::views::{self, Key, Order, Within};
use ledger::entry::{Outcome, Recorded};
use schemas::event::EventType;
use schemas::ids::Reference;
use std::ops::Range;

/// Entries of one block of the journal.
const BLOCK_ENTRIES: u64 = 64;
/// Candidates no farther apart than this are read a block at a time.
const NEAR_ENTRIES: u64 = 16;

/// Merchants of a cut whose own lists are read; of more, everybody's are.
const CUT_OWNERS_MAX: usize = 64;

type Numbers<'a> = Box<dyn Iterator<Item = Result<u64, views::Error>> + 'a>;

/// The candidates of a shard.
pub(super) struct Candidates<'a, 'b> {
    shard: &'a Shard<'b>,
    numbers: Numbers<'a>,
    /// Of which types they must be, where the numbers are of all types.
    types: Option<Vec<EventType>>,
    next: Option<Recorded>,
    reader: Near<'a>,
}

/// Numbers of candidates, and of which types they must be where others are among them.
struct Found<'a> {
    numbers: Numbers<'a>,
    types: Option<Vec<EventType>>,
}

impl<'a> From<Numbers<'a>> for Found<'a> {
    fn from(numbers: Numbers<'a>) -> Self {
        Self { numbers, types: None }
    }
}

impl<'a, 'b> Candidates<'a, 'b> {
    pub fn new(shard: &'a Shard<'b>, listed: &impl Listed, filter: &Filter, within: Range<u64>) -> Result<Self, Error> {
        let Found { numbers, types } = numbers(shard, listed, filter, within)?;
        Ok(Self { shard, numbers, types, next: None, reader: Near { entries: shard.entries, block: Vec::new(), last: None } })
    }

    pub const fn shard(&self) -> &'a Shard<'b> {
        self.shard
    }

    /// Where the next candidate stands; `None` at the end.
    pub fn place(&mut self) -> Result<Option<Place>, Error> {
        if self.next.is_none() {
            let Some(number) = self.numbers.next().transpose()? else { return Ok(None) };
            self.next = Some(self.reader.read(number)?);
        }
        Ok(self.next.as_ref().map(|entry| Place { date: entry.row.date, partition: self.shard.partition, number: entry.number }))
    }

    /// Whether an entry that was taken is of the types that are looked for.
    pub fn is_of_types(&self, entry: &Recorded) -> bool {
        self.types.as_ref().is_none_or(|types| entry.row.event_type.is_some_and(|event_type| types.contains(&event_type)))
    }

    /// Takes the next candidate.
    pub const fn take(&mut self) -> Option<Recorded> {
        self.next.take()
    }
}

/// Reads entries that are asked for from the newest to the oldest.
struct Near<'a> {
    entries: &'a dyn Entries,
    /// What of a block is left, ascending.
    block: Vec<Recorded>,
    last: Option<u64>,
}

impl Near<'_> {
    fn read(&mut self, number: u64) -> Result<Recorded, Error> {
        let is_near = self.last.replace(number).is_some_and(|last| last.saturating_sub(number) <= NEAR_ENTRIES);
        while self.block.last().is_some_and(|entry| entry.number > number) {
            self.block.pop();
        }
        if self.block.last().is_some_and(|entry| entry.number == number)
            && let Some(entry) = self.block.pop()
        {
            return Ok(entry);
        }
        let gone = || views::Error::Entries(format!("entry {number} is gone"));
        if !is_near {
            return Ok(self.entries.entry(number)?.ok_or_else(gone)?);
        }
        let first = number - number % BLOCK_ENTRIES;
        self.block = self.entries.read(first, usize::try_from(number - first + 1).unwrap_or(usize::MAX))?;
        Ok(self.block.pop().filter(|entry| entry.number == number).ok_or_else(gone)?)
    }
}

/// The numbers of the candidates, the newest first.
fn numbers<'a>(shard: &'a Shard<'_>, listed: &impl Listed, filter: &Filter, within: Range<u64>) -> Result<Found<'a>, Error> {
    let by_name = listed.found_by_name(shard, filter)?;
    match (by_name, &filter.reference) {
        (Some(found), None) => return Ok(given(found, within).into()),
        (None, Some(reference)) if listed.stands_for_itself() => return Ok(referenced(shard, reference, within)?.into()),
        (Some(found), Some(_)) if listed.stands_for_itself() => return Ok(given(found, within).into()),
        (by_name, Some(reference)) => {
            let mut found = stood_for(shard, listed, reference)?;
            found.retain(|number| by_name.as_ref().is_none_or(|named| named.contains(number)));
            return Ok(given(found, within).into());
        }
        (None, None) => {}
    }
    let types = listed.types(filter);
    let snapshot = &shard.snapshot;
    let mut lists: Vec<Numbers<'a>> = Vec::new();
    match owners(shard, filter) {
        None if types.is_empty() => {
            let all: Numbers<'a> = Box::new(within.rev().map(Ok));
            return Ok(all.into());
        }
        Some(owners) => {
            // What has no list of its own is looked for among all.
            let is_among_all = !types.iter().copied().all(is_listed_by_type);
            let keys: Vec<Option<EventType>> = if types.is_empty() || is_among_all { vec![None] } else { types.iter().copied().map(Some).collect() };
            for (owner, event_type) in owners.into_iter().flat_map(|owner| keys.iter().map(move |key| (owner.clone(), *key))) {
                lists.push(Box::new(LISTS.descending(snapshot, &(owner, event_type), within.clone())?));
            }
            return Ok(Found { numbers: merged(lists), types: is_among_all.then_some(types) });
        }
        None => {
            for event_type in types {
                lists.push(Box::new(OF_TYPE.descending(snapshot, &event_type, within.clone())?));
            }
        }
    }
    Ok(merged(lists).into())
}

/// Whose own lists are read: of whom is asked for, else of the few merchants that whoever asks is cut to; `None`: everybody's.
fn owners(shard: &Shard<'_>, filter: &Filter) -> Option<Vec<String>> {
    if let Some(owner) = &filter.owner {
        return Some(vec![owner.clone()]);
    }
    let merchants = shard.cut.merchants.as_ref().filter(|merchants| merchants.len() <= CUT_OWNERS_MAX)?;
    Some(merchants.iter().map(|merchant| merchant.as_str().to_owned()).collect())
}

/// Several lists as one. An entry is of one type, so no number is in two of them.
fn merged<'a>(lists: Vec<Numbers<'a>>) -> Numbers<'a> {
    let mut lists: Vec<_> = lists.into_iter().map(Iterator::peekable).collect();
    Box::new(std::iter::from_fn(move || {
        // An error is told at once.
        let rank = |next: Option<&Result<u64, views::Error>>| next.map(|next| next.as_ref().map_or(u64::MAX, |number| *number));
        let newest = lists.iter_mut().enumerate().filter_map(|(at, list)| rank(list.peek()).map(|rank| (rank, at))).max()?.1;
        lists.get_mut(newest)?.next()
    }))
}

fn given<'a>(mut numbers: Vec<u64>, within: Range<u64>) -> Numbers<'a> {
    numbers.sort_unstable();
    numbers.dedup();
    Box::new(numbers.into_iter().rev().filter(move |number| within.contains(number)).map(Ok))
}

fn referenced<'a>(shard: &'a Shard<'_>, reference: &Reference, within: Range<u64>) -> Result<Numbers<'a>, Error> {
    let hash = reference_hash(reference);
    let bounds = Within { from: Some((hash, within.start).bytes()), below: Some((hash, within.end).bytes()) };
    let rows = shard.snapshot.range(&REFERENCED, &hash, bounds, Order::Descending)?;
    Ok(Box::new(rows.map(|row| row.map(|((_, number), ())| number))))
}

/// What entries with a reference stand for. A reference is of few events, as a rule.
///
/// # Errors
/// [`Error::TooManyRows`] where it is of very many.
fn stood_for(shard: &Shard<'_>, listed: &impl Listed, reference: &Reference) -> Result<Vec<u64>, Error> {
    let mut found = Vec::new();
    for (looked_at, number) in referenced(shard, reference, 0..u64::MAX)?.enumerate() {
        if looked_at >= LOOKED_AT_MAX {
            return Err(Error::TooManyRows(LOOKED_AT_MAX));
        }
        let Some(entry) = shard.entries.entry(number?)? else { continue };
        if entry.row.outcome == Outcome::Posted && entry.row.reference.as_ref() == Some(reference) {
            found.extend(listed.stands_for(shard, &entry)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::entry::Row;
    use schemas::time::Date;

    #[test]
    fn lists_are_merged_and_read_from_the_newest() {
        let list = |numbers: &[u64]| -> Numbers<'static> { Box::new(Vec::from(numbers).into_iter().map(Ok)) };
        let all: Vec<u64> = merged(vec![list(&[9, 4, 1]), list(&[]), list(&[8, 7, 0])]).map(|number| number.expect("a number")).collect();
        assert_eq!(all, [9, 8, 7, 4, 1, 0]);
        let kept: Vec<u64> = given(vec![3, 9, 3, 5], 3..9).map(|number| number.expect("a number")).collect();
        assert_eq!(kept, [5, 3]);
    }

    #[test]
    fn near_entries_are_those_that_single_reads_give() {
        let entries: Vec<Recorded> =
            (0..200).map(|number| Recorded { number, row: Row::of(number as i64, 0, Date::from_days(20_000), Outcome::Posted) }).collect();
        for step in [1, 3, 15, 16, 17, 40] {
            let mut near = Near { entries: &entries, block: Vec::new(), last: None };
            for number in (0..200).rev().step_by(step) {
                assert_eq!(near.read(number).expect("an entry"), entries[number as usize], "{number} in steps of {step}");
            }
        }
        let mut near = Near { entries: &entries, block: Vec::new(), last: None };
        assert!(near.read(200).is_err());
    }
}
