//! A record of very many entries, such as the close of a day, is committed in parts. Whoever reads meanwhile sees what lay before it: one
//! position has one set of figures.

mod support;

use ledger::entry::Recorded;
use projections::answers::lists::{Entries as EntryList, Filter, ListQuery, Payments};
use projections::answers::{AccountKeyName, AccountQuery, AsOf, Shard, accounts, balances, moment};
use projections::folds;
use projections::folds::merchants::MERCHANTS;
use projections::follower::{Config, Entries, Follower};
use projections::views::{Error, Order, Settings, Shared, Views, Writer};
use schemas::ids::MerchantId;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use support::*;

const MERCHANTS_OF_LIFE: usize = 40;
const SOON: Duration = Duration::from_secs(30);

/// A sale of each merchant, up to the close that makes it available; and how many entries lie before that close.
fn life() -> (Life, usize) {
    let mut life = Life::opened("2026-11-20");
    for merchant in 0..MERCHANTS_OF_LIFE {
        let merchant = format!("M{merchant:02}");
        life.posted(contract(&merchant, &format!("c-{merchant}"), |contract| {
            contract["settlement"] = json!({"delay_days": 1, "days": "natural"});
        }));
        life.posted(json!({"id": format!("s-{merchant}"), "type": "sale", "merchant": merchant, "terminal": "T1", "payment": format!("P-{merchant}"),
            "currency": "CNY", "amount": "100.00", "card": "debit", "scheme": "unionpay"}));
    }
    for day in 0..3 {
        let before = life.entries.len();
        life.close(date("2026-11-20").plus_days(day));
        if life.entries.len() - before > MERCHANTS_OF_LIFE {
            return (life, before);
        }
    }
    panic!("a close has an entry of each merchant");
}

fn merchant_of(number: usize) -> MerchantId {
    merchant(&format!("M{number:02}"))
}

/// What a position says of money, by whatever moment it is asked for.
fn money(shard: &Shard<'_>, as_of: AsOf) -> Vec<String> {
    let by = AccountQuery { group_by: vec![AccountKeyName::Code, AccountKeyName::Merchant], filters: Vec::new(), limited: false };
    let rows = accounts(shard, &by, as_of).expect("readable").0.rows;
    let booked = rows.iter().filter(|(_, (_, sums))| sums.balance() != 0).map(|(key, (_, sums))| format!("{key:?}: {}", sums.balance()));
    let purses = (0..MERCHANTS_OF_LIFE).map(|number| format!("{:?}", balances(shard, &merchant_of(number), as_of).expect("known").purses));
    booked.chain(purses).collect()
}

/// What is told now: also what has no past.
fn now(shard: &Shard<'_>) -> Vec<String> {
    let query = ListQuery { from: None, to: None, limit: 1000, cursor: None, filter: Filter::default() };
    let mut told = money(shard, AsOf::Now);
    told.push(format!("{:?} {:?}", shard.checkpoint(), moment(shard, AsOf::Now)));
    told.push(format!("{:?}", page(shard, EntryList, &query)));
    told.push(format!("{:?}", page(shard, Payments::default(), &query)));
    for order in [Order::Ascending, Order::Descending] {
        let rows: Vec<_> = shard.snapshot.scan(&MERCHANTS, &(), order).expect("readable").map(|row| row.expect("readable")).collect();
        told.push(format!("{rows:?}"));
    }
    told
}

fn told(views: &Views, entries: &[Recorded]) -> Vec<String> {
    let entries = entries.to_vec();
    now(&shard(views, &entries))
}

#[test]
fn a_position_has_the_same_figures_before_inside_and_after_a_large_record() {
    let ((life, before), scratch) = (life(), tempfile::tempdir().expect("a directory"));
    let mut writer = fold_into(scratch.path(), &life.entries[..before], 50);
    let (views, at) = (writer.views(), writer.checkpoint());
    let position = AsOf::Position(at.position);
    let (first, money_then) = (told(&views, &life.entries), money(&shard(&views, &life.entries), position));
    // Who has begun to read goes on, too.
    let begun = shard(&views, &life.entries);
    let (last, parts) = life.entries[before..].split_last().expect("a close");
    for part in parts.chunks(7) {
        writer.fold(part, false).expect("written");
        assert!(!writer.checkpoint().is_whole() && writer.checkpoint().next_entry > at.next_entry, "it is committed in parts");
        assert_eq!(writer.seen(), Some(at));
        assert!(told(&views, &life.entries) == first, "after {} of its entries", writer.checkpoint().next_entry);
        assert!(money(&shard(&views, &life.entries), position) == money_then);
        assert!(now(&begun) == first);
    }
    let meanwhile = shard(&views, &life.entries);
    writer.fold(std::slice::from_ref(last), true).expect("written");
    assert!(now(&meanwhile) == first, "what is read was taken before");
    drop(meanwhile);
    assert!(writer.checkpoint().is_whole() && writer.seen() == Some(writer.checkpoint()));
    assert!(told(&views, &life.entries) != first, "and now it is closed");
    assert!(money(&shard(&views, &life.entries), position) == money_then, "its position says what it said");
    drop(begun);

    // What was kept of the database is let go of: whoever closes it can open it again.
    drop((views, writer));
    let writer = Writer::open(scratch.path(), &shared(), folds::all).expect("nobody has it open");
    assert_eq!(writer.checkpoint().next_entry, life.entries.len() as u64);
}

