//! The checker: what may never be, whatever happens, and what must be once nothing does.

use super::ask::{Question, Taken};
use super::node::Is;
use super::world::World;
use server::cluster::SILENT_AFTER;
use server::cluster::answering::Route;
use server::cluster::heads::difference;
use server::cluster::rank::standbys;
use std::collections::BTreeMap;

/// How long a node must have heard another one without a break before its answers are measured against that one.
const HEARD_FOR: u64 = 3500;

/// What happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub answers: u64,
    pub unavailable: u64,
    /// Answers that were measured against a holder elsewhere.
    pub measured: u64,
    /// Answers that another node's copy was read for.
    pub elsewhere: u64,
    pub faults: u64,
    pub fenced: u64,
    pub closes: u64,
    /// Milliseconds from the last record until all was as it should be.
    pub whole_after: u64,
}

impl Counts {
    /// Adds up what happened, and keeps the longest time.
    pub fn add(&mut self, other: &Self) {
        let Self { answers, unavailable, measured, elsewhere, faults, fenced, closes, whole_after } = other;
        for (sum, part) in [
            (&mut self.answers, answers),
            (&mut self.unavailable, unavailable),
            (&mut self.measured, measured),
            (&mut self.elsewhere, elsewhere),
            (&mut self.faults, faults),
            (&mut self.fenced, fenced),
            (&mut self.closes, closes),
        ] {
            *sum += part;
        }
        self.whole_after = self.whole_after.max(*whole_after);
    }
}

pub struct Checker {
    pub violation: Option<String>,
    /// The furthest that any client has seen.
    pub seen: BTreeMap<u32, i64>,
    /// When each node got how far on each partition; `None` since when it does not have it.
    history: Vec<Vec<Vec<(u64, Option<i64>)>>>,
}

impl Checker {
    pub fn new(nodes: usize, partitions: u32) -> Self {
        Self { violation: None, seen: BTreeMap::new(), history: vec![vec![Vec::new(); partitions as usize]; nodes] }
    }

    pub fn violated(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    /// A node is so far on a partition now.
    fn note(&mut self, now: u64, node: usize, partition: u32, position: Option<i64>) {
        let history = &mut self.history[node][partition as usize];
        if history.last().map(|(_, last)| *last) != Some(position) {
            history.push((now, position));
        }
    }

    fn was(&self, at: u64, node: usize, partition: u32) -> Option<i64> {
        let history = &self.history[node][partition as usize];
        history[..history.partition_point(|(since, _)| *since <= at)].last()?.1
    }
}

impl World {
    /// Notes how far a node is.
    pub fn note(&mut self, node: usize) {
        for partition in 0..self.group.partitions {
            let position = self.nodes[node].replicas.get(&partition).map(|replica| replica.viewed);
            self.checker.note(self.now, node, partition, position);
        }
    }

    /// An answer that a client got.
    pub fn check(&mut self, question: &Question) {
        self.counts.answers += 1;
        let told: Vec<u32> = question.taken.iter().map(|taken| taken.partition).collect();
        if told != question.asked.partitions {
            self.checker.violated(format!("asked about {:?}, node {} told of {told:?}", question.asked.partitions, self.nodes[question.node].name));
        }
        for taken in &question.taken {
            if let Some(violation) = self.wrong(question, taken) {
                self.checker.violated(violation);
            }
            let seen = self.checker.seen.entry(taken.partition).or_insert(-1);
            *seen = (*seen).max(taken.position);
            self.counts.elsewhere += u64::from(taken.by != question.node);
        }
    }

