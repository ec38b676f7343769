//! Checkpoints of this node's partitions: a shard that has no directory is opened from one, and each partition's are written.

use super::{Error, Node, Place};
use crate::checkpoints::{Checkpoints, Objects, Shards, Source, Whose};
use crate::config::Config;
use ledger::directory::Ledger;
use ledger::journal::{self, Reader};
use ledger::shard::{self, State};
use std::path::Path;
use std::sync::{Arc, Weak};

/// Where they are kept; nothing where that is nowhere.
pub(super) fn connect(config: &Config) -> Result<Option<Checkpoints>, Error> {
    let Some(place) = &config.checkpoints.place else { return Ok(None) };
    let objects = Objects::open(place).map_err(|error| Error::Failed(format!("checkpoints: {error}")))?;
    Ok(Some(Checkpoints::new(objects, config.checkpoints.every, config.checkpoints.kept)))
}

impl Node {
    /// Checkpoints, where they are kept.
    pub const fn checkpoints(&self) -> Option<&Checkpoints> {
        self.checkpoints.as_ref()
    }

    /// Whether a shard that has folded nothing may be opened: first its directory is made from its newest checkpoint, where there is one.
    /// Beside the caller, who asks again, or while he waits.
    pub(super) fn is_looked_for(&self, partition: u32, partitions: u32, beside: bool) -> bool {
        let Some(checkpoints) = &self.checkpoints else { return true };
        let data = &self.config.data;
        let directory = shard::directory(data, partition);
        if directory.exists() {
            if !is_empty(&directory) {
                return true;
            }
            // It was made while the place of the checkpoints did not answer, and nothing came into it: a log that has not all of it any more
            // would never fill it.
            if let Err(error) = std::fs::remove_dir_all(&directory) {
                tracing::warn!(partition, %error, "the shard's empty directory cannot be removed: no checkpoint is looked for");
                return true;
            }
        }
        let known = Ledger::read(data).ok().flatten().map(|ledger| ledger.identity);
        match known.map_or_else(|| self.log.identity(), Ok) {
            Ok(identity) => {
                let whose = Whose { partitions, identity, partition };
                if beside { checkpoints.is_looked_for(&whose, data) } else { checkpoints.look_for(&whose, data) }
            }
            Err(error) => {
                tracing::warn!(partition, detail = error.detail, "the log does not say which it is: no checkpoint is looked for");
                true
            }
        }
    }

    /// Whether a node that is alone has checkpoints to look for first, for shards that are not on this machine.
    pub(super) fn lacks_shards(&self, partitions: u32) -> bool {
        self.checkpoints.is_some() && self.nodes.is_none() && (0..partitions).any(|partition| lacks(&shard::directory(&self.config.data, partition)))
    }

    /// Whether it was asked to end while it looked for checkpoints.
    pub(super) fn is_ending(&self) -> bool {
        self.checkpoints.as_ref().is_some_and(Checkpoints::is_ending)
    }

    /// Starts to write them.
    pub(super) fn start_checkpoints(self: &Arc<Self>) -> Result<(), Error> {
        let Some(checkpoints) = &self.checkpoints else { return Ok(()) };
        let shards = Box::new(OfNode(Arc::downgrade(self)));
        checkpoints.start(shards).map_err(|error| Error::Failed(format!("the thread that writes checkpoints cannot be started: {error}")))
    }
}

/// Whether a shard is not on this machine, or has folded nothing.
fn lacks(directory: &Path) -> bool {
    !directory.exists() || is_empty(directory)
}

/// Memory for a look at a journal, in bytes.
const LOOKING_BYTES: usize = 1 << 20;

/// Whether a shard's journal can be read, and nothing of the log was folded into it.
fn is_empty(directory: &Path) -> bool {
    let looking = journal::Shared::new(journal::Settings { cache_bytes: LOOKING_BYTES, write_buffer_bytes: LOOKING_BYTES, ..journal::Settings::default() });
    let journal = Reader::open_read_only(&directory.join("journal"), &looking);
    journal.is_ok_and(|journal| journal.count() == 0 && journal.cursor() == 0)
}

/// The shards that this node owns.
struct OfNode(Weak<Node>);

impl Shards for OfNode {
    fn partitions(&self) -> Vec<u32> {
        let Some(node) = self.0.upgrade() else { return Vec::new() };
        let owned = |place: &&Place| place.local().is_some_and(|local| local.is_owned());
        node.places().iter().filter(owned).map(Place::partition).collect()
    }

    /// None of a shard that is halted or has blocks that cannot be read: what is damaged here is not to take the place of what is whole there.
    fn source(&self, partition: u32) -> Option<Source> {
        let node = self.0.upgrade()?;
        let place = node.place(partition)?;
        let local = place.local()?;
        if place.differs() || local.status().state == State::Halted {
            return None;
        }
        let journal = local.journal().ok()?;
        if journal.trouble().is_some() {
            return None;
        }
        let origin = journal.origin().ok()??;
        let whose = Whose { partitions: origin.partitions, identity: origin.identity, partition };
        Some(Source { whose, directory: shard::directory(&node.config.data, partition), journal, views: local.views().ok() })
    }
}
