//! Who answers for each partition, as a node sees it: what it found when it looked last, and how long that holds. Rules over what nodes
//! said, which are given the moment: no clock and no machine.
//!
//! What is promised: an answer is fewer than `max_lag` records behind every holder that the asked node can hear, as that holder was about
//! [`super::SILENT_AFTER`] ago. Whoever does not know how far the others are, because it stood still, does not answer itself.

use super::halts::reason;
use super::rank::{Candidate, Chosen, choose};
use super::wire::{Held, PROTOCOL, Report};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The code of a partition that nobody who is asked has.
pub const NOT_HELD: &str = "not_held";
/// The code of a partition whose holders are all too far behind.
pub const BEHIND: &str = "behind";
/// The code of a partition on which two nodes have different heads.
pub const HEAD_MISMATCH: &str = "head_mismatch";

/// What a shard that stands still says that it does.
const HALTED: &str = "halted";

/// A node that has not looked for so long stood still, and does not know how far the others are meanwhile. What it heard before must not
/// be too old to count by then, or it would take itself for the only one: so it is well below [`super::SILENT_AFTER`].
pub const STOOD_STILL: Duration = Duration::from_secs(1);
/// So long after it stood still it listens before it answers itself.
pub const LISTENS_FOR: Duration = Duration::from_secs(1);

/// So long after its start a node listens to the others before what they do not say is told of them; less where all that it knows are heard.
pub const LISTENS_FIRST: Duration = Duration::from_secs(3);

/// A node that has not got to in so long what another one had, asks that one: cut off from Kafka alone it does not get further by itself,
/// and whoever demands what an answer of another node had would wait in vain.
pub const TRAILS_AFTER: Duration = Duration::from_secs(2);

/// Who answers for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// This node.
    Here,
    /// Another one, at this address.
    At(String),
    /// Nobody now: the code of why, and the same for people.
    Nobody(&'static str, String),
}

/// What was found at the last look.
#[derive(Debug)]
pub struct Look {
    max_lag: u64,
    at: Instant,
    /// When it looked first.
    first: Option<Instant>,
    /// Whether the others have had the time to say what they have since then.
    has_listened: bool,
    /// Since when this node knows again what the others say; before, it answers for nothing.
    listens_until: Option<Instant>,
    own: Report,
    /// Of each partition that this node has: how far another one was, and since when that is known, as long as this node is not as far.
    ahead: BTreeMap<u32, (Instant, i64)>,
    routes: Vec<Route>,
}

impl Look {
    /// Of a node that has not looked yet: it answers for nothing.
    pub const fn new(now: Instant, own: Report, max_lag: u64) -> Self {
        Self { max_lag, at: now, first: None, has_listened: false, listens_until: None, own, ahead: BTreeMap::new(), routes: Vec::new() }
    }

    /// Looks: at what this node has, and what the nodes say that answer now. For how long it stood still before, where it did.
    pub fn look(&mut self, now: Instant, own: Report, others: &[Report]) -> Option<Duration> {
        let stood_still = Some(now.saturating_duration_since(self.at)).filter(|time| *time > STOOD_STILL);
        if stood_still.is_some() {
            self.listens_until = Some(now + LISTENS_FOR);
        }
        (self.at, self.own) = (now, own);
        let listened_for = now.saturating_duration_since(*self.first.get_or_insert(now));
        self.has_listened |= listened_for >= LISTENS_FIRST || (!self.own.knows.is_empty() && self.hears_all(others));
        self.note_ahead(now, others);
        self.again(now, others);
        stood_still
    }

    /// Says anew who answers, because fewer nodes do; this node is as it was.
    pub fn again(&mut self, now: Instant, others: &[Report]) {
        let listens = self.listens_until.is_some_and(|until| now < until);
        // A report of a node that knows no partition yet says nothing of how many there are.
        self.routes = (0..self.own.partitions).map(|partition| self.route_of(now, partition, others, listens)).collect();
    }

    fn note_ahead(&mut self, now: Instant, others: &[Report]) {
        self.ahead.retain(|partition, _| self.own.held(*partition).is_some());
        for held in &self.own.holds {
            let furthest = others.iter().filter_map(|other| self.heard_of(other, held.partition)).map(|held| held.position).max().unwrap_or(-1);
            let (since, ahead) = self.ahead.entry(held.partition).or_insert((now, furthest));
            if held.position >= *ahead {
                (*since, *ahead) = (now, furthest);
            }
        }
    }

    /// Whether it has not got to what another one had some time ago.
    fn trails(&self, now: Instant, partition: u32) -> bool {
        let is_behind = |ahead: i64| self.own.held(partition).is_some_and(|held| held.position < ahead);
        self.ahead.get(&partition).is_some_and(|(since, ahead)| is_behind(*ahead) && now.saturating_duration_since(*since) >= TRAILS_AFTER)
    }

