//! A customer as the journal knows it: a number, and never the token that came.

use serde::{Deserialize, Serialize};

/// A customer's key: 64 bits that the fold makes of a token (see `rules::customers`). Equal keys are one customer; after
/// an erasure the token leads to another key, and nothing that is kept leads from it to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CustomerKey(#[serde(with = "postcard::fixint::be")] u64);

impl CustomerKey {
    /// The key of these bits.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_eight_bytes_wide() {
        for bits in [0, 1, u64::MAX] {
            let bytes = postcard::to_stdvec(&CustomerKey::new(bits)).expect("written");
            assert_eq!(bytes, bits.to_be_bytes());
            assert_eq!(postcard::from_bytes(&bytes), Ok(CustomerKey::new(bits)));
        }
    }
}
