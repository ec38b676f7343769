//! `load-tests latency`: how soon single requests are answered, alone and beside a load; what an empty service takes; and how soon it is there
//! again after SIGKILL. With an embedded log, so nothing but the service and this takes the processors.

use super::kept::Kept;
use super::taken::{disk, threads_and_files};
use super::traffic::Traffic;
use crate::service::{Client, Process, Settings};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Events of one request while many are sent.
const TOGETHER: usize = 500;
/// How long anything that is waited for may take.
const WAIT_MAX: Duration = Duration::from_secs(600);
/// Connections that ask at a time.
const CONNECTIONS: usize = 4;
/// How long one path is asked before the other one is, so that both see the same machine.
const TURN: Duration = Duration::from_millis(500);
/// An empty service is looked at after so long.
const IDLE: Duration = Duration::from_secs(2);
const DATE: &str = "2026-11-20";
const HEALTH: &str = "/healthz";

/// One that goes from thread to thread.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How much.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Partitions of the log.
    #[arg(long, default_value_t = 12)]
    partitions: u32,
    /// Merchants that send.
    #[arg(long, default_value_t = 2_000)]
    merchants: usize,
    /// Events that are there before anything is asked, one of each merchant at least.
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Single events, one after the other, each waited for.
    #[arg(long, default_value_t = 1_000)]
    posts: usize,
    /// For how many seconds each kind of question is asked.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Events a second that are sent while balances are asked.
    #[arg(long, default_value_t = 8_000)]
    rate: usize,
}

/// Runs it and prints what it showed.
///
/// # Errors
/// The service does not do what it is asked.
pub fn execute(arguments: &Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    match tell(arguments, out) {
        Ok(()) => Ok(true),
        Err(error) => Err(error),
    }
}

