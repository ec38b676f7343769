//! Which rows of a table were forgotten since a date began.
//!
//! A fold that makes a row of a date, the first of the date with such a key, would look for it on disk in vain: nearly every look-up is one
//! of these. Of a date that began under the eyes of the cache, rows are in memory, or were forgotten since; so only those are looked for.
//! Bounded: of very many, it is not known any more which, until the next date.

use hashbrown::HashTable;

/// Hashes that are kept, at most: some megabytes.
const HASHES_MAX: usize = 1 << 18;

/// The hashes of what was forgotten.
pub(super) struct Forgotten {
    hashes: HashTable<u64>,
    /// Whether they are all.
    is_whole: bool,
}

impl Forgotten {
    /// Of a table that was looked at too late; or from the beginning of its date on.
    pub const fn new(is_whole: bool) -> Self {
        Self { hashes: HashTable::new(), is_whole }
    }

    /// A date begins: of its rows, none was forgotten.
    pub fn begin(&mut self) {
        // It may have become large.
        *self = Self::new(true);
    }

    /// Rows are forgotten.
    pub fn add(&mut self, hashes: impl Iterator<Item = u64>) {
        if !self.is_whole {
            return;
        }
        for hash in hashes {
            self.hashes.entry(hash, |known| *known == hash, |known| *known).or_insert(hash);
            if self.hashes.len() > HASHES_MAX {
                self.hashes = HashTable::new();
                self.is_whole = false;
                return;
            }
        }
    }

    /// Whether a row may have been forgotten.
    pub fn may_have(&self, hash: u64) -> bool {
        !self.is_whole || self.hashes.find(hash, |known| *known == hash).is_some()
    }

    /// What it takes in memory.
    pub fn taken(&self) -> usize {
        self.hashes.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_forgotten_is_known_until_it_is_too_much() {
        let mut late = Forgotten::new(false);
        late.add([1].into_iter());
        assert!(late.may_have(1) && late.may_have(2), "what was before is not known");
        late.begin();
        assert!(!late.may_have(1));
        late.add([1, 3, 1].into_iter());
        assert!(late.may_have(1) && !late.may_have(2) && late.may_have(3));
        late.add(0..=HASHES_MAX as u64);
        assert!(late.may_have(u64::MAX), "they are too many");
        late.begin();
        assert!(!late.may_have(3) && !late.may_have(u64::MAX));
    }
}
