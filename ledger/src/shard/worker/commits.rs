//! Folds a batch and commits it: entries, state and cursor in one write, then whoever follows, waits or listens is told.

use super::super::batch::{BYTES_IN_HAND, Batch};
use super::super::feed::Kept;
use super::super::folding::Folding;
use super::super::handle::Notice;
use super::super::status::Counters;
use super::{Worker, damaged, halt, miscounted};
use crate::entry::Recorded;
use crate::journal::Commit;
use crate::log::{self, Code, Fingerprint, Record};
use crate::source::Changes;
use std::time::Instant;

/// A record of more entries is large: what follows the journal needs a while for it.
pub const LARGE_ENTRIES: usize = 512;

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

    /// Folds a batch, in commits of bounded size. A row is packed as soon as it is made, and kept only where a follower
    /// waits for it: memory that is used again at once stays in the processor's caches.
    pub(super) fn fold(&mut self, batch: &Batch) -> Result<(), log::Error> {
        let reader = self.journal.reader();
        let (mut rows, mut counters, mut started) = (Vec::new(), Counters::default(), Instant::now());
        let in_hand = batch.bytes() * BYTES_IN_HAND;
        let mut kept = Kept::new(self.feed.is_awaited(), self.config.bounds.kept_bytes);
        let mut large = None;
        self.feed.folds(in_hand);
        for (place, record) in batch.records.iter().enumerate() {
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
                let Some(fold) = &mut self.fold else { return Err(log::Error::new(Code::Corrupt, "the fold was not restored")) };
                is_whole = fold.part(&reader, record.offset, record.key.as_deref(), batch.event(place, record), &mut rows).map_err(damaged)?;
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
                    self.journal.push(row).map_err(halt)?;
                }
                kept.add(&mut rows);
                if is_whole {
                    counters.records += 1;
                    counters.bytes += bytes as u64;
                }
                if !is_whole || place + 1 == batch.records.len() || counters.entries >= self.config.bounds.entries as u64 {
                    counters.fold_micros = micros(started);
                    self.feed.folds(in_hand + kept.bytes());
                    self.commit(kept, (record, is_whole), counters, large.take())?;
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
        fold.changes(&mut self.changes).map_err(damaged)?;
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
