//! Lists over all merchants, or of one: entries, payments, holds, payouts, disputes.
//!
//! | file | what it knows |
//! |---|---|
//! | `place` | where a row stands in a list, and what a cursor carries |
//! | `candidates` | the entries of one shard that may be rows, the newest first |
//! | `filter` | what a row is asked to be |
//! | `entries` · `payments` · `holds` · `payouts` · `disputes` | what a candidate is a row of |
//!
//! Newest first: by business date, on one date by partition, within it by entry. A row stands where the entry lies that
//! made it (a payment where it was sold or completed, before that where it was placed). All pages of one reading are of the
//! entries that were there when the first was read, each row as it stands when it is told; so none is passed over or told
//! twice while entries are appended, also where partitions are at different dates.
//!
//! Candidates come from lists of entry numbers by type, so a page costs what it reads of them and no more with a hundred
//! thousand merchants than with one. Filters are applied on reading: a page ends early after [`LOOKED_AT_MAX`] candidates,
//! with a cursor to go on from.

mod candidates;
mod disputes;
mod entries;
mod filter;
mod holds;
mod payments;
mod payouts;
mod place;

pub use disputes::{DISPUTE_STATES, Disputes};
pub use entries::{Entries, own_amount};
pub use filter::{AmountFilter, Filter};
pub use holds::{HOLD_STATES, Holds};
pub use payments::{PAYMENT_STATES, PaymentRow, Payments};
pub use payouts::{PAYOUT_STATES, Payouts};

use super::page::dates;
use super::{Cursor, Error, Page, Shard};
use candidates::Candidates;
use ledger::entry::Recorded;
use place::{Place, Resume};
use schemas::event::{EventType, Subject};
use schemas::ids::MerchantId;
use schemas::time::Date;
use std::collections::BTreeMap;

/// Candidates that a page looks at before it ends early.
pub const LOOKED_AT_MAX: usize = 20_000;

/// Which part of a list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// From this business date on.
    pub from: Option<Date>,
    /// Up to this one.
    pub to: Option<Date>,
    /// At most so many rows, and at most [`super::LIMIT_MAX`].
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// What the rows must be.
    pub filter: Filter,
}

impl ListQuery {
    /// The newest rows of all dates.
    pub const fn newest(limit: usize, filter: Filter) -> Self {
        Self { from: None, to: None, limit, cursor: None, filter }
    }
}

/// What a list is of.
pub trait Listed {
    /// A row.
    type Row;

    /// Types of entries that may make a row; none: every entry may.
    fn types(&self, filter: &Filter) -> Vec<EventType>;

