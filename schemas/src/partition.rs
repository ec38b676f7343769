//! Which partition a key belongs to: Kafka's own default, murmur2.

const SEED: u32 = 0x9747_b28c;
const MIX: u32 = 0x5bd1_e995;
const SHIFT: u32 = 24;

/// The partition of a key among `count`; 0 where `count` is 0. The same as Kafka's default partitioner and as
/// librdkafka's `murmur2_random` answer.
pub fn partition_of(key: &[u8], count: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff).checked_rem(count).unwrap_or(0)
}

/// Kafka's variant of murmur2 (`org.apache.kafka.common.utils.Utils.murmur2`). Its arithmetic is modulo 2^32.
pub fn murmur2(bytes: &[u8]) -> u32 {
    // Kafka's lengths are 32 bits; a longer key cannot be sent.
    let mut hash = SEED ^ bytes.len() as u32;
    let (words, tail) = bytes.as_chunks::<4>();
    for word in words {
        let mut mixed = u32::from_le_bytes(*word).wrapping_mul(MIX);
        mixed = (mixed ^ (mixed >> SHIFT)).wrapping_mul(MIX);
        hash = hash.wrapping_mul(MIX) ^ mixed;
    }
    if !tail.is_empty() {
        for (place, &byte) in tail.iter().enumerate() {
            hash ^= u32::from(byte) << (8 * place);
        }
        hash = hash.wrapping_mul(MIX);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn hashes_are_those_that_kafka_publishes() {
        for (key, expected) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()) as i32, expected, "{key}");
        }
    }

    #[test]
    fn partitions_take_the_hash_without_its_sign() {
        // -973932308 without its sign bit is 1173551340.
        assert_eq!(partition_of(b"21", 1000), 340);
        assert_eq!(partition_of(b"M100001", 1), 0);
        assert_eq!(partition_of(b"M100001", 0), 0);
        assert!((0..1000).all(|n: u32| partition_of(format!("M{n}").as_bytes(), 12) < 12));
    }
}
