//! A snapshot that another process keeps is read like one of this: row by row and page by page, in both orders, and every answer of it
//! is the same, however few rows come at a time.

#[path = "support/random.rs"]
mod random;
mod support;

use projections::answers::lists::{Entries, Filter, Holds, ListQuery, Payments, Payouts};
use projections::answers::{AccountKeyName, AccountQuery, AsOf, Shard, accounts, balances, moment};
use projections::folds::merchants::MERCHANTS;
use projections::folds::reference::DATES;
use projections::views::{Elsewhere, Error, Order, Page, Snapshot, Span};
use schemas::ids::MerchantId;
use support::*;

const SEEDS: std::ops::Range<u64> = 0..4;
const RECORDS: usize = 400;

/// Another process, as far as its snapshot goes, which gives so many rows at a time.
struct Other<'a> {
    snapshot: Snapshot<'a>,
    at_a_time: usize,
}

impl Elsewhere for Other<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.snapshot.bytes_of(key)
    }

    fn page(&self, span: &Span) -> Result<Page, Error> {
        self.snapshot.page_of(&Span { rows: span.rows.min(self.at_a_time), ..span.clone() })
    }
}

/// What is asked of a shard, as text.
fn answers(shard: &Shard<'_>) -> Vec<String> {
    let query = ListQuery { from: None, to: None, limit: 1000, cursor: None, filter: Filter::default() };
    let mut told = vec![
        format!("{:?}", shard.checkpoint()),
        format!("{:?}", page(shard, Entries, &query)),
        format!("{:?}", page(shard, Payments::default(), &query)),
        format!("{:?}", page(shard, Holds, &query)),
        format!("{:?}", page(shard, Payouts, &query)),
    ];
    let mut merchants = Vec::new();
    for order in [Order::Ascending, Order::Descending] {
        let rows: Vec<_> = shard.snapshot.scan(&MERCHANTS, &(), order).expect("readable").map(|row| row.expect("readable")).collect();
        told.push(format!("{rows:?}"));
        merchants = rows.into_iter().map(|(merchant, _)| merchant).collect();
    }
    for merchant in &merchants {
        let position = shard.checkpoint().position;
        for as_of in [AsOf::Now, AsOf::Position(position / 2), AsOf::Position(position / 3)] {
            told.push(format!("{:?} {:?}", moment(shard, as_of), balances(shard, merchant, as_of)));
        }
    }
    told.extend(sought(shard, &merchants));
    let last = shard.checkpoint().open.expect("it is opened");
    for day in 0..10 {
        told.push(format!("{:?}", shard.snapshot.last_until(&DATES, &(), &last.plus_days(-day)).expect("readable")));
    }
    let by = AccountQuery { group_by: vec![AccountKeyName::Code, AccountKeyName::Merchant], filters: Vec::new(), limited: false };
    told.push(format!("{:?}", accounts(shard, &by, AsOf::Now).expect("readable").0));
    told
}

/// Merchants that are sought in one scan, from the first to the last, and back again, each with a row more than is sought.
fn sought(shard: &Shard<'_>, merchants: &[MerchantId]) -> Vec<String> {
    let mut told = Vec::new();
    for read in 0..4 {
        let mut scan = shard.snapshot.scan(&MERCHANTS, &(), Order::Ascending).expect("readable");
        let every_other = merchants.iter().step_by(2);
        for merchant in merchants.iter().chain(merchants.iter().rev()).chain(every_other).chain(merchants.iter().rev().take(1)).chain(merchants.first()) {
            scan.skip_to(merchant);
            told.extend((0..read).map(|_| format!("{:?}", scan.next().map(|row| row.expect("readable").0))));
        }
    }
    told
}

#[test]
fn what_lies_elsewhere_is_told_as_what_lies_here() {
    for seed in SEEDS {
        let life = random::life(seed, RECORDS);
        let scratch = tempfile::tempdir().expect("a directory");
        let views = fold_into(scratch.path(), &life.entries, 50).views();
        let here = answers(&shard(&views, &life.entries));
        assert!(here.len() > 20, "seed {seed}");
        for at_a_time in [1, 2, 7, 10_000] {
            let other = Other { snapshot: views.snapshot().expect("readable"), at_a_time };
            let catalogue = other.snapshot.catalogue().expect("written");
            let elsewhere = Shard::of(0, Snapshot::elsewhere(&other, &catalogue).expect("read"), &life.entries);
            assert_eq!(answers(&elsewhere), here, "seed {seed}, {at_a_time} at a time");
        }
    }
}

#[test]
fn a_catalogue_that_is_none_is_refused() {
    struct Nobody;
    impl Elsewhere for Nobody {
        fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, Error> {
            Err(Error::Elsewhere("nobody answers".to_owned()))
        }

        fn page(&self, _: &Span) -> Result<Page, Error> {
            Err(Error::Elsewhere("nobody answers".to_owned()))
        }
    }
    assert!(Snapshot::elsewhere(&Nobody, &[255; 3]).is_err());
}
