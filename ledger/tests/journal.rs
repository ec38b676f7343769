//! The journal as its readers see it: what was committed comes back, in whatever portions it was committed.

mod journal_support;

use journal_support::{Dice, plain, rows, shared};
use ledger::entry::{Outcome, Recorded, Row};
use ledger::journal::{Commit, Error, Hash, Journal, Origin, PAGE_ENTRIES_MAX, Reader, Sync, verify};
use ledger::log::{Code, Fingerprint};
use ledger::source::{Changes, Source, Table};
use std::path::Path;
use std::time::Duration;

const NEVER: Sync = Sync::Grouped(Duration::from_secs(3600));

/// Commits the rows `from..to`, with a row of state for each.
fn commit(journal: &mut Journal, rows: &[Row], to: usize) {
    let from = usize::try_from(journal.entries()).expect("small");
    let part = &rows[from..to];
    let mut changes = Changes::default();
    let last = part.last().map_or(0, |row| row.offset);
    for (at, row) in part.iter().enumerate() {
        changes.put(Table::Ids, &((from + at) as u64).to_be_bytes(), &row.offset.to_be_bytes());
        journal.push(row).expect("in order");
    }
    let commit = Commit { changes: &changes, cursor: last + 1, last_record: Some(Fingerprint { offset: last, hash: 7 }), is_part: false };
    let committed = journal.commit(&commit).expect("room on the disk");
    assert_eq!((committed.first_number, committed.entries, committed.cursor), (from as u64, to as u64, last + 1));
    assert_eq!(committed.head, journal.reader().head());
}

/// Commits all rows in portions of random sizes up to `most`.
fn fill(journal: &mut Journal, rows: &[Row], most: u64, dice: &mut Dice) {
    let mut to = usize::try_from(journal.entries()).expect("small");
    while to < rows.len() {
        to = (to + 1 + usize::try_from(dice.below(most)).expect("small")).min(rows.len());
        commit(journal, rows, to);
    }
}

fn assert_holds(reader: &Reader, rows: &[Row]) {
    let mut read: Vec<Recorded> = Vec::new();
    while read.len() < rows.len() {
        let page = reader.entries(read.len() as u64, 100).expect("readable");
        assert!(!page.is_empty() && page.len() <= 100);
        read.extend(page);
    }
    assert_eq!(reader.count(), rows.len() as u64);
    for (number, (entry, row)) in read.iter().zip(rows).enumerate() {
        assert_eq!((entry.number, &entry.row), (number as u64, row));
    }
}

fn head_of(directory: &Path, rows: &[Row], most: u64, dice: &mut Dice) -> Hash {
    let mut journal = Journal::open(directory, &shared(NEVER)).expect("a new directory");
    fill(&mut journal, rows, most, dice);
    journal.reader().head()
}

#[test]
fn equal_rows_in_any_portions_have_equal_heads() {
    let seed = 0x5eed_0001;
    println!("seed {seed:#x}");
    let mut dice = Dice(seed);
    let rows = rows(1000, &mut dice);
    let whole = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(whole.path(), &shared(NEVER)).expect("a new directory");
    commit(&mut journal, &rows, rows.len());
    let reader = journal.reader();
    assert_holds(&reader, &rows);
    for most in [1, 3, 63, 64, 65, 200] {
        let other = tempfile::tempdir().expect("a directory");
        assert_eq!(head_of(other.path(), &rows, most, &mut dice), reader.head(), "portions up to {most}");
    }
    // The chain up to fewer entries is the head of a journal that has no more than those.
    let snapshot = reader.snapshot();
    for count in [0usize, 1, 63, 64, 65, 128, 500, 1000] {
        let other = tempfile::tempdir().expect("a directory");
        let head = head_of(other.path(), &rows[..count], 64, &mut dice);
        assert_eq!(snapshot.head_at(count as u64).expect("readable"), Some(head), "{count} entries");
    }
    assert_eq!(snapshot.head_at(1001).expect("readable"), None);
}

#[test]
fn one_changed_row_changes_the_head() {
    let mut dice = Dice(2);
    let mut rows = rows(200, &mut dice);
    let one = tempfile::tempdir().expect("a directory");
    let other = tempfile::tempdir().expect("a directory");
    let head = head_of(one.path(), &rows, 50, &mut dice);
    rows[17].outcome = Outcome::Refused { code: ledger::entry::RefusalCode::NotOpen, detail: String::new() };
    rows[17].lines.clear();
    assert_ne!(head_of(other.path(), &rows, 50, &mut dice), head);
}

