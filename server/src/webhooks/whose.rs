//! Which ledger a hook is of. How far it is, is counted in the entries of one log, and means nothing in another, whose entries have the
//! same numbers: told of those, a merchant would be called with another ledger's figures, under ids that it has seen.
//!
//! So each hook is kept with the log that it tells of. One of another log is neither run nor listed, changed or removed here: it may be
//! that of a ledger whose hooks lie in the same topic, or of a topic that was made again, and what becomes of it then is the operator's to
//! say. What was kept without a log becomes this ledger's when it has come as far as the hook: a ledger that is folded again gets there,
//! and one that is not the hook's may not.

use super::{Inner, lock};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Of other ledgers, so many are named in a warning.
const NAMED_MAX: usize = 3;

/// A ledger, by the log that it folds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Whose {
    /// What tells the log from every other: see [`ledger::log::Log::identity`].
    pub log: String,
    /// The name of its topic; none where the log is embedded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

impl Whose {
    fn has_id(&self) -> bool {
        self.log.starts_with("id:")
    }

    /// Whether it is known to be another ledger. Where one of the logs has no id, their names tell them apart.
    pub fn differs(&self, other: &Self) -> bool {
        if self.has_id() && other.has_id() { self.log != other.log } else { self.topic != other.topic }
    }
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.log)?;
        self.topic.as_ref().map_or(Ok(()), |topic| write!(f, " of the topic {topic}"))
    }
}

/// Hooks of other ledgers that are kept among this one's, as of the last reading.
#[derive(Default)]
pub struct Foreign {
    /// How many of each.
    of: BTreeMap<Whose, usize>,
    /// What is told of them, and since when there are any.
    told: Option<(String, Timestamp)>,
}

impl Foreign {
    /// What is told of them, and since when there are any.
    pub fn told(&self) -> Option<&(String, Timestamp)> {
        self.told.as_ref()
    }

    /// Notes those that were found in a place; what is to be logged, where they are not the ones that were known.
    fn note(&mut self, found: BTreeMap<Whose, usize>, place: &str, own: &Whose) -> Option<&str> {
        let is_news = found.keys().any(|ledger| !self.of.contains_key(ledger));
        self.of = found;
        if self.of.is_empty() {
            self.told = None;
            return None;
        }
        let since = self.told.as_ref().map_or_else(Timestamp::now, |(_, since)| *since);
        let mut named: Vec<String> = self.of.iter().take(NAMED_MAX).map(|(ledger, hooks)| format!("{hooks} of {ledger}")).collect();
        if let Some(more) = self.of.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
            named.push(format!("those of {more} more"));
        }
        let detail = format!(
            "{} webhooks in {place} are of another ledger than this one, which is {own}: {}. They are neither called nor listed here, and stay as they are. Where \
             that ledger runs, give each ledger a topic of its own in [webhooks] topic; where its log was made again, docs/streams.md says how they are taken over",
            self.of.values().sum::<usize>(),
            named.join(", ")
        );
        let (told, _) = self.told.insert((detail, since));
        is_news.then_some(told.as_str())
    }
}

impl Inner {
    /// Which ledger this is; nothing while its log has not said so.
    pub(super) fn whose(&self) -> Option<Whose> {
        if let Some(whose) = self.whose.get() {
            return Some(whose.clone());
        }
        let found = Whose { log: self.ledger.get()?.identity()?, topic: self.store.input().map(str::to_owned) };
        // A log that has no id now may have one later.
        Some(if found.has_id() { self.whose.get_or_init(|| found).clone() } else { found })
    }

    /// Notes hooks of other ledgers that were found, and logs those that are new.
    pub(super) fn note_foreign(&self, found: BTreeMap<Whose, usize>, own: &Whose) {
        if let Some(detail) = lock(&self.foreign).note(found, &self.store.place(), own) {
            tracing::warn!(code = "webhooks_foreign", detail, "webhooks of another ledger are passed over");
        }
    }

