//! How long after an answer included a record its entry was there for a committed reader of the topic.
//!
//! One thread for each partition asks a merchant's balances every [`ASK_INTERVAL`], and notes when it asked and up to where the answer
//! was. A record was not visible yet when the last answer without it was asked for: from then on its delay is counted, so that what is
//! told is the true delay or more.

use super::super::run::written;
use super::super::{Error, WAIT_MAX};
use super::{Options, directory};
use crate::kafka::admin::Admin;
use crate::kafka::consumer::Committed;
use crate::load::run;
use crate::load::traffic::Traffic;
use crate::service::{Client, Process};
use schemas::partition::partition_of;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two questions about a partition: what is told is too long by so much at most.
const ASK_INTERVAL: Duration = Duration::from_millis(10);
/// What comes so soon after the start is not counted: a broker that has just begun compiles itself, on the same processors (its compiler's
/// threads took a fifth of one for more than half a minute), as one that serves a bank has long done.
const WARM_UP: Duration = Duration::from_secs(60);
/// How long one look into the topic waits.
const POLL: Duration = Duration::from_millis(20);
/// What stands before a position in an entry.
const POSITION: &[u8] = b"\"position\":\"";
/// The topic of events.
const INPUT: &str = "pace-delay";

/// What a run showed.
#[derive(Clone, Debug)]
pub struct Delays {
    /// Records per second that were delivered.
    pub rate: u128,
    /// Of each record, from the shortest on.
    pub sorted: Vec<Duration>,
    /// Records that were in the topic before any answer was seen.
    pub unseen: usize,
    /// The longest of each second, from the first one that is counted on.
    pub seconds: BTreeMap<u64, Duration>,
}

impl Delays {
    /// What so many percent of the delays are not above, in microseconds.
    pub fn micros(&self, percent: usize) -> u128 {
        let place = (self.sorted.len() * percent).div_ceil(100).saturating_sub(1);
        self.sorted.get(place).map_or(0, Duration::as_micros)
    }
}

/// When something was asked, and up to which offset the answer was.
type Seen = Vec<(Instant, i64)>;
/// The offset of a record, and when it came.
type Arrived = BTreeMap<u32, Vec<(i64, Instant)>>;

/// Sends at a rate, and reads: counts for so many seconds, after [`WARM_UP`].
///
/// # Errors
/// Kafka or the service do not do what they are asked, or records do not come.
pub fn delays(options: &Options, rate: u64, seconds: u64, tell: &mut dyn FnMut(String)) -> Result<Delays, Error> {
    let outputs = format!("{INPUT}-entries");
    let admin = Admin::connect(&options.brokers)?;
    admin.create_topic(INPUT, options.partitions)?;
    admin.create_topic(&outputs, options.partitions)?;
    let directory = directory()?;
    let process = Process::start(&options.settings(directory.path(), INPUT, Some(INPUT))?)?;
    let client = process.answering()?;
    let sending = run::Options {
        brokers: options.brokers.clone(),
        topic: INPUT.to_owned(),
        partitions: options.partitions,
        merchants: options.merchants,
        seed: options.seed,
        rate,
        seconds: seconds + WARM_UP.as_secs(),
        open: true,
    };
    let counted_from = Instant::now() + WARM_UP;
    let (is_done, reader) = (AtomicBool::new(false), Committed::open(&options.brokers, &outputs, options.partitions)?);
    let (report, seen, arrived) = std::thread::scope(|scope| {
        let watching: Vec<_> = (0..options.partitions)
            .map(|partition| {
                scope.spawn({
                    let (client, is_done) = (&client, &is_done);
                    move || watch(client, options, partition, is_done)
                })
            })
            .collect();
        let reading = scope.spawn(|| arrivals(&reader, &is_done));
        let report = run::run(&sending, Some(&client), &mut |line| tell(line.to_owned()));
        let whole = report.map_err(Error::from).and_then(|report| {
            client.caught_up(&report.last, WAIT_MAX)?;
            written(&client)?;
            Ok(report)
        });
        // What was committed last is there for readers a moment later.
        std::thread::sleep(Duration::from_secs(1));
        is_done.store(true, Ordering::SeqCst);
        let seen: Vec<Seen> = watching.into_iter().map(|thread| thread.join().unwrap_or_default()).collect();
        let arrived = reading.join().unwrap_or_default();
        whole.map(|report| (report, seen, arrived))
    })?;
    process.stop()?;
    let mut delays = Delays { rate: super::fold::per_second(report.records, report.took), sorted: Vec::new(), unseen: 0, seconds: BTreeMap::new() };
    for (partition, last) in &report.last {
        let records = arrived.get(partition).map(Vec::as_slice).unwrap_or_default();
        if records.last().is_none_or(|(offset, _)| offset < last) {
            let detail = format!("the reader came up to {:?}, the log to {last}", records.last().map(|(offset, _)| offset));
            return Err(Error::Wrong { topic: outputs, partition: *partition, detail });
        }
        let seen = seen.get(*partition as usize).map(Vec::as_slice).unwrap_or_default();
        for (offset, at) in records.iter().filter(|(_, at)| *at >= counted_from) {
            match seen.partition_point(|(_, reached)| reached < offset).checked_sub(1).and_then(|place| seen.get(place)) {
                Some((asked, _)) => {
                    let delay = at.saturating_duration_since(*asked);
                    let most = delays.seconds.entry(at.saturating_duration_since(counted_from).as_secs()).or_default();
                    *most = delay.max(*most);
                    delays.sorted.push(delay);
                }
                None => delays.unseen += 1,
            }
        }
    }
    delays.sorted.sort_unstable();
    Ok(delays)
}

/// Asks a merchant of a partition again and again.
fn watch(client: &Client, options: &Options, partition: u32, is_done: &AtomicBool) -> Seen {
    let is_there = |merchant: &String| partition_of(merchant.as_bytes(), options.partitions) == partition;
    let Some(merchant) = (0..options.merchants).map(Traffic::merchant).find(is_there) else { return Seen::new() };
    let path = format!("/v1/merchants/{merchant}/balances");
    let mut seen = Seen::new();
    while !is_done.load(Ordering::SeqCst) {
        let asked = Instant::now();
        let position = client.get(&path).ok().and_then(|body| body["position"].as_str()?.split_once(':')?.1.parse().ok());
        seen.extend(position.map(|offset| (asked, offset)));
        std::thread::sleep(ASK_INTERVAL);
    }
    seen
}

/// Notes when each entry came, by the position of its record.
fn arrivals(reader: &Committed, is_done: &AtomicBool) -> Arrived {
    let mut arrived = Arrived::new();
    loop {
        match reader.next(POLL) {
            Some(came) => arrived.entry(came.partition).or_default().extend(offset(&came.value).map(|offset| (offset, came.at))),
            None if is_done.load(Ordering::SeqCst) => return arrived,
            None => {}
        }
    }
}

/// The offset of the record that an entry is of. Read by hand: a tree of JSON for each would be the slowest thing of the run.
fn offset(value: &[u8]) -> Option<i64> {
    let at = value.windows(POSITION.len()).position(|window| window == POSITION)? + POSITION.len();
    let position = value.get(at..)?.split(|byte| *byte == b'"').next()?;
    std::str::from_utf8(position).ok()?.split_once(':')?.1.parse().ok()
}
