//! Exposure of the past is what was told then: a board of a moment equals the board that followed the views up to it.

#[path = "support/random.rs"]
mod random;
mod support;

use projections::answers::exposure::{Board, Exposure, ExposureKey, ExposureQuery, Parameters};
use projections::answers::{AsOf, Error, moment};
use schemas::contract::{Percent, Risk};
use schemas::event::EventType;
use std::collections::BTreeMap;
use support::*;

const SEEDS: std::ops::Range<u64> = 0..6;
const RECORDS: usize = 700;

fn query() -> ExposureQuery {
    let group_by = vec![ExposureKey::Merchant, ExposureKey::Holder, ExposureKey::Reason, ExposureKey::Age];
    ExposureQuery { group_by, ladder_by: vec![ExposureKey::Merchant, ExposureKey::Mcc], ..ExposureQuery::default() }
}

fn without_nothing(mut exposure: Exposure) -> Exposure {
    // What came to nothing, and what was not there yet, are told alike: not at all.
    exposure.scheme_receivable.retain(|_, amount| *amount != 0);
    exposure.retention.retain(|_, held| held.amount != 0 || !held.paid.is_empty());
    exposure.concentration.retain(|_, shares| shares.total() != 0);
    exposure
}

#[test]
fn a_past_moment_is_told_as_it_was_told_then() {
    for seed in SEEDS {
        let (life, scratch) = (random::life(seed, RECORDS), tempfile::tempdir().expect("a directory"));
        let mut then: BTreeMap<i64, Exposure> = BTreeMap::new();
        let mut closed = BTreeMap::new();
        // Every 29th record, and the last before each close, are told as they are.
        let mut board = Board::new(Parameters::default());
        for (at, entry) in life.entries.iter().enumerate() {
            let offset = entry.row.offset;
            let ends_record = life.entries.get(at + 1).is_none_or(|next| next.row.offset != offset);
            let next_closes = life.entries.get(at + 1).is_some_and(|next| next.row.event_type == Some(EventType::DayClosed));
            if !ends_record || !(offset % 29 == 0 || next_closes) {
                continue;
            }
            let views = fold_into(scratch.path(), &life.entries[..=at], 64).views();
            let seen = life.entries[..=at].to_vec();
            let shard = shard(&views, &seen);
            board.refresh(&shard).expect("readable");
            then.insert(offset, board.answer(&query()).expect("few rows"));
            if next_closes {
                closed.insert(shard.checkpoint().open.expect("opened"), offset);
            }
        }
        let views = fold_into(scratch.path(), &life.entries, 64).views();
        let shard = shard(&views, &life.entries);
        let past = |as_of: AsOf| {
            let moment = moment(&shard, as_of).expect("it was there");
            let board = match moment.closed {
                Some(_) => Board::past(&shard, &moment, Parameters::default()).expect("readable"),
                None => {
                    let mut now = Board::new(Parameters::default());
                    now.refresh(&shard).expect("readable");
                    now
                }
            };
            (board.position(), without_nothing(board.answer(&query()).expect("few rows")))
        };
        for (offset, told) in &then {
            assert_eq!(past(AsOf::Position(*offset)), (*offset, without_nothing(told.clone())), "seed {seed}, after record {offset}");
        }
        for (date, offset) in &closed {
            assert_eq!(past(AsOf::Date(*date)), (*offset, without_nothing(then[offset].clone())), "seed {seed}, {date}");
        }
        assert!(then.len() > 10 && !closed.is_empty(), "seed {seed}: something was compared");
        assert!(matches!(moment(&shard, AsOf::Date(date("2099-01-01"))), Err(Error::NotCaughtUp { .. })));
    }
}

#[test]
fn a_stress_test_holds_for_every_merchant_whatever_its_contract_says() {
    let life = random::life(3, RECORDS);
    let scratch = tempfile::tempdir().expect("a directory");
    let views = fold_into(scratch.path(), &life.entries, 64).views();
    let shard = shard(&views, &life.entries);
    let told = |parameters: Parameters| {
        let mut board = Board::new(parameters);
        board.refresh(&shard).expect("readable");
        let by_merchant = ExposureQuery { group_by: vec![ExposureKey::Merchant], ..ExposureQuery::default() };
        board.answer(&by_merchant).expect("few rows").liability
    };
    let stress = Risk { chargeback_percent: Some(Percent(20_000_000)), refund_days: Some(0), ..Risk::default() };
    let (usual, stressed) = (told(Parameters::default()), told(Parameters { stress: Some(stress), ..Parameters::default() }));
    let configured = told(Parameters { chargeback_percent: Percent(20_000_000), refund_days: 0, ..Parameters::default() });
    assert!(stressed.values().all(|(_, terms)| terms.refund == 0) && stressed.values().any(|(_, terms)| terms.chargeback > 0));
    assert!(usual != stressed && usual.values().any(|(_, terms)| terms.refund > 0));
    // No contract of these lives has parameters of its own, so a stress test is as a configuration.
    assert_eq!(stressed, configured);
}
