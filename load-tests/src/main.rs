//! The command line of the load tests and the judge.
#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use load_tests::judge::compare::Difference;
use load_tests::judge::run::{Options, run};
use load_tests::lives::{Content, Life, Record};
use load_tests::model::Model;
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "load-tests", about = "Judges the service by an independent model of its accounting", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs random lives through the service and the model, and names the first difference of each.
    Judge {
        /// The service's binary; without it the model is only checked against its own rules.
        #[arg(long)]
        bin: Option<PathBuf>,
        /// The seeds, as `1..1000` (both included) or one number.
        #[arg(long, default_value = "1..100", value_parser = load_tests::seeds)]
        seeds: RangeInclusive<u64>,
        /// Records of each life.
        #[arg(long, default_value_t = 2000)]
        events: usize,
        /// Lives at a time.
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Passes over differences in order alone.
        #[arg(long)]
        ignore_order: bool,
        /// Passes over entries in which every account moves alike, but debits are paired with other credits.
        #[arg(long)]
        ignore_pairing: bool,
        /// After so many lives with a difference the rest is left.
        #[arg(long, default_value_t = 5)]
        failures: u64,
    },
    /// Prints a life: one record a line, as the service's `fold` reads them.
    Lives {
        /// The seed.
        #[arg(long)]
        seed: u64,
        /// How many records.
        #[arg(long, default_value_t = 2000)]
        events: usize,
        /// A life of `judge-answers`: offsets count the records that can be read.
        #[arg(long)]
        market: bool,
    },
    /// Prints what the model says of each record of a life, or, at its end, the figures.
    Model {
        /// The seed.
        #[arg(long)]
        seed: u64,
        /// How many records.
        #[arg(long, default_value_t = 2000)]
        events: usize,
        /// Instead of entries: every merchant's balances and the trial balance.
        #[arg(long)]
        figures: bool,
    },
    /// Feeds random lives over HTTP, asks every endpoint, and compares every figure with the model's.
    JudgeAnswers(load_tests::answers::command::Arguments),
    /// Kills the service at random moments under load, and compares what is left with an undisturbed run.
    Crash(load_tests::crash::command::Arguments),
    /// Kills the service and Kafka while topics are written, and reads what is in them.
    Streams(load_tests::streams::command::Arguments),
    /// Tells what topics out cost the fold, and how soon a record is in its topic.
    StreamsPace(load_tests::streams::pace::command::Arguments),
    /// Receives webhooks and fails every third: everything comes, in order, and how soon.
    Hooks(load_tests::hooks::command::Arguments),
    /// Disturbs three nodes of one topic while checkers ask all the time.
    Nodes(load_tests::nodes::command::Arguments),
    /// Tells what one, two and three nodes of one topic fold.
    NodesThroughput(load_tests::nodes::throughput::Arguments),
    /// Flips bits, kills, fills disks, takes descriptors, starves: counts what came of it.
    Break(load_tests::breaks::command::Arguments),
    /// Leaves 1 000, 10 000, 100 000 things open at one merchant, and tells what the next events about them cost.
    Open(load_tests::open::command::OpenArguments),
    /// Closes the day of very many merchants, and tells how long others wait meanwhile.
    Close(load_tests::open::command::CloseArguments),
    /// Sends traffic to Kafka at a rate, and tells how far a service lags behind.
    Load(load_tests::load::command::Arguments),
    /// Drains a full topic beside a bare consumer, and tells what that took and how soon the service is there after SIGKILL.
    Drain(load_tests::load::drain::Arguments),
    /// Tells how soon a node without a disk serves a partition from a checkpoint.
    Checkpoint(load_tests::load::checkpoint::Arguments),
    /// Tells how soon single requests are answered, alone and beside a load, and how soon the service is there after SIGKILL.
    Latency(load_tests::load::latency::Arguments),
}

fn main() -> ExitCode {
    match execute(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Whether the check passed.
fn execute(command: Command) -> Result<bool, Box<dyn std::error::Error>> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match command {
        Command::JudgeAnswers(arguments) => return load_tests::answers::command::execute(arguments, &mut out),
        Command::Crash(arguments) => return load_tests::crash::command::execute(arguments, &mut out),
        Command::Streams(arguments) => return load_tests::streams::command::execute(arguments, &mut out),
        Command::StreamsPace(arguments) => return load_tests::streams::pace::command::execute(arguments, &mut out),
        Command::Hooks(arguments) => return load_tests::hooks::command::execute(arguments, &mut out),
        Command::Nodes(arguments) => return load_tests::nodes::command::execute(arguments, &mut out),
        Command::NodesThroughput(arguments) => return load_tests::nodes::throughput::execute(&arguments, &mut out),
        Command::Break(arguments) => return load_tests::breaks::command::execute(&arguments, &mut out),
        Command::Open(arguments) => return load_tests::open::command::open(&arguments, &mut out),
        Command::Close(arguments) => return load_tests::open::command::close(&arguments, &mut out),
        Command::Load(arguments) => return load_tests::load::command::execute(arguments, &mut out),
        Command::Latency(arguments) => return load_tests::load::latency::execute(&arguments, &mut out),
        Command::Drain(arguments) => return load_tests::load::drain::execute(&arguments, &mut out),
        Command::Checkpoint(arguments) => return load_tests::load::checkpoint::execute(&arguments, &mut out),
        Command::Judge { bin, seeds, events, jobs, ignore_order, ignore_pairing, failures } => {
            let mut pass_over = if ignore_order { vec![Difference::LineOrder, Difference::EntryOrder] } else { Vec::new() };
            if ignore_pairing {
                pass_over.push(Difference::Pairing);
            }
            let begun = std::time::Instant::now();
            let judgement = run(&Options { binary: bin, seeds, events, jobs, pass_over, failures_max: failures })?;
            writeln!(out, "{}\n\n{}\n", judgement.coverage.table(), judgement.coverage.source_table())?;
            writeln!(out, "{} lives, {} entries, {} s", judgement.lives, judgement.coverage.entries(), begun.elapsed().as_secs())?;
            writeln!(out, "{} lives differ, {} differences in order or pairing passed over", judgement.failures.len(), judgement.passed_over)?;
            return Ok(judgement.failures.is_empty());
        }
        Command::Lives { seed, events, market: true } => {
            for (offset, bytes) in (0..).zip(load_tests::answers::feed::records(seed, events)) {
                let content = Content::Event(serde_json::from_slice(&bytes)?);
                writeln!(out, "{}", Record { offset, content }.line())?;
            }
        }
        Command::Lives { seed, events, market: false } => {
            for record in Life::records(seed, events) {
                writeln!(out, "{}", record.line())?;
            }
        }
        Command::Model { seed, events, figures } => {
            let mut model = Model::default();
            for record in Life::records(seed, events) {
                for said in model.apply(record.offset, &record.bytes()) {
                    if !figures {
                        writeln!(out, "{}", said.json())?;
                    }
                }
            }
            if figures {
                let names: Vec<String> = model.merchants.keys().cloned().collect();
                for name in names {
                    writeln!(out, "{}", model.balances(&name))?;
                }
                writeln!(out, "{}", model.trial_balance())?;
            }
        }
    }
    out.flush()?;
    Ok(true)
}
