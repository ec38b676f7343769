//! One partition, wherever it lies: on this machine, or on another node. Whoever asks it does not see where.

use super::error::Error;
use super::local::{Local, ShardStatus};
use super::progress::Progress;
pub use crate::cluster::answering::{HEAD_MISMATCH, NOT_HELD, Route};
use crate::cluster::client::ASK_WAIT_MAX;
use crate::cluster::wire::{Ask, Reply};
use crate::cluster::{Client, Fault, Remote};
use ledger::journal::Reader;
use ledger::shard::State;
use projections::answers::{self, Cut, Shard};
use projections::views::Views;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// How often another node is asked where one does not answer.
const AGAIN_MAX: usize = 3;

/// Says who answers for partitions, and asks them.
pub trait Others: Send + Sync {
    /// Who answers for one.
    fn route(&self, partition: u32) -> Route;
    /// Asks other nodes.
    fn client(&self) -> &Arc<Client>;
    /// A node did not answer: one that was not reached is left out.
    fn failed(&self, partition: u32, fault: &Fault) -> Error;
}

/// Where a question about a partition is answered.
pub enum Source {
    /// Here.
    Local(Arc<Local>),
    /// By another node, at this address.
    Remote(Arc<dyn Others>, String),
}

/// One partition.
pub struct Place {
    partition: u32,
    progress: Arc<Progress>,
    /// Nothing while it does not lie on this machine.
    local: RwLock<Option<Arc<Local>>>,
    /// Who has it otherwise; nothing on a node that is alone.
    elsewhere: Option<Arc<dyn Others>>,
    /// Why it answers nothing any more: its head is not another node's.
    differs: OnceLock<String>,
}

/// A snapshot that answers are read from.
pub enum Kept {
    /// Of this machine.
    Local(Reader, Views),
    /// Of another node.
    Remote(Box<Remote>),
}

impl Kept {
    /// To be asked.
    pub fn shard(&self, partition: u32) -> Result<Shard<'_>, answers::Error> {
        match self {
            Self::Local(journal, views) => Shard::new(partition, views, journal),
            Self::Remote(remote) => remote.shard(),
        }
    }
}

impl Place {
    pub(super) fn new(partition: u32, elsewhere: Option<Arc<dyn Others>>) -> Self {
        Self { partition, progress: Arc::default(), local: RwLock::default(), elsewhere, differs: OnceLock::new() }
    }

    /// Which partition.
    pub const fn partition(&self) -> u32 {
        self.partition
    }

    /// How far it is on this machine.
    pub const fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// What lies on this machine of it, whoever answers.
    pub fn local(&self) -> Option<Arc<Local>> {
        self.local.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn put(&self, local: Option<Arc<Local>>) -> Option<Arc<Local>> {
        std::mem::replace(&mut *self.local.write().unwrap_or_else(PoisonError::into_inner), local)
    }

    /// Says that its head is not another node's: it answers nothing any more. Whether that is new.
    pub(super) fn differ(&self, detail: String) -> bool {
        self.differs.set(detail).is_ok()
    }

    /// Whether its head is not another node's.
    pub fn differs(&self) -> bool {
        self.differs.get().is_some()
    }

    /// Where it is answered.
    pub fn source(&self) -> Result<Source, Error> {
        let unavailable = |code, detail| Error::Unavailable { partition: self.partition, code: Some(code), detail };
        if let Some(detail) = self.differs.get() {
            return Err(unavailable(HEAD_MISMATCH, detail.clone()));
        }
        let nowhere = || unavailable(NOT_HELD, "no node has it now".to_owned());
        let Some(elsewhere) = &self.elsewhere else { return self.local().map(Source::Local).ok_or_else(nowhere) };
        match elsewhere.route(self.partition) {
            Route::Here => self.local().map(Source::Local).ok_or_else(nowhere),
            Route::At(url) => Ok(Source::Remote(Arc::clone(elsewhere), url)),
            Route::Nobody(code, detail) => Err(unavailable(code, detail)),
        }
    }

    /// What lies here of it.
    pub fn here(&self) -> Result<Arc<Local>, Error> {
        let detail = || "it does not lie on this node".to_owned();
        self.local().ok_or_else(|| Error::Unavailable { partition: self.partition, code: Some(NOT_HELD), detail: detail() })
    }

    /// A snapshot, to be read.
    pub fn keep(&self) -> Result<Kept, Error> {
        self.kept(AGAIN_MAX)
    }

    fn kept(&self, again: usize) -> Result<Kept, Error> {
        match self.source()? {
            Source::Local(local) => Ok(Kept::Local(local.journal()?, local.views()?)),
            Source::Remote(others, url) => match Remote::open(others.client(), &url, self.partition) {
                Ok(remote) => Ok(Kept::Remote(Box::new(remote))),
                Err(fault) => {
                    let error = others.failed(self.partition, &fault);
                    // Who has just gone is left out now, so somebody else may be asked: as often as there are nodes, and no more.
                    if others.route(self.partition) == Route::At(url) || again == 0 { Err(error) } else { self.kept(again - 1) }
                }
            },
        }
    }

    /// Asks the node at an address for what it has.
    pub(super) fn asked(&self, others: &Arc<dyn Others>, url: &str, ask: &Ask) -> Result<Reply, Error> {
        others.client().ask(url, ask, ASK_WAIT_MAX).map_err(|fault| others.failed(self.partition, &fault))
    }

    /// Asks one snapshot of the views, with the journal beside it.
    pub fn answer<T>(&self, ask: impl FnOnce(&Shard<'_>) -> Result<T, answers::Error>) -> Result<T, Error> {
        self.answer_cut(&Cut::default(), ask)
    }

    /// The same, for somebody who is cut to a part of it.
    pub fn answer_cut<T>(&self, cut: &Cut, ask: impl FnOnce(&Shard<'_>) -> Result<T, answers::Error>) -> Result<T, Error> {
        let kept = self.keep()?;
        let told = |error| Error::Answer { partition: self.partition, error };
        let shard = kept.shard(self.partition).map_err(told)?.cut_to(cut);
        ask(&shard).map_err(told)
    }

    /// The same for what may fail in a way of its own.
    pub fn read<T, E: From<Error>>(&self, ask: impl FnOnce(&Shard<'_>) -> Result<T, E>) -> Result<T, E> {
        let kept = self.keep()?;
        ask(&kept.shard(self.partition).map_err(|error| Error::Answer { partition: self.partition, error })?)
    }

    /// What it does on this machine; nothing where it does not lie there.
    pub fn status(&self) -> Option<ShardStatus> {
        let status = self.local()?.status();
        Some(match self.differs.get() {
            None => status,
            Some(detail) => ShardStatus { state: State::Halted, code: Some(HEAD_MISMATCH), detail: Some(detail.clone()), ..status },
        })
    }

    pub(super) fn stop(&self) {
        if let Some(local) = self.local() {
            local.stop();
        }
    }
}
