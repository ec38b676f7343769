//! A merchant's money at a moment.

use super::{AsOf, Error, Moment, Shard, moment};
use crate::folds::balances::{BALANCES, Balances, CLOSED_HOLDS, Context, Hold, Purse, concerns};
use crate::folds::entries::LISTS;
use crate::folds::reference::{CALENDARS, ContractVersion};
use crate::views;
use schemas::contract::{Contract, DayCount};
use schemas::event::Book;
use schemas::ids::{HoldId, MerchantId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};
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
    /// The contract in force then; `None` before the first.
    pub contract: Option<Arc<ContractVersion>>,
    /// Years among the pending dates that the contract's calendar does not cover, such as `CN-2027`.
    pub calendar_missing: Vec<String>,
    /// By currency and book.
    pub purses: BTreeMap<(Currency, Book), Purse>,
}

impl MerchantBalances {
    /// Who holds the funds under the contract in force.
    pub fn holder(&self) -> Book {
        self.contract.as_ref().map_or(Book::Bank, |version| version.contract.book())
    }
}

/// The balances of a merchant.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever booked for it, [`Error::NotCaughtUp`] where the shard has not got there.
pub fn balances(shard: &Shard, merchant: &MerchantId, as_of: AsOf) -> Result<MerchantBalances, Error> {
    let moment = moment(shard, as_of)?;
    let row = at(shard, merchant, &moment)?;
    let contract = match row.contract {
        None => None,
        Some(number) => shard.contract(number)?,
    };
    let calendar_missing = match &contract {
        None => Vec::new(),
        Some(version) => calendar_missing(shard, &version.contract, &row)?,
    };
    Ok(MerchantBalances {
        merchant: merchant.clone(),
        position: moment.position,
        business_date: moment.business_date,
        contract,
        calendar_missing,
        purses: row.purses.into_iter().collect(),
    })
}

/// A merchant's row at a moment; empty where there was nothing yet, and not found where there never was.
pub fn at(shard: &Shard, merchant: &MerchantId, moment: &Moment) -> Result<Balances, Error> {
    let now = shard.snapshot.get(&BALANCES.now, merchant)?.ok_or(Error::NotFound)?;
    let Some(closed) = moment.closed else { return Ok(now.value) };
    let mut row = BALANCES.or_before(&shard.snapshot, merchant, Some(now), closed)?.unwrap_or_default();
    if moment.replay.is_empty() {
        return Ok(row);
    }
    let mut numbers = Vec::new();
    LISTS.newest_first(&shard.snapshot, &(merchant.as_str().to_owned(), None), moment.replay.clone(), |number| {
        numbers.push(number);
        Ok(true)
    })?;
    let mut context = InReplay { shard, merchant, closed: BTreeMap::new() };
    for number in numbers.into_iter().rev() {
        let entry = shard.entries.entry(number)?.ok_or_else(|| views::Error::Entries(format!("entry {number} is gone")))?;
        if concerns(&entry.row) {
            row.apply(&entry, &mut context)?;
        }
    }
    Ok(row)
}

struct InReplay<'a, 'b> {
    shard: &'a Shard<'b>,
    merchant: &'a MerchantId,
    closed: BTreeMap<HoldId, Hold>,
}

impl Context for InReplay<'_, '_> {
    fn closed_hold(&mut self, hold: &HoldId) -> Result<Option<Hold>, views::Error> {
        match self.closed.get(hold) {
            Some(closed) => Ok(Some(closed.clone())),
            // A hold of the same id that was closed later is the same hold: ids are never used again.
            None => Ok(self.shard.snapshot.get(&CLOSED_HOLDS, &(self.merchant.clone(), hold.clone()))?.flatten()),
        }
    }

    fn close_hold(&mut self, hold: Hold) -> Result<(), views::Error> {
        self.closed.insert(hold.hold.clone(), hold);
        Ok(())
    }
}

fn calendar_missing(shard: &Shard, contract: &Contract, row: &Balances) -> Result<Vec<String>, Error> {
    let (DayCount::Business, Some(calendar)) = (contract.settlement.days, &contract.settlement.calendar) else { return Ok(Vec::new()) };
    let years: BTreeSet<i16> = row.purses.values().flat_map(|purse| purse.pending.keys()).map(|date| date.year()).collect();
    let mut missing = Vec::new();
    for year in years {
        if shard.snapshot.get(&CALENDARS, &(calendar.clone(), year))?.is_none() {
            missing.push(format!("{calendar}-{year}"));
        }
    }
    Ok(missing)
}
