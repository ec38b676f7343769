//! The embedded log: offsets, durability, wake-ups, and what it refuses.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something fails")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::log::embedded::Embedded;
use ledger::log::{Append, Code, Fingerprint, Log, Original, Record, Remembered, Watermarks, preflight};

const WAIT: Duration = Duration::from_secs(10);

fn record(partition: u32, key: &str, value: &str) -> Append {
    Append { partition, key: Some(key.into()), value: value.into() }
}

fn fetch_all(log: &dyn Log, partition: u32, offset: i64) -> Vec<Record> {
    let high = log.watermarks(partition).unwrap().high;
    let mut reader = log.reader(partition, offset).unwrap();
    let mut records: Vec<Record> = Vec::new();
    while records.last().map_or(offset, |last| last.offset + 1) < high {
        records.extend(reader.fetch(1000, WAIT).unwrap());
    }
    records
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn offsets_are_contiguous_per_partition_and_records_come_back_whole() {
    let directory = tempfile::tempdir().unwrap();
    let log = Embedded::open(directory.path(), 3).unwrap();
    let none = Append { partition: 2, key: None, value: b"control".to_vec() };
    let empty = Append { partition: 2, key: Some(Vec::new()), value: Vec::new() };
    let offsets = log.append(vec![record(0, "a", "1"), record(2, "b", "2"), record(0, "a", "3"), none, empty]).unwrap();
    assert_eq!(offsets, [0, 0, 1, 1, 2]);
    assert_eq!(log.append(vec![record(0, "c", "4")]).unwrap(), [2]);
    assert_eq!(log.watermarks(0).unwrap(), Watermarks { low: 0, high: 3 });
    assert_eq!(log.watermarks(1).unwrap(), Watermarks { low: 0, high: 0 });
    let expected = [
        Record { offset: 0, key: Some(b"b".to_vec()), value: b"2".to_vec() },
        Record { offset: 1, key: None, value: b"control".to_vec() },
        Record { offset: 2, key: Some(Vec::new()), value: Vec::new() },
    ];
    assert_eq!(fetch_all(&log, 2, 0), expected);
    assert_eq!(fetch_all(&log, 0, 2), [Record { offset: 2, key: Some(b"c".to_vec()), value: b"4".to_vec() }]);
    // Its records have neither headers nor a missing value.
    let original = log.originals(2, 2).unwrap().fetch_one(WAIT).unwrap();
    assert_eq!(original, Some(Original { offset: 2, key: Some(Vec::new()), value: Some(Vec::new()), headers: Vec::new() }));
}

#[test]
fn a_reopened_log_goes_on_where_it_ended_and_keeps_its_identity() {
    let directory = tempfile::tempdir().unwrap();
    let log = Embedded::open(directory.path(), 2).unwrap();
    let identity = log.identity().unwrap();
    log.append(vec![record(1, "a", "1"), record(1, "a", "2")]).unwrap();
    drop(log);
    let log = Embedded::open(directory.path(), 2).unwrap();
    assert_eq!(log.identity().unwrap(), identity);
    assert_eq!(log.append(vec![record(1, "a", "3"), record(0, "b", "4")]).unwrap(), [2, 0]);
    assert_eq!(fetch_all(&log, 1, 0).len(), 3);
}

#[test]
fn what_was_answered_survives_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let (running, crashed) = (directory.path().join("running"), directory.path().join("crashed"));
    let log = Embedded::open(&running, 2).unwrap();
    for number in 0..100 {
        log.append(vec![record(0, "a", &number.to_string()), record(1, "b", &number.to_string())]).unwrap();
    }
    // The files as a crash at this moment leaves them: the log is neither flushed nor closed.
    copy(&running, &crashed);
    let after = Embedded::open(&crashed, 2).unwrap();
    for partition in [0, 1] {
        assert_eq!(fetch_all(&after, partition, 0), fetch_all(&log, partition, 0));
        assert_eq!(after.watermarks(partition).unwrap().high, 100);
    }
}