fn tell(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Failure> {
    let directory = tempfile::Builder::new().prefix("merchant-ledger-latency-").tempdir()?;
    let settings = Settings::embedded(&arguments.bin, directory.path(), arguments.partitions);
    let process = Process::start(&settings)?;
    let client = process.answering()?;
    std::thread::sleep(IDLE);
    let (threads, files) = threads_and_files(&process)?;
    writeln!(out, "empty, {} partitions: {} MB on disk, {threads} threads, {files} descriptors", arguments.partitions, disk(&settings.data)? / 1_000_000)?;

    let mut traffic = Traffic::new(1, arguments.merchants as u64, arguments.partitions);
    let opening = format!(r#"{{"id":"open","type":"ledger_opened","date":"{DATE}","time_zone":"Asia/Shanghai"}}"#);
    posted(&client, "/v1/events?wait=true", opening.as_bytes())?;
    let mut left = arguments.events.max(arguments.merchants);
    while left > 0 {
        let count = left.min(TOGETHER);
        posted(&client, "/v1/events", &lines(&mut traffic, count))?;
        left -= count;
    }
    posted(&client, "/v1/events?wait=true", &lines(&mut traffic, 1))?;
    client.until("/readyz", "all is folded", WAIT_MAX, |answer| answer.status == 200)?;

    let base = client.base().to_owned();
    let mut sender = Kept::connect(&base)?;
    let mut waits = Vec::with_capacity(arguments.posts);
    for _ in 0..arguments.posts {
        let event = lines(&mut traffic, 1);
        let begun = Instant::now();
        sender.post("/v1/events?wait=true", &event)?;
        waits.push(begun.elapsed());
    }
    writeln!(out, "POST ?wait=true of {} events, one after the other: {}", arguments.posts, percentiles(&mut waits))?;

    let paths: Vec<String> = (0..arguments.merchants as u64).map(|number| format!("/v1/merchants/{}/balances", Traffic::merchant(number))).collect();
    let (mut health, mut balances) = (Vec::new(), Vec::new());
    let (mut health_time, mut balances_time) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..(u128::from(arguments.seconds) * 1000 / TURN.as_millis() / 2).max(1) {
        health_time += asked(&base, &[HEALTH.to_owned()], TURN, &mut health)?;
        balances_time += asked(&base, &paths, TURN, &mut balances)?;
    }
    let rate = |count: usize, time: Duration| count as u128 * 1000 / time.as_millis().max(1);
    let (of_health, of_balances) = (rate(health.len(), health_time), rate(balances.len(), balances_time));
    writeln!(out, "GET {HEALTH}, {CONNECTIONS} connections: {of_health} a second, {}", percentiles(&mut health))?;
    writeln!(
        out,
        "GET balances, likewise, in turn: {of_balances} a second, {}; {} % of {HEALTH}",
        percentiles(&mut balances),
        of_balances * 100 / of_health.max(1)
    )?;

    let stop = AtomicBool::new(false);
    let mut beside = Vec::new();
    let sent = std::thread::scope(|scope| {
        let sending = scope.spawn(|| send(&client, &mut traffic, arguments.rate, &stop));
        let asked = asked(&base, &paths, Duration::from_secs(arguments.seconds), &mut beside);
        stop.store(true, Ordering::SeqCst);
        let sent = sending.join().unwrap_or_else(|_| Err("the sender panicked".into()));
        asked.and(sent)
    })?;
    writeln!(out, "GET balances beside {} events a second: {}", sent / arguments.seconds.max(1), percentiles(&mut beside))?;

    client.until("/readyz", "all is folded", WAIT_MAX, |answer| answer.status == 200)?;
    process.kill()?;
    let begun = Instant::now();
    let again = Process::start(&settings)?;
    let client = again.answering()?;
    let answering = begun.elapsed();
    client.until("/readyz", "it is ready", WAIT_MAX, |answer| answer.status == 200)?;
    writeln!(out, "after SIGKILL: answering after {} ms, ready after {} ms", answering.as_millis(), begun.elapsed().as_millis())?;
    Ok(again.stop()?)
}

/// So many events of the traffic, a line each.
fn lines(traffic: &mut Traffic, count: usize) -> Vec<u8> {
    let mut lines = Vec::new();
    for record in traffic.take(count) {
        lines.extend(record.value);
        lines.push(b'\n');
    }
    lines
}

fn posted(client: &Client, path: &str, lines: &[u8]) -> Result<(), Failure> {
    let answer = client.post(path, "application/x-ndjson", lines)?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(format!("{path}: {} {}", answer.status, answer.body).into()) }
}

/// Sends at a rate until it is to stop; how many.
fn send(client: &Client, traffic: &mut Traffic, rate: usize, stop: &AtomicBool) -> Result<u64, Failure> {
    let (begun, mut sent) = (Instant::now(), 0usize);
    while !stop.load(Ordering::SeqCst) {
        let due = usize::try_from(begun.elapsed().as_millis() * rate as u128 / 1000).unwrap_or(usize::MAX);
        if due < sent + TOGETHER {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        posted(client, "/v1/events", &lines(traffic, TOGETHER))?;
        sent += TOGETHER;
    }
    Ok(sent as u64)
}

/// Asks paths one after the other on each of [`CONNECTIONS`], for so long; adds how long each took, and answers how long all did.
fn asked(base: &str, paths: &[String], time: Duration, took: &mut Vec<Duration>) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let each: Vec<std::io::Result<Vec<Duration>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|first| {
                scope.spawn(move || {
                    let (mut kept, mut took) = (Kept::connect(base)?, Vec::new());
                    for path in paths.iter().cycle().skip(first * paths.len() / CONNECTIONS) {
                        let asked = Instant::now();
                        if asked.duration_since(begun) >= time {
                            break;
                        }
                        kept.get(path)?;
                        took.push(asked.elapsed());
                    }
                    Ok(took)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(std::io::Error::other("a client panicked")))).collect()
    });
    for one in each {
        took.extend(one?);
    }
    Ok(begun.elapsed())
}

fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).map_or(0, Duration::as_micros);
    format!("{}.{:02} ms (p50), {}.{:02} ms (p99)", at(50) / 1000, at(50) / 10 % 100, at(99) / 1000, at(99) / 10 % 100)
}
