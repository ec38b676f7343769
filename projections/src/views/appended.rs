//! Rows of a table that are written and not looked for again: encoded at once, one after the other.

use super::Error;
use super::table::PREFIX_BYTES;
use serde::Serialize;

/// Encoded rows.
#[derive(Default)]
pub(super) struct Appended {
    bytes: Vec<u8>,
    /// Where each begins, where its key ends, and where it ends; one that was given up has no key.
    places: Vec<(u32, u32, u32)>,
    /// The order of their keys, see [`rank`].
    order: Vec<(u128, u32)>,
}

impl Appended {
    /// Answers its place.
    pub fn push(&mut self, key: &[u8], value: &impl Serialize) -> Result<u32, Error> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let end_of_key = self.bytes.len();
        self.bytes = postcard::to_extend(value, std::mem::take(&mut self.bytes))?;
        let place = |at: usize| u32::try_from(at).map_err(|_| Error::Corrupt("more than 4 GiB are to be written at once".into()));
        let at = place(self.places.len())?;
        self.places.push((place(start)?, place(end_of_key)?, place(self.bytes.len())?));
        Ok(at)
    }

    /// The key of the row at a place; none of one that was given up.
    pub fn key(&self, place: u32) -> &[u8] {
        self.places.get(place as usize).map_or(&[], |(start, end_of_key, _)| self.part(*start, *end_of_key))
    }

    /// Its value.
    pub fn value(&self, place: u32) -> &[u8] {
        self.places.get(place as usize).map_or(&[], |(_, end_of_key, end)| self.part(*end_of_key, *end))
    }

    /// A row is not written.
    pub fn give_up(&mut self, place: u32) {
        if let Some((start, end_of_key, _)) = self.places.get_mut(place as usize) {
            *start = *end_of_key;
        }
    }

    fn part(&self, from: u32, to: u32) -> &[u8] {
        self.bytes.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Sorts the rows; of those with one key the last one is left.
    pub fn sort(&mut self) {
        let Self { bytes, places, order } = self;
        let key_at = |place: u32| places.get(place as usize).and_then(|(start, end, _)| bytes.get(*start as usize..*end as usize)).unwrap_or_default();
        order.clear();
        // A key has its prefix at least.
        let kept = (0..places.len() as u32).filter(|place| !key_at(*place).is_empty());
        order.extend(kept.map(|place| (rank(key_at(place)), place)));
        order.sort_unstable_by(|(a, a_place), (b, b_place)| a.cmp(b).then_with(|| key_at(*a_place).cmp(key_at(*b_place))).then(b_place.cmp(a_place)));
        order.dedup_by(|(b, b_place), (a, a_place)| a == b && key_at(*a_place) == key_at(*b_place));
    }

    /// Keys and values, in the order that they were sorted in.
    pub fn rows(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.order.iter().map(|(_, place)| (self.key(*place), self.value(*place)))
    }

    pub const fn len(&self) -> usize {
        self.places.len()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.order.clear();
    }

    /// Bytes of the rows.
    pub const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// What it takes in memory.
    pub fn taken(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<(u32, u32, u32)>() + self.order.capacity() * size_of::<(u128, u32)>()
    }
}

/// The first bytes of a key, which sort as keys do and mostly tell two apart, so that sorting looks at few keys themselves.
pub(super) fn rank(key: &[u8]) -> u128 {
    let mut first = [0; 16];
    first.iter_mut().zip(key.iter().skip(PREFIX_BYTES)).for_each(|(to, from)| *to = *from);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_of_their_keys_and_the_last_of_each_key() {
        let mut appended = Appended::default();
        for (key, value) in [("\0\0\0\0\0b", 1u8), ("\0\0\0\0\0a", 2), ("\0\0\0\0\0b", 3), ("\0\0\0\0\0", 4)] {
            appended.push(key.as_bytes(), &value).expect("pushed");
        }
        appended.sort();
        let values: Vec<u8> = appended.rows().map(|(_, value)| value[0]).collect();
        assert_eq!(values, [4, 2, 3]);
        appended.clear();
        appended.sort();
        assert_eq!(appended.rows().count(), 0);
    }
}