#[test]
fn a_torn_end_of_the_file_loses_only_what_was_never_answered_and_damage_before_it_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let (running, torn, damaged) = (directory.path().join("running"), directory.path().join("torn"), directory.path().join("damaged"));
    let log = Embedded::open(&running, 1).unwrap();
    for number in 0..50 {
        log.append(vec![record(0, "a", &format!("{number:0>500}"))]).unwrap();
    }
    copy(&running, &torn);
    copy(&running, &damaged);
    let newest = |directory: &Path| {
        let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().unwrap()
    };
    let path = newest(&torn);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    assert_eq!(Embedded::open(&torn, 1).unwrap().watermarks(0).unwrap().high, 49);

    let path = newest(&damaged);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(Embedded::open(&damaged, 1).err().map(|error| error.code), Some(Code::Corrupt));
}

#[test]
fn another_number_of_partitions_and_a_second_process_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let log = Embedded::open(directory.path(), 3).unwrap();
    let second = Embedded::open(directory.path(), 3).err().unwrap();
    assert!(second.detail.contains("open in another process"), "{second}");
    drop(log);
    let changed = Embedded::open(directory.path(), 4).err().unwrap();
    assert_eq!(changed.code, Code::PartitionsChanged);
    assert!(changed.detail.contains('3') && changed.detail.contains('4'), "{changed}");
    let log = Embedded::open(directory.path(), 3).unwrap();
    assert_eq!(log.append(vec![record(3, "a", "1")]).err().map(|error| error.code), Some(Code::PartitionsChanged));
    assert_eq!(log.watermarks(3).err().map(|error| error.code), Some(Code::PartitionsChanged));
}

#[test]
fn a_waiting_reader_wakes_when_its_partition_grows_and_not_later() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(Embedded::open(directory.path(), 2).unwrap());
    let mut reader = log.reader(1, 0).unwrap();
    assert_eq!(reader.fetch(10, Duration::from_millis(20)).unwrap(), []);
    let waiting = std::thread::spawn(move || {
        let began = Instant::now();
        (reader.fetch(10, WAIT).unwrap(), began.elapsed())
    });
    log.append(vec![record(0, "other", "0")]).unwrap();
    log.append(vec![record(1, "a", "1")]).unwrap();
    let (records, waited) = waiting.join().unwrap();
    assert_eq!(records.len(), 1);
    assert!(waited < WAIT / 2, "woken after {waited:?}");
}

#[test]
fn appends_of_many_threads_keep_each_threads_order() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(Embedded::open(directory.path(), 4).unwrap());
    let threads: Vec<_> = (0..8_u32)
        .map(|thread| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                for number in 0..200_u32 {
                    log.append(vec![record(thread % 4, &thread.to_string(), &number.to_string())]).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    for partition in 0..4 {
        let records = fetch_all(log.as_ref(), partition, 0);
        assert_eq!(records.len(), 400);
        assert!(records.iter().enumerate().all(|(place, record)| record.offset == i64::try_from(place).unwrap()));
        for thread in [partition, partition + 4] {
            let of_thread = records.iter().filter(|record| record.key == Some(thread.to_string().into_bytes()));
            let numbers: Vec<u32> = of_thread.map(|record| String::from_utf8_lossy(&record.value).parse().unwrap()).collect();
            assert_eq!(numbers, (0..200).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_preflight_knows_its_log_by_identity_end_and_last_record() {
    let directory = tempfile::tempdir().unwrap();
    let log = Embedded::open(&directory.path().join("one"), 2).unwrap();
    log.append(vec![record(0, "a", "1"), record(0, "a", "2")]).unwrap();
    let last = Fingerprint::of(&fetch_all(&log, 0, 1)[0]);
    let remembered = Remembered { identity: log.identity().unwrap(), last: Some(last) };
    let code = |cursor, partitions, remembered: &Remembered| preflight(&log, 0, cursor, partitions, Some(remembered)).err().map(|error| error.code);
    assert_eq!(code(2, 2, &remembered), None);
    assert_eq!(code(2, 3, &remembered), Some(Code::PartitionsChanged));
    assert_eq!(code(3, 2, &remembered), Some(Code::LogTruncated));
    let replaced = Remembered { last: Some(Fingerprint { hash: last.hash ^ 1, ..last }), ..remembered.clone() };
    assert_eq!(code(2, 2, &replaced), Some(Code::LogTruncated));

    let other = Embedded::open(&directory.path().join("other"), 2).unwrap();
    other.append(vec![record(0, "a", "1"), record(0, "a", "2")]).unwrap();
    assert_eq!(preflight(&other, 0, 2, 2, Some(&remembered)).err().map(|error| error.code), Some(Code::TopicRecreated));
}
