//! A crowd that asks expensive questions: what appends and balances take meanwhile, beside what they take alone.

use super::Error;
use super::command::Verdict;
use super::feed::{self, Feed};
use crate::lives::dice::Dice;
use crate::load::traffic::Traffic;
use crate::service::{Client, Process, Settings};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PARTITIONS: u32 = 4;
/// What a hundredth of appends and balances may take beside the crowd.
const P99_MAX: Duration = Duration::from_secs(2);
const FED_WAIT_MAX: Duration = Duration::from_secs(300);
const QUESTIONS: [&str; 3] = ["/v1/consumption/cohorts", "/v1/consumption/segments", "/v1/exposure?group_by=merchant,age"];

/// Times of appends, and of balances.
#[derive(Clone, Copy)]
struct Times {
    append: [Duration; 2],
    balances: [Duration; 2],
    failed: usize,
}

/// Measures without the crowd, then with it.
pub(super) fn run(
    binary: &Path,
    directory: &Path,
    seed: u64,
    clients: usize,
    merchants: u64,
    seconds: u64,
    say: &mut dyn FnMut(&str),
) -> Result<Verdict, Error> {
    let service = Process::start(&Settings::embedded(binary, directory, PARTITIONS))?;
    let client = service.answering()?;
    feed::open(&client)?;
    let mut feed = Feed::new(seed, merchants);
    // Every merchant's contract, and some sales of each.
    for _ in 0..merchants.saturating_mul(3) / feed::BATCH_EVENTS as u64 {
        feed::post(&client, &feed.batch(), false)?;
    }
    client.until("/readyz", "all to be folded", FED_WAIT_MAX, |answer| {
        answer.status == 200 && answer.body["shards"].as_array().into_iter().flatten().all(|shard| shard["lag"] == 0)
    })?;
    let time = Duration::from_secs(seconds);
    let alone = measure(&client, &mut feed, seed, merchants, time);
    say(&told("alone", &alone));
    let (ending, answers, refusals, failures) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let crowded = std::thread::scope(|scope| {
        for number in 0..clients {
            let (client, ending, answers, refusals, failures) = (Client::new(client.base()), &ending, &answers, &refusals, &failures);
            scope.spawn(move || {
                let question = QUESTIONS.get(number % QUESTIONS.len()).copied().unwrap_or_default();
                while !ending.load(Ordering::Relaxed) {
                    match client.ask(question).map(|answer| answer.status) {
                        Ok(200) => answers.fetch_add(1, Ordering::Relaxed),
                        Ok(429 | 503) => {
                            let count = refusals.fetch_add(1, Ordering::Relaxed);
                            std::thread::sleep(Duration::from_millis(50));
                            count
                        }
                        Ok(_) | Err(_) => failures.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        // The crowd is there before it is measured.
        std::thread::sleep(Duration::from_secs(1));
        let crowded = measure(&client, &mut feed, seed, merchants, time);
        ending.store(true, Ordering::Relaxed);
        crowded
    });
    service.stop()?;
    let [answers, refusals, failures] = [answers, refusals, failures].map(AtomicUsize::into_inner);
    let line = format!(
        "starvation: {clients} clients over {merchants} merchants ({answers} answered, {refusals} refused, {failures} failed): {}; {}",
        told("alone", &alone),
        told("beside them", &crowded)
    );
    let passed = crowded.append[1] <= P99_MAX && crowded.balances[1] <= P99_MAX && crowded.failed == 0;
    Ok(Verdict { line, passed })
}

fn told(when: &str, times: &Times) -> String {
    let millis = |time: Duration| format!("{}.{} ms", time.as_millis(), time.as_micros() % 1000 / 100);
    let [append, append_99] = times.append.map(millis);
    let [balances, balances_99] = times.balances.map(millis);
    format!("{when} append p50 {append} p99 {append_99}, balances p50 {balances} p99 {balances_99}, {} failed", times.failed)
}

/// One append and one balances after the other, for so long.
fn measure(client: &Client, feed: &mut Feed, seed: u64, merchants: u64, time: Duration) -> Times {
    let (mut dice, begun) = (Dice::new(seed), Instant::now());
    let (mut appends, mut balances, mut failed) = (Vec::new(), Vec::new(), 0);
    while begun.elapsed() < time {
        if let Some(event) = feed.batch().into_iter().next() {
            let started = Instant::now();
            let answered = client.post("/v1/events", "application/json", &event.value);
            failed += usize::from(!answered.is_ok_and(|answer| answer.status == 200));
            appends.push(started.elapsed());
        }
        let path = format!("/v1/merchants/{}/balances", Traffic::merchant(dice.below(merchants)));
        let started = Instant::now();
        failed += usize::from(!client.ask(&path).is_ok_and(|answer| answer.status == 200));
        balances.push(started.elapsed());
    }
    Times { append: percentiles(appends), balances: percentiles(balances), failed }
}

/// The median, and what a hundredth goes beyond.
fn percentiles(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [50, 99].map(|percent| times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default())
}
