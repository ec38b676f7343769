//! Events that were not booked, over random lives: lists, their pages and their sums are those of a plain recount of the entries.

#[path = "support/random.rs"]
mod random;
mod support;

use ledger::entry::{Outcome, Recorded};
use projections::answers::{
    GroupValue, UnbookedEvent, UnbookedKey, UnbookedQuery, UnbookedSums, Window, merge_unbooked, quarantine_owners, unbooked, unbooked_sums,
};
use projections::folds::events::Unbooked;
use schemas::event::{EventType, Subject};
use schemas::ids::EventId;
use schemas::time::Date;
use serde_json::json;
use std::collections::BTreeMap;
use support::*;

const SEEDS: std::ops::Range<u64> = 0..12;
const RECORDS: usize = 600;

fn code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused { code, .. } => code.as_str(),
        Outcome::Quarantined { code, .. } => code.as_str(),
        Outcome::Posted | Outcome::Duplicate { .. } | Outcome::Parked(_) => "",
    }
}

/// The last entry of each record that was not booked, by its offset.
fn recount(entries: &[Recorded]) -> BTreeMap<i64, &Recorded> {
    let mut last = BTreeMap::new();
    // A day close writes for merchants under its own record.
    for entry in entries.iter().filter(|entry| !(entry.row.event_type == Some(EventType::DayClosed) && matches!(entry.row.subject, Some(Subject::Merchant(_)))))
    {
        last.insert(entry.row.record, entry);
    }
    last.retain(|_, entry| entry.row.outcome != Outcome::Posted);
    last
}

fn fits(query: &UnbookedQuery, entry: &Recorded) -> bool {
    let row = &entry.row;
    let owner = match &row.subject {
        Some(Subject::Merchant(merchant)) => Some(merchant.as_str()),
        Some(Subject::House) => Some("@house"),
        Some(Subject::Partition) | None => None,
    };
    (query.outcomes.is_empty() || Unbooked::of(&row.outcome).is_some_and(|outcome| query.outcomes.contains(&outcome)))
        && query.owner.as_deref().is_none_or(|asked| owner == Some(asked))
        && query.event_type.is_none_or(|asked| row.event_type == Some(asked))
        && query.code.as_deref().is_none_or(|asked| code(&row.outcome) == asked)
        && (!query.money || row.event_type.is_some_and(EventType::tells_of_moved_money))
}

fn queries() -> Vec<UnbookedQuery> {
    let all = UnbookedQuery::default;
    vec![
        all(),
        UnbookedQuery { outcomes: vec![Unbooked::Refused], ..all() },
        UnbookedQuery { outcomes: vec![Unbooked::Parked, Unbooked::Duplicate], ..all() },
        UnbookedQuery { outcomes: vec![Unbooked::Quarantined], ..all() },
        UnbookedQuery { owner: Some("MA".to_owned()), ..all() },
        UnbookedQuery { owner: Some("MB".to_owned()), outcomes: vec![Unbooked::Refused], money: true, ..all() },
        UnbookedQuery { owner: Some("@house".to_owned()), ..all() },
        UnbookedQuery { event_type: Some(EventType::Refund), ..all() },
        UnbookedQuery { code: Some("not_open".to_owned()), ..all() },
        UnbookedQuery { money: true, ..all() },
        UnbookedQuery { owner: Some("nobody".to_owned()), ..all() },
    ]
}

#[test]
fn lists_pages_and_sums_are_those_of_a_plain_recount() {
    let mut listed = 0;
    for seed in SEEDS {
        println!("seed {seed}");
        let life = random::life(seed, RECORDS);
        let scratch = tempfile::tempdir().expect("a directory");
        let writer = fold_into(scratch.path(), &life.entries, 37);
        let views = writer.views();
        let shard = shard(&views, &life.entries);
        let recounted = recount(&life.entries);
        for query in queries() {
            for (from, to) in
                [(None, None), (Some(date("2026-11-23")), None), (None, Some(date("2026-11-24"))), (Some(date("2026-11-22")), Some(date("2026-11-22")))]
            {
                let within = |entry: &Recorded| from.is_none_or(|from| entry.row.date >= from) && to.is_none_or(|to| entry.row.date <= to);
                let mut expected: Vec<UnbookedEvent> = recounted
                    .iter()
                    .filter(|(_, entry)| fits(&query, entry) && within(entry))
                    .map(|(offset, entry)| UnbookedEvent { date: entry.row.date, partition: 0, offset: *offset, entry: entry.number })
                    .collect();
                expected.sort_by_key(|event| std::cmp::Reverse((event.date, event.offset)));
                let (mut told, mut window) = (Vec::new(), Window { from, to, limit: 7, cursor: None });
                loop {
                    let page = merge_unbooked(&window, [unbooked(&shard, &query, &window).expect("readable")]);
                    assert!(page.rows.len() <= 7);
                    told.extend(page.rows);
                    window.cursor = page.next;
                    if window.cursor.is_none() {
                        break;
                    }
                }
                assert_eq!(told, expected, "seed {seed}, {query:?}, {from:?} to {to:?}");
                listed += told.len();
                sums(&shard, &query, (from, to), &recounted, seed);
            }
        }
    }
    assert!(listed > 10_000, "{listed} rows were compared");
}

