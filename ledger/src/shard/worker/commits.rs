//! Folds a batch and commits it: entries, state and cursor in one write, then whoever follows, waits or listens is told. Where a record cannot be
//! folded, what came before it is.

use super::super::batch::{BYTES_IN_HAND, Batch};
use super::super::feed::Kept;
use super::super::folding::Folding;
use super::super::handle::Notice;
use super::super::part::{at, damaged, part};
use super::super::status::Counters;
use super::{Worker, halt, miscounted};
use crate::entry::Recorded;
use crate::journal::Commit;
use crate::log::{self, Code, Fingerprint, Record};
use crate::source::Changes;
use std::time::Instant;

/// A record of more entries is large: what follows the journal needs a while for it.
pub const LARGE_ENTRIES: usize = 512;

/// Why a batch was not folded to its end.
enum Unfolded {
    /// The record at this place of it cannot be folded.
    Record(usize, log::Error),
    /// Anything else.
    Other(log::Error),
}

impl From<log::Error> for Unfolded {
    fn from(error: log::Error) -> Self {
        Self::Other(error)
    }
}

impl From<Unfolded> for log::Error {
    fn from(unfolded: Unfolded) -> Self {
        match unfolded {
            Unfolded::Record(_, error) | Unfolded::Other(error) => error,
        }
    }
}

impl<F: Folding> Worker<F> {
    /// Moves the cursor over offsets that are no records. Whether it moved.
    pub(super) fn pass(&mut self, position: i64) -> Result<bool, log::Error> {
        if position <= self.journal.cursor() {
            return Ok(false);
        }
        let committed = self.journal.commit(&Commit { changes: &Changes::default(), cursor: position, last_record: None, is_part: false }).map_err(halt)?;
        let open_date = self.fold.as_ref().and_then(Folding::open_date);
        let state_bytes = self.fold.as_ref().map_or(0, Folding::bytes);
        self.board.committed(&committed, open_date, state_bytes, |_| {});
        self.on_commit.committed(&Notice { partition: self.config.partition, committed, open_date, large: None });
        self.went_on();
        Ok(true)
    }

    /// Folds a batch. What came before a record that cannot be folded is committed all the same: whoever sent it was told that it is there.
    pub(super) fn fold(&mut self, batch: &Batch) -> Result<(), log::Error> {
        let mut next = 0;
        let (place, error) = match self.fold_to(batch, &mut next, batch.records.len()) {
            Ok(()) => return Ok(()),
            Err(Unfolded::Other(error)) => return Err(error),
            Err(Unfolded::Record(place, error)) => (place, error),
        };
        // What the record left of the fold is not known, so it is restored from the last commit, and those since then are folded again.
        self.journal.abandon();
        self.fold = None;
        let Some(partitions) = self.journal.origin().map(|origin| origin.partitions) else { return Err(error) };
        self.restore(partitions)?;
        self.fold_to(batch, &mut next, place)?;
        Err(error)
    }

    /// Folds the records of a batch from `next` up to a place, in commits of bounded size; `next` is where the last one ended. A row is packed as
    /// soon as it is made, and kept only where a follower waits for it: memory that is used again at once stays in the processor's caches.
    fn fold_to(&mut self, batch: &Batch, next: &mut usize, end: usize) -> Result<(), Unfolded> {
        let partition = self.config.partition;
        let reader = self.journal.reader();
        let (mut rows, mut counters, mut started) = (Vec::new(), Counters::default(), Instant::now());
        let in_hand = batch.bytes() * BYTES_IN_HAND;
        let mut kept = Kept::new(self.feed.is_awaited(), self.config.bounds.kept_bytes);
        let mut large = None;
        self.feed.folds(in_hand);
        for (place, record) in batch.records.iter().enumerate().take(end).skip(*next) {
            let bytes = record.value.len() + record.key.as_ref().map_or(0, Vec::len);
            let (mut is_first, mut is_whole, mut made) = (true, false, 0);
            let (mut expected, mut turn) = (None, None);
            while !is_whole {
                // All that came before is committed, and nobody waits for it any more.
                if !is_first && turn.is_none() {
                    turn = Some(self.config.large.turn(|| self.board.stopping()));
                    started = Instant::now();
                }
                // The fold is restored by the preflight, which comes before any batch.
                let Some(fold) = &mut self.fold else { return Err(log::Error::new(Code::Corrupt, "the fold was not restored").into()) };
                let folded = part(fold, &reader, partition, (record, batch.event(place, record)), &mut rows);
                is_whole = folded.map_err(|error| Unfolded::Record(place, error))?;
                counters.rows(record.offset, &rows, std::mem::take(&mut is_first));
                counters.entries += rows.len() as u64;
                made += rows.len();
                if !is_whole || made > LARGE_ENTRIES {
                    large = large.or(Some(record.offset));
                }
                // Said before anybody is told of its first part.
                if !is_whole && expected.is_none() {
                    expected = Some(self.config.large.expect());
                }
                for row in &rows {
                    self.journal.push(row).map_err(|error| Unfolded::Record(place, at(partition, record, halt(error))))?;
                }
                kept.add(&mut rows);
                if is_whole {
                    counters.records += 1;
                    counters.bytes += bytes as u64;
                }
                if !is_whole || place + 1 == end || counters.entries >= self.config.bounds.entries as u64 {
                    counters.fold_micros = micros(started);
                    self.feed.folds(in_hand + kept.bytes());
                    self.commit(kept, (record, is_whole), counters, large.take())?;
                    *next = place + usize::from(is_whole);
                    (counters, started) = (Counters::default(), Instant::now());
                    kept = Kept::new(self.feed.is_awaited(), self.config.bounds.kept_bytes);
                }
            }
        }
        Ok(())
    }

    /// Commits what was pushed up to and with `last`, then tells followers, those who wait, and the callback. A record that is not
    /// folded whole is read again where the shard is stopped before it is.
    fn commit(&mut self, kept: Kept, (last, is_whole): (&Record, bool), mut counters: Counters, large: Option<i64>) -> Result<(), log::Error> {
        let Some(fold) = &mut self.fold else { return Err(log::Error::new(Code::Corrupt, "the fold was not restored")) };
        let counted = self.journal.entries().saturating_add(counters.entries);
        if fold.next_entry() != counted {
            return Err(miscounted(fold.next_entry(), counted));
        }
        let started = Instant::now();
        self.changes.clear();
        fold.changes(&mut self.changes).map_err(|error| damaged(&error))?;
        let (cursor, last_record) = if is_whole { (last.offset.saturating_add(1), Some(Fingerprint::of(last))) } else { (last.offset, None) };
        let commit = Commit { changes: &self.changes, cursor, last_record, is_part: !is_whole };
        let committed = self.journal.commit(&commit).map_err(halt)?;
        let (open_date, state_bytes) = (fold.open_date(), fold.bytes());
        (counters.commits, counters.commit_micros) = (1, micros(started));

        if let Some((rows, bytes)) = kept.take() {
            self.feed.publish(&(committed.first_number..).zip(rows).map(|(number, row)| Recorded { number, row }).collect(), bytes);
        }
        self.board.committed(&committed, open_date, state_bytes, |total| total.add(&counters));
        self.on_commit.committed(&Notice { partition: self.config.partition, committed, open_date, large });
        Ok(())
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
