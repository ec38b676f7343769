//! The follower's thread: live entries first, then a slice of what is folded beside them, then wait.
//!
//! Views are disposable, so no trouble of theirs is final. Damage, another format, or another journal's views: the
//! directory is removed and everything folded anew. A disk that takes nothing: the same again after a pause, from the last
//! commit; where that does not help, the database is opened again.

use super::beside::Beside;
use super::entries::{Entries, ends_a_record, page};
use super::handle::{Inner, Progress, to_read};
use super::holding::{HELD_PAGE_ENTRIES, HOLD_FROM, Holding, before_large, before_last};
use super::missing::Missing;
use super::opening::{Opening, PAUSE_MAX, PAUSE_MIN};
use super::portion::Portion;
use super::{BATCH_ENTRIES_MAX, PAGE_ENTRIES_MAX, TOGETHER_ENTRIES_MAX};
use crate::views::{Cure, Error, Writer};
use ledger::entry::Recorded;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How often it is tried in place before the database is closed and opened again.
const AGAIN_IN_PLACE_MAX: u32 = 3;
/// How long the thread sleeps at most before it looks at the journal by itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often it looks whether it still has to hold back.
const HOLD_LOOK_EVERY: Duration = Duration::from_millis(10);
/// With a feed, how long it waits for a batch before it looks whether it should stop or rebuild.
const FEED_WAIT: Duration = Duration::from_millis(50);

struct Thread<'a> {
    writer: Writer,
    opening: &'a Opening,
    entries: &'a dyn Entries,
    inner: &'a Inner,
    feed: Option<Receiver<Arc<[Recorded]>>>,
    holding: Holding,
    /// Since when something is folded that is not committed.
    uncommitted_since: Option<Instant>,
    beside: Beside,
    /// Whether readers are shown anything.
    is_shown: bool,
    missing: Missing,
}

