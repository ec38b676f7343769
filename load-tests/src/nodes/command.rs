//! `load-tests nodes`.

use super::fault::{Fault, Holds};
use super::group::Kafka;
use super::report::Report;
use super::run::{Options, run};
use std::io::Write;
use std::path::PathBuf;

/// How to disturb.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// The binary that nodes run before they are upgraded.
    #[arg(long)]
    before: Option<PathBuf>,
    /// Of the stream, the questions and the faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each fault is done; an upgrade is done once, and first.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// What is done; without it everything, an upgrade only with `--before`.
    #[arg(long, value_delimiter = ',')]
    faults: Vec<Fault>,
    /// Records per second.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=5000))]
    rate: u64,
    /// Other nodes that fold each partition, too.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=2))]
    standby: u64,
    /// Shorter: nodes are stopped and cut off for 9 s.
    #[arg(long)]
    short: bool,
}

/// Runs it and prints what it showed. Whether all is as it should be; without a broker it is skipped, and said so.
///
/// # Errors
/// What [`run`] fails with.
pub fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Arguments { bin, before, seed, rounds, mut faults, rate, standby, short } = arguments;
    if faults.is_empty() {
        faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Upgrade || before.is_some()).collect();
    }
    let Some(kafka) = Kafka::start()? else { return Ok(false) };
    let holds = if short { Holds::short() } else { Holds::long() };
    writeln!(out, "seed {seed}, {rounds} rounds, {rate} records/s, {standby} standbys, Kafka at {}", kafka.broker.address())?;
    let standby = usize::try_from(standby).unwrap_or(1);
    let options = Options { binary: bin, before, topic: "nodes".to_owned(), seed, rounds, faults, rate, standby, holds };
    let report = run(&options, &kafka, &mut |line| {
        // Where nobody reads it any more, the run goes on.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    })?;
    let broken = tell(&report, seed, out)?;
    Ok(broken.is_empty())
}

fn tell(report: &Report, seed: u64, out: &mut dyn Write) -> std::io::Result<Vec<String>> {
    let Report { end, answers: [bank, merchants], wrongs, failed, anywhere: [anywhere, lost], behind, took, load, .. } = report;
    writeln!(out, "\n{}\n", report.table())?;
    writeln!(
        out,
        "seed {seed}: {bank} answers about the bank and {merchants} about merchants, each held against the model: {wrongs} wrong or smaller; {failed} questions to one \
         node were not answered; of {anywhere} that went from node to node {lost} were answered by none; without a demand an answer was {behind} records behind at most"
    )?;
    writeln!(
        out,
        "in the end: {} records, {} entries, {} answers equal those of one that nobody disturbed, {} figures equal the model's, {} entries in their topic each once and \
         in order; {} differences; {} s, load {load}",
        end.records,
        end.entries,
        end.answers,
        end.figures,
        end.streamed,
        end.differences.len(),
        took.as_secs()
    )?;
    let broken = report.broken();
    for line in &broken {
        writeln!(out, "BROKEN: {line}")?;
    }
    Ok(broken)
}
