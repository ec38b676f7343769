//! A partition that another node has: a snapshot of its views that it keeps for one answer, and its journal, to be read like those of
//! this machine.

use super::client::{ASK_WAIT_MAX, Client, Fault};
use super::wire::{Ask, Reply};
use ledger::entry::Recorded;
use ledger::journal;
use projections::answers::{self, Shard};
use projections::follower::Entries;
use projections::views::{self, Elsewhere, Page, Snapshot, Span};
use std::sync::Arc;
use std::time::Duration;

/// How long taking one may take: somebody else may have it, too.
const OPEN_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long giving it back may take.
const CLOSE_WAIT_MAX: Duration = Duration::from_millis(500);

/// A snapshot of a partition that another node keeps, until this is dropped.
pub struct Remote {
    client: Arc<Client>,
    url: String,
    partition: u32,
    session: u64,
    catalogue: Vec<u8>,
    count: u64,
    passed: Option<(u64, i64)>,
}

impl Remote {
    /// Has a node keep one.
    ///
    /// # Errors
    /// The node does not answer, or does not have it now.
    pub fn open(client: &Arc<Client>, url: &str, partition: u32) -> Result<Self, Fault> {
        match client.ask(url, &Ask::Open { partition }, OPEN_WAIT_MAX)? {
            Reply::Opened { session, catalogue, count, passed } => {
                Ok(Self { client: Arc::clone(client), url: url.to_owned(), partition, session, catalogue, count, passed })
            }
            other => Err(unexpected(url, &other)),
        }
    }

    /// The partition, to be asked like one of this machine.
    ///
    /// # Errors
    /// It was kept by a node of another version.
    pub fn shard(&self) -> Result<Shard<'_>, answers::Error> {
        Ok(Shard::of(self.partition, Snapshot::elsewhere(self, &self.catalogue)?, self))
    }

    fn asked(&self, ask: &Ask) -> Result<Reply, views::Error> {
        self.client.ask(&self.url, ask, ASK_WAIT_MAX).map_err(|fault| views::Error::Elsewhere(fault.to_string()))
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // Should it not be heard, the node lets the snapshot go by itself, because nothing is asked of it.
        if let Err(fault) = self.client.ask(&self.url, &Ask::Close { session: self.session }, CLOSE_WAIT_MAX) {
            tracing::debug!(%fault, "a snapshot of another node was not given back");
        }
    }
}

/// An answer to another question.
pub fn unexpected(url: &str, reply: &Reply) -> Fault {
    tracing::warn!(url, ?reply, "a node answered another question than it was asked");
    Fault::Refused { url: url.to_owned(), code: None, detail: "it answered another question".to_owned() }
}

impl Elsewhere for Remote {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, views::Error> {
        match self.asked(&Ask::Get { session: self.session, key: key.to_vec() })? {
            Reply::Value(value) => Ok(value),
            other => Err(views::Error::Elsewhere(unexpected(&self.url, &other).to_string())),
        }
    }

    fn page(&self, span: &Span) -> Result<Page, views::Error> {
        match self.asked(&Ask::Rows { session: self.session, span: span.clone() })? {
            Reply::Rows(page) => Ok(page),
            other => Err(views::Error::Elsewhere(unexpected(&self.url, &other).to_string())),
        }
    }
}

impl Entries for Remote {
    fn count(&self) -> u64 {
        self.count
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, views::Error> {
        match self.asked(&Ask::Entries { partition: self.partition, from, limit })? {
            Reply::Entries(packed) => journal::unpack(&packed).map_err(|error| views::Error::Elsewhere(error.to_string())),
            other => Err(views::Error::Elsewhere(unexpected(&self.url, &other).to_string())),
        }
    }

    fn passed(&self) -> Option<(u64, i64)> {
        self.passed
    }
}