/// Sums by every key, and by none, are those of the recount.
fn sums(shard: &projections::answers::Shard, query: &UnbookedQuery, (from, to): (Option<Date>, Option<Date>), recounted: &BTreeMap<i64, &Recorded>, seed: u64) {
    for keys in [&[][..], &[UnbookedKey::Outcome, UnbookedKey::Code], &[UnbookedKey::Day], &[UnbookedKey::Type, UnbookedKey::Currency]] {
        let mut told = UnbookedSums::default();
        told.merge(unbooked_sums(shard, query, keys, (from, to)).expect("readable"));
        let told = told.finish().expect("few rows");
        let mut expected: BTreeMap<Vec<GroupValue>, (i64, i128)> = BTreeMap::new();
        let within = |entry: &Recorded| from.is_none_or(|from| entry.row.date >= from) && to.is_none_or(|to| entry.row.date <= to);
        for entry in recounted.values().filter(|entry| fits(query, entry) && within(entry)) {
            let row = &entry.row;
            let amount = row.note.told();
            let currency = amount.map(|(currency, _)| currency.code().to_owned());
            let key = told.keys.iter().map(|key| match key {
                UnbookedKey::Outcome => GroupValue::of(Unbooked::of(&row.outcome).map(Unbooked::as_str)),
                UnbookedKey::Code => GroupValue::of(Some(code(&row.outcome)).filter(|code| !code.is_empty())),
                UnbookedKey::Type => GroupValue::of(row.event_type.map(EventType::as_str)),
                UnbookedKey::Day => GroupValue::of(Some(row.date.to_string()).as_deref()),
                UnbookedKey::Currency => GroupValue::of(currency.as_deref()),
            });
            let sum = expected.entry(key.collect()).or_default();
            sum.0 += 1;
            sum.1 += amount.map_or(0, |(_, minor)| i128::from(minor));
        }
        let told: BTreeMap<_, _> = told.rows.into_iter().map(|(key, (_, sum))| (key, (sum.count, sum.amount))).collect();
        assert_eq!(told, expected, "seed {seed}, {query:?} by {keys:?}");
    }
}

#[test]
fn a_page_goes_on_over_partitions_and_stays_right_while_events_are_added() {
    // Two partitions with the same life; more is refused on both between two pages.
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let refuse = |life: &mut Life, id: &str| {
        life.event(json!({"id": id, "type": "refund", "merchant": "M1", "payment": "P2", "currency": "CNY", "amount": "9999.00"}));
    };
    (0..5).for_each(|n| refuse(&mut life, &format!("x{n}")));
    let ask = |life: &Life, name: &str, window: &Window| {
        let writer = fold_into(&scratch.path().join(name), &life.entries, 10);
        let views = writer.views();
        let shards = [0, 1].map(|partition| {
            let shard = projections::answers::Shard::new(partition, &views, &life.entries).expect("readable");
            unbooked(&shard, &UnbookedQuery::default(), window).expect("readable")
        });
        merge_unbooked(window, shards)
    };
    let all = ask(&life, "all", &Window::newest(100));
    assert_eq!(all.rows.iter().map(|row| row.partition).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], "one date, partition by partition");
    let first = ask(&life, "first", &Window::newest(3));
    (5..8).for_each(|n| refuse(&mut life, &format!("x{n}")));
    life.close(date("2026-11-23"));
    refuse(&mut life, "x8");
    let (mut rest, mut cursor) = (Vec::new(), first.next.clone());
    while let Some(at) = cursor {
        let page = ask(&life, &format!("rest{}", rest.len()), &Window { cursor: Some(at), ..Window::newest(3) });
        rest.extend(page.rows);
        cursor = page.next;
    }
    // What came later on a partition that was begun, or on a later date, is above the cursor; on the one that was not begun it is found.
    let seen: Vec<_> = first.rows.iter().chain(&rest).filter(|row| all.rows.contains(row)).copied().collect();
    assert_eq!(seen, all.rows, "each once, none lost");
}

#[test]
fn who_knows_an_id_that_was_set_aside_is_told_apart() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    for merchant in ["M2", "M1", "M2"] {
        life.event(json!({"id": "same", "type": "sale", "merchant": merchant, "payment": "P", "currency": "CNY", "amount": "1.234", "card": "debit", "scheme": "visa"}));
    }
    let writer = fold_into(scratch.path(), &life.entries, 10);
    let views = writer.views();
    let shard = shard(&views, &life.entries);
    let id = EventId::new("same").expect("an id");
    assert_eq!(quarantine_owners(&shard, &id, 9).expect("readable"), ["M1", "M2"]);
    assert_eq!(quarantine_owners(&shard, &id, 1).expect("readable"), ["M1"]);
    assert!(quarantine_owners(&shard, &EventId::new("other").expect("an id"), 9).expect("readable").is_empty());
}
