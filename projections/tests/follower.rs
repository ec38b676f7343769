//! The follower: keeps up, stops and goes on, rebuilds beside live traffic, verifies.

#[path = "support/random.rs"]
mod random;
mod support;

use ledger::entry::Recorded;
use ledger::shard::Large;
use projections::folds;
use projections::follower::{Config, Entries, Follower, HOLD_MAX, verify};
use projections::views::{Error, Factory, Id, Projection, Rows, Table, Writer};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::*;

const SOON: Duration = Duration::from_secs(30);

/// A journal that grows: what is beyond `count` has not been written yet.
struct Growing {
    all: Vec<Recorded>,
    count: AtomicU64,
}

impl Growing {
    fn new(all: Vec<Recorded>, count: usize) -> Arc<Self> {
        Arc::new(Self { all, count: AtomicU64::new(count as u64) })
    }
}

impl Entries for Growing {
    fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        let left = usize::try_from(self.count().saturating_sub(from)).expect("few");
        self.all.read(from, limit.min(left))
    }
}

fn follow(directory: &Path, entries: &Arc<Growing>, make: Factory) -> Follower {
    let config =
        Config { partition: 7, directory: directory.to_owned(), entries: Arc::clone(entries) as Arc<dyn Entries>, make, feed: None, notify: None, large: None };
    Follower::spawn(config, &shared()).expect("a directory")
}

/// Whether the views in a directory are what a fresh fold makes of the entries.
fn is_right(directory: &Path, entries: &[Recorded], make: Factory) -> bool {
    let scratch = tempfile::tempdir().expect("a directory");
    let writer = Writer::open(directory, &shared(), make).expect("closed before");
    assert_eq!(writer.checkpoint().next_entry, entries.len() as u64);
    let found = verify(&writer.views(), &entries.to_vec(), scratch.path(), &shared(), make, &mut |_, _| true).expect("readable");
    assert!(found.len() > 5 && found.iter().map(|(_, differences)| differences.rows).sum::<u64>() > 100);
    found.iter().all(|(_, differences)| differences.is_empty())
}

#[test]
fn it_follows_batches_gaps_and_restarts() {
    let (life, scratch) = (random::life(41, 700), tempfile::tempdir().expect("a directory"));
    let total = life.entries.len();
    let journal = Growing::new(life.entries.clone(), total / 3);
    let follower = follow(scratch.path(), &journal, folds::all);
    assert!(follower.wait_for_entries(total as u64 / 3, SOON));
    // A batch that was missed: the next one shows a gap, and the journal has what is missing. Commits end with records.
    let whole = |at: &usize| life.entries[*at].row.offset != life.entries[*at - 1].row.offset;
    let middle = (total / 2..).find(whole).expect("records");
    let end = (middle + 10..).find(whole).expect("records");
    journal.count.store(end as u64, Ordering::SeqCst);
    follower.offer(life.entries[middle..end].into());
    assert!(follower.wait_for_entries(end as u64, SOON));
    follower.stop();
    assert!(!follower.wait_for_entries(total as u64, Duration::from_millis(10)));
    // The directory is locked while anybody reads it.
    drop(follower);

    journal.count.store(total as u64, Ordering::SeqCst);
    let again = follow(scratch.path(), &journal, folds::all);
    assert!(again.wait_for(life.offset - 1, SOON), "{:?}", again.progress());
    assert_eq!(again.progress().checkpoint.next_entry, total as u64);
    drop(again);
    assert!(is_right(scratch.path(), &life.entries, folds::all));
}

