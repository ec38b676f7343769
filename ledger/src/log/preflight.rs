//! What is checked before a shard reads on from its cursor: the same log, the same partitions, the cursor within it, and
//! the last record that was folded still there.
//!
//! Nothing here ever moves a cursor. A mismatch is an error that says the way out.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Code, Error, Log, Record};

/// How long the last folded record is waited for.
const REREAD_WAIT_MAX: Duration = Duration::from_secs(15);
/// How long one fetch of it waits.
const REREAD_FETCH_WAIT: Duration = Duration::from_millis(500);

/// What identifies one record of a partition: its offset and a hash of its key and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The offset of the record.
    pub offset: i64,
    /// The first 64 bits of BLAKE3 over its key and value.
    pub hash: u64,
}

impl Fingerprint {
    /// Of one record.
    pub fn of(record: &Record) -> Self {
        let mut hasher = blake3::Hasher::new();
        // The length before the key tells key and value apart; a record without a key is not one with an empty key.
        let key_length = record.key.as_ref().map_or(u64::MAX, |key| key.len() as u64);
        hasher.update(&key_length.to_le_bytes());
        hasher.update(record.key.as_deref().unwrap_or_default());
        hasher.update(&record.value);
        let mut hash = [0; 8];
        hasher.finalize_xof().fill(&mut hash);
        Self { offset: record.offset, hash: u64::from_le_bytes(hash) }
    }
}

/// What a shard remembers of the log that it folds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The log's identity when the shard was opened for the first time.
    pub identity: String,
    /// The last record that it folded; none before the first.
    pub last: Option<Fingerprint>,
}

/// Whether a shard may read `partition` from `cursor` on. `remembered` is nothing before the shard's first start.
///
/// # Errors
/// `partitions_changed`, `topic_recreated`, `log_truncated` (the cursor lies above the end, or other records took the
/// place of those that were folded), `log_expired` (below the start); else whatever the log itself answers.
pub fn preflight(log: &dyn Log, partition: u32, cursor: i64, expected_partitions: u32, remembered: Option<&Remembered>) -> Result<(), Error> {
    let partitions = log.partitions()?;
    if partitions != expected_partitions {
        return Err(partitions_changed(expected_partitions, partitions));
    }
    let identity = log.identity()?;
    if let Some(remembered) = remembered
        && differ(&remembered.identity, &identity)
    {
        return Err(recreated(&remembered.identity, &identity));
    }
    let watermarks = log.watermarks(partition)?;
    if cursor > watermarks.high {
        return Err(truncated(cursor, watermarks.high));
    }
    if cursor < watermarks.low {
        return Err(expired(cursor, watermarks.low));
    }
    match remembered.and_then(|remembered| remembered.last) {
        // Below the start the record itself is gone, and its successors are all there: nothing was missed.
        Some(last) if last.offset >= watermarks.low => reread(log, partition, last, &identity),
        _ => Ok(()),
    }
}

/// Compares the record at a remembered offset with what was folded.
fn reread(log: &dyn Log, partition: u32, last: Fingerprint, identity: &str) -> Result<(), Error> {
    let mut reader = log.reader(partition, last.offset)?;
    let deadline = Instant::now() + REREAD_WAIT_MAX;
    loop {
        let found = match reader.fetch(1, REREAD_FETCH_WAIT) {
            Ok(records) => records.into_iter().find(|record| record.offset >= last.offset),
            Err(error) if error.code == Code::KafkaUnreachable && Instant::now() < deadline => None,
            Err(error) => return Err(error),
        };
        match found {
            Some(record) if Fingerprint::of(&record) == last => return Ok(()),
            // Compaction takes a folded record away, and puts none in its place.
            Some(record) if record.offset > last.offset && log.loses_records() => return Ok(()),
            Some(_) => return Err(replaced(last.offset, identity)),
            None if reader.position() > last.offset && log.loses_records() => return Ok(()),
            None if reader.position() > last.offset => return Err(replaced(last.offset, identity)),
            None if Instant::now() >= deadline => {
                let waited = REREAD_WAIT_MAX.as_secs();
                let detail = format!("the record at offset {} could not be read again within {waited} s; it is tried again", last.offset);
                return Err(Error::new(Code::KafkaUnreachable, detail));
            }
            None => {}
        }
    }
}

