//! The log as a topic of a real Apache Kafka: reading and writing, and every way in which the topic is not what it was.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something fails")]

#[path = "support/kafka.rs"]
mod kafka;

use std::time::{Duration, Instant};

use kafka::Broker;
use ledger::log::kafka::{Admin, Kafka, Options, Outgoing, Publisher};
use ledger::log::{Append, Code, Error, Fingerprint, Log, Original, Reader, Record, Remembered, Watermarks, preflight};

/// Until something that a test waits for has happened.
const WAIT_MAX: Duration = Duration::from_secs(60);
const FETCH_WAIT: Duration = Duration::from_millis(200);

fn record(partition: u32, value: impl ToString) -> Append {
    Append { partition, key: Some(b"m".to_vec()), value: value.to_string().into_bytes() }
}

fn admin(broker: &Broker) -> Admin {
    Admin::connect(&broker.address(), Options::default()).unwrap()
}

fn connect(broker: &Broker, topic: &str) -> Kafka {
    Kafka::connect(&broker.address(), topic, Options::default()).unwrap()
}

/// A new topic with `count` records `0…` in partition 0.
fn filled(broker: &Broker, topic: &str, partitions: u32, count: i64) -> Kafka {
    assert!(admin(broker).create_topic(topic, partitions, &[]).unwrap(), "{topic} is new");
    let log = connect(broker, topic);
    let offsets = log.append((0..count).map(|number| record(0, number)).collect()).unwrap();
    assert_eq!(offsets, (0..count).collect::<Vec<_>>());
    log
}

/// Fetches until there are so many records; transient trouble is waited out.
fn read(reader: &mut dyn Reader, count: usize) -> Result<Vec<Record>, Error> {
    let deadline = Instant::now() + WAIT_MAX;
    let mut records = Vec::new();
    while records.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} records within {WAIT_MAX:?}", records.len());
        match reader.fetch(1000, FETCH_WAIT) {
            Ok(more) => records.extend(more),
            Err(error) if error.code == Code::KafkaUnreachable => {}
            Err(error) => return Err(error),
        }
    }
    Ok(records)
}

/// The first error that is not transient.
fn halted(reader: &mut dyn Reader) -> (Error, Vec<Record>) {
    let deadline = Instant::now() + WAIT_MAX;
    let mut records = Vec::new();
    loop {
        assert!(Instant::now() < deadline, "nothing halts the reader within {WAIT_MAX:?}");
        match reader.fetch(1000, FETCH_WAIT) {
            Ok(more) => records.extend(more),
            Err(error) if error.code == Code::KafkaUnreachable => {}
            Err(error) => return (error, records),
        }
    }
}

fn remember(log: &Kafka, cursor: i64) -> Remembered {
    let last = read(log.reader(0, cursor - 1).unwrap().as_mut(), 1).unwrap();
    Remembered { identity: log.identity().unwrap(), last: Some(Fingerprint::of(&last[0])) }
}

fn code(result: Result<(), Error>) -> Option<Code> {
    result.err().map(|error| error.code)
}

