//! The run: a sender at a steady rate, a service that dies and is started again, and the comparison.

use super::Error;
use super::moment::Moment;
use super::stream::{self, Stream, TRAFFIC_MERCHANTS};
use super::told::Told;
use crate::kafka::admin::Admin;
use crate::kafka::producer::Producer;
use crate::lives::Life;
use crate::lives::dice::Dice;
use crate::load::traffic::Traffic;
use crate::service::{Process, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long the service may take to fold what was sent.
const CATCH_UP_WAIT_MAX: Duration = Duration::from_secs(300);
/// How long the last records may take to be delivered.
const FLUSH_WAIT_MAX: Duration = Duration::from_secs(60);
/// However long the run takes, the sender stops after so many records.
const RECORDS_MAX: u64 = 5_000_000;
/// Between two instalments of the sender.
const INSTALMENT: Duration = Duration::from_millis(10);
/// Merchants of the traffic whose balances and entries are compared one by one; all are compared in the list.
const COMPARED_TRAFFIC_MERCHANTS: u64 = 20;
/// One in so many records belongs to a life, whose records are made beforehand.
const LIFE_RECORDS_PER_KILL: usize = 400;

/// How a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service's binary.
    pub binary: PathBuf,
    /// `HOST:PORT` of Kafka.
    pub brokers: String,
    /// The topic, which the run makes.
    pub topic: String,
    /// Its partitions.
    pub partitions: u32,
    /// How often the service is killed.
    pub kills: u32,
    /// Of the stream and the moments.
    pub seed: u64,
    /// Records per second that are sent.
    pub rate: u64,
}

/// What the run showed.
#[derive(Clone, Debug)]
pub struct Report {
    /// Kills while starting, following, and closing a day.
    pub kills: [u32; 3],
    /// Records that were sent.
    pub records: u64,
    /// Entries in all journals at the end.
    pub entries: u64,
    /// Records that were set aside.
    pub quarantined: usize,
    /// Answers that were compared.
    pub answers: usize,
    /// Entries and head of each partition.
    pub heads: Vec<(u64, String)>,
    /// How long the killing took, and the undisturbed run.
    pub took: [Duration; 2],
}

/// Makes the topic, kills, compares and verifies; `say` is told of progress.
///
/// # Errors
/// Kafka or the service do not answer, or [`Error::Differs`], or [`Error::Verify`].
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> Result<Report, Error> {
    let directory = tempfile::Builder::new().prefix("merchant-ledger-crash-").tempdir()?;
    let [killed, undisturbed] = ["killed", "undisturbed"].map(|name| directory.path().join(name));
    for one in [&killed, &undisturbed] {
        std::fs::create_dir(one)?;
    }
    Admin::connect(&options.brokers)?.create_topic(&options.topic, options.partitions)?;
    let begun = Instant::now();
    let settings = Settings::kafka(&options.binary, &killed, &options.brokers, &options.topic);
    let ((kills, service), last, records) = under_load(options, || kill_often(options, &settings, say))?;
    let client = service.answering()?;
    client.caught_up(&last, CATCH_UP_WAIT_MAX)?;
    say(&format!("{records} records were sent, and all are folded after {} kills", options.kills));
    let compared = compared_merchants(options);
    let told = Told::ask(&client, &compared)?;
    service.stop()?;
    let killing_took = begun.elapsed();

    let begun = Instant::now();
    let settings = Settings::kafka(&options.binary, &undisturbed, &options.brokers, &options.topic);
    let other = Process::start(&settings)?;
    let client = other.answering()?;
    client.caught_up(&last, CATCH_UP_WAIT_MAX)?;
    let expected = Told::ask(&client, &compared)?;
    other.stop()?;
    let took = [killing_took, begun.elapsed()];
    told.same(&expected, options.kills)?;
    verify(&options.binary, &killed.join("data"), directory.path())?;
    let (answers, quarantined) = told.counts();
    Ok(Report { kills, records, entries: told.entries(), quarantined, answers, heads: told.heads(), took })
}

/// Does something while the stream is sent; also answers the last offset of each partition, and how much was sent.
fn under_load<T>(options: &Options, work: impl FnOnce() -> Result<T, Error>) -> Result<(T, BTreeMap<u32, i64>, u64), Error> {
    let ending = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| send(options, &ending));
        let done = work();
        ending.store(true, Ordering::Relaxed);
        let sent = sender.join().map_err(|_| Error::Sender)?;
        // What went wrong first is usually the service.
        let done = done?;
        let (last, records) = sent?;
        Ok((done, last, records))
    })
}

/// Sends at the rate until it is told to end.
fn send(options: &Options, ending: &AtomicBool) -> Result<(BTreeMap<u32, i64>, u64), Error> {
    let producer = Producer::connect(&options.brokers, &options.topic)?;
    let mut stream = Stream::new(options.seed, life_records(options), options.partitions);
    let (begun, mut sent) = (Instant::now(), 0);
    while !ending.load(Ordering::Relaxed) && sent < RECORDS_MAX {
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let due = micros.saturating_mul(options.rate) / 1_000_000;
        while sent < due {
            for record in stream.next().into_iter().flatten() {
                producer.send(&record)?;
                sent += 1;
            }
        }
        std::thread::sleep(INSTALMENT);
    }
    Ok((producer.flush(FLUSH_WAIT_MAX)?, sent))
}

/// Kills the service at each moment and starts it again; the last one lives.
fn kill_often(options: &Options, settings: &Settings, say: &mut dyn FnMut(&str)) -> Result<([u32; 3], Process), Error> {
    let mut dice = Dice::new(options.seed);
    let mut kills = [0; 3];
    let mut service = Process::start(settings)?;
    for number in 1..=options.kills {
        let moment = Moment::next(&mut dice);
        moment.wait(&service)?;
        service.kill()?;
        let [starting, following, closing] = &mut kills;
        *match moment {
            Moment::Starting(_) => starting,
            Moment::Following(_) => following,
            Moment::Closing(_) => closing,
        } += 1;
        say(&format!("kill {number}: {moment:?}"));
        service = Process::start(settings)?;
    }
    Ok((kills, service))
}

fn life_records(options: &Options) -> usize {
    LIFE_RECORDS_PER_KILL.saturating_mul(usize::try_from(options.kills.max(1)).unwrap_or(usize::MAX))
}

fn compared_merchants(options: &Options) -> BTreeSet<String> {
    let mut merchants = stream::merchants(&Life::records(options.seed, life_records(options)));
    merchants.remove("@house");
    merchants.extend((0..COMPARED_TRAFFIC_MERCHANTS.min(TRAFFIC_MERCHANTS)).map(Traffic::merchant));
    merchants
}

/// The service's own check of every link, entry and projection.
fn verify(binary: &Path, data: &Path, scratch: &Path) -> Result<(), Error> {
    let output = Command::new(binary).arg("verify").arg("--data").arg(data).arg("--scratch").arg(scratch.join("scratch")).output()?;
    if output.status.success() { Ok(()) } else { Err(Error::Verify(String::from_utf8_lossy(&output.stderr).into_owned())) }
}
