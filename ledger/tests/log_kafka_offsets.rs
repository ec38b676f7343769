//! What a topic of a real Apache Kafka holds beside records: every codec, the ends of transactions, what was aborted, what is
//! hidden, what compaction removed; and what others do to it while it is read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where something fails")]

#[path = "support/kafka.rs"]
mod kafka;
#[path = "support/reading.rs"]
mod reading;

use std::time::{Duration, Instant};

use kafka::Broker;
use ledger::log::kafka::{Kafka, Options, Outgoing, Publisher};
use ledger::log::{Append, Code, Fingerprint, Log, Remembered, WarningCode, Watermarks, preflight};
use rdkafka::producer::{BaseRecord, Producer};
use reading::{FETCH_WAIT, WAIT_MAX, admin, halted, made, producer, read_to, record, send, settled, transactional, until};

#[test]
fn records_of_every_codec_are_read() {
    let Some(broker) = Broker::shared() else { return };
    let log = made(&broker.address(), "codecs", 1, &[]);
    settled(&log);
    let codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    for codec in codecs {
        let producer = producer(&broker.address(), &[("compression.type", codec), ("linger.ms", "50")]);
        // Long and alike, so that each batch is compressed in earnest.
        send(&producer, "codecs", (0..50).map(|number| format!("{codec} {number} {}", "x".repeat(500))));
    }
    let records = read_to(log.reader(0, 0).unwrap().as_mut(), 250).unwrap();
    let codec_of = |value: &[u8]| String::from_utf8_lossy(value).split(' ').next().map(str::to_owned);
    let read: Vec<_> = records.iter().filter_map(|record| codec_of(&record.value)).collect();
    let expected: Vec<_> = codecs.iter().flat_map(|codec| vec![(*codec).to_owned(); 50]).collect();
    assert_eq!(read, expected);
}

#[test]
fn the_position_passes_the_ends_of_transactions_and_what_was_aborted() {
    let Some(broker) = Broker::shared() else { return };
    let topic = "markers";
    let log = made(&broker.address(), topic, 1, &[]);
    settled(&log);
    let producer = transactional(&broker.address(), topic);
    let transaction = |values: std::ops::Range<u32>, commit: bool| {
        producer.begin_transaction().unwrap();
        send(&producer, topic, values.map(|value| value.to_string()));
        if commit { producer.commit_transaction(WAIT_MAX).unwrap() } else { producer.abort_transaction(WAIT_MAX).unwrap() }
    };
    transaction(0..3, true); // 0–2, and its end at 3.
    transaction(100..2100, false); // 4–2003, and its end at 2004.
    let mut reader = log.reader(0, 0).unwrap();
    let records = read_to(reader.as_mut(), 2005).unwrap();
    assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((log.watermarks(0).unwrap().high, log.readable_end(0).unwrap(), reader.position()), (2005, 2005, 2005));

    // A cursor on an offset that is no record is as good as any, and the last record that was folded is found before it.
    let last = Some(Fingerprint::of(&records[2]));
    let remembered = Remembered { identity: log.identity().unwrap(), last };
    preflight(&log, 0, 2005, 1, Some(&remembered)).unwrap();
    let mut reader = log.reader(0, 2005).unwrap();
    assert_eq!(reader.fetch(10, FETCH_WAIT).unwrap(), []);
    assert_eq!(reader.position(), 2005);
    transaction(3..5, true);
    let records = read_to(reader.as_mut(), 2008).unwrap();
    assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [2005, 2006]);
}

#[test]
fn what_an_open_transaction_hides_is_counted_and_not_read() {
    let Some(broker) = Broker::shared() else { return };
    let topic = "hidden";
    let log = made(&broker.address(), topic, 1, &[]);
    settled(&log);
    let open = transactional(&broker.address(), topic);
    open.begin_transaction().unwrap();
    send(&open, topic, ["open".to_owned()]);
    assert_eq!(log.append(vec![record(0, "acknowledged")]).unwrap(), [1]);
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(reader.fetch(10, Duration::from_millis(500)).unwrap(), []);
    assert_eq!((log.watermarks(0).unwrap(), log.readable_end(0).unwrap(), reader.position()), (Watermarks { low: 0, high: 2 }, 0, 0));
    open.commit_transaction(WAIT_MAX).unwrap();
    let values: Vec<_> = read_to(reader.as_mut(), 3).unwrap().into_iter().map(|record| record.value).collect();
    assert_eq!(values, [b"open".to_vec(), b"acknowledged".to_vec()]);
}