#[test]
fn records_are_written_read_from_a_cursor_and_waited_for() {
    let Some(broker) = Broker::shared() else { return };
    let log = filled(&broker, "read-write", 3, 500);
    assert_eq!(log.partitions().unwrap(), 3);
    assert_eq!(log.watermarks(0).unwrap(), Watermarks { low: 0, high: 500 });
    assert_eq!(log.watermarks(2).unwrap(), Watermarks { low: 0, high: 0 });
    let records = read(log.reader(0, 0).unwrap().as_mut(), 500).unwrap();
    let expected = |offset: i64| Record { offset, key: Some(b"m".to_vec()), value: offset.to_string().into_bytes() };
    assert_eq!(records, (0..500).map(expected).collect::<Vec<_>>());

    let mut reader = log.reader(0, 321).unwrap();
    assert_eq!(read(reader.as_mut(), 179).unwrap(), (321..500).map(expected).collect::<Vec<_>>());
    assert_eq!(reader.fetch(10, Duration::from_millis(50)).unwrap(), []);
    assert_eq!(log.append(vec![record(0, 500), record(2, "x"), record(0, 501)]).unwrap(), [500, 0, 501]);
    assert_eq!(read(reader.as_mut(), 2).unwrap(), [expected(500), expected(501)]);

    // A record without key, and one that is larger than a usual answer's share.
    let large = vec![b'x'; 900_000];
    log.append(vec![Append { partition: 1, key: None, value: large.clone() }]).unwrap();
    assert_eq!(read(log.reader(1, 0).unwrap().as_mut(), 1).unwrap(), [Record { offset: 0, key: None, value: large }]);
    let remembered = remember(&log, 400);
    assert_eq!(code(preflight(&log, 0, 400, 3, Some(&remembered))), None);
    assert_eq!(code(preflight(&log, 0, 400, 12, Some(&remembered))), Some(Code::PartitionsChanged));
    log.note_progress(0, 400);
}

#[test]
fn headers_and_partitions_are_published_as_asked() {
    let Some(broker) = Broker::shared() else { return };
    assert!(admin(&broker).create_topic("published", 2, &[("cleanup.policy", "compact")]).unwrap());
    assert!(!admin(&broker).create_topic("published", 2, &[]).unwrap(), "it is there");
    let publisher = Publisher::connect(&broker.address(), Options::default()).unwrap();
    let headers = vec![("dlq.code".to_owned(), b"malformed".to_vec()), ("dlq.offset".to_owned(), b"7".to_vec())];
    let outgoing = Outgoing { topic: "published".into(), partition: Some(1), key: Some(b"k".to_vec()), value: Some(b"v".to_vec()), headers };
    let placed = publisher.publish(vec![outgoing.clone(), outgoing]).unwrap();
    assert_eq!(placed.iter().map(|placed| (placed.partition, placed.offset)).collect::<Vec<_>>(), [(1, 0), (1, 1)]);
    assert_eq!(publisher.publish(Vec::new()).unwrap(), []);
    assert_eq!(read(connect(&broker, "published").reader(1, 0).unwrap().as_mut(), 2).unwrap()[1].value, b"v");
}

#[test]
fn originals_have_their_headers_and_tell_no_value_from_an_empty_one() {
    let Some(broker) = Broker::shared() else { return };
    assert!(admin(&broker).create_topic("originals", 1, &[]).unwrap());
    let publisher = Publisher::connect(&broker.address(), Options::default()).unwrap();
    let headers: Vec<(String, Vec<u8>)> = [("a", "1"), ("b", ""), ("a", "2")].map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into();
    let published = [(Some(b"v".to_vec()), headers.clone()), (None, headers), (Some(Vec::new()), Vec::new())];
    let outgoing =
        published.clone().map(|(value, headers)| Outgoing { topic: "originals".into(), partition: Some(0), key: Some(b"k".to_vec()), value, headers });
    publisher.publish(outgoing.into()).unwrap();
    let expected = published.into_iter().zip(0..).map(|((value, headers), offset)| {
        let headers = headers.into_iter().map(|(name, value)| (name, Some(value))).collect();
        Original { offset, key: Some(b"k".to_vec()), value, headers }
    });
    let log = connect(&broker, "originals");
    let mut originals = log.originals(0, 0).unwrap();
    for expected in expected {
        let deadline = Instant::now() + WAIT_MAX;
        let found = loop {
            assert!(Instant::now() < deadline, "nothing at {} within {WAIT_MAX:?}", expected.offset);
            match originals.fetch_one(FETCH_WAIT) {
                Ok(Some(found)) => break found,
                Ok(None) => {}
                Err(error) => assert_eq!(error.code, Code::KafkaUnreachable, "{error}"),
            }
        };
        assert_eq!(found, expected);
        assert_eq!(originals.position(), expected.offset + 1);
    }
    // Who folds them sees keys and values alone.
    assert_eq!(read(log.reader(0, 1).unwrap().as_mut(), 2).unwrap()[0], Record { offset: 1, key: Some(b"k".to_vec()), value: Vec::new() });
}

