//! The purchases of one shard within a range of local dates, grouped by the keys asked. Groups of shards merge.

use super::key::{Seen, Value};
use super::query::{Query, ROWS_MAX};
use crate::answers::{Error, Shard};
use crate::folds::consumption::CustomerNumber;
use crate::folds::consumption::{Bought, CELLS, Cell, VISITORS, Visits};
use crate::folds::reference::ContractVersion;
use crate::views::{self, Key as _, Order, Table, Within};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What tells groups apart: the values of the keys asked, in their order, then the currency where amounts are told.
pub type GroupKey = (Vec<Value>, Option<Currency>);

/// Purchases of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub visits: u64,
    /// The sum of their nets, in minor units.
    pub sales: i128,
    /// Tickets, by amount.
    pub tickets: BTreeMap<u128, u64>,
    /// Whose they are, each once, ascending.
    pub customers: Vec<CustomerNumber>,
}

/// Purchases, grouped.
pub type Groups = BTreeMap<GroupKey, Group>;

/// What of a group is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whether amounts are told, so that currencies are kept apart.
    pub by_currency: bool,
    /// Whether tickets are.
    pub tickets: bool,
}

/// Contracts of a shard, each read once.
#[derive(Default)]
pub struct Contracts {
    known: BTreeMap<u64, Arc<ContractVersion>>,
}

impl Contracts {
    /// The contract that an entry set.
    pub fn get(&mut self, shard: &Shard, number: u64) -> Result<Arc<ContractVersion>, Error> {
        if let Some(known) = self.known.get(&number) {
            return Ok(Arc::clone(known));
        }
        let missing = || views::Error::Corrupt(format!("consumption names entry {number}, which set no contract"));
        let version = shard.contract(number)?.ok_or_else(missing)?;
        self.known.insert(number, Arc::clone(&version));
        Ok(version)
    }
}

/// A cell of a date and merchant as what it can be told apart by.
pub fn seen<'a>(date: Date, merchant: &'a MerchantId, cell: &Cell, version: &'a ContractVersion) -> Seen<'a> {
    Seen { date, hour: cell.hour, merchant, contract: &version.contract, card: cell.card, entry_mode: cell.entry_mode, currency: cell.currency }
}

/// Whether a shard's views of consumption can be read: an error where they are still being folded.
///
/// # Errors
/// Views that do not answer.
pub fn ready(shard: &Shard) -> Result<(), Error> {
    shard.snapshot.scan(&CELLS, &(), Order::Ascending)?.next().transpose()?;
    Ok(())
}

/// The first and last date that have purchases and are asked about.
fn dates(shard: &Shard, query: &Query) -> Result<Option<(Date, Date)>, Error> {
    let end = |order| Ok::<_, Error>(shard.snapshot.scan(&CELLS, &(), order)?.next().transpose()?.map(|(key, _)| key.0));
    let (Some(first), Some(last)) = (end(Order::Ascending)?, end(Order::Descending)?) else { return Ok(None) };
    let (first, last) = (query.from.max(first), query.to.min(last));
    Ok((first <= last).then_some((first, last)))
}

/// Visits the rows of a table that begins with date and merchant: of the dates asked, and of one merchant or all.
fn each<K: views::Key, V: views::Value>(
    shard: &Shard,
    table: &Table<K, V>,
    query: &Query,
    merchant: Option<&MerchantId>,
    mut visit: impl FnMut(K, V) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some((first, last)) = dates(shard, query)? else { return Ok(()) };
    let Some(merchant) = merchant else {
        let within = Within { from: Some(first.bytes()), below: Some(last.plus_days(1).bytes()) };
        for row in shard.snapshot.range(table, &(), within, Order::Ascending)? {
            let (key, value) = row?;
            visit(key, value)?;
        }
        return Ok(());
    };
    let mut date = first;
    while date <= last {
        for row in shard.snapshot.scan(table, &(date, merchant.clone()), Order::Ascending)? {
            let (key, value) = row?;
            visit(key, value)?;
        }
        date = date.plus_days(1);
    }
    Ok(())
}

/// Visits what every customer did by date and cell, filters not yet applied.
pub fn each_visitor(
    shard: &Shard,
    query: &Query,
    merchant: Option<&MerchantId>,
    mut visit: impl FnMut(&Seen, CustomerNumber, &Visits, &ContractVersion) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut contracts = Contracts::default();
    each(shard, &VISITORS, query, merchant, |(date, merchant, customer), visits| {
        for there in &visits {
            let version = contracts.get(shard, there.cell.contract)?;
            visit(&seen(date, &merchant, &there.cell, &version), customer, there, &version)?;
        }
        Ok(())
    })
}

/// Groups the purchases of one shard.
pub fn gather(shard: &Shard, query: &Query, wanted: Wanted) -> Result<Groups, Error> {
    let merchant = query.merchant();
    let mut groups = Groups::new();
    let key_of = |seen: &Seen| -> GroupKey { (query.group_by.iter().map(|key| key.of(seen)).collect(), wanted.by_currency.then_some(seen.currency)) };
    let mut contracts = Contracts::default();
    each(shard, &CELLS, query, merchant.as_ref(), |(date, merchant, contract, hour, card, entry_mode, currency), bought: Bought| {
        let version = contracts.get(shard, contract)?;
        let seen = seen(date, &merchant, &Cell { contract, hour, card, entry_mode, currency }, &version);
        if !query.matches(&seen) {
            return Ok(());
        }
        let group = groups.entry(key_of(&seen)).or_default();
        group.visits += bought.visits;
        group.sales += bought.sales;
        if wanted.tickets {
            bought.tickets.amounts().for_each(|(amount, count)| *group.tickets.entry(amount).or_insert(0) += count);
        }
        bounded(&groups)
    })?;
    each_visitor(shard, query, merchant.as_ref(), |seen, customer, _, _| {
        if query.matches(seen) {
            let customers = &mut groups.entry(key_of(seen)).or_default().customers;
            if customers.len() == customers.capacity() {
                // Before it grows, so that it is at most four times as large as there are different customers.
                customers.sort_unstable();
                customers.dedup();
                customers.reserve(customers.len().max(16));
            }
            customers.push(customer);
        }
        Ok(())
    })?;
    for group in groups.values_mut() {
        group.customers.sort_unstable();
        group.customers.dedup();
    }
    Ok(groups)
}

fn bounded(groups: &Groups) -> Result<(), Error> {
    if groups.len() > ROWS_MAX { Err(Error::TooManyRows(ROWS_MAX)) } else { Ok(()) }
}

/// Adds the groups of another shard. In whatever order shards are added, the result is the same.
pub fn merge(groups: &mut Groups, other: Groups) {
    for (key, more) in other {
        let group = groups.entry(key).or_default();
        group.visits += more.visits;
        group.sales += more.sales;
        more.tickets.into_iter().for_each(|(amount, count)| *group.tickets.entry(amount).or_insert(0) += count);
        group.customers.extend(more.customers);
        group.customers.sort_unstable();
        group.customers.dedup();
    }
}

/// Groups the purchases of all shards.
pub fn gather_all(shards: &[Shard], query: &Query, wanted: Wanted) -> Result<Groups, Error> {
    let mut groups = Groups::new();
    for shard in shards {
        merge(&mut groups, gather(shard, query, wanted)?);
        bounded(&groups)?;
    }
    Ok(groups)
}
