//! The way into the log: where each record goes, and what the embedded log is not given.
//!
//! Kafka is somebody else's and takes whatever comes, so card numbers that are smuggled in there are found by the fold,
//! quarantined, and masked. The embedded log is ours: it is fed by `POST /v1/events`, which turns such records away, and
//! so does the gate. Bound: [`RECORDS_MAX`] records an append.

use super::board::Board;
use super::event::{Record, Target};
use crate::node::{Error, Node};
use crate::shape::Position;
use ledger::log::Append;
use schemas::decode::{decode, mask};
use schemas::partition::partition_of;
use std::sync::Arc;
use std::time::Duration;

/// The most records of one append.
pub const RECORDS_MAX: usize = 2_000;
/// Between two tries to append, while the log does not take anything.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The way in.
pub struct Gate {
    node: Arc<Node>,
    board: Arc<Board>,
}

impl Gate {
    /// The way into a node's log.
    pub const fn new(node: Arc<Node>, board: Arc<Board>) -> Self {
        Self { node, board }
    }

    /// Appends records in their order. Answers the position of each that was appended; fewer where it was told to stop.
    ///
    /// # Errors
    /// What the log says where it will never take them; one that does not answer is asked again.
    pub fn send<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Result<Vec<Position>, Error> {
        let mut positions = Vec::new();
        let mut appends = Vec::with_capacity(RECORDS_MAX);
        for record in records {
            if self.is_turned_away(record) {
                self.board.tell(|told| told.turned_away += 1);
                continue;
            }
            self.add(record, &mut appends);
            if appends.len() >= RECORDS_MAX {
                self.append(std::mem::take(&mut appends), &mut positions)?;
            }
        }
        self.append(appends, &mut positions)?;
        Ok(positions)
    }

    fn is_turned_away(&self, record: &Record) -> bool {
        self.node.config().brokers.is_none() && mask(&record.value).masked && decode(&record.value).is_err()
    }

    fn add(&self, record: &Record, appends: &mut Vec<Append>) {
        let partitions = self.node.partitions().max(1);
        let keyed = |key: &str, astray: u32| {
            let partition = (partition_of(key.as_bytes(), partitions) + astray) % partitions;
            Append { partition, key: Some(key.as_bytes().to_vec()), value: record.value.clone() }
        };
        match &record.target {
            Target::Key(key) => appends.push(keyed(key, 0)),
            Target::Astray(key) => appends.push(keyed(key, 1)),
            Target::Every => appends.extend((0..partitions).map(|partition| Append { partition, key: None, value: record.value.clone() })),
        }
    }

    fn append(&self, appends: Vec<Append>, positions: &mut Vec<Position>) -> Result<(), Error> {
        if appends.is_empty() {
            return Ok(());
        }
        loop {
            match self.node.log().append(appends.clone()) {
                Ok(offsets) => {
                    let appended = appends.iter().zip(offsets).map(|(append, offset)| Position { partition: append.partition, offset });
                    positions.extend(appended);
                    self.board.tell(|told| told.sent += u64::try_from(appends.len()).unwrap_or(0));
                    return Ok(());
                }
                // Some may have been appended all the same: their ids make repeating them harmless.
                Err(error) if error.code == ledger::log::Code::KafkaUnreachable => {
                    tracing::warn!(detail = error.detail, "the log takes no records; trying again");
                    if self.board.pause(RETRY_PAUSE) {
                        return Ok(());
                    }
                }
                Err(error) => return Err(Error::Log(error)),
            }
        }
    }
}
