//! Who answers for each partition, as a node sees it: what it found when it looked last, and how long that holds. Rules over what nodes
//! said, which are given the moment: no clock and no machine.
//!
//! What is promised: an answer is fewer than `max_lag` records behind every holder that the asked node can hear, as that holder was about
//! [`super::SILENT_AFTER`] ago. Whoever does not know how far the others are, because it stood still, does not answer itself.

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

/// A node that has not looked for so long stood still, and does not know how far the others are meanwhile. What it heard before must not
/// be too old to count by then, or it would take itself for the only one: so it is well below [`super::SILENT_AFTER`].
pub const STOOD_STILL: Duration = Duration::from_secs(1);
/// So long after it stood still it listens before it answers itself.
pub const LISTENS_FOR: Duration = Duration::from_secs(1);

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
        Self { max_lag, at: now, listens_until: None, own, ahead: BTreeMap::new(), routes: Vec::new() }
    }

    /// Looks: at what this node has, and what the nodes say that answer now. For how long it stood still before, where it did.
    pub fn look(&mut self, now: Instant, own: Report, others: &[Report]) -> Option<Duration> {
        let stood_still = Some(now.saturating_duration_since(self.at)).filter(|time| *time > STOOD_STILL);
        if stood_still.is_some() {
            self.listens_until = Some(now + LISTENS_FOR);
        }
        (self.at, self.own) = (now, own);
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
            let furthest = others.iter().filter_map(|other| heard_of(other, held.partition)).map(|held| held.position).max().unwrap_or(-1);
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
        let route = usize::try_from(partition).ok().and_then(|place| self.routes.get(place).cloned()).unwrap_or_else(nobody);
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
            Some(Held { lag, .. }) => Err((BEHIND, format!("this node reads what was there: {lag} records are left"))),
            None => Err((NOT_HELD, "it does not lie on this node".to_owned())),
        }
    }

    fn stands_still(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) > STOOD_STILL
    }

    fn route_of(&self, now: Instant, partition: u32, others: &[Report], listens: bool) -> Route {
        // One that is not heard again yet may be far ahead of those that are.
        let hears_all = || self.own.knows.iter().all(|(name, _)| others.iter().any(|other| other.node == *name));
        if listens && !hears_all() {
            return Route::Nobody(BEHIND, stood_still());
        }
        let candidate = |report: &Report| {
            let held = heard_of(report, partition)?;
            let is_self = report.node == self.own.node;
            Some(Candidate {
                node: report.node.clone(),
                is_preferred: is_self && !self.trails(now, partition),
                position: held.position,
                lag: held.lag,
                settled: held.settled && !(is_self && listens),
                readable: report.protocol == PROTOCOL && report.layout == self.own.layout,
                halted: held.state == "halted",
                leaving: held.leaving,
            })
        };
        let candidates: Vec<Candidate> = others.iter().chain([&self.own]).filter_map(candidate).collect();
        match choose(&candidates, self.max_lag) {
            Chosen::Node(node) if node == self.own.node => Route::Here,
            Chosen::Node(node) => others.iter().find(|report| report.node == node).map_or_else(nobody, |report| Route::At(report.url.clone())),
            Chosen::Nobody => nobody(),
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
}

/// What a node says of a partition. One whose head is not another's may have folded another log, which says nothing of this one.
fn heard_of(report: &Report, partition: u32) -> Option<&Held> {
    report.held(partition).filter(|held| held.code.as_deref() != Some(HEAD_MISMATCH))
}

fn nobody() -> Route {
    Route::Nobody(NOT_HELD, "no node that answers has it now".to_owned())
}

fn stood_still() -> String {
    "this node stood still, and looks how far the others are".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(node: &str, position: i64) -> Report {
        let held = Held { state: "following".to_owned(), position, settled: true, ..Held::default() };
        Report { node: node.to_owned(), url: format!("http://{node}"), protocol: PROTOCOL, partitions: 1, holds: vec![held], ..Report::default() }
    }

    fn behind(route: &Route) -> bool {
        matches!(route, Route::Nobody(BEHIND, _))
    }

    #[test]
    fn a_node_that_stood_still_answers_once_it_has_listened() {
        let start = Instant::now();
        let (own, other) = (report("a", 10), report("b", 5000));
        let mut look = Look::new(start, own.clone(), 1000);
        assert!(matches!(look.route(start, 0), Route::Nobody(NOT_HELD, _)), "it has not looked");
        assert_eq!(look.look(start, own.clone(), &[]), None);
        assert_eq!(look.route(start, 0), Route::Here);
        assert_eq!(look.gives(start, 0), Ok(()));
        let later = start + STOOD_STILL + Duration::from_millis(1);
        assert!(behind(&look.route(later, 0)) && look.gives(later, 0).is_err(), "it has not looked since");
        assert!(look.look(later, own.clone(), &[]).is_some());
        assert!(behind(&look.route(later, 0)) && look.gives(later, 0).is_err(), "nobody is heard yet, and somebody may have it");
        look.look(later, own.clone(), std::slice::from_ref(&other));
        assert_eq!(look.route(later, 0), Route::At("http://b".to_owned()));
        let knows = Report { knows: vec![("b".to_owned(), String::new()), ("c".to_owned(), String::new())], ..own.clone() };
        look.look(later, knows, std::slice::from_ref(&other));
        assert!(behind(&look.route(later, 0)), "somebody else that it knows may be further");
        let until = later + LISTENS_FOR;
        look.look(until, own.clone(), &[other]);
        assert_eq!(look.route(until, 0), Route::At("http://b".to_owned()), "it is behind");
        assert!(behind(&look.route(until + STOOD_STILL + Duration::from_millis(1), 0)), "whom it heard before it stood still may be behind by now");
        look.look(until, own, &[]);
        assert_eq!((look.route(until, 0), look.gives(until, 0)), (Route::Here, Ok(())), "it is alone");
    }

    #[test]
    fn what_is_read_anew_is_given_to_nobody() {
        let start = Instant::now();
        let mut own = report("a", 10);
        own.holds[0].settled = false;
        let mut look = Look::new(start, own.clone(), 1000);
        look.look(start, own, &[]);
        let Route::Nobody(BEHIND, why) = look.route(start, 0) else { panic!("{:?}", look.route(start, 0)) };
        assert!(why.contains("still read") && !why.contains("0 records"), "{why}");
        assert_eq!(look.gives(start, 0).map_err(|(code, _)| code), Err(BEHIND));
        assert_eq!(look.gives(start, 1).map_err(|(code, _)| code), Err(NOT_HELD));
    }

    #[test]
    fn what_another_node_has_had_for_a_while_is_asked_of_it() {
        let (start, at) = (Instant::now(), |node: &str, position| report(node, position));
        let there = Route::At("http://b".to_owned());
        let mut look = Look::new(start, at("a", 10), 1000);
        let step = Duration::from_millis(200);
        // It follows, always a little behind what it hears.
        for turn in 0..50_u32 {
            let further = i64::from(turn);
            look.look(start + step * turn, at("a", 10 + further), &[at("b", 13 + further)]);
            assert_eq!(look.route(start + step * turn, 0), Route::Here, "{turn}");
        }
        // It stands still, near enough to the end to answer, and who demands more than it has waits in vain.
        let stands = start + step * 50;
        // When it last had what it had heard of: what it heard then it has not got to since.
        let trails_from = start + step * 48 + TRAILS_AFTER;
        for turn in 0..30_u32 {
            let now = stands + step * turn;
            look.look(now, at("a", 60), &[at("b", 70 + i64::from(turn))]);
            let expected = if now < trails_from { Route::Here } else { there.clone() };
            assert_eq!(look.route(now, 0), expected, "{turn}");
        }
        let now = stands + step * 30;
        look.look(now, at("a", 60), &[]);
        assert_eq!(look.route(now, 0), Route::Here, "nobody else is heard");
        look.look(now + step, at("a", 100), &[at("b", 100)]);
        assert_eq!(look.route(now + step, 0), Route::Here, "it has all of it");
    }

    #[test]
    fn one_whose_head_differs_says_nothing_of_the_log_and_one_of_another_version_says_how_far_it_is() {
        let start = Instant::now();
        let mut look = Look::new(start, report("a", 10), 1000);
        let mut other = report("b", 5000);
        other.layout = "another".to_owned();
        look.look(start, report("a", 10), std::slice::from_ref(&other));
        assert!(behind(&look.route(start, 0)));
        other.holds[0].code = Some(HEAD_MISMATCH.to_owned());
        look.look(start, report("a", 10), &[other]);
        assert_eq!(look.route(start, 0), Route::Here);
    }
}
