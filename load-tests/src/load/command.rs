//! `load-tests load`.

use super::run::{Options, RATE_MAX, SECONDS_MAX, run};
use crate::kafka::admin::Admin;
use crate::kafka::broker::Broker;
use crate::service::{Client, Process, Settings};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the service may take to fold what was sent.
const CATCH_UP_WAIT_MAX: Duration = Duration::from_secs(600);

/// How much to send.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Records per second.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=RATE_MAX))]
    rate: u64,
    /// For how long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=SECONDS_MAX))]
    seconds: u64,
    /// `HOST:PORT` of Kafka; without it a broker of its own is started.
    #[arg(long)]
    brokers: Option<String>,
    /// The topic; it is made, and the ledger opened, unless `--existing` says that it is there.
    #[arg(long, default_value = "load")]
    topic: String,
    /// The topic is there, and the ledger is open.
    #[arg(long)]
    existing: bool,
    /// Partitions of the topic.
    #[arg(long, default_value_t = 2)]
    partitions: u32,
    /// Merchants that send.
    #[arg(long, default_value_t = 10_000)]
    merchants: u64,
    /// Of the traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The service's binary, to be started on the topic.
    #[arg(long, conflicts_with = "url")]
    bin: Option<PathBuf>,
    /// Where a service answers that follows the topic already.
    #[arg(long)]
    url: Option<String>,
}

/// Runs it and prints what it showed. Whether it could be run at all: without a broker it is skipped, and said so.
///
/// # Errors
/// Kafka or the service do not do what they are asked.
pub fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Arguments { rate, seconds, brokers, topic, existing, partitions, merchants, seed, bin, url } = arguments;
    let own = if brokers.is_none() { Broker::start() } else { None };
    let Some(brokers) = brokers.or_else(|| own.as_ref().map(Broker::address)) else { return Ok(false) };
    if !existing {
        Admin::connect(&brokers)?.create_topic(&topic, partitions)?;
    }
    let directory = tempfile::Builder::new().prefix("merchant-ledger-load-").tempdir()?;
    let process = bin.map(|binary| Process::start(&Settings::kafka(&binary, directory.path(), &brokers, &topic))).transpose()?;
    let client = match &process {
        Some(process) => Some(process.answering()?),
        None => url.as_deref().map(Client::new),
    };
    writeln!(out, "seed {seed}, {rate} records/s for {seconds} s, {merchants} merchants, {partitions} partitions, Kafka at {brokers}, topic {topic}")?;
    let options = Options { brokers, topic, partitions, merchants, seed, rate, seconds, open: !existing };
    let begun = Instant::now();
    let report = run(&options, client.as_ref(), &mut |line| {
        // Where nobody reads it any more, the run goes on.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    })?;
    writeln!(out, "{} records delivered in {} ms: {} records/s", report.records, report.took.as_millis(), per_second(report.records, report.took))?;
    if let Some(client) = client {
        client.caught_up(&report.last, CATCH_UP_WAIT_MAX)?;
        let took = begun.elapsed();
        let rate = per_second(report.records, took);
        writeln!(out, "the service answers for all of them {} ms after the first was sent: {rate} records/s", took.as_millis())?;
    }
    if let Some(process) = process {
        process.stop()?;
    }
    Ok(true)
}

fn per_second(count: u64, time: Duration) -> u128 {
    (u128::from(count) * 1000).checked_div(time.as_millis()).unwrap_or(0)
}
