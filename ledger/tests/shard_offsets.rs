//! A shard over offsets that are no records, behind a transaction that stays open, with a reader that gives nothing, with records that
//! cannot be decoded, and halted at its start.

mod journal_support;

use journal_support::shared;
use ledger::journal::Sync;
use ledger::log::simulated::{Faults, Simulated};
use ledger::log::{Append, Code, Error, Log, Reader, Record, Watermarks};
use ledger::shard::{Bounds, Config, Handle, PAUSE_MAX, READER_STALLED_MAX, STATE_BYTES_DEFAULT, State, Status, TRANSACTION_OPEN_MAX, spawn};
use schemas::time::Date;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is set aside is an entry, too, so records need not be events.
fn append(log: &Simulated, value: &str) -> i64 {
    log.append(vec![Append { partition: 0, key: None, value: value.as_bytes().to_vec() }]).expect("reachable")[0]
}

fn start(data: &Path, log: &Simulated, cursors: &Arc<Mutex<Vec<i64>>>) -> Handle {
    start_over(data, Arc::new(log.clone()), cursors)
}

fn start_over(data: &Path, log: Arc<dyn Log>, cursors: &Arc<Mutex<Vec<i64>>>) -> Handle {
    let told = Arc::clone(cursors);
    let config = Config { data: data.to_path_buf(), partition: 0, bounds: Bounds::default(), state_bytes: STATE_BYTES_DEFAULT, large: Arc::default() };
    let on_commit = Arc::new(move |notice: &ledger::shard::Notice| told.lock().expect("whole").push(notice.committed.cursor));
    spawn(config, log, &shared(Sync::EachCommit), on_commit).expect("free")
}

fn until(shard: &Handle, wanted: impl Fn(&Status) -> bool) -> Status {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = shard.status();
        if wanted(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{status:?}");
        shard.wait_for(i64::MAX, Duration::from_millis(5));
    }
}

fn followed(shard: &Handle, position: i64) -> Status {
    until(shard, |status| status.state == State::Following && status.code.is_none() && status.lag == 0 && status.position == Some(position))
}

#[test]
fn offsets_that_are_no_records_are_passed_and_a_restart_begins_behind_them() {
    let (log, data, cursors) = (Simulated::new(1, 1, Faults::NONE), tempfile::tempdir().expect("a directory"), Arc::default());
    append(&log, "one");
    let shard = start(data.path(), &log, &cursors);
    let before = followed(&shard, 0);
    log.mark(0, 20_000);
    assert!(shard.wait_for(20_000, PATIENCE), "whoever waits for the end of a transaction is woken: {:?}", shard.status());
    let after = followed(&shard, 20_000);
    assert_eq!((after.entries, after.head, after.counters.records), (before.entries, before.head, before.counters.records));
    // Who listens is told, after whoever waits was woken.
    let deadline = Instant::now() + PATIENCE;
    while cursors.lock().map(|told| told.last() != Some(&20_001)).unwrap_or(true) {
        assert!(Instant::now() < deadline, "who listens is told");
        std::thread::yield_now();
    }
    drop(shard);
    // Nothing below is needed any more: not even retention of it is a loss.
    log.expire(0, 20_001);
    let shard = start(data.path(), &log, &cursors);
    followed(&shard, 20_000);
    let next = append(&log, "two");
    assert_eq!(next, 20_001);
    assert_eq!(followed(&shard, 20_001).entries, before.entries + 1);
    log.mark(0, 1);
    followed(&shard, 20_002);
}

#[test]
fn a_transaction_that_stays_open_is_told_and_one_that_ends_soon_is_not() {
    let (log, data, cursors) = (Simulated::new(2, 1, Faults::NONE), tempfile::tempdir().expect("a directory"), Arc::default());
    append(&log, "one");
    let shard = start(data.path(), &log, &cursors);
    followed(&shard, 0);
    let opened = Instant::now();
    log.open_transaction(0, true);
    append(&log, "hidden");
    let lagging = until(&shard, |status| status.lag == 1);
    assert_eq!((lagging.state, lagging.code), (State::Following, None), "a transaction of some seconds is usual");
    let told = until(&shard, |status| status.code.is_some());
    assert!(opened.elapsed() >= TRANSACTION_OPEN_MAX, "told after {:?}", opened.elapsed());
    assert_eq!((told.state, told.code, told.position, told.lag, told.retrying), (State::CatchingUp, Some(Code::TransactionOpen), Some(0), 1, true), "{told:?}");
    assert!(told.since.is_some() && told.detail.is_some_and(|detail| detail.contains("offset 1")));
    log.open_transaction(0, false);
    followed(&shard, 1);
}

