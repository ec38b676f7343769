//! How fast a full topic is folded without streams and with them, in turn, so that whatever else the machine does meets both.

use super::super::run::written;
use super::super::{Error, WAIT_MAX};
use super::{Options, directory};
use crate::kafka::admin::Admin;
use crate::kafka::producer::Producer;
use crate::load::traffic::Traffic;
use crate::service::Process;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long one fold may take, and after it the writing of the topics.
const FOLD_WAIT_MAX: Duration = Duration::from_secs(1800);
/// The topic that is folded.
const INPUT: &str = "pace-fold";

/// What a run showed.
#[derive(Clone, Debug, Default)]
pub struct Folds {
    /// Records in the topic.
    pub records: u64,
    /// How long each fold took without streams.
    pub without: Vec<Duration>,
    /// How long each took with all of them.
    pub with: Vec<Duration>,
    /// The processor time of each, without streams and with them, until answers included everything.
    pub processors: [Vec<Duration>; 2],
}

impl Folds {
    /// Records per second with streams, of those without: over all rounds, in percent.
    pub fn percent(&self) -> u128 {
        percent(&self.without, &self.with)
    }

    /// The same by processor time, which other work on the machine does not blur: what a machine with nothing to spare would do.
    pub fn percent_of_processors(&self) -> u128 {
        percent(&self.processors[0], &self.processors[1])
    }
}

/// Fills a topic and folds it so many times each way; each fold is told.
///
/// # Errors
/// Kafka or the service do not do what they are asked.
pub fn folds(options: &Options, records: u64, rounds: u32, tell: &mut dyn FnMut(String)) -> Result<Folds, Error> {
    Admin::connect(&options.brokers)?.create_topic(INPUT, options.partitions)?;
    let producer = Producer::connect(&options.brokers, INPUT)?;
    let traffic = Traffic::new(options.seed, options.merchants, options.partitions).take(usize::try_from(records).unwrap_or(usize::MAX));
    for record in Traffic::opening(options.partitions, "2026-11-20").into_iter().chain(traffic) {
        producer.send(&record)?;
    }
    let last = producer.flush(WAIT_MAX)?;
    let mut folds = Folds { records, ..Folds::default() };
    for round in 0..rounds {
        let Fold { took, processor, .. } = fold(options, &last, None)?;
        folds.without.push(took);
        folds.processors[0].push(processor);
        tell(format!("without streams: {} records/s, {} ms of processors", per_second(records, took), processor.as_millis()));
        let Fold { took, processor, whole } = fold(options, &last, Some(&format!("pace-{round}")))?;
        folds.with.push(took);
        folds.processors[1].push(processor);
        let (rate, processor, whole) = (per_second(records, took), processor.as_millis(), whole.as_millis());
        tell(format!("with streams:    {rate} records/s, {processor} ms of processors; the topics were whole after {whole} ms"));
    }
    Ok(folds)
}

/// Of two ways, how much of the second one's time the first one took, in percent.
fn percent(first: &[Duration], second: &[Duration]) -> u128 {
    let sum = |of: &[Duration]| of.iter().sum::<Duration>().as_millis();
    (sum(first) * 100).checked_div(sum(second)).unwrap_or(0)
}

/// One fold.
struct Fold {
    /// How long until answers included everything.
    took: Duration,
    /// Processor time of the service until then.
    processor: Duration,
    /// How long until the topics had everything.
    whole: Duration,
}

fn fold(options: &Options, last: &BTreeMap<u32, i64>, outputs: Option<&str>) -> Result<Fold, Error> {
    let directory = directory()?;
    let begun = Instant::now();
    let process = Process::start(&options.settings(directory.path(), INPUT, outputs)?)?;
    let client = process.answering()?;
    client.caught_up(last, FOLD_WAIT_MAX)?;
    let (took, processor) = (begun.elapsed(), process.processor_time().unwrap_or_default());
    let deadline = Instant::now() + FOLD_WAIT_MAX;
    while outputs.is_some() {
        match written(&client) {
            Ok(()) => break,
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => {}
        }
    }
    let whole = begun.elapsed();
    process.stop()?;
    Ok(Fold { took, processor, whole })
}

/// Records per second.
pub(super) fn per_second(count: u64, time: Duration) -> u128 {
    (u128::from(count) * 1000).checked_div(time.as_millis()).unwrap_or(0)
}
