//! What tests of the log share: a topic, its producer, and reading until something has come.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where something fails")]

use std::time::{Duration, Instant};

use ledger::log::kafka::{Admin, Kafka, Options};
use ledger::log::{Append, Code, Error, Log, Reader, Record};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

/// Until something that a test waits for has happened.
pub const WAIT_MAX: Duration = Duration::from_secs(60);
pub const FETCH_WAIT: Duration = Duration::from_millis(200);

pub fn record(partition: u32, value: impl ToString) -> Append {
    Append { partition, key: Some(b"m".to_vec()), value: value.to_string().into_bytes() }
}

pub fn admin(broker: &str) -> Admin {
    Admin::connect(broker, Options::default()).unwrap()
}

/// A new topic.
pub fn made(broker: &str, topic: &str, partitions: u32, configuration: &[(&str, &str)]) -> Kafka {
    assert!(admin(broker).create_topic(topic, partitions, configuration).unwrap(), "{topic} is new");
    Kafka::connect(broker, topic, Options::default()).unwrap()
}

/// Asks until the answer is enough.
pub fn until<T: std::fmt::Debug>(what: &str, mut ask: impl FnMut() -> T, enough: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        let found = ask();
        if enough(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} within {WAIT_MAX:?}: {found:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Fetches until the reader's position is there; transient trouble is waited out.
pub fn read_to(reader: &mut dyn Reader, position: i64) -> Result<Vec<Record>, Error> {
    let deadline = Instant::now() + WAIT_MAX;
    let mut records = Vec::new();
    while reader.position() < position {
        assert!(Instant::now() < deadline, "position {} of {position} within {WAIT_MAX:?}", reader.position());
        match reader.fetch(1000, FETCH_WAIT) {
            Ok(more) => records.extend(more),
            Err(error) if error.code == Code::KafkaUnreachable => {}
            Err(error) => return Err(error),
        }
    }
    Ok(records)
}

/// The first error that is not transient.
pub fn halted(reader: &mut dyn Reader) -> Error {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        assert!(Instant::now() < deadline, "nothing halts the reader within {WAIT_MAX:?}");
        match reader.fetch(1000, FETCH_WAIT) {
            Err(error) if error.code != Code::KafkaUnreachable => return error,
            Ok(_) | Err(_) => {}
        }
    }
}

/// Waits until the topic's partition can be asked for; a moment after its making it cannot.
pub fn settled(log: &Kafka) {
    until("watermarks", || log.watermarks(0), Result::is_ok).unwrap();
}

/// A producer as others have it: librdkafka's with these properties.
pub fn producer(broker: &str, properties: &[(&str, &str)]) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker);
    properties.iter().for_each(|(name, value)| {
        config.set(*name, *value);
    });
    config.create().unwrap()
}

/// One that writes in transactions.
pub fn transactional(broker: &str, id: &str) -> BaseProducer {
    let producer = producer(broker, &[("transactional.id", id), ("transaction.timeout.ms", "60000")]);
    producer.init_transactions(WAIT_MAX).unwrap();
    producer
}

/// Sends values to partition 0 and waits until they are delivered.
pub fn send(producer: &BaseProducer, topic: &str, values: impl IntoIterator<Item = String>) {
    for value in values {
        producer.send(BaseRecord::<str, str>::to(topic).partition(0).key("m").payload(&value)).map_err(|(error, _)| error).unwrap();
        producer.poll(Duration::ZERO);
    }
    producer.flush(WAIT_MAX).unwrap();
}
