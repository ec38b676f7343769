//! This node among others: what it tells them, whom it asks, and which partitions it folds.
//!
//! | file | what it does |
//! |---|---|
//! | `tick` | looks at what there is, here and elsewhere |
//! | `sharing` | opens and closes shards as the group and the rank of nodes say, and writes what is owned |
//! | `heads` | compares heads with other nodes' |
//! | `members` | takes part in Kafka's group, and asks the other nodes |
//! | `itself` | which log this node folds, and by which settings it answers |
//! | `unlike` | tells of nodes that do not go with this one |
//!
//! The rules are `cluster`'s, which are given the moment and know no machine, so that a simulation asks the same ones (`server/tests/simulation`).
//! Who owns a partition comes from Kafka's group; who folds it besides comes from arithmetic over the nodes that answer; who answers
//! for it comes from what nodes tell each other. `docs/decisions/0014-nodes.md` says why. None of the threads holds the node: they end with it.

mod heads;
mod itself;
mod members;
mod sharing;
mod tick;
mod unlike;

use super::error::Error;
use super::place::{HEAD_MISMATCH, NOT_HELD, Others, Route};
use super::{Node, Place};
use crate::access::FileStatus;
use crate::cluster::answering::Look;
use crate::cluster::wire::{Difference, Report};
use crate::cluster::{Client, Fault, Peers, Sessions};
use crate::config;
use crate::streams::Streams;
use itself::Itself;
use ledger::log;
use ledger::log::kafka::{Group, Options};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use unlike::Unlike;

/// How often it is looked who answers.
const TICK_EVERY: Duration = Duration::from_millis(200);