#[test]
fn partitions_that_are_added_are_noticed_by_who_reads_and_who_writes() {
    let Some(broker) = Broker::shared() else { return };
    let log = made(&broker.address(), "widened", 2, &[]);
    settled(&log);
    log.append(vec![record(0, "before")]).unwrap();
    let mut reader = log.reader(0, 0).unwrap();
    assert_eq!(read_to(reader.as_mut(), 1).unwrap().len(), 1);
    admin(&broker.address()).add_partitions("widened", 3).unwrap();
    let added = Instant::now();
    let error = halted(reader.as_mut());
    assert_eq!(error.code, Code::PartitionsChanged, "{error}");
    assert!(added.elapsed() < Duration::from_secs(15), "after {:?}", added.elapsed());
    assert_eq!(log.append(vec![record(0, "after")]).unwrap_err().code, Code::PartitionsChanged);
    assert_eq!(log.watermarks(0).unwrap().high, 1, "nothing was appended");
}

#[test]
fn a_topic_with_a_small_limit_on_batches_takes_many_small_records() {
    let Some(broker) = Broker::shared() else { return };
    let limit = [("max.message.bytes", "2000")];
    let log = made(&broker.address(), "small", 1, &limit);
    settled(&log);
    // Values that no compression makes much smaller.
    let value = |number: u64| format!("{:0<100}", format!("{}{}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number.wrapping_mul(0xbf58_476d_1ce4_e5b9)));
    let offsets = log.append((0..300).map(|number| record(0, value(number))).collect()).unwrap();
    assert_eq!(offsets, (0..300).collect::<Vec<_>>());
    let large = log.append(vec![record(0, blake3_like(5000))]).unwrap_err();
    assert_eq!(large.code, Code::TopicRefuses);
    assert!(large.detail.contains("5001 bytes") && large.detail.contains("max.message.bytes"), "{large}");
    assert_eq!(log.append(vec![record(0, "small again")]).unwrap(), [300]);
    let read = read_to(log.reader(0, 0).unwrap().as_mut(), 301).unwrap();
    assert_eq!(
        read.iter().take(300).map(|record| record.value.clone()).collect::<Vec<_>>(),
        (0..300).map(|number| value(number).into_bytes()).collect::<Vec<_>>()
    );

    // Where the limit gets smaller under way, what was refused is sent again in smaller batches, in order and once.
    admin(&broker.address()).create_topic("shrinking", 1, &[]).unwrap();
    let publisher = Publisher::connect(&broker.address(), Options::default()).unwrap();
    let outgoing = |number: u64| Outgoing { topic: "shrinking".into(), partition: Some(0), value: Some(value(number).into_bytes()), ..Outgoing::default() };
    publisher.publish(vec![outgoing(0)]).unwrap();
    admin(&broker.address()).set_topic("shrinking", &limit).unwrap();
    let placed = publisher.publish((1..301).map(outgoing).collect()).unwrap();
    assert_eq!(placed.iter().map(|placed| placed.offset).collect::<Vec<_>>(), (1..301).collect::<Vec<_>>());
}

/// So many characters that no compression makes much smaller.
fn blake3_like(length: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(33 + u8::try_from((state >> 33) % 94).unwrap_or(0))
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_producer_with_another_partitioner_is_told_from_a_sample_at_the_start_and_while_reading() {
    let Some(broker) = Broker::shared() else { return };
    let keys: Vec<String> = (0..40).map(|number| format!("M{number:05}")).collect();
    for (topic, partitioner, told) in [("by-crc32", "consistent_random", true), ("by-murmur2", "murmur2_random", false)] {
        let log = made(&broker.address(), topic, 4, &[]);
        settled(&log);
        let producer = producer(&broker.address(), &[("partitioner", partitioner)]);
        for key in &keys {
            producer.send(BaseRecord::<str, str>::to(topic).key(key).payload("v")).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(WAIT_MAX).unwrap();
        let at_start = Kafka::connect(&broker.address(), topic, Options::default()).unwrap();
        at_start.partitions().unwrap();
        (0..4).for_each(|partition| at_start.look_over(partition));
        let while_reading = Kafka::connect(&broker.address(), topic, Options::default()).unwrap();
        while_reading.partitions().unwrap();
        for partition in 0..4 {
            let end = log.watermarks(partition).unwrap().high;
            read_to(while_reading.reader(partition, 0).unwrap().as_mut(), end).unwrap();
        }
        for log in [&at_start, &while_reading] {
            let warnings = log.warnings();
            let found = warnings.iter().find(|warning| warning.code == WarningCode::OtherPartitioner);
            assert_eq!(found.is_some(), told, "{topic}: {warnings:?}");
            assert!(found.is_none_or(|warning| warning.detail.contains("murmur2_random")), "{warnings:?}");
        }
    }
}

#[test]
fn a_compacted_topic_is_told_and_read_on_over_what_compaction_removed() {
    let Some(broker) = Broker::shared() else { return };
    let topic = "compacted";
    let eager = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.0"),
        ("min.compaction.lag.ms", "0"),
        ("max.compaction.lag.ms", "100"),
    ];
    let log = made(&broker.address(), topic, 1, &eager);
    settled(&log);
    let keyed = |key: &str| Append { partition: 0, key: Some(key.as_bytes().to_vec()), value: key.as_bytes().to_vec() };
    log.append(vec![keyed("a"), keyed("b"), keyed("a"), keyed("b")]).unwrap();
    let records = read_to(log.reader(0, 0).unwrap().as_mut(), 4).unwrap();
    let remembered = Remembered { identity: log.identity().unwrap(), last: Some(Fingerprint::of(&records[3])) };
    // Each further record rolls the segment; then the folded ones are gone, the last one too.
    let removed = || {
        std::thread::sleep(Duration::from_millis(300));
        log.append(vec![keyed("a"), keyed("b")]).unwrap();
        read_to(log.reader(0, 0).unwrap().as_mut(), log.watermarks(0).unwrap().high).unwrap().iter().all(|record| record.offset > 3)
    };
    until("compaction", removed, |gone| *gone);
    preflight(&log, 0, 4, 1, Some(&remembered)).unwrap();
    log.look_over(0);
    let warnings = log.warnings();
    assert!(warnings.iter().any(|warning| warning.code == WarningCode::TopicCompacted && warning.detail.contains("cleanup.policy=compact")), "{warnings:?}");
    // In a topic that is not compacted the same is a loss. By Kafka's defaults a record with an old stamp is lost, too, which is told.
    let (forever, appended) = (("retention.ms", "-1"), ("message.timestamp.type", "LogAppendTime"));
    for (topic, configuration, codes) in [("kept", &[forever][..], &[][..]), ("appended", &[appended], &[]), ("default", &[], &[WarningCode::TopicRetention])] {
        let kept = made(&broker.address(), topic, 1, configuration);
        settled(&kept);
        kept.look_over(0);
        let warnings = kept.warnings();
        assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), codes, "{warnings:?}");
        assert!(warnings.iter().all(|warning| warning.detail.contains("retention.ms=604800000")), "{warnings:?}");
    }
}

#[test]
fn a_partition_without_a_leader_is_unreachable_and_comes_back() {
    let Some(broker) = Broker::start() else { return };
    let mut second = broker.join();
    let topic = "leaderless";
    until("the second node", || admin(&broker.address()).create_topic_at(topic, &[&[1], &[2]]), Result::is_ok).unwrap();
    let log = Kafka::connect(&broker.address(), topic, Options::default()).unwrap();
    until("both partitions", || log.append(vec![record(0, "one"), record(1, "two")]), Result::is_ok).unwrap();
    let mut reader = log.reader(1, 0).unwrap();
    read_to(reader.as_mut(), 1).unwrap();
    second.kill();
    let gone = Instant::now();
    while gone.elapsed() < Duration::from_secs(25) {
        for failed in [log.watermarks(1).err(), preflight(&log, 1, 1, 2, None).err(), reader.fetch(10, FETCH_WAIT).err()].into_iter().flatten() {
            assert_eq!(failed.code, Code::KafkaUnreachable, "after {:?}: {failed}", gone.elapsed());
        }
    }
    let error = until("the loss is known", || log.watermarks(1), Result::is_err).unwrap_err();
    assert!(error.detail.contains("partition 1") && error.detail.contains("no leader"), "{error}");
    assert_eq!(log.partitions().unwrap(), 2, "it is still there");
    assert_eq!(log.append(vec![record(0, "goes on")]).unwrap(), [1]);
    second.restart();
    until("its leader is back", || log.append(vec![record(1, "three")]), Result::is_ok).unwrap();
    let end = log.watermarks(1).unwrap().high;
    assert_eq!(read_to(reader.as_mut(), end).unwrap().last().map(|record| record.value.clone()), Some(b"three".to_vec()));
}
