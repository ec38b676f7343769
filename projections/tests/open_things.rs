//! What an entry costs the views does not grow with what is open, and what is told of many open holds is right at every position.

mod support;

use ledger::entry::Recorded;
use projections::answers::{AsOf, MerchantBalances, MerchantQuery, balances, merchants};
use projections::folds::balances::HOLDS_TOLD_MAX;
use projections::views::{Settings, Shared, Writer};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use support::*;

fn about(kind: &str, id: String, more: Value) -> Value {
    let mut event = json!({"id": id, "type": kind, "merchant": "M1"});
    more.as_object().expect("an object").iter().for_each(|(key, value)| event[key] = value.clone());
    event
}

fn credit(id: String, amount: &str) -> Value {
    let more = json!({"direction": "credit", "amount": amount, "currency": "CNY", "maker": "a", "checker": "b", "reason": "test"});
    about("adjustment", id, more)
}

fn hold(n: usize, amount: &str, sweep: bool) -> Value {
    about("hold_placed", format!("h{n}"), json!({"hold": format!("H{n:06}"), "amount": amount, "currency": "CNY", "sweep": sweep}))
}

fn dispute(kind: &str, id: String, n: usize) -> Value {
    let amount = if kind == "dispute_opened" || kind == "chargeback" { json!({"amount": "1.00", "currency": "CNY"}) } else { json!({}) };
    let mut event = about(kind, id, amount);
    (event["payment"], event["dispute"]) = (json!("P0"), json!(format!("D{n:06}")));
    event
}

fn refund(id: String, amount: &str) -> Value {
    about("refund", id, json!({"payment": "P0", "amount": amount, "currency": "CNY"}))
}

/// An event as the scheme names it.
fn named(mut event: Value, n: usize) -> Value {
    event["reference"] = json!(format!("R{n}"));
    event
}

fn payout(kind: &str, id: String, n: usize) -> Value {
    let amount = if kind == "payout_initiated" { json!({"amount": "1.00", "currency": "CNY"}) } else { json!({}) };
    let mut event = about(kind, id, amount);
    event["payout"] = json!(format!("O{n:06}"));
    event
}

/// What there is much of: how it is made, and what comes then.
type Scenario = (&'static str, fn(usize) -> Vec<Value>, fn() -> Vec<Value>);

const SCENARIOS: [Scenario; 7] = [
    (
        "plain holds",
        |many| (0..many).map(|n| hold(n, "1.00", false)).collect(),
        || {
            vec![
                hold(999_999, "1.00", false),
                about("hold_released", "u1".into(), json!({"hold": "H000500"})),
                about("hold_released", "u2".into(), json!({"hold": "H000005"})),
            ]
        },
    ),
    (
        "sweeping holds",
        |many| {
            std::iter::once(about("payout_initiated", "all".into(), json!({"payout": "ALL", "amount": "1000000.00", "currency": "CNY"})))
                .chain((0..many).map(|n| hold(n, "1000.00", true)))
                .collect()
        },
        || vec![credit("c1".into(), "5.00"), credit("c2".into(), "5.00"), hold(999_999, "1.00", true)],
    ),
    (
        "refunds",
        |many| (0..many).map(|n| refund(format!("r{n}"), "0.01")).collect(),
        || vec![refund("one-more".into(), "0.01"), refund("too-much".into(), "9000000.00")],
    ),
    (
        "refunds that the scheme names, and one that it does not",
        |many| (0..many).map(|n| named(refund(format!("r{n}"), "0.01"), n)).chain([refund("unnamed".into(), "0.01")]).collect(),
        || vec![named(refund("one-more".into(), "0.01"), 999_999), refund("unnamed-2".into(), "0.01")],
    ),
    (
        "represented chargebacks",
        |many| (0..many).flat_map(|n| [dispute("chargeback", format!("d{n}"), n), dispute("chargeback_represented", format!("p{n}"), n)]).collect(),
        || {
            let n = 999_999;
            vec![dispute("chargeback", "d".into(), n), dispute("chargeback_represented", "p".into(), n), dispute("dispute_won", "w".into(), 500)]
        },
    ),
    (
        "payouts in transit",
        |many| (0..many).map(|n| payout("payout_initiated", format!("o{n}"), n)).collect(),
        || vec![payout("payout_initiated", "o".into(), 999_999), payout("payout_paid", "p".into(), 500), payout("payout_returned", "q".into(), 500)],
    ),
    (
        "terminals",
        |many| {
            let sale = |n: usize| {
                about(
                    "sale",
                    format!("t{n}"),
                    json!({"payment": format!("P{n}x"), "terminal": format!("T{n}"), "amount": "1.00", "currency": "CNY", "card": "debit", "scheme": "visa"}),
                )
            };
            (0..many).map(sale).collect()
        },
        || vec![credit("c1".into(), "5.00")],
    ),
];

/// What the lists of an entry's merchant, payment and customer are rewritten with, until they are a pack.
const PACK_BYTES_MAX: usize = 5_000;

/// The bytes that the commits of the measured entries write, each alone.
fn written(make: &[Value], measured: &[Value]) -> usize {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |contract| contract["reserve"] = json!({"percent": "0", "days": 1})));
    life.posted(about("sale", "s0".into(), json!({"payment": "P0", "amount": "1000000.00", "currency": "CNY", "card": "debit", "scheme": "visa"})));
    life.posted(credit("rich".into(), "1000000.00"));
    make.iter().for_each(|event| drop(life.posted(event.clone())));
    let first = life.entries.len();
    measured.iter().for_each(|event| drop(life.event(event.clone())));
    let scratch = tempfile::tempdir().expect("a directory");
    let mut writer = Writer::open(scratch.path(), &shared(), projections::folds::all).expect("views");
    for entries in life.entries[..first].chunks(1_000) {
        writer.fold(entries, true).expect("entries fold");
    }
    let commit = |entry: &Recorded| {
        writer.fold(std::slice::from_ref(entry), true).expect("entries fold");
        writer.last_commit_bytes()
    };
    life.entries[first..].iter().map(commit).sum()
}

