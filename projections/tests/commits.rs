//! Where commits fall, and how large they are, changes no row.

#[path = "support/random.rs"]
mod random;
mod support;

use ledger::entry::Recorded;
use projections::folds;
use projections::views::Writer;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use support::*;

const SEEDS: std::ops::Range<u64> = 100..106;

/// Fails where the views of two writers differ in any row.
fn equal(one: &Writer, other: &Writer, what: &str) {
    let compared = one.comparisons(&other.views()).expect("readable");
    assert_eq!(compared.len(), folds::all().len(), "{what}");
    for (name, comparison) in compared {
        let differences = comparison.run(|| (), &AtomicBool::new(false)).expect("readable");
        assert!(differences.is_empty(), "{what}: {name}: {differences:?}");
    }
}

/// Adds entries in parts and commits in places that the seed chooses.
fn fold_at_random(directory: &Path, entries: &[Recorded], seed: u64) -> Writer {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut writer = Writer::open(directory, &shared(), folds::all).expect("a directory");
    let mut rest = entries;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rng.random_range(1..=120).min(rest.len()));
        writer.add(part, true).expect("entries of the ledger's own rules fold");
        if rng.random_range(0..3) == 0 {
            writer.commit().expect("written");
        }
        rest = after;
    }
    writer.commit().expect("written");
    writer
}

#[test]
fn a_commit_after_each_entry_and_commits_in_random_places_give_the_same_rows() {
    for seed in SEEDS {
        let life = random::life(seed, 700);
        let [one, other, third] = std::array::from_fn(|_| tempfile::tempdir().expect("a directory"));
        let each = fold_into(one.path(), &life.entries, 1);
        let random = fold_at_random(other.path(), &life.entries, seed);
        let whole = fold_into(third.path(), &life.entries, usize::MAX);
        equal(&each, &random, &format!("seed {seed}, random places"));
        equal(&each, &whole, &format!("seed {seed}, one commit"));
    }
}

#[test]
fn a_commit_of_very_many_rows_is_a_file_and_has_the_same_rows() {
    let mut life = Life::opened("2026-11-20");
    for shop in 0..300 {
        life.posted(contract(&format!("M{shop}"), &format!("c{shop}"), |_| {}));
    }
    for sale in 0..13_000 {
        if sale % 4_000 == 3_999 {
            life.close(date("2026-11-20").plus_days(sale / 4_000));
        }
        life.posted(json!({"id": format!("s{sale}"), "type": "sale", "merchant": format!("M{}", sale * 7 % 300), "terminal": format!("T{}", sale % 3),
            "payment": format!("P{sale}"), "customer": format!("k{}", sale % 1_000), "currency": "CNY", "amount": format!("{}.00", 10 + sale % 90),
            "card": "credit", "scheme": "unionpay", "entry_mode": "tap"}));
    }
    let files = |directory: &Path| {
        let files = std::fs::read_dir(directory).expect("a directory").flatten();
        files.filter(|file| file.path().extension().is_some_and(|extension| extension == "sst")).count()
    };
    let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let (first, rest) = life.entries.split_at(life.entries.len() - 50);
    let mut large = Writer::open(one.path(), &shared(), folds::all).expect("a directory");
    large.add(first, true).expect("folded");
    assert!(large.uncommitted_rows() > 65_536, "{}", large.uncommitted_rows());
    large.commit().expect("written");
    assert!(files(one.path()) > 0, "a file was taken in");
    assert!(!one.path().join("commit.incoming").exists());
    // Closed and opened again, it goes on where it was.
    drop(large);
    let mut large = Writer::open(one.path(), &shared(), folds::all).expect("a directory");
    assert_eq!(large.checkpoint().next_entry, first.len() as u64);
    large.fold(rest, true).expect("folded");
    equal(&large, &fold_into(other.path(), &life.entries, 500), "a file");
}
