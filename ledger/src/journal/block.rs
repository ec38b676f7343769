//! A block: the packed rows of 64 sequence numbers, chained to the block before it.
//!
//! `hash(n) = BLAKE3(hash(n − 1) ‖ packed bytes of n)`, and the block before the first has 32 zero bytes. The value on
//! disk is `hash(n − 1) ‖ packed bytes ‖ the first 8 bytes of hash(n)`, so a reader can check any block by itself, and
//! a walk from the first block checks every link.

use super::{Error, Hash};

/// What the first block is chained to.
pub(super) const GENESIS: Hash = Hash::from_bytes([0; 32]);

const LINK: usize = 32;
const CHECK: usize = 8;

/// The hash of a block, full or not, after the one before it.
pub(super) fn link(previous: &Hash, packed: &[u8]) -> Hash {
    blake3::Hasher::new().update(previous.as_bytes()).update(packed).finalize()
}

/// The value of a full block.
pub(super) fn seal(previous: &Hash, packed: &[u8], own: &Hash) -> Vec<u8> {
    let (check, _) = own.as_bytes().split_at(CHECK);
    [previous.as_bytes(), packed, check].concat()
}

/// A full block whose bytes are what was written.
pub(super) struct Sealed<'a> {
    /// The hash of the block before it.
    pub previous: Hash,
    /// Its rows.
    pub packed: &'a [u8],
    /// Its own hash.
    pub own: Hash,
}

/// Takes a value apart, and checks it.
pub(super) fn open(number: u64, value: &[u8]) -> Result<Sealed<'_>, Error> {
    let damaged = || Error::Corrupt(format!("block {number} is not what was written"));
    let (previous, rest) = value.split_first_chunk::<LINK>().ok_or_else(damaged)?;
    let (packed, check) = rest.split_last_chunk::<CHECK>().ok_or_else(damaged)?;
    let previous = Hash::from_bytes(*previous);
    let own = link(&previous, packed);
    if !own.as_bytes().starts_with(check) {
        return Err(damaged());
    }
    Ok(Sealed { previous, packed, own })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_noticed() {
        let packed = b"some rows";
        let own = link(&GENESIS, packed);
        let value = seal(&GENESIS, packed, &own);
        let sealed = open(0, &value).expect("what was written");
        assert_eq!((sealed.previous, sealed.packed, sealed.own), (GENESIS, &packed[..], own));
        for bit in 0..value.len() * 8 {
            let mut damaged = value.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(open(0, &damaged), Err(Error::Corrupt(_))), "bit {bit}");
        }
        assert!(matches!(open(0, &value[..39]), Err(Error::Corrupt(_))));
    }
}
