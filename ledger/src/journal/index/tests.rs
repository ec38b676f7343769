//! The two tables against a map in memory: whatever was committed in whatever portions is found, also after a restart.

use super::{RECENT_MAX, TABLES};
use crate::journal::{Commit, Journal, Settings, Shared, Sync, copy, same_state, verify};
use crate::source::{Changes, Source, Table};
use std::collections::BTreeMap;
use std::path::Path;

/// xorshift64*: the same keys in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// As small as recent keys get.
fn shared() -> Shared {
    Shared::new(Settings { shards: 1024, sync: Sync::Grouped(std::time::Duration::from_secs(3600)), ..Settings::default() })
}

fn open(directory: &Path) -> Journal {
    Journal::open(directory, &shared()).expect("what was left")
}

/// Ids as they are: some owned by many merchants.
fn key(dice: &mut Dice) -> Vec<u8> {
    let id = if dice.below(100) == 0 { format!("{}", dice.below(20)) } else { format!("{:026x}", dice.next()) };
    format!("{id}\0M{}", dice.below(500)).into_bytes()
}

/// Rows for both tables.
fn changes_of<'a>(rows: impl Iterator<Item = (&'a Vec<u8>, &'a Vec<u8>)>) -> Changes {
    let mut changes = Changes::default();
    rows.for_each(|(key, value)| TABLES.iter().for_each(|table| changes.put(*table, key, value)));
    changes
}

/// Commits rows to both tables in random portions; a tenth of them replace an earlier one.
fn fill(journal: &mut Journal, rows: &mut Rows, count: usize, dice: &mut Dice) {
    let mut left = count;
    let mut known: Vec<Vec<u8>> = rows.keys().step_by(97).cloned().collect();
    while left > 0 {
        let portion = (1 + dice.below(4000) as usize).min(left);
        left -= portion;
        let mut changed = Rows::new();
        for _ in 0..portion {
            let again = dice.below(10) == 0 && !known.is_empty();
            let key = if again { known[dice.below(known.len() as u64) as usize].clone() } else { key(dice) };
            changed.insert(key, dice.next().to_be_bytes()[..1 + dice.below(8) as usize].to_vec());
        }
        known.extend(changed.keys().step_by(31).cloned());
        let changes = changes_of(changed.iter());
        journal.commit(&Commit { changes: &changes, cursor: journal.cursor() + 1, last_record: None, is_part: false }).expect("room on the disk");
        rows.append(&mut changed);
    }
}

fn assert_holds(journal: &Journal, rows: &Rows, dice: &mut Dice) {
    let reader = journal.reader();
    for table in TABLES {
        for (key, value) in rows.iter().skip(dice.below(7) as usize).step_by(7) {
            assert_eq!(reader.get(table, key).expect("readable").as_ref(), Some(value), "{table:?} {}", String::from_utf8_lossy(key));
        }
        for _ in 0..5000 {
            let key = format!("{:025x}\0M1", dice.next());
            assert_eq!(reader.get(table, key.as_bytes()).expect("readable"), None);
        }
    }
    for id in 0..22 {
        let prefix = format!("{id}\0").into_bytes();
        let expected: Vec<_> =
            rows.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)).map(|(key, value)| (key.clone(), value.clone())).collect();
        let mut found = Vec::new();
        let mut visit = |key: &[u8], value: &[u8]| {
            found.push((key.to_vec(), value.to_vec()));
            true
        };
        reader.scan(Table::Ids, &prefix, &mut visit).expect("readable");
        assert_eq!(found, expected, "owners of id {id}");
    }
}

#[test]
fn what_was_committed_is_found_among_runs_and_after_restarts() {
    let seed = 0x5eed_0012;
    println!("seed {seed:#x}");
    let mut dice = Dice(seed);
    let directory = tempfile::tempdir().expect("a directory");
    let mut rows = Rows::new();
    let mut levels = 0;
    for _ in 0..5 {
        let mut journal = open(directory.path());
        fill(&mut journal, &mut rows, 2 * RECENT_MAX.start(), &mut dice);
        assert_holds(&journal, &rows, &mut dice);
        let reader = journal.reader();
        for (_, index) in reader.store().expect("a store").indexes() {
            let runs = index.runs();
            assert!(runs.len() <= 8, "{} runs", runs.len());
            levels = levels.max(runs.iter().map(|run| run.level).max().unwrap_or(0));
        }
        let report = verify(&reader.snapshot(), &mut |_| {}).expect("in order");
        assert!(report.state_rows >= 2 * rows.len() as u64);
        drop(reader);
        drop(journal);
        assert_holds(&open(directory.path()), &rows, &mut dice);
    }
    assert!(levels >= 1, "no runs were merged");
}

#[test]
fn the_same_rows_in_other_portions_are_the_same_state_and_a_copy_holds_them() {
    let seed = 0x5eed_0013;
    println!("seed {seed:#x}");
    let directories = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
    let [one, other, copied] = &directories;
    let mut dice = Dice(seed);
    let mut rows = Rows::new();
    let mut first = open(one.path());
    fill(&mut first, &mut rows, 3 * RECENT_MAX.start(), &mut dice);
    let mut second = open(other.path());
    let all: Vec<_> = rows.iter().rev().collect();
    for part in all.chunks(2500) {
        second
            .commit(&Commit { changes: &changes_of(part.iter().copied()), cursor: second.cursor() + 1, last_record: None, is_part: false })
            .expect("room on the disk");
    }
    assert_eq!(same_state(&first.reader(), &second.reader()).expect("readable"), []);
    let mut changed = Changes::default();
    changed.put(Table::Payments, rows.keys().next().expect("a key"), b"other");
    second.commit(&Commit { changes: &changed, cursor: second.cursor() + 1, last_record: None, is_part: false }).expect("room on the disk");
    let found = same_state(&first.reader(), &second.reader()).expect("readable");
    assert_eq!(found.iter().map(|difference| (difference.table, difference.changed)).collect::<Vec<_>>(), [(Table::Payments, 1)]);

    copy(&first.reader(), copied.path(), &shared()).expect("room on the disk");
    let mut copy = open(copied.path());
    assert_holds(&copy, &rows, &mut dice);
    // What was copied is merged like any run.
    fill(&mut copy, &mut rows, 6 * RECENT_MAX.start(), &mut dice);
    assert_holds(&copy, &rows, &mut dice);
    verify(&copy.reader().snapshot(), &mut |_| {}).expect("in order");
}
