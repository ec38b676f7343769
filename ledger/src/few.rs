//! Maps of large values that mostly have one: a merchant's money by currency, say.

use litemap::LiteMap;

/// The value of a key, a default one where there is none. A list that grows by itself has room for four at once; here the first
/// value of a map takes no more than its own, and of a hundred thousand merchants that is half of what they take.
pub fn entry<K: Ord, V: Default>(map: &mut LiteMap<K, V>, key: K) -> &mut V {
    if map.is_empty() {
        *map = LiteMap::with_capacity(1);
    }
    map.entry(key).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_takes_room_for_itself() {
        let mut map: LiteMap<u8, [u64; 20]> = LiteMap::new();
        entry(&mut map, 7)[0] = 1;
        entry(&mut map, 7)[0] += 1;
        entry(&mut map, 3)[0] = 5;
        let found: Vec<(u8, u64)> = map.iter().map(|(key, value)| (*key, value[0])).collect();
        assert_eq!(found, [(3, 5), (7, 2)]);
        let mut one: LiteMap<u8, [u64; 20]> = LiteMap::new();
        entry(&mut one, 7)[0] = 1;
        assert_eq!(one.into_tuple_vec().capacity(), 1);
    }
}
