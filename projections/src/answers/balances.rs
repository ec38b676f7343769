//! A merchant's money at a moment.

use super::{AsOf, Error, Moment, Shard, moment};
use crate::folds::balances::{BALANCES, Balances, CHANGES_PER_VERSION, Context, HOLDS, Hold, Kept, Purse, VERSIONS, concerns};
use crate::folds::entries::LISTS;
use crate::folds::reference::{CALENDARS, DATES, Terms};
use crate::views;
use ledger::entry::Recorded;
use schemas::contract::DayCount;
use schemas::event::Book;
use schemas::ids::{HoldId, MerchantId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A merchant's money at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantBalances {
    /// Whose.
    pub merchant: MerchantId,
    /// The offset up to which every event is in.
    pub position: i64,
    /// The business date of the moment.
    pub business_date: Option<Date>,
    /// The terms in force then; `None` before the first contract.
    pub terms: Option<Arc<Terms>>,
    /// Years among the pending dates that the contract's calendar does not cover, such as `CN-2027`.
    pub calendar_missing: Vec<String>,
    /// By currency and book; of holds, the first that are open.
    pub purses: BTreeMap<(Currency, Book), Purse>,
}

impl MerchantBalances {
    /// Who holds the funds under the contract in force.
    pub fn holder(&self) -> Book {
        self.terms.as_ref().map_or(Book::Bank, |terms| terms.book.clone())
    }
}

/// The balances of a merchant.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever booked for it, [`Error::NotCaughtUp`] where the shard has not got there.
pub fn balances(shard: &Shard, merchant: &MerchantId, as_of: AsOf) -> Result<MerchantBalances, Error> {
    let moment = moment(shard, as_of)?;
    let row = at(shard, merchant, &moment)?;
    let terms = match row.contract {
        None => None,
        Some(number) => shard.terms(number)?,
    };
    let calendar_missing = match &terms {
        None => Vec::new(),
        Some(terms) => calendar_missing(shard, terms, &row, moment.position)?,
    };
    Ok(MerchantBalances {
        merchant: merchant.clone(),
        position: moment.position,
        business_date: moment.business_date,
        terms,
        calendar_missing,
        purses: told(row),
    })
}

/// Purses as they are told: of holds, the first that are open. A row keeps some more.
pub(super) fn told(row: Balances) -> BTreeMap<(Currency, Book), Purse> {
    row.purses.into_iter().map(|(key, purse)| (key, Purse { holds: purse.holds.told(), ..purse })).collect()
}

/// A merchant's money just before an entry of its own, which the views have. Empty where nothing had moved.
///
/// # Errors
/// The views or the journal cannot be read.
pub fn balances_before(shard: &Shard, merchant: &MerchantId, entry: &Recorded) -> Result<Balances, Error> {
    let date = entry.row.date;
    let Some(range) = shard.snapshot.get(&DATES, &date)? else { return Ok(Balances::default()) };
    let moment =
        Moment { closed: Some(date.plus_days(-1)), replay: range.first..entry.number.max(range.first), position: entry.row.offset, business_date: Some(date) };
    match at(shard, merchant, &moment) {
        Err(Error::NotFound) => Ok(Balances::default()),
        found => found,
    }
}

/// A merchant's row at a moment; empty where there was nothing yet, and not found where there never was.
pub fn at(shard: &Shard, merchant: &MerchantId, moment: &Moment) -> Result<Balances, Error> {
    let Some(closed) = moment.closed else {
        return Ok(shard.snapshot.get(&BALANCES.now, merchant)?.ok_or(Error::NotFound)?.value);
    };
    let at_close = || BALANCES.known_at(&shard.snapshot, merchant, closed)?.ok_or(Error::NotFound).map(Option::unwrap_or_default);
    if moment.replay.is_empty() {
        return at_close();
    }
    let few = usize::try_from(CHANGES_PER_VERSION).unwrap_or(usize::MAX);
    let mut numbers = entries_of(shard, merchant, moment.replay.clone(), few + 1)?;
    let version = if numbers.len() > few { version_of(shard, merchant, &moment.replay)? } else { None };
    let mut row = match version {
        // Who has a version is known.
        Some((entry, version)) => {
            numbers = entries_of(shard, merchant, entry + 1..moment.replay.end, usize::MAX)?;
            version
        }
        None => {
            if numbers.len() > few {
                numbers = entries_of(shard, merchant, moment.replay.clone(), usize::MAX)?;
            }
            at_close()?
        }
    };
    let mut context = InReplay { shard, merchant };
    for number in numbers.into_iter().rev() {
        let entry = shard.entries.entry(number)?.ok_or_else(|| views::Error::Entries(format!("entry {number} is gone")))?;
        if concerns(&entry.row) {
            row.apply(&entry, &mut context)?;
        }
    }
    Ok(row)
}

/// The latest entries of a merchant within a range, at most so many, the newest first.
fn entries_of(shard: &Shard, merchant: &MerchantId, within: Range<u64>, limit: usize) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    LISTS.newest_first(&shard.snapshot, &(merchant.as_str().to_owned(), None), within, |number| {
        numbers.push(number);
        Ok(numbers.len() < limit)
    })?;
    Ok(numbers)
}

/// The last version of a merchant's row within a range of entries, and the entry that it is after.
fn version_of(shard: &Shard, merchant: &MerchantId, within: &Range<u64>) -> Result<Option<(u64, Balances)>, Error> {
    let Some(last) = within.end.checked_sub(1) else { return Ok(None) };
    let found = shard.snapshot.last_until(&VERSIONS, merchant, &(merchant.clone(), last))?;
    Ok(found.map(|((_, entry), row)| (entry, row)).filter(|(entry, _)| within.contains(entry)))
}

/// Holds are as they came to be later, and which of them were open is known of any entry.
struct InReplay<'a, 'b> {
    shard: &'a Shard<'b>,
    merchant: &'a MerchantId,
}

impl Context for InReplay<'_, '_> {
    fn hold(&mut self, hold: &HoldId) -> Result<Option<Kept>, views::Error> {
        Ok(self.shard.snapshot.get(&HOLDS, &(self.merchant.clone(), hold.clone()))?.flatten())
    }

    fn put_hold(&mut self, _hold: Kept, _is_new: bool) -> Result<(), views::Error> {
        Ok(())
    }

    /// What is beyond the first holds is not looked for: of those there are more than are told.
    fn open_at(&mut self, _currency: Currency, _book: &Book, _place: u64) -> Result<Option<Option<Hold>>, views::Error> {
        Ok(None)
    }
}

/// Years that no calendar covered at a position: what came since does not change what is told of the past.
fn calendar_missing(shard: &Shard, terms: &Terms, row: &Balances, position: i64) -> Result<Vec<String>, Error> {
    let (DayCount::Business, Some(calendar)) = (terms.days, &terms.calendar) else { return Ok(Vec::new()) };
    let years: BTreeSet<i16> = row.purses.values().flat_map(|purse| purse.pending.keys()).map(|date| date.year()).collect();
    let mut missing = Vec::new();
    for year in years {
        let known_since = shard.snapshot.get(&CALENDARS, &(calendar.clone(), year))?.flatten();
        if known_since.is_none_or(|since| since > position) {
            missing.push(format!("{calendar}-{year}"));
        }
    }
    Ok(missing)
}