#[test]
fn a_feed_is_followed_without_reading_the_journal() {
    let (life, scratch) = (random::life(42, 300), tempfile::tempdir().expect("a directory"));
    // The journal tells nothing, so all must come from the feed.
    let (sender, feed) = sync_channel(2);
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let config = Config {
        partition: 0,
        directory: scratch.path().to_owned(),
        entries: Growing::new(life.entries.clone(), 0),
        make: folds::all,
        feed: Some(feed),
        notify: Some(Box::new(move |progress| listener.lock().expect("whole").push(progress.checkpoint.position))),
        large: None,
    };
    let follower = Follower::spawn(config, &shared()).expect("a directory");
    for batch in life.entries.chunk_by(|a, b| a.row.offset == b.row.offset) {
        sender.send(batch.into()).expect("somebody listens");
    }
    assert!(follower.wait_for(life.offset - 1, SOON));
    // Whoever waits may be quicker than whoever is told; a thread that has ended has told everything.
    follower.stop();
    let told = told.lock().expect("whole");
    assert!(told.is_sorted() && told.last() == Some(&(life.offset - 1)));
}

#[test]
fn it_holds_back_while_a_large_record_is_folded_and_never_for_good() {
    let (life, scratch) = (random::life(44, 700), tempfile::tempdir().expect("a directory"));
    let (total, large) = (life.entries.len() as u64, Arc::new(Large::of(2)));
    let journal = Growing::new(life.entries.clone(), 10);
    let following = |name: &str| Config {
        partition: 7,
        directory: scratch.path().join(name),
        entries: Arc::clone(&journal) as Arc<dyn Entries>,
        make: folds::all,
        feed: None,
        notify: None,
        large: Some(Arc::clone(&large)),
    };
    let expected = large.expect();
    let begun = Instant::now();
    let follower = Follower::spawn(following("one"), &shared()).expect("a directory");
    assert!(follower.wait_for_entries(10, SOON), "who has little to do goes on");
    journal.count.store(total, Ordering::SeqCst);
    follower.wake();
    std::thread::sleep(Duration::from_millis(100));
    let reached = follower.progress().checkpoint.next_entry;
    assert!(reached == 10 || begun.elapsed() >= HOLD_MAX, "{reached} of {total}");
    assert!(follower.wait_for_entries(total, SOON), "a large record that never ends holds nobody back for good");
    assert!(begun.elapsed() >= HOLD_MAX, "it held back");
    drop((follower, expected));
    assert!(is_right(&scratch.path().join("one"), &life.entries, folds::all));

    // A stop waits for nothing, and once the record is folded it goes on.
    let expected = large.expect();
    let follower = Follower::spawn(following("two"), &shared()).expect("a directory");
    follower.stop();
    let follower = Follower::spawn(following("three"), &shared()).expect("a directory");
    drop(expected);
    assert!(follower.wait_for_entries(total, SOON));
}

#[test]
fn it_can_be_held_where_it_is() {
    let (life, scratch) = (random::life(45, 300), tempfile::tempdir().expect("a directory"));
    let (total, (sender, feed)) = (life.entries.len(), sync_channel(2));
    let journal = Growing::new(life.entries.clone(), 0);
    let entries = Arc::clone(&journal) as Arc<dyn Entries>;
    let config = Config { partition: 0, directory: scratch.path().to_owned(), entries, make: folds::all, feed: Some(feed), notify: None, large: None };
    let follower = Follower::spawn(config, &shared()).expect("a directory");
    let held = (follower.hold(), follower.hold());
    journal.count.store(total as u64, Ordering::SeqCst);
    sender.send(life.entries.clone().into()).expect("somebody listens");
    follower.offer(life.entries.clone().into());
    drop(held.0);
    assert!(!follower.wait_for_entries(1, Duration::from_millis(200)));
    drop(held.1);
    assert!(follower.wait_for_entries(total as u64, SOON));
}

#[test]
fn without_its_directory_everything_is_folded_again() {
    let (life, scratch) = (random::life(43, 300), tempfile::tempdir().expect("a directory"));
    let directory = scratch.path().join("views");
    let journal = Growing::new(life.entries.clone(), life.entries.len());
    for _ in 0..2 {
        let follower = follow(&directory, &journal, folds::all);
        assert!(follower.wait_for_entries(life.entries.len() as u64, SOON));
        drop(follower);
        assert!(is_right(&directory, &life.entries, folds::all));
        std::fs::remove_dir_all(&directory).expect("removable");
    }
}

