//! What RocksDB would take for whole: values that somebody wrote over with others. The chain notices.

use super::FORMAT_VERSION;
use super::block::{link, open, seal};
use super::store::{PROGRESS_KEY, Store};
use super::{Commit, Error, Journal, ROWS_PER_BLOCK, Reader, Settings, Shared, verify};
use crate::entry::{Outcome, RefusalCode, Row};
use crate::source::Changes;
use schemas::time::Date;

const ENTRIES: usize = 200;

fn row(offset: i64) -> Row {
    Row::of(offset, offset, Date::from_days(20_000), Outcome::Refused { code: RefusalCode::NotOpen, detail: format!("the reason of {offset}") })
}

fn shared() -> Shared {
    Shared::new(Settings { cache_bytes: 1 << 20, write_buffer_bytes: 8 << 20, ..Settings::default() })
}

/// A journal of some blocks, changed behind its back.
fn tampered(change: impl FnOnce(&Store)) -> (tempfile::TempDir, Result<Journal, Error>) {
    let directory = tempfile::tempdir().expect("a directory");
    let rows: Vec<Row> = (0..).take(ENTRIES).map(row).collect();
    let mut journal = Journal::open(directory.path(), &shared()).expect("a new directory");
    rows.iter().try_for_each(|row| journal.push(row)).expect("in order");
    journal.commit(&Commit { changes: &Changes::default(), cursor: 1000, last_record: None, is_part: false }).expect("room");
    change(&journal.reader().store().expect("a store"));
    drop(journal);
    let opened = Journal::open(directory.path(), &shared());
    (directory, opened)
}

fn block(store: &Store, number: u64) -> Vec<u8> {
    store.db.get_cf(store.blocks().expect("blocks"), number.to_be_bytes()).expect("readable").expect("there")
}

fn put(store: &Store, number: u64, value: &[u8]) {
    store.db.put_cf(store.blocks().expect("blocks"), number.to_be_bytes(), value).expect("room");
}

fn walk(reader: &Reader) -> String {
    verify(&reader.snapshot(), &mut |_| {}).expect_err("something was changed").to_string()
}

#[test]
fn an_untouched_journal_is_in_order() {
    let (_directory, journal) = tampered(|_| {});
    let report = verify(&journal.expect("whole").reader().snapshot(), &mut |_| {}).expect("in order");
    assert_eq!((report.entries, report.blocks), (ENTRIES as u64, 4));
}

#[test]
fn a_changed_byte_is_found_when_it_is_read_and_by_a_walk() {
    let (_directory, journal) = tampered(|store| {
        let mut value = block(store, 1);
        value[100] ^= 1;
        put(store, 1, &value);
    });
    let reader = journal.expect("the ends are whole").reader();
    assert!(matches!(reader.entry(ROWS_PER_BLOCK + 3), Err(Error::Corrupt(_))));
    assert!(reader.entry(3).expect("another block").is_some());
    assert!(walk(&reader).contains("block 1 is not what was written"));
}

#[test]
fn a_block_that_was_sealed_again_breaks_the_chain() {
    let (_directory, journal) = tampered(|store| {
        let value = block(store, 1);
        let sealed = open(1, &value).expect("whole");
        // A forger who knows the layout: another reason, a right check.
        let forged = String::from_utf8_lossy(sealed.packed).into_owned();
        assert!(forged.contains("the reason of 70"));
        let at = sealed.packed.windows(16).position(|bytes| bytes == b"the reason of 70").expect("there");
        let mut packed = sealed.packed.to_vec();
        packed[at + 15] = b'1';
        put(store, 1, &seal(&sealed.previous, &packed, &link(&sealed.previous, &packed)));
    });
    assert!(walk(&journal.expect("the ends are whole").reader()).contains("block 2 is not linked"));
}

#[test]
fn a_missing_block_and_one_too_many_are_found() {
    let (_directory, journal) = tampered(|store| store.db.delete_cf(store.blocks().expect("blocks"), 1u64.to_be_bytes()).expect("room"));
    let reader = journal.expect("the ends are whole").reader();
    assert!(matches!(reader.entries(0, ENTRIES), Err(Error::Corrupt(_))));
    assert!(walk(&reader).contains("block 1 is missing"));

    let (_directory, journal) = tampered(|store| put(store, 3, &block(store, 2)));
    assert!(matches!(journal, Err(Error::Corrupt(_))));
    let (_directory, journal) = tampered(|store| put(store, 2, &block(store, 1)));
    assert!(matches!(journal, Err(Error::Corrupt(_))), "the last full block is checked on opening");
}

#[test]
fn a_progress_row_that_counts_wrong_is_not_opened() {
    for cut in [1, 20] {
        let (_directory, journal) = tampered(|store| {
            let bytes = store.db.get(PROGRESS_KEY).expect("readable").expect("there");
            store.db.put(PROGRESS_KEY, &bytes[..bytes.len() - cut]).expect("room");
        });
        assert!(matches!(journal, Err(Error::Corrupt(_))));
    }
}

#[test]
fn another_format_is_refused_by_name() {
    let (_directory, journal) = tampered(|store| store.db.put(b"format", (FORMAT_VERSION + 1).to_be_bytes()).expect("room"));
    assert!(matches!(journal, Err(Error::Format { found, known: FORMAT_VERSION }) if found == FORMAT_VERSION + 1));
}
