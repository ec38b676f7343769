//! The compacted topic of heads: how far each of this node's journals is, and the hash of everything in it, so that whoever
//! folds the same log can compare. A record a second at most for a partition, and none while nothing moves.

use super::envelope::JSON;
use crate::config::Config;
use crate::registry::{Encoder, Registry};
use crate::shape::position_text;
use jiff::Timestamp;
use ledger::log::kafka::stream::{Keeps, StreamTopic};
use ledger::log::kafka::{Options, Outgoing, Publisher};
use ledger::log::{self, Code};
use schemas::wire::output::HEAD;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two records of one partition.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// The longest pause after a failure.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// What kind of record it is.
const KIND: &str = "ledger.head.v1";

/// How far a journal is, and the hash of everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// Which partition.
    pub partition: u32,
    /// How many entries it has.
    pub entries: u64,
    /// The last offset in it; −1 before the first.
    pub position: i64,
    /// The chain up to the last entry, as hexadecimal digits.
    pub head: String,
    /// The root of the tree over all entries, as hexadecimal digits; none while the tree is far behind.
    pub root: Option<String>,
}

/// A record of the topic.
#[derive(Debug, Serialize)]
struct HeadValue {
    partition: u32,
    node: String,
    url: String,
    entries: u64,
    position: String,
    head: String,
}

/// Asks how many partitions there are, and for their heads as they are now.
pub type Ask = Box<dyn Fn() -> (u32, Vec<JournalHead>) + Send>;

/// What the thread and its handle share.
#[derive(Default)]
struct Inner {
    stop: Mutex<bool>,
    wake: Condvar,
    trouble: Mutex<Option<(log::Error, Timestamp)>>,
}

/// Tells heads until it is stopped.
pub struct Heads {
    inner: Arc<Inner>,
    topic: Arc<StreamTopic>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Teller {
    publisher: Publisher,
    topic: Arc<StreamTopic>,
    encoder: Option<Encoder>,
    source: String,
    node: String,
    url: String,
    told: BTreeMap<u32, (u64, i64)>,
    is_made: bool,
}

impl Heads {
    /// Starts to tell them, where a topic is configured.
    ///
    /// # Errors
    /// The client library refuses its options, or there is no thread.
    pub fn start(config: &Config, options: &Options, ask: Ask) -> Result<Option<Self>, log::Error> {
        let (Some(brokers), Some(name)) = (&config.brokers, &config.streams.heads) else { return Ok(None) };
        let registry = config.registry.as_ref().map(Registry::new).transpose()?;
        let topic = Arc::new(StreamTopic::connect(brokers, name, options.clone(), Keeps::LastOfEachKey)?);
        let teller = Teller {
            publisher: Publisher::connect(brokers, options.clone())?,
            topic: Arc::clone(&topic),
            encoder: Encoder::new(config.streams.encoding, registry.as_ref(), name, HEAD.name)?,
            source: format!("/ledger/{}", config.topic),
            node: config.streams.node.clone(),
            url: url(config),
            told: BTreeMap::new(),
            is_made: false,
        };
        let inner = Arc::new(Inner::default());
        let its_inner = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name("heads".to_owned())
            .spawn(move || run(teller, &ask, &its_inner))
            .map_err(|error| log::Error::new(Code::TooManyFiles, format!("no thread that tells heads: {error}")))?;
        Ok(Some(Self { inner, topic, thread: Mutex::new(Some(thread)) }))
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        self.topic.name()
    }

    /// What an operator should know of the topic although it is written.
    pub fn warnings(&self) -> Vec<log::Warning> {
        self.topic.warnings()
    }

