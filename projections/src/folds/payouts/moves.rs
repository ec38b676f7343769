//! Causes from one pool to another: at the close of a date, by an early release, and out of 2020 by a payout.

use super::cause::Cause;
use super::run::{At, CAUSES, Home, Known, RUNS};
use super::{COMPOSED, Composed, DUE, Dated, POOLS, Pool, Totals, fault};
use crate::views::{Error, Order, Rows};
use ledger::entry::Recorded;
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;

/// `day_closed` has made `open` the date: pools of dates that have come whose causes come to nothing together have no line in
/// it, and move all the same. The others move by their lines, which follow.
pub fn due(open: Date, rows: &mut Rows) -> Result<(), Error> {
    let mut found: Vec<(Date, MerchantId, Currency, Book, u32)> = Vec::new();
    rows.scan(&DUE, &(), Order::Ascending, |key: (Date, MerchantId, Currency, Book, u32), ()| {
        let has_come = key.0 <= open;
        if has_come {
            found.push(key);
        }
        has_come
    })?;
    for (_, merchant, currency, book, number) in &found {
        let at = At { merchant, currency: *currency, book };
        let moved = rows.get(&RUNS, at.of_run(*number))?.and_then(|run| match run.home {
            Home::Dated(dated) if run.totals.net() == 0 => Some(dated),
            Home::Dated(_) | Home::Available | Home::Paid => None,
        });
        if let Some(dated) = moved {
            join(at, dated, *number, rows)?;
        }
    }
    Ok(())
}

/// A line of an entry without a payment moves so much from a dated pool to 2020.
pub fn to_available(entry: &Recorded, at: At, from: Dated, amount: i128, rows: &mut Rows) -> Result<(), Error> {
    let number = rows.get(&POOLS, at.pools())?.and_then(|pools| pools.dated.get(&from).copied());
    let number = number.ok_or_else(|| fault(entry, "money moves out of a pool without causes"))?;
    let there = rows.get(&RUNS, at.of_run(number))?.map_or(0, |run| run.totals.net());
    if there == amount { join(at, from, number, rows) } else { some(entry, at, number, amount, rows) }
}

/// All causes of a dated pool: its run becomes the last one of 2020.
fn join(at: At, from: Dated, number: u32, rows: &mut Rows) -> Result<(), Error> {
    let common = std::mem::take(&mut rows.row(&RUNS, at.of_run(number))?.common);
    let mut look_through = false;
    let mut named: Vec<Cause> = Vec::new();
    for (other, causes) in common {
        match at.home(other, rows)? {
            Home::Paid => {}
            // The other one comes later, and then finds this one in 2020.
            Home::Dated(_) => at.note_common(other, number, causes.as_deref(), rows)?,
            Home::Available => match causes {
                Some(causes) => named.extend(causes),
                None => look_through = true,
            },
        }
    }
    if look_through {
        let mut from = 0;
        loop {
            let causes = at.causes(number, from, rows)?;
            if causes.is_empty() {
                break;
            }
            from += u32::try_from(causes.len()).unwrap_or(u32::MAX);
            causes.iter().try_for_each(|cause| put_together(at, cause, number, rows))?;
        }
    } else {
        named.iter().try_for_each(|cause| put_together(at, cause, number, rows))?;
    }
    let run = rows.row(&RUNS, at.of_run(number))?;
    run.home = Home::Available;
    run.spent = 0;
    let pools = rows.row(&POOLS, at.pools())?;
    pools.dated.remove(&from);
    pools.available.push(number);
    rows.remove(&DUE, at.of_due(from.date(), number))
}

/// A cause of a run that comes into 2020 stands there already: it stands once, where it came first.
fn put_together(at: At, cause: &Cause, number: u32, rows: &mut Rows) -> Result<(), Error> {
    let mut known = at.known(cause, rows)?;
    let (mut coming, mut there) = (None, None);
    for (n, place) in known.places.iter().enumerate() {
        if place.run == number {
            coming = Some(n);
        } else if at.home(place.run, rows)? == Home::Available {
            there = Some(n);
        }
    }
    if let (Some(coming), Some(there)) = (coming, there) {
        let Some(mut place) = known.places.get(coming).copied() else { return Ok(()) };
        let parts = place.parts;
        at.change(&mut place, cause, &parts.negative(), rows)?;
        if let Some(first) = known.places.get_mut(there) {
            at.change(first, cause, &parts, rows)?;
        }
        known.places.remove(coming);
    }
    put(at, cause, known, rows)
}

/// Some of a dated pool: from its causes in order, each as far as it is above zero.
fn some(entry: &Recorded, at: At, number: u32, amount: i128, rows: &mut Rows) -> Result<(), Error> {
    let mut next = rows.get(&RUNS, at.of_run(number))?.map_or(0, |run| run.spent);
    let mut left = amount;
    while left > 0 {
        let causes = at.causes(number, next, rows)?;
        if causes.is_empty() {
            return Err(fault(entry, "a pool's causes are less than what moves out of it"));
        }
        for cause in &causes {
            let mut known = at.known(cause, rows)?;
            if let Some(place) = known.places.iter_mut().find(|place| place.run == number) {
                let there = place.parts.net().max(0);
                let part = there.min(left);
                if part > 0 {
                    let parts = place.parts.share(part);
                    at.change(place, cause, &parts.negative(), rows)?;
                    at.add(&mut known, cause, Pool::Available, &parts, rows)?;
                    put(at, cause, known, rows)?;
                    left -= part;
                }
                if part < there {
                    break;
                }
            }
            next += 1;
            if left == 0 {
                break;
            }
        }
    }
    rows.row(&RUNS, at.of_run(number))?.spent = next;
    Ok(())
}

/// `payout_initiated`: every cause that came into 2020 since the payout before.
pub fn take(entry: &Recorded, at: At, amount: i128, rows: &mut Rows) -> Result<(), Error> {
    let pools = rows.row(&POOLS, at.pools())?;
    let (runs, carried_over) = (std::mem::take(&mut pools.available), pools.carried);
    let mut totals = Totals::default();
    for number in &runs {
        let run = rows.row(&RUNS, at.of_run(*number))?;
        run.home = Home::Paid;
        run.common = litemap::LiteMap::new();
        totals.add(&run.totals);
    }
    let carried_on = carried_over + totals.net() - amount;
    if carried_on < 0 {
        return Err(fault(entry, "a payout is more than the causes of what there is"));
    }
    rows.row(&POOLS, at.pools())?.carried = carried_on;
    let composed = Composed { currency: at.currency, book: at.book.clone(), amount, carried_over, carried_on, runs, totals };
    rows.put(&COMPOSED, (at.merchant, entry.number), Some(composed))
}

fn put(at: At, cause: &Cause, known: Known, rows: &mut Rows) -> Result<(), Error> {
    rows.put(&CAUSES, (at.merchant, at.currency, at.book, cause), known)
}
