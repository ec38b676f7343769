//! The command `judge-answers`.

use super::run::{Options, run};
use std::io::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Feeds random lives over HTTP, asks every endpoint, and compares every figure with the model's.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// The seeds, as `1..100` (both included) or one number.
    #[arg(long, default_value = "1..20", value_parser = crate::seeds)]
    seeds: RangeInclusive<u64>,
    /// Records of each life.
    #[arg(long, default_value_t = 300)]
    events: usize,
    /// Lives at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Asks only when the life has ended.
    #[arg(long)]
    only_end: bool,
}

/// Whether nothing differs.
///
/// # Errors
/// A service does not start or does not answer, or nothing can be written.
pub fn execute(arguments: Arguments, out: &mut impl Write) -> Result<bool, Box<dyn std::error::Error>> {
    let begun = std::time::Instant::now();
    let Arguments { bin, seeds, events, jobs, only_end } = arguments;
    let judgement = run(&Options { binary: bin, seeds, events, jobs, only_end })?;
    writeln!(out, "{}\n", judgement.tally.table())?;
    writeln!(out, "{} lives, {} differences of a kind in a life, {} s", judgement.lives, judgement.failures.len(), begun.elapsed().as_secs())?;
    out.flush()?;
    Ok(judgement.failures.is_empty())
}
