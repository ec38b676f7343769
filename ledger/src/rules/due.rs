//! Which merchants a day close must visit: those with money in a bucket of a date that comes.
//!
//! An index on disk: a row a merchant, under its earliest date with money, so that a close reads the merchants that it moves and no
//! others, and a shard that opens reads none. Bounded in memory by what changed since the last commit. A merchant whose money of
//! that date has gone stays where it is until the close of that date.

use crate::source::{Changes, Error, Source, Table};
use schemas::ids::MerchantId;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Merchants by the earliest date of their buckets.
#[derive(Default)]
pub struct Due {
    /// What changed since the last commit: whether the row is there.
    changed: BTreeMap<(Date, MerchantId), bool>,
}

impl Due {
    /// Notes the dates of buckets that an entry opened; `due_on`: the date that the merchant is under.
    pub fn note(&mut self, merchant: &MerchantId, due_on: &mut Option<Date>, opened: &[Date]) {
        if let Some(first) = opened.iter().min().filter(|first| due_on.is_none_or(|due_on| **first < due_on)) {
            self.move_to(merchant, due_on, Some(*first));
        }
    }

    /// Puts a merchant under another date, or under none.
    pub fn move_to(&mut self, merchant: &MerchantId, due_on: &mut Option<Date>, date: Option<Date>) {
        if *due_on == date {
            return;
        }
        if let Some(before) = due_on.take() {
            self.changed.insert((before, merchant.clone()), false);
        }
        if let Some(date) = date {
            self.changed.insert((date, merchant.clone()), true);
        }
        *due_on = date;
    }

    /// The merchants that are due once a date is open, in byte order. Mostly they are under this date and the one before; a tip may put
    /// reserve into the date of its sale, which was closed long ago.
    pub fn until(&self, source: &dyn Source, open: Date) -> Result<BTreeSet<MerchantId>, Error> {
        let (mut merchants, mut strange) = (BTreeSet::new(), false);
        let below = prefix(open.plus_days(1));
        source.scan(Table::Due, &[], &mut |key, _| {
            if key >= below.as_slice() {
                return false;
            }
            let merchant = key.get(DATE_BYTES..).and_then(|name| std::str::from_utf8(name).ok()).and_then(MerchantId::new);
            strange = merchant.is_none();
            merchants.extend(merchant);
            !strange
        })?;
        if strange {
            return Err(Error("a merchant that is due cannot be read".to_owned()));
        }
        // A merchant that was moved is taken out under its old date and put in under its new one.
        let until_then = |(date, _): &(&(Date, MerchantId), &bool)| date.0 <= open;
        let (there, gone): (Vec<_>, Vec<_>) = self.changed.iter().filter(until_then).partition(|(_, is_there)| **is_there);
        gone.into_iter().for_each(|((_, merchant), _)| _ = merchants.remove(merchant));
        merchants.extend(there.into_iter().map(|((_, merchant), _)| merchant.clone()));
        Ok(merchants)
    }

    /// What changed since the last call.
    pub fn drain(&mut self, changes: &mut Changes) {
        for ((date, merchant), is_there) in std::mem::take(&mut self.changed) {
            let key = [&prefix(date), merchant.as_str().as_bytes()].concat();
            if is_there {
                changes.put(Table::Due, &key, &[]);
            } else {
                changes.remove(Table::Due, &key);
            }
        }
    }
}

const DATE_BYTES: usize = 4;

/// A date as bytes that sort as dates do.
fn prefix(date: Date) -> [u8; DATE_BYTES] {
    (date.days().cast_unsigned() ^ (1 << 31)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Nothing;

    #[test]
    fn a_merchant_is_under_its_earliest_date_alone() {
        let date = |day: i32| Date::from_days(20_000 + day);
        let name = MerchantId::new("M1").expect("a name");
        let (mut due, mut due_on) = (Due::default(), None);
        due.note(&name, &mut due_on, &[date(5), date(3)]);
        due.note(&name, &mut due_on, &[date(4)]);
        assert_eq!(due_on, Some(date(3)));
        assert!(due.until(&Nothing, date(2)).expect("readable").is_empty());
        assert_eq!(due.until(&Nothing, date(3)).expect("readable").len(), 1);
        assert_eq!(due.until(&Nothing, date(30)).expect("readable").len(), 1, "however long ago its date was");
        due.move_to(&name, &mut due_on, Some(date(5)));
        assert!(due.until(&Nothing, date(3)).expect("readable").is_empty());
        let mut changes = Changes::default();
        due.drain(&mut changes);
        assert_eq!(changes.iter().filter(|change| change.value.is_some()).count(), 1, "one row a merchant: {changes:?}");
        assert!(prefix(Date::from_days(-1)) < prefix(Date::from_days(0)));
    }
}
