//! A write that fails in the middle, and room again: the journal and its shard go on by themselves, without a restart.
//!
//! A limit of the size of a file, which a process may raise again, stands in for the disk. Beyond it the system sends a signal that
//! ends a process unless it is ignored, so each test runs once more in a process of its own that was started so.

#![cfg(target_os = "linux")]

mod journal_support;

use journal_support::{Dice, plain, rows, shared};
use ledger::entry::{Outcome, RefusalCode, Row};
use ledger::journal::{Commit, Error, Hash, Journal, Sync, verify};
use ledger::log::simulated::Simulated;
use ledger::log::{Append, Code, Log};
use ledger::shard::{Bounds, Config, Folding, State, spawn_with};
use ledger::source::{self, Changes, Source, Table};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use schemas::time::Date;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Says that the test is the one that may meet the limit.
const ALONE: &str = "WRITE_FAILS_ALONE";
/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether this is the process of its own; else it is started, and must succeed.
fn is_alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let this = std::env::current_exe().expect("a path");
    let mut alone = Command::new("sh");
    alone.args(["-c", "trap '' XFSZ; exec \"$0\" --exact \"$1\" --nocapture"]).arg(this).arg(test).env(ALONE, "yes");
    let output = alone.output().expect("a shell");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// No file may be longer than so many bytes; none: as long as it likes.
fn limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).expect("a soft limit");
}

fn commit(journal: &mut Journal, rows: &[Row]) -> Result<(), Error> {
    let next = usize::try_from(journal.entries()).expect("small");
    let part = &rows[next..(next + 100).min(rows.len())];
    let value = vec![0x5a; 2000];
    let mut changes = Changes::default();
    for row in part {
        changes.put(Table::Ids, &row.offset.to_be_bytes(), &value);
        journal.push(row)?;
    }
    journal.commit(&Commit { changes: &changes, cursor: part.last().map_or(0, |row| row.offset) + 1, last_record: None, is_part: false }).map(drop)
}

#[test]
fn a_journal_is_opened_again() {
    if !is_alone("a_journal_is_opened_again") {
        return;
    }
    let rows = rows(2000, &mut Dice(11));
    let directory = tempfile::tempdir().expect("a directory");
    for sync in [Sync::EachCommit, Sync::Grouped(Duration::from_secs(3600))] {
        let place = directory.path().join(format!("{sync:?}").chars().filter(char::is_ascii_alphanumeric).collect::<String>());
        let mut journal = Journal::open(&place, &shared(sync)).expect("a new directory");
        let reader = journal.reader();
        limit(Some(1 << 20));
        let failed = loop {
            let before = (journal.entries(), journal.reader().head());
            match commit(&mut journal, &rows) {
                Ok(()) => assert!(journal.entries() < 2000, "the limit was never met"),
                Err(error) => {
                    assert_eq!((journal.entries(), journal.reader().head()), before, "nothing is told of what failed");
                    break error;
                }
            }
        };
        assert_eq!((failed.code(), failed.code().passes()), (Code::DiskFull, true), "{failed}");
        // Room alone is not enough: the store remembers, until it is opened again.
        limit(None);
        assert!(commit(&mut journal, &rows).is_err(), "if this passes, opening again is needless");
        let (entries, snapshot) = (journal.entries(), reader.snapshot());
        journal.mend().expect("room");
        assert!(journal.entries() >= entries);
        while journal.entries() < 2000 {
            commit(&mut journal, &rows).expect("room");
        }
        // Readers and snapshots from before go on.
        assert_eq!((reader.count(), snapshot.count()), (2000, entries));
        assert_eq!(snapshot.entry(0).expect("readable").map(|entry| entry.row), Some(rows[0].clone()));
        assert_eq!(verify(&reader.snapshot(), &mut |_| {}).expect("in order").entries, 2000);
        drop(journal);
    }
    let heads = std::fs::read_dir(directory.path()).expect("a directory").flatten();
    let heads: Vec<Hash> = heads.map(|place| Journal::open(&place.path(), &shared(Sync::EachCommit)).expect("whole").reader().head()).collect();
    assert_eq!(heads[0], heads[1]);
}

/// A fold that writes a large row of state a record.
struct Large(u64);

impl Folding for Large {
    fn open(_: u32, _: u32, source: &dyn Source) -> Result<Self, source::Error> {
        let kept = source.get(Table::Partition, &[])?;
        Ok(Self(kept.and_then(|bytes| bytes.get(..8)?.try_into().ok()).map_or(0, u64::from_be_bytes)))
    }

    fn record(&mut self, _: &dyn Source, offset: i64, _: &[u8], rows: &mut Vec<Row>) -> Result<(), source::Error> {
        rows.push(plain(offset, Outcome::Refused { code: RefusalCode::NotOpen, detail: String::new() }));
        self.0 += 1;
        Ok(())
    }

    fn changes(&mut self, changes: &mut Changes) -> Result<(), source::Error> {
        changes.put(Table::Partition, &[], &[self.0.to_be_bytes().to_vec(), vec![0x5a; 100_000]].concat());
        Ok(())
    }

    fn next_entry(&self) -> u64 {
        self.0
    }

    fn open_date(&self) -> Option<Date> {
        None
    }
}

#[test]
fn a_shard_follows_again_once_there_is_room() {
    if !is_alone("a_shard_follows_again_once_there_is_room") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let log = Simulated::new(1, 1, ledger::log::simulated::Faults::default());
    let bounds = Bounds { records: 1, linger: Duration::ZERO, ..Bounds::default() };
    let config = Config { data: directory.path().to_path_buf(), partition: 0, bounds, state_bytes: 1 << 20, large: Arc::default() };
    let shard = spawn_with::<Large>(config, Arc::new(log.clone()), &shared(Sync::Grouped(Duration::from_millis(50))), Arc::new(|_: &ledger::shard::Notice| {}))
        .expect("free");
    let append = |count: usize| {
        let records = (0..count).map(|_| Append { partition: 0, key: Some(b"M1".to_vec()), value: b"x".to_vec() }).collect();
        log.append(records).expect("reachable").pop().expect("a record")
    };
    assert!(shard.wait_for(append(3), PATIENCE));
    limit(Some(1 << 20));
    let last = append(60);
    let begun = Instant::now();
    let status = loop {
        let status = shard.status();
        if status.state == State::Halted {
            break status;
        }
        assert!(begun.elapsed() < PATIENCE, "{status:?}");
        shard.wait_for(i64::MAX, Duration::from_millis(5));
    };
    assert_eq!((status.code, status.retrying), (Some(Code::DiskFull), true), "{status:?}");
    limit(None);
    assert!(shard.wait_for(last, PATIENCE), "{:?}", shard.status());
    let begun = Instant::now();
    while shard.status().state != State::Following {
        assert!(begun.elapsed() < PATIENCE, "{:?}", shard.status());
        shard.wait_for(i64::MAX, Duration::from_millis(5));
    }
    let reader = shard.reader().expect("open");
    assert_eq!((reader.count(), reader.trouble().is_none()), (63, true));
    assert_eq!(verify(&reader.snapshot(), &mut |_| {}).expect("in order").entries, 63);
}
