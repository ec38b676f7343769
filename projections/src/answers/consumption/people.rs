//! The customers of one shard within a range of local dates. Customers of shards merge.

use super::gather::each_visitor;
use super::query::Query;
use crate::answers::{Error, Shard};
use crate::folds::consumption::CustomerNumber;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// What a customer did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Dates with a visit, each once, ascending.
    pub dates: Vec<Date>,
    /// The sum of the nets, in minor units.
    pub net: i128,
}

/// Customers, by currency where amounts are told.
pub type People = BTreeMap<(Option<Currency>, CustomerNumber), Person>;

/// The customers of all shards whose visits match.
pub fn people(shards: &[Shard], query: &Query, by_currency: bool) -> Result<People, Error> {
    let mut all = People::new();
    for shard in shards {
        merge(&mut all, of_shard(shard, query, by_currency)?);
    }
    Ok(all)
}

fn of_shard(shard: &Shard, query: &Query, by_currency: bool) -> Result<People, Error> {
    let mut people = People::new();
    let merchant = query.merchant();
    each_visitor(shard, query, merchant.as_ref(), |seen, customer, visits, _| {
        if query.matches(seen) {
            let person = people.entry((by_currency.then_some(seen.currency), customer)).or_default();
            person.net += visits.net;
            // Rows come by date.
            if person.dates.last() != Some(&seen.date) {
                person.dates.push(seen.date);
            }
        }
        Ok(())
    })?;
    Ok(people)
}

/// Adds the customers of another shard.
fn merge(people: &mut People, other: People) {
    for (key, more) in other {
        let person = people.entry(key).or_default();
        person.net += more.net;
        person.dates.extend(more.dates);
        person.dates.sort_unstable();
        person.dates.dedup();
    }
}
