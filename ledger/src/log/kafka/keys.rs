//! Whether whoever writes the topic shares keys out as the ledger does. Kafka's own clients do (murmur2); librdkafka and
//! what is built on it use CRC-32 unless they are told otherwise, sarama and kafka-go FNV-1a. A merchant's events then lie
//! in another partition than its ledger, and each is quarantined as `wrong_partition`: that is said once, with what to set. A record whose key
//! is not its merchant, on its merchant's partition all the same, is posted.
//!
//! Bound: the first [`KEYS_MAX`] keys that are read since the start are looked at.

use std::sync::{Mutex, PoisonError};

use schemas::partition::partition_of;

use super::super::{Record, WarningCode, Warnings};

/// Keys that are looked at.
const KEYS_MAX: u64 = 10_000;
/// So many elsewhere are no accident,
const ELSEWHERE_MIN: u64 = 3;
/// if they are one in so many.
const ELSEWHERE_ONE_IN: u64 = 4;

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Keys {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    keys: u64,
    elsewhere: u64,
    /// Of those elsewhere: how many lie where CRC-32 and where FNV-1a puts them.
    crc32: u64,
    fnv1a: u64,
    example: Option<(String, u32, u32)>,
}

impl Keys {
    /// Looks at the keys of records of one partition out of `partitions`.
    pub(super) fn look(&self, partition: u32, partitions: u32, records: &[Record], topic: &str, warnings: &Warnings) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.keys >= KEYS_MAX {
            return;
        }
        for key in records.iter().filter_map(|record| record.key.as_deref()) {
            seen.look(key, partition, partitions);
        }
        if seen.is_another_partitioner() {
            warnings.begin(WarningCode::OtherPartitioner, || seen.detail(topic));
        }
    }
}

impl Seen {
    fn look(&mut self, key: &[u8], partition: u32, partitions: u32) {
        self.keys += 1;
        let home = partition_of(key, partitions);
        if home == partition {
            return;
        }
        self.elsewhere += 1;
        self.crc32 += u64::from(crc32fast::hash(key) % partitions.max(1) == partition);
        self.fnv1a += u64::from(by_fnv1a(key, partitions) == partition);
        // A key is outside input: as much of it as an id may have, and nothing that looks like a card number.
        let shown = || schemas::decode::mask(&key[..key.len().min(32)]).text;
        self.example.get_or_insert_with(|| (shown(), partition, home));
    }

    const fn is_another_partitioner(&self) -> bool {
        self.elsewhere >= ELSEWHERE_MIN && self.elsewhere.saturating_mul(ELSEWHERE_ONE_IN) >= self.keys
    }

    fn detail(&self, topic: &str) -> String {
        let like = if self.crc32 == self.elsewhere {
            " They lie where CRC-32 puts them, the default of librdkafka (Python, Go, .NET, C): set partitioner=murmur2_random there."
        } else if self.fnv1a == self.elsewhere {
            " They lie where FNV-1a puts them, the default of sarama and kafka-go: choose their murmur2 partitioner."
        } else {
            " Set the producer's partitioner to murmur2, the default of Kafka's own clients."
        };
        let example = self.example.as_ref().map_or_else(String::new, |(key, found, home)| format!(", such as {key:?} in {found} that belongs in {home}"));
        format!(
            "{} of {} keys in topic {topic} lie in other partitions than Kafka's default (murmur2) puts them{example}: those on another \
             partition than their merchant's are quarantined, wrong_partition.{like}",
            self.elsewhere, self.keys
        )
    }
}

/// As sarama has it: the hash as a signed number, its remainder without the sign.
fn by_fnv1a(key: &[u8], partitions: u32) -> u32 {
    let hash = key.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let remainder = i64::from(hash.cast_signed()) % i64::from(partitions.max(1));
    u32::try_from(remainder.abs()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITIONS: u32 = 12;

    /// What is told of a hundred keys that are shared out so.
    fn told(place: impl Fn(&[u8]) -> u32) -> Option<String> {
        let (keys, warnings) = (Keys::default(), Warnings::default());
        for number in 0..100 {
            let key = format!("M{number:05}").into_bytes();
            let partition = place(&key);
            let record = Record { offset: number, key: Some(key), value: Vec::new() };
            keys.look(partition, PARTITIONS, &[record], "events", &warnings);
        }
        warnings.all().first().map(|warning| warning.detail.clone())
    }

    #[test]
    fn another_partitioner_is_named_with_what_to_set() {
        assert_eq!(told(|key| partition_of(key, PARTITIONS)), None);
        let crc32 = told(|key| crc32fast::hash(key) % PARTITIONS).expect("librdkafka's default");
        assert!(crc32.contains("murmur2_random") && crc32.contains("CRC-32") && crc32.contains("wrong_partition"), "{crc32}");
        // A key that is no merchant's says nothing of where the merchant's ledger lies.
        assert!(crc32.contains("those on another partition than their merchant's are quarantined"), "{crc32}");
        let fnv1a = told(|key| by_fnv1a(key, PARTITIONS)).expect("sarama's");
        assert!(fnv1a.contains("sarama"), "{fnv1a}");
        let odd = told(|key| u32::from(key[5]) % PARTITIONS).expect("something else");
        assert!(odd.contains("murmur2, the default of Kafka's own clients."), "{odd}");
    }

    #[test]
    fn a_stray_record_is_no_partitioner() {
        let (keys, warnings) = (Keys::default(), Warnings::default());
        let record = |key: Option<&[u8]>| Record { offset: 0, key: key.map(<[u8]>::to_vec), value: Vec::new() };
        let home = partition_of(b"M1", PARTITIONS);
        let stray = (home + 1) % PARTITIONS;
        keys.look(stray, PARTITIONS, &[record(Some(b"M1")), record(None), record(Some(b"M1"))], "events", &warnings);
        assert_eq!(warnings.all(), []);
        keys.look(home, PARTITIONS, &vec![record(Some(b"M1")); 20], "events", &warnings);
        keys.look(stray, PARTITIONS, &[record(Some(b"M1"))], "events", &warnings);
        assert_eq!(warnings.all(), [], "three of twenty-three");
    }
}