#[test]
fn an_entry_writes_the_same_whatever_is_open() {
    for (name, make, measured) in SCENARIOS {
        let [few, many] = [1_000, 6_000].map(|open| written(&make(open), &measured()));
        // Lists grow until they are a pack, and are then put away: a page an entry at most, however many there are.
        assert!(many <= few + measured().len() * PACK_BYTES_MAX, "{name}: {few} bytes with 1 000 open, {many} with 6 000");
    }
}

#[test]
fn many_holds_are_told_as_they_were_at_every_position() {
    const SEED: u64 = 20_261_129;
    const PLACED: usize = 330;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |_| {}));
    life.posted(credit("rich".into(), "100000.00"));
    let mut day = date("2026-11-20");
    for n in 0..PLACED {
        life.event(hold(n, "10.00", n % 5 == 0));
        let before = random.random_range(0..=n);
        match random.random_range(0..12) {
            0..4 => life.event(about("hold_released", format!("u{n}"), json!({"hold": format!("H{before:06}")}))),
            4 => life.event(about("hold_released", format!("u{n}"), json!({"hold": format!("H{before:06}"), "amount": "4.00", "currency": "CNY"}))),
            5 => life.event(about("hold_seized", format!("z{n}"), json!({"hold": format!("H{before:06}"), "order": "o-1"}))),
            6 => {
                // A payout that comes back under the id of a hold, which may be closed.
                let id = format!("H{before:06}");
                life.event(about("payout_initiated", format!("o{n}"), json!({"payout": id, "amount": "1.00", "currency": "CNY"})));
                life.event(about("payout_paid", format!("p{n}"), json!({"payout": id})));
                life.event(about("payout_returned", format!("q{n}"), json!({"payout": id})))
            }
            _ => life.event(credit(format!("c{n}"), "1.00")),
        };
        if n % 110 == 109 {
            life.close(day);
            day = day.plus_days(1);
        }
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let mut writer = Writer::open(scratch.path(), &shared(), projections::folds::all).expect("views");
    let mut expected = Vec::new();
    for record in life.entries.chunk_by(|one, next| one.row.offset == next.row.offset) {
        writer.fold(record, true).expect("entries fold");
        let views = writer.views();
        expected.push((record[0].row.offset, balances(&shard(&views, &life.entries), &merchant("M1"), AsOf::Now).ok()));
    }
    let purses = |told: &Option<MerchantBalances>| told.clone().map(|told| told.purses).unwrap_or_default();
    let holds = |told: &Option<MerchantBalances>| purses(told).into_values().map(|purse| purse.holds).next().unwrap_or_default();
    let last = holds(&expected.last().expect("records").1);
    assert_eq!(last.first.len(), HOLDS_TOLD_MAX, "seed {SEED}: there are more than are told");
    assert!(last.rest().0 > 0 && last.rest().1 > 0, "seed {SEED}: {:?}", last.rest());
    let views = writer.views();
    let listed = merchants(&shard(&views, &life.entries), &MerchantQuery { limit: 1, ..MerchantQuery::default() }).expect("a list");
    assert_eq!(listed.first().map(|row| &row.purses), Some(&purses(&expected.last().expect("records").1)), "seed {SEED}: the list of merchants tells as many");
    for (position, expected) in &expected {
        let found = balances(&shard(&views, &life.entries), &merchant("M1"), AsOf::Position(*position)).ok();
        assert_eq!(purses(&found), purses(expected), "seed {SEED}: at {position}");
    }
}

#[test]
fn decoded_rows_stay_within_their_budget() {
    const BUDGET: usize = 4 << 20;
    let mut life = Life::opened("2026-11-20");
    for n in 0..4_000 {
        let name = format!("M{n}");
        life.posted(contract(&name, "c", |_| {}));
        let mut sale = about("sale", format!("s{n}"), json!({"payment": "P", "amount": "10.00", "currency": "CNY", "card": "debit", "scheme": "visa"}));
        sale["merchant"] = json!(name);
        life.posted(sale);
    }
    let shared = Shared::new(Settings { cache_bytes: 8 << 20, write_buffer_bytes: 8 << 20, row_cache_bytes: BUDGET, ..Settings::default() });
    let scratch = tempfile::tempdir().expect("a directory");
    let mut writer = Writer::open(scratch.path(), &shared, projections::folds::all).expect("views");
    let mut most = 0;
    for entries in life.entries.chunks(50) {
        writer.add(entries, true).expect("entries fold");
        if writer.is_full() {
            writer.commit().expect("room");
            most = most.max(shared.row_bytes_used());
        }
    }
    writer.commit().expect("room");
    assert!(most > BUDGET / 4 && most <= BUDGET, "{most} bytes of {BUDGET}");
}
