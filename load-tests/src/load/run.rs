//! The run: sends at a rate for so long, and tells each second what was delivered and how far the service lags.

use super::traffic::Traffic;
use crate::kafka::Error;
use crate::kafka::producer::Producer;
use crate::service::Client;
use crate::service::client::positions;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The longest run.
pub const SECONDS_MAX: u64 = 3600;
/// The highest rate that is tried, in records per second.
pub const RATE_MAX: u64 = 2_000_000;
/// How long the last records may take to be delivered.
const FLUSH_WAIT_MAX: Duration = Duration::from_secs(60);
/// Between two instalments of the sender.
const INSTALMENT: Duration = Duration::from_millis(5);

/// How a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// `HOST:PORT` of Kafka.
    pub brokers: String,
    /// The topic, which is there.
    pub topic: String,
    /// Its partitions.
    pub partitions: u32,
    /// Merchants that send.
    pub merchants: u64,
    /// Of the traffic.
    pub seed: u64,
    /// Records per second.
    pub rate: u64,
    /// For how long.
    pub seconds: u64,
    /// Whether the ledger is to be opened first.
    pub open: bool,
}

/// What was delivered.
#[derive(Clone, Debug)]
pub struct Report {
    /// Records.
    pub records: u64,
    /// From the first to the last delivery.
    pub took: Duration,
    /// The last offset of each partition.
    pub last: BTreeMap<u32, i64>,
}

/// Sends, and tells `say` each second; a `service` is asked how far it is.
///
/// # Errors
/// Kafka does not take the records.
pub fn run(options: &Options, service: Option<&Client>, say: &mut dyn FnMut(&str)) -> Result<Report, Error> {
    let producer = Producer::connect(&options.brokers, &options.topic)?;
    if options.open {
        Traffic::opening(options.partitions, "2026-11-20").iter().try_for_each(|record| producer.send(record))?;
        producer.flush(FLUSH_WAIT_MAX)?;
    }
    let mut traffic = Traffic::new(options.seed, options.merchants, options.partitions);
    let (begun, end) = (Instant::now(), Duration::from_secs(options.seconds.min(SECONDS_MAX)));
    let rate = options.rate.min(RATE_MAX);
    let (mut sent, mut told_second, mut told_delivered) = (0, 0, producer.delivered());
    while begun.elapsed() < end {
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let due = micros.saturating_mul(rate) / 1_000_000;
        while sent < due && begun.elapsed() < end {
            for record in traffic.by_ref().take(1000.min(usize::try_from(due - sent).unwrap_or(1000))) {
                producer.send(&record)?;
                sent += 1;
            }
        }
        if begun.elapsed().as_secs() > told_second {
            told_second = begun.elapsed().as_secs();
            let delivered = producer.delivered();
            say(&format!("{told_second:>4} s: {:>8} records/s delivered, {}", delivered - told_delivered, lag(service)));
            told_delivered = delivered;
        }
        std::thread::sleep(INSTALMENT);
    }
    let last = producer.flush(FLUSH_WAIT_MAX)?;
    Ok(Report { records: producer.delivered(), took: begun.elapsed(), last })
}

/// How far the service is, in words.
fn lag(service: Option<&Client>) -> String {
    let Some(service) = service else { return "no service is asked".to_owned() };
    match service.ask("/readyz") {
        Ok(answer) => {
            let lags = answer.body["shards"].as_array().into_iter().flatten().filter_map(|shard| shard["lag"].as_u64());
            let folded: i64 = positions(&answer.body).values().map(|position| position + 1).sum();
            format!("{folded} answered for, lag {} records, status {}", lags.sum::<u64>(), answer.status)
        }
        Err(error) => format!("the service does not answer: {error}"),
    }
}
