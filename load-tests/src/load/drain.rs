//! `load-tests drain`: how fast a topic that is full is drained, beside a bare consumer of the same records; what memory and disk the
//! service took for it, and how soon it is there again after SIGKILL.

use super::taken::{disk, threads_and_files};
use super::traffic::Traffic;
use crate::kafka::admin::Admin;
use crate::kafka::broker::Broker;
use crate::kafka::consumer::Committed;
use crate::kafka::producer::Producer;
use crate::service::{Process, Settings};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long anything that is waited for may take: what 10 000 records a second take for the most that there may be.
const WAIT_MAX: Duration = Duration::from_secs(5000);
/// The most records.
const RECORDS_MAX: u64 = 50_000_000;
/// A record that does not come for so long does not come at all.
const RECORD_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long the client is asked for one. What it mends by itself is no record, either.
const POLL: Duration = Duration::from_millis(100);
/// The business date of all of it.
const DATE: &str = "2026-11-20";
/// The topic.
const TOPIC: &str = "drain";

/// How much.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Records in the topic, beside those that open the ledger.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=RECORDS_MAX))]
    records: u64,
    /// Partitions of the topic.
    #[arg(long, default_value_t = 12)]
    partitions: u32,
    /// Merchants that send.
    #[arg(long, default_value_t = 10_000)]
    merchants: u64,
    /// Of the traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs it and prints what it showed. Whether it could be run at all: without a broker it is skipped, and said so.
///
/// # Errors
/// Kafka or the service do not do what they are asked.
pub fn execute(arguments: &Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Arguments { bin, records, partitions, merchants, seed } = arguments;
    let Some(broker) = Broker::start() else { return Ok(false) };
    let brokers = broker.address();
    Admin::connect(&brokers)?.create_topic(TOPIC, *partitions)?;
    let producer = Producer::connect(&brokers, TOPIC)?;
    Traffic::opening(*partitions, DATE).iter().try_for_each(|record| producer.send(record))?;
    for record in Traffic::new(*seed, *merchants, *partitions).take(usize::try_from(*records)?) {
        producer.send(&record)?;
    }
    let last = producer.flush(WAIT_MAX)?;
    let all = producer.delivered();
    drop(producer);
    writeln!(out, "seed {seed}: {all} records of {merchants} merchants on {partitions} partitions")?;

    let bare = || -> Result<Duration, Box<dyn std::error::Error>> {
        let begun = Instant::now();
        let consumer = Committed::open(&brokers, TOPIC, *partitions)?;
        let (mut left, mut came) = (all, Instant::now());
        while left > 0 {
            if consumer.next(POLL).is_some() {
                (left, came) = (left - 1, Instant::now());
            } else if came.elapsed() > RECORD_WAIT_MAX {
                return Err(format!("{left} records did not come").into());
            }
        }
        Ok(begun.elapsed())
    };
    let rate = |time: Duration| u128::from(all) * 1000 / time.as_millis().max(1);
    let before = bare()?;
    writeln!(out, "a bare consumer: {} records/s", rate(before))?;
    out.flush()?;
    let directory = tempfile::Builder::new().prefix("merchant-ledger-drain-").tempdir()?;
    let settings = Settings::kafka(bin, directory.path(), &brokers, TOPIC);
    let begun = Instant::now();
    let process = Process::start(&settings)?;
    let client = process.answering()?;
    client.caught_up(&last, WAIT_MAX)?;
    let drained = begun.elapsed();
    let (_, files) = threads_and_files(&process)?;
    let (processor, memory) = (process.processor_time().unwrap_or_default(), process.most_resident().unwrap_or(0));
    writeln!(
        out,
        "the service, from an empty directory until its answers included all: {} records/s in {} s; {} ns of processor time a record",
        rate(drained),
        drained.as_secs(),
        processor.as_nanos() / u128::from(all.max(1)),
    )?;
    writeln!(out, "at most {memory} MiB resident, {files} descriptors")?;
    out.flush()?;
    process.kill()?;
    let begun = Instant::now();
    let again = Process::start(&settings)?;
    let client = again.answering()?;
    let answering = begun.elapsed();
    client.caught_up(&last, WAIT_MAX)?;
    let ready = begun.elapsed();
    // A clean end writes to files what lay in memory; what can be merged is merged meanwhile.
    again.stop()?;
    let bytes = disk(&settings.data)?;
    writeln!(out, "{} bytes on disk a record after a clean end", bytes / all.max(1))?;
    writeln!(out, "after SIGKILL: answering after {} ms, ready after {} ms", answering.as_millis(), ready.as_millis())?;
    let after = bare()?;
    let thousandths = (before + after).as_millis() * 500 / drained.as_millis().max(1);
    writeln!(out, "a bare consumer again: {} records/s; the service is {}.{:03} of both", rate(after), thousandths / 1000, thousandths % 1000)?;
    Ok(true)
}
