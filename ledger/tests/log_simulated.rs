//! The simulated log: its faults follow the seed, and none of them loses a record.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something fails")]

use std::time::Duration;

use ledger::log::simulated::{Faults, Simulated};
use ledger::log::{Append, Code, Fingerprint, Log, Record, Remembered, preflight};

const RECORDS: usize = 500;
const FETCHES_MAX: usize = 20_000;

fn filled(seed: u64, faults: Faults) -> (Simulated, Vec<i64>) {
    let log = Simulated::new(seed, 2, faults);
    let records = (0..RECORDS).map(|number| Append { partition: 1, key: Some(b"m".to_vec()), value: number.to_string().into_bytes() });
    let offsets = log.append(records.collect()).unwrap();
    (log, offsets)
}

/// Every answer of a reader until the end is reached.
fn answers(log: &Simulated, cursor: i64) -> Vec<Result<Vec<Record>, Code>> {
    let high = log.watermarks(1).unwrap().high;
    let mut reader = log.reader(1, cursor).unwrap();
    let mut answers = Vec::new();
    while answers.len() < FETCHES_MAX {
        let answer = reader.fetch(16, Duration::ZERO).map_err(|error| error.code);
        let ended = answer.as_ref().is_ok_and(|records| records.last().is_some_and(|last| last.offset + 1 == high));
        answers.push(answer);
        if ended {
            return answers;
        }
    }
    panic!("the end is not reached in {FETCHES_MAX} fetches");
}

#[test]
fn every_record_comes_in_order_once_repetitions_are_skipped() {
    for seed in 0..200 {
        let (log, offsets) = filled(seed, Faults::ALL);
        let (mut cursor, mut seen) = (0, Vec::new());
        for record in answers(&log, 0).into_iter().flatten().flatten() {
            if record.offset >= cursor {
                cursor = record.offset + 1;
                seen.push(record);
            }
        }
        assert_eq!(seen.iter().map(|record| record.offset).collect::<Vec<_>>(), offsets, "seed {seed}");
        assert!(seen.iter().enumerate().all(|(place, record)| record.value == place.to_string().into_bytes()), "seed {seed}");
    }
}

#[test]
fn the_same_seed_shows_the_same_faults_and_all_of_them() {
    let (log, offsets) = filled(7, Faults::ALL);
    let one = answers(&log, 0);
    assert_eq!(one, answers(&filled(7, Faults::ALL).0, 0), "seed 7");
    assert_ne!(one, answers(&filled(8, Faults::ALL).0, 0), "seeds 7 and 8");
    assert!(one.iter().any(|answer| answer == &Err(Code::KafkaUnreachable)), "it fails");
    assert!(one.iter().any(|answer| answer.as_ref().is_ok_and(Vec::is_empty)), "it stalls");
    assert!(one.iter().any(|answer| answer.as_ref().is_ok_and(|records| (1..16).contains(&records.len()))), "it tears");
    let given: usize = one.iter().flatten().map(Vec::len).sum();
    assert!(given > RECORDS, "it repeats: {given}");
    assert!(offsets.windows(2).any(|pair| pair[1] - pair[0] == 2), "it leaves gaps");
    assert!(answers(&filled(7, Faults::NONE).0, 0).iter().all(|answer| answer.as_ref().is_ok_and(|records| !records.is_empty())));
}

#[test]
fn what_an_operator_may_find_has_its_code() {
    let (log, _) = filled(1, Faults::NONE);
    let last = Fingerprint::of(&log.reader(1, 299).unwrap().fetch(1, Duration::ZERO).unwrap()[0]);
    let remembered = Remembered { identity: log.identity().unwrap(), last: Some(last) };
    let code = || preflight(&log, 1, 300, 2, Some(&remembered)).err().map(|error| error.code);
    let fetched = || log.reader(1, 300).unwrap().fetch(1, Duration::ZERO).err().map(|error| error.code);
    assert_eq!((code(), fetched()), (None, None));
    log.cut_off(true);
    assert_eq!((code(), fetched()), (Some(Code::KafkaUnreachable), Some(Code::KafkaUnreachable)));
    log.cut_off(false);
    log.expire(1, 300);
    assert_eq!((code(), fetched()), (None, None), "nothing unread is gone");
    log.expire(1, 301);
    assert_eq!((code(), fetched()), (Some(Code::LogExpired), Some(Code::LogExpired)));

    let (log, _) = filled(1, Faults::NONE);
    let mut reader = log.reader(1, 300).unwrap();
    let code = || preflight(&log, 1, 300, 2, Some(&remembered)).err().map(|error| error.code);
    log.truncate(1, 299);
    assert_eq!(code(), Some(Code::LogTruncated));
    assert_eq!(reader.fetch(1, Duration::ZERO).err().map(|error| error.code), Some(Code::LogTruncated));
    log.append(vec![Append { partition: 1, key: None, value: b"another".to_vec() }]).unwrap();
    assert_eq!(code(), Some(Code::LogTruncated), "another record took its place");
    log.recreate();
    assert_eq!(code(), Some(Code::TopicRecreated));
    assert_eq!(reader.fetch(1, Duration::ZERO).err().map(|error| error.code), Some(Code::TopicRecreated));
}
