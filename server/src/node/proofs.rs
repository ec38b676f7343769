//! The trees over the journals: the root of each, and proofs that an entry is in it.
//!
//! Trees grow in the background, [`IN_BACKGROUND`] entries a second in all, and by whoever asks, [`BY_ASKER`] at most. A journal that is
//! behind its log, or ahead of its views, by more than [`BUSY`] is left alone: behind a fast load trees come later than answers. While a
//! record of very many entries is folded, none grows in the background.

use super::local::Local;
use super::place::{Place, Source};
use super::{Error, JournalHead, Node};
use crate::cluster::wire::{Ask, Reply};
use ledger::entry::Recorded;
use ledger::format::other_half;
use ledger::journal::{Hash, Snapshot};
use ledger::tree::{Step, Tree};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

/// Entries that are taken in each second, of all journals together.
const IN_BACKGROUND: u64 = 32_768;
/// Entries that a question takes in, if no more are missing.
const BY_ASKER: u64 = 65_536;
/// Records or entries behind, from which on the machine is left to the fold and the views.
const BUSY: u64 = 20_000;
const EVERY: Duration = Duration::from_secs(1);

/// That an entry is in a journal.
#[derive(Clone, Debug)]
pub struct Proof {
    /// It.
    pub entry: Recorded,
    /// The hash of what is not its merchant's of it.
    pub others: Hash,
    /// From its leaf to the root.
    pub path: Vec<Step>,
    /// Over how many entries the root is.
    pub entries: u64,
    /// The root.
    pub root: Hash,
}

impl Place {
    /// How far its journal is, wherever that lies.
    pub fn head(&self) -> Result<JournalHead, Error> {
        let partition = self.partition();
        match self.source()? {
            Source::Local(local) => local.head(),
            Source::Remote(others, url) => match self.asked(&others, &url, &Ask::Head { partition })? {
                Reply::Head { entries, position, head, root } => Ok(JournalHead { partition, entries, position, head, root }),
                other => Err(others.failed(partition, &crate::cluster::remote::unexpected(&url, &other))),
            },
        }
    }
}

impl Local {
    /// How far the journal is, with the root where all entries are in the tree.
    pub fn head(&self) -> Result<JournalHead, Error> {
        let snapshot = self.journal()?.snapshot();
        let entries = snapshot.count();
        let root = self.grown(&snapshot)?.root(&snapshot, entries)?.map(|root| root.to_string());
        Ok(JournalHead { partition: self.partition(), entries, position: snapshot.cursor() - 1, head: snapshot.head().to_string(), root })
    }

    /// That an entry is among the first so many, by default all; `None` where it is not.
    ///
    /// # Errors
    /// The journal cannot be read; or the tree is not so far, which passes.
    pub fn proof(&self, number: u64, entries: Option<u64>) -> Result<Option<Proof>, Error> {
        let snapshot = self.journal()?.snapshot();
        let entries = entries.unwrap_or_else(|| snapshot.count());
        let Some(entry) = snapshot.entry(number)?.filter(|entry| entry.number < entries && entries <= snapshot.count()) else { return Ok(None) };
        let tree = self.grown(&snapshot)?;
        let (Some(root), Some(path)) = (tree.root(&snapshot, entries)?, tree.path(&snapshot, number, entries)?) else {
            let detail = format!("its tree has {} of {entries} entries, and grows; ask again later", tree.entries());
            return Err(Error::Unavailable { partition: self.partition(), code: None, detail });
        };
        let others = blake3::hash(&other_half(&entry.row).map_err(|unreadable| Error::Failed(unreadable.to_string()))?);
        Ok(Some(Proof { entry, others, path, entries, root }))
    }

    /// The tree with what is missing, if that is not too much.
    fn grown(&self, snapshot: &Snapshot) -> Result<MutexGuard<'_, Tree>, Error> {
        let mut tree = self.tree();
        if snapshot.count().saturating_sub(tree.entries()) <= BY_ASKER || !tree.is_open() {
            tree.grow(snapshot, BY_ASKER)?;
        }
        Ok(tree)
    }

    /// Takes in what is missing, at most so many entries, and answers how many it took; nothing while the fold or the views are busy.
    fn grow(&self, most: u64) -> Result<u64, Error> {
        let status = self.status();
        if status.lag > BUSY || status.entries.saturating_sub(status.viewed) > BUSY {
            return Ok(0);
        }
        let snapshot = self.journal()?.snapshot();
        let mut tree = self.tree();
        let before = tree.entries();
        tree.grow(&snapshot, most)?;
        Ok(tree.entries().saturating_sub(before).min(most))
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        // What a panic left is whole blocks, as ever.
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the trees grow until the server ends.
pub async fn keep(node: Arc<Node>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if node.large().is_some_and(|large| large.is_busy()) {
            continue;
        }
        let growing = Arc::clone(&node);
        let grown = tokio::task::spawn_blocking(move || {
            let mut left = IN_BACKGROUND;
            for place in growing.locals() {
                // What cannot be read is told by whoever needs it.
                left -= place.grow(left).unwrap_or(0);
                if left == 0 {
                    break;
                }
            }
        });
        if grown.await.is_err() {
            tracing::error!("the growing of the trees ended in a panic");
            return;
        }
    }
}
