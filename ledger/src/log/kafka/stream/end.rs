//! The last record of a partition that can be read. Ends of transactions and aborted records take offsets, so the record
//! before the end may lie far below it: it is looked for in steps that double.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::super::super::{Code, Error};
use super::super::context::Context;
use super::super::ending::Ending;
use super::super::{failure, headers};
use super::END_WAIT_MAX;
use super::topic::StreamTopic;

/// How far below the end is looked first.
const FIRST_STEP: i64 = 64;
/// Between two questions whether everything up to the end can be read.
const SETTLE_PAUSE: Duration = Duration::from_millis(10);

/// Where a partition of an output ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The topic's id.
    pub topic_id: String,
    /// One above the last offset, whatever lies there.
    pub offset: i64,
    /// The last record that can be read; none where there is none, or retention took all.
    pub last: Option<LastRecord>,
}

/// A record as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastRecord {
    /// Where it lies.
    pub offset: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
    /// Its headers, in order; one without a value has none here.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl LastRecord {
    /// The text of the last header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().rev().find(|(own, _)| own == name)?;
        std::str::from_utf8(value).ok()
    }
}

/// Reads the end of a partition that nobody else of ours writes to now.
pub(super) fn end_of(topic: &StreamTopic, topic_id: String, partition: u32) -> Result<End, Error> {
    let deadline = Instant::now() + END_WAIT_MAX;
    let mut ends = topic.watermarks(partition)?;
    // What was committed is not readable at once; a transaction that stays open hides it for longer.
    loop {
        let readable = topic.readable_end(partition)?;
        if readable >= ends.high {
            break;
        }
        if Instant::now() >= deadline {
            return Err(transaction_open(&topic.name, partition, readable));
        }
        std::thread::sleep(SETTLE_PAUSE);
        ends = topic.watermarks(partition)?;
    }
    let mut step = FIRST_STEP;
    loop {
        let from = ends.high.saturating_sub(step).max(ends.low);
        if from >= ends.high {
            return Ok(End { topic_id, offset: ends.high, last: None });
        }
        let last = last_from(topic, partition, from, ends.high, deadline)?;
        if last.is_some() || from == ends.low {
            return Ok(End { topic_id, offset: ends.high, last });
        }
        step = step.saturating_mul(4);
    }
}

/// A transaction stays open from an offset on. Whose it is, is not known: whoever opens a transactional id ends what was left open under
/// it, unless the end was never written.
fn transaction_open(topic: &str, partition: u32, offset: i64) -> Error {
    let detail = format!(
        "a transaction has been open at offset {offset} in partition {partition} of topic {topic} for more than {waited} s: one of this ledger's own \
         whose end was not written, or one of somebody else, who should not write there. It goes on when that transaction ends: by itself, at its \
         transaction.timeout.ms and up to 10 s more; if it does not, `kafka-transactions.sh find-hanging --topic {topic} --partition {partition}` \
         shows it, and `kafka-transactions.sh abort --topic {topic} --partition {partition} --start-offset {offset}` ends it",
        waited = END_WAIT_MAX.as_secs()
    );
    Error::new(Code::TransactionOpen, detail)
}

/// Every record of a partition that can be read: for topics that are small, such as compacted ones.
pub(super) fn all_of(topic: &StreamTopic, partition: u32) -> Result<Vec<LastRecord>, Error> {
    let ends = topic.watermarks(partition)?;
    let mut records = Vec::new();
    if ends.low < ends.high {
        read(topic, partition, ends.low, ends.high, Instant::now() + END_WAIT_MAX, |record| records.push(record))?;
    }
    Ok(records)
}

/// The last record from an offset up to the end.
fn last_from(topic: &StreamTopic, partition: u32, from: i64, end: i64, deadline: Instant) -> Result<Option<LastRecord>, Error> {
    let mut last = None;
    read(topic, partition, from, end, deadline, |record| last = Some(record))?;
    Ok(last)
}

/// Reads from an offset up to the end.
fn read(topic: &StreamTopic, partition: u32, from: i64, end: i64, deadline: Instant, mut visit: impl FnMut(LastRecord)) -> Result<(), Error> {
    let mut config = topic.options.reader();
    config.set("enable.partition.eof", "true");
    let failed = |error: KafkaError| topic.failed(&error);
    let consumer = Ending::<BaseConsumer<Context>>::new(config.create_with_context(Context::new(&topic.connection, "")).map_err(failed)?);
    let number = i32::try_from(partition).map_err(|_| failure::no_partition(&topic.name, partition))?;
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(&topic.name, number, Offset::Offset(from)).map_err(failed)?;
    consumer.assign(&assignment).map_err(failed)?;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match consumer.poll(left) {
            None => {
                let detail = format!("the end of partition {partition} of topic {} could not be read within {} s", topic.name, END_WAIT_MAX.as_secs());
                return Err(failure::unreachable(&topic.options.brokers, &detail));
            }
            Some(Ok(message)) => {
                let headers = message.headers().map(headers::all).unwrap_or_default();
                let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
                let (key, value) = (message.key().map(<[u8]>::to_vec), message.payload().unwrap_or_default().to_vec());
                visit(LastRecord { offset: message.offset(), key, value, headers });
                if message.offset().saturating_add(1) >= end {
                    return Ok(());
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
            Some(Err(error)) => {
                let explained = topic.failed(&error);
                // The library reconnects by itself; all else ends the search, and it begins anew.
                if explained.code != Code::KafkaUnreachable || Instant::now() >= deadline || matches!(error, KafkaError::MessageConsumptionFatal(_)) {
                    return Err(explained);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_stays_open_is_nobodys_in_particular_and_the_way_out_is_named() {
        let error = transaction_open("ledger-entries", 3, 17);
        assert_eq!(error.code, Code::TransactionOpen);
        assert!(error.detail.contains("one of this ledger's own") && !error.detail.contains("another producer"), "{error}");
        let place = "--topic ledger-entries --partition 3";
        for way_out in ["transaction.timeout.ms".to_owned(), format!("find-hanging {place}"), format!("abort {place} --start-offset 17")] {
            assert!(error.detail.contains(&way_out), "{error}");
        }
    }
}
