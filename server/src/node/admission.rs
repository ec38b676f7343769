//! Which events a node takes, and where they lie.
//!
//! A shard that is halted takes nothing: what is appended to a log that it does not follow would never be booked, or be
//! taken for another record. So a shard is asked before anything is appended, and what the log answers is compared with
//! what was folded: an offset that was folded before is another record's, in a log that is not the one that was followed.

use super::error::Error;
use super::{HEAD_MISMATCH, Intake, NOT_HELD, Node, Target};
use crate::shape::Position;
use ledger::entry::Recorded;
use ledger::log::{Append, Code};
use ledger::shard::State;
use schemas::event::Subject;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long shards that were just started may take to compare the log with what they folded before events are turned away: all that one
/// call asks together.
const CHECK_WAIT: Duration = Duration::from_secs(5);

/// Where an event was appended, or why it was not.
pub type Taken = Result<Vec<Position>, Refused>;

/// A partition that takes no events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which partition.
    pub partition: u32,
    /// Its code, as in `/readyz`.
    pub code: &'static str,
    /// The same for the operator, with the way out.
    pub detail: String,
}

impl From<Refused> for Error {
    fn from(Refused { partition, code, detail }: Refused) -> Self {
        Self::Unavailable { partition, code: Some(code), detail }
    }
}

impl Node {
    /// Appends events in the order they come, but for those of partitions that take nothing. Answers for each: its
    /// position, or one on every partition.
    pub fn take_now(&self, events: Vec<Intake>) -> Result<Vec<Taken>, Error> {
        let (partitions, until) = (self.partitions(), Instant::now() + CHECK_WAIT);
        let mut open = BTreeMap::new();
        let (mut taken, mut records): (Vec<Result<Vec<u32>, Refused>>, _) = (Vec::with_capacity(events.len()), Vec::with_capacity(events.len()));
        for event in events {
            let targets: Vec<u32> = match event.target {
                Target::One(partition) => vec![partition],
                Target::Every => (0..partitions).collect(),
            };
            let asked = targets.iter().find_map(|target| open.entry(*target).or_insert_with(|| self.check(*target, until)).as_ref().err().cloned());
            if let Some(refused) = asked {
                taken.push(Err(refused));
                continue;
            }
            records.extend(event.into_records(&targets));
            taken.push(Ok(targets));
        }
        let appended = if records.is_empty() { Vec::new() } else { self.log().append(records).map_err(Error::Log)? };
        let mut offsets = appended.into_iter();
        let mut position = |partition: u32| {
            let offset = offsets.next()?;
            let folded = open.get(&partition).and_then(|cursor| cursor.as_ref().ok()).copied().unwrap_or(0);
            Some(placed(partition, offset, folded))
        };
        Ok(taken.into_iter().map(|targets| targets.and_then(|targets| targets.into_iter().map_while(&mut position).collect())).collect())
    }

    /// The next offset that each partition folds, where all of them take events.
    pub fn takes_all(&self) -> Result<Vec<(u32, i64)>, Refused> {
        let until = Instant::now() + CHECK_WAIT;
        (0..self.partitions()).map(|partition| Ok((partition, self.check(partition, until)?))).collect()
    }

    /// Appends an event to some of the partitions, which were asked before: the next offset that each folded then.
    pub fn append_to(&self, event: &Intake, partitions: &[(u32, i64)]) -> Result<Taken, Error> {
        let records = partitions.iter().map(|(partition, _)| Append { partition: *partition, key: event.key.clone(), value: event.value.clone() });
        let offsets = self.log().append(records.collect()).map_err(Error::Log)?;
        let position = |((partition, folded), offset): (&(u32, i64), i64)| placed(*partition, offset, *folded);
        Ok(partitions.iter().zip(offsets).map(position).collect())
    }

    /// The same of a partition that lies on other nodes alone: as far as they said that they are. The furthest of those that follow it.
    fn check_elsewhere(&self, partition: u32) -> Result<i64, Refused> {
        let reports = self.nodes().map(|nodes| nodes.reports()).unwrap_or_default();
        let held: Vec<_> = reports.iter().filter_map(|report| report.held(partition)).collect();
        let follows = held.iter().filter(|held| held.state != State::Halted.as_str());
        follows.map(|held| held.position.saturating_add(1)).max().ok_or_else(|| {
            let detail = held.first().map_or_else(
                || "no node that answers has it now".to_owned(),
                |held| format!("the nodes that have it are halted ({})", held.code.as_deref().unwrap_or("no code")),
            );
            Refused { partition, code: NOT_HELD, detail }
        })
    }

    /// The next offset that a partition folds, where it takes events; waits until then for one that was just started.
    fn check(&self, partition: u32, until: Instant) -> Result<i64, Refused> {
        let refused = |code, detail: String| Refused { partition, code, detail };
        let place = self.place(partition).ok_or_else(|| refused(Code::PartitionsChanged.as_str(), format!("there is no partition {partition}")))?;
        if place.differs() {
            return Err(refused(HEAD_MISMATCH, "two nodes have different heads of it".to_owned()));
        }
        let Some(local) = place.local() else { return self.check_elsewhere(partition) };
        let status = local.wait_checked(until.saturating_duration_since(Instant::now()));
        match (status.state, status.code) {
            (State::Halted, code) => Err(refused(code.map_or("halted", Code::as_str), status.detail.unwrap_or_else(|| "the shard is halted".to_owned()))),
            _ if !status.checked => Err(refused("starting", format!("the log was not compared with what was folded within {} s", CHECK_WAIT.as_secs()))),
            (State::CatchingUp | State::Following, _) => Ok(status.position.map_or(0, |position| position.saturating_add(1))),
        }
    }
}

/// Where an event lies, if it can be that.
fn placed(partition: u32, offset: i64, folded: i64) -> Result<Position, Refused> {
    if offset < folded { Err(replaced(partition, offset, folded)) } else { Ok(Position { partition, offset }) }
}

fn replaced(partition: u32, offset: i64, folded: i64) -> Refused {
    let detail = format!(
        "the log gave the event the offset {offset}, of which another record was folded; the next to fold is {folded}. \
         The log lost its end, or is another one: bring it back, or restore a backup; then send the event again"
    );
    Refused { partition, code: Code::LogTruncated.as_str(), detail }
}

/// Whether an entry tells what became of this very event, and not of another record at its place.
pub fn is_of(recorded: &Recorded, event: &Intake) -> bool {
    let key = match &recorded.row.subject {
        Some(Subject::Merchant(merchant)) => Some(merchant.as_str().as_bytes()),
        Some(Subject::House) if event.target != Target::Every => Some(super::HOUSE_KEY.as_bytes()),
        Some(Subject::House | Subject::Partition) | None => None,
    };
    recorded.row.event.as_ref() == Some(&event.id) && (key == event.key.as_deref())
}
