//! The purchases within a range of local dates, grouped by the keys asked.
//!
//! Bounded by [`ROWS_MAX`] groups; of each a crowd of customers and at most
//! [`EXACT_AMOUNTS_MAX`](super::tickets::EXACT_AMOUNTS_MAX) different tickets, once for each shard that is being read and
//! twice for their sum. Groups of shards merge in any order.

use super::crowd::{Crowd, Gathering};
use super::key::{Seen, Value};
use super::query::{Query, ROWS_MAX};
use super::read::each_change;
use super::tickets::Tickets;
use crate::answers::each_shard::each_shard;
use crate::answers::group::check_rows;
use crate::answers::{Error, Shard};
use crate::folds::consumption::Change;
use crate::views::{self, Key as _};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use ledger::entry::CustomerKey;
use schemas::money::Currency;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What tells groups apart: the values of the keys asked, in their order, then the currency where amounts are told.
pub type GroupKey = (Vec<Value>, Option<Currency>);

/// Purchases of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub visits: u64,
    /// The sum of their nets, in minor units.
    pub sales: i128,
    /// Tickets, by amount.
    pub tickets: Tickets,
    /// Whose they are.
    pub customers: Crowd,
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

/// A group that changes are still added to.
struct Growing {
    key: GroupKey,
    visits: u64,
    sales: i128,
    tickets: Tickets,
    customers: Gathering,
}

impl Growing {
    fn add(&mut self, change: &Change, wanted: Wanted) {
        self.visits += u64::from(change.is_purchase);
        self.sales += change.net_after - change.net_before;
        if wanted.tickets {
            self.tickets.change(change.net_before, change.net_after);
        }
        if let Some(customer) = change.customer {
            self.customers.add(CustomerKey::bits(customer));
        }
    }

    /// Adds the same group of another shard.
    fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.visits += other.visits;
        self.sales += other.sales;
        self.tickets.merge(other.tickets);
        Ok(self.customers.merge(other.customers)?)
    }
}

/// Groups the purchases of all shards.
///
/// # Errors
/// [`Error::TooManyRows`], and views that do not answer.
pub fn gather(shards: &[Shard], query: &Query, wanted: Wanted) -> Result<Groups, Error> {
    let groups = each_shard(shards, BTreeMap::new(), |shard| of_shard(shard, query, wanted), add)?;
    let whole = |(key, group): (GroupKey, Growing)| {
        let Growing { visits, sales, tickets, customers, .. } = group;
        (key, Group { visits, sales, tickets, customers: customers.crowd() })
    };
    Ok(groups.into_iter().map(whole).collect())
}

/// Adds the groups of a shard.
fn add(all: &mut BTreeMap<GroupKey, Growing>, groups: Vec<Growing>) -> Result<(), Error> {
    for group in groups {
        match all.entry(group.key.clone()) {
            Entry::Occupied(mut there) => there.get_mut().merge(group)?,
            Entry::Vacant(place) => drop(place.insert(group)),
        }
        check_rows(all.len(), ROWS_MAX)?;
    }
    Ok(())
}

fn of_shard(shard: &Shard, query: &Query, wanted: Wanted) -> Result<Vec<Growing>, Error> {
    let mut places: HashMap<Box<[u8]>, usize, FixedState> = HashMap::default();
    let mut groups: Vec<Growing> = Vec::new();
    let mut mark = Vec::with_capacity(64);
    each_change(shard, query, |seen, change| {
        mark.clear();
        query.group_by.iter().for_each(|key| key.mark(seen, &mut mark));
        wanted.by_currency.then_some(seen.currency).encode(&mut mark);
        let place = match places.get(mark.as_slice()) {
            Some(place) => *place,
            None => {
                places.insert(mark.as_slice().into(), groups.len());
                groups.push(growing(seen, query, wanted)?);
                check_rows(groups.len(), ROWS_MAX)?;
                groups.len() - 1
            }
        };
        let group = groups.get_mut(place).ok_or_else(|| views::Error::Corrupt("a group was lost".into()))?;
        group.add(change, wanted);
        Ok(())
    })?;
    Ok(groups)
}

fn growing(seen: &Seen, query: &Query, wanted: Wanted) -> Result<Growing, Error> {
    let key = (query.group_by.iter().map(|key| key.of(seen)).collect(), wanted.by_currency.then_some(seen.currency));
    Ok(Growing { key, visits: 0, sales: 0, tickets: Tickets::default(), customers: Gathering::new()? })
}
