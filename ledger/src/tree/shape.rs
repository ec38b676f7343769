//! The tree of RFC 6962, section 2.1, over any number of leaves: of which whole ranges its root and the path of a leaf are made.

use crate::format::node_hash;
use blake3::Hash;

/// Where the hashes of whole ranges are from.
pub trait Nodes {
    /// What goes wrong when one is asked for.
    type Error;
    /// The node over the `1 << level` leaves from `number << level` on.
    ///
    /// # Errors
    /// It cannot be read.
    fn node(&mut self, level: u32, number: u64) -> Result<Hash, Self::Error>;
}

/// Where a step's hash stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// To the left of what was reckoned so far.
    Left,
    /// To its right.
    Right,
}

/// One step from a leaf to the root: the hash that what was reckoned so far is joined with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it stands.
    pub side: Side,
    /// It.
    pub hash: Hash,
}

/// How many of some leaves, two at least, stand to the left: the largest power of two that is less than all.
const fn left_of(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root over leaves from one number to below another. Over none it is the hash of nothing.
///
/// # Errors
/// A node cannot be read.
pub fn root<N: Nodes>(nodes: &mut N, mut from: u64, to: u64) -> Result<Hash, N::Error> {
    let mut parts = Vec::new();
    while from < to {
        // The largest whole range first: a power of two, which begins where such a range may.
        let count = to - from;
        let part = if count.is_power_of_two() { count } else { left_of(count) };
        parts.push(nodes.node(part.ilog2(), from / part)?);
        from += part;
    }
    let joined = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(joined.unwrap_or_else(|| blake3::hash(&[])))
}

/// The steps from a leaf to the root over the first `count` leaves, of which it is one.
///
/// # Errors
/// A node cannot be read.
pub fn path<N: Nodes>(nodes: &mut N, leaf: u64, count: u64) -> Result<Vec<Step>, N::Error> {
    let (mut from, mut to) = (0, count);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + left_of(to - from);
        if leaf < middle {
            path.push(Step { side: Side::Right, hash: root(nodes, middle, to)? });
            to = middle;
        } else {
            path.push(Step { side: Side::Left, hash: root(nodes, from, middle)? });
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The root that a leaf and its steps lead to.
pub fn follow(leaf: Hash, path: &[Step]) -> Hash {
    path.iter().fold(leaf, |below, step| match step.side {
        Side::Left => node_hash(&step.hash, &below),
        Side::Right => node_hash(&below, &step.hash),
    })
}

/// The node over whole ranges of equal size that lie side by side, a power of two of them.
pub fn joined(nodes: &[Hash]) -> Option<Hash> {
    match nodes {
        [] => None,
        [one] => Some(*one),
        _ if !nodes.len().is_power_of_two() => None,
        _ => {
            let (left, right) = nodes.split_at(nodes.len() / 2);
            Some(node_hash(&joined(left)?, &joined(right)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// The definition, word by word.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => blake3::hash(&[]),
            [one] => *one,
            _ => {
                let mut left = 1;
                while left * 2 < leaves.len() {
                    left *= 2;
                }
                node_hash(&defined(&leaves[..left]), &defined(&leaves[left..]))
            }
        }
    }

    struct Leaves(Vec<Hash>);

    impl Nodes for Leaves {
        type Error = Infallible;
        fn node(&mut self, level: u32, number: u64) -> Result<Hash, Infallible> {
            let from = usize::try_from(number << level).expect("few");
            Ok(joined(&self.0[from..from + (1 << level)]).expect("a power of two"))
        }
    }

    #[test]
    fn roots_and_paths_are_those_of_the_definition() {
        let all: Vec<Hash> = (0..300u32).map(|number| blake3::hash(&number.to_le_bytes())).collect();
        let mut nodes = Leaves(all.clone());
        for count in 0..=all.len() {
            let root = root(&mut nodes, 0, count as u64).expect("a root");
            assert_eq!(root, defined(&all[..count]), "{count} leaves");
            for leaf in (0..count).filter(|leaf| count < 70 || leaf % 17 == 0 || leaf + 2 > count) {
                let path = path(&mut nodes, leaf as u64, count as u64).expect("a path");
                assert_eq!(follow(all[leaf], &path), root, "leaf {leaf} of {count}");
            }
        }
    }
}
