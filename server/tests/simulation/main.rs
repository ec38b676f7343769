//! Several nodes on one log, simulated on a seed: the rules and the fold are the real ones, while clocks, ways, processes and Kafka are
//! simulated, so that a seed is one history that can be looked at again. A checker asks all the time (`docs/decisions/0014-nodes.md`).
//!
//! | file | what it is |
//! |---|---|
//! | `world` | time, what happens and in which order |
//! | `acts` | what nodes and Kafka do |
//! | `node` · `clock` · `journal` | a node; its clock; a partition folded by the real rules, in memory |
//! | `ask` | a question at a node, until it is answered |
//! | `net` · `group` | what is said, and the ways; Kafka's group |
//! | `faults` · `trouble` | what goes wrong and when, from the seed; how it begins and ends |
//! | `check` | what may never be, and what must be in the end |
//!
//! `SIMULATION_SEEDS=1..10000` runs these seeds, both included, and one of them alone says what happened in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure fails the test")]

mod acts;
mod ask;
mod check;
mod clock;
mod faults;
mod group;
mod journal;
mod net;
mod node;
mod trouble;
mod world;

use check::Counts;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use world::{Mistake, run};

/// Seeds that are always run, and of the fresh ones as many as fit into this time.
const FIXED: RangeInclusive<u64> = 1..=100;
const FRESH_FOR: Duration = Duration::from_secs(5);
/// A planted mistake is found within so many seeds.
const FOUND_WITHIN: u64 = 1000;

/// Runs seeds on all processors, as long as it may; adds up what happened, or says what was violated first.
fn run_all(seeds: RangeInclusive<u64>, until: Option<Instant>) -> Result<(u64, Counts), String> {
    let next = AtomicU64::new(*seeds.start());
    let sum = Mutex::new((0, Counts::default()));
    let failed = Mutex::new(None::<(u64, String)>);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while until.is_none_or(|until| Instant::now() < until) && failed.lock().unwrap().is_none() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if !seeds.contains(&seed) {
                        return;
                    }
                    match run(seed, None) {
                        Ok(counts) => {
                            let mut sum = sum.lock().unwrap();
                            sum.0 += 1;
                            sum.1.add(&counts);
                        }
                        Err(violation) => {
                            failed.lock().unwrap().get_or_insert((seed, violation));
                        }
                    }
                }
            });
        }
    });
    match failed.into_inner().unwrap() {
        Some((_, violation)) => Err(violation),
        None => Ok(sum.into_inner().unwrap()),
    }
}

fn seeds_asked() -> Option<RangeInclusive<u64>> {
    let text = std::env::var("SIMULATION_SEEDS").ok()?;
    let (first, last) = text.split_once("..").unwrap_or((&text, &text));
    Some(first.parse().expect("a seed, or two as 1..10000")..=last.parse().expect("the last seed"))
}

#[test]
fn no_answer_is_wrong_or_smaller_than_promised_and_all_is_whole_in_the_end() {
    let told = |what: &str, result: Result<(u64, Counts), String>| match result {
        Ok((seeds, counts)) => println!("{what}: {seeds} seeds without a violation: {counts:?}"),
        Err(violation) => panic!("{violation}\nSIMULATION_SEEDS={} repeats it", violation.split(' ').nth(1).unwrap_or_default()),
    };
    if let Some(seeds) = seeds_asked() {
        return told("asked for", run_all(seeds, None));
    }
    told("fixed", run_all(FIXED, None));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let first = u64::try_from(now.as_millis()).expect("small");
    told(&format!("fresh, from {first} on"), run_all(first..=u64::MAX, Some(Instant::now() + FRESH_FOR)));
}

/// The first seed that finds a planted mistake.
fn found(mistake: Mistake) -> u64 {
    let found = (1..=FOUND_WITHIN).find_map(|seed| run(seed, Some(mistake)).err().map(|violation| (seed, violation)));
    let (seed, violation) = found.unwrap_or_else(|| panic!("{mistake:?} is not found in {FOUND_WITHIN} seeds"));
    println!("{mistake:?} is found by {violation}");
    seed
}

#[test]
fn an_owner_that_answers_after_its_partition_was_taken_is_found() {
    found(Mistake::AnswersOnceTaken);
}

#[test]
fn every_part_of_the_checker_finds_a_mistake_of_its_kind() {
    for mistake in [Mistake::SumsWhatThereIs, Mistake::ForgetsAtLeast, Mistake::FencesNobody] {
        found(mistake);
    }
}

#[test]
fn a_seed_is_one_history() {
    for seed in 1..=5 {
        assert_eq!(format!("{:?}", run(seed, None)), format!("{:?}", run(seed, None)));
    }
}