#[test]
fn our_partition_of_a_key_is_the_one_that_kafkas_client_chooses() {
    let Some(broker) = Broker::shared() else { return };
    admin(&broker).create_topic("partitioned", 12, &[]).unwrap();
    let publisher = Publisher::connect(&broker.address(), Options::default()).unwrap();
    let keys: Vec<String> = (0..1000).map(|number| format!("M{:0>width$}", number * 7919, width = 1 + number % 12)).collect();
    let outgoing = |key: &String| Outgoing { topic: "partitioned".into(), key: Some(key.clone().into_bytes()), ..Outgoing::default() };
    let placed = publisher.publish(keys.iter().map(outgoing).collect()).unwrap();
    for (key, placed) in keys.iter().zip(&placed) {
        assert_eq!(schemas::partition::partition_of(key.as_bytes(), 12), placed.partition, "{key}");
    }
}

#[test]
fn a_topic_that_was_made_again_is_never_read_on() {
    let Some(broker) = Broker::shared() else { return };
    let log = filled(&broker, "again", 1, 100);
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(read(reader.as_mut(), 100).unwrap().len(), 100);
    let remembered = remember(&log, 100);
    assert_eq!(code(preflight(&log, 0, 100, 1, Some(&remembered))), None);
    admin(&broker).delete_topic("again").unwrap();
    // The same records and more: neither the offsets nor the record before the cursor tell that it is another topic.
    let log = filled(&broker, "again", 1, 300);
    assert_eq!(code(preflight(&log, 0, 100, 1, Some(&remembered))), Some(Code::TopicRecreated));
    let (error, records) = halted(reader.as_mut());
    assert_eq!((error.code, records), (Code::TopicRecreated, Vec::new()), "{error}");
    // Without a topic id the last record tells, where it differs.
    let nameless = Remembered { identity: "name:again".into(), last: Some(Fingerprint { offset: 99, hash: 1 }) };
    assert!(preflight(&log, 0, 100, 1, Some(&nameless)).is_err());
}

#[test]
fn a_topic_made_again_and_empty_halts_a_running_reader() {
    let Some(broker) = Broker::shared() else { return };
    let log = filled(&broker, "emptied", 1, 100);
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(read(reader.as_mut(), 100).unwrap().len(), 100);
    admin(&broker).delete_topic("emptied").unwrap();
    assert!(admin(&broker).create_topic("emptied", 1, &[]).unwrap());
    assert_eq!(halted(reader.as_mut()).0.code, Code::TopicRecreated);
}

#[test]
fn a_deleted_topic_is_missing() {
    let Some(broker) = Broker::shared() else { return };
    let log = filled(&broker, "deleted", 1, 10);
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(read(reader.as_mut(), 10).unwrap().len(), 10);
    admin(&broker).delete_topic("deleted").unwrap();
    let (error, _) = halted(reader.as_mut());
    assert_eq!(error.code, Code::TopicMissing);

    let error = connect(&broker, "never-made").partitions().unwrap_err();
    assert_eq!(error.code, Code::TopicMissing);
    assert!(error.detail.contains("--create --topic never-made"), "{error}");
    assert_eq!(connect(&broker, "never-made").identity().unwrap_err().code, Code::TopicMissing);
    assert_eq!(connect(&broker, "never-made").append(vec![record(0, 1)]).unwrap_err().code, Code::TopicMissing);
}