#[test]
fn a_rebuild_takes_its_place_while_live_traffic_goes_on() {
    let (life, scratch) = (random::life(44, 900), tempfile::tempdir().expect("a directory"));
    let total = life.entries.len() as u64;
    let journal = Growing::new(life.entries.clone(), life.entries.len() / 2);
    let follower = follow(scratch.path(), &journal, folds::all);
    assert!(follower.wait_for_entries(total / 2, SOON));
    let before = follower.views().expect("open").catalogue().expect("readable");
    let steps = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&steps);
    let done = follower.rebuild("balances", Box::new(move |_| *counted.lock().expect("whole") += 1)).expect("known");
    journal.count.store(total, Ordering::SeqCst);
    follower.wake();
    let differences = done.recv_timeout(SOON).expect("it ends").expect("it succeeds");
    assert!(differences.is_empty() && differences.rows > 0, "{differences:?}");
    assert!(*steps.lock().expect("whole") > 0);
    let after = follower.views().expect("open").catalogue().expect("readable");
    let generation =
        |catalogue: &projections::views::Catalogue, name: &str| catalogue.live.copies.iter().find(|copy| copy.name == name).map(|copy| copy.generation);
    assert_ne!(generation(&before, "balances"), generation(&after, "balances"));
    assert_eq!(generation(&before, "accounts"), generation(&after, "accounts"));
    assert!(matches!(follower.rebuild("nothing", Box::new(|_| ())).expect("asked").recv_timeout(SOON), Ok(Err(Error::Unknown(_)))));
    assert!(follower.wait_for_entries(total, SOON));
    drop(follower);
    assert!(is_right(scratch.path(), &life.entries, folds::all));
}

#[test]
fn a_rebuild_that_was_interrupted_goes_on() {
    let (life, scratch) = (random::life(45, 300), tempfile::tempdir().expect("a directory"));
    let mut writer = fold_into(scratch.path(), &life.entries, 100);
    writer.start_rebuild("objects").expect("known");
    writer.fold_building(&life.entries[..50], true).expect("foldable");
    assert!(writer.comparison().is_none() && !writer.swap().expect("writable"), "not before it has caught up");
    assert!(matches!(writer.start_rebuild("balances"), Err(Error::Busy(_))));
    drop(writer);
    let writer = Writer::open(scratch.path(), &shared(), folds::all).expect("a directory");
    assert_eq!(writer.building().map(|(_, at)| at.next_entry), Some(50));
    assert!(writer.missing().is_empty(), "the one that it is to replace answers");
    drop(writer);
    let follower = follow(scratch.path(), &Growing::new(life.entries.clone(), life.entries.len()), folds::all);
    assert!(follower.wait_for_building(SOON));
    drop(follower);
    assert!(is_right(scratch.path(), &life.entries, folds::all));
}

/// A projection that is not among the others yet: how many entries there were by offset parity.
struct Parity<const VERSION: u32>;
const PARITY: Table<u8, u64> = Table::new(Id::new(31, "parity", 1), 0);
const PARITY_2: Table<u8, u64> = Table::new(Id::new(31, "parity", 2), 0);

impl<const VERSION: u32> Projection for Parity<VERSION> {
    fn id(&self) -> Id {
        Id::new(31, "parity", VERSION)
    }
    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let parity = u8::from(entry.row.offset % 2 != 0);
        if VERSION == 1 {
            *rows.row(&PARITY, parity)? += 1
        } else {
            *rows.row(&PARITY_2, parity)? += 100
        }
        Ok(())
    }
}

fn with_parity() -> Vec<Box<dyn Projection>> {
    let mut all = folds::all();
    all.push(Box::new(Parity::<1>));
    all
}

fn with_parity_2() -> Vec<Box<dyn Projection>> {
    let mut all = folds::all();
    all.push(Box::new(Parity::<2>));
    all
}