    /// The row that an entry makes, where it fits the filter. `counted`: how many entries there were when the first page was
    /// read.
    fn row(&mut self, shard: &Shard<'_>, entry: Recorded, counted: u64, filter: &Filter) -> Result<Option<Self::Row>, Error>;

    /// Whether each entry is a row of its own, so that a reference is of it alone.
    fn stands_for_itself(&self) -> bool {
        false
    }

    /// The entry at which what this entry is about is listed, where it is about any.
    fn stands_for(&self, _shard: &Shard<'_>, _entry: &Recorded) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    /// The entries to look at, where the filter names what is found by its own name.
    fn found_by_name(&self, _shard: &Shard<'_>, _filter: &Filter) -> Result<Option<Vec<u64>>, Error> {
        Ok(None)
    }
}

/// A row and the partition that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<R> {
    /// Which partition.
    pub partition: u32,
    /// The row.
    pub row: R,
}

/// Why there is no page, and of which partition.
#[derive(Clone, Debug, thiserror::Error)]
#[error("partition {partition}: {error}")]
pub struct Failed {
    /// The partition.
    pub partition: u32,
    /// What it has.
    pub error: Error,
}

impl Failed {
    const fn at(partition: u32) -> impl FnOnce(Error) -> Self {
        move |error| Self { partition, error }
    }
}

/// A page of a list over shards, each at one commit.
///
/// # Errors
/// A cursor of another list, or views that do not answer.
pub fn list<L: Listed>(shards: &[Shard<'_>], listed: &mut L, query: &ListQuery) -> Result<Page<Found<L::Row>>, Failed> {
    let resume = query.cursor.as_ref().map(|cursor| Resume::read(cursor, shards.len())).transpose().map_err(Failed::at(0))?;
    let counted = match &resume {
        Some(resume) if !resume.counted.is_empty() => resume.counted.clone(),
        _ => shards.iter().map(|shard| shard.checkpoint().next_entry).collect(),
    };
    let mut sources = Vec::with_capacity(shards.len());
    for (shard, counted) in shards.iter().zip(&counted) {
        sources.push(source(shard, listed, query, (resume.as_ref(), *counted)).map_err(Failed::at(shard.partition))?);
    }
    let limit = query.limit.clamp(1, super::LIMIT_MAX);
    let mut page = Page { rows: Vec::new(), next: None };
    let (mut looked_at, mut last_row, mut last_seen) = (0, None::<Place>, None::<Place>);
    let mut known = BTreeMap::new();
    while let Some((at, place)) = newest(&mut sources)? {
        if looked_at >= LOOKED_AT_MAX {
            page.next = last_seen.map(|place| Resume { place, counted }.write());
            return Ok(page);
        }
        looked_at += 1;
        last_seen = Some(place);
        let (Some(source), Some(counted_here)) = (sources.get_mut(at), counted.get(at)) else { break };
        let Some(entry) = source.take() else { break };
        if !source.is_of_types(&entry) || !in_cut(source.shard(), &entry, &mut known).map_err(Failed::at(place.partition))? {
            continue;
        }
        let row = listed.row(source.shard(), entry, *counted_here, &query.filter).map_err(Failed::at(place.partition))?;
        let Some(row) = row else { continue };
        if page.rows.len() >= limit {
            page.next = last_row.map(|place| Resume { place, counted }.write());
            return Ok(page);
        }
        page.rows.push(Found { partition: place.partition, row });
        last_row = Some(place);
    }
    Ok(page)
}

/// The candidates of one shard that stand after the page before, of the entries that were there when the first was read.
fn source<'a, 'b>(
    shard: &'a Shard<'b>,
    listed: &impl Listed,
    query: &ListQuery,
    (resume, counted): (Option<&Resume>, u64),
) -> Result<Candidates<'a, 'b>, Error> {
    let mut within = dates(shard, query.from, query.to)?;
    within.end = within.end.min(counted);
    if let Some(resume) = resume {
        within.end = within.end.min(resume.place.below(shard)?);
    }
    Candidates::new(shard, listed, &query.filter, within)
}

/// Whether an entry is of a merchant that whoever asks is cut to; `known` remembers what merchants were met. The house's are told
/// to nobody who is cut.
fn in_cut(shard: &Shard<'_>, entry: &Recorded, known: &mut BTreeMap<MerchantId, bool>) -> Result<bool, Error> {
    if shard.cut.is_everything() {
        return Ok(true);
    }
    let Some(Subject::Merchant(merchant)) = &entry.row.subject else { return Ok(false) };
    if let Some(known) = known.get(merchant) {
        return Ok(*known);
    }
    let is_in_cut = shard.cut.has(shard, merchant)?;
    known.insert(merchant.clone(), is_in_cut);
    Ok(is_in_cut)
}

/// Which source has the next candidate.
fn newest(sources: &mut [Candidates<'_, '_>]) -> Result<Option<(usize, Place)>, Failed> {
    let mut newest: Option<(usize, Place)> = None;
    for (at, source) in sources.iter_mut().enumerate() {
        let partition = source.shard().partition;
        let Some(place) = source.place().map_err(Failed::at(partition))? else { continue };
        if newest.as_ref().is_none_or(|(_, best)| place.is_before(best)) {
            newest = Some((at, place));
        }
    }
    Ok(newest)
}
