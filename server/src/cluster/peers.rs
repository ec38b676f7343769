//! The other nodes of the group, what each said last, and whether it answers now.

use super::wire::{Difference, Held, Report};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The most other nodes, those that are gone included: for a new one, the one is forgotten that has not been heard for longest.
pub const PEERS_MAX: usize = 64;
/// Who has not answered for so long is left out, also while an answer is waited for. A question that is not answered within
/// [`super::client::REPORT_WAIT_MAX`] leaves it out before.
pub const SILENT_AFTER: Duration = Duration::from_secs(2);

/// Another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it is reached.
    pub url: String,
    /// What it said last; nothing before it has answered.
    pub report: Option<Report>,
    /// When that was asked for; nothing once it did not answer. What it says may be as old, however late it came.
    heard: Option<Instant>,
    /// When it last answered, or else was met.
    last: Instant,
}

impl Peer {
    /// Whether it answers.
    pub fn answers(&self, now: Instant) -> bool {
        self.report.is_some() && self.heard.is_some_and(|heard| now.saturating_duration_since(heard) < SILENT_AFTER)
    }
}

/// All of them, by name.
#[derive(Debug, Default)]
pub struct Peers {
    of: RwLock<BTreeMap<String, Peer>>,
    /// Whether it was logged that there are too many.
    told: AtomicBool,
}

impl Peers {
    /// A node is there: the group has it, or it says so itself. Whether it is new, or elsewhere than before.
    pub fn meet(&self, now: Instant, node: &str, url: &str) -> bool {
        self.known_as(now, node, url, true)
    }

    /// Another node says that a node is there. It may be gone for long: for it nobody is forgotten.
    pub fn hear_of(&self, now: Instant, node: &str, url: &str) -> bool {
        self.known_as(now, node, url, false)
    }

    fn known_as(&self, now: Instant, node: &str, url: &str, makes_room: bool) -> bool {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        if makes_room && of.len() >= PEERS_MAX && !of.contains_key(node) {
            self.make_room(now, &mut of, node);
        }
        let is_full = of.len() >= PEERS_MAX;
        match of.get_mut(node) {
            // Where it is now, whoever talks to it knows best.
            Some(peer) if peer.url == url || peer.answers(now) => false,
            Some(peer) => {
                url.clone_into(&mut peer.url);
                (peer.report, peer.heard) = (None, None);
                true
            }
            None if is_full => false,
            None => {
                of.insert(node.to_owned(), Peer { url: url.to_owned(), report: None, heard: None, last: now });
                true
            }
        }
    }

    /// A node answered at another address than the one that it gives for itself: it is asked there from now on, and counts once it answers there.
    pub fn moved(&self, node: &str, url: &str) {
        if let Some(peer) = self.of.write().unwrap_or_else(PoisonError::into_inner).get_mut(node) {
            url.clone_into(&mut peer.url);
            (peer.report, peer.heard) = (None, None);
        }
    }

    /// Forgets the node that has not been heard for longest, of those that do not answer.
    fn make_room(&self, now: Instant, of: &mut BTreeMap<String, Peer>, node: &str) {
        let gone = of.iter().filter(|(_, peer)| !peer.answers(now)).min_by_key(|(_, peer)| peer.last).map(|(name, _)| name.clone());
        match gone {
            Some(gone) => {
                of.remove(&gone);
                self.told.store(false, Ordering::Relaxed);
                tracing::info!(node, gone, "a node that is gone is forgotten for a new one");
            }
            None if self.told.swap(true, Ordering::Relaxed) => {}
            None => tracing::error!(node, "a node is left out: {PEERS_MAX} others answer, and there may be no more"),
        }
    }

    /// Where a node is.
    pub fn url(&self, node: &str) -> Option<String> {
        self.of.read().unwrap_or_else(PoisonError::into_inner).get(node).map(|peer| peer.url.clone())
    }