/// Whether two identities are known to be of different logs. One without an id tells nothing.
pub(super) fn differ(remembered: &str, found: &str) -> bool {
    remembered.starts_with("id:") && found.starts_with("id:") && remembered != found
}

pub(super) fn partitions_changed(expected: u32, found: u32) -> Error {
    let detail = format!(
        "the ledger was opened with {expected} partitions, the log has {found}; a merchant's events would change partitions. \
         Copy the records into a topic of {expected} partitions, each merchant's in their order, and fold that into a new, empty data directory: \
         this one takes no other topic than its own"
    );
    Error::new(Code::PartitionsChanged, detail)
}

pub(super) fn recreated(remembered: &str, found: &str) -> Error {
    let detail = format!(
        "the log is another one of the same name: {remembered} was folded, {found} is there now. \
         Point the service at the log it has folded, or fold the new one into an empty data directory"
    );
    Error::new(Code::TopicRecreated, detail)
}

pub(super) fn truncated(cursor: i64, high: i64) -> Error {
    let detail = format!(
        "the next offset to read is {cursor}, but the log ends at {high}: it lost records that were folded. \
         Bring the log back, or restore a backup of this shard from before offset {high}"
    );
    Error::new(Code::LogTruncated, detail)
}

pub(super) fn expired(cursor: i64, low: i64) -> Error {
    let detail = format!(
        "the next offset to read is {cursor}, but the log begins at {low}: retention removed records that were never folded. \
         Restore a backup of this shard from offset {low} or later, or bring the records back; and raise the topic's retention"
    );
    Error::new(Code::LogExpired, detail)
}

/// With the same topic id the log lost its end and grew another; without an id it may as well be another topic.
fn replaced(offset: i64, identity: &str) -> Error {
    let (code, what) = if identity.starts_with("id:") {
        (Code::LogTruncated, "the log lost its end and grew another")
    } else {
        (Code::TopicRecreated, "the topic was made again")
    };
    let detail = format!(
        "offset {offset} no longer holds the record that was folded: {what}. \
         Bring the log back, or fold this one into an empty data directory"
    );
    Error::new(code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: Option<&[u8]>, value: &[u8]) -> Record {
        Record { offset: 7, key: key.map(<[u8]>::to_vec), value: value.to_vec() }
    }

    #[test]
    fn a_fingerprint_tells_key_from_value_and_none_from_empty() {
        let fingerprints = [
            Fingerprint::of(&record(None, b"ab")),
            Fingerprint::of(&record(Some(b""), b"ab")),
            Fingerprint::of(&record(Some(b"a"), b"b")),
            Fingerprint::of(&record(Some(b"ab"), b"")),
        ];
        for (place, one) in fingerprints.iter().enumerate() {
            for other in &fingerprints[place + 1..] {
                assert_ne!(one, other);
            }
        }
        assert_eq!(fingerprints[2], Fingerprint::of(&record(Some(b"a"), b"b")));
    }

    #[test]
    fn a_detail_leaves_the_partition_to_whoever_shows_it_beside() {
        let errors = [truncated(7, 5), expired(7, 9), replaced(7, "id:a"), replaced(7, "name:t")];
        for error in errors {
            assert!(error.detail.contains("offset") && !error.detail.contains("partition"), "{error}");
        }
    }

    #[test]
    fn only_two_ids_can_differ() {
        assert!(differ("id:a", "id:b"));
        assert!(!differ("id:a", "id:a"));
        assert!(!differ("id:a", "name:t"));
        assert!(!differ("name:s", "name:t"));
    }
}
