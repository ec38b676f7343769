//! What changed of a merchant's balances from one look to the next: the balances after each record that moved them, in order.
//!
//! What a record moved is found in the merchant's own list of entries, so whoever is quiet costs one row a look. The balances after it are
//! those of its position, but for the last ones, which are those of now. Bounds: of more than [`CHANGES_MAX`] records, or where more than
//! [`LOOKED_AT_MAX`] entries would be looked at to find them, the last balances alone are told.

use projections::answers::{self, AsOf, Error, MerchantBalances, Shard};
use projections::folds::balances::concerns;
use projections::folds::entries::LISTS;
use projections::views;
use schemas::ids::MerchantId;

/// The most changes that are told one by one from one look to the next. The documentation of the route names it.
const CHANGES_MAX: usize = 64;
/// The most entries that are looked at for them: a merchant has entries that move nothing.
const LOOKED_AT_MAX: usize = 4 * CHANGES_MAX;

/// What a client has been told.
#[derive(Debug, Default)]
pub struct Seen {
    /// The balances that it was told last; none where it knows of none.
    balances: Option<MerchantBalances>,
    /// The offset up to which it was told every change.
    position: i64,
    /// The first entry that may be of a later record.
    next_entry: u64,
}

/// What is told first: the balances, or to a client that has those of an offset each change since.
///
/// # Errors
/// There is no such merchant, or the views or the journal cannot be read.
pub fn first(shard: &Shard<'_>, merchant: &MerchantId, known: Option<i64>) -> Result<(Vec<MerchantBalances>, Seen), Error> {
    let now = answers::balances(shard, merchant, AsOf::Now)?;
    match known {
        Some(offset) if offset <= now.position => {
            // Where that cannot be said any more, whatever there is is new.
            let then = answers::balances(shard, merchant, AsOf::Position(offset)).ok();
            since(shard, merchant, Seen { balances: then, position: offset, next_entry: 0 })
        }
        // The client has heard from a server that was ahead of this one.
        Some(_) => Ok((Vec::new(), seen(shard, now))),
        None => Ok((vec![now.clone()], seen(shard, now))),
    }
}

fn seen(shard: &Shard<'_>, now: MerchantBalances) -> Seen {
    Seen { position: now.position, balances: Some(now), next_entry: shard.checkpoint().next_entry }
}

/// Each change since the last look.
///
/// # Errors
/// The views or the journal cannot be read.
pub fn since(shard: &Shard<'_>, merchant: &MerchantId, seen: Seen) -> Result<(Vec<MerchantBalances>, Seen), Error> {
    // Views that are folded anew may be behind what was told.
    let position = shard.checkpoint().position;
    if position <= seen.position {
        return Ok((Vec::new(), seen));
    }
    let (moved, next_entry) = moved(shard, merchant, &seen, position)?;
    let mut changes: Vec<MerchantBalances> = Vec::new();
    for moment in moved.into_iter().map(AsOf::Position).chain([AsOf::Now]) {
        let balances = answers::balances(shard, merchant, moment)?;
        if differs(changes.last().or(seen.balances.as_ref()), &balances) {
            changes.push(balances);
        }
    }
    let balances = changes.last().cloned().or(seen.balances);
    Ok((changes, Seen { balances, position, next_entry }))
}

/// The offsets of the records up to a position that may have moved the balances since, ascending, each once; none of them where there are too
/// many. And the first entry that may be of a later record.
fn moved(shard: &Shard<'_>, merchant: &MerchantId, seen: &Seen, position: i64) -> Result<(Vec<i64>, u64), Error> {
    let mut next_entry = shard.checkpoint().next_entry;
    let within = seen.next_entry..next_entry;
    let (mut offsets, mut looked_at, mut are_too_many) = (Vec::new(), 0, false);
    let visit = |number: u64| -> Result<bool, views::Error> {
        let entry = shard.entries.entry(number)?.ok_or_else(|| views::Error::Entries(format!("entry {number} is gone")))?;
        let offset = entry.row.offset;
        if offset <= seen.position {
            return Ok(false);
        }
        looked_at += 1;
        if offset > position {
            // A snapshot ends with a record, so there is none; what lay beyond its position would be told the next time.
            next_entry = number;
        } else if concerns(&entry.row) && offsets.last() != Some(&offset) {
            offsets.push(offset);
        }
        are_too_many = offsets.len() > CHANGES_MAX || looked_at > LOOKED_AT_MAX;
        Ok(!are_too_many)
    };
    LISTS.newest_first(&shard.snapshot, &(merchant.as_str().to_owned(), None), within, visit)?;
    if are_too_many {
        offsets.clear();
    }
    offsets.reverse();
    Ok((offsets, next_entry))
}

/// Whether a client that knows `told` should be told; a position that moved alone is no change.
fn differs(told: Option<&MerchantBalances>, now: &MerchantBalances) -> bool {
    told.is_none_or(|told| MerchantBalances { position: now.position, ..told.clone() } != *now)
}
