//! The hooks of a node, as the service has them: started, listed, shared with other nodes, and ended.

use super::inner::{Inner, NOT_TRIED};
use super::store::Store;
use super::{Cell, Compose, Error, Home, Ledger, address, dispatch, lock, workers};
use crate::config::Config;
use ledger::log::kafka::Options;
use ledger::log::{self, WarningCode};
use projections::follower::Sink;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Makes the sinks of partitions.
#[derive(Clone)]
pub struct Dispatcher(Arc<Inner>);

impl Dispatcher {
    /// The sink of a partition whose views have so many entries.
    pub fn dispatch(&self, partition: u32, viewed: Box<dyn Fn() -> Option<u64> + Send>) -> Box<dyn Sink> {
        Box::new(dispatch::Dispatch::new(Arc::clone(&self.0), partition, viewed))
    }
}

/// All hooks.
pub struct Webhooks {
    pub(super) inner: Arc<Inner>,
    /// The thread that keeps how far they are, once it is started.
    keeper: Mutex<Option<JoinHandle<()>>>,
}

impl Webhooks {
    /// Of a configuration. Nothing is read yet.
    ///
    /// # Errors
    /// The client library refuses its options.
    pub fn new(config: &Config, options: &Options) -> Result<Self, log::Error> {
        Ok(Self::of(Store::open(config, options)?, config.webhooks.private_addresses, config.cluster.is_some()))
    }

    /// Of where they are kept.
    pub(super) fn of(store: Store, private: bool, is_of_group: bool) -> Self {
        Self { inner: Arc::new(Inner::new(store, private, is_of_group)), keeper: Mutex::default() }
    }