    /// What this node said of itself then.
    pub const fn own(&self) -> &Report {
        &self.own
    }

    /// Who answers for a partition.
    pub fn route(&self, now: Instant, partition: u32) -> Route {
        let unknown = || if self.first.is_none() { Route::Nobody(NOT_HELD, just_started()) } else { nobody() };
        let route = usize::try_from(partition).ok().and_then(|place| self.routes.get(place).cloned()).unwrap_or_else(unknown);
        match route {
            Route::Here | Route::At(_) if self.stands_still(now) => Route::Nobody(BEHIND, stood_still()),
            route => route,
        }
    }

    /// Whether other nodes may read what this one has of a partition; the code of why not, and the same for people. Who asks was told of
    /// it a moment ago: meanwhile it may have begun anew, or stood still.
    ///
    /// # Errors
    /// It may not be read.
    pub fn gives(&self, now: Instant, partition: u32) -> Result<(), (&'static str, String)> {
        match self.own.held(partition) {
            _ if self.stands_still(now) || self.listens_until.is_some_and(|until| now < until) => Err((BEHIND, stood_still())),
            Some(held) if held.settled => Ok(()),
            Some(Held { state, code: Some(code), .. }) if state == HALTED => Err((reason(code), format!("this node has halted it: {code}"))),
            Some(Held { lag, .. }) => Err((BEHIND, format!("this node reads what was there: {lag} records are left"))),
            None => Err((NOT_HELD, "it does not lie on this node".to_owned())),
        }
    }

    fn stands_still(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) > STOOD_STILL
    }

    fn route_of(&self, now: Instant, partition: u32, others: &[Report], listens: bool) -> Route {
        // One that is not heard again yet may be far ahead of those that are.
        if listens && !self.hears_all(others) {
            return Route::Nobody(BEHIND, stood_still());
        }
        let candidate = |report: &Report| {
            let held = self.heard_of(report, partition)?;
            let is_self = report.node == self.own.node;
            Some(Candidate {
                node: report.node.clone(),
                is_preferred: is_self && !self.trails(now, partition),
                position: held.position,
                lag: held.lag,
                settled: held.settled && !(is_self && listens),
                readable: report.protocol == PROTOCOL && report.layout == self.own.layout,
                halted: held.state == HALTED,
                code: held.code.clone(),
                leaving: held.leaving,
            })
        };
        let candidates: Vec<Candidate> = others.iter().chain([&self.own]).filter_map(candidate).collect();
        match choose(&candidates, self.max_lag) {
            Chosen::Node(node) if node == self.own.node => Route::Here,
            Chosen::Node(node) => others.iter().find(|report| report.node == node).map_or_else(nobody, |report| Route::At(report.url.clone())),
            // Who answers says so at once; who does not may not have been heard yet.
            Chosen::Nobody if !self.has_listened => Route::Nobody(NOT_HELD, just_started()),
            Chosen::Behind(_) | Chosen::Halted(..) if !self.has_listened => Route::Nobody(BEHIND, just_started()),
            Chosen::Nobody => nobody(),
            Chosen::Halted(node, code) => {
                let why = format!("the nodes that have it have halted it: {code} on node {node}; its /readyz says the way out");
                Route::Nobody(reason(&code), why)
            }
            Chosen::Behind(records) => {
                let most = self.max_lag;
                let why = if records < most {
                    "the nodes that have it still read what was there when they started".to_owned()
                } else {
                    format!("the nodes that have it are {records} records behind or more; fewer than {most} are needed")
                };
                Route::Nobody(BEHIND, why)
            }
        }
    }

    /// Whether every node that this one knows of is heard.
    fn hears_all(&self, others: &[Report]) -> bool {
        self.own.knows.iter().all(|(name, _)| others.iter().any(|other| other.node == *name))
    }

    /// What a node says of a partition. One that folds another log says nothing of this one, nor does one whose head is not another's.
    fn heard_of<'a>(&self, report: &'a Report, partition: u32) -> Option<&'a Held> {
        let is_alike = !self.own.is_of_another_log(report);
        report.held(partition).filter(|held| is_alike && held.code.as_deref() != Some(HEAD_MISMATCH))
    }
}

fn nobody() -> Route {
    Route::Nobody(NOT_HELD, "no node that answers has it now".to_owned())
}

fn stood_still() -> String {
    "this node stood still, and looks how far the others are".to_owned()
}

fn just_started() -> String {
    "this node has just started and listens to the others".to_owned()
}
