//! Opens a node: the log, then a shard for each partition.
//!
//! An embedded log says at once how many partitions there are. Kafka may not be there: then the shards that are on this
//! machine are opened all the same, so that they answer from what they have, and where there is none the opener asks
//! again until Kafka says.

use super::checkpointed;
use super::error::Error;
use super::framed;
use super::kafka_files;
use super::local::Local;
use super::lock::Lock;
use super::nodes::Nodes;
use super::place::{Others, Place};
use super::progress::Commits;
use super::rebuilds::Rebuilds;
use super::together;
use super::told::OfNode;
use super::{Node, Shared as OfNodeShared};
use crate::config::{Config, PARTITIONS_DEFAULT};
use crate::descriptors;
use crate::registry::{self, Registry};
use crate::streams::{Heads, Sources, Streams, Topics, Wakers};
use crate::webhooks::Webhooks;
use ledger::directory::{self, Ledger, LogKind};
use ledger::journal::{Reader, Settings, Shared};
use ledger::log::embedded::Embedded;
use ledger::log::kafka::{Kafka, Options};
use ledger::log::{self, Decode, Log};
use ledger::shard::{self, Bounds};
use ledger::tree::Tree;
use projections::follower::{self, Follower};
use projections::views;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

/// The shortest pause between two questions to a log that does not answer; each is twice the one before.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The thread that asks a log that did not answer.
pub(super) struct Opener {
    stopping: Arc<(Mutex<bool>, Condvar)>,
    thread: JoinHandle<()>,
}

impl Opener {
    pub(super) fn stop(self) {
        *self.stopping.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stopping.1.notify_all();
        // The opener may hold the last reference to the node, and then must not wait for itself.
        if self.thread.thread().id() != std::thread::current().id() && self.thread.join().is_err() {
            tracing::error!("the thread that opens the log ended in a panic");
        }
    }
}

impl Node {
    /// Opens everything. Fails only where this machine's own files cannot be used; a Kafka that does not answer is told
    /// by [`Node::trouble`] and [`Node::statuses`], and tried again.
    pub fn open(config: Config) -> Result<Arc<Self>, Error> {
        let lock = Lock::take(&config.data)?;
        let on_disk = match Ledger::read(&config.data)? {
            Some(ledger) => Some(ledger.partitions),
            None => partitions_on_disk(&config)?,
        };
        let (log, embedded) = open_log(&config, on_disk)?;
        let webhooks = Webhooks::new(&config, &options(&config))?;
        let nodes = match (&config.cluster, &config.brokers) {
            (Some(cluster), Some(brokers)) => Some(Nodes::join(cluster, brokers, &config.topic, options(&config))?),
            _ => None,
        };
        let checkpoints = checkpointed::connect(&config)?;
        let kafka_files = if config.brokers.is_some() { kafka_files::statuses(&config.kafka) } else { Vec::new() };
        let (trouble, opener, rebuilds) = (Mutex::new(None), Mutex::new(None), Rebuilds::default());
        let node = Arc::new(Self {
            config,
            log,
            places: OnceLock::new(),
            trouble,
            order: tokio::sync::Mutex::default(),
            opener,
            rebuilds,
            shared: OnceLock::new(),
            embedded,
            heads_out: OnceLock::new(),
            webhooks,
            nodes,
            checkpoints,
            kafka_files,
            _lock: lock,
        });
        match (on_disk, &node.config.brokers) {
            // Fetching checkpoints takes its time: requests are answered meanwhile, with the reason.
            (Some(partitions), Some(_)) if node.lacks_shards(partitions) => node.open_later(Some(partitions))?,
            (Some(partitions), _) => node.open_places(partitions)?,
            (None, None) => node.open_places(node.log.partitions()?)?,
            (None, Some(brokers)) => {
                // Kafka may take long to answer, or be away: requests are answered meanwhile, with the reason.
                let asked =
                    log::Error::new(log::Code::KafkaUnreachable, format!("the topic {} at {brokers} is being asked for its partitions", node.config.topic));
                *node.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
                node.open_later(None)?;
            }
        }
        node.start_checkpoints()?;
        let (told, of_merchant) = (OfNode::new(&node), OfNode::new(&node));
        node.webhooks.start(Box::new(told), Box::new(move |merchant| of_merchant.home(merchant)))?;
        let heads = Arc::downgrade(&node);
        let ask = Box::new(move || heads.upgrade().map(|node| (node.partitions(), node.heads())).unwrap_or_default());
        if let Some(heads) = Heads::start(&node.config, &options(&node.config), ask)? {
            node.heads_out.get_or_init(|| heads);
        }
        if let Some(nodes) = &node.nodes {
            nodes.start(&node)?;
        }
        Ok(node)
    }