    /// Reads the hooks, and starts to send. `ledger` tells what of.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn start(&self, ledger: Box<dyn Ledger>, home: Home) -> Result<(), log::Error> {
        self.inner.ledger.get_or_init(|| ledger);
        self.inner.home.get_or_init(|| home);
        *lock(&self.keeper) = Some(workers::start(&self.inner)?);
        Ok(())
    }

    /// Says how a payout is told.
    pub fn compose_with(&self, compose: Compose) {
        self.inner.compose.get_or_init(|| compose);
    }

    /// Says which partitions this node owns. Hooks of those that it was just given are read again: another node called them until now.
    pub fn own(&self, partitions: &BTreeSet<u32>) {
        self.inner.own(partitions);
    }

    /// Reads again what other nodes keep: the hooks of their partitions.
    ///
    /// # Errors
    /// They cannot be read now.
    pub fn read_others(&self) -> Result<(), Error> {
        self.known()?;
        self.inner.read_again().map_err(Error::Store)
    }

    /// Whether the hooks of every partition that this node was given were read since.
    pub fn knows_all(&self) -> bool {
        lock(&self.inner.gained).is_empty()
    }

    /// Reads the hooks of partitions that this node was given and has not read since: what it knows of them is as old as its last look.
    ///
    /// # Errors
    /// They cannot be read now.
    pub fn know_given(&self) -> Result<(), Error> {
        if self.knows_all() { Ok(()) } else { self.read_others() }
    }

    /// What makes the sinks of partitions.
    pub fn dispatcher(&self) -> Dispatcher {
        Dispatcher(Arc::clone(&self.inner))
    }

    /// Whether a hook may send to this URL; else what is wrong.
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        address::check(url, self.inner.private)
    }

    /// Why hooks are not known, or not kept.
    pub fn trouble(&self) -> Option<log::Error> {
        lock(&self.inner.unread).as_ref().map(|(error, _)| error.clone())
    }

    /// What an operator should know of where they are kept, that they cannot be read, where that was tried, and that there are some of
    /// another ledger.
    pub fn warnings(&self) -> Vec<log::Warning> {
        let unread = lock(&self.inner.unread).clone().filter(|(error, _)| error.code != NOT_TRIED);
        let unread = unread.map(|(error, since)| {
            let (code, detail) = (error.code.as_str(), error.detail);
            let detail = format!("the webhooks cannot be read, so none is called and none can be added; it is tried again by itself: {code}: {detail}");
            log::Warning { code: WarningCode::WebhooksUnread, detail, since }
        });
        let foreign = lock(&self.inner.foreign).told().cloned();
        let foreign = foreign.map(|(detail, since)| log::Warning { code: WarningCode::WebhooksForeign, detail, since });
        // Whoever reads the store holds what is unreadable, and then since when: none of the two is held while the other is asked for.
        let since = *lock(&self.inner.unreadable_since);
        let unreadable = since.map(|since| {
            let (many, names) = (self.unreadable(), self.inner.names_of_unreadable());
            let detail = format!("{many} of the webhooks cannot be read, and are passed over: their merchants are told nothing. The log says why: {names}");
            log::Warning { code: WarningCode::WebhookUnreadable, detail, since }
        });
        self.inner.store.warnings().into_iter().chain(unread).chain(foreign).chain(unreadable).collect()
    }

    /// How many records or files among them cannot be read, and are passed over.
    pub fn unreadable(&self) -> usize {
        lock(&self.inner.unreadable).len()
    }

    /// Those of a merchant, or all, by their ids; where `after` is an id, those behind it.
    ///
    /// # Errors
    /// They were not read yet.
    pub fn list(&self, merchant: Option<&str>, after: Option<&str>) -> Result<Vec<Arc<Cell>>, Error> {
        self.known()?;
        let cells = lock(&self.inner.cells);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = cells.range::<str, _>((from, Bound::Unbounded)).map(|(_, cell)| cell);
        Ok(behind.filter(|cell| merchant.is_none_or(|merchant| cell.lock().hook.merchant == merchant)).cloned().collect())
    }

    /// The hook of an id.
    ///
    /// # Errors
    /// There is none, or they were not read yet.
    pub fn find(&self, id: &str) -> Result<Arc<Cell>, Error> {
        self.known()?;
        lock(&self.inner.cells).get(id).cloned().ok_or_else(|| Error::Unknown(format!("webhook {id}")))
    }

    /// Ends every thread, after the attempts that they are at, and keeps how far each hook is then.
    pub fn stop(&self) {
        self.inner.ask_to_stop();
        let senders = std::mem::take(&mut lock(&self.inner.senders).threads);
        let keeper = lock(&self.keeper).take();
        // Whoever keeps how far hooks are waits for no attempt, so what came of the last ones is kept when all have ended.
        for thread in senders.into_iter().chain(keeper) {
            // What asks may hold the last reference to the node, and then must not wait for itself.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the webhooks ended in a panic");
            }
        }
        self.inner.keep_dirty();
    }

    pub(super) fn known(&self) -> Result<(), Error> {
        match self.trouble() {
            None => Ok(()),
            Some(error) if error.code == NOT_TRIED => Err(Error::Views(error.detail)),
            Some(error) => Err(Error::Store(error)),
        }
    }
}

impl Drop for Webhooks {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hook, webhooks};
    use super::*;

    #[test]
    fn hooks_that_are_not_read_yet_are_no_trouble() {
        let webhooks = Webhooks::of(Store::Scripted(Arc::default()), true, false);
        let error = webhooks.list(None, None).err().expect("they are not known");
        assert!(matches!(&error, Error::Views(why) if why.contains("ask again")), "{error}");
        assert!(webhooks.trouble().is_some() && webhooks.warnings().is_empty());
    }

    #[test]
    fn what_came_of_the_last_attempts_is_kept_at_the_end() {
        let (webhooks, _) = webhooks(false);
        let cell = webhooks.add(0, hook("wh_1", "M1")).expect("added");
        cell.lock().progress.count = 5;
        webhooks.inner.note_dirty(&cell);
        webhooks.stop();
        let kept = webhooks.inner.read_store().expect("readable");
        assert_eq!(kept.iter().map(|kept| kept.progress.count).collect::<Vec<_>>(), [5]);
    }
}