    fn wrong(&mut self, question: &Question, taken: &Taken) -> Option<String> {
        let Taken { partition, position, content, by } = *taken;
        let asked = &self.nodes[question.node].name;
        let told = format!("asked of node {asked} at {} ms, read by node {}: {partition}:{position}", question.begun, self.nodes[by].name);
        let expected = self.model[partition as usize].at(position);
        if content != expected {
            return Some(format!("{told} is {content:?}, the log makes it {expected:?}"));
        }
        if let Some(demanded) = question.asked.at_least.get(&partition).filter(|offset| position < **offset) {
            return Some(format!("{told}, where at least {demanded} was demanded"));
        }
        // A node that a question is handed on to may hear less, and may read it from a third one: each of the two is below the bound.
        let is_read_by_third = question.handed_to.as_ref().is_some_and(|url| *url != self.nodes[by].url);
        let promised = i64::try_from(self.max_lag).expect("small") * if is_read_by_third { 2 } else { 1 };
        let silent = u64::try_from(SILENT_AFTER.as_millis()).expect("small");
        for other in (0..self.nodes.len()).filter(|other| *other != question.node) {
            let Some(then) = question.begun.checked_sub(silent).filter(|_| self.hears(question.node, other, question.begun)) else { continue };
            let (Some(was), Some(_)) = (self.checker.was(then, other, partition), self.checker.was(question.begun, other, partition)) else { continue };
            self.counts.measured += 1;
            let (behind, name) = (was - position, &self.nodes[other].name);
            if behind >= promised {
                return Some(format!("{told}, {behind} records behind where node {name} was {silent} ms before, fewer than {promised} are promised"));
            }
        }
        None
    }

    /// Whether a node has heard another one for long enough, at a moment that was not long ago. One that stood still itself has no excuse,
    /// as long as its clock went on.
    fn hears(&self, node: usize, other: usize, at: u64) -> bool {
        let since = at.saturating_sub(HEARD_FOR);
        let (one, to) = (&self.nodes[node], &self.nodes[other]);
        let way = self.ways[&(node.min(other), node.max(other))];
        let is_there = to.is == Is::Up && to.steady_since <= since && way.is_good() && way.since <= since;
        let has_met = one.met.get(&to.name).is_some_and(|met| *met <= since);
        is_there && has_met && one.up_since <= since && one.clock_since <= since
    }

    /// Equal numbers of entries have equal heads, as each node compares them.
    pub fn compare_heads(&mut self, node: usize) {
        let of = &self.nodes[node];
        let others = of.peers.answering(of.local(self.now));
        let differs = |partition: &u32| {
            let journal = &of.replicas[partition].journal;
            others.iter().find_map(|other| difference(&of.name, *partition, |entries| journal.head_at(entries), other))
        };
        if let Some(found) = of.replicas.keys().find_map(differs) {
            let name = of.name.clone();
            self.checker.violated(format!("node {name} and another one have different heads: {found:?}"));
        }
    }

    /// What is not yet as it should be.
    pub fn not_whole(&self) -> Option<String> {
        let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        let owners: BTreeMap<u32, &str> = self.group.assigned.iter().map(|(partition, owner)| (*partition, owner.as_str())).collect();
        let standbys = standbys(&owners, names.iter().copied(), self.standby);
        for partition in 0..self.group.partitions {
            let Some(owner) = owners.get(&partition) else { return Some(format!("the group gave partition {partition} to nobody")) };
            let mut should: Vec<&str> = standbys[&partition].iter().copied().chain([*owner]).collect();
            should.sort_unstable();
            let model = &self.model[partition as usize];
            for node in &self.nodes {
                let name = node.name.as_str();
                if node.owned.contains(&partition) != (name == *owner) {
                    return Some(format!("node {name} owns {:?}, the owner of {partition} is {owner}", node.owned));
                }
                if node.replicas.contains_key(&partition) != should.contains(&name) {
                    return Some(format!("node {name} has {:?}, {partition} should be with {should:?}", node.has()));
                }
                let last = model.next() - 1;
                if let Some(replica) = node.replicas.get(&partition)
                    && (replica.viewed != last || replica.journal.at(last) != model.at(last))
                {
                    return Some(format!("node {name} has {partition} up to {}, it ends at {last}", replica.viewed));
                }
                if let Route::Nobody(code, detail) = node.look.route(node.local(self.now), partition) {
                    return Some(format!("node {name} has no answer of {partition}: {code}, {detail}"));
                }
            }
            if self.outputs[partition as usize].1 != model.chain() {
                return Some(format!("of {partition}, {} of {} entries were written", self.outputs[partition as usize].1.len(), model.chain().len()));
            }
        }
        None
    }
}