#[test]
fn entries_are_read_one_by_one_and_in_bounded_pages() {
    let rows = rows(300, &mut Dice(3));
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("a new directory");
    commit(&mut journal, &rows, 100);
    let before = journal.reader().snapshot();
    commit(&mut journal, &rows, 300);
    let reader = journal.reader();
    for number in [0u64, 1, 63, 64, 191, 255, 256, 299] {
        let entry = reader.entry(number).expect("readable").expect("there");
        assert_eq!((entry.number, &entry.row), (number, &rows[usize::try_from(number).expect("small")]));
    }
    assert_eq!(reader.entry(300).expect("readable"), None);
    assert_eq!(reader.entries(300, 10).expect("readable"), []);
    assert_eq!(reader.entries(290, usize::MAX).expect("readable").len(), 10);
    assert_eq!(reader.entries(0, 0).expect("readable"), []);
    const { assert!(PAGE_ENTRIES_MAX >= 300) };
    // A snapshot goes on saying what it said, also of the block that was not full then.
    assert_eq!((before.count(), before.entry(100).expect("readable")), (100, None));
    assert_eq!(before.entries(90, 50).expect("readable").len(), 10);
    assert_eq!(before.entry(99).expect("readable").map(|entry| entry.row), Some(rows[99].clone()));
}

#[test]
fn an_empty_journal_answers() {
    let directory = tempfile::tempdir().expect("a directory");
    let journal = Journal::open(directory.path(), &shared(Sync::EachCommit)).expect("a new directory");
    let reader = journal.reader();
    assert_eq!((reader.count(), reader.cursor(), reader.head()), (0, 0, Hash::from_bytes([0; 32])));
    assert_eq!(reader.entry(0).expect("readable"), None);
    let report = verify(&reader.snapshot(), &mut |_| {}).expect("in order");
    assert_eq!((report.entries, report.blocks, report.state_rows), (0, 0, 0));
}

#[test]
fn what_was_committed_is_there_after_a_restart_and_after_a_crash() {
    let seed = 0x5eed_0004;
    println!("seed {seed:#x}");
    let mut dice = Dice(seed);
    let rows = rows(700, &mut dice);
    let whole = tempfile::tempdir().expect("a directory");
    let head = head_of(whole.path(), &rows, 700, &mut dice);

    let mut directory = tempfile::tempdir().expect("a directory");
    for to in [1, 63, 64, 65, 130, 400, 699, 700] {
        let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("what was left");
        commit(&mut journal, &rows, to);
        // What a killed process leaves: the files as they are, nothing flushed or closed.
        let crashed = tempfile::tempdir().expect("a directory");
        copy(directory.path(), crashed.path());
        drop(journal);
        let left = Journal::open(crashed.path(), &shared(NEVER)).expect("what a crash left");
        assert_eq!(left.entries(), to as u64);
        assert_eq!(left.cursor(), rows[to - 1].offset + 1);
        assert_eq!(left.last_record(), Some(Fingerprint { offset: rows[to - 1].offset, hash: 7 }));
        assert_holds(&left.reader(), &rows[..to]);
        let state = left.reader().get(Table::Ids, &((to - 1) as u64).to_be_bytes()).expect("readable");
        assert_eq!(state, Some(rows[to - 1].offset.to_be_bytes().to_vec()));
        if to % 2 == 1 {
            drop(left);
            directory = crashed;
        }
    }
    let journal = Journal::open(directory.path(), &shared(NEVER)).expect("what was left");
    assert_eq!(journal.reader().head(), head);
    assert_eq!(verify(&journal.reader().snapshot(), &mut |_| {}).expect("in order").head, head);
}

