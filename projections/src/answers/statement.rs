//! A statement: a closed date of a merchant. Opening and movements are the closing, to the unit.

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

/// A closed date of a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The date.
    pub date: Date,
    /// Its position: that of the last record before its `day_closed`.
    pub position: i64,
    /// By currency and book.
    pub accounts: BTreeMap<(Currency, Book), StatementAccount>,
}

/// A merchant's money in one currency and book over a date: `opening.total() + movements.total() = closing.total()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementAccount {
    /// As the date before closed.
    pub opening: Purse,
    /// What moved.
    pub movements: Movements,
    /// As the date closed.
    pub closing: Purse,
}

/// The statement of a merchant for a date. The day's lines are its entries from that date to that date.
///
/// # Errors
/// [`Error::NotClosed`], [`Error::NotFound`] for a merchant that nothing was ever booked for, or a date before the ledger
/// was opened.
pub fn statement(shard: &Shard, merchant: &MerchantId, date: Date) -> Result<Statement, Error> {
    let range = match shard.snapshot.get(&DATES, &date)? {
        Some(range) => range,
        None if shard.checkpoint().open.is_some_and(|open| date < open) => return Err(Error::NotFound),
        None => return Err(Error::NotClosed),
    };
    if range.closed.is_none() {
        return Err(Error::NotClosed);
    }
    let closed = moment(shard, AsOf::Date(date))?;
    let closing = balances::at(shard, merchant, &closed)?;
    let opening = BALANCES.at(&shard.snapshot, merchant, date.plus_days(-1))?.unwrap_or_default();
    let mut accounts: BTreeMap<(Currency, Book), StatementAccount> = BTreeMap::new();
    for (key, purse) in opening.purses {
        accounts.entry(key).or_default().opening = purse;
    }
    for (key, purse) in closing.purses {
        accounts.entry(key).or_default().closing = purse;
    }
    for (key, movements) in shard.snapshot.get(&DAYS, &(merchant.clone(), date))?.unwrap_or_default().movements {
        accounts.entry(key).or_default().movements = movements;
    }
    Ok(Statement { date, position: closed.position, accounts })
}

/// The most entries that a statement lists; their numbers are kept in memory meanwhile.
pub const STATEMENT_ENTRIES_MAX: usize = 2_000_000;

/// The numbers of the posted entries of a merchant that are booked on a date, ascending.
///
/// # Errors
/// [`Error::TooManyRows`] above [`STATEMENT_ENTRIES_MAX`].
pub fn statement_entries(shard: &Shard, merchant: &MerchantId, date: Date) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    LISTS.newest_first(&shard.snapshot, &(merchant.as_str().to_owned(), None), dates(shard, Some(date), Some(date))?, |number| {
        numbers.push(number);
        Ok(numbers.len() <= STATEMENT_ENTRIES_MAX)
    })?;
    if numbers.len() > STATEMENT_ENTRIES_MAX {
        return Err(Error::TooManyRows(STATEMENT_ENTRIES_MAX));
    }
    numbers.reverse();
    Ok(numbers)
}
