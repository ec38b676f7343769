//! The run: traffic, kills of the service at random moments, kills of the broker in between, and then the reading.

use super::reader::{Read, complete, once, read};
use super::{Error, WAIT_MAX};
use crate::kafka::admin::Admin;
use crate::kafka::broker::Broker;
use crate::kafka::producer::{Outgoing, Producer};
use crate::lives::dice::Dice;
use crate::load::traffic::Traffic;
use crate::service::{Client, Process, Settings};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Merchants of the traffic.
const MERCHANTS: u64 = 50;
/// The topic of events.
const INPUT: &str = "terminal-events";
/// The topics that are written.
const OUTPUTS: [(&str, &str); 4] =
    [("entries", "ledger-entries"), ("consumption", "consumption"), ("dead_letters", "terminal-events.dlq"), ("heads", "ledger-heads")];
/// The longest that a service lives before it is killed, in milliseconds: it finds its place, or is in the middle of it.
const LIFE_MS_MAX: u64 = 2500;

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service's binary.
    pub binary: PathBuf,
    /// The Python that reads.
    pub python: String,
    /// Kills of the service.
    pub kills: u32,
    /// Kills of the broker.
    pub broker_kills: u32,
    /// Records between two kills.
    pub records: usize,
    /// Partitions.
    pub partitions: u32,
    /// Of the traffic and the moments.
    pub seed: u64,
}

/// What a run showed.
#[derive(Clone, Debug)]
pub struct Report {
    /// Entries in the topic, in all partitions: each once.
    pub entries: u64,
    /// Records of consumption, and dead letters.
    pub others: [usize; 2],
    /// How long the kills took.
    pub took: Duration,
}

struct Run<'a> {
    options: &'a Options,
    directory: tempfile::TempDir,
    producer: Producer,
    traffic: Traffic,
    dice: Dice,
}

/// Runs it; `tell` is told how far it is.
///
/// # Errors
/// Something is missing, twice or out of order; or it could not be run.
pub fn run(options: &Options, broker: &mut Broker, tell: &mut dyn FnMut(String)) -> Result<Report, Error> {
    let admin = Admin::connect(&broker.address())?;
    admin.create_topic(INPUT, options.partitions)?;
    let directory = tempfile::Builder::new().prefix("merchant-ledger-streams-").tempdir()?;
    configure(directory.path())?;
    let producer = Producer::connect(&broker.address(), INPUT)?;
    for record in Traffic::opening(options.partitions, "2026-11-20") {
        producer.send(&record)?;
    }
    let (traffic, dice) = (Traffic::new(options.seed, MERCHANTS, options.partitions), Dice::new(options.seed));
    let mut run = Run { options, directory, producer, traffic, dice };
    let started = Instant::now();
    let every = options.kills / options.broker_kills.max(1);
    for kill in 0..options.kills {
        run.kill_service(broker)?;
        if options.broker_kills > 0 && kill % every.max(1) == every / 2 {
            run.kill_broker(broker)?;
            tell(format!("{} kills of the service, and the broker's {}", kill + 1, kill / every.max(1) + 1));
        }
    }
    let took = started.elapsed();
    let (service, client) = run.start(broker)?;
    run.send()?;
    let last = run.producer.flush(WAIT_MAX)?;
    client.caught_up(&last, WAIT_MAX)?;
    written(&client)?;
    let of = |place: usize| read(&options.python, &broker.address(), OUTPUTS[place].1);
    let entries = complete(&client, OUTPUTS[0].1, &of(0)?)?;
    let others = [once(OUTPUTS[1].1, &of(1)?)?, once(OUTPUTS[2].1, &of(2)?)?];
    tell(format!("{entries} entries, each once"));
    admin.delete_topic(OUTPUTS[0].1)?;
    client.until("/readyz", "that the topic is missed", WAIT_MAX, |answer| answer.body["streams"].to_string().contains("topic_missing"))?;
    admin.create_topic(OUTPUTS[0].1, options.partitions)?;
    written(&client)?;
    let again: Vec<Read> = of(0)?;
    complete(&client, OUTPUTS[0].1, &again)?;
    tell("the topic was deleted and made again, and has each once".to_owned());
    service.stop()?;
    Ok(Report { entries, others, took })
}

impl Run<'_> {
    fn start(&self, broker: &Broker) -> Result<(Process, Client), Error> {
        let mut settings = Settings::kafka(&self.options.binary, self.directory.path(), &broker.address(), INPUT);
        settings.options = vec!["--config".to_owned(), self.directory.path().join("ledger.toml").display().to_string()];
        let process = Process::start(&settings)?;
        let client = process.answering()?;
        Ok((process, client))
    }

    fn send(&mut self) -> Result<(), Error> {
        for number in 0..self.options.records {
            if let Some(record) = self.traffic.next() {
                // Some of them are to be set aside.
                let spoilt = (number % 50 == 49).then(|| Outgoing { value: b"not an event".to_vec(), ..record.clone() });
                self.producer.send(&record)?;
                spoilt.iter().try_for_each(|record| self.producer.send(record))?;
            }
        }
        self.producer.flush(WAIT_MAX)?;
        Ok(())
    }

    /// Starts the service, and kills it anywhere: before it found its place, in the middle of a transaction, or idle.
    fn kill_service(&mut self, broker: &Broker) -> Result<(), Error> {
        let (service, _) = self.start(broker)?;
        self.send()?;
        std::thread::sleep(Duration::from_millis(self.dice.between(0, LIFE_MS_MAX)));
        Ok(service.kill()?)
    }

    /// Kills the broker while the service runs, which goes on when it is back.
    fn kill_broker(&mut self, broker: &mut Broker) -> Result<(), Error> {
        let (service, client) = self.start(broker)?;
        self.send()?;
        std::thread::sleep(Duration::from_millis(self.dice.between(0, LIFE_MS_MAX)));
        broker.kill();
        broker.restart();
        written(&client)?;
        Ok(service.kill()?)
    }
}

fn configure(directory: &Path) -> Result<(), Error> {
    let lines: Vec<String> = OUTPUTS.iter().map(|(key, topic)| format!("{key} = {topic:?}")).collect();
    Ok(std::fs::write(directory.join("ledger.toml"), format!("[streams]\n{}\n", lines.join("\n")))?)
}

/// Waits until every stream has written everything.
///
/// # Errors
/// They have not in time.
pub fn written(client: &Client) -> Result<(), Error> {
    let done = |stream: &Value| stream["stream"] == "heads" || stream["lag"] == 0 && stream["state"] == "following";
    client.until("/readyz", "streams without a lag", WAIT_MAX, |answer| {
        let streams = answer.body["streams"].as_array().filter(|streams| !streams.is_empty());
        answer.status == 200 && streams.is_some_and(|streams| streams.iter().all(done))
    })?;
    Ok(())
}
