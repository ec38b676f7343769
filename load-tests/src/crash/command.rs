//! `load-tests crash`.

use super::run::{Options, run};
use crate::kafka::broker::Broker;
use std::io::Write;
use std::path::PathBuf;

/// How to kill.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How often.
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// `HOST:PORT` of Kafka; without it a broker of its own is started.
    #[arg(long)]
    brokers: Option<String>,
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Of the stream and the moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Records per second.
    #[arg(long, default_value_t = 3000)]
    rate: u64,
    /// Partitions of the topic.
    #[arg(long, default_value_t = 3)]
    partitions: u32,
    /// The topic, which must not be there yet.
    #[arg(long, default_value = "crash")]
    topic: String,
}

/// Runs it and prints what it showed. Whether it could be run at all: without a broker it is skipped, and said so.
///
/// # Errors
/// What [`run`] fails with.
pub fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Arguments { kills, brokers, bin, seed, rate, partitions, topic } = arguments;
    let own = if brokers.is_none() { Broker::start() } else { None };
    let Some(brokers) = brokers.or_else(|| own.as_ref().map(Broker::address)) else { return Ok(false) };
    writeln!(out, "seed {seed}, {kills} kills, {rate} records/s, {partitions} partitions, Kafka at {brokers}, topic {topic}")?;
    let options = Options { binary: bin, brokers, topic, partitions, kills, seed, rate };
    let report = run(&options, &mut |line| {
        // Where nobody reads it any more, the run goes on.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    })?;
    for (partition, (entries, head)) in report.heads.iter().enumerate() {
        writeln!(out, "partition {partition}: {entries} entries, head {head}")?;
    }
    let [starting, following, closing] = report.kills;
    let [killing, undisturbed] = report.took;
    writeln!(
        out,
        "seed {seed}: {kills} kills ({starting} while starting, {following} while following, {closing} at a day's close) in {} s, {} records, {} entries, \
         {} quarantined; {} answers equal those of an undisturbed run ({} s); verify is content",
        killing.as_secs(),
        report.records,
        report.entries,
        report.quarantined,
        report.answers,
        undisturbed.as_secs(),
    )?;
    Ok(true)
}
