//! The shard's thread: preflight, then fetch, fold, commit, tell; until it is stopped or must not go on.

use super::batch::{BYTES_IN_HAND, Batch, collect};
use super::feed::{Feed, Kept};
use super::folding::Folding;
use super::handle::{Config, Notice, OnCommit};
use super::pace::Pace;
use super::status::{Board, Counters};
use crate::disk;
use crate::entry::Recorded;
use crate::journal::{self, Commit, Journal, Origin};
use crate::log::{self, Code, Fingerprint, Log, Record, Remembered, preflight};
use crate::source::{self, Changes};
use jiff::Timestamp;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long one fetch waits for the first record; a stop is noticed after it at the latest.
pub const FETCH_WAIT: Duration = Duration::from_millis(200);
/// The longest pause between two attempts at a log that does not answer.
pub const PAUSE_MAX: Duration = Duration::from_secs(5);
/// The first one; each is twice the one before.
pub(super) const PAUSE_MIN: Duration = Duration::from_millis(20);
/// Fetches that may fail one after the other before the shard says so and looks whether the log is still the same.
const FETCH_FAILURES_MAX: u32 = 3;
/// A record of more entries is large: what follows the journal needs a while for it.
pub const LARGE_ENTRIES: usize = 512;
/// How often the end of the log is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a reader that was refused must have been quiet, where there is nothing to read, before access is believed in.
const ACCESS_TRUST_MIN: Duration = Duration::from_secs(2);
/// How long an open transaction may hide what lies behind it before the shard says so. One of a few seconds is usual.
pub const TRANSACTION_OPEN_MAX: Duration = Duration::from_secs(5);
/// How long a reader may give nothing although there is something to read, before the shard says so.
pub const READER_STALLED_MAX: Duration = Duration::from_secs(10);

pub(super) struct Worker<F> {
    config: Config,
    log: Arc<dyn Log>,
    journal: Journal,
    fold: Option<F>,
    /// What the last commit wrote of state: its memory is used again.
    changes: Changes,
    board: Arc<Board>,
    feed: Arc<Feed>,
    on_commit: OnCommit,
    pace: Pace,
    pause: Duration,
    looked: Option<Instant>,
    /// When the last reader was made.
    followed: Instant,
    /// Whether the log was looked over since the start.
    looked_over: bool,
    /// Since when nothing came although the log goes on; by the clock of the machine, too, for who reads it.
    standing: Option<(Instant, Timestamp)>,
    /// Whether that was told.
    waits: bool,
    /// What a reader met that no record has come after: until one does, the shard does not follow.
    trouble: Option<log::Error>,
}

impl<F: Folding> Worker<F> {
    /// What is to run on the shard's own thread; the fold is made there.
    #[allow(clippy::new_ret_no_self, reason = "what a thread needs is the closure")]
    pub fn new(config: Config, log: Arc<dyn Log>, journal: Journal, board: Arc<Board>, feed: Arc<Feed>, on_commit: OnCommit) -> impl FnOnce() + Send {
        move || {
            let partition = config.partition;
            let told = Arc::clone(&board);
            let (pause, looked, followed, looked_over) = (PAUSE_MIN, None, Instant::now(), false);
            let (standing, waits, trouble) = (None, false, None);
            let worker = Self {
                config,
                log,
                journal,
                fold: None,
                changes: Changes::default(),
                board,
                feed,
                on_commit,
                pace: Pace::new(Instant::now()),
                pause,
                looked,
                followed,
                looked_over,
                standing,
                waits,
                trouble,
            };
            let ended = match catch_unwind(AssertUnwindSafe(move || worker.run())) {
                Ok(ended) => ended,
                Err(panic) => Err(log::Error::new(Code::Corrupt, format!("the fold cannot go on: {}; report this", panic_text(&*panic)))),
            };
            if let Err(error) = ended {
                tracing::error!(partition, code = error.code.as_str(), detail = error.detail, "the shard is halted");
                told.halted(&error, false);
            }
            told.ended();
        }
    }

