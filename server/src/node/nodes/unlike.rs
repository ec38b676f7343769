//! What is told of nodes that do not go with this one: one that folds another log, one whose address is another's, one that is configured
//! in another way. Each is logged when it begins, and a warning in `/readyz` until it was not seen for [`HELD_FOR`].

use super::Nodes;
use crate::cluster::wire::Report;
use jiff::Timestamp;
use ledger::log::{Warning, WarningCode};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What was not seen for so long has passed: longer than it takes to ask a node that does not answer.
const HELD_FOR: Duration = Duration::from_secs(5);

/// How a node does not go with this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    AnotherLog,
    Elsewhere,
    ConfiguredOtherwise,
}

impl Kind {
    /// By which code it is told.
    const fn code(self) -> WarningCode {
        match self {
            Self::AnotherLog => WarningCode::NodeOfAnotherLog,
            Self::Elsewhere => WarningCode::NodeElsewhere,
            Self::ConfiguredOtherwise => WarningCode::NodeConfiguredOtherwise,
        }
    }

    /// What it means, and what is to be done.
    const fn way_out(self) -> &'static str {
        match self {
            Self::AnotherLog => {
                "Neither reads anything of the other one. Give both the same brokers and topic; or, where they are two ledgers, each a cluster.group of its own"
            }
            Self::Elsewhere => "What such a node has, no other one asks it for. Give each node its own address in cluster.advertise",
            Self::ConfiguredOtherwise => "Whoever is asked answers by its own settings, so one question has two answers. Configure all nodes alike",
        }
    }
}

/// What was found of one node.
#[derive(Debug)]
struct Found {
    detail: String,
    since: Timestamp,
    seen: Instant,
}

/// What holds now, by how and node.
#[derive(Debug, Default)]
pub(super) struct Unlike(Mutex<BTreeMap<(Kind, String), Found>>);

impl Unlike {
    /// Something was seen of a node.
    fn see(&self, now: Instant, kind: Kind, node: &str, detail: String) {
        let (mut held, key) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), (kind, node.to_owned()));
        let since = match held.get_mut(&key) {
            Some(found) if found.detail == detail => {
                found.seen = now;
                return;
            }
            Some(found) => found.since,
            None => Timestamp::now(),
        };
        tracing::warn!(code = kind.code().as_str(), node, detail, "a node does not go with this one");
        held.insert(key, Found { detail, since, seen: now });
    }

    /// Lets go of what was not seen for a while.
    fn pass(&self, now: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(kind, node), found| {
            let holds = now.saturating_duration_since(found.seen) < HELD_FOR;
            if !holds {
                tracing::info!(code = kind.code().as_str(), node, "a warning about a node has passed");
            }
            holds
        });
    }

    /// One warning of each kind that holds: of all nodes that it is about.
    fn warnings(&self) -> Vec<Warning> {
        let mut by_kind = BTreeMap::<Kind, (Vec<String>, Timestamp)>::new();
        for ((kind, _), found) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let (details, since) = by_kind.entry(*kind).or_insert_with(|| (Vec::new(), found.since));
            details.push(found.detail.clone());
            *since = found.since.min(*since);
        }
        let told = |(kind, (details, since)): (Kind, (Vec<String>, Timestamp))| {
            let detail = format!("{}. {}", details.join("; "), kind.way_out());
            Warning { code: kind.code(), detail, since }
        };
        by_kind.into_iter().map(told).collect()
    }
}

impl Nodes {
    /// Those of these nodes that fold the same log as this one does.
    pub(super) fn alike(&self, reports: Vec<Report>) -> Vec<Report> {
        let look = self.look.read().unwrap_or_else(PoisonError::into_inner);
        reports.into_iter().filter(|other| !look.own().is_of_another_log(other)).collect()
    }

    /// Looks whether the nodes that answer go with this one.
    pub(super) fn look_for_unlike(&self, now: Instant, own: &Report, others: &[Report]) {
        for other in others {
            let (node, url) = (&other.node, &other.url);
            if own.is_of_another_log(other) {
                let detail = format!("node {node} at {url} folds {}, this one {}", other.told_log(), own.told_log());
                self.unlike.see(now, Kind::AnotherLog, node, detail);
                continue;
            }
            let keys = own.settings_that_differ(other);
            if !keys.is_empty() {
                let detail = format!("node {node} at {url} has other settings than this one: {}", keys.join(", "));
                self.unlike.see(now, Kind::ConfiguredOtherwise, node, detail);
            }
        }
        self.unlike.pass(now);
    }

    /// A node was asked at its address, and another one answered: told where the group has it there now. A node that is gone may have left
    /// its address to another.
    pub(super) fn answered_by_another(&self, node: &str, url: &str, answered: &str) {
        let is_there = self.members.lock().unwrap_or_else(PoisonError::into_inner).get(node).is_some_and(|member| member == url);
        if !is_there {
            tracing::debug!(node, url, other = answered, "another node answers there");
            return;
        }
        let this = if answered == self.config.node { ", this one," } else { "" };
        let detail = format!("node {node} advertises {url}, where node {answered}{this} answers");
        self.unlike.see(Instant::now(), Kind::Elsewhere, node, detail);
    }

    /// Another node answered at an address: told where this one advertises it as its own.
    pub(super) fn answered_at(&self, node: &str, url: &str) {
        if url == self.config.advertise {
            let own = &self.config.node;
            let detail = format!("this node, {own}, advertises {url}, where node {node} answers");
            self.unlike.see(Instant::now(), Kind::Elsewhere, own, detail);
        }
    }

    /// What holds of nodes that do not go with this one.
    pub(super) fn unlike(&self) -> Vec<Warning> {
        self.unlike.warnings()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_told_together_until_none_was_seen_for_a_while() {
        let (unlike, start) = (Unlike::default(), Instant::now());
        let told = || unlike.warnings().into_iter().map(|warning| (warning.code.as_str(), warning.detail)).collect::<Vec<_>>();
        unlike.see(start, Kind::AnotherLog, "b", "node b folds u".to_owned());
        unlike.see(start, Kind::AnotherLog, "c", "node c folds v".to_owned());
        unlike.see(start, Kind::Elsewhere, "b", "node b is elsewhere".to_owned());
        let [(first, both), (second, _)] = told().try_into().expect("two codes");
        assert_eq!((first, second), ("node_of_another_log", "node_elsewhere"));
        assert!(both.starts_with("node b folds u; node c folds v. ") && both.contains("cluster.group"), "{both}");
        let later = start + HELD_FOR;
        unlike.see(later, Kind::AnotherLog, "c", "node c folds w".to_owned());
        unlike.pass(later);
        let [(code, left)] = told().try_into().expect("one is left");
        assert!(code == "node_of_another_log" && left.starts_with("node c folds w. "), "{left}");
        unlike.pass(later + HELD_FOR);
        assert!(told().is_empty());
    }
}
