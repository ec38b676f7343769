//! Topics out: every entry, what was bought, what was set aside, and how far each node is. Each partition of each is a sink of
//! the journal with a place of its own, found in the topic itself.
//!
//! | file | what it knows |
//! |---|---|
//! | `output` | a sink that writes what a stream makes of entries, each record exactly once |
//! | `place` | where to go on: the topic's last record, or what is kept beside the journal |
//! | `envelope` | the headers that say what a record is: CloudEvents |
//! | `entries` | every entry, with the balances after it |
//! | `consumption` | purchases and what changed them, with nothing of a person |
//! | `dead_letters` | records that were set aside, as they came, card data masked |
//! | `set_aside` | finds a record that was set aside in the log again |
//! | `wallet` | what a merchant has around an entry |
//! | `heads` | how far this node's journals are, each second |
//!
//! Nothing here holds up the fold, the views, or another stream. What stands still is in `/readyz` and `/metrics`, and goes on by
//! itself.

mod consumption;
mod dead_letters;
mod entries;
mod envelope;
mod heads;
mod output;
mod place;
mod set_aside;
pub mod wallet;

pub use heads::{Heads, JournalHead, url};
pub use place::Kept;

use crate::config::{Config, Encoding};
use crate::registry::{Encoder, Registry};
use ledger::journal::Reader;
use ledger::log::kafka::stream::{Keeps, StreamTopic};
use ledger::log::kafka::{Options, Outgoing};
use ledger::log::{self, Log};
use ledger::shard;
use output::Output;
use projections::follower::{Follower, Following, Sink, SinkProgress, Tail, Turns, Waker, Yield};
use schemas::wire::output as records;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// A stream, by its key in `[streams]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// Every entry.
    Entries,
    /// Purchases and what changed them.
    Consumption,
    /// What was set aside.
    DeadLetters,
}

impl Stream {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Entries, Self::Consumption, Self::DeadLetters];

    /// Its key in `[streams]`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Consumption => "consumption",
            Self::DeadLetters => "dead_letters",
        }
    }
}

/// What a stream makes of entries.
trait Render: Send {
    /// Adds what an entry says to the records, in order; nothing where it says nothing.
    fn render(&mut self, entry: &ledger::entry::Recorded, records: &mut Vec<Outgoing>) -> Result<(), log::Error>;
}

/// What one stream of one partition does now.
#[derive(Clone, Debug)]
pub struct StreamStatus {
    /// Which stream.
    pub stream: Stream,
    /// Its topic.
    pub topic: String,
    /// Which partition.
    pub partition: u32,
    /// How far it is.
    pub progress: SinkProgress,
    /// How many entries it is behind its journal.
    pub behind: u64,
}

/// The topics that are written, shared by all partitions.
pub struct Topics {
    input: String,
    partitions: u32,
    encoding: Encoding,
    registry: Option<Registry>,
    topics: Vec<(Stream, Arc<StreamTopic>)>,
    /// Of the streams of all partitions.
    turns: Arc<Turns>,
}

impl Topics {
    /// Those that are configured. Nothing is asked of Kafka yet.
    ///
    /// # Errors
    /// The client library refuses its options.
    pub fn open(config: &Config, options: &Options, partitions: u32) -> Result<Self, log::Error> {
        let Some(brokers) = config.brokers.clone() else { return Ok(Self::none()) };
        let topic = |stream: Stream| topic_of(config, stream).map(|name| (stream, name));
        let connect = |name: &str| StreamTopic::connect(&brokers, name, options.clone(), Keeps::EveryRecord);
        let topics = Stream::ALL.into_iter().filter_map(topic).map(|(stream, name)| Ok((stream, Arc::new(connect(name)?))));
        let topics = topics.collect::<Result<_, log::Error>>()?;
        let registry = config.registry.as_ref().map(Registry::new).transpose()?;
        Ok(Self { input: config.topic.clone(), partitions, encoding: config.streams.encoding, registry, topics, turns: Arc::default() })
    }

    /// What an operator should know of them although they are written.
    pub fn warnings(&self) -> Vec<log::Warning> {
        self.topics.iter().flat_map(|(_, topic)| topic.warnings()).collect()
    }

    /// What values of a stream are encoded by; dead letters stay as they came.
    fn encoder(&self, stream: Stream, topic: &str) -> Result<Option<Encoder>, log::Error> {
        let record = match stream {
            Stream::Entries => records::ENTRY.name,
            Stream::Consumption => records::CONSUMPTION.name,
            Stream::DeadLetters => return Ok(None),
        };
        Encoder::new(self.encoding, self.registry.as_ref(), topic, record)
    }

    fn none() -> Self {
        Self { input: String::new(), partitions: 0, encoding: Encoding::Json, registry: None, topics: Vec::new(), turns: Arc::default() }
    }
}

/// The topic of a stream; none where it is off.
fn topic_of(config: &Config, stream: Stream) -> Option<&String> {
    match stream {
        Stream::Entries => config.streams.entries.as_ref(),
        Stream::Consumption => config.streams.consumption.as_ref(),
        Stream::DeadLetters => config.streams.dead_letters.as_ref(),
    }
}

