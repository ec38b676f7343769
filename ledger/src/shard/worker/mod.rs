//! The shard's thread: preflight, then fetch, fold, commit, tell; until it is stopped or must not go on.
//!
//! | file | what it does |
//! |---|---|
//! | `commits` | folds a batch and commits it |
//! | `lookout` | looks at the log's end, and whether nothing comes although there is more |

mod commits;
mod lookout;

pub use commits::LARGE_ENTRIES;
pub use lookout::{READER_STALLED_MAX, TRANSACTION_OPEN_MAX};

use super::batch::{Batch, collect};
use super::feed::Feed;
use super::folding::Folding;
use super::handle::{Config, OnCommit};
use super::pace::Pace;
use super::part::{damaged, panic_text};
use super::status::Board;
use crate::journal::{self, Journal, Origin};
use crate::log::{self, Code, Log, Remembered, preflight};
use crate::source::Changes;
use jiff::Timestamp;
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
            let mut worker = Self {
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
            let ended = match catch_unwind(AssertUnwindSafe(|| worker.run())) {
                Ok(ended) => ended,
                Err(panic) => Err(worker.ended_in(panic_text(&*panic))),
            };
            if let Err(error) = &ended {
                worker.measure(error.code);
            }
            // The journal is closed before anybody is told that nothing goes on.
            drop(worker);
            if let Err(error) = ended {
                tracing::error!(partition, code = error.code.as_str(), detail = error.detail, "the shard is halted");
                told.halted(&error, false);
            }
            told.ended();
        }
    }

    /// Ends without an error only when it is stopped.
    fn run(&mut self) -> Result<(), log::Error> {
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
                    self.measure(error.code);
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

    /// A panic of the shard's own, and of no record that is known.
    fn ended_in(&self, panic: &str) -> log::Error {
        let (partition, cursor) = (self.config.partition, self.journal.cursor());
        let found = format!("the shard ended in a panic at record {partition}:{cursor} or behind it: {panic}");
        log::Error::new(Code::FoldFailed, format!("{found}; start the service again, and report this"))
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
                    let (batch, met) = Batch::of(&*self.log, self.config.partition, batch);
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
        // What was committed is told whatever the log answers: the open date, before all.
        if known.is_some() {
            self.restore(partitions)?;
        }
        let remembered = known.as_ref().map(|origin| Remembered { identity: origin.identity.clone(), last: self.journal.last_record() });
        preflight(&*self.log, partition, self.journal.cursor(), partitions, remembered.as_ref())?;
        // An id that could not be had before is kept once it can be; one that is known stays.
        if known.is_none_or(|origin| !origin.identity.starts_with("id:")) {
            let identity = self.log.identity()?;
            self.journal.bind(Origin { partition, partitions, identity }).map_err(halt)?;
        }
        self.restore(partitions)
    }

    /// Restores the fold from what was committed, unless it is there.
    fn restore(&mut self, partitions: u32) -> Result<(), log::Error> {
        if self.fold.is_none() {
            let mut fold = F::open(self.config.partition, partitions, &self.journal.reader()).map_err(|error| damaged(&error))?;
            fold.bound(self.config.state_bytes);
            if fold.next_entry() != self.journal.entries() {
                return Err(miscounted(fold.next_entry(), self.journal.entries()));
            }
            self.board.change(|status| (status.open_date, status.state_bytes) = (fold.open_date(), fold.bytes() as u64));
            self.fold = Some(fold);
        }
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
        | Code::FoldFailed
        | Code::SchemaRefused
        | Code::TopicRefuses
        | Code::StreamForeign
        | Code::StreamFenced
        | Code::StreamAhead
        | Code::ViewsBehind => false,
    }
}

fn halt(error: journal::Error) -> log::Error {
    log::Error::new(error.code(), error.to_string())
}

fn miscounted(fold: u64, journal: u64) -> log::Error {
    log::Error::new(Code::Corrupt, format!("the fold counts {fold} entries and the journal {journal}; remove the shard's directory and fold it again"))
}
