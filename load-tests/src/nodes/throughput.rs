//! `load-tests nodes-throughput`: what one, two and three nodes of one topic fold.
//!
//! All of them share this machine, with Kafka and the sender, so that a clock on the wall says nothing of several machines. What is told
//! is the processor time of each node from the first record to the last: the records by the greatest of these are what machines of
//! their own would do, had each one processor and nothing else a limit.

use super::group::{Group, Kafka};
use super::{Error, NODES, PARTITIONS, WAIT_MAX};
use crate::kafka::admin::Admin;
use crate::kafka::producer::Producer;
use crate::load::traffic::Traffic;
use crate::service::client::positions;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long folding everything may take.
const FOLD_WAIT_MAX: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Merchants that send.
const MERCHANTS: u64 = 1000;

/// How much.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Records, each time.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    records: u64,
    /// Of the traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What nodes did together.
struct Folded {
    /// From the first record until everything was in the answers.
    took: Duration,
    /// Of each node, in that time.
    processor: Vec<Duration>,
}

/// Runs it and prints what it showed. Whether it could be run at all: without a broker it is skipped, and said so.
///
/// # Errors
/// Kafka or a node do not do what they are asked.
pub fn execute(arguments: &Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Some(kafka) = Kafka::start()? else { return Ok(false) };
    let records = arguments.records;
    writeln!(out, "seed {}, {records} records of {MERCHANTS} merchants, {PARTITIONS} partitions, Kafka at {}", arguments.seed, kafka.broker.address())?;
    for standby in 0..2 {
        for nodes in 1 + standby..=NODES {
            let Folded { took, processor } = fold(arguments, &kafka, nodes, standby)?;
            let most = processor.iter().max().copied().unwrap_or_default();
            let each: Vec<String> = processor.iter().map(|time| format!("{:.1} s", time.as_secs_f64())).collect();
            writeln!(
                out,
                "{nodes} nodes, {standby} standbys: {} records/s by the processor time of the busiest node (each: {}); {} records/s by the clock, with Kafka and the sender on \
                 the same machine",
                per_second(records, most),
                each.join(", "),
                per_second(records, took)
            )?;
            out.flush()?;
        }
    }
    Ok(true)
}

fn per_second(count: u64, time: Duration) -> u128 {
    (u128::from(count) * 1000).checked_div(time.as_millis()).unwrap_or(0)
}

/// Has so many nodes fold the records, once they have shared out an open ledger.
fn fold(arguments: &Arguments, kafka: &Kafka, count: usize, standby: usize) -> Result<Folded, Error> {
    let (directory, brokers) = (tempfile::Builder::new().prefix("merchant-ledger-nodes-").tempdir()?, kafka.broker.address());
    let topic = format!("throughput-{count}-{standby}");
    Admin::connect(&brokers)?.create_topic(&topic, PARTITIONS)?;
    let producer = Producer::connect(&brokers, &topic)?;
    for record in Traffic::opening(PARTITIONS, "2026-11-20") {
        producer.send(&record)?;
    }
    producer.flush(WAIT_MAX)?;
    // A node that folds fast is far behind for a moment, and is to keep what it has.
    let mut group = Group::new(kafka, &topic, directory.path(), &arguments.bin, &format!("standby = {standby}\nmax_lag = 1000000\n"))?;
    let places: Vec<usize> = (0..count).collect();
    places.iter().try_for_each(|place| group.start(*place))?;
    group.shared(&places, standby + 1)?;
    let times = |group: &Group| places.iter().map(|place| group.processor_time(*place).unwrap_or_default()).collect::<Vec<_>>();
    let (before, begun) = (times(&group), Instant::now());
    for record in Traffic::new(arguments.seed, MERCHANTS, PARTITIONS).take(usize::try_from(arguments.records).unwrap_or(usize::MAX)) {
        producer.send(&record)?;
    }
    let last = producer.flush(FOLD_WAIT_MAX)?;
    while !places.iter().all(|place| is_through(&group, *place, &last)) {
        if begun.elapsed() >= FOLD_WAIT_MAX {
            return Err(Error::Options(format!("not everything was folded within {} s", FOLD_WAIT_MAX.as_secs())));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let (took, after) = (begun.elapsed(), times(&group));
    places.iter().try_for_each(|place| group.stop(*place))?;
    Ok(Folded { took, processor: after.iter().zip(&before).map(|(after, before)| after.saturating_sub(*before)).collect() })
}

/// Whether what lies on a node has everything.
fn is_through(group: &Group, place: usize, last: &BTreeMap<u32, i64>) -> bool {
    let Some(Ok(ready)) = group.nodes.get(place).map(|node| node.client.ask("/readyz")) else { return false };
    let at = positions(&ready.body);
    !at.is_empty() && at.iter().all(|(partition, offset)| last.get(partition).is_none_or(|last| offset >= last))
}