    /// The names of all of them.
    pub fn names(&self) -> Vec<String> {
        self.of.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// A node has answered what was asked at a moment.
    pub fn heard(&self, node: &str, asked: Instant, report: Report) {
        if let Some(peer) = self.of.write().unwrap_or_else(PoisonError::into_inner).get_mut(node) {
            (peer.report, peer.heard, peer.last) = (Some(report), Some(asked), asked);
        }
    }

    /// The node at an address did not answer what it was asked at a moment: it is left out until it answers again. One that has answered
    /// what was asked later is there: the question before was lost.
    pub fn lost(&self, url: &str, asked: Instant) {
        for peer in self.of.write().unwrap_or_else(PoisonError::into_inner).values_mut().filter(|peer| peer.url == url) {
            peer.heard = peer.heard.filter(|heard| *heard > asked);
        }
    }

    /// Whether the node at an address answers now.
    pub fn is_there(&self, now: Instant, url: &str) -> bool {
        self.of.read().unwrap_or_else(PoisonError::into_inner).values().any(|peer| peer.url == url && peer.answers(now))
    }

    /// Those that answer now, with their reports.
    pub fn answering(&self, now: Instant) -> Vec<Report> {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        of.values().filter(|peer| peer.answers(now)).filter_map(|peer| peer.report.clone()).collect()
    }

    /// Names and addresses, for others.
    pub fn known(&self) -> Vec<(String, String)> {
        self.of.read().unwrap_or_else(PoisonError::into_inner).iter().map(|(node, peer)| (node.clone(), peer.url.clone())).collect()
    }
}

impl Report {
    /// What it says of a partition, where it has it.
    pub fn held(&self, partition: u32) -> Option<&Held> {
        self.holds.iter().find(|held| held.partition == partition)
    }

    /// Whether its journal and this node's are known to have different heads.
    pub fn differs_from(&self, node: &str, partition: u32) -> Option<&Difference> {
        self.differs.iter().find(|difference| difference.partition == partition && difference.node == node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_or_is_not_reached_is_left_out() {
        let (peers, start) = (Peers::default(), Instant::now());
        let now = start + SILENT_AFTER;
        assert!(peers.meet(now, "b", "http://b") && !peers.meet(now, "b", "http://b"));
        assert!(peers.answering(now).is_empty(), "it has not answered yet");
        peers.heard("b", now, Report { node: "b".to_owned(), ..Report::default() });
        assert_eq!(peers.answering(now).len(), 1);
        assert!(!peers.meet(now, "b", "http://elsewhere"), "it answers where it is");
        peers.lost("http://b", start);
        assert_eq!(peers.answering(now).len(), 1, "it has answered since");
        peers.lost("http://b", now);
        assert!(peers.answering(now).is_empty());
        peers.heard("b", start, Report::default());
        assert!(peers.answering(now).is_empty(), "what it says is too old, however late it came");
        assert!(peers.meet(now, "b", "http://elsewhere"));
        assert_eq!(peers.url("b").as_deref(), Some("http://elsewhere"));
    }

    #[test]
    fn who_gives_another_address_counts_once_it_answers_there() {
        let (peers, now) = (Peers::default(), Instant::now());
        peers.meet(now, "b", "http://b");
        peers.heard("b", now, Report { node: "b".to_owned(), ..Report::default() });
        peers.moved("b", "http://elsewhere");
        assert!(peers.answering(now).is_empty());
        assert_eq!(peers.url("b").as_deref(), Some("http://elsewhere"));
        peers.moved("nobody", "http://nowhere");
        assert_eq!(peers.names(), ["b"]);
    }

    #[test]
    fn a_new_node_takes_the_place_of_the_one_that_is_gone_for_longest() {
        let (peers, start) = (Peers::default(), Instant::now());
        let moment = |count: usize| start + Duration::from_millis(u64::try_from(count).unwrap_or(u64::MAX));
        let name = |count: usize| format!("n{count:02}");
        for count in 0..PEERS_MAX {
            assert!(peers.meet(moment(count), &name(count), "http://gone"), "{count}");
        }
        // The first one has answered later than the second was met.
        peers.heard(&name(0), moment(5), Report::default());
        let now = moment(5) + SILENT_AFTER;
        assert!(!peers.hear_of(now, "new", "http://new"), "nobody is forgotten for what others say");
        assert!(peers.meet(now, "new", "http://new"));
        let names = peers.names();
        assert!(names.len() == PEERS_MAX && names.contains(&name(0)) && !names.contains(&name(1)) && names.contains(&"new".to_owned()), "{names:?}");
        // Where all answer, none is forgotten.
        for name in &names {
            peers.heard(name, now, Report::default());
        }
        assert!(!peers.meet(now, "another", "http://another"));
        assert_eq!(peers.names(), names);
    }
}