    /// Ends without an error only when it is stopped.
    fn run(mut self) -> Result<(), log::Error> {
        while !self.board.stopping() {
            match self.follow() {
                Ok(()) => break,
                Err(error) if error.code.passes() => {
                    tracing::warn!(partition = self.config.partition, code = error.code.as_str(), detail = error.detail, "the shard waits");
                    if !is_of_the_log(error.code) {
                        // What was folded and not committed is folded again, from what was.
                        self.journal.abandon();
                        self.fold = None;
                    }
                    self.board.change(|status| status.counters.log_failures += 1);
                    self.board.halted(&error, true);
                    let code = error.code;
                    self.trouble = Some(error);
                    self.wait(code);
                }
                Err(error) => return Err(error),
            }
        }
        self.journal.sync().map_err(halt)
    }

    /// A pause, each twice the one before; on a full disk until there is room.
    fn wait(&mut self, code: Code) {
        loop {
            self.board.pause(self.pause);
            self.pause = (self.pause * 2).min(PAUSE_MAX);
            if self.board.stopping() || code != Code::DiskFull || self.journal.room().is_ok() {
                return;
            }
        }
    }

    /// Reads on from the cursor until it is stopped, or the log fails.
    fn follow(&mut self) -> Result<(), log::Error> {
        self.journal.mend().map_err(halt)?;
        self.check_log()?;
        if !std::mem::replace(&mut self.looked_over, true) {
            self.log.look_over(self.config.partition);
        }
        let mut reader = self.log.reader(self.config.partition, self.journal.cursor())?;
        (self.looked, self.followed) = (None, Instant::now());
        self.look(true)?;
        let mut failures = 0;
        while !self.board.stopping() {
            let rest = |rested| rested < self.pace.rest(&self.config.bounds, || self.on_commit.is_awaited());
            match collect(reader.as_mut(), self.journal.cursor(), &self.config.bounds, FETCH_WAIT, rest) {
                Ok(batch) if batch.is_empty() => {
                    if self.pass(reader.position())? || self.standing.is_none() {
                        failures = 0;
                    }
                    self.journal.sync().map_err(halt)?;
                    self.look(false)?;
                }
                Ok(batch) => {
                    failures = 0;
                    self.pace.came(Instant::now(), batch.len());
                    let (batch, met) = Batch::of(&*self.log, batch);
                    if !batch.records.is_empty() {
                        let folded = self.fold(&batch);
                        self.feed.folds(0);
                        folded?;
                        self.went_on();
                    }
                    // What cannot be read now, and all behind it, is fetched again.
                    if let Some(error) = met {
                        return Err(error);
                    }
                    // What follows the last record and is none, such as the end of its transaction.
                    self.pass(reader.position())?;
                    self.look(false)?;
                }
                Err(error) if error.code == Code::KafkaUnreachable && failures < FETCH_FAILURES_MAX => {
                    failures += 1;
                    self.board.change(|status| status.counters.log_failures += 1);
                    self.board.pause(PAUSE_MIN);
                }
                Err(error) if error.code.passes() => return Err(error),
                Err(error) => {
                    // What a fetch sees is one symptom; the preflight compares everything and may know better.
                    self.check_log()?;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Whether the log is still the one that was folded. Restores the fold the first time.
    fn check_log(&mut self) -> Result<(), log::Error> {
        let partition = self.config.partition;
        let known = self.journal.origin().cloned();
        let partitions = match &known {
            Some(origin) if origin.partition != partition => {
                let detail = format!("the directory is of partition {}, not {partition}: a shard was moved to the wrong place", origin.partition);
                return Err(log::Error::new(Code::Misplaced, detail));
            }
            Some(origin) => origin.partitions,
            None => self.log.partitions()?,
        };
        let remembered = known.as_ref().map(|origin| Remembered { identity: origin.identity.clone(), last: self.journal.last_record() });
        preflight(&*self.log, partition, self.journal.cursor(), partitions, remembered.as_ref())?;
        // An id that could not be had before is kept once it can be; one that is known stays.
        if known.is_none_or(|origin| !origin.identity.starts_with("id:")) {
            let identity = self.log.identity()?;
            self.journal.bind(Origin { partition, partitions, identity }).map_err(halt)?;
        }
        if self.fold.is_none() {
            let mut fold = F::open(partition, partitions, &self.journal.reader()).map_err(damaged)?;
            fold.bound(self.config.state_bytes);
            if fold.next_entry() != self.journal.entries() {
                return Err(miscounted(fold.next_entry(), self.journal.entries()));
            }
            self.board.change(|status| status.open_date = fold.open_date());
            self.fold = Some(fold);
        }
        Ok(())
    }

    /// Looks at the end of the log, not more often than is useful.
    fn look(&mut self, now: bool) -> Result<(), log::Error> {
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
    fn went_on(&mut self) {
        if self.trouble.is_some() || self.waits {
            // What was told of it is looked at again at once.
            self.looked = None;
        }
        (self.standing, self.waits, self.trouble, self.pause) = (None, false, None, PAUSE_MIN);
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
        Ok((since.elapsed() >= READER_STALLED_MAX).then(|| (reader_stalled(partition, cursor, high, told), told)))
    }

    /// Moves the cursor over offsets that are no records. Whether it moved.
    fn pass(&mut self, position: i64) -> Result<bool, log::Error> {
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
    fn fold(&mut self, batch: &Batch) -> Result<(), log::Error> {
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

/// Trouble of the log alone, which leaves what was folded as it is.
const fn is_of_the_log(code: Code) -> bool {
    match code {
        Code::KafkaUnreachable
        | Code::AccessDenied
        | Code::TopicMissing
        | Code::TransactionOpen
        | Code::ReaderStalled
        | Code::RegistryUnreachable
        | Code::SchemaUnknown => true,
        Code::TopicRecreated
        | Code::LogTruncated
        | Code::LogExpired
        | Code::PartitionsChanged
        | Code::DiskFull
        | Code::DiskFailing
        | Code::Permission
        | Code::TooManyFiles
        | Code::InUse
        | Code::OtherFormat
        | Code::Misplaced
        | Code::Corrupt
        | Code::SchemaRefused
        | Code::TopicRefuses
        | Code::StreamForeign
        | Code::StreamFenced
        | Code::StreamAhead
        | Code::ViewsBehind => false,
    }
}

fn transaction_open(partition: u32, cursor: i64, high: i64, since: Timestamp) -> log::Error {
    let hidden = high.saturating_sub(cursor);
    let found = format!("partition {partition}: a producer's transaction has been open at offset {cursor} since {since:.0} at the latest");
    let meaning = format!("the {hidden} offsets from there up to the end at {high} must not be read before it ends, those of other producers included");
    let way_out = "it ends by itself at its transaction.timeout.ms and up to 10 s more; to end it now, restart that producer, or `kafka-transactions.sh abort`";
    log::Error::new(Code::TransactionOpen, format!("{found}; {meaning}; {way_out}"))
}

fn reader_stalled(partition: u32, cursor: i64, high: i64, since: Timestamp) -> log::Error {
    let found = format!("partition {partition}: nothing has come from offset {cursor} since {since:.0} although the log goes on to {high}");
    let way_out = "a long stretch of aborted records passes by itself; if this stays, look at the record there with another consumer, and report it";
    log::Error::new(Code::ReaderStalled, format!("{found}; {way_out}"))
}

fn halt(error: journal::Error) -> log::Error {
    log::Error::new(error.code(), error.to_string())
}

/// State that cannot be read is damage, unless the system says otherwise: one file too many passes.
fn damaged(error: source::Error) -> log::Error {
    log::Error::new(disk::code_of_words(&error.0).unwrap_or(Code::Corrupt), error.to_string())
}

fn miscounted(fold: u64, journal: u64) -> log::Error {
    log::Error::new(Code::Corrupt, format!("the fold counts {fold} entries and the journal {journal}; remove the shard's directory and fold it again"))
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}
