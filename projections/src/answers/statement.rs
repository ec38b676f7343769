//! A statement: a range of closed dates of a merchant. Opening and movements are the closing, to the unit, and what one
//! range closes with the next one opens with.

use super::page::dates;
use super::{AsOf, Error, Shard, balances, moment};
use crate::folds::balances::{BALANCES, Purse};
use crate::folds::entries::LISTS;
use crate::folds::objects::{DAYS, Movements};
use crate::folds::reference::DATES;
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A range of closed dates of a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The first and the last date.
    pub dates: RangeInclusive<Date>,
    /// The last date's position: that of the last record before its `day_closed`.
    pub position: i64,
    /// By currency and book.
    pub accounts: BTreeMap<(Currency, Book), StatementAccount>,
}

/// A merchant's money in one currency and book over a range: `opening.total() + movements.total() = closing.total()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementAccount {
    /// As the date before the first one closed; `None` where nothing had ever moved by then.
    pub opening: Option<Purse>,
    /// What moved.
    pub movements: Movements,
    /// As the last date closed.
    pub closing: Purse,
}

impl StatementAccount {
    /// Everything in all buckets less what is owed, as the range opened.
    pub fn opening_total(&self) -> i128 {
        self.opening.as_ref().map_or(0, Purse::total)
    }
}

/// The most dates of a statement.
pub const STATEMENT_DATES_MAX: i32 = 400;

/// The statement of a merchant for dates of which there are at most [`STATEMENT_DATES_MAX`]. Its lines are the merchant's
/// entries from the first date to the last. Of dates before the ledger was opened there is nothing to tell.
///
/// # Errors
/// [`Error::NotClosed`] where the last date is not, [`Error::NotFound`] for a merchant that nothing was ever booked for, or
/// a last date before the ledger was opened.
pub fn statement(shard: &Shard, merchant: &MerchantId, dates: RangeInclusive<Date>) -> Result<Statement, Error> {
    let (first, last) = (*dates.start(), *dates.end());
    // Who is not there is not there, whatever is asked of it.
    if shard.snapshot.get(&BALANCES.now, merchant)?.is_none() {
        return Err(Error::NotFound);
    }
    let range = match shard.snapshot.get(&DATES, &last)? {
        Some(range) => range,
        None if shard.checkpoint().open.is_some_and(|open| last < open) => return Err(Error::NotFound),
        None => return Err(Error::NotClosed { open: shard.checkpoint().open }),
    };
    if range.closed.is_none() {
        return Err(Error::NotClosed { open: shard.checkpoint().open });
    }
    let closed = moment(shard, AsOf::Date(last))?;
    let closing = balances::at(shard, merchant, &closed)?;
    let opening = BALANCES.at(&shard.snapshot, merchant, first.plus_days(-1))?.unwrap_or_default();
    let mut accounts: BTreeMap<(Currency, Book), StatementAccount> = BTreeMap::new();
    for (key, purse) in opening.purses {
        accounts.entry(key).or_default().opening = Some(purse);
    }
    for (key, purse) in closing.purses {
        accounts.entry(key).or_default().closing = purse;
    }
    let mut date = first;
    while date <= last {
        for (key, movements) in shard.snapshot.get(&DAYS, &(merchant.clone(), date))?.unwrap_or_default().movements {
            accounts.entry(key).or_default().movements.add(&movements);
        }
        date = date.plus_days(1);
    }
    Ok(Statement { dates, position: closed.position, accounts })
}

/// The most entries that a statement lists; their numbers are kept in memory meanwhile.
pub const STATEMENT_ENTRIES_MAX: usize = 2_000_000;

/// The numbers of the posted entries of a merchant that are booked on a range of dates, ascending.
///
/// # Errors
/// [`Error::TooManyRows`] above [`STATEMENT_ENTRIES_MAX`].
pub fn statement_entries(shard: &Shard, merchant: &MerchantId, range: &RangeInclusive<Date>) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    let within = dates(shard, Some(*range.start()), Some(*range.end()))?;
    LISTS.newest_first(&shard.snapshot, &(merchant.as_str().to_owned(), None), within, |number| {
        numbers.push(number);
        Ok(numbers.len() <= STATEMENT_ENTRIES_MAX)
    })?;
    if numbers.len() > STATEMENT_ENTRIES_MAX {
        return Err(Error::TooManyRows(STATEMENT_ENTRIES_MAX));
    }
    numbers.reverse();
    Ok(numbers)
}
