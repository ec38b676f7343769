//! A merchant with hundreds of entries on one date: its balances at every position are what they were there.

mod support;

use projections::answers::{AsOf, balances};
use projections::folds::balances::CHANGES_PER_VERSION;
use projections::views::Writer;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use support::*;

#[test]
fn every_position_of_a_busy_date() {
    const SEED: u64 = 20_261_128;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    let mut life = Life::opened("2026-11-20");
    for shop in ["M1", "M2"] {
        life.posted(contract(shop, "c-1", |_| {}));
    }
    let mut holds = 0;
    for n in 0..400 {
        let shop = if random.random_ratio(9, 10) { "M1" } else { "M2" };
        let amount = format!("{}.00", random.random_range(1..500));
        match random.random_range(0..10) {
            0..6 => life.event(json!({"id": format!("s{n}"), "type": "sale", "merchant": shop, "payment": format!("P{n}"), "currency": "CNY",
                "amount": amount, "card": "credit", "scheme": "visa"})),
            6 => life
                .event(json!({"id": format!("h{n}"), "type": "hold_placed", "merchant": shop, "hold": format!("H{n}"), "currency": "CNY", "amount": amount})),
            7 => life.event(json!({"id": format!("u{n}"), "type": "hold_released", "merchant": shop, "hold": format!("H{holds}")})),
            8 => life.event(
                json!({"id": format!("b{n}"), "type": "batch_closed", "merchant": shop, "terminal": "T1", "count": 0, "sum": "0.00", "currency": "CNY"}),
            ),
            _ => life.event(
                json!({"id": format!("r{n}"), "type": "refund", "merchant": shop, "payment": format!("P{}", n / 2), "currency": "CNY", "amount": "1.00"}),
            ),
        };
        holds = if random.random_bool(0.5) { n } else { holds };
        if n == 150 {
            life.close(date("2026-11-20"));
        }
    }
    let of_m1 = life.entries.iter().filter(|entry| projections::folds::entries::owner(entry.row.subject.as_ref()) == Some("M1")).count();
    assert!(of_m1 > 4 * CHANGES_PER_VERSION as usize, "seed {SEED}: {of_m1} entries are no busy date");

    // As each position was when it was the last one, by views that knew no later one.
    let scratch = tempfile::tempdir().expect("a directory");
    let mut writer = Writer::open(scratch.path(), &shared(), projections::folds::all).expect("views");
    let mut expected = Vec::new();
    for record in life.entries.chunk_by(|one, next| one.row.offset == next.row.offset) {
        writer.fold(record, true).expect("entries fold");
        let views = writer.views();
        let now = |shop: &str| balances(&shard(&views, &life.entries), &merchant(shop), AsOf::Now).ok();
        expected.push((record[0].row.offset, ["M1", "M2"].map(now)));
    }
    let views = writer.views();
    for (position, expected) in &expected {
        for (shop, expected) in ["M1", "M2"].iter().zip(expected) {
            let found = balances(&shard(&views, &life.entries), &merchant(shop), AsOf::Position(*position)).ok();
            let purses = |told: &Option<projections::answers::MerchantBalances>| told.clone().map(|told| told.purses).unwrap_or_default();
            assert_eq!(purses(&found), purses(expected), "seed {SEED}: {shop} at {position}");
        }
    }
}