/// Runs until it is told to stop.
pub(super) fn run(
    mut opening: Opening,
    first: Result<Writer, Error>,
    entries: &dyn Entries,
    mut feed: Option<Receiver<Arc<[Recorded]>>>,
    mut holding: Holding,
    inner: &Inner,
) {
    let mut opened = first;
    let mut pause = PAUSE_MIN;
    loop {
        let error = match opened {
            Err(error) => error,
            Ok(writer) => {
                inner.show(to_read(&writer));
                let mut thread = Thread::new(writer, &opening, entries, (feed.take(), holding), inner);
                let Err(error) = thread.follow_on(&mut pause) else { return };
                feed = thread.feed.take();
                inner.show(None);
                let writer;
                (writer, holding) = thread.into_parts();
                if let Err(open) = opening.close(writer, inner) {
                    opened = Err(open);
                    continue;
                }
                error
            }
        };
        if let Some(waiting) = opening.cure(&error, inner) {
            tracing::error!(partition = opening.partition, code = waiting.code().as_str(), error = %waiting, "the views wait");
            let progress = inner.published();
            inner.publish(Progress { halted: Some(waiting), ..progress });
        }
        if opening.pause(inner, pause) {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
        opened = opening.open(entries);
    }
}

impl<'a> Thread<'a> {
    fn new(
        writer: Writer,
        opening: &'a Opening,
        entries: &'a dyn Entries,
        (feed, holding): (Option<Receiver<Arc<[Recorded]>>>, Holding),
        inner: &'a Inner,
    ) -> Self {
        let (is_shown, missing) = (writer.seen().is_some(), Missing::of(opening.partition, &writer));
        Self { writer, opening, entries, inner, feed, holding, uncommitted_since: None, beside: Beside::default(), is_shown, missing }
    }

    /// Follows until it is stopped, also over trouble that passes; an error where the database is to be closed.
    fn follow_on(&mut self, pause: &mut Duration) -> Result<(), Error> {
        let mut again = 0;
        loop {
            let from = self.writer.checkpoint().next_entry;
            let Err(error) = self.follow() else {
                self.beside.end(Error::Stopped);
                if let Err(error) = self.writer.flush() {
                    tracing::warn!(%error, "the views were not flushed; opening them again takes longer");
                }
                return Ok(());
            };
            self.beside.end(error.clone());
            // Who got on has met something new.
            if self.writer.checkpoint().next_entry > from {
                (again, *pause) = (0, PAUSE_MIN);
            }
            again += 1;
            if error.cure() == Cure::Anew || matches!(error, Error::Disk(..)) && again > AGAIN_IN_PLACE_MAX {
                return Err(error);
            }
            if again == 1 {
                tracing::error!(partition = self.opening.partition, code = error.code().as_str(), %error, "the views stand still");
            }
            self.inner.publish(Progress { halted: Some(error), ..self.progress() });
            if self.opening.pause(self.inner, *pause) {
                return Ok(());
            }
            *pause = (*pause * 2).min(PAUSE_MAX);
            self.writer.resume()?;
            self.uncommitted_since = None;
            // A batch that was handed over is in the journal, too.
            self.inner.lock().queue.clear();
        }
    }

    fn into_parts(self) -> (Writer, Holding) {
        (self.writer, self.holding)
    }

    fn progress(&self) -> Progress {
        self.opening.progress(&self.writer)
    }

    fn follow(&mut self) -> Result<(), Error> {
        self.inner.publish(self.progress());
        loop {
            self.writer.damage()?;
            let (batches, rebuild, stop) = {
                let mut state = self.inner.lock();
                state.news = false;
                (std::mem::take(&mut state.queue), state.rebuild.take(), state.stop)
            };
            if stop {
                // Whoever opens the views again can read them at once: the part of a record that was folded last is folded again.
                let begins_a_part = self.writer.checkpoint().is_whole() && !self.writer.folded().is_whole();
                return if begins_a_part { Ok(()) } else { self.commit() };
            }
            if let Some(rebuild) = rebuild {
                self.beside.begin(rebuild, &mut self.writer);
            }
            if self.holds_back() {
                let worked = self.fold_before_large()?;
                // What was folded is seen.
                if self.is_whole() || self.commit_is_due() {
                    self.commit()?;
                }
                if !worked {
                    self.opening.pause(self.inner, HOLD_LOOK_EVERY);
                }
                continue;
            }
            let mut worked = false;
            for batch in batches {
                worked |= self.fold_batch(&batch)?;
            }
            while !self.commit_is_due() {
                let Some(batch) = self.feed.as_ref().and_then(|feed| feed.try_recv().ok()) else { break };
                worked |= self.fold_batch(&batch)?;
            }
            worked |= self.fold_page()?;
            if !worked {
                self.end_record();
            }
            // Nothing more is there, or what is folded beside must know how far the live views are.
            if !worked && self.is_whole() || self.commit_is_due() || self.writer.building().is_some() {
                self.commit()?;
            }
            if self.beside.fold(&mut self.writer, self.entries)? {
                self.missing.note(&self.writer);
                self.inner.publish(self.progress());
                worked = true;
            }
            if !worked {
                self.wait()?;
            }
        }
    }

    fn commit_is_due(&self) -> bool {
        self.uncommitted_since.is_some_and(|since| {
            let portion = Portion::behind(self.waiting());
            let entries = self.writer.folded().next_entry - self.writer.checkpoint().next_entry;
            let is_large = entries >= portion.entries || self.writer.uncommitted_rows() >= portion.rows || self.writer.is_full();
            // Nobody waits for a part of a record.
            is_large || self.is_whole() && since.elapsed() >= portion.within
        })
    }

    /// Whether what was folded ends with a record.
    fn is_whole(&self) -> bool {
        self.writer.folded().is_whole()
    }

    /// A record of which nothing more comes is whole once the journal has passed it: the last of its parts may have no entries.
    fn end_record(&mut self) {
        let at = self.writer.folded();
        let Some((count, offset)) = self.entries.passed() else { return };
        if !at.is_whole() && at.next_entry == count && at.offset <= offset {
            self.writer.end_record();
            self.uncommitted_since.get_or_insert_with(Instant::now);
        }
    }

    /// Whether others are to have the machine, or somebody holds the views where they are.
    fn holds_back(&mut self) -> bool {
        self.holding.holds(self.waiting(), Instant::now()) || self.is_held()
    }

    /// Folds what lies before a large record while that is left for later: somebody may wait for it.
    fn fold_before_large(&mut self) -> Result<bool, Error> {
        let from = self.writer.folded().next_entry;
        if self.is_held() || !self.holding.is_at(from) {
            return Ok(false);
        }
        let mut entries = self.entries.read(from, HELD_PAGE_ENTRIES)?;
        entries.truncate(before_large(&entries));
        if !entries.is_empty() {
            self.add(&entries, true)?;
        }
        Ok(!entries.is_empty())
    }

    /// Whether it is to stop, somebody holds it, or somebody waits for a rebuild.
    fn is_wanted_elsewhere(&self) -> bool {
        let state = self.inner.lock();
        state.stop || state.held > 0 || state.rebuild.is_some()
    }

    fn is_held(&self) -> bool {
        self.inner.lock().held > 0
    }

    /// Entries that are not folded yet.
    fn waiting(&self) -> u64 {
        self.entries.count().saturating_sub(self.writer.folded().next_entry)
    }

    fn is_behind(&self) -> bool {
        self.waiting() > BATCH_ENTRIES_MAX as u64
    }

    fn commit(&mut self) -> Result<(), Error> {
        if self.uncommitted_since.take().is_some() {
            let head = self.entries.head_at(self.writer.folded().next_entry)?;
            self.writer.seal(head);
            self.writer.commit()?;
            if !self.is_shown {
                let views = to_read(&self.writer);
                self.is_shown = views.is_some();
                self.inner.show(views);
            }
            self.inner.publish(self.progress());
        }
        Ok(())
    }

    /// Folds entries, which a commit is to follow. What lies before a record that is not whole yet is committed first, and seen until it is.
    fn add(&mut self, entries: &[Recorded], whole: bool) -> Result<(), Error> {
        if !self.is_whole() && entries.first().is_some_and(|first| first.row.offset != self.writer.folded().offset) {
            // The record before had no more.
            self.writer.end_record();
            self.uncommitted_since.get_or_insert_with(Instant::now);
        }
        let ends_at = if whole { entries.len() } else { before_last(entries) };
        let (before, part) = entries.split_at_checked(ends_at).unwrap_or((entries, &[]));
        if !before.is_empty() {
            self.fold(before, true)?;
        }
        if part.is_empty() {
            return Ok(());
        }
        if self.is_whole() {
            self.commit()?;
        }
        self.fold(part, false)
    }

    fn fold(&mut self, entries: &[Recorded], whole: bool) -> Result<(), Error> {
        self.writer.add(entries, whole)?;
        self.uncommitted_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Waits for something to do; answers whether a batch came and was folded.
    fn wait(&mut self) -> Result<bool, Error> {
        if let Some(feed) = &self.feed {
            match feed.recv_timeout(FEED_WAIT) {
                Ok(batch) => return self.fold_batch(&batch),
                Err(RecvTimeoutError::Timeout) => return Ok(false),
                // The shard has ended; the journal may still be read.
                Err(RecvTimeoutError::Disconnected) => self.feed = None,
            }
        }
        let state = self.inner.lock();
        if !state.news && state.rebuild.is_none() && !state.stop {
            drop(self.inner.wake.wait_timeout(state, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner));
        }
        Ok(false)
    }

    /// Folds what a batch of the shard has beyond the checkpoint. A batch that lies ahead waits for the journal's pages.
    fn fold_batch(&mut self, batch: &[Recorded]) -> Result<bool, Error> {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(false) };
        // A part of a large record is read from the journal when its time has come.
        if batch.len() as u64 >= HOLD_FROM && self.holding.is_busy() || self.is_held() {
            return Ok(false);
        }
        let mut worked = false;
        while self.writer.folded().next_entry < first.number {
            if !self.fold_page()? {
                return Ok(worked);
            }
            worked = true;
            if self.commit_is_due() {
                self.commit()?;
            }
            // What is missing of the batch is read from the journal later.
            if self.is_wanted_elsewhere() {
                return Ok(worked);
            }
        }
        let next = self.writer.folded().next_entry;
        if last.number < next {
            return Ok(worked);
        }
        let known = usize::try_from(next - first.number).unwrap_or(usize::MAX);
        let is_whole = ends_a_record(self.entries, last)?;
        let mut rest = batch.get(known..).unwrap_or_default();
        while let Some((page, after)) = rest.split_at_checked(TOGETHER_ENTRIES_MAX.min(rest.len())).filter(|(page, _)| !page.is_empty()) {
            // Within a batch, a record before the last one is whole once the next one begins.
            let ends_before = |next: &Recorded| page.last().is_some_and(|last| last.row.offset != next.row.offset);
            self.add(page, after.first().map_or(is_whole, ends_before))?;
            rest = after;
            if !rest.is_empty() && self.writer.is_full() {
                self.commit()?;
            }
        }
        Ok(true)
    }

    fn fold_page(&mut self) -> Result<bool, Error> {
        let (from, count) = (self.writer.folded().next_entry, self.entries.count());
        if from >= count || self.is_held() {
            return Ok(false);
        }
        // Nobody waits for the first of very many.
        let most = if self.is_behind() { TOGETHER_ENTRIES_MAX } else { PAGE_ENTRIES_MAX };
        let limit = if self.holding.is_busy() { HELD_PAGE_ENTRIES } else { self.opening.shared.page_entries(most) };
        let (entries, whole) = page(self.entries, from, count, limit)?;
        if entries.is_empty() {
            return Ok(false);
        }
        let _page = self.opening.shared.page(entries.iter().map(|entry| entry.row.bytes()).sum());
        self.add(&entries, whole)?;
        Ok(true)
    }
}
