//! A map of few keys: a sorted list. What a row keeps by date, by kind or by account is a handful, and a tree of a handful
//! takes pages of memory where a list takes a line of it. On disk it is what a `BTreeMap` is.

use serde::{Deserialize, Serialize};

/// The map. Looking up costs a search of the list, inserting moves what lies behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Few<K, V>(Vec<(K, V)>);

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K, V> Few<K, V> {
    /// Whether there is nothing.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values, in the order of the keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Keys, and values to be changed.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// Forgets what is not to be kept.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl<K: Ord, V> Few<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        // What is asked for is often the last: the latest date.
        match self.0.last().map(|(last, _)| key.cmp(last)) {
            None => Err(0),
            Some(std::cmp::Ordering::Equal) => Ok(self.0.len() - 1),
            Some(std::cmp::Ordering::Greater) => Err(self.0.len()),
            Some(std::cmp::Ordering::Less) => self.0.binary_search_by(|(there, _)| there.cmp(key)),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().and_then(|place| self.0.get(place)).map(|(_, value)| value)
    }

    /// Sets the value of a key; answers what it was.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => self.0.get_mut(place).map(|(_, there)| std::mem::replace(there, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).ok().map(|place| self.0.remove(place).1)
    }

    /// The value of a key; where there is none, `make` says which there shall be.
    pub fn at_or(&mut self, key: &K, make: impl FnOnce() -> V) -> &mut V
    where
        K: Clone,
    {
        let place = match self.place(key) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (key.clone(), make()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// The value of a key; a default one is made where there is none.
    pub fn at(&mut self, key: &K) -> &mut V
    where
        K: Clone,
        V: Default,
    {
        self.at_or(key, V::default)
    }
}

impl<K, V> IntoIterator for Few<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a Few<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use std::collections::BTreeMap;

    #[test]
    fn it_does_what_a_tree_does_and_lies_on_disk_alike() {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let (mut few, mut tree) = (Few::default(), BTreeMap::new());
        for round in 0..2_000u32 {
            let (key, value) = (random.random_range(0..40u8), round);
            match random.random_range(0..4u8) {
                0 => assert_eq!(few.insert(key, value), tree.insert(key, value), "round {round} of seed 3"),
                1 => assert_eq!(few.remove(&key), tree.remove(&key), "round {round} of seed 3"),
                2 => *few.at(&key) += *tree.entry(key).and_modify(|there| *there += value).or_insert(value) - few.get(&key).copied().unwrap_or(0),
                _ => assert_eq!(few.get(&key), tree.get(&key), "round {round} of seed 3"),
            }
            assert!(few.iter().eq(tree.iter()), "round {round} of seed 3");
        }
        assert_eq!(postcard::to_stdvec(&few).expect("writable"), postcard::to_stdvec(&tree).expect("writable"));
    }
}
