//! Tables: what a fold sees of its own changes, what a reader sees, and what a crash leaves.

mod support;

use ledger::entry::Recorded;
use projections::folds::numbers::Lists;
use projections::folds::reference;
use projections::views::{Error, Factory, Id, Key as _, Order, Projection, Rows, Table, Within, Writer};
use support::*;

const ID: Id = Id::new(30, "probe", 1);
const ROWS: Table<(u8, u16), u64> = Table::new(ID, 0);
const SEEN: Table<u64, Vec<(u16, u64)>> = Table::new(ID, 1);
const LISTS: Lists<u8> = Lists { heads: Table::new(ID, 2), packs: Table::new(ID, 3) };

/// Writes, removes and scans by the entry's number; what it saw is a row.
struct Probe;

impl Projection for Probe {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let number = entry.number;
        let key = u16::try_from(number * 7 % 13).unwrap_or(0);
        *rows.row(&ROWS, (1, key))? += 1;
        rows.put(&ROWS, (2, key), number)?;
        rows.remove(&ROWS, (1, key / 2))?;
        assert_eq!(rows.get(&ROWS, (1, key / 2))?, None, "a removed row is gone at once");
        LISTS.push(rows, 9, number)?;
        let order = if number.is_multiple_of(2) { Order::Ascending } else { Order::Descending };
        let mut seen = Vec::new();
        rows.scan(&ROWS, &1u8, order, |(_, key), value| {
            seen.push((key, *value));
            seen.len() < 5
        })?;
        rows.put(&SEEN, number, seen)
    }
}

/// Rows that begin, and what then becomes of them within the same commit or after it: by the entry's number, see [`fate`].
const BEGUN: Table<u64, u64> = Table::new(ID, 4).passing();

struct Begins;

/// What entry `number` makes of row `number / 6`: it begins with 1, after somebody looked for it in vain or not; then it is read,
/// changed, replaced, removed and begun again, or some of that.
fn fate(number: u64, row: Option<u64>) -> Option<u64> {
    let chosen = (number / 6) % 7;
    match number % 6 {
        0 => Some(1),
        step if step > chosen => row,
        1 => row,
        2 => row.map(|value| value + 10),
        3 => Some(number),
        4 => None,
        _ => Some(1),
    }
}

impl Projection for Begins {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let (number, key) = (entry.number, entry.number / 6);
        match number % 6 {
            0 => {
                if key.is_multiple_of(3) {
                    assert_eq!(rows.get(&BEGUN, key)?, None);
                }
                rows.begin(&BEGUN, key, 1)
            }
            step if step > key % 7 => Ok(()),
            1 => {
                assert_eq!(rows.get(&BEGUN, key)?, Some(&1));
                Ok(())
            }
            2 => {
                *rows.row(&BEGUN, key)? += 10;
                Ok(())
            }
            3 => rows.put(&BEGUN, key, number),
            4 => rows.remove(&BEGUN, key),
            _ => rows.begin(&BEGUN, key, 1),
        }
    }
}

#[test]
fn rows_that_begin_are_as_others_whatever_was_committed() {
    let life = worked_example();
    let entries: Vec<Recorded> = (0..600).map(|number| Recorded { number, row: life.entries[0].row.clone() }).collect();
    let mut expected = std::collections::BTreeMap::new();
    for number in 0..600 {
        let key = number / 6;
        match fate(number, expected.get(&key).copied()) {
            Some(value) => expected.insert(key, value),
            None => expected.remove(&key),
        };
    }
    assert!(expected.len() < 100 && expected.values().any(|value| *value == 11), "some are gone, some were changed");
    for batch in [1, 4, 6, 9, 600] {
        let scratch = tempfile::tempdir().expect("a directory");
        let mut writer = writer(scratch.path(), || vec![Box::new(reference::Reference::default()), Box::new(Begins)]);
        entries.chunks(batch).for_each(|batch| {
            writer.fold(batch, true).expect("foldable");
        });
        let views = writer.views();
        let snapshot = views.snapshot().expect("readable");
        let rows = snapshot.scan(&BEGUN, &(), Order::Ascending).expect("readable").map(|row| row.expect("decodable")).collect();
        assert_eq!(expected, rows, "batches of {batch}");
    }
}

fn make() -> Vec<Box<dyn Projection>> {
    vec![Box::new(reference::Reference::default()), Box::new(Probe)]
}

fn writer(directory: &std::path::Path, make: Factory) -> Writer {
    Writer::open(directory, &shared(), make).expect("a directory")
}

