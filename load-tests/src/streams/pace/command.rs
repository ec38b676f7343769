//! `load-tests streams-pace`.

use super::{Options, delays, folds};
use crate::kafka::broker::Broker;
use std::io::Write;
use std::path::PathBuf;

/// The least that a fold with streams is to be of one without, in percent.
const FOLD_PERCENT_MIN: u128 = 80;
/// The longest that 99 of 100 records may take into the topic, in microseconds.
const DELAY_P99_MICROS_MAX: u128 = 100_000;

/// How much.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Records that are folded; 0 leaves this part out.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// How often each way.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Records per second, of which the delay is told.
    #[arg(long, default_value_t = 5000)]
    rate: u64,
    /// For how long; 0 leaves this part out.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Partitions of the topics.
    #[arg(long, default_value_t = 2)]
    partitions: u32,
    /// Merchants that send.
    #[arg(long, default_value_t = 1000)]
    merchants: u64,
    /// Of the traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs it and prints what it showed. Whether both targets hold; without a broker it is skipped, and said so.
///
/// # Errors
/// Kafka or the service do not do what they are asked.
pub fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Arguments { bin, records, rounds, rate, seconds, partitions, merchants, seed } = arguments;
    let Some(broker) = Broker::start() else { return Ok(false) };
    let options = Options { binary: bin, brokers: broker.address(), partitions, merchants, seed };
    writeln!(out, "seed {seed}, {merchants} merchants, {partitions} partitions, Kafka at {}", options.brokers)?;
    let mut holds = true;
    let say = |out: &mut dyn Write, line: String| {
        // Where nobody reads it any more, the run goes on.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    if records > 0 {
        let folds = folds(&options, records, rounds, &mut |line| say(out, line))?;
        let percent = folds.percent();
        holds &= percent >= FOLD_PERCENT_MIN;
        let by_processors = folds.percent_of_processors();
        writeln!(
            out,
            "{records} records, {rounds} times each way: with streams {percent} % of without (at least {FOLD_PERCENT_MIN} %), {by_processors} % by processor time"
        )?;
    }
    if seconds > 0 {
        let delays = delays(&options, rate, seconds, &mut |line| say(out, line))?;
        let p99 = delays.micros(99);
        holds &= p99 <= DELAY_P99_MICROS_MAX;
        let late = delays.seconds.iter().filter(|(_, most)| most.as_micros() > DELAY_P99_MICROS_MAX);
        let late: Vec<String> = late.map(|(second, most)| format!("{second} s: {} ms", most.as_millis())).collect();
        writeln!(out, "seconds with a longer delay: {} of {seconds} ({})", late.len(), late.join(", "))?;
        let [median, most] = [50, 100].map(|percent| delays.micros(percent) / 1000);
        writeln!(
            out,
            "{} records/s for {seconds} s: {} records were in the topic {median} ms (p50), {} ms (p99), {most} ms (all) after an answer included them; {} came before the \
             first answer (p99 at most {} ms)",
            delays.rate,
            delays.sorted.len(),
            p99 / 1000,
            delays.unseen,
            DELAY_P99_MICROS_MAX / 1000
        )?;
    }
    Ok(holds)
}
