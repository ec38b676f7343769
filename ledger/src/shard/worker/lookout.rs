//! What a shard sees of its log besides records: where its end is, and whether nothing comes although there is more.

use super::super::folding::Folding;
use super::{PAUSE_MIN, Worker};
use crate::log::{self, Code};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// How often the end of the log is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a reader that was refused must have been quiet, where there is nothing to read, before access is believed in.
const ACCESS_TRUST_MIN: Duration = Duration::from_secs(2);
/// How long an open transaction may hide what lies behind it before the shard says so. One of a few seconds is usual.
pub const TRANSACTION_OPEN_MAX: Duration = Duration::from_secs(5);
/// How long one reader may give nothing although there is something to read, before the shard says so.
pub const READER_STALLED_MAX: Duration = Duration::from_secs(10);

impl<F: Folding> Worker<F> {
    /// Looks at the end of the log, not more often than is useful.
    pub(super) fn look(&mut self, now: bool) -> Result<(), log::Error> {
        let due = |looked: Instant| looked.elapsed() >= LOOK_EVERY;
        if !now && !self.looked.is_none_or(due) {
            return Ok(());
        }
        let (partition, cursor) = (self.config.partition, self.journal.cursor());
        let high = self.log.watermarks(partition)?.high;
        if high < cursor {
            // The log lost its end, or is another one: the preflight says which.
            self.check_log()?;
        }
        let lag = u64::try_from(high.saturating_sub(cursor)).unwrap_or(0);
        // One who must not read is told so a moment after it asked, and not at once.
        let denied = self.trouble.as_ref().is_some_and(|trouble| trouble.code == Code::AccessDenied);
        if lag == 0 && !(denied && self.followed.elapsed() < ACCESS_TRUST_MIN) {
            self.went_on();
        }
        match self.stands(lag, high)? {
            Some((error, since)) => {
                if !std::mem::replace(&mut self.waits, true) {
                    tracing::warn!(partition, code = error.code.as_str(), detail = error.detail, "the shard waits");
                }
                self.board.waits(lag, &error, since);
            }
            // Trouble is over when a record has come, and not when the next reader has been made.
            None if self.trouble.is_some() => self.board.change(|status| status.lag = lag),
            None => self.board.looked(lag, u64::try_from(self.config.bounds.records).unwrap_or(u64::MAX)),
        }
        self.log.note_progress(partition, cursor);
        self.looked = Some(Instant::now());
        Ok(())
    }

    /// Records came, or there is none left.
    pub(super) fn went_on(&mut self) {
        if self.trouble.is_some() || self.waits {
            // What was told of it is looked at again at once.
            self.looked = None;
        }
        (self.standing, self.waits, self.trouble, self.pause) = (None, false, None, PAUSE_MIN);
    }

    /// Tells how much lies ahead of a shard that does not go on, where the log can say it.
    pub(super) fn measure(&self, code: Code) {
        // A log that does not answer is not asked once more, and the end of another log says nothing of this one.
        if matches!(code, Code::KafkaUnreachable | Code::TopicMissing | Code::TopicRecreated) {
            return;
        }
        if let Ok(ends) = self.log.watermarks(self.config.partition) {
            let lag = u64::try_from(ends.high.saturating_sub(self.journal.cursor())).unwrap_or(0);
            self.board.change(|status| status.lag = lag);
        }
    }

    /// Whether nothing comes although the log goes on, for longer than is usual; why, and since when.
    fn stands(&mut self, lag: u64, high: i64) -> Result<Option<(log::Error, Timestamp)>, log::Error> {
        if lag == 0 {
            return Ok(None);
        }
        let (partition, cursor) = (self.config.partition, self.journal.cursor());
        let (since, told) = *self.standing.get_or_insert_with(|| (Instant::now(), Timestamp::now()));
        if since.elapsed() < TRANSACTION_OPEN_MAX {
            return Ok(None);
        }
        if self.log.readable_end(partition)? <= cursor {
            return Ok(Some((transaction_open(partition, cursor, high, told), told)));
        }
        // A reader is judged by what it gave since it was made. One that meets known trouble each time is made anew each time, and the
        // trouble is what is told.
        let is_stalled = since.elapsed().min(self.followed.elapsed()) >= READER_STALLED_MAX;
        Ok(is_stalled.then(|| (reader_stalled(cursor, high, told), told)))
    }
}

fn transaction_open(partition: u32, cursor: i64, high: i64, since: Timestamp) -> log::Error {
    let hidden = high.saturating_sub(cursor);
    let found = format!("a producer's transaction has been open at offset {cursor} since {since:.0} at the latest");
    let meaning = format!("the {hidden} offsets from there up to the end at {high} must not be read before it ends, those of other producers included");
    let way_out = format!(
        "it ends by itself at its transaction.timeout.ms and up to 10 s more, or when that producer starts again. If it does not, its end was never written: \
         `kafka-transactions.sh find-hanging` shows it, and `abort` with `--topic`, `--partition {partition}` and its `--start-offset` ends it"
    );
    log::Error::new(Code::TransactionOpen, format!("{found}; {meaning}; {way_out}"))
}

fn reader_stalled(cursor: i64, high: i64, since: Timestamp) -> log::Error {
    let found = format!("nothing has come from offset {cursor} since {since:.0} although the log goes on to {high}");
    let way_out = "a long stretch of aborted records passes by itself; if this stays, look at the record there with another consumer, and report it";
    log::Error::new(Code::ReaderStalled, format!("{found}; {way_out}"))
}