#[test]
fn what_fails_in_the_middle_goes_on_and_nobody_sees_it() {
    let ((life, before), scratch) = (life(), tempfile::tempdir().expect("a directory"));
    let mut writer = fold_into(scratch.path(), &life.entries[..before], 50);
    let (views, at) = (writer.views(), writer.checkpoint());
    let first = told(&views, &life.entries);
    writer.fold(&life.entries[before..before + 5], false).expect("written");
    writer.add(&life.entries[before + 5..before + 9], false).expect("folded");
    writer.resume().expect("readable");
    assert_eq!((writer.checkpoint().next_entry, writer.seen()), (before as u64 + 5, Some(at)));
    assert!(told(&views, &life.entries) == first);
    writer.fold(&life.entries[before + 5..], true).expect("written");
    assert!(told(&views, &life.entries) != first);
}

/// A journal whose last record is still being written: of all its entries there are `count`, and of its records those up to `passed`.
struct Writing {
    all: Vec<Recorded>,
    count: AtomicU64,
    /// Whether the journal has passed the last record, once all its entries are there.
    is_ended: AtomicBool,
    passed: i64,
}

impl Writing {
    fn of(life: &Life, count: usize) -> Arc<Self> {
        Arc::new(Self { all: life.entries.clone(), count: AtomicU64::new(count as u64), is_ended: AtomicBool::new(true), passed: life.offset - 2 })
    }

    /// The last record is written to its end.
    fn is_whole(&self) -> bool {
        self.is_ended.load(Ordering::SeqCst) && self.count.load(Ordering::SeqCst) == self.all.len() as u64
    }
}

impl Entries for Writing {
    fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        let left = usize::try_from(self.count().saturating_sub(from)).expect("few");
        self.all.read(from, limit.min(left))
    }
    fn passed(&self) -> Option<(u64, i64)> {
        Some((self.count(), self.passed + i64::from(self.is_whole())))
    }
}

fn follow(directory: &Path, entries: &Arc<Writing>) -> Follower {
    let (entries, make) = (Arc::clone(entries) as Arc<dyn Entries>, folds::all);
    let config = Config { partition: 7, directory: directory.to_owned(), entries, make, feed: None, notify: None, large: None };
    // Room for all rows: memory asks for no commit within the record.
    let roomy = Shared::new(Settings { cache_bytes: 8 << 20, write_buffer_bytes: 8 << 20, ..Settings::default() });
    Follower::spawn(config, &roomy).expect("a directory")
}

#[test]
fn a_follower_shows_a_large_record_once_it_is_whole() {
    let ((life, before), scratch) = (life(), tempfile::tempdir().expect("a directory"));
    let whole = tempfile::tempdir().expect("a directory");
    let first = told(&fold_into(whole.path(), &life.entries[..before], 50).views(), &life.entries);
    let journal = Writing::of(&life, before + 20);
    let follower = follow(scratch.path(), &journal);
    assert!(follower.wait_for_entries(before as u64, SOON));
    assert_eq!((follower.progress().checkpoint.next_entry, follower.progress().settled), (before as u64, false), "the rest of the record is to come");
    assert!(told(&follower.views().expect("shown"), &life.entries) == first);
    assert!(!follower.wait_for(journal.passed + 1, Duration::from_millis(20)));
    drop(follower);
    // Stopped in the middle, they can be read at once when they are opened again.
    let writer = Writer::open(scratch.path(), &shared(), folds::all).expect("closed before");
    assert_eq!(writer.seen().map(|seen| seen.next_entry), Some(before as u64));
    drop(writer);

    let follower = follow(scratch.path(), &journal);
    journal.count.store(life.entries.len() as u64, Ordering::SeqCst);
    follower.wake();
    assert!(follower.wait_for(journal.passed + 1, SOON));
    let progress = follower.progress();
    assert_eq!((progress.checkpoint.next_entry, progress.settled), (life.entries.len() as u64, true));
    assert!(told(&follower.views().expect("shown"), &life.entries) != first);
}

#[test]
fn views_that_were_killed_in_the_middle_are_read_once_the_record_is_whole() {
    let ((life, before), scratch) = (life(), tempfile::tempdir().expect("a directory"));
    let mut writer = fold_into(scratch.path(), &life.entries[..before], 50);
    writer.fold(&life.entries[before..before + 20], false).expect("written");
    drop(writer);
    let journal = Writing::of(&life, before + 20);
    let follower = follow(scratch.path(), &journal);
    assert!(follower.views().is_none(), "what lay before the record is nowhere any more");
    let progress = follower.progress();
    assert_eq!((progress.checkpoint.next_entry, progress.checkpoint.position, progress.settled), (0, journal.passed, false));
    journal.count.store(life.entries.len() as u64, Ordering::SeqCst);
    follower.wake();
    assert!(follower.wait_for(journal.passed + 1, SOON));
    let at = shard(&follower.views().expect("shown"), &life.entries).checkpoint();
    assert_eq!(at.next_entry, life.entries.len() as u64);
}

#[test]
fn a_record_whose_last_part_has_no_entries_is_shown_once_the_journal_has_passed_it() {
    let ((life, before), scratch) = (life(), tempfile::tempdir().expect("a directory"));
    let journal = Writing::of(&life, life.entries.len());
    journal.is_ended.store(false, Ordering::SeqCst);
    let follower = follow(scratch.path(), &journal);
    assert!(follower.wait_for_entries(before as u64, SOON));
    assert!(!follower.wait_for_entries(before as u64 + 1, Duration::from_millis(200)), "more of it may come");
    journal.is_ended.store(true, Ordering::SeqCst);
    follower.wake();
    assert!(follower.wait_for(journal.passed + 1, SOON));
    let at = shard(&follower.views().expect("shown"), &life.entries).checkpoint();
    assert_eq!(at.next_entry, life.entries.len() as u64);
}