#[test]
fn a_new_projection_and_a_new_version_catch_up_by_themselves() {
    let (life, scratch) = (random::life(46, 300), tempfile::tempdir().expect("a directory"));
    let total = life.entries.len() as u64;
    drop(fold_into(scratch.path(), &life.entries, 100));
    let journal = Growing::new(life.entries.clone(), life.entries.len());
    for (make, factor) in [(with_parity as Factory, 1), (with_parity_2, 100)] {
        {
            let writer = Writer::open(scratch.path(), &shared(), make).expect("a directory");
            let views = writer.views();
            let early = views.snapshot().expect("readable");
            let row = if factor == 1 { early.get(&PARITY, &0) } else { early.get(&PARITY_2, &0) };
            assert!(matches!(row, Err(Error::NotReady(_))), "it is being folded");
            assert_eq!(writer.missing(), ["parity"], "the others answer");
        }
        let follower = follow(scratch.path(), &journal, make);
        assert!(follower.wait_for_building(SOON));
        let views = follower.views().expect("open");
        let snapshot = views.snapshot().expect("readable");
        let sum: u64 =
            (0..2).map(|parity| if factor == 1 { snapshot.get(&PARITY, &parity) } else { snapshot.get(&PARITY_2, &parity) }.expect("live").unwrap_or(0)).sum();
        assert_eq!(sum, total * factor);
    }
    // A program that does not know it drops it.
    let writer = Writer::open(scratch.path(), &shared(), folds::all).expect("a directory");
    assert!(writer.views().catalogue().expect("readable").live.copies.iter().all(|copy| copy.name != "parity"));
}

/// As `balances`, but wrong: what it folds differs from the live rows.
struct Tampered;

impl Projection for Tampered {
    fn id(&self) -> Id {
        folds::merchants::ID
    }
    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let before = entry.number;
        folds::merchants::Merchants.fold(entry, rows)?;
        if let ledger::entry::Note::Contract { .. } = entry.row.note
            && let Some(schemas::event::Subject::Merchant(merchant)) = &entry.row.subject
            && let Some(row) = rows.row(&folds::merchants::MERCHANTS, merchant.clone())?
        {
            row.name = format!("tampered {before}");
        }
        Ok(())
    }
}

fn tampered() -> Vec<Box<dyn Projection>> {
    let mut all: Vec<Box<dyn Projection>> = folds::all().into_iter().filter(|projection| projection.id() != folds::merchants::ID).collect();
    all.push(Box::new(Tampered));
    all
}

#[test]
fn rows_that_were_tampered_with_are_found_and_replaced() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let mut writer = Writer::open(scratch.path(), &shared(), tampered).expect("a directory");
    writer.fold(&life.entries, true).expect("foldable");
    let views = writer.views();
    let other = tempfile::tempdir().expect("a directory");
    let found = verify(&views, &life.entries, other.path(), &shared(), folds::all, &mut |_, _| true).expect("readable");
    let differing: Vec<_> =
        found.iter().filter(|(_, differences)| !differences.is_empty()).map(|(name, differences)| (name.as_str(), differences.changed)).collect();
    assert_eq!(differing, [("merchants", 1)]);
    drop((views, writer));

    let follower = follow(scratch.path(), &Growing::new(life.entries.clone(), life.entries.len()), folds::all);
    let differences = follower.rebuild("merchants", Box::new(|_| ())).expect("known").recv_timeout(SOON).expect("it ends").expect("it succeeds");
    assert_eq!((differences.changed, differences.examples.len()), (1, 1));
    let views = follower.views().expect("open");
    let snapshot = views.snapshot().expect("readable");
    let row = snapshot.get(&folds::merchants::MERCHANTS, &merchant("M1")).expect("readable").flatten().expect("known");
    assert_eq!(row.name, "Lao Wang Noodles");
}

#[test]
fn an_entry_that_cannot_be_folded_halts_the_views_and_says_so() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let broken = life.entries.iter_mut().rev().find(|entry| !entry.row.lines.is_empty()).expect("a line");
    broken.row.subject = None;
    let follower = follow(scratch.path(), &Growing::new(life.entries.clone(), life.entries.len()), folds::all);
    assert!(!follower.wait_for(life.offset - 1, SOON));
    let halted = follower.progress().halted.expect("halted");
    assert!(matches!(halted, Error::Fold { projection: "accounts", .. }), "{halted}");
}

