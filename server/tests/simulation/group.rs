//! Kafka's group of the nodes, as its classic protocol shares partitions out among static members: a member that is silent for a session
//! loses what it had, one that is back before gets it again, and what moves is given up before somebody else gets it.

use load_tests::lives::dice::Dice;
use std::collections::{BTreeMap, BTreeSet};

/// A session, in milliseconds.
const SESSION: u64 = 6000;
/// How long sharing out anew may take.
const REBALANCE_MAX: u64 = 3000;

#[derive(Default)]
pub struct Group {
    /// When each was heard last.
    members: BTreeMap<String, u64>,
    pub assigned: BTreeMap<u32, String>,
    /// What its owner is to give up, and to whom it goes then.
    moving: BTreeMap<u32, String>,
    rebalance_at: Option<u64>,
    pub partitions: u32,
}

impl Group {
    pub fn new(partitions: u32) -> Self {
        Self { partitions, ..Self::default() }
    }

    /// A member is there, and says what it owns; what it is to own.
    pub fn heartbeat(&mut self, now: u64, name: &str, owned: &BTreeSet<u32>, dice: &mut Dice) -> BTreeSet<u32> {
        if self.members.insert(name.to_owned(), now).is_none() {
            self.rebalance_at.get_or_insert(now + dice.below(REBALANCE_MAX));
        }
        let given_up = |partition: &u32| self.assigned.get(partition).is_some_and(|owner| owner == name) && !owned.contains(partition);
        let given_up: Vec<u32> = self.moving.keys().copied().filter(given_up).collect();
        for partition in given_up {
            self.assigned.extend(self.moving.remove(&partition).map(|to| (partition, to)));
        }
        let is_its = |(partition, owner): &(&u32, &String)| *owner == name && !self.moving.contains_key(partition);
        self.assigned.iter().filter(is_its).map(|(partition, _)| *partition).collect()
    }

    /// Lets those go that are silent, and shares out anew where that is due.
    pub fn turn(&mut self, now: u64, dice: &mut Dice) {
        let gone: Vec<String> = self.members.iter().filter(|(_, heard)| **heard + SESSION < now).map(|(name, _)| name.clone()).collect();
        for name in gone {
            self.members.remove(&name);
            self.assigned.retain(|_, owner| *owner != name);
            self.moving.retain(|partition, to| *to != name && self.assigned.contains_key(partition));
            self.rebalance_at.get_or_insert(now + dice.below(REBALANCE_MAX));
        }
        if self.rebalance_at.is_some_and(|at| at <= now) && !self.members.is_empty() {
            self.rebalance_at = None;
            self.share();
        }
    }

    /// Sticky: what has a member stays there, as far as all have about as many.
    fn share(&mut self) {
        let mut of: BTreeMap<String, Vec<u32>> = self.members.keys().map(|name| (name.clone(), Vec::new())).collect();
        let target = |group: &Self, partition| group.moving.get(&partition).or_else(|| group.assigned.get(&partition)).cloned();
        for partition in 0..self.partitions {
            let name = target(self, partition).unwrap_or_else(|| of.iter().min_by_key(|(_, has)| has.len()).map(|(name, _)| name.clone()).expect("a member"));
            self.assigned.entry(partition).or_insert_with(|| name.clone());
            of.entry(name).or_default().push(partition);
        }
        loop {
            let most = of.iter().max_by_key(|(_, has)| has.len()).map(|(name, _)| name.clone()).expect("a member");
            let least = of.iter().min_by_key(|(_, has)| has.len()).map(|(name, _)| name.clone()).expect("a member");
            if of[&most].len() <= of[&least].len() + 1 {
                return;
            }
            let partition = of.get_mut(&most).and_then(Vec::pop).expect("it has some");
            of.entry(least.clone()).or_default().push(partition);
            if self.assigned[&partition] == least {
                self.moving.remove(&partition);
            } else {
                self.moving.insert(partition, least);
            }
        }
    }

    /// Who is in it.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }
}
