//! Who folds a partition besides its owner, and who answers for it: rules, without a clock and without a machine.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A node that has a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub node: String,
    /// Whether it comes before others that are as near: it is the one that asks, and does not trail.
    pub is_preferred: bool,
    /// Up to where its answers include every event.
    pub position: i64,
    /// Offsets between that and the end, as far as it knows.
    pub lag: u64,
    /// Whether it has had everything that was there when it began, and knows how far the others are.
    pub settled: bool,
    /// Whether the one that asks can read what it has: one of another version only tells how far it is.
    pub readable: bool,
    /// Whether it stands still.
    pub halted: bool,
    /// Why, as in `/readyz`.
    pub code: Option<String>,
    /// Whether it closes the partition soon.
    pub leaving: bool,
}

/// Who answers for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The node of this name.
    Node(String),
    /// Nobody has it.
    Nobody,
    /// Who has it is behind: by so much the nearest.
    Behind(u64),
    /// All that have it and can be read stand still, and none of them had got near the end: the furthest, and the code of why.
    Halted(String, String),
}

/// The nodes that fold each owned partition, too: so many others of each, the first by a hash of node and partition of those that
/// have no more than their even share of all copies, so that every node reckons the same without asking, none has much more than
/// another, and a node that comes or goes moves little.
pub fn standbys<'a>(owners: &BTreeMap<u32, &'a str>, nodes: impl IntoIterator<Item = &'a str>, standby: usize) -> BTreeMap<u32, Vec<&'a str>> {
    let mut copies: BTreeMap<&str, usize> = nodes.into_iter().chain(owners.values().copied()).map(|node| (node, 0)).collect();
    for owner in owners.values() {
        *copies.entry(owner).or_default() += 1;
    }
    let share = (owners.len() * (standby + 1)).div_ceil(copies.len().max(1));
    let mut found = BTreeMap::new();
    for (partition, owner) in owners {
        let mut chosen: Vec<&'a str> = Vec::new();
        for _ in 0..standby {
            let others = copies.iter().filter(|(node, _)| *node != owner && !chosen.contains(node));
            // Beyond its share only where no other is left, and then the one that has least.
            let first = others.min_by_key(|(node, copies)| (copies.saturating_sub(share - 1), Reverse(weight(*partition, node)), **node));
            let Some(node) = first.map(|(node, _)| *node) else { break };
            copies.entry(node).and_modify(|copies| *copies += 1);
            chosen.push(node);
        }
        found.insert(*partition, chosen);
    }
    found
}

