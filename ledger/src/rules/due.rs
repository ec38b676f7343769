//! Which merchants a day close must visit: those with money in a bucket of a date that comes.
//!
//! Kept in memory, a name per merchant and date with money; found again from the merchants' rows when a shard opens.

use super::state::Merchant;
use crate::source::{Error, Source, Table};
use schemas::ids::MerchantId;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Merchants by the dates of their buckets.
#[derive(Default)]
pub struct Due {
    by_date: BTreeMap<Date, BTreeSet<MerchantId>>,
}

impl Due {
    /// Finds all merchants with money in dated buckets.
    pub fn open(source: &dyn Source) -> Result<Self, Error> {
        let mut due = Self::default();
        let mut broken = None;
        source.scan(Table::Merchants, &[], &mut |key, value| {
            let name = std::str::from_utf8(key).ok().and_then(MerchantId::new);
            match (name, postcard::from_bytes::<Merchant>(value)) {
                (Some(name), Ok(merchant)) => {
                    for purse in merchant.purses.values() {
                        for date in purse.pending.keys().chain(purse.reserve.keys()) {
                            due.insert(*date, &name);
                        }
                    }
                    true
                }
                (_, result) => {
                    broken = Some(Error(format!("row of a merchant cannot be read: {:?}", result.err())));
                    false
                }
            }
        })?;
        broken.map_or(Ok(due), Err)
    }

    /// Notes the dates of buckets that an entry opened. One that holds money already was noted when it was opened.
    pub fn note(&mut self, merchant: &MerchantId, opened: &[Date]) {
        for date in opened {
            self.insert(*date, merchant);
        }
    }

    fn insert(&mut self, date: Date, merchant: &MerchantId) {
        let merchants = self.by_date.entry(date).or_default();
        if !merchants.contains(merchant) {
            merchants.insert(merchant.clone());
        }
    }

    /// Takes the merchants whose dates have come, in byte order.
    pub fn take(&mut self, open: Date) -> BTreeSet<MerchantId> {
        let later = self.by_date.split_off(&open.plus_days(1));
        std::mem::replace(&mut self.by_date, later).into_values().flatten().collect()
    }
}
