//! The customers within a range of local dates, one by one, with what each did.
//!
//! At most [`Query::customers_at_once`] of a shard are in memory: where there are more, the purchases are read once for each half of
//! them, or quarter, and so on. So the figures are exact however many there are.

use super::query::Query;
use super::read::each_change;
use crate::answers::each_shard::each_shard;
use crate::answers::{Error, Shard};
use crate::folds::consumption::CustomerNumber;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use schemas::money::Currency;
use schemas::time::Date;

/// What a customer did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Dates with a visit, each once, ascending.
    pub dates: Vec<Date>,
    /// The sum of the nets, in minor units.
    pub net: i128,
}

/// A customer, in a currency where amounts are told.
pub type PersonKey = (Option<Currency>, CustomerNumber);

type People = HashMap<PersonKey, Person, FixedState>;

/// Some of the customers: those whose numbers leave this remainder. Numbers are evenly spread.
#[derive(Clone, Copy)]
struct Slice {
    remainder: u64,
    of: u64,
}

impl Slice {
    const fn has(self, customer: CustomerNumber) -> bool {
        customer % self.of == self.remainder
    }

    /// `None` where numbers of 64 bits are told apart no further.
    fn halves(self) -> Option<[Self; 2]> {
        let of = self.of.checked_mul(2)?;
        Some([Self { of, ..self }, Self { remainder: self.remainder + self.of, of }])
    }
}

/// Visits the customers of all shards whose visits match, some at a time, sorted.
///
/// # Errors
/// Views that do not answer.
pub fn people(shards: &[Shard], query: &Query, by_currency: bool, mut visit: impl FnMut(&[(PersonKey, Person)]) -> Result<(), Error>) -> Result<(), Error> {
    let mut slices = vec![Slice { remainder: 0, of: 1 }];
    while let Some(slice) = slices.pop() {
        match (within(shards, query, by_currency, slice)?, slice.halves()) {
            (Some(people), _) => visit(&people)?,
            (None, Some(halves)) => slices.extend(halves),
            (None, None) => return Err(Error::TooManyRows(query.customers_at_once)),
        }
    }
    Ok(())
}

/// The customers of a slice; `None` where they are too many at once.
fn within(shards: &[Shard], query: &Query, by_currency: bool, slice: Slice) -> Result<Option<Vec<(PersonKey, Person)>>, Error> {
    let people = each_shard(
        shards,
        People::default(),
        |shard| of_shard(shard, query, by_currency, slice),
        |people, of_shard| {
            if people.is_empty() {
                *people = of_shard;
                return Ok(());
            }
            for (key, more) in of_shard {
                let person = people.entry(key).or_default();
                person.net += more.net;
                person.dates.extend(more.dates);
            }
            Ok(())
        },
    )?;
    if people.len() > query.customers_at_once {
        return Ok(None);
    }
    let mut people: Vec<_> = people.into_iter().collect();
    people.sort_unstable_by_key(|(key, _)| *key);
    if shards.len() > 1 {
        people.iter_mut().for_each(|(_, person)| {
            person.dates.sort_unstable();
            person.dates.dedup();
        });
    }
    Ok(Some(people))
}

/// The customers of one shard in a slice; one more than allowed tells that there are too many.
fn of_shard(shard: &Shard, query: &Query, by_currency: bool, slice: Slice) -> Result<People, Error> {
    let mut people = People::default();
    each_change(shard, query, |seen, change| {
        let Some(customer) = change.customer.map(|customer| customer.bits()).filter(|customer| slice.has(*customer)) else { return Ok(()) };
        let key = (by_currency.then_some(seen.currency), customer);
        if people.len() > query.customers_at_once && !people.contains_key(&key) {
            return Ok(());
        }
        let person = people.entry(key).or_default();
        person.net += change.net_after - change.net_before;
        // Changes come by date.
        if person.dates.last() != Some(&seen.date) {
            person.dates.push(seen.date);
        }
        Ok(())
    })?;
    Ok(people)
}
