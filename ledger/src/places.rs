//! Where a key stands in a list that grows: searched from its front while the list is short, by hash once it is long.
//!
//! An entry has a dozen lines, and a list of what they name is searched quickest from its front. A credit that feeds ten thousand
//! holds has as many lines: each of them searched from the front costs the square of that. A list keeps its own order; hashes are
//! searched and never walked through, so nobody sees theirs.

use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash};

/// A list of fewer values is searched from its front.
const SHORT: usize = 32;

/// Finds keys in one list that only grows, and has no key twice.
#[derive(Debug, Default)]
pub struct Places {
    /// The places of the list's first values, so many as there were when it was searched last; none while it is short.
    by_hash: HashTable<usize>,
}

impl Places {
    /// The place of a key in the list; `None` where it is not there.
    pub fn find<T, K: Hash + Eq>(&mut self, list: &[T], key: &K, key_of: impl Fn(&T) -> &K) -> Option<usize> {
        if list.len() < SHORT {
            return list.iter().position(|value| key_of(value) == key);
        }
        let hash_at = |at: &usize| list.get(*at).map_or(0, |value| hash(key_of(value)));
        for at in self.by_hash.len()..list.len() {
            self.by_hash.insert_unique(hash_at(&at), at, hash_at);
        }
        self.by_hash.find(hash(key), |at| list.get(*at).is_some_and(|value| key_of(value) == key)).copied()
    }
}

fn hash<K: Hash>(key: &K) -> u64 {
    foldhash::fast::FixedState::with_seed(0).hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::hash::Hasher;

    /// Counts how often it is compared.
    #[derive(Clone)]
    struct Counted<'a>(u64, &'a Cell<usize>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.set(self.1.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted<'_> {}

    impl Hash for Counted<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn a_key_has_the_place_where_it_came_first() {
        let (mut places, mut list) = (Places::default(), Vec::<u64>::new());
        // Each of 500 comes three times, in another order each time.
        for number in (0u64..500).chain((0..500).rev()).chain((0..500).map(|number| number * 7 % 500)) {
            let naive = list.iter().position(|known| *known == number);
            assert_eq!(places.find(&list, &number, |known| known), naive, "{number}");
            if naive.is_none() {
                list.push(number);
            }
        }
        assert_eq!(list.len(), 500);
    }

    #[test]
    fn a_long_list_is_not_searched_from_its_front() {
        let compared = Cell::new(0);
        let (mut places, mut list) = (Places::default(), Vec::<Counted<'_>>::new());
        for number in 0..5_000 {
            let key = Counted(number, &compared);
            assert_eq!(places.find(&list, &key, |known| known), None);
            list.push(key);
        }
        for number in 0..5_000 {
            assert_eq!(places.find(&list, &Counted(number, &compared), |known| known), usize::try_from(number).ok());
        }
        // From the front it would be 25 million.
        assert!(compared.get() < 20_000, "{} comparisons", compared.get());
    }
}