    /// Why heads are not told now, and since when.
    pub fn trouble(&self) -> Option<(log::Error, Timestamp)> {
        self.inner.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the thread and waits for it.
    pub fn stop(&self) {
        *self.inner.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.inner.wake.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // What asks may hold the last reference to the node, and then must not wait for itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id())
            && thread.join().is_err()
        {
            tracing::error!("the thread that tells heads ended in a panic");
        }
    }
}

impl Drop for Heads {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where others reach this node: as configured, else where it listens.
pub fn url(config: &Config) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    config.streams.advertise.clone().unwrap_or_else(|| format!("{scheme}://{}", config.listen))
}

fn run(mut teller: Teller, ask: &Ask, inner: &Inner) {
    let mut pause = TELL_EVERY;
    loop {
        let stop = inner.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let (stop, _) = inner.wake.wait_timeout_while(stop, pause, |stop| !*stop).unwrap_or_else(PoisonError::into_inner);
        let stopping = *stop;
        drop(stop);
        let outcome = teller.tell(ask());
        let mut trouble = inner.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(()) => (*trouble, pause) = (None, TELL_EVERY),
            Err(error) => {
                if trouble.is_none() {
                    tracing::warn!(code = error.code.as_str(), detail = error.detail, "heads are not told; it is tried again");
                }
                let since = trouble.take().map_or_else(Timestamp::now, |(_, since)| since);
                *trouble = Some((error, since));
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
        if stopping {
            return;
        }
    }
}

impl Teller {
    fn tell(&mut self, (partitions, heads): (u32, Vec<JournalHead>)) -> Result<(), log::Error> {
        let moved: Vec<JournalHead> = heads.into_iter().filter(|head| self.told.get(&head.partition) != Some(&(head.entries, head.position))).collect();
        if moved.is_empty() {
            return Ok(());
        }
        if !self.is_made {
            match self.topic.look() {
                Err(error) if error.code == Code::TopicMissing => self.topic.make(partitions).map(drop)?,
                found => self.check(partitions, found?.1)?,
            }
            if let Some(encoder) = &mut self.encoder {
                encoder.open()?;
            }
            self.is_made = true;
        }
        let records = moved.iter().map(|head| self.record(head)).collect::<Result<_, _>>()?;
        self.publisher.publish(records)?;
        self.told.extend(moved.into_iter().map(|head| (head.partition, (head.entries, head.position))));
        Ok(())
    }

    /// Whether the topic is this ledger's: the nodes of another one would write over its heads, as it over theirs.
    fn check(&self, partitions: u32, found: u32) -> Result<(), log::Error> {
        let foreign = |what: String| {
            let detail = format!(
                "topic {}{what}; nothing is written there. Give this ledger a topic of its own in [streams] heads, or make this one again",
                self.topic.name()
            );
            Err(log::Error::new(Code::StreamForeign, detail))
        };
        if found != partitions {
            return foreign(format!(" has {found} partitions, and the input {partitions}"));
        }
        for partition in 0..partitions {
            let last = self.topic.last(partition)?;
            if let Some(source) = last.map(|last| last.header("ce_source").unwrap_or("nobody that is known").to_owned())
                && source != self.source
            {
                return foreign(format!(", partition {partition}: the last record is of {source}"));
            }
        }
        self.topic.look_over();
        Ok(())
    }

    fn record(&self, head: &JournalHead) -> Result<Outgoing, log::Error> {
        let value = HeadValue {
            partition: head.partition,
            node: self.node.clone(),
            url: self.url.clone(),
            entries: head.entries,
            position: position_text(head.partition, head.position),
            head: head.head.clone(),
        };
        let value = serde_json::to_vec(&value).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))?;
        let id = format!("{}:{}/{}", head.partition, head.entries, self.node);
        let headers = [("ce_specversion", "1.0"), ("ce_id", &id), ("ce_source", &self.source), ("ce_type", KIND), ("content-type", JSON)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
        let key = Some(format!("{}/{}", head.partition, self.node).into_bytes());
        let mut record = Outgoing { topic: self.topic.name().to_owned(), partition: Some(head.partition), key, value: Some(value), headers };
        self.encoder.iter().try_for_each(|encoder| encoder.encode_record(&mut record))?;
        Ok(record)
    }
}
