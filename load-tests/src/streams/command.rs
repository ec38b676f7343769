//! `load-tests streams`.

use super::reader::python;
use super::run::{Options, run};
use crate::kafka::broker::Broker;
use std::io::Write;
use std::path::PathBuf;

/// How to kill.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How often the service.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// How often the broker, which is of the run's own.
    #[arg(long, default_value_t = 10)]
    broker_kills: u32,
    /// Records between two kills.
    #[arg(long, default_value_t = 300)]
    records: usize,
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Of the traffic and the moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Partitions of the topics.
    #[arg(long, default_value_t = 3)]
    partitions: u32,
}

/// Runs it and prints what it showed. Whether it could be run at all: without a broker or a reader it is skipped, and said so.
///
/// # Errors
/// What [`run`] fails with.
pub fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Arguments { kills, broker_kills, records, bin, seed, partitions } = arguments;
    let (Some(mut broker), Some(python)) = (Broker::start(), python()) else { return Ok(false) };
    writeln!(out, "seed {seed}, {kills} kills of the service and {broker_kills} of the broker, {partitions} partitions")?;
    let options = Options { binary: bin, python, kills, broker_kills, records, partitions, seed };
    let report = run(&options, &mut broker, &mut |line| {
        // Where nobody reads it any more, the run goes on.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    })?;
    let [consumption, dead_letters] = report.others;
    writeln!(
        out,
        "seed {seed}: {kills} kills of the service and {broker_kills} of the broker in {} s; {} entries, {consumption} records of consumption and {dead_letters} dead \
         letters, each once for a committed reader",
        report.took.as_secs(),
        report.entries
    )?;
    Ok(true)
}