fn weight(partition: u32, node: &str) -> u64 {
    let hash = blake3::hash(format!("{partition}/{node}").as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Who answers: of those that are near the end, the one that asks, else the furthest; one that follows before one that stands still,
/// and one that stays before one that closes it soon.
/// Near is who is below `max_lag` records behind the end, and behind the furthest of all, whether or not that one may answer: one that
/// hears nothing of Kafka does not know the end.
pub fn choose(candidates: &[Candidate], max_lag: u64) -> Chosen {
    let furthest = candidates.iter().map(|candidate| candidate.position).max().unwrap_or(-1);
    let behind = |candidate: &Candidate| {
        let behind_furthest = u64::try_from(furthest.saturating_sub(candidate.position)).unwrap_or(0);
        // Who stands still knows no end.
        if candidate.halted { behind_furthest } else { candidate.lag.max(behind_furthest) }
    };
    let readable = || candidates.iter().filter(|candidate| candidate.readable);
    let settled = || readable().filter(|candidate| candidate.settled);
    let near = settled().filter(|candidate| behind(candidate) < max_lag);
    if let Some(candidate) = near.max_by_key(|candidate| (!candidate.halted, !candidate.leaving, candidate.is_preferred, candidate.position)) {
        return Chosen::Node(candidate.node.clone());
    }
    // Who stands still does not get nearer: how far it is behind says nothing of when there is an answer.
    let goes_on = |candidate: &&Candidate| !candidate.halted;
    let nearest = settled().filter(goes_on).map(behind).min().or_else(|| readable().filter(goes_on).map(|candidate| candidate.lag).min());
    let furthest = readable().max_by_key(|candidate| (candidate.settled, candidate.position));
    match (nearest, furthest) {
        (Some(records), _) => Chosen::Behind(records),
        (None, Some(halted)) => Chosen::Halted(halted.node.clone(), halted.code.clone().unwrap_or_else(|| "halted".to_owned())),
        (None, None) => Chosen::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(node: &str, position: i64, lag: u64) -> Candidate {
        Candidate { node: node.to_owned(), is_preferred: node == "a", position, lag, settled: true, readable: true, halted: false, code: None, leaving: false }
    }

    #[test]
    fn every_node_reckons_the_same_standbys_and_none_has_more_than_its_share() {
        let all = ["a", "b", "c", "d"];
        // However the group shares them out, evenly or not.
        for turn in 0..200_u32 {
            let owners: BTreeMap<u32, &str> =
                (0..12).map(|partition| (partition, all[(blake3::hash(&(turn * 100 + partition).to_le_bytes()).as_bytes()[0] % 4) as usize])).collect();
            for standby in 0..4 {
                let found = standbys(&owners, all, standby);
                assert_eq!(found, standbys(&owners, all.into_iter().rev(), standby));
                let mut copies = BTreeMap::<&str, usize>::new();
                for (partition, owner) in &owners {
                    let two = &found[partition];
                    assert!(two.len() == standby && !two.contains(owner) && (1..two.len()).all(|at| !two[..at].contains(&two[at])), "{two:?}");
                    [*owner].iter().chain(two).for_each(|node| *copies.entry(node).or_default() += 1);
                }
                let owned = all.map(|node| owners.values().filter(|owner| **owner == node).count()).into_iter().max().expect("a node");
                let share = (12 * (standby + 1)).div_ceil(4);
                // A few more than the share only where what is left cannot go elsewhere.
                assert!(copies.values().all(|count| *count <= owned.max(share + 2)), "{turn} {standby}: {copies:?}");
            }
        }
        assert_eq!(standbys(&[(1, "a")].into(), ["a"], 1), [(1, vec![])].into());
    }

    #[test]
    fn a_node_that_goes_moves_little() {
        let all = ["a", "b", "c", "d"];
        let owners: BTreeMap<u32, &str> = (0..60).map(|partition| (partition, ["a", "b", "c"][partition as usize % 3])).collect();
        let (before, after) = (standbys(&owners, all, 1), standbys(&owners, ["a", "b", "c"], 1));
        let moved = owners.keys().filter(|partition| before[*partition] != after[*partition]).count();
        let gone = before.values().filter(|nodes| nodes.contains(&"d")).count();
        assert!(gone >= 20 && moved <= gone + 10, "{gone} had to move, {moved} moved");
    }

    #[test]
    fn the_one_that_asks_answers_where_it_is_near_the_end_and_else_the_furthest() {
        let chosen = |candidates: &[Candidate]| choose(candidates, 1000);
        let node = |name: &str| Chosen::Node(name.to_owned());
        assert_eq!(chosen(&[]), Chosen::Nobody);
        assert_eq!(chosen(&[candidate("a", 10, 0), candidate("b", 500, 0)]), node("a"));
        assert_eq!(chosen(&[candidate("a", 10, 0), candidate("b", 1010, 0)]), node("b"), "cut off, it does not know the end");
        assert_eq!(chosen(&[candidate("a", 10, 1000), candidate("b", 10, 999)]), node("b"));
        assert_eq!(chosen(&[candidate("a", 10, 3000), candidate("b", 20, 2000)]), Chosen::Behind(2000));
        assert_eq!(chosen(&[candidate("b", 10, 0), candidate("c", 12, 0)]), node("c"));
        let unsettled = Candidate { settled: false, ..candidate("a", 5000, 7) };
        assert_eq!(chosen(&[unsettled.clone(), candidate("b", 4500, 0)]), node("b"));
        assert_eq!(chosen(&[unsettled.clone(), candidate("b", 10, 0)]), Chosen::Behind(4990), "that one may not answer shows how far the log is, too");
        assert_eq!(chosen(&[unsettled]), Chosen::Behind(7));
        let foreign = Candidate { readable: false, ..candidate("b", 5000, 0) };
        assert_eq!(chosen(&[foreign.clone(), candidate("a", 4500, 0)]), node("a"));
        assert_eq!(chosen(&[foreign.clone(), candidate("a", 10, 0)]), Chosen::Behind(4990), "so does one of another version");
        assert_eq!(chosen(&[foreign]), Chosen::Nobody);
        let leaving = Candidate { leaving: true, ..candidate("a", 900, 0) };
        assert_eq!(chosen(&[leaving.clone(), candidate("b", 890, 0)]), node("b"), "it is closed soon");
        assert_eq!(chosen(&[leaving]), node("a"), "nobody else has it");
        let halted = Candidate { halted: true, ..candidate("a", 900, 5000) };
        assert_eq!(chosen(&[halted.clone(), candidate("b", 900, 0)]), node("b"));
        assert_eq!(chosen(&[halted]), node("a"), "Kafka is gone: what was committed is told");
    }

    #[test]
    fn who_is_halted_is_no_one_that_is_waited_for() {
        let chosen = |candidates: &[Candidate]| choose(candidates, 1000);
        let halted = |node: &str, position, code: &str| {
            let code = Some(code.to_owned());
            Candidate { halted: true, settled: false, code, ..candidate(node, position, 7) }
        };
        let told = |node: &str, code: &str| Chosen::Halted(node.to_owned(), code.to_owned());
        assert_eq!(chosen(&[halted("a", 148, "log_expired")]), told("a", "log_expired"), "it never gets to the end");
        assert_eq!(chosen(&[halted("a", 148, "log_expired"), halted("b", 150, "corrupt")]), told("b", "corrupt"), "the furthest says why");
        let reads = Candidate { settled: false, ..candidate("b", 20, 4000) };
        assert_eq!(chosen(&[halted("a", 148, "log_expired"), reads]), Chosen::Behind(4000), "this one gets there");
        assert_eq!(chosen(&[halted("a", 148, "log_expired"), candidate("b", 150, 0)]), Chosen::Node("b".to_owned()));
        // It had got to the end, and another one that cannot be read says that it is far away by now.
        let foreign = Candidate { readable: false, ..candidate("b", 5000, 0) };
        let stands = Candidate { settled: true, ..halted("a", 10, "kafka_unreachable") };
        assert_eq!(chosen(&[stands, foreign]), told("a", "kafka_unreachable"));
    }
}
