//! A page of breaks, the newest day first, then by id: of each partition as many as the page has, read in that order.

use super::asked::PairQuery;
use super::gather::{Group, Which, odd, of_the_house, pairs_of};
use super::ordered::{Ordered, Place, Wanted, unordered};
use super::told::{Break, Question};
use super::{ReconciliationTerms, gather};
use crate::answers::each_shard::each_shard;
use crate::answers::{Cursor, Error, Page, Shard, Window};
use schemas::time::Date;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Where a break stands among all: by its place, and by where its first line, or entry, lies.
type Rank = (Place, (u32, i64));

fn rank(found: &Break) -> Rank {
    let lies = found.line.as_ref().map(|(.., lies)| *lies).or_else(|| found.entry.map(|(partition, _, offset)| (partition, offset)));
    ((Reverse(found.day), found.id.clone()), lies.unwrap_or_default())
}

/// A page of the breaks, the newest day first, then by id.
///
/// # Errors
/// [`Error::BadCursor`], and what the views say.
pub fn breaks(shards: &[Shard<'_>], terms: &ReconciliationTerms, query: &PairQuery, window: &Window, open: Date) -> Result<Page<Break>, Error> {
    let question = Question::new(shards, terms, query, open, true)?;
    let cursor: Option<(Date, String, u32, i64)> = window.cursor.as_ref().map(Cursor::key).transpose()?;
    let after = cursor.map(|(day, id, partition, offset)| ((day, id), (partition, offset)));
    let max = window.rows_max() + 1;
    let mut rows = each_shard(
        shards,
        Vec::new(),
        |shard| of_shard(&question, shard, after.as_ref(), max),
        |all, found| {
            all.extend(found);
            Ok(())
        },
    )?;
    rows.sort_by_cached_key(rank);
    let more = rows.len() > window.rows_max();
    rows.truncate(window.rows_max());
    let next = rows.last().filter(|_| more).map(|last| {
        let ((Reverse(day), id), (partition, offset)) = rank(last);
        Cursor::at(&(day, id, partition, offset))
    });
    Ok(Page { rows, next })
}

/// The first breaks of a partition, after one that was told.
fn of_shard(question: &Question<'_>, shard: &Shard<'_>, after: Option<&((Date, String), (u32, i64))>, max: usize) -> Result<Vec<Break>, Error> {
    let scope = question.scope(shard, Which::All)?;
    let context = &question.context;
    let told = after.map(|((day, id), lies)| ((Reverse(*day), id.clone()), *lies));
    // What was looked at and is not told yet, because something that comes before it might be found.
    let mut waiting = BTreeMap::<Rank, Break>::new();
    let mut seen = BTreeSet::new();
    let look = |waiting: &mut BTreeMap<Rank, Break>, group: Group| {
        if let Some(found) = question.found(&group)? {
            let rank = rank(&found);
            if told.as_ref().is_none_or(|told| rank > *told) {
                waiting.insert(rank, found);
            }
        }
        // Of many that are looked at first, those that the page cannot have are left out.
        if waiting.len() > 2 * max + 1024 {
            while waiting.len() > max {
                waiting.pop_last();
            }
        }
        Ok(())
    };
    let mut first = unordered(shard, context)?;
    if !context.knows_every_bank() {
        first.extend(odd(context, shard)?);
    }
    for key in first.into_iter().filter(|key| scope.has(&key.owner)) {
        pairs_of(context, shard, key, &question.payouts, &mut seen, &mut |group| look(&mut waiting, group))?;
    }
    of_the_house(context, shard, &scope, &question.payouts, &mut |group: gather::Group| look(&mut waiting, group))?;
    let wanted = Wanted::new(context, question.query, scope.owners.as_ref(), after.map(|(place, _)| place));
    let mut ordered = Ordered::new(shard, &wanted)?;
    let mut rows = Vec::new();
    loop {
        // Nothing comes any more before the place of the next row.
        while let Some(entry) = waiting.first_entry().filter(|entry| ordered.place().is_none_or(|next| entry.key().0 < *next)) {
            rows.push(entry.remove());
            if rows.len() >= max {
                return Ok(rows);
            }
        }
        let Some(key) = ordered.next()? else {
            return Ok(rows);
        };
        if scope.has(&key.owner) {
            pairs_of(context, shard, key, &question.payouts, &mut seen, &mut |group| look(&mut waiting, group))?;
        }
    }
}
