//! Taking part: in Kafka's group, which says what this node owns and where the others are, and asking each of these.

use super::Nodes;
use ledger::log::Log;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// One turn of the membership.
const TURN: Duration = Duration::from_millis(100);
/// How often the group is asked who is in it.
const FIND_EVERY: Duration = Duration::from_secs(1);
/// How often another node is asked.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// How long nothing more is told of a node that does not answer.
const TELL_EVERY: Duration = Duration::from_secs(60);

impl Nodes {
    /// Stays in the group until it is to end.
    pub(super) fn stay_member(self: Arc<Self>) {
        while self.pause(Duration::ZERO) {
            if let Err(error) = self.group.turn(TURN) {
                tracing::error!(code = error.code.as_str(), detail = error.detail, "this node owns nothing any more");
                *self.fenced.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.detail);
                return;
            }
        }
    }

    /// Asks the group who is in it, until it is to end.
    pub(super) fn find_members(self: Arc<Self>, log: &dyn Log) {
        loop {
            match self.group.members() {
                Ok(members) => {
                    self.members.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&members);
                    for (node, url) in members.iter().filter(|(node, _)| **node != self.config.node) {
                        self.peers.meet(Instant::now(), node, url);
                    }
                    self.itself.ask(log);
                }
                Err(error) => tracing::debug!(detail = error.detail, "the group does not say who is in it"),
            }
            if !self.pause(FIND_EVERY) {
                return;
            }
        }
    }

    /// Has each node asked that is not yet, also one that was forgotten and is met again.
    pub(super) fn ask_each(self: &Arc<Self>) {
        self.let_go_of_ended();
        for name in self.peers.names() {
            let thread = format!("peer-{name}");
            let is_asked = self.threads.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|other| other.thread().name() == Some(&thread));
            if !is_asked {
                let nodes = Arc::clone(self);
                if let Err(error) = self.spawn(&thread, move || nodes.ask_on(&name)) {
                    tracing::error!(%error, "a node is not asked");
                }
            }
        }
    }

    /// Asks a node again and again until it is to end, or the node is forgotten.
    fn ask_on(&self, name: &str) {
        let (mut was_there, mut told) = (false, None::<(Instant, String)>);
        loop {
            let Some(url) = self.peers.url(name) else { return };
            // What is heard is as old as the question, however late it is read: this process may stand still meanwhile.
            let asked = Instant::now();
            let heard = self.client.report(&url, &self.own());
            let is_there = match heard {
                Ok(report) if report.node == name && report.url == url => {
                    self.answered_at(name, &url);
                    self.peers.heard(name, asked, report);
                    true
                }
                // It was started again under another address: others find it there, or nobody does.
                Ok(report) if report.node == name => {
                    self.peers.moved(name, &report.url);
                    false
                }
                Ok(other) => {
                    self.answered_by_another(name, &url, &other.node);
                    false
                }
                Err(fault) => {
                    self.peers.lost(&url, asked);
                    if was_there {
                        tracing::warn!(name, %fault, "a node is left out");
                    }
                    let what = fault.to_string();
                    // The same reason is told once, and another one a minute later at the earliest.
                    if !was_there && told.as_ref().is_none_or(|(when, last)| *last != what && when.elapsed() >= TELL_EVERY) {
                        tracing::warn!(
                            name,
                            fault = what,
                            "a node does not answer, or does not know this one: its log says why where it refuses a certificate; see cluster.secret and [cluster.tls]"
                        );
                        told = Some((Instant::now(), what));
                    }
                    false
                }
            };
            if is_there && !was_there {
                tracing::info!(name, url, "a node answers");
            }
            was_there = is_there;
            if !self.pause(ASK_EVERY) {
                return;
            }
        }
    }
}