/// This node among others.
pub struct Nodes {
    config: config::Cluster,
    client: Arc<Client>,
    peers: Peers,
    sessions: Arc<Sessions>,
    group: Group,
    itself: Itself,
    /// Where the group has each node, as it said last.
    members: Mutex<BTreeMap<String, String>>,
    unlike: Unlike,
    /// Why this node is no member of the group any more.
    fenced: Mutex<Option<String>>,
    look: RwLock<Look>,
    differs: Mutex<BTreeMap<(u32, String), Difference>>,
    told_versions: Mutex<BTreeSet<(u32, String)>>,
    /// What is closed here soon.
    leaving: Mutex<BTreeSet<u32>>,
    stopping: (Mutex<bool>, Condvar),
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Nodes {
    /// Joins the others. Nothing is waited for.
    ///
    /// # Errors
    /// The certificates cannot be read, or the client library refuses its options.
    pub(super) fn join(config: &config::Cluster, brokers: &str, topic: &str, options: Options) -> Result<Arc<Self>, Error> {
        let client = Client::new(config).map_err(Error::Failed)?;
        let group = Group::join(brokers, topic, options, &config.group, &config.node, &config.advertise)?;
        let own = Report { node: config.node.clone(), url: config.advertise.clone(), ..Report::default() };
        Ok(Arc::new(Self {
            config: config.clone(),
            client: Arc::new(client),
            peers: Peers::default(),
            sessions: Arc::default(),
            group,
            itself: Itself::new(topic.to_owned()),
            members: Mutex::default(),
            unlike: Unlike::default(),
            fenced: Mutex::default(),
            look: RwLock::new(Look::new(Instant::now(), own, config.max_lag)),
            differs: Mutex::default(),
            told_versions: Mutex::default(),
            leaving: Mutex::default(),
            stopping: Default::default(),
            threads: Mutex::default(),
        }))
    }

    /// Starts to look, to share and to ask.
    pub(super) fn start(self: &Arc<Self>, node: &Arc<Node>) -> Result<(), Error> {
        let of = |node: &Arc<Node>| (Arc::clone(self), Arc::downgrade(node));
        let (nodes, weak) = of(node);
        self.spawn("nodes", move || nodes.look_on(&weak))?;
        let (nodes, weak) = of(node);
        self.spawn("sharing", move || nodes.share_on(&weak))?;
        let (nodes, _) = of(node);
        self.spawn("group", move || nodes.stay_member())?;
        self.itself.open(node.config());
        let (nodes, log) = (Arc::clone(self), Arc::clone(&node.log));
        self.spawn("members", move || nodes.find_members(&*log))
    }

    fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        let thread = thread.map_err(|error| Error::Failed(format!("the thread {name} cannot be started: {error}")))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Pauses; whether it is to go on.
    fn pause(&self, time: Duration) -> bool {
        let stopping = self.stopping.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (stopping, _) = self.stopping.1.wait_timeout_while(stopping, time, |stopping| !*stopping).unwrap_or_else(PoisonError::into_inner);
        !*stopping
    }

    pub(super) fn stop(&self) {
        *self.stopping.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stopping.1.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // One of them may hold the last reference to the node, and then must not wait for itself.
        join(threads.into_iter().filter(|thread| thread.thread().id() != std::thread::current().id()));
    }

    /// Lets go of threads that have ended: those that asked a node that was forgotten.
    fn let_go_of_ended(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let (ended, running): (Vec<_>, Vec<_>) = threads.drain(..).partition(JoinHandle::is_finished);
        *threads = running;
        join(ended);
    }

    /// What this node says of itself.
    pub fn own(&self) -> Report {
        self.look.read().unwrap_or_else(PoisonError::into_inner).own().clone()
    }

    /// Another node says where it is, and hears of this one.
    pub fn met(&self, other: &Report) -> Report {
        if other.node != self.config.node {
            self.peers.meet(Instant::now(), &other.node, &other.url);
        }
        self.own()
    }

    /// What the nodes of this ledger that answer now say of themselves, this one first.
    pub fn reports(&self) -> Vec<Report> {
        let mut reports = vec![self.own()];
        reports.extend(self.alike(self.peers.answering(Instant::now())));
        reports
    }

    /// Why this node is no member of the group any more, where that is so.
    pub fn fenced(&self) -> Option<String> {
        self.fenced.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// That Kafka's group does not take this node, where it does not; and what other nodes do not have as this one has it.
    pub fn warnings(&self) -> Vec<log::Warning> {
        self.group.warnings().into_iter().chain(self.unlike()).collect()
    }

    /// Whether somebody who asks knows the shared secret; nobody does where there is none.
    pub fn knows(&self, word: &str) -> bool {
        self.client.knows(word)
    }

    /// Reads the certificates of asking again where they have changed.
    pub fn look_at_certificates(&self) {
        self.client.look();
    }

    /// What is in force of those certificates; nothing where none is named.
    pub fn files(&self) -> Option<FileStatus> {
        self.client.files()
    }

    /// Snapshots that are kept for other nodes.
    pub const fn sessions(&self) -> &Arc<Sessions> {
        &self.sessions
    }

    /// Whether the node at an address answers now.
    pub fn is_there(&self, url: &str) -> bool {
        self.peers.is_there(Instant::now(), url)
    }

    /// The address of the node that owns a partition, where that is another one; nothing where it is this one, or nobody.
    pub fn owner_elsewhere(&self, partition: u32) -> Option<String> {
        let owns = |report: &Report| report.owns.contains(&partition);
        if owns(&self.own()) {
            return None;
        }
        self.alike(self.peers.answering(Instant::now())).into_iter().find(owns).map(|report| report.url)
    }

    /// The partitions of which this node has taken heads that are not another's.
    fn differences(&self) -> Vec<Difference> {
        self.differs.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Whether other nodes may read what this one has of a partition.
    pub fn gives(&self, partition: u32) -> Result<(), Error> {
        let gives = self.look.read().unwrap_or_else(PoisonError::into_inner).gives(Instant::now(), partition);
        gives.map_err(|(code, detail)| Error::Unavailable { partition, code: Some(code), detail })
    }
}

impl Others for Nodes {
    fn route(&self, partition: u32) -> Route {
        self.look.read().unwrap_or_else(PoisonError::into_inner).route(Instant::now(), partition)
    }

    fn client(&self) -> &Arc<Client> {
        &self.client
    }

    fn failed(&self, partition: u32, fault: &Fault) -> Error {
        if let Fault::Silent { url, asked, .. } = fault {
            self.peers.lost(url, *asked);
        }
        let now = Instant::now();
        let others = self.peers.answering(now);
        self.look.write().unwrap_or_else(PoisonError::into_inner).again(now, &others);
        Error::Unavailable { partition, code: Some(NOT_HELD), detail: fault.to_string() }
    }
}

/// Ends what was written of a partition that is another node's now; a transaction may take its time to end.
fn end(streams: Arc<Streams>) {
    let ended = std::thread::Builder::new().name("streams-end".to_owned()).spawn(move || streams.stop());
    if let Err(error) = ended {
        tracing::error!(%error, "there is no thread that ends streams");
    }
}

/// Waits for the end of threads.
fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a thread of the nodes ended in a panic");
        }
    }
}

/// The places of a node that lie here.
fn here(places: &[Place]) -> BTreeSet<u32> {
    places.iter().filter(|place| place.local().is_some()).map(Place::partition).collect()
}