/// Copies the files of a directory as they are at one moment, but for the lock. The store works on in the background, and removes
/// files that it has put together: a copy during which a file came or went is begun again.
fn copy(from: &Path, to: &Path) {
    let files = || {
        let entries = std::fs::read_dir(from).expect("a directory").map(|entry| entry.expect("an entry"));
        let seen = entries.map(|entry| (entry.file_name(), entry.metadata().map(|metadata| (metadata.len(), metadata.modified().ok())).ok()));
        let mut seen: Vec<_> = seen.filter(|(name, _)| name != "LOCK").collect();
        seen.sort();
        seen
    };
    for _ in 0..1000 {
        let before = files();
        let is_copied = before.iter().all(|(name, _)| std::fs::copy(from.join(name), to.join(name)).is_ok());
        if is_copied && files() == before {
            return;
        }
        for entry in std::fs::read_dir(to).expect("a directory").flatten() {
            std::fs::remove_file(entry.path()).expect("ours");
        }
    }
    panic!("{} does not come to rest", from.display());
}

#[test]
fn a_log_of_writes_that_is_cut_off_loses_whole_commits_only() {
    let rows = rows(300, &mut Dice(5));
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("a new directory");
    let heads: Vec<Hash> = (1..=3)
        .map(|hundred| {
            commit(&mut journal, &rows, hundred * 100);
            journal.reader().head()
        })
        .collect();
    let crashed = tempfile::tempdir().expect("a directory");
    copy(directory.path(), crashed.path());
    let wal = std::fs::read_dir(crashed.path())
        .expect("a directory")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .max_by_key(|path| path.metadata().map_or(0, |metadata| metadata.len()))
        .expect("a log of writes");
    // A power cut tears the last write: the commit before it stands, whole.
    let length = wal.metadata().expect("a file").len();
    std::fs::File::options().write(true).open(&wal).and_then(|file| file.set_len(length - 1000)).expect("writable");
    let mut left = Journal::open(crashed.path(), &shared(NEVER)).expect("what a power cut left");
    assert_eq!((left.entries(), left.reader().head()), (200, heads[1]));
    assert_eq!(left.reader().get(Table::Ids, &250u64.to_be_bytes()).expect("readable"), None);
    commit(&mut left, &rows, 300);
    assert_eq!(left.reader().head(), heads[2]);
}

#[test]
fn a_commit_out_of_order_writes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("a new directory");
    let posted = |offset| plain(offset, Outcome::Posted);
    let rows = [posted(4), posted(5)];
    let add = |journal: &mut Journal, rows: &[Row], changes: &Changes, cursor| {
        rows.iter().try_for_each(|row| journal.push(row))?;
        journal.commit(&Commit { changes, cursor, last_record: None, is_part: false })
    };
    add(&mut journal, &rows, &Changes::default(), 6).expect("in order");
    let head = journal.reader().head();
    let mut change = Changes::default();
    change.put(Table::Merchants, b"M1", &[1]);
    let beyond = [posted(9)];
    let before = [posted(3)];
    let falling = [posted(8), posted(7)];
    for (rows, cursor) in [(&beyond[..], 9), (&before[..], 7), (&falling[..], 9), (&[][..], 5)] {
        let answer = add(&mut journal, rows, &change, cursor);
        assert!(matches!(answer, Err(Error::OutOfOrder(_))), "{answer:?}");
    }
    assert_eq!((journal.reader().count(), journal.reader().cursor(), journal.reader().head()), (2, 6, head));
    assert_eq!(journal.reader().get(Table::Merchants, b"M1").expect("readable"), None);
}