#[test]
fn retention_past_the_cursor_is_log_expired_at_the_start_and_under_way() {
    let Some(broker) = Broker::shared() else { return };
    let log = filled(&broker, "expired", 1, 100);
    let remembered = remember(&log, 50);
    admin(&broker).delete_records("expired", 0, 50).unwrap();
    assert_eq!(log.watermarks(0).unwrap(), Watermarks { low: 50, high: 100 });
    assert_eq!(code(preflight(&log, 0, 50, 1, Some(&remembered))), None, "nothing unread is gone");
    admin(&broker).delete_records("expired", 0, 60).unwrap();
    assert_eq!(code(preflight(&log, 0, 50, 1, Some(&remembered))), Some(Code::LogExpired));
    assert_eq!(code(preflight(&log, 0, 0, 1, None)), Some(Code::LogExpired));
    let (error, records) = halted(log.reader(0, 50).unwrap().as_mut());
    assert_eq!((error.code, records), (Code::LogExpired, Vec::new()), "{error}");
}

#[test]
fn a_cursor_above_the_end_is_log_truncated_at_the_start_and_under_way() {
    let Some(broker) = Broker::shared() else { return };
    let log = filled(&broker, "truncated", 1, 100);
    let remembered = Remembered { identity: log.identity().unwrap(), last: None };
    assert_eq!(code(preflight(&log, 0, 100, 1, Some(&remembered))), None);
    assert_eq!(code(preflight(&log, 0, 101, 1, Some(&remembered))), Some(Code::LogTruncated));
    let replaced = Remembered { last: Some(Fingerprint { offset: 99, hash: 1 }), ..remembered };
    assert_eq!(code(preflight(&log, 0, 100, 1, Some(&replaced))), Some(Code::LogTruncated));
    assert_eq!(halted(log.reader(0, 150).unwrap().as_mut()).0.code, Code::LogTruncated);
}

#[test]
fn a_wrong_address_is_named_and_answered_in_time() {
    let began = Instant::now();
    let log = Kafka::connect("127.0.0.1:1", "any", Options::default()).unwrap();
    for error in [log.partitions().unwrap_err(), log.identity().unwrap_err(), log.watermarks(0).unwrap_err()] {
        assert_eq!(error.code, Code::KafkaUnreachable);
        assert!(error.detail.contains("127.0.0.1:1"), "{error}");
    }
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(reader.fetch(10, FETCH_WAIT).unwrap_err().code, Code::KafkaUnreachable);
    assert!(began.elapsed() < WAIT_MAX, "{:?}", began.elapsed());
}

#[test]
fn a_broker_that_was_killed_is_read_and_written_on_when_it_is_back() {
    let Some(mut broker) = Broker::start() else { return };
    let log = filled(&broker, "killed", 1, 1000);
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(read(reader.as_mut(), 1000).unwrap().len(), 1000);
    broker.kill();
    let error = loop {
        if let Err(error) = reader.fetch(1000, FETCH_WAIT) {
            break error;
        }
    };
    assert_eq!(error.code, Code::KafkaUnreachable);
    assert_eq!(log.append(vec![record(0, "lost")]).unwrap_err().code, Code::KafkaUnreachable);
    broker.restart();
    let offsets = log.append((0..10).map(|number| record(0, number)).collect()).unwrap();
    let records = read(reader.as_mut(), 10).unwrap();
    assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), offsets);
    assert_eq!(offsets.first(), Some(&1000), "what was given up was not written");
    assert_eq!(code(preflight(&log, 0, 1010, 1, Some(&remember(&log, 1010)))), None);
}

#[test]
fn a_log_whose_broker_is_gone_is_dropped_in_time() {
    let Some(mut broker) = Broker::start() else { return };
    let log = filled(&broker, "dropped", 1, 10);
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(read(reader.as_mut(), 10).unwrap().len(), 10);
    let began = Instant::now();
    log.note_progress(0, 5);
    while began.elapsed() < Duration::from_millis(1200) {
        log.note_progress(0, 10);
    }
    broker.kill();
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(1200) {
        log.note_progress(0, 10);
    }
    let began = Instant::now();
    drop(reader);
    drop(log);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
