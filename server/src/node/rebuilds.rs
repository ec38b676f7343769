//! Rebuilds of projections on every partition at once, and how far each is. One at a time: it begins on every partition, or on none.

use super::error::Error;
use super::local::Local;
use projections::follower::{Follower, RebuildProgress};
use projections::views;
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

type Outcome = Result<views::Differences, views::Error>;

/// One rebuild.
struct Run {
    partitions: Vec<Part>,
}

/// One partition of it.
struct Part {
    partition: u32,
    progress: Arc<Mutex<RebuildProgress>>,
    stage: Stage,
}

/// Whether it runs on a partition, and how it ended there.
enum Stage {
    Runs(Receiver<Outcome>),
    Ended(Outcome),
}

impl Rebuilds {
    /// Starts a rebuild; one of the same projection that runs already goes on. While another one runs, or where a partition could not
    /// begin it, nothing is started: what ran on some partitions alone would be in the way of others, and told by nobody.
    pub fn start(&self, name: &str, places: &[Arc<Local>]) -> Result<RebuildStatus, Error> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        for (other, run) in runs.iter_mut() {
            let status = run.status();
            if status.is_running() {
                return if other == name { Ok(status) } else { Err(views::Error::Busy(other.clone()).into()) };
            }
        }
        let followers = places.iter().map(|place| may_begin(place)).collect::<Result<Vec<_>, Error>>()?;
        let mut run = Run { partitions: followers.into_iter().map(|(partition, follower)| Part::start(name, partition, follower)).collect() };
        let status = run.status();
        runs.insert(name.to_owned(), run);
        Ok(status)
    }

    /// How far the last rebuild of a projection is; none where there was none since the start.
    pub fn status(&self, name: &str) -> Option<RebuildStatus> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).get_mut(name).map(Run::status)
    }
}

/// The follower of a partition that could begin a rebuild.
fn may_begin(place: &Local) -> Result<(u32, &Follower), Error> {
    let (partition, follower): (u32, &Follower) = (place.partition(), place.follower()?);
    let refused = |error: views::Error| Error::Unavailable { partition, code: None, detail: error.to_string() };
    follower.may_rebuild().map_err(refused)?;
    Ok((partition, follower))
}

impl Part {
    fn start(name: &str, partition: u32, follower: &Follower) -> Self {
        let progress = Arc::new(Mutex::new(RebuildProgress { entries: 0, of: 0, comparing: false }));
        let told = Arc::clone(&progress);
        let tell = Box::new(move |now| *told.lock().unwrap_or_else(PoisonError::into_inner) = now);
        // It was asked a moment ago: where it has halted since, the rebuild has failed there.
        let stage = follower.rebuild(name, tell).map_or_else(|error| Stage::Ended(Err(error)), Stage::Runs);
        Self { partition, progress, stage }
    }

    /// How it ended, if it has.
    fn outcome(&mut self) -> Option<&Outcome> {
        if let Stage::Runs(ended) = &self.stage {
            let outcome = match ended.try_recv() {
                Ok(outcome) => Some(outcome),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Err(views::Error::Stopped)),
            };
            if let Some(outcome) = outcome {
                self.stage = Stage::Ended(outcome);
            }
        }
        match &self.stage {
            Stage::Runs(_) => None,
            Stage::Ended(outcome) => Some(outcome),
        }
    }
}

impl Run {
    fn status(&mut self) -> RebuildStatus {
        let mut status = RebuildStatus { partitions: self.partitions.len(), ..RebuildStatus::default() };
        for part in &mut self.partitions {
            let progress = *part.progress.lock().unwrap_or_else(PoisonError::into_inner);
            status.entries += progress.entries;
            status.of += progress.of;
            let partition = part.partition;
            match part.outcome() {
                None => {}
                Some(Ok(differences)) => {
                    status.done += 1;
                    status.differences += differences.only_old + differences.only_new + differences.changed;
                }
                Some(Err(error)) => {
                    status.done += 1;
                    status.failed.get_or_insert_with(|| format!("partition {partition}: {error}"));
                }
            }
        }
        status
    }
}
