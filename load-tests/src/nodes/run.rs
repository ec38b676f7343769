//! The run: nodes, a sender, checkers, faults one after the other, and the comparison.

use super::checker::{Checks, lock};
use super::disturb::Disturber;
use super::end::{Place, compare};
use super::fault::{Fault, Holds};
use super::group::{Group, Kafka};
use super::report::Report;
use super::sender::Sender;
use super::truth::Truth;
use super::{Error, NODES, PARTITIONS, WAIT_MAX};
use crate::crash::stream::Stream;
use crate::kafka::admin::Admin;
use crate::lives::dice::Dice;
use crate::service::Client;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Records that are there before the nodes start; every merchant of the traffic has its contract by then.
const RECORDS_BEFORE: usize = 1500;
/// Records of the life for each fault, so that days go on closing.
const LIFE_RECORDS_PER_FAULT: usize = 1200;
/// The longest that a client which goes from node to node waits for one.
const ANYWHERE_WAIT_MAX: Duration = Duration::from_secs(4);
/// How long all is left alone before the first fault, and after the last.
const QUIET: Duration = Duration::from_secs(2);

/// How a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service's program.
    pub binary: PathBuf,
    /// The program that nodes run before the upgrade.
    pub before: Option<PathBuf>,
    /// The topic.
    pub topic: String,
    /// Of the stream, the questions and the faults.
    pub seed: u64,
    /// How often each fault is done; an upgrade is done once.
    pub rounds: u32,
    /// Which.
    pub faults: Vec<Fault>,
    /// Records a second.
    pub rate: u64,
    /// Other nodes that fold each partition, too.
    pub standby: usize,
    /// For how long.
    pub holds: Holds,
}

impl Options {
    /// The faults in their order, an upgrade first: it is the one that changes the programs.
    fn plan(&self) -> Vec<(u32, Fault)> {
        let upgrade = self.faults.contains(&Fault::Upgrade).then_some((0, Fault::Upgrade));
        let others: Vec<Fault> = self.faults.iter().copied().filter(|fault| *fault != Fault::Upgrade).collect();
        upgrade.into_iter().chain((0..self.rounds).flat_map(|round| others.iter().map(move |fault| (round, *fault)))).collect()
    }
}

/// Runs it; `say` is told of each fault.
///
/// # Errors
/// Kafka or a node do not do what they are asked. What is wrong with answers stands in the report.
pub fn run(options: &Options, kafka: &Kafka, say: &mut dyn FnMut(&str)) -> Result<Report, Error> {
    let (begun, brokers, plan) = (Instant::now(), kafka.broker.address(), options.plan());
    if options.faults.contains(&Fault::Upgrade) && options.before.is_none() {
        return Err(Error::Options("an upgrade needs the program before it: --before".to_owned()));
    }
    let directory = tempfile::Builder::new().prefix("merchant-ledger-nodes-").tempdir()?;
    Admin::connect(&brokers)?.create_topic(&options.topic, PARTITIONS)?;
    let life = LIFE_RECORDS_PER_FAULT.saturating_mul(plan.len().max(1));
    let (mut truth, mut sender) = (Truth::new(PARTITIONS), Sender::new(&brokers, &options.topic, Stream::new(options.seed, life, PARTITIONS))?);
    sender.send(&mut truth, RECORDS_BEFORE)?;
    sender.flush(WAIT_MAX)?;
    let entries = format!("{}-entries", options.topic);
    let more = format!("standby = {}\n[streams]\nentries = {entries:?}\n", options.standby);
    let first = options.before.as_ref().filter(|_| options.faults.contains(&Fault::Upgrade)).unwrap_or(&options.binary);
    let mut group = Group::new(kafka, &options.topic, directory.path(), first, &more)?;
    (0..NODES).try_for_each(|place| group.start(place))?;
    let holders = (options.standby + 1).min(NODES);
    let took = group.shared(&(0..NODES).collect::<Vec<_>>(), holders)?;
    say(&format!("three nodes share {PARTITIONS} partitions, {holders} holders each, after {} s", took.as_secs()));

    let checks = Checks::new(truth);
    let outcomes = std::thread::scope(|scope| {
        let over = Over(&checks);
        let clients: Vec<Client> = group.nodes.iter().map(|node| node.client.clone()).collect();
        let patient: Vec<Client> = clients.iter().map(|client| Client::within(client.base(), ANYWHERE_WAIT_MAX)).collect();
        let sending = scope.spawn(|| sender.send_on(&checks, options.rate));
        let checks = &checks;
        for (place, client) in clients.into_iter().enumerate() {
            scope.spawn(move || checks.ask_one(place, &client, options.seed.wrapping_mul(31).wrapping_add(place as u64)));
        }
        scope.spawn(move || checks.ask_any(&patient, options.seed.wrapping_mul(37)));
        std::thread::sleep(QUIET);
        let mut dice = Dice::new(options.seed);
        let mut disturber = Disturber { group: &mut group, checks, dice: &mut dice, holds: options.holds, holders, program: &options.binary };
        let mut outcomes = Vec::new();
        for (round, fault) in plan {
            let outcome = disturber.disturb(fault, round)?;
            say(&outcome.line(round));
            outcomes.push(outcome);
        }
        std::thread::sleep(QUIET);
        drop(over);
        sending.join().map_err(|_| Error::Thread)??;
        Ok::<_, Error>(outcomes)
    })?;

    let last = sender.flush(WAIT_MAX)?;
    let alone = directory.path().join("undisturbed");
    std::fs::create_dir_all(&alone)?;
    let place = Place { binary: &options.binary, directory: &alone, brokers: &brokers, topic: &options.topic, entries: &entries };
    let end = compare(&group, &checks, &last, &place)?;
    (0..NODES).try_for_each(|place| group.stop(place))?;
    let seen = lock(&checks.seen);
    Ok(Report {
        outcomes,
        end,
        answers: seen.answers,
        wrongs: seen.wrongs,
        wrong: seen.wrong.clone(),
        failed: seen.failed.len(),
        anywhere: [seen.anywhere, seen.lost.len() as u64],
        behind: seen.behind,
        took: begun.elapsed(),
        load: std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split_whitespace().take(3).collect::<Vec<_>>().join(" "),
    })
}

/// Ends what goes on beside the faults, also where one of them cannot be done.
struct Over<'a>(&'a Checks);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}
