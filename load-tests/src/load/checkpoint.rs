//! `load-tests checkpoint`: how soon a node without a disk serves a partition from a checkpoint, and how soon from the log.

use super::traffic::Traffic;
use crate::kafka::admin::Admin;
use crate::kafka::broker::Broker;
use crate::kafka::producer::Producer;
use crate::service::{Client, Process, Settings};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long anything may take: sending, folding, storing.
const WAIT_MAX: Duration = Duration::from_secs(1800);
const POLL: Duration = Duration::from_millis(100);
const TOPIC: &str = "checkpoint";
const PARTITIONS: u32 = 1;

/// How much lies in the checkpoint.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Records of the one partition; a few more entries come of them.
    #[arg(long, default_value_t = 1_000_000)]
    records: usize,
    /// Merchants that send.
    #[arg(long, default_value_t = 10_000)]
    merchants: u64,
    /// Of the traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where checkpoints are kept, as the service is told it (`s3://…` with AWS_… in the environment); without it a directory of its own.
    #[arg(long)]
    place: Option<String>,
    /// The longest that it may take until the node answers, in milliseconds; without it the time is only told.
    #[arg(long)]
    at_most_ms: Option<u64>,
    /// Also has a node fold all of it from the log, to compare.
    #[arg(long)]
    beside: bool,
}

/// Runs it and prints what it showed. Whether it was soon enough; without a broker it is skipped, and said so.
///
/// # Errors
/// Kafka or the service do not do what they are asked.
pub fn execute(arguments: &Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let Some(broker) = Broker::start() else { return Ok(false) };
    Admin::connect(&broker.address())?.create_topic(TOPIC, PARTITIONS)?;
    let producer = Producer::connect(&broker.address(), TOPIC)?;
    Traffic::opening(PARTITIONS, "2026-11-20").iter().try_for_each(|record| producer.send(record))?;
    Traffic::new(arguments.seed, arguments.merchants, PARTITIONS).take(arguments.records).try_for_each(|record| producer.send(&record))?;
    let last = producer.flush(WAIT_MAX)?;
    let directory = tempfile::Builder::new().prefix("merchant-ledger-checkpoint-").tempdir()?;
    let place = arguments.place.clone().unwrap_or_else(|| directory.path().join("checkpoints").display().to_string());
    let node = |name: &str, keeps: bool| -> Result<Settings, std::io::Error> {
        let disk = directory.path().join(name);
        std::fs::create_dir_all(&disk)?;
        let mut settings = Settings::kafka(&arguments.bin, &disk, &broker.address(), TOPIC);
        if keeps {
            settings.options = configured(&disk, &place)?;
        }
        Ok(settings)
    };

    let first = Process::start(&node("first", true)?)?;
    let client = first.answering()?;
    client.caught_up(&last, WAIT_MAX)?;
    let entries = stored(&client)?;
    let bytes = metric(&client, "checkpoint_stored_bytes_total")?.unwrap_or(0);
    first.stop()?;
    writeln!(out, "seed {}, {} records of {} merchants: {entries} entries, {bytes} bytes stored", arguments.seed, arguments.records, arguments.merchants)?;
    out.flush()?;

    let (took, client_of, process) = served(&node("second", true)?, &last)?;
    let opened = metric(&client_of, "checkpoint_opened_entries")?.unwrap_or(0);
    process.stop()?;
    writeln!(out, "from the checkpoint: {opened} entries, whole answers {} ms after the process was started", took.as_millis())?;
    out.flush()?;
    if arguments.beside {
        let (took, _, process) = served(&node("third", false)?, &last)?;
        process.stop()?;
        writeln!(out, "from the log: whole answers {} ms after the process was started", took.as_millis())?;
    }
    let soon = arguments.at_most_ms.is_none_or(|most| took.as_millis() <= u128::from(most));
    Ok(soon && opened == entries)
}

/// Has a service keep checkpoints there.
fn configured(disk: &Path, place: &str) -> Result<Vec<String>, std::io::Error> {
    let file = disk.join("ledger.toml");
    std::fs::write(&file, format!("[cluster]\ncheckpoints = \"{place}\"\ncheckpoint_seconds = 2\n"))?;
    Ok(vec!["--config".to_owned(), file.display().to_string()])
}

/// Starts a node, and how long it takes until its answers include everything.
fn served(settings: &Settings, last: &BTreeMap<u32, i64>) -> Result<(Duration, Client, Process), Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let process = Process::start(settings)?;
    let client = process.answering()?;
    client.caught_up(last, WAIT_MAX)?;
    client.get(&format!("/v1/merchants/{}/balances", Traffic::merchant(0)))?;
    Ok((begun.elapsed(), client, process))
}

/// Waits until the newest checkpoint, and the views in it, have all that the journal has; how many entries.
fn stored(client: &Client) -> Result<u64, Box<dyn std::error::Error>> {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        let (stored, entries) = (metric(client, "checkpoint_entries")?, metric(client, "journal_entries")?);
        match stored {
            Some(stored) if Some(stored) == entries && metric(client, "checkpoint_views_entries")? == entries => return Ok(stored),
            _ if Instant::now() >= deadline => return Err(format!("{stored:?} of {entries:?} entries are stored").into()),
            _ => std::thread::sleep(POLL),
        }
    }
}

/// A metric of the one partition; none where it is not told.
fn metric(client: &Client, name: &str) -> Result<Option<u64>, Box<dyn std::error::Error>> {
    let text = client.get("/metrics")?.as_str().unwrap_or_default().to_owned();
    let start = format!("merchant_ledger_{name}{{partition=\"0\"}} ");
    Ok(text.lines().find_map(|line| line.strip_prefix(&start)).map(str::parse).transpose()?)
}