    /// Has the opener open the shards of a log that has so many partitions, or that is asked how many it has.
    fn open_later(self: &Arc<Self>, partitions: Option<u32>) -> Result<(), Error> {
        let opener = Opener::start(Arc::downgrade(self), partitions)?;
        *self.opener.lock().unwrap_or_else(PoisonError::into_inner) = Some(opener);
        Ok(())
    }

    fn open_places(&self, partitions: u32) -> Result<(), Error> {
        let shares = descriptors::shares(descriptors::limit(), partitions, self.config.limits.connections);
        shares.tell();
        let journals = Shared::new(Settings {
            cache_bytes: mebibytes(self.config.journal_cache_mib),
            write_buffer_bytes: mebibytes(self.config.journal_write_buffer_mib),
            shards: partitions,
            open_files: shares.store_files,
            ..Settings::default()
        });
        let views = views::Shared::new(views::Settings {
            cache_bytes: mebibytes(self.config.views_cache_mib),
            write_buffer_bytes: mebibytes(self.config.views_write_buffer_mib),
            row_cache_bytes: mebibytes(self.config.views_rows_mib) / usize::try_from(partitions.max(1)).unwrap_or(usize::MAX),
            // What Bounds::of_one_in leaves to followers.
            page_bytes: mebibytes(self.config.records_mib) / 4 / usize::try_from(partitions.max(1)).unwrap_or(usize::MAX),
            shards: partitions,
            open_files: shares.store_files,
        });
        let known = Ledger::read(&self.config.data)?;
        if self.nodes.is_none() && !(0..partitions).all(|partition| self.is_looked_for(partition, partitions, false)) {
            return Err(Error::Failed("the node ends".to_owned()));
        }
        if known.is_some() && self.nodes.is_none() {
            let gone = (0..partitions).filter(|partition| !shard::directory(&self.config.data, *partition).exists());
            gone.for_each(|partition| tracing::warn!(partition, "the shard's directory is gone: it is made again and folded from the log"));
        }
        let topics = Arc::new(Topics::open(&self.config, &options(&self.config), partitions)?);
        self.shared.get_or_init(|| OfNodeShared { journals, views, topics, large: Arc::default() });
        let others = self.nodes.clone().map(|nodes| nodes as Arc<dyn Others>);
        let places: Vec<Place> = (0..partitions).map(|partition| Place::new(partition, others.clone())).collect();
        // Among others, what lies here is warm at once, whoever is to have it; what else is given comes later.
        let here: Vec<u32> = match &self.nodes {
            None => (0..partitions).collect(),
            Some(_) => shard::known_partitions(&self.config.data).map_err(|error| directory::failed(&self.config.data, &error))?,
        };
        let here: Vec<&Place> = places.iter().filter(|place| here.contains(&place.partition())).collect();
        for (place, local) in here.iter().zip(together::each(&here, |place| self.open_local(place, self.nodes.is_none()))?) {
            place.put(Some(Arc::new(local)));
        }
        tracing::info!(partitions, here = here.len(), data = %self.config.data.display(), "the shards are open");
        if known.is_none() {
            self.write_ledger(partitions, &places)?;
        }
        // There is one opener at a time, so the places were not set before.
        drop(self.places.set(places));
        Ok(())
    }

    /// Opens a partition on this machine, which was not.
    pub(super) fn open_here(&self, partition: u32, owned: bool) -> Result<(), Error> {
        let place = self.place(partition).ok_or(Error::NoLog)?;
        if place.local().is_none() {
            place.put(Some(Arc::new(self.open_local(place, owned)?)));
        }
        if Ledger::read(&self.config.data)?.is_none() {
            self.write_ledger(self.partitions(), self.places())?;
        }
        Ok(())
    }

