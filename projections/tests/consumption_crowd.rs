//! More customers than a row counts one by one: what is told of them is within its error, and sums stay exact.

mod support;

use projections::answers::consumption::*;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use support::*;

const SEED: u64 = 20_261_129;
/// Customers of each of two shards; half of the one's are the other's, too.
const CUSTOMERS: u32 = 24_000;

/// A shop whose customers buy once, a third of them on the day before, too.
fn life(shop: &str, customers: std::ops::Range<u32>) -> Life {
    let mut life = Life::opened("2026-11-22");
    life.posted(contract(shop, "c-1", |contract| {
        for part in ["reserve", "partner"] {
            contract.as_object_mut().expect("an object").remove(part);
        }
    }));
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(SEED ^ u64::from(customers.start));
    for customer in customers {
        let days: &[u32] = if customer % 3 == 0 { &[22, 23] } else { &[23] };
        for day in days {
            life.posted(json!({"id": format!("s{day}-{customer}"), "type": "sale", "merchant": shop, "payment": format!("P{day}-{customer}"),
                "occurred_at": format!("2026-11-{day}T{:02}:00:00+08:00", random.random_range(8..20)), "currency": "CNY", "amount": "10.00",
                "card": "debit", "scheme": "visa", "customer": format!("c{customer}")}));
        }
    }
    life
}

fn assert_about(count: Count, expected: u64, what: &str) {
    assert!(count.error > 0, "seed {SEED}: {what} are not so few that they are counted");
    let off = count.estimate.abs_diff(expected) * 10_000;
    assert!(off <= expected * count.error * 4, "seed {SEED}: {expected} {what} are told as {count:?}");
}

#[test]
fn a_crowd_is_told_within_its_error() {
    let lives = [life("M1", 0..CUSTOMERS), life("M2", CUSTOMERS / 2..CUSTOMERS * 3 / 2)];
    let scratch = [tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory")];
    let views: Vec<_> = lives.iter().zip(&scratch).map(|(life, scratch)| fold_into(scratch.path(), &life.entries, 4096).views()).collect();
    let shards = || [shard(&views[0], &lives[0].entries), shard(&views[1], &lives[1].entries)];
    let backwards = || [shard(&views[1], &lives[1].entries), shard(&views[0], &lives[0].entries)];
    let query = Query::new(date("2026-11-23"), date("2026-11-23"));
    let all = u64::from(CUSTOMERS) * 3 / 2;

    let told = footfall(&shards(), &query).expect("told");
    assert_eq!(told, footfall(&backwards(), &query).expect("told"), "whatever shard comes first");
    let row = &told.rows[0];
    assert_eq!((row.visits, row.sales), (u64::from(CUSTOMERS) * 2, i128::from(CUSTOMERS) * 2 * 1000), "visits and sales are exact");
    assert_about(row.customers, all, "customers");
    assert!(row.customers.error < 100, "one standard error is below one percent");

    let told = customers(&shards(), &query).expect("told");
    assert_about(told.rows[0].customers, all, "customers");
    assert_about(told.rows[0].returning, all / 3, "who were there before");
    assert_about(told.rows[0].new, all - all / 3, "who were not");

    let mut few_at_once = query.clone();
    few_at_once.customers_at_once = 10_000;
    for query in [&query, &few_at_once] {
        let told = segments(&shards(), query, &[SegmentKey::Frequency], &[]).expect("told");
        assert_eq!((told.rows.len(), told.rows[0].visit_days, told.rows[0].sales), (1, all, i128::from(CUSTOMERS) * 2 * 1000));
        assert_about(told.rows[0].customers, all, "customers of a segment");
    }
    // A cohort is counted one by one.
    let told = cohorts(&shards(), &query, Period::Week).expect("told");
    assert_eq!((told.rows[0].customers, told.rows[0].retention_percent), (Count::exact(all - all / 3), Some(10_000)));
}