/// What a partition's streams are made of.
pub struct Sources {
    /// Which partition.
    pub partition: u32,
    /// The directory of its shard.
    pub directory: std::path::PathBuf,
    /// Its journal.
    pub journal: Reader,
    /// Its views.
    pub follower: Arc<Follower>,
    /// Its shard.
    pub shard: Arc<shard::Handle>,
    /// The log, for the records of what was set aside.
    pub log: Arc<dyn Log>,
}

/// Who is to be woken when a partition has more. Made before those are.
#[derive(Clone, Default)]
pub struct Wakers(Arc<RwLock<Vec<Waker>>>);

impl Wakers {
    /// Wakes all of them.
    pub fn wake(&self) {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().for_each(Waker::wake);
    }

    /// Nobody is to be woken any more.
    pub fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// One more.
    pub fn add(&self, waker: Waker) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(waker);
    }
}

/// The streams of one partition.
pub struct Streams {
    partition: u32,
    journal: Reader,
    tails: Vec<(Stream, String, Tail)>,
    /// Sinks of others that follow the same journal.
    others: Vec<Tail>,
}

/// Records that the fold or the views are behind, from which on streams leave the machine to them.
const BUSY_RECORDS: u64 = 20_000;

/// Between the beginnings of two transactions of a stream: each costs a broker some requests and markers, however much is in it.
const TRANSACTIONS_APART: Duration = Duration::from_millis(40);

impl Streams {
    /// Starts those that are configured.
    ///
    /// # Errors
    /// There are no threads for them.
    pub fn start(topics: &Topics, sources: &Sources, wakers: &Wakers) -> Result<Self, log::Error> {
        let mut tails = Vec::new();
        for (stream, topic) in &topics.topics {
            let (partition, follower, shard) = (sources.partition, Arc::clone(&sources.follower), Arc::clone(&sources.shard));
            let viewed = Arc::clone(&follower);
            let limit: Box<dyn Fn() -> u64 + Send> = match stream {
                // An entry is told with the balances after it, which the views know.
                Stream::Entries => Box::new(move || viewed.progress().checkpoint.next_entry),
                Stream::Consumption | Stream::DeadLetters => Box::new(|| u64::MAX),
            };
            let journal = sources.journal.clone();
            let busy = Box::new(move || {
                let behind = journal.count().saturating_sub(follower.progress().checkpoint.next_entry);
                behind > BUSY_RECORDS || shard.status().lag > BUSY_RECORDS
            });
            let envelope = envelope::Envelope::new(&topics.input, partition, &sources.journal);
            let render: Box<dyn Render> = match stream {
                Stream::Entries => Box::new(entries::Entries::new(partition, sources, envelope.clone())),
                Stream::Consumption => Box::new(consumption::Consumption::new(sources, envelope.clone())),
                Stream::DeadLetters => Box::new(dead_letters::DeadLetters::new(topics, sources, Arc::clone(topic), envelope.clone())),
            };
            let kept = Kept::of(&sources.directory, topic.name());
            let encoder = topics.encoder(*stream, topic.name())?;
            let output = Output::new(Arc::clone(topic), partition, topics.partitions, envelope, kept, render).encoded(encoder);
            let name = format!("{}-{partition:04}", stream.as_str());
            let yields = Some(Yield { busy, turns: Arc::clone(&topics.turns) });
            let following = Following { name, entries: Arc::new(sources.journal.clone()), limit, yields, apart: TRANSACTIONS_APART };
            let tail = Tail::spawn(following, Box::new(output))?;
            wakers.add(tail.waker());
            tails.push((*stream, topic.name().to_owned(), tail));
        }
        Ok(Self { partition: sources.partition, journal: sources.journal.clone(), tails, others: Vec::new() })
    }

    /// One more sink, which follows as far as the views are.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn also(&mut self, name: &str, sink: Box<dyn Sink>, follower: &Arc<Follower>, wakers: &Wakers) -> Result<(), log::Error> {
        let viewed = Arc::clone(follower);
        let limit = Box::new(move || viewed.progress().checkpoint.next_entry);
        let name = format!("{name}-{:04}", self.partition);
        let following = Following { name, entries: Arc::new(self.journal.clone()), limit, yields: None, apart: Duration::ZERO };
        let tail = Tail::spawn(following, sink)?;
        wakers.add(tail.waker());
        self.others.push(tail);
        Ok(())
    }

    /// What each does now.
    pub fn statuses(&self) -> Vec<StreamStatus> {
        let count = self.journal.count();
        let status = |(stream, topic, tail): &(Stream, String, Tail)| {
            let progress = tail.progress();
            let behind = count.saturating_sub(progress.next_entry.unwrap_or(0));
            StreamStatus { stream: *stream, topic: topic.clone(), partition: self.partition, progress, behind }
        };
        self.tails.iter().map(status).collect()
    }

    /// Ends every thread, after the transaction that it is at.
    pub fn stop(&self) {
        let all = || self.tails.iter().map(|(.., tail)| tail).chain(&self.others);
        all().for_each(Tail::ask_to_stop);
        all().for_each(Tail::stop);
    }
}