    /// Writes down which ledger this is, now that all of it is there; where the log does not say yet, at another start.
    fn write_ledger(&self, partitions: u32, places: &[Place]) -> Result<(), Error> {
        let origin = |place: &Place| place.local()?.journal().ok()?.origin().ok()?;
        let identity = places.iter().find_map(origin).map(|origin| origin.identity).or_else(|| self.log.identity().ok());
        let kind = if self.config.brokers.is_some() { LogKind::Kafka } else { LogKind::Embedded };
        match identity {
            Some(identity) => {
                let from = self.config.registry.as_ref().map(|registry| registry.from.clone());
                Ok(Ledger::new(partitions, kind, identity).framed(from.is_some(), from.unwrap_or_default()).write(&self.config.data)?)
            }
            None => Ok(()),
        }
    }

    fn open_local(&self, place: &Place, owned: bool) -> Result<Local, Error> {
        let OfNodeShared { journals, views, topics, large } = self.shared.get().ok_or(Error::NoLog)?;
        let (partition, progress) = (place.partition(), Arc::clone(place.progress()));
        let (viewed, views) = (Arc::clone(&progress), views.clone());
        let wakers = Wakers::default();
        let on_commit = Arc::new(Commits { progress: Arc::clone(&progress), wakers: wakers.clone() });
        let state_bytes = mebibytes(self.config.state_mib) / usize::try_from(journals.shards()).unwrap_or(usize::MAX);
        let bounds = Bounds::of_one_in(journals.shards(), mebibytes(self.config.records_mib));
        let config = shard::Config { data: self.config.data.clone(), partition, bounds, state_bytes, large: Arc::clone(large) };
        let shard = Arc::new(shard::spawn(config, Arc::clone(&self.log), journals, on_commit)?);
        let directory = shard::directory(&self.config.data, partition);
        let (log, topics, webhooks, large) = (Arc::clone(&self.log), Arc::clone(topics), self.webhooks.dispatcher(), Arc::clone(large));
        let (its_wakers, its_views) = (wakers.clone(), directory.join("views"));
        let attach = Box::new(move |shard: &Arc<shard::Handle>, journal: Reader| {
            let (viewed, woken) = (Arc::clone(&viewed), its_wakers.clone());
            let config = follower::Config {
                partition,
                directory: its_views.clone(),
                entries: Arc::new(journal),
                make: projections::folds::all,
                feed: Some(shard.subscribe()),
                notify: Some(Box::new(move |progress| {
                    viewed.viewed(progress.checkpoint.position + 1, progress.checkpoint.next_entry);
                    woken.wake();
                })),
                large: Some(Arc::clone(&large)),
            };
            Ok(Arc::new(Follower::spawn(config, &views)?))
        });
        let write = Box::new(move |shard: &Arc<shard::Handle>, journal: Reader, follower: &Arc<Follower>| {
            let (shard, log) = (Arc::clone(shard), Arc::clone(&log));
            let sources = Sources { partition, directory: directory.clone(), journal, follower: Arc::clone(follower), shard, log };
            wakers.clear();
            let mut streams = Streams::start(&topics, &sources, &wakers)?;
            let viewed = Arc::clone(follower);
            let sink = webhooks.dispatch(partition, Box::new(move || seen(&viewed)));
            streams.also("webhooks", sink, follower, &wakers)?;
            Ok(streams)
        });
        let tree = Tree::new(partition, &shard::directory(&self.config.data, partition).join("tree"));
        Local::new(shard, (attach, write), progress, tree, owned)
    }
}

/// How many entries can be read of views; nothing while nobody can.
fn seen(follower: &Follower) -> Option<u64> {
    let views = follower.views()?;
    let snapshot = views.snapshot().ok()?;
    Some(snapshot.checkpoint().next_entry)
}

fn open_log(config: &Config, on_disk: Option<u32>) -> Result<(Arc<dyn Log>, Option<Arc<Embedded>>), Error> {
    match &config.brokers {
        None => {
            let directory = config.data.join(directory::LOG_DIRECTORY);
            let embedded = Arc::new(Embedded::open_or_make(&directory, config.partitions.or(on_disk), PARTITIONS_DEFAULT)?);
            Ok((Arc::clone(&embedded) as Arc<dyn Log>, Some(embedded)))
        }
        Some(brokers) => Ok((Arc::new(Kafka::connect(brokers, &config.topic, reading(config)?)?), None)),
    }
}