/// Entries with a chain, as a journal has one.
struct Chained(Vec<Recorded>);

impl Entries for Chained {
    fn count(&self) -> u64 {
        self.0.len() as u64
    }
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        self.0.read(from, limit)
    }
    fn head_at(&self, entries: u64) -> Result<Option<[u8; 32]>, Error> {
        let mut chain = blake3::Hasher::new();
        for entry in self.0.iter().take(usize::try_from(entries).expect("few")) {
            chain.update(&ledger::journal::row_bytes(&entry.row).expect("writable"));
        }
        Ok(Some(*chain.finalize().as_bytes()))
    }
}

fn chained(directory: &Path, entries: Vec<Recorded>) -> Follower {
    let entries = Arc::new(Chained(entries));
    let config = Config { partition: 7, directory: directory.to_owned(), entries, make: folds::all, feed: None, notify: None, large: None };
    Follower::spawn(config, &shared()).expect("a thread")
}

/// What a directory has once a follower of these entries is done with it, how often that folded it anew, and why.
fn settled(directory: &Path, entries: &[Recorded]) -> u64 {
    let follower = chained(directory, entries.to_vec());
    assert!(follower.wait_for_entries(entries.len() as u64, SOON), "{:?}", follower.progress());
    let progress = follower.progress();
    assert!(progress.settled && progress.halted.is_none() && progress.anew.is_none(), "{progress:?}");
    follower.stop();
    drop(follower);
    assert!(is_right(directory, entries, folds::all));
    progress.anew_count
}

#[test]
fn views_of_another_journal_or_ahead_of_it_are_folded_anew() {
    let (life, scratch) = (random::life(77, 700), tempfile::tempdir().expect("a directory"));
    let all = &life.entries;
    assert_eq!(settled(scratch.path(), all), 0);
    assert_eq!(settled(scratch.path(), all), 0, "they are of this journal");
    // An entry far before the end is another one; the last one, by which they were told before, is the same.
    let mut other = all.clone();
    let changed = other.iter().position(|entry| entry.row.event.is_some()).expect("an event");
    other[changed].row.event = schemas::ids::EventId::new("another");
    assert_eq!(settled(scratch.path(), &other), 1);
    // The journal lost its end.
    let shorter = &other[..other.len() / 2];
    assert_eq!(settled(scratch.path(), shorter), 1);
    assert_eq!(settled(scratch.path(), &other), 0);
}

#[test]
fn damage_folds_the_views_anew_at_the_start_and_while_they_are_read() {
    let (life, scratch) = (random::life(78, 700), tempfile::tempdir().expect("a directory"));
    assert_eq!(settled(scratch.path(), &life.entries), 0);
    std::fs::write(scratch.path().join("CURRENT"), "no manifest\n").expect("writable");
    assert_eq!(settled(scratch.path(), &life.entries), 1);

    for file in std::fs::read_dir(scratch.path()).expect("a directory").flatten().map(|file| file.path()) {
        if file.extension().is_some_and(|extension| extension == "sst") {
            let mut bytes = std::fs::read(&file).expect("readable");
            let half = bytes.len() / 2;
            bytes[..half].fill(0xa5);
            std::fs::write(&file, bytes).expect("writable");
        }
    }
    let follower = chained(scratch.path(), life.entries.clone());
    let damaged = || {
        let Some(views) = follower.views() else { return true };
        let read = views.snapshot().and_then(|snapshot| {
            let rows = snapshot.scan(&folds::reference::CONTRACTS, &(), projections::views::Order::Ascending)?;
            rows.collect::<Result<Vec<_>, _>>().map(drop)
        });
        read.is_err()
    };
    let deadline = std::time::Instant::now() + SOON;
    while follower.progress().anew_count == 0 || !follower.progress().settled {
        // Damage is found by who reads.
        let found = damaged();
        assert!(std::time::Instant::now() < deadline, "found: {found}; {:?}", follower.progress());
        std::thread::yield_now();
    }
    assert!(!damaged());
    follower.stop();
    drop(follower);
    assert!(is_right(scratch.path(), &life.entries, folds::all));
}
