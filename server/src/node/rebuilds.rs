//! Rebuilds of projections on every partition at once, and how far each is.

use super::error::Error;
use super::local::Local;
use projections::follower::RebuildProgress;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};

/// Rebuilds since the start, by projection: the last of each.
#[derive(Default)]
pub struct Rebuilds {
    runs: Mutex<BTreeMap<String, Run>>,
}

/// How far a rebuild is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RebuildStatus {
    /// Entries folded, on all partitions.
    pub entries: u64,
    /// Entries to fold, as of now.
    pub of: u64,
    /// Partitions that are done.
    pub done: usize,
    /// Of how many.
    pub partitions: usize,
    /// Rows that differ from those before.
    pub differences: u64,
    /// The first thing that went wrong.
    pub failed: Option<String>,
}

impl RebuildStatus {
    /// Whether some partition is still at it.
    pub const fn is_running(&self) -> bool {
        self.done < self.partitions
    }
}

type Outcome = Result<projections::views::Differences, projections::views::Error>;

/// One rebuild.
struct Run {
    partitions: Vec<Part>,
}

/// One partition of it.
struct Part {
    partition: u32,
    progress: Arc<Mutex<RebuildProgress>>,
    ended: Receiver<Outcome>,
    outcome: Option<Outcome>,
}

impl Rebuilds {
    /// Starts a rebuild; one that runs already goes on.
    pub fn start(&self, name: &str, places: &[Arc<Local>]) -> Result<RebuildStatus, Error> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = runs.get_mut(name) {
            let status = run.status();
            if status.is_running() {
                return Ok(status);
            }
        }
        let partitions = places.iter().map(|place| Part::start(name, place)).collect::<Result<_, Error>>()?;
        let run = runs.entry(name.to_owned()).or_insert(Run { partitions: Vec::new() });
        *run = Run { partitions };
        Ok(run.status())
    }

    /// How far the last rebuild of a projection is; none where there was none since the start.
    pub fn status(&self, name: &str) -> Option<RebuildStatus> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).get_mut(name).map(Run::status)
    }
}

impl Part {
    fn start(name: &str, place: &Local) -> Result<Self, Error> {
        let progress = Arc::new(Mutex::new(RebuildProgress { entries: 0, of: 0, comparing: false }));
        let told = Arc::clone(&progress);
        let tell = Box::new(move |now| *told.lock().unwrap_or_else(PoisonError::into_inner) = now);
        let ended = place.follower()?.rebuild(name, tell)?;
        Ok(Self { partition: place.partition(), progress, ended, outcome: None })
    }
}

impl Run {
    fn status(&mut self) -> RebuildStatus {
        let mut status = RebuildStatus { partitions: self.partitions.len(), ..RebuildStatus::default() };
        for part in &mut self.partitions {
            if part.outcome.is_none() {
                part.outcome = match part.ended.try_recv() {
                    Ok(outcome) => Some(outcome),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => Some(Err(projections::views::Error::Stopped)),
                };
            }
            let progress = *part.progress.lock().unwrap_or_else(PoisonError::into_inner);
            status.entries += progress.entries;
            status.of += progress.of;
            match &part.outcome {
                None => {}
                Some(Ok(differences)) => {
                    status.done += 1;
                    status.differences += differences.only_old + differences.only_new + differences.changed;
                }
                Some(Err(error)) => {
                    status.done += 1;
                    status.failed.get_or_insert_with(|| format!("partition {}: {error}", part.partition));
                }
            }
        }
        status
    }
}
