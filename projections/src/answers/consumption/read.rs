//! Purchases and their changes, as one shard has them: those of a range of local dates that a query asks about.

use super::key::Seen;
use super::query::Query;
use crate::answers::{Error, Shard};
use crate::folds::consumption::{BY_DATE, BY_MERCHANT, Change, Pack, SHOPS, Shop};
use crate::views::{self, Order};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use schemas::time::Date;

/// Shops of a shard, each read once.
#[derive(Default)]
pub struct Shops {
    known: HashMap<u64, Shop, FixedState>,
}

impl Shops {
    /// Every shop of a shard: for a question about all of them, a fraction of the price of each by itself.
    pub fn all(shard: &Shard) -> Result<Self, Error> {
        let mut known = HashMap::default();
        for row in shard.snapshot.scan(&SHOPS, &(), Order::Ascending)? {
            let (number, shop) = row?;
            known.extend(shop.map(|shop| (number, shop)));
        }
        Ok(Self { known })
    }

    /// What an entry's contract says of its shop.
    pub fn get(&mut self, shard: &Shard, number: u64) -> Result<&Shop, Error> {
        match self.known.entry(number) {
            hashbrown::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            hashbrown::hash_map::Entry::Vacant(place) => {
                let missing = || views::Error::Corrupt(format!("consumption names entry {number}, which set no contract"));
                Ok(place.insert(shard.snapshot.get(&SHOPS, &number)?.flatten().ok_or_else(missing)?))
            }
        }
    }
}

/// Whether a shard's views of consumption can be read: an error where they are still being folded.
///
/// # Errors
/// Views that do not answer.
pub fn ready(shard: &Shard) -> Result<(), Error> {
    shard.snapshot.scan(&BY_DATE.heads, &(), Order::Ascending)?.next().transpose()?;
    Ok(())
}

/// The first and last date that have purchases and are asked about.
fn dates(shard: &Shard, query: &Query) -> Result<Option<(Date, Date)>, Error> {
    let end = |order| Ok::<_, Error>(shard.snapshot.scan(&BY_DATE.heads, &(), order)?.next().transpose()?.map(|(date, _)| date));
    let (Some(first), Some(last)) = (end(Order::Ascending)?, end(Order::Descending)?) else { return Ok(None) };
    let (first, last) = (query.from.max(first), query.to.min(last));
    Ok((first <= last).then_some((first, last)))
}

/// Visits the changes of every purchase that a query asks about: by date, then in the order in which they came.
pub fn each_change(shard: &Shard, query: &Query, mut visit: impl FnMut(&Seen, &Change) -> Result<(), Error>) -> Result<(), Error> {
    let Some((first, last)) = dates(shard, query)? else { return Ok(()) };
    let merchant = query.merchant();
    let of_date = query.without_dates();
    let mut shops = if merchant.is_none() { Shops::all(shard)? } else { Shops::default() };
    let mut date = first;
    while date <= last {
        if query.matches_date(date) {
            let read = |pack: &Pack| {
                pack.each(|change| {
                    let shop = shops.get(shard, change.contract)?;
                    let currency = change.other_currency.unwrap_or(shop.currency);
                    let seen = Seen { date, hour: change.hour, shop, card: change.card, entry_mode: change.entry_mode, currency };
                    if of_date.matches(&seen) { visit(&seen, change) } else { Ok(()) }
                })
            };
            match &merchant {
                None => BY_DATE.each(&shard.snapshot, &date, read)?,
                Some(merchant) => BY_MERCHANT.each(&shard.snapshot, &(merchant.clone(), date), read)?,
            }
        }
        date = date.plus_days(1);
    }
    Ok(())
}
