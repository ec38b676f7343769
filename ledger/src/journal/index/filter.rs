//! A split block Bloom filter: eight bits of one block of 256 a key, so that asking costs one place of memory.
//!
//! With 16 bits a key about one in a thousand keys that are not there seems to be. What was put in is always found.

/// Words of a block.
const WORDS: usize = 8;
/// Bits of the filter a key.
const BITS_PER_KEY: u64 = 16;
/// Odd numbers that choose a bit of each word. For ever: filters lie on the disk.
const SALTS: [u32; WORDS] = [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];
/// Spreads a hash whose halves are not independent of other hashes'. For ever.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

type Block = [u32; WORDS];

/// Which keys are not there.
pub(super) struct Filter {
    blocks: Vec<Block>,
}

impl Filter {
    /// An empty one, for so many keys.
    pub fn for_keys(keys: u64) -> Self {
        let blocks = (keys * BITS_PER_KEY).div_ceil(256).max(1);
        Self { blocks: vec![[0; WORDS]; usize::try_from(blocks).unwrap_or(1)] }
    }

    /// Puts a key in.
    pub fn insert(&mut self, hash: u64) {
        let (place, bits) = self.place(hash);
        if let Some(block) = self.blocks.get_mut(place) {
            block.iter_mut().zip(bits).for_each(|(word, bit)| *word |= bit);
        }
    }

    /// Whether a key may be there.
    pub fn may_have(&self, hash: u64) -> bool {
        let (place, bits) = self.place(hash);
        self.blocks.get(place).is_none_or(|block| block.iter().zip(bits).all(|(word, bit)| word & bit != 0))
    }

    fn place(&self, hash: u64) -> (usize, Block) {
        let spread = (hash ^ (hash >> 32)).wrapping_mul(SPREAD);
        // The upper half, scaled to the number of blocks, is below it.
        let place = (((spread >> 32) * self.blocks.len() as u64) >> 32) as usize;
        let low = spread as u32;
        (place, SALTS.map(|salt| 1 << (low.wrapping_mul(salt) >> 27)))
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.blocks.len() * size_of::<Block>()
    }

    /// As on the disk.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.blocks.iter().flatten().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Reads what [`Filter::to_bytes`] wrote; `None` where the length is not that of whole blocks.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (blocks, rest) = bytes.as_chunks::<{ WORDS * 4 }>();
        if !rest.is_empty() || blocks.is_empty() {
            return None;
        }
        let word = |block: &[u8; WORDS * 4], at: usize| {
            let (words, _) = block.as_chunks::<4>();
            words.get(at).map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        Some(Self { blocks: blocks.iter().map(|block| std::array::from_fn(|at| word(block, at))).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn what_was_put_in_is_found_and_little_else() {
        let keys: Vec<u64> = (0..20_000u64).map(|key| xxh3_64(&key.to_le_bytes())).collect();
        let mut filter = Filter::for_keys(10_000);
        keys.iter().take(10_000).for_each(|key| filter.insert(*key));
        let again = Filter::from_bytes(&filter.to_bytes()).expect("whole blocks");
        assert!(keys.iter().take(10_000).all(|key| again.may_have(*key)));
        let wrong = keys.iter().skip(10_000).filter(|key| again.may_have(**key)).count();
        assert!(wrong < 60, "{wrong} of 10 000 seem to be there");
        assert!(Filter::from_bytes(&[0; 31]).is_none() && Filter::from_bytes(&[]).is_none());
    }
}
