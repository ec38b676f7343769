//! The thread that writes checkpoints: one after the other, each partition that has moved since its last one.
//!
//! It follows the journals as streams do, with a progress of its own: a store that does not answer holds up neither the fold nor anything
//! else, is told, and is tried again at the next turn.

use super::looking::Looking;
use super::objects::Objects;
use super::status::{Shared, Status};
use super::waiting::Beside;
use super::writing::{self, Known, Written};
use super::{Error, Whose};
use ledger::journal::Reader;
use projections::views::Views;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a checkpoint is made of.
pub struct Source {
    /// Which shard.
    pub whose: Whose,
    /// Its directory.
    pub directory: PathBuf,
    /// Its journal.
    pub journal: Reader,
    /// Its views; none while they are closed.
    pub views: Option<Views>,
}

impl Source {
    /// How many entries its views have; nothing while they are closed.
    pub(super) fn viewed(&self) -> Option<u64> {
        self.views.as_ref()?.catalogue().ok().map(|catalogue| catalogue.live.checkpoint.next_entry)
    }
}

/// The shards that this node writes checkpoints of.
pub trait Shards: Send {
    /// Their partitions, as of now.
    fn partitions(&self) -> Vec<u32>;
    /// What a checkpoint of one is made of; none where there is to be none now. It is asked for when its turn comes and let go as soon as its
    /// files are linked, so that a shard that is closed meanwhile is closed.
    fn source(&self, partition: u32) -> Option<Source>;
}

/// Checkpoints of a node.
pub struct Checkpoints {
    objects: Arc<Objects>,
    every: Duration,
    kept: usize,
    shared: Arc<Shared>,
    looking: Looking,
    thread: Mutex<Option<Beside>>,
}

impl Checkpoints {
    /// Nothing is written yet: see [`Checkpoints::start`].
    pub fn new(objects: Objects, every: Duration, kept: usize) -> Self {
        let (objects, shared) = (Arc::new(objects), Arc::<Shared>::default());
        let looking = Looking::new(Arc::clone(&objects), Arc::clone(&shared));
        Self { objects, every, kept, shared, looking, thread: Mutex::new(None) }
    }

    /// Makes the directory of a shard that has none from the newest checkpoint that is whole, where there is one; what cannot be had is
    /// told, and the shard is folded from the log. Asked again and again, it says once whether the shard may be opened now.
    #[must_use]
    pub fn is_looked_for(&self, whose: &Whose, data: &Path) -> bool {
        self.looking.is_looked_for(whose, data)
    }

    /// The same, and waits; false only where the node ends.
    #[must_use]
    pub fn look_for(&self, whose: &Whose, data: &Path) -> bool {
        self.looking.look_for(whose, data)
    }

    /// Starts the thread that writes them.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn start(&self, shards: Box<dyn Shards>) -> std::io::Result<()> {
        let (objects, shared, every, kept) = (Arc::clone(&self.objects), Arc::clone(&self.shared), self.every, self.kept);
        let thread = Beside::start("checkpoints", move || {
            let mut known = BTreeMap::new();
            while !shared.rest(every) {
                let partitions = shards.partitions();
                // Of what is another node's now nothing is told any more.
                for (_, status) in shared.lock().iter_mut().filter(|(partition, _)| !partitions.contains(partition)) {
                    (status.entries, status.viewed, status.current_at, status.trouble) = (None, None, None, None);
                }
                known.retain(|partition, _| partitions.contains(partition));
                for partition in partitions {
                    if shared.stopping() {
                        return;
                    }
                    if let Some(source) = shards.source(partition) {
                        turn(&objects, &shared, source, kept, known.entry(partition).or_default());
                    }
                }
            }
        })?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }

    /// How far each partition's are.
    pub fn statuses(&self) -> BTreeMap<u32, Status> {
        self.shared.lock().clone()
    }

    /// Where they are kept.
    pub fn place(&self) -> &str {
        self.objects.place()
    }

    /// Whether it was asked to end.
    pub fn is_ending(&self) -> bool {
        self.shared.stopping()
    }

    /// Has everything end, after the part of a file that it is at.
    pub fn end_soon(&self) {
        self.shared.stop();
    }

    /// Ends the threads, and waits for them.
    pub fn stop(&self) {
        self.end_soon();
        let fetching = self.looking.take();
        let writing = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        fetching.into_iter().chain(writing).for_each(Beside::end);
    }
}

/// What is known of a partition, and the last checkpoint of it: its entries, its cursor, and how many entries its views have.
type Kept = (Known, Option<(u64, i64, Option<u64>)>);

/// Writes a checkpoint of one partition, where it has moved.
fn turn(objects: &Objects, shared: &Shared, source: Source, kept: usize, (known, last): &mut Kept) {
    let (partition, at) = (source.whose.partition, source.journal.snapshot());
    let (now, viewed) = ((at.count(), at.cursor()), source.viewed());
    drop(at);
    if now.1 == 0 {
        return;
    }
    // Views that got further make another one: whoever opens it folds what they lack.
    if last.is_some_and(|(entries, cursor, before)| (entries, cursor) == now && before >= viewed) {
        shared.lock().entry(partition).or_default().current_at = Some(jiff::Timestamp::now());
        return;
    }
    let failed = |error: &Error| {
        let mut statuses = shared.lock();
        let status = statuses.entry(partition).or_default();
        status.failures += 1;
        // Once for as long as it lasts.
        let is_new = status.trouble.is_none();
        status.trouble = Some(error.to_string());
        is_new
    };
    match writing::write(objects, source, kept, known, &|| shared.stopping()) {
        Ok(Written { entries, cursor, viewed, bytes, stored_bytes, unpruned }) => {
            *last = Some((entries, cursor, viewed));
            tracing::info!(partition, entries, bytes, stored_bytes, "a checkpoint is written");
            let mut statuses = shared.lock();
            let status = statuses.entry(partition).or_default();
            (status.entries, status.viewed) = (Some(entries), viewed);
            status.current_at = Some(jiff::Timestamp::now());
            status.written += 1;
            status.stored_bytes += stored_bytes;
            match unpruned {
                None => status.trouble = None,
                Some(error) => {
                    drop(statuses);
                    if failed(&error) {
                        tracing::error!(partition, %error, "older checkpoints cannot be removed; it is tried again");
                    }
                }
            }
        }
        Err(Error::Stopped) => {}
        Err(error) => {
            if failed(&error) {
                tracing::error!(partition, %error, "a checkpoint cannot be written; it is tried again");
            }
        }
    }
}
