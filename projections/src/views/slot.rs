//! A row in memory: its key, its value, and what it takes.

use ledger::footprint;
use serde::Serialize;

/// Bytes of a key that lie in the row itself; most keys have no more, and are compared without another look into memory.
const SHORT: usize = 46;

/// A key as on disk, with the prefix of its table.
pub(super) enum KeyBytes {
    Short(u8, [u8; SHORT]),
    Long(Box<[u8]>),
}

impl KeyBytes {
    pub fn of(key: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match short.get_mut(..key.len()) {
            Some(bytes) => {
                bytes.copy_from_slice(key);
                // At most `SHORT`.
                Self::Short(key.len() as u8, short)
            }
            None => Self::Long(key.into()),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

/// A row in memory.
pub(super) struct Slot<V> {
    pub key: KeyBytes,
    pub hash: u64,
    /// `None`: known not to be there.
    pub value: Option<V>,
    pub dirty: bool,
    /// How long the value was on disk when it was measured; 0 where it was not.
    pub encoded: u32,
    /// What it takes in memory, about.
    pub bytes: u32,
}

impl<V> Slot<V> {
    /// Whether it is the row of a key.
    pub fn is(&self, hash: u64, key: &[u8]) -> bool {
        self.hash == hash && self.key.bytes() == key
    }
}

impl<V: Serialize> Slot<V> {
    /// What a row takes without its value.
    pub fn empty(key: &[u8]) -> u32 {
        let beside = if key.len() > SHORT { key.len().next_multiple_of(16) } else { 0 };
        u32::try_from(size_of::<Self>() + beside).unwrap_or(u32::MAX)
    }

    /// Measures the value, which has so many bytes on disk; `inline` is what an empty one takes, which lies in the row itself. One that
    /// is about as long as when it was measured last has grown in memory no more than that.
    pub fn measure(&mut self, encoded: usize, inline: usize) {
        let encoded = u32::try_from(encoded).unwrap_or(u32::MAX);
        if encoded.abs_diff(self.encoded) > self.encoded / 8 {
            self.encoded = encoded;
            let beside = self.value.as_ref().map_or(0, footprint::of).saturating_sub(inline);
            self.bytes = Self::empty(self.key.bytes()).saturating_add(u32::try_from(beside).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_any_length_come_back() {
        let long: Vec<u8> = (0..100).collect();
        for len in [0, 1, SHORT - 1, SHORT, SHORT + 1, 100] {
            assert_eq!(KeyBytes::of(&long[..len]).bytes(), &long[..len]);
        }
        assert_eq!(size_of::<KeyBytes>(), 48);
    }
}
