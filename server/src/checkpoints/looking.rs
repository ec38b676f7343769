//! Looks for the checkpoint of a shard that has no directory, on a thread of its own: fetching it takes its time, and holds up nothing else.

use super::objects::Objects;
use super::status::Shared;
use super::waiting::Beside;
use super::{Error, Whose};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How soon it is asked again whether a checkpoint was fetched.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What is being fetched for a shard that is to be opened.
#[derive(Default)]
struct Fetching {
    /// Whose, by which thread; one at a time.
    now: Option<(u32, Beside)>,
    /// Partitions that were looked for.
    looked: BTreeSet<u32>,
}

/// Looks for checkpoints.
pub(super) struct Looking {
    objects: Arc<Objects>,
    shared: Arc<Shared>,
    fetching: Mutex<Fetching>,
}

impl Looking {
    /// Nothing is looked for yet.
    pub fn new(objects: Arc<Objects>, shared: Arc<Shared>) -> Self {
        Self { objects, shared, fetching: Mutex::default() }
    }

    /// As [`Looking::is_looked_for`], and waits; false only where the node ends.
    pub fn look_for(&self, whose: &Whose, data: &Path) -> bool {
        while !self.is_looked_for(whose, data) {
            if self.shared.rest(LOOK_AGAIN) {
                return false;
            }
        }
        true
    }

    /// Makes the directory of a shard that has none from the newest checkpoint that is whole, where there is one, by a thread of its own and
    /// one partition at a time. What cannot be had is told, and the shard is folded from the log. Asked again and again, it says once whether
    /// the shard may be opened now; never where the node ends, which would leave an empty one.
    pub fn is_looked_for(&self, whose: &Whose, data: &Path) -> bool {
        let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        match fetching.now.take() {
            Some((partition, thread)) if thread.is_over() => {
                fetching.looked.insert(partition);
            }
            now => fetching.now = now,
        }
        if fetching.looked.remove(&whose.partition) {
            return !self.shared.stopping();
        }
        if fetching.now.is_some() {
            return false;
        }
        let (objects, shared, of, into) = (Arc::clone(&self.objects), Arc::clone(&self.shared), whose.clone(), data.to_owned());
        match Beside::start("checkpoint-open", move || look(&shared, &objects, &of, &into)) {
            Ok(thread) => {
                fetching.now = Some((whose.partition, thread));
                false
            }
            Err(error) => {
                tracing::error!(partition = whose.partition, %error, "no thread can look for a checkpoint: the shard is folded from the log");
                true
            }
        }
    }

    /// What is being fetched, which is to end.
    pub fn take(&self) -> Option<Beside> {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner).now.take().map(|(_, thread)| thread)
    }
}

/// Fetches a shard's newest checkpoint, and notes what came of it.
fn look(shared: &Shared, objects: &Objects, whose: &Whose, data: &Path) {
    if shared.is_away() {
        tracing::warn!(partition = whose.partition, "the place of the checkpoints did not answer just now: the shard is folded from the log");
        return;
    }
    match super::opening::open(objects, whose, data, &|| shared.stopping()) {
        Ok(opened) => {
            let mut statuses = shared.lock();
            let status = statuses.entry(whose.partition).or_default();
            status.opened_entries = opened.entries;
            status.passed_over += opened.passed_over.len() as u64;
        }
        Err(Error::Stopped) => {}
        Err(error) => {
            tracing::error!(partition = whose.partition, %error, "no checkpoint can be opened: the shard is folded from the log");
            if matches!(error, Error::Store { .. }) {
                shared.went_away();
            }
            let mut statuses = shared.lock();
            let status = statuses.entry(whose.partition).or_default();
            status.failures += 1;
            status.trouble = Some(error.to_string());
        }
    }
}