#[test]
fn a_fold_sees_its_own_changes_whatever_was_committed() {
    let life = worked_example();
    let entries: Vec<Recorded> = (0..600).map(|number| Recorded { number, row: life.entries[0].row.clone() }).collect();
    // The same by hand.
    let mut rows = std::collections::BTreeMap::new();
    let mut expected = Vec::new();
    for number in 0..600u64 {
        let key = (number * 7 % 13) as u16;
        *rows.entry(key).or_insert(0) += 1;
        rows.remove(&(key / 2));
        let mut seen: Vec<(u16, u64)> = rows.iter().map(|(key, value)| (*key, *value)).collect();
        if number % 2 != 0 {
            seen.reverse();
        }
        seen.truncate(5);
        expected.push(seen);
    }
    for batch in [1, 9, 600] {
        let scratch = tempfile::tempdir().expect("a directory");
        let mut writer = writer(scratch.path(), make);
        entries.chunks(batch).for_each(|batch| {
            writer.fold(batch, true).expect("foldable");
        });
        let views = writer.views();
        let snapshot = views.snapshot().expect("readable");
        let seen: Vec<_> = snapshot.scan(&SEEN, &(), Order::Ascending).expect("readable").map(|row| row.expect("decodable").1).collect();
        assert_eq!(seen, expected, "batches of {batch}");

        let mut listed = Vec::new();
        LISTS
            .newest_first(&snapshot, &9, 100..590, |number| {
                listed.push(number);
                Ok(listed.len() < 400)
            })
            .expect("readable");
        assert_eq!(listed, (190..590).rev().collect::<Vec<u64>>());
    }
}

#[test]
fn ranges_and_the_last_row_until_a_key() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let entries: Vec<Recorded> = (0..13).map(|number| Recorded { number, row: life.entries[0].row.clone() }).collect();
    let mut writer = writer(scratch.path(), make);
    writer.fold(&entries, true).expect("foldable");
    let views = writer.views();
    let snapshot = views.snapshot().expect("readable");
    let keys =
        |within: Within, order| -> Vec<u16> { snapshot.range(&ROWS, &2u8, within, order).expect("readable").map(|row| row.expect("decodable").0.1).collect() };
    assert_eq!(keys(Within::default(), Order::Ascending), (0..13).collect::<Vec<_>>());
    let within = Within { from: Some((2u8, 3u16).bytes()), below: Some((2u8, 7u16).bytes()) };
    assert_eq!(keys(within.clone(), Order::Ascending), [3, 4, 5, 6]);
    assert_eq!(keys(within, Order::Descending), [6, 5, 4, 3]);
    assert!(keys(Within { from: Some((2u8, 7u16).bytes()), below: Some((2u8, 3u16).bytes()) }, Order::Descending).is_empty());
    let last = |key: u16| snapshot.last_until(&ROWS, &2u8, &(2, key)).expect("readable").map(|((_, key), _)| key);
    assert_eq!((last(5), last(99)), (Some(5), Some(12)));
    assert_eq!(snapshot.last_until(&ROWS, &3u8, &(3, 5)).expect("readable"), None, "another prefix is another table's business");
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let mut writer = fold_into(scratch.path(), &life.entries[..3], 1);
    let views = writer.views();
    let before = views.snapshot().expect("readable");
    writer.fold(&life.entries[3..], true).expect("foldable");
    assert_eq!((before.checkpoint().next_entry, before.checkpoint().position), (3, 2));
    assert_eq!(before.get(&reference::DAY, &()).expect("readable").and_then(|day| day.open), Some(date("2026-11-20")));
    let after = views.snapshot().expect("readable");
    assert_eq!((after.checkpoint().next_entry, after.checkpoint().open), (life.entries.len() as u64, Some(date("2026-11-23"))));
}

#[test]
fn a_crash_leaves_rows_and_checkpoint_of_one_commit() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let (whole, crashed) = (scratch.path().join("whole"), scratch.path().join("crashed"));
    let mut writer = fold_into(&whole, &life.entries[..6], 2);
    // A copy of the files while they are open is what the end of the process leaves.
    std::fs::create_dir(&crashed).expect("a directory");
    for file in std::fs::read_dir(&whole).expect("readable") {
        let file = file.expect("readable");
        if file.file_name() != "LOCK" {
            std::fs::copy(file.path(), crashed.join(file.file_name())).expect("a copy");
        }
    }
    writer.fold(&life.entries[6..], true).expect("foldable");
    let again = fold_into(&crashed, &life.entries, 3);
    for (name, comparison) in again.comparisons(&writer.views()).expect("readable") {
        let differences = comparison.run(|| (), &std::sync::atomic::AtomicBool::new(false)).expect("readable");
        assert!(differences.is_empty(), "{name}: {differences:?}");
    }
}

#[test]
fn entries_come_in_order_or_not_at_all() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let mut writer = fold_into(scratch.path(), &life.entries[..3], 1);
    assert!(matches!(writer.fold(&life.entries[4..], true), Err(Error::Entries(_))));
}
