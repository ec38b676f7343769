//! Shards that share the turns of large records: who waits for one, who does not, and that nothing else changes.

mod journal_support;

use journal_support::{plain, shared};
use ledger::entry::{Outcome, Row};
use ledger::journal::Sync;
use ledger::log::simulated::{Faults, Simulated};
use ledger::log::{Append, Log};
use ledger::shard::{Bounds, Config, Folding, Handle, LARGE_ENTRIES, Large, Notice, OnCommit, spawn_with};
use ledger::source::{Changes, Error, Source, Table};
use schemas::time::Date;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rows of one part.
const PART: u64 = 3;

/// Makes as many rows of a record as its value says, [`PART`] at a time where they are many.
struct Parts {
    entries: u64,
    /// Rows that were made of the record in hand.
    made: u64,
}

impl Folding for Parts {
    fn open(_partition: u32, _partitions: u32, source: &dyn Source) -> Result<Self, Error> {
        let kept = source.get(Table::Partition, &[])?.unwrap_or_default();
        let number = |at: usize| kept.get(at..at + 8).map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().expect("eight bytes")));
        Ok(Self { entries: number(0), made: number(8) })
    }

    fn record(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<(), Error> {
        while !self.part(source, offset, value, rows)? {}
        Ok(())
    }

    fn part(&mut self, _source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<bool, Error> {
        let (kind, count) = std::str::from_utf8(value).expect("words").split_once(' ').expect("two");
        let all: u64 = count.parse().expect("a number");
        let most = if kind == "parts" { PART } else { all };
        let now = most.min(all - self.made);
        rows.extend((0..now).map(|_| plain(offset, Outcome::Posted)));
        (self.entries, self.made) = (self.entries + now, self.made + now);
        let is_whole = self.made == all;
        if is_whole {
            self.made = 0;
        }
        Ok(is_whole)
    }

    fn changes(&mut self, changes: &mut Changes) -> Result<(), Error> {
        changes.put(Table::Partition, &[], &[self.entries.to_be_bytes(), self.made.to_be_bytes()].concat());
        Ok(())
    }

    fn next_entry(&self) -> u64 {
        self.entries
    }

    fn open_date(&self) -> Option<Date> {
        None
    }
}

fn append(log: &Simulated, partition: u32, values: &[&str]) -> i64 {
    let records = values.iter().map(|value| Append { partition, key: None, value: value.as_bytes().to_vec() }).collect();
    log.append(records).expect("reachable").pop().expect("at least one record")
}

fn start(data: &Path, partition: u32, log: &Simulated, large: &Arc<Large>, on_commit: OnCommit) -> Handle {
    let bounds = Bounds { linger: Duration::ZERO, ..Bounds::default() };
    let config = Config { data: data.to_path_buf(), partition, bounds, state_bytes: 1 << 20, large: Arc::clone(large) };
    spawn_with::<Parts>(config, Arc::new(log.clone()), &shared(Sync::EachCommit), on_commit).expect("free")
}

/// Told of each commit, and holds the shard up until it is answered.
fn held() -> (OnCommit, Receiver<Notice>, Sender<()>) {
    let ((told, notices), (go_on, answers)) = (channel(), channel());
    let ends = Mutex::new((told, answers));
    let on_commit = move |notice: &Notice| {
        let ends = ends.lock().expect("whole");
        // Nobody holds it up any more once the test has ended.
        if ends.0.send(*notice).is_ok() {
            ends.1.recv().ok();
        }
    };
    (Arc::new(on_commit), notices, go_on)
}

fn kept() -> (OnCommit, Arc<Mutex<Vec<Notice>>>) {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notices);
    (Arc::new(move |notice: &Notice| told.lock().expect("whole").push(*notice)), notices)
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_large_record_waits_for_its_turn_after_its_first_part_and_others_wait_for_nothing() {
    let data = tempfile::tempdir().expect("a directory");
    let (log, large) = (Simulated::new(1, 3, Faults::NONE), Arc::new(Large::of(1)));
    let (first, notices, go_on) = held();
    let one = start(data.path(), 0, &log, &large, first);
    let last = append(&log, 0, &["parts 9"]);
    // Its first part, before its turn; its second, which holds it.
    for entries in [3, 6] {
        let notice = notices.recv_timeout(PATIENCE).expect("a commit");
        assert_eq!((notice.committed.entries, notice.committed.cursor, notice.large), (entries, last, Some(last)));
        if entries == 3 {
            assert!(large.is_busy(), "who is told of the first part knows that more will come");
            go_on.send(()).expect("it waits");
        }
    }

    let (second, told) = kept();
    let two = start(data.path(), 1, &log, &large, second);
    let before = append(&log, 1, &["whole 1", "parts 6", "whole 1"]);
    until("the second asks for its turn", || large.waiting() == 1);
    let (third, _) = kept();
    let three = start(data.path(), 2, &log, &large, third);
    let small = append(&log, 2, &["whole 1", "parts 2"]);
    assert!(three.wait_for(small, PATIENCE), "a record that is not large waits for nobody: {:?}", three.status());
    {
        // What came before the large record, and its first part, are there.
        let told = told.lock().expect("whole");
        assert!(told.last().is_some_and(|notice| notice.committed.entries == 4 && notice.large == Some(before - 1)), "{told:?}");
    }
    assert_eq!(large.waiting(), 1, "it still waits");

    // Two answers: its second part, and its last.
    drop(notices);
    drop(go_on);
    assert!(one.wait_for(last, PATIENCE) && two.wait_for(before, PATIENCE));
    assert_eq!((two.status().entries, two.status().counters.records), (8, 3));
    until("all turns are given back", || !large.is_busy());
}

#[test]
fn who_waits_for_a_turn_is_stopped_and_goes_on_later() {
    let data = tempfile::tempdir().expect("a directory");
    let (log, large) = (Simulated::new(1, 2, Faults::NONE), Arc::new(Large::of(1)));
    let (first, notices, go_on) = held();
    let one = start(data.path(), 0, &log, &large, first);
    let last = append(&log, 0, &["parts 9"]);
    notices.recv_timeout(PATIENCE).expect("a commit");
    go_on.send(()).expect("it waits");
    notices.recv_timeout(PATIENCE).expect("a commit, within its turn");

    let (second, _) = kept();
    let two = start(data.path(), 1, &log, &large, second);
    let end = append(&log, 1, &["parts 30"]);
    until("the second asks for its turn", || large.waiting() == 1);
    // Another one holds the turn for ever; a stop waits for nothing.
    two.stop();
    assert_eq!((large.waiting(), two.status().entries), (0, 30), "it ended the batch that it had");
    assert!(two.wait_for(end, Duration::ZERO));
    drop((notices, go_on));
    assert!(one.wait_for(last, PATIENCE));
    until("all turns are given back", || !large.is_busy());
}

#[test]
fn a_commit_tells_of_the_first_large_record_in_it() {
    let data = tempfile::tempdir().expect("a directory");
    let (log, large) = (Simulated::new(1, 1, Faults::NONE), Arc::new(Large::default()));
    let (many, few) = (format!("whole {}", LARGE_ENTRIES + 1), format!("whole {LARGE_ENTRIES}"));
    append(&log, 0, &[&few, &many, &many, "whole 1"]);
    let (on_commit, told) = kept();
    let shard = start(data.path(), 0, &log, &large, on_commit);
    assert!(shard.wait_for(3, PATIENCE));
    let end = append(&log, 0, &[&few]);
    assert!(shard.wait_for(end, PATIENCE));
    shard.stop();
    let told: Vec<_> = told.lock().expect("whole").iter().map(|notice| notice.large).collect();
    assert_eq!(told, [Some(1), None]);
}