/// What the configuration adds to the connection.
fn options(config: &Config) -> Options {
    let mut options = Options::default();
    options.properties.clone_from(&config.kafka);
    options
}

/// The same, with what reads records of other encodings. A ledger that was folded with a registry is never folded without one.
fn reading(config: &Config) -> Result<Options, Error> {
    let was_framed = Ledger::read(&config.data)?.is_some_and(|ledger| ledger.is_framed);
    let decoder: Option<Arc<dyn Decode>> = match &config.registry {
        Some(configured) => Some(Arc::new(registry::Decoder::new(Registry::new(configured)?, &configured.set_aside))),
        None if was_framed => Some(Arc::new(registry::Absent)),
        None => None,
    };
    let mut options = options(config);
    (options.decoder, options.framed_from) = (decoder, framed::from(config)?);
    Ok(options)
}

/// How many partitions the log had that the shards of this machine are of; none where no shard has seen a log. The
/// directories do not tell: a first start that was cut off leaves some of them.
fn partitions_on_disk(config: &Config) -> Result<Option<u32>, Error> {
    let known = shard::known_partitions(&config.data).map_err(|error| directory::failed(&config.data, &error))?;
    let shared = Shared::new(Settings::default());
    let origin = |partition| {
        let journal = shard::directory(&config.data, partition).join("journal");
        // A journal that cannot be read tells nothing here; its shard is opened later, and says why.
        Reader::open_read_only(&journal, &shared).ok()?.origin().ok()?
    };
    Ok(known.into_iter().find_map(origin).map(|origin| origin.partitions))
}

fn mebibytes(count: u64) -> usize {
    usize::try_from(count.saturating_mul(1 << 20)).unwrap_or(usize::MAX)
}

impl Opener {
    fn start(node: Weak<Node>, partitions: Option<u32>) -> Result<Self, Error> {
        let stopping = Arc::new((Mutex::new(false), Condvar::new()));
        let asked = Arc::clone(&stopping);
        let thread = std::thread::Builder::new()
            .name("opener".to_owned())
            .spawn(move || ask(&node, partitions, &asked))
            .map_err(|error| Error::Failed(format!("the thread that opens the log cannot be started: {error}")))?;
        Ok(Self { stopping, thread })
    }
}

/// Asks the log how many partitions it has, where that is not known, until it says so or nobody wants to know; and opens them.
fn ask(node: &Weak<Node>, partitions: Option<u32>, stopping: &(Mutex<bool>, Condvar)) {
    let mut pause = Duration::ZERO;
    loop {
        let stop = stopping.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (stop, _) = stopping.1.wait_timeout_while(stop, pause, |stop| !*stop).unwrap_or_else(PoisonError::into_inner);
        if *stop {
            return;
        }
        drop(stop);
        let Some(node) = node.upgrade() else { return };
        let known = partitions.map_or_else(|| node.log.partitions().map_err(Error::Log), Ok);
        if let Ok(partitions) = known
            && node.lacks_shards(partitions)
        {
            let detail = "shards that are not on this machine are fetched from their newest checkpoints, where there are any; nothing need be done";
            *node.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(log::Error::new(log::Code::ViewsBehind, detail.to_owned()));
        }
        let opened = known.and_then(|partitions| node.open_places(partitions));
        let mut trouble = node.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match opened {
            Ok(()) => {
                *trouble = None;
                return;
            }
            Err(Error::Log(error)) => {
                tracing::warn!(code = error.code.as_str(), detail = error.detail, "the log does not answer yet");
                *trouble = Some(error);
            }
            Err(_) if *stopping.0.lock().unwrap_or_else(PoisonError::into_inner) || node.is_ending() => return,
            Err(error) => {
                tracing::error!(%error, "the shards cannot be opened");
                *trouble = Some(log::Error::new(log::Code::Corrupt, error.to_string()));
                return;
            }
        }
        pause = (pause * 2).clamp(PAUSE_MIN, PAUSE_MAX);
    }
}
