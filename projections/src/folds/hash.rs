//! Hashes that lie in rows: the same on every machine and in every version, for ever. FNV-1a, which is a line of arithmetic.

/// Of 64 bits.
pub fn fnv_64(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Of 128 bits.
pub fn fnv_128(text: &str) -> u128 {
    text.bytes()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published values of FNV-1a: rows on disk have them.
    #[test]
    fn the_values_are_those_that_were_published() {
        assert_eq!((fnv_64(""), fnv_64("a"), fnv_64("foobar")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8));
        assert_eq!(fnv_128(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv_128("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(fnv_128("foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }
}
