//! `load-tests hooks`.

use super::run::{Options, run};
use std::io::Write;
use std::path::PathBuf;

/// How much.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Messages.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    deliveries: u32,
    /// Merchants, each with a webhook.
    #[arg(long, default_value_t = 50)]
    merchants: usize,
    /// Sales per second.
    #[arg(long, default_value_t = 200)]
    rate: usize,
    /// Kills of the service in between.
    #[arg(long, default_value_t = 0)]
    kills: usize,
}

/// Runs it and prints what it showed.
///
/// # Errors
/// What [`run`] fails with.
pub fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Arguments { bin, deliveries, merchants, rate, kills } = arguments;
    let options = Options { binary: bin, deliveries: usize::try_from(deliveries)?, merchants, rate, kills };
    let report = run(&options, &mut |line| {
        // Where nobody reads it any more, the run goes on.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    })?;
    let millis = |percent| report.at(percent).as_millis();
    writeln!(
        out,
        "{} messages of {merchants} merchants in {} s, {rate} a second, {kills} kills, every third request answered with 500: none lost, each merchant's in order, {} requests; \
         taken {} ms (p50), {} ms (p99), {} ms (all) after they were booked",
        report.sorted.len(),
        report.took.as_secs(),
        report.requests,
        millis(50),
        millis(99),
        millis(100)
    )?;
    Ok(true)
}
