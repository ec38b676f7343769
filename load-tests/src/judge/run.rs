//! Runs lives through the service and the model, several at a time.

use super::child::{self, Service};
use super::compare::{Difference, difference, shown};
use super::coverage::Coverage;
use super::{checked, compare};
use crate::lives::{Life, Record};
use crate::model::Model;
use crate::model::invariants;
use crate::model::said::Said;
use serde_json::Value;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a judgement is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service's binary; without one the model is checked alone.
    pub binary: Option<PathBuf>,
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// Records of each life.
    pub events: usize,
    /// Lives at a time.
    pub jobs: usize,
    /// Differences of these kinds are counted and passed over.
    pub pass_over: Vec<Difference>,
    /// After so many lives with a difference the rest is left.
    pub failures_max: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Lives that were run.
    pub lives: u64,
    /// Reports, each of the first difference of a life.
    pub failures: Vec<String>,
    /// Differences that were passed over.
    pub passed_over: u64,
    /// What was reached.
    pub coverage: Coverage,
}

/// What came of one life.
struct Verdict {
    failure: Option<String>,
    passed_over: u64,
    coverage: Coverage,
}

/// Runs all of them.
pub fn run(options: &Options) -> Result<Judgement, child::Error> {
    let (next, all) = (AtomicU64::new(*options.seeds.start()), Mutex::new(Judgement::default()));
    let work = || -> Result<(), child::Error> {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > *options.seeds.end() {
                return Ok(());
            }
            let verdict = judge(options, seed)?;
            let Ok(mut all) = all.lock() else { return Ok(()) };
            all.lives += 1;
            all.passed_over += verdict.passed_over;
            all.coverage.merge(verdict.coverage);
            if let Some(failure) = verdict.failure {
                eprintln!("{failure}");
                all.failures.push(failure);
            }
            if all.failures.len() as u64 >= options.failures_max {
                next.store(u64::MAX, Ordering::Relaxed);
                return Ok(());
            }
        }
    };
    crate::workers::together(options.jobs, work)?;
    Ok(all.into_inner().unwrap_or_default())
}

/// Runs one life until its first difference.
fn judge(options: &Options, seed: u64) -> Result<Verdict, child::Error> {
    let mut service = options.binary.as_deref().map(Service::start).transpose()?;
    let (mut model, mut verdict) = (Model::default(), Verdict { failure: None, passed_over: 0, coverage: Coverage::default() });
    for (number, record) in Life::records(seed, options.events).iter().enumerate() {
        let said = match checked(&mut model, record) {
            Ok(said) => said,
            Err(broken) => {
                verdict.failure = Some(format!("seed {seed}, record {number}: the model breaks rule {broken}\n  {}", record.line()));
                return Ok(verdict);
            }
        };
        verdict.coverage.count(&model, &said);
        let Some(service) = &mut service else { continue };
        let answer = service.fold(&record.line())?;
        match compare::difference(&said, &answer) {
            Some(kind) if options.pass_over.contains(&kind) => verdict.passed_over += 1,
            Some(kind) => {
                verdict.failure = Some(report(seed, number, record, kind, &said, &answer));
                return Ok(verdict);
            }
            None => {}
        }
    }
    if let Err(broken) = invariants::check_ledger(&model) {
        verdict.failure = Some(format!("seed {seed}: the model breaks rule {broken}"));
    }
    Ok(verdict)
}

fn report(seed: u64, number: usize, record: &Record, kind: Difference, said: &[Said], answer: &Value) -> String {
    debug_assert!(difference(said, answer).is_some());
    format!("seed {seed}, record {number}: {}\n  {}\n{}", kind.as_str(), record.line(), shown(said, answer))
}