#[test]
fn a_reader_that_gives_nothing_is_told_and_recovers() {
    let (log, data, cursors) = (Simulated::new(3, 1, Faults::NONE), tempfile::tempdir().expect("a directory"), Arc::default());
    append(&log, "one");
    let shard = start(data.path(), &log, &cursors);
    followed(&shard, 0);
    log.get_stuck(0, true);
    append(&log, "not given");
    let told = until(&shard, |status| status.code.is_some());
    assert_eq!((told.state, told.code, told.lag), (State::CatchingUp, Some(Code::ReaderStalled), 1), "{told:?}");
    assert!(told.detail.is_some_and(|detail| detail.contains("offset 1") && detail.contains("goes on to 2")));
    assert!(READER_STALLED_MAX > TRANSACTION_OPEN_MAX);
    log.get_stuck(0, false);
    followed(&shard, 1);
    // After an outage the shard follows when a record has come, and not when the log answers alone.
    log.cut_off(true);
    until(&shard, |status| status.code == Some(Code::KafkaUnreachable));
    log.cut_off(false);
    let next = append(&log, "three");
    followed(&shard, next);
}

/// How long a question to the registry takes that is not answered.
const ANSWER_WAIT: Duration = Duration::from_millis(100);

/// A log whose records are in an encoding of which the registry says nothing, as long as it is silent.
struct Encoded {
    log: Simulated,
    is_silent: Arc<AtomicBool>,
}

impl Log for Encoded {
    fn partitions(&self) -> Result<u32, Error> {
        self.log.partitions()
    }

    fn identity(&self) -> Result<String, Error> {
        self.log.identity()
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        self.log.watermarks(partition)
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn Reader>, Error> {
        self.log.reader(partition, offset)
    }

    fn plain(&self, _partition: u32, _record: &Record) -> Result<Option<Vec<u8>>, Error> {
        if self.is_silent.load(Ordering::Relaxed) {
            std::thread::sleep(ANSWER_WAIT);
            return Err(Error::new(Code::RegistryUnreachable, "the registry does not answer"));
        }
        Ok(None)
    }

    fn append(&self, records: Vec<Append>) -> Result<Vec<i64>, Error> {
        self.log.append(records)
    }
}

#[test]
fn a_registry_that_is_silent_is_told_until_a_record_has_come_and_is_no_reader_that_stalls() {
    let (log, data, cursors) = (Simulated::new(4, 1, Faults::NONE), tempfile::tempdir().expect("a directory"), Arc::default());
    append(&log, "encoded");
    let is_silent = Arc::new(AtomicBool::new(true));
    let shard = start_over(data.path(), Arc::new(Encoded { log: log.clone(), is_silent: Arc::clone(&is_silent) }), &cursors);
    let told = until(&shard, |status| status.code.is_some());
    assert_eq!((told.state, told.code, told.lag, told.retrying), (State::Halted, Some(Code::RegistryUnreachable), 1, true), "{told:?}");
    // Longer than a reader may give nothing, and some tries more. An alert waits for one state that stays.
    let deadline = Instant::now() + READER_STALLED_MAX + PAUSE_MAX * 2;
    while Instant::now() < deadline {
        let status = shard.status();
        assert_eq!((status.state, status.code, status.since, status.lag), (told.state, told.code, told.since, 1), "{status:?}");
        shard.wait_for(i64::MAX, Duration::from_millis(5));
    }
    is_silent.store(false, Ordering::Relaxed);
    followed(&shard, 0);
}

#[test]
fn a_shard_that_is_halted_at_its_start_says_how_much_lies_ahead_and_which_date_is_open() {
    let (log, data, cursors) = (Simulated::new(5, 1, Faults::NONE), tempfile::tempdir().expect("a directory"), Arc::default());
    append(&log, r#"{"id":"open","type":"ledger_opened","date":"2026-11-20","time_zone":"Asia/Shanghai"}"#);
    let shard = start(data.path(), &log, &cursors);
    let open = followed(&shard, 0).open_date;
    assert_eq!(open, Date::parse("2026-11-20"));
    drop(shard);
    // What was committed is told although nothing is to be had of the log.
    log.cut_off(true);
    let shard = start(data.path(), &log, &cursors);
    let told = until(&shard, |status| status.code.is_some());
    assert_eq!((told.code, told.position, told.open_date), (Some(Code::KafkaUnreachable), Some(0), open), "{told:?}");
    drop(shard);
    log.cut_off(false);
    for number in 1..=5 {
        append(&log, &format!("number {number}"));
    }
    log.expire(0, 3);
    let shard = start(data.path(), &log, &cursors);
    let told = until(&shard, |status| status.state == State::Halted);
    assert_eq!((told.code, told.position, told.lag, told.open_date), (Some(Code::LogExpired), Some(0), 5, open), "{told:?}");
}