#[test]
fn tables_of_state_are_kept_apart_and_scanned_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("a new directory");
    let mut changes = Changes::default();
    Table::ALL.iter().for_each(|table| changes.put(*table, b"same", &[*table as u8]));
    for (key, value) in [(&b"b2"[..], &b"2"[..]), (b"b1", b"1"), (b"c", b"3"), (&[b'b', 0xff], b"last")] {
        changes.put(Table::Park, key, value);
    }
    changes.put(Table::Partition, b"", b"one");
    journal.commit(&Commit { changes: &changes, cursor: 0, last_record: None, is_part: false }).expect("room");
    let reader = journal.reader();
    for table in Table::ALL {
        assert_eq!(reader.get(table, b"same").expect("readable"), Some(vec![table as u8]), "{table:?}");
    }
    assert_eq!(reader.get(Table::Partition, b"").expect("readable"), Some(b"one".to_vec()));
    let scan = |prefix: &[u8], most: usize| {
        let mut found = Vec::new();
        let visit = &mut |key: &[u8], value: &[u8]| {
            found.push((key.to_vec(), value.to_vec()));
            found.len() < most
        };
        reader.scan(Table::Park, prefix, visit).expect("readable");
        found.into_iter().map(|(_, value)| String::from_utf8_lossy(&value).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(scan(b"b", 10), ["1", "2", "last"]);
    assert_eq!(scan(b"b", 2), ["1", "2"]);
    assert_eq!(scan(b"", 10).len(), 5);
    assert_eq!(scan(b"x", 10), [""; 0]);

    let mut removal = Changes::default();
    removal.remove(Table::Park, b"b1");
    journal.commit(&Commit { changes: &removal, cursor: 0, last_record: None, is_part: false }).expect("room");
    assert_eq!(reader.get(Table::Park, b"b1").expect("readable"), None);
}

#[test]
fn a_directory_has_one_writer_and_any_number_of_readers() {
    let rows = rows(100, &mut Dice(8));
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("a new directory");
    commit(&mut journal, &rows, 100);
    let second = Journal::open(directory.path(), &shared(NEVER));
    assert!(matches!(second, Err(Error::Locked(_))), "{:?}", second.err());
    let beside = Reader::open_read_only(directory.path(), &shared(NEVER)).expect("readable meanwhile");
    assert_holds(&beside, &rows);
    assert_eq!(verify(&beside.snapshot(), &mut |_| {}).expect("in order").entries, 100);

    // A reader keeps the directory; with the last one it is free.
    let reader = journal.reader();
    drop((journal, beside));
    assert_holds(&reader, &rows);
    drop(reader);
    Journal::open(directory.path(), &shared(NEVER)).expect("free again");
}

#[test]
fn a_backup_is_a_journal_of_its_own() {
    let rows = rows(500, &mut Dice(10));
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(&directory.path().join("journal"), &shared(NEVER)).expect("a new directory");
    commit(&mut journal, &rows, 300);
    let head = journal.reader().head();
    let backup = directory.path().join("backup");
    journal.reader().backup(&backup).expect("room");
    commit(&mut journal, &rows, 500);
    let mut restored = Journal::open(&backup, &shared(NEVER)).expect("the backup");
    assert_eq!((restored.entries(), restored.reader().head()), (300, head));
    commit(&mut restored, &rows, 500);
    assert_eq!(restored.reader().head(), journal.reader().head());
    assert!(journal.reader().backup(&backup).is_err(), "nothing is written over");
}

#[test]
fn the_log_it_was_folded_from_is_written_down_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let origin = Origin { partition: 3, partitions: 12, identity: "id:a".into() };
    let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("a new directory");
    assert_eq!(journal.origin(), None);
    journal.bind(origin.clone()).expect("room");
    assert!(matches!(journal.bind(Origin { partitions: 6, ..origin.clone() }), Err(Error::Misplaced(_))));
    drop(journal);
    let journal = Journal::open(directory.path(), &shared(NEVER)).expect("what was left");
    assert_eq!(journal.origin(), Some(&origin));
    assert_eq!(journal.reader().origin().expect("readable"), Some(origin));
}

#[test]
fn a_flipped_byte_in_a_file_is_found() {
    let rows = rows(2000, &mut Dice(9));
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(directory.path(), &shared(NEVER)).expect("a new directory");
    commit(&mut journal, &rows, 2000);
    drop(journal);
    // Opening again moves the log of writes into tables, which are what lies on the disk for years.
    drop(Journal::open(directory.path(), &shared(NEVER)).expect("what was left"));
    let table = std::fs::read_dir(directory.path())
        .expect("a directory")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sst"))
        .max_by_key(|path| path.metadata().map_or(0, |metadata| metadata.len()))
        .expect("a table file");
    let mut bytes = std::fs::read(&table).expect("readable");
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    std::fs::write(&table, bytes).expect("writable");
    let reader = Reader::open_read_only(directory.path(), &shared(NEVER)).expect("the ends are whole");
    let mut progress = Vec::new();
    let error = verify(&reader.snapshot(), &mut |entries| progress.push(entries)).expect_err("one bit is wrong");
    assert!(matches!(error, Error::Corrupt(_)), "{error}");
    assert_eq!(error.code(), Code::Corrupt);
    assert!(progress.last().is_none_or(|entries| *entries < 2000), "{progress:?}");
}