    /// Hooks that were kept without their ledger become this one's, once it has all entries before the one that each tells next.
    pub(super) fn claim(&self) {
        if !self.unclaimed.swap(false, Ordering::Relaxed) {
            return;
        }
        let Some(whose) = self.whose() else {
            self.unclaimed.store(true, Ordering::Relaxed);
            return;
        };
        let cells: Vec<_> = lock(&self.cells).values().cloned().collect();
        for cell in &cells {
            let is_own = self.owns(cell.partition);
            let partition = self.partition(cell.partition);
            let dispatched = lock(&partition).dispatched;
            let mut running = cell.lock();
            if running.removed || running.ledger.as_ref() == Some(&whose) {
                continue;
            }
            if is_own && running.progress.next <= dispatched {
                running.ledger = Some(whose.clone());
                drop(running);
                self.note_dirty(cell);
            } else {
                drop(running);
                self.unclaimed.store(true, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::deliver::Turn;
    use super::super::testing::{hook, own, webhooks};
    use super::super::{Kept, Progress};
    use super::*;

    fn kept(id: &str, next: u64, ledger: Option<Whose>) -> Kept {
        Kept { hook: hook(id, "M1"), progress: Progress { next, ..Progress::default() }, ledger }
    }

    fn of(log: &str, topic: &str) -> Whose {
        Whose { log: log.to_owned(), topic: Some(topic.to_owned()) }
    }

    #[test]
    fn a_ledger_is_told_by_its_log_and_by_the_name_where_there_is_no_id() {
        for (one, other, differs) in [
            (of("id:1", "a"), of("id:1", "a"), false),
            (of("id:1", "a"), of("id:2", "a"), true),
            (of("id:1", "a"), of("name:a", "a"), false),
            (of("id:1", "a"), of("name:b", "b"), true),
            (of("name:a", "a"), of("name:b", "b"), true),
        ] {
            assert_eq!((one.differs(&other), other.differs(&one)), (differs, differs), "{one}, {other}");
        }
    }

    #[test]
    fn hooks_of_another_ledger_are_told_and_left_alone() {
        let (webhooks, store) = webhooks(true);
        let (other, again) = (kept("wh_other", 3, Some(of("id:other", "b"))), kept("wh_again", 3, Some(of("id:again", "a"))));
        store.keep_as(&other);
        store.keep_as(&again);
        store.keep_as(&kept("wh_own", 3, Some(own())));
        webhooks.read_others().expect("read");
        let listed: Vec<String> = webhooks.list(None, None).expect("known").iter().map(|cell| cell.lock().hook.id.clone()).collect();
        assert_eq!(listed, ["wh_own"]);
        assert!(webhooks.remove("wh_other").is_err() && webhooks.rotate("wh_other", "whsec_new".to_owned()).is_err());
        let told: Vec<(&str, String)> = webhooks.warnings().into_iter().map(|warning| (warning.code.as_str(), warning.detail)).collect();
        let [(code, detail)] = &told[..] else { panic!("{told:?}") };
        assert_eq!(*code, "webhooks_foreign");
        for part in ["2 webhooks", "1 of id:other of the topic b", "1 of id:again of the topic a", "[webhooks] topic", "id:own"] {
            assert!(detail.contains(part), "{part}: {detail}");
        }
        let kept = webhooks.inner.read_store().expect("readable");
        assert!(kept.contains(&other) && kept.contains(&again), "{kept:?}");
    }

    #[test]
    fn what_was_kept_without_a_ledger_is_this_ones_once_it_has_come_as_far() {
        let (webhooks, store) = webhooks(false);
        let inner = &webhooks.inner;
        let old = kept("wh_old", 5, None);
        // Nobody else takes turns.
        inner.ask_to_stop();
        store.keep_as(&old);
        let cell = inner.run(0, old.clone());
        let entries = |dispatched| {
            let partition = inner.partition(0);
            let mut partition = lock(&partition);
            (partition.is_open, partition.dispatched) = (true, dispatched);
        };
        let kept = || {
            inner.claim();
            inner.keep_dirty();
            inner.read_store().expect("readable")
        };
        entries(4);
        assert_eq!(kept(), std::slice::from_ref(&old), "it may be another ledger's");
        entries(5);
        assert_eq!(kept(), [Kept { ledger: Some(own()), ..old }]);
        assert_eq!(cell.lock().ledger, Some(own()));
    }

    #[test]
    fn a_hook_that_is_further_than_its_ledger_waits_for_it() {
        let (webhooks, _) = webhooks(false);
        let inner = &webhooks.inner;
        inner.ask_to_stop();
        let cell = inner.run(0, kept("wh_ahead", 9, Some(own())));
        inner.stop.store(false, Ordering::Relaxed);
        let entries = |dispatched| {
            let partition = inner.partition(0);
            let mut partition = lock(&partition);
            (partition.is_open, partition.dispatched) = (true, dispatched);
        };
        entries(4);
        assert!(matches!(inner.turn(&cell), Turn::Due(_)), "it is looked again");
        assert!(cell.lock().waits.is_some() && !cell.lock().live);
        entries(9);
        assert!(matches!(inner.turn(&cell), Turn::Idle));
        assert!(cell.lock().waits.is_none() && cell.lock().live);
        inner.ask_to_stop();
    }

    #[test]
    fn others_are_logged_once_and_no_more_when_they_have_gone() {
        let mut foreign = Foreign::default();
        let found = |logs: &[&str]| logs.iter().map(|log| (of(log, "b"), 1)).collect::<BTreeMap<_, _>>();
        assert!(foreign.note(found(&["id:1"]), "the topic h", &own()).is_some());
        let since = foreign.told().expect("told").1;
        assert!(foreign.note(found(&["id:1"]), "the topic h", &own()).is_none());
        assert!(foreign.note(found(&["id:1", "id:2", "id:3", "id:4", "id:5"]), "the topic h", &own()).is_some_and(|told| told.contains("those of 2 more")));
        assert_eq!(foreign.told().expect("told").1, since);
        assert!(foreign.note(BTreeMap::new(), "the topic h", &own()).is_none() && foreign.told().is_none());
    }
}
