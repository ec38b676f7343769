//! A shard over a simulated log: whatever the log does and however often the shard is started, the head is the same.

mod journal_support;

use journal_support::{Dice, plain, shared};
use ledger::entry::{Outcome, Row};
use ledger::journal::{Hash, Sync, verify};
use ledger::log::embedded::Embedded;
use ledger::log::simulated::{Faults, Simulated};
use ledger::log::{Append, Code, Log, Record, Watermarks};
use ledger::shard::{Bounds, Config, Folding, Handle, Notice, OnCommit, State, Status, spawn, spawn_with};
use ledger::source::{Changes, Error, Source, Table};
use schemas::time::Date;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fold that keeps a sum of all bytes: its rows depend on every record before, as those of the rules do.
struct Sums {
    entries: u64,
    sum: u64,
}

impl Folding for Sums {
    fn open(_partition: u32, _partitions: u32, source: &dyn Source) -> Result<Self, Error> {
        let kept = source.get(Table::Partition, &[])?.unwrap_or_default();
        let number = |at: usize| kept.get(at..at + 8).map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().expect("eight bytes")));
        Ok(Self { entries: number(0), sum: number(8) })
    }

    fn record(&mut self, _source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<(), Error> {
        if value == b"broken" {
            return Err(Error("a broken row of state".into()));
        }
        assert_ne!(value, b"panic", "a record that the fold cannot bear");
        self.sum = value.iter().fold(self.sum.wrapping_add(offset.unsigned_abs()), |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        // Some records leave several entries.
        for _ in 0..=self.sum % 3 {
            let detail = format!("{:016x}", self.sum);
            rows.push(plain(offset, Outcome::Refused { code: ledger::entry::RefusalCode::NotOpen, detail }));
            self.entries += 1;
        }
        Ok(())
    }

    fn changes(&mut self, changes: &mut Changes) -> Result<(), Error> {
        changes.put(Table::Partition, &[], &[self.entries.to_be_bytes(), self.sum.to_be_bytes()].concat());
        Ok(())
    }

    fn next_entry(&self) -> u64 {
        self.entries
    }

    fn open_date(&self) -> Option<Date> {
        None
    }
}

fn append(log: &Simulated, values: impl IntoIterator<Item = Vec<u8>>) -> i64 {
    let records = values.into_iter().map(|value| Append { partition: 0, key: Some(b"M1".to_vec()), value }).collect();
    log.append(records).expect("reachable").pop().expect("at least one record")
}

fn values(count: usize, dice: &mut Dice) -> Vec<Vec<u8>> {
    (0..count).map(|_| (0..dice.below(40)).map(|_| dice.below(256) as u8).collect()).collect()
}

fn silent() -> OnCommit {
    Arc::new(|_: &Notice| {})
}

fn config(data: &Path, bounds: Bounds) -> Config {
    Config { data: data.to_path_buf(), partition: 0, bounds, state_bytes: ledger::shard::STATE_BYTES_DEFAULT, large: Arc::default() }
}

fn sums(data: &Path, log: &Simulated, bounds: Bounds) -> Handle {
    spawn_with::<Sums>(config(data, bounds), Arc::new(log.clone()), &shared(Sync::Grouped(Duration::from_secs(1))), silent()).expect("free")
}

fn small(records: usize) -> Bounds {
    Bounds { records, linger: Duration::ZERO, ..Bounds::default() }
}

/// Waits until the status is as wanted.
fn until(shard: &Handle, wanted: impl Fn(&Status) -> bool) -> Status {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = shard.status();
        if wanted(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{status:?}");
        std::thread::yield_now();
        // Nothing tells of a state that is not a commit; an offset that never comes is a wait of bounded length.
        shard.wait_for(i64::MAX, Duration::from_millis(5));
    }
}

fn halted(shard: &Handle, code: Code) -> Status {
    until(shard, |status| status.state == State::Halted && status.code == Some(code))
}

fn head_after(data: &Path, log: &Simulated, bounds: Bounds, last: i64) -> (u64, Hash) {
    let shard = sums(data, log, bounds);
    assert!(shard.wait_for(last, PATIENCE), "{:?}", shard.status());
    let reader = shard.reader().expect("open");
    shard.stop();
    let report = verify(&reader.snapshot(), &mut |_| {}).expect("in order");
    assert_eq!((report.head, report.entries), (reader.head(), reader.count()));
    (reader.count(), reader.head())
}

#[test]
fn equal_heads_with_any_batch_any_faults_and_any_restarts() {
    let seed = 0x5a4d_0001;
    println!("seed {seed:#x}");
    let mut dice = Dice(seed);
    let values = values(1500, &mut dice);
    // The offsets are part of what is folded, so every log here leaves the same gaps: it has one seed.
    let log = Simulated::new(seed, 1, Faults { gap_percent: 10, ..Faults::NONE });
    let last = append(&log, values.clone());
    let whole = tempfile::tempdir().expect("a directory");
    let expected = head_after(whole.path(), &log, Bounds::default(), last);

    for records in [1, 7, 64, 500] {
        let other = tempfile::tempdir().expect("a directory");
        assert_eq!(head_after(other.path(), &log, small(records), last), expected, "batches of {records}");
    }
    // A bound on entries splits a batch into commits and changes nothing else.
    let other = tempfile::tempdir().expect("a directory");
    assert_eq!(head_after(other.path(), &log, Bounds { entries: 10, ..Bounds::default() }, last), expected);

    // Broken off after some batches, and started again where it was.
    let other = tempfile::tempdir().expect("a directory");
    let start = |log, bounds| spawn_with::<Sums>(config(other.path(), bounds), log, &shared(Sync::EachCommit), silent()).expect("free");
    let (starts, end) = broken_off(&log, last, &mut dice, start);
    assert!(starts > 5, "{starts} starts");
    assert_eq!(end, expected);
}

/// Starts a shard again and again until it has folded everything; each time the log breaks off after a few fetches.
/// How many starts it took, and where the journal stands then.
fn broken_off(log: &Simulated, last: i64, dice: &mut Dice, start: impl Fn(Arc<dyn Log>, Bounds) -> Handle) -> (u32, (u64, Hash)) {
    let mut starts = 0;
    loop {
        let fetches = Arc::new(AtomicU64::new(1 + dice.below(12)));
        let shard = start(Arc::new(Breaking { log: log.clone(), fetches }), small(20));
        starts += 1;
        halted(&shard, Code::LogTruncated);
        shard.stop();
        let reader = shard.reader().expect("open");
        if reader.cursor() > last {
            return (starts, (reader.count(), reader.head()));
        }
    }
}

/// A log that breaks off, for good, after so many fetches.
struct Breaking {
    log: Simulated,
    fetches: Arc<AtomicU64>,
}

struct BreakingReader {
    reader: Box<dyn ledger::log::Reader>,
    fetches: Arc<AtomicU64>,
}

impl ledger::log::Reader for BreakingReader {
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, ledger::log::Error> {
        // The preflight reads one record again; only what a shard reads on is counted.
        if max > 1 {
            match self.fetches.load(Ordering::Relaxed).checked_sub(1) {
                Some(left) => self.fetches.store(left, Ordering::Relaxed),
                None => return Err(ledger::log::Error::new(Code::LogTruncated, "broken off")),
            }
        }
        self.reader.fetch(max, wait.min(Duration::from_millis(1)))
    }

    fn position(&self) -> i64 {
        self.reader.position()
    }
}

impl Log for Breaking {
    fn partitions(&self) -> Result<u32, ledger::log::Error> {
        self.log.partitions()
    }

    fn identity(&self) -> Result<String, ledger::log::Error> {
        self.log.identity()
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, ledger::log::Error> {
        self.log.watermarks(partition)
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn ledger::log::Reader>, ledger::log::Error> {
        Ok(Box::new(BreakingReader { reader: self.log.reader(partition, offset)?, fetches: Arc::clone(&self.fetches) }))
    }

    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, ledger::log::Error> {
        self.log.append(records)
    }
}

#[test]
fn a_log_that_tears_repeats_stalls_and_fails_is_folded_once() {
    let seed = 0x5a4d_0002;
    println!("seed {seed:#x}");
    let values = values(400, &mut Dice(seed));
    let quiet = Simulated::new(seed, 1, Faults::NONE);
    let last = append(&quiet, values.clone());
    let wild = Simulated::new(seed, 1, Faults { gap_percent: 0, ..Faults::ALL });
    assert_eq!(append(&wild, values), last);
    let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    assert_eq!(head_after(other.path(), &wild, small(50), last), head_after(one.path(), &quiet, small(50), last));
}

#[test]
fn a_shard_follows_tells_and_hands_on() {
    let log = Simulated::new(3, 1, Faults::NONE);
    append(&log, [b"a".to_vec()]);
    let data = tempfile::tempdir().expect("a directory");
    let notices = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notices);
    let on_commit: OnCommit = Arc::new(move |notice: &Notice| told.lock().expect("whole").push(*notice));
    let shard = spawn_with::<Sums>(config(data.path(), small(100)), Arc::new(log.clone()), &shared(Sync::EachCommit), on_commit).expect("free");
    assert!(shard.wait_for(0, PATIENCE));
    let followed = shard.subscribe();
    let next = shard.reader().expect("open").count();
    for text in ["b", "c", "d"] {
        let last = append(&log, [text.as_bytes().to_vec()]);
        assert!(shard.wait_for(last, PATIENCE));
        let batch = followed.recv_timeout(PATIENCE).expect("a batch");
        let first = batch.first().expect("an entry");
        assert_eq!(shard.reader().expect("open").entries(first.number, batch.len()).expect("readable"), batch.to_vec());
    }
    assert!(!shard.wait_for(99, Duration::from_millis(1)));
    let status = until(&shard, |status| status.state == State::Following && status.lag == 0);
    let reader = shard.reader().expect("open");
    assert_eq!((status.position, status.entries, status.head), (Some(3), reader.count(), reader.head()));
    assert_eq!((status.counters.records, status.counters.refused, status.counters.entries), (4, 4, reader.count()));
    shard.stop();
    let notices = notices.lock().expect("whole");
    assert_eq!(notices.iter().map(|notice| notice.committed.cursor).max(), Some(4));
    assert!(next >= 1);
}

#[test]
fn a_follower_that_does_not_listen_holds_nobody_up() {
    let log = Simulated::new(4, 1, Faults::NONE);
    let last = append(&log, values(200, &mut Dice(4)));
    let data = tempfile::tempdir().expect("a directory");
    // Cut off at first, so that the follower is there before the first commit.
    log.cut_off(true);
    let shard = sums(data.path(), &log, small(1));
    let followed = shard.subscribe();
    log.cut_off(false);
    assert!(shard.wait_for(last, PATIENCE), "{:?}", shard.status());
    shard.stop();
    let kept: Vec<_> = followed.try_iter().collect();
    assert_eq!(kept.len(), ledger::shard::FEED_BATCHES_MAX, "what it missed is in the journal");
    assert_eq!(kept.first().and_then(|batch| batch.first()).map(|entry| entry.number), Some(0));
}

#[test]
fn a_log_that_is_cut_off_is_tried_again_and_answered_from_meanwhile() {
    let log = Simulated::new(5, 1, Faults::NONE);
    let last = append(&log, [b"a".to_vec(), b"b".to_vec()]);
    let data = tempfile::tempdir().expect("a directory");
    let shard = sums(data.path(), &log, small(100));
    assert!(shard.wait_for(last, PATIENCE));
    log.cut_off(true);
    let status = halted(&shard, Code::KafkaUnreachable);
    assert!(status.retrying && status.detail.is_some() && status.position == Some(1), "{status:?}");
    assert!(shard.reader().expect("open").entry(0).expect("readable").is_some());
    log.cut_off(false);
    let last = append(&log, [b"c".to_vec()]);
    assert!(shard.wait_for(last, PATIENCE), "{:?}", shard.status());
    let status = until(&shard, |status| status.state == State::Following);
    assert_eq!((status.code, status.detail), (None, None));
}

#[test]
fn a_log_that_is_not_the_one_that_was_folded_halts_the_shard() {
    let fold_some = |log: &Simulated| {
        let last = append(log, values(20, &mut Dice(6)));
        let data = tempfile::tempdir().expect("a directory");
        let shard = sums(data.path(), log, small(5));
        assert!(shard.wait_for(last, PATIENCE));
        let head = shard.status().head;
        shard.stop();
        (data, head)
    };
    type Mishap<'a> = (&'a dyn Fn(&Simulated), Code);
    let changes: [Mishap<'_>; 3] =
        [(&|log| log.recreate(), Code::TopicRecreated), (&|log| log.truncate(0, 10), Code::LogTruncated), (&|log| log.expire(0, 25), Code::LogExpired)];
    for (change, code) in changes {
        let log = Simulated::new(6, 1, Faults::NONE);
        let (data, head) = fold_some(&log);
        change(&log);
        let shard = sums(data.path(), &log, small(5));
        let status = halted(&shard, code);
        assert!(!status.retrying, "{status:?}");
        assert_eq!(shard.reader().expect("open").head(), head, "it still answers, and nothing was written");
        assert!(!shard.wait_for(i64::MAX, PATIENCE), "nobody waits for a shard that has ended");
    }
    // The same while it runs.
    let log = Simulated::new(7, 1, Faults::NONE);
    let last = append(&log, values(20, &mut Dice(7)));
    let data = tempfile::tempdir().expect("a directory");
    let shard = sums(data.path(), &log, small(5));
    assert!(shard.wait_for(last, PATIENCE));
    log.recreate();
    halted(&shard, Code::TopicRecreated);
    // Another number of partitions.
    let (data, _) = fold_some(&Simulated::new(8, 1, Faults::NONE));
    let shard = sums(data.path(), &Simulated::new(8, 2, Faults::NONE), small(5));
    halted(&shard, Code::PartitionsChanged);
}

/// A shard that stands before the last but one record of a log, which cannot be folded: what it says, and what it has.
fn stands_before(poison: i64, shard: &Handle) -> (Status, (u64, Hash)) {
    let status = halted(shard, Code::FoldFailed);
    let detail = status.detail.clone().expect("what was found");
    assert!(detail.starts_with(&format!("record 0:{poison}: this version cannot fold it: ")) && detail.contains("report it"), "{detail}");
    assert_eq!((status.position, status.lag, status.retrying), (Some(poison - 1), 2, false), "{status:?}");
    shard.stop();
    let reader = shard.reader().expect("open");
    assert_eq!(reader.cursor(), poison);
    verify(&reader.snapshot(), &mut |_| {}).expect("in order");
    (status, (reader.count(), reader.head()))
}

#[test]
fn a_record_that_cannot_be_folded_halts_its_shard_and_what_came_before_it_is_kept() {
    let good = ["a", "b", "c", "d", "e", "f"].map(|text| text.as_bytes().to_vec());
    let right = Simulated::new(9, 1, Faults::NONE);
    let last = append(&right, good.clone());
    let whole = tempfile::tempdir().expect("a directory");
    let expected = head_after(whole.path(), &right, Bounds::default(), last);
    for (poison, words) in [("broken", "a broken row of state"), ("panic", "cannot bear")] {
        // At once, in a batch that is committed in pieces, and after what was folded before.
        for (before, entries) in [(0, usize::MAX), (0, 3), (2, usize::MAX), (6, usize::MAX)] {
            let log = Simulated::new(9, 1, Faults::NONE);
            let data = tempfile::tempdir().expect("a directory");
            let start = || sums(data.path(), &log, Bounds { entries, ..small(100) });
            if before > 0 {
                let shard = start();
                assert!(shard.wait_for(append(&log, good[..before].to_vec()), PATIENCE));
            }
            let rest = good[before..].iter().cloned().chain([poison.as_bytes().to_vec(), b"behind".to_vec()]);
            let poisoned = append(&log, rest) - 1;
            let (status, kept) = stands_before(poisoned, &start());
            assert!(status.detail.as_deref().is_some_and(|detail| detail.contains(words)), "{status:?}");
            assert_eq!(status.counters.records, (good.len() - before) as u64, "each is counted once");
            assert_eq!(kept, expected, "the head is that of the records before it");
            // The next start meets it at once.
            assert_eq!(stands_before(poisoned, &start()).1, expected);
        }
    }
}

#[test]
fn a_damaged_journal_halts_its_shard_and_a_locked_one_is_refused() {
    let log = Simulated::new(10, 1, Faults::NONE);
    let last = append(&log, [b"a".to_vec()]);
    let data = tempfile::tempdir().expect("a directory");
    let shard = sums(data.path(), &log, small(100));
    assert!(shard.wait_for(last, PATIENCE));
    let second = spawn_with::<Sums>(config(data.path(), small(100)), Arc::new(log.clone()), &shared(Sync::EachCommit), silent());
    assert!(matches!(second.err(), Some(ledger::journal::Error::Locked(_))));
    drop(shard);

    let current = ledger::shard::directory(data.path(), 0).join("journal").join("CURRENT");
    std::fs::write(current, "no manifest\n").expect("writable");
    let shard = sums(data.path(), &log, small(100));
    let status = shard.status();
    assert_eq!((status.state, status.code), (State::Halted, Some(Code::Corrupt)), "{status:?}");
    assert!(shard.reader().is_none());
    assert_eq!(ledger::shard::known_partitions(data.path()).expect("readable"), [0]);
    assert_eq!(ledger::shard::known_partitions(&data.path().join("nowhere")).expect("nothing"), [0; 0]);
}

/// A short life under the real rules: an opening, a contract, sales, refunds, some of them twice, a day's close.
fn life(dice: &mut Dice) -> Vec<Vec<u8>> {
    let at = r#""occurred_at":"2026-11-20T10:00:00+08:00""#;
    let mut values = vec![r#"{"id":"open","type":"ledger_opened","date":"2026-11-20","time_zone":"Asia/Shanghai"}"#.to_owned()];
    for merchant in 0..5 {
        values.push(format!(
            r#"{{"id":"c-1","type":"contract_set","merchant":"M{merchant}",{at},"contract":{{"name":"Noodles","mcc":"5812","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{{"kind":"direct"}},"rates":[{{"percent":"0.60"}}],"costs":[{{"interchange":{{"percent":"0.45"}},"scheme_fee":{{"percent":"0.0325"}}}}],"vat_percent":"6","settlement":{{"delay_days":1,"days":"natural"}}}}}}"#
        ));
    }
    for day in 20..23 {
        for sale in 0..60 {
            let merchant = dice.below(5);
            values.push(format!(
                r#"{{"id":"s{day}-{sale}","type":"sale","merchant":"M{merchant}",{at},"payment":"P{day}-{sale}","amount":"{}.50","currency":"CNY","card":"credit","scheme":"unionpay"}}"#,
                1 + dice.below(500)
            ));
            if dice.below(3) == 0 {
                values.push(format!(
                    r#"{{"id":"r{day}-{sale}","type":"refund","merchant":"M{merchant}",{at},"payment":"P{day}-{sale}","amount":"0.70","currency":"CNY"}}"#
                ));
            }
            if dice.below(10) == 0 {
                values.extend(values.last().cloned());
            }
        }
        values.push(format!(r#"{{"id":"close-{day}","type":"day_closed","date":"2026-11-{day}"}}"#));
    }
    values.push("not an event".to_owned());
    values.into_iter().map(String::into_bytes).collect()
}

#[test]
fn the_real_rules_give_one_head_whatever_the_batches_and_restarts() {
    let seed = 0x5a4d_000b;
    println!("seed {seed:#x}");
    let mut dice = Dice(seed);
    let log = Simulated::new(seed, 1, Faults::NONE);
    let values = life(&mut dice);
    let records = values.len() as u64;
    let last = append(&log, values);
    let start = |data: &Path, bounds| spawn(config(data, bounds), Arc::new(log.clone()), &shared(Sync::EachCommit), silent()).expect("free");

    let whole = tempfile::tempdir().expect("a directory");
    let shard = start(whole.path(), Bounds::default());
    assert!(shard.wait_for(last, PATIENCE), "{:?}", shard.status());
    shard.stop();
    let status = shard.status();
    let done = status.counters;
    assert_eq!((done.records, done.quarantined, done.refused, done.parked), (records, 1, 0, 0), "{status:?}");
    assert!(done.duplicate > 0 && done.posted > 180 && done.posted + done.duplicate + 1 == records, "{status:?}");
    assert_eq!(status.open_date, Date::parse("2026-11-23"));
    verify(&shard.reader().expect("open").snapshot(), &mut |_| {}).expect("in order");

    let other = tempfile::tempdir().expect("a directory");
    let start = |log, bounds| spawn(config(other.path(), bounds), log, &shared(Sync::EachCommit), silent()).expect("free");
    let (starts, end) = broken_off(&log, last, &mut dice, start);
    assert!(starts > 1, "{starts} starts");
    assert_eq!(end, (status.entries, status.head));
}

#[test]
fn a_shard_of_the_embedded_log_goes_on_after_a_restart_of_both() {
    let mut dice = Dice(12);
    let values = life(&mut dice);
    let quiet = Simulated::new(12, 1, Faults::NONE);
    let last = append(&quiet, values.clone());
    let whole = tempfile::tempdir().expect("a directory");
    let shard = spawn(config(whole.path(), small(50)), Arc::new(quiet), &shared(Sync::EachCommit), silent()).expect("free");
    assert!(shard.wait_for(last, PATIENCE), "{:?}", shard.status());
    let expected = (shard.status().entries, shard.status().head);

    let data = tempfile::tempdir().expect("a directory");
    let mut records: Vec<Append> = values.into_iter().map(|value| Append { partition: 0, key: None, value }).collect();
    let (mut end, mut reached) = (None, (0, Hash::from_bytes([0; 32])));
    while !records.is_empty() {
        let part: Vec<Append> = records.drain(..records.len().min(70)).collect();
        let log = Arc::new(Embedded::open(&data.path().join("log"), 1).expect("free"));
        let shard = spawn(config(data.path(), small(50)), Arc::clone(&log) as Arc<dyn Log>, &shared(Sync::EachCommit), silent()).expect("free");
        assert_eq!((shard.status().position, shard.status().entries, shard.status().head), (end, reached.0, reached.1), "it begins where it was");
        end = log.append(part).expect("room").pop();
        assert!(shard.wait_for(end.expect("an offset"), PATIENCE), "{:?}", shard.status());
        shard.stop();
        reached = (shard.status().entries, shard.status().head);
    }
    assert_eq!(reached, expected);
}
