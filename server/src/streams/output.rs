//! One partition of one stream: finds its place, and writes what is made of entries, a transaction for each batch.

use super::Render;
use super::envelope::Envelope;
use super::place::{Kept, Place};
use crate::registry::Encoder;
use ledger::entry::Recorded;
use ledger::log::kafka::Outgoing;
use ledger::log::kafka::stream::{StreamTopic, StreamWriter};
use ledger::log::{self, Code};
use projections::follower::Sink;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of records after which a transaction is committed.
const TRANSACTION_BYTES_MAX: usize = 4 << 20;
/// Records after which a transaction is committed.
const TRANSACTION_RECORDS_MAX: usize = 4096;
/// What a record takes beside its value and headers.
const RECORD_OVERHEAD_BYTES: usize = 64;
/// How often the place is kept while entries say nothing to this stream.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// Writes one partition of one topic.
pub struct Output {
    topic: Arc<StreamTopic>,
    partition: u32,
    /// How many the input has.
    partitions: u32,
    envelope: Envelope,
    kept: Kept,
    render: Box<dyn Render>,
    /// Nothing where values stay as they are rendered.
    encoder: Option<Encoder>,
    writer: Option<Open>,
}

struct Open {
    writer: StreamWriter,
    topic_id: String,
    next: u64,
    kept_at: Instant,
}

impl Output {
    /// Opened by its thread. Values stay as they are rendered.
    pub fn new(topic: Arc<StreamTopic>, partition: u32, partitions: u32, envelope: Envelope, kept: Kept, render: Box<dyn Render>) -> Self {
        Self { topic, partition, partitions, envelope, kept, render, encoder: None, writer: None }
    }

    /// With values in another encoding.
    pub fn encoded(self, encoder: Option<Encoder>) -> Self {
        Self { encoder, ..self }
    }

    /// Whether the topic has the partitions of the input; makes it where this ledger never saw it.
    fn check_topic(&self, kept: Option<&Place>) -> Result<(), log::Error> {
        let found = match self.topic.look() {
            Err(error) if error.code == Code::TopicMissing && kept.is_none() => {
                if self.topic.make(self.partitions)? {
                    tracing::info!(topic = self.topic.name(), partitions = self.partitions, "the topic was made");
                }
                self.topic.look_afresh()
            }
            found => found,
        };
        let (_, partitions) = found?;
        if partitions != self.partitions {
            let detail = format!(
                "topic {} has {partitions} partitions, and the input {}: each merchant must lie in the same partition of both. Make it again with {}",
                self.topic.name(),
                self.partitions,
                self.partitions
            );
            return Err(log::Error::new(Code::StreamForeign, detail));
        }
        Ok(())
    }

    fn commit(&mut self, records: &mut Vec<Outgoing>, next: u64) -> Result<(), log::Error> {
        let Some(open) = &mut self.writer else { return Err(log::Error::new(Code::StreamFenced, "the output is not open")) };
        if records.is_empty() {
            if open.kept_at.elapsed() < KEEP_EVERY {
                open.next = next;
                return Ok(());
            }
        } else {
            open.writer.commit(records)?;
            records.clear();
        }
        (open.next, open.kept_at) = (next, Instant::now());
        self.kept.write(&Place { topic_id: open.topic_id.clone(), next })
    }
}

/// About what a record takes until its transaction is done.
fn size(record: &Outgoing) -> usize {
    let headers = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    RECORD_OVERHEAD_BYTES + record.value.as_ref().map_or(0, Vec::len) + headers
}

impl Sink for Output {
    fn open(&mut self) -> Result<u64, log::Error> {
        self.writer = None;
        let (kept, ledger) = (self.kept.read(), self.envelope.ledger()?.to_owned());
        self.check_topic(kept.as_ref())?;
        if let Some(encoder) = &mut self.encoder {
            encoder.open()?;
        }
        // One transactional id for each partition of each output of a ledger: whoever opens it fences the one before.
        let transactional_id = format!("merchant-ledger-{}-{}-{}", ledger.trim_start_matches("id:"), self.topic.name(), self.partition);
        let (writer, end) = StreamWriter::open(&self.topic, self.partition, &transactional_id)?;
        let next = match &end.last {
            Some(last) => self.envelope.entry_of(&ledger, self.topic.name(), last)? + 1,
            None => kept.filter(|kept| kept.topic_id == end.topic_id).map_or(0, |kept| kept.next),
        };
        tracing::debug!(topic = self.topic.name(), partition = self.partition, next, end = end.offset, "the output has its place");
        let place = Place { topic_id: end.topic_id, next };
        self.kept.write(&place)?;
        self.writer = Some(Open { writer, topic_id: place.topic_id, next, kept_at: Instant::now() });
        Ok(next)
    }

    fn take(&mut self, entries: &[Recorded]) -> Result<(), log::Error> {
        let (mut records, mut bytes) = (Vec::new(), 0);
        for entry in entries {
            let before = records.len();
            self.render.render(entry, &mut records)?;
            if let Some(encoder) = &self.encoder {
                records.iter_mut().skip(before).try_for_each(|record| encoder.encode_record(record))?;
            }
            bytes += records.iter().skip(before).map(size).sum::<usize>();
            if bytes >= TRANSACTION_BYTES_MAX || records.len() >= TRANSACTION_RECORDS_MAX {
                self.commit(&mut records, entry.number + 1)?;
                bytes = 0;
            }
        }
        match entries.last() {
            Some(last) => self.commit(&mut records, last.number + 1),
            None => Ok(()),
        }
    }

    fn idle(&mut self) -> Result<(), log::Error> {
        let Some(open) = &self.writer else { return Ok(()) };
        let (topic_id, partitions) = self.topic.look()?;
        if topic_id != open.topic_id && topic_id.starts_with("id:") && open.topic_id.starts_with("id:") {
            let detail = format!("the topic {} was deleted and made again; it is filled from the first entry", self.topic.name());
            return Err(log::Error::new(Code::TopicRecreated, detail));
        }
        if partitions != self.partitions {
            return Err(log::Error::new(Code::StreamForeign, format!("topic {} has {partitions} partitions now", self.topic.name())));
        }
        Ok(())
    }
}
