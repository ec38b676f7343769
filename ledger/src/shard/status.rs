//! What a shard says of itself, and waiting for it.

use crate::entry::{Outcome, Row};
use crate::journal::{Committed, Hash};
use crate::log::{Code, Error};
use jiff::Timestamp;
use schemas::event::EventType;
use schemas::time::Date;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a shard does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// More lies ahead than one batch.
    CatchingUp,
    /// At most one batch lies ahead.
    Following,
    /// Nothing is folded; the code says why.
    Halted,
}

impl State {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CatchingUp => "catching_up",
            Self::Following => "following",
            Self::Halted => "halted",
        }
    }
}

/// What was done since the shard was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Records folded.
    pub records: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// Records that were booked.
    pub posted: u64,
    /// Records that were there before.
    pub duplicate: u64,
    /// Records that wait.
    pub parked: u64,
    /// Records that a rule refused.
    pub refused: u64,
    /// Events that tell of money moved outside and were refused, at once or when they left the park.
    pub money_refused: u64,
    /// Records that were set aside.
    pub quarantined: u64,
    /// Entries written.
    pub entries: u64,
    /// Commits.
    pub commits: u64,
    /// Microseconds spent in commits.
    pub commit_micros: u64,
    /// The longest commit, in microseconds.
    pub commit_micros_max: u64,
    /// Microseconds spent in folding.
    pub fold_micros: u64,
    /// How often the log did not answer.
    pub log_failures: u64,
}

impl Counters {
    /// Counts rows that a record made; `first`: they are its first ones. What became of it is told by the first row that is about
    /// itself: the rest are releases from the park, or a day close's.
    pub(super) fn rows(&mut self, offset: i64, rows: &[Row], first: bool) {
        let is_money = |row: &&Row| matches!(row.outcome, Outcome::Refused { .. }) && row.event_type.is_some_and(EventType::tells_of_moved_money);
        self.money_refused += rows.iter().filter(is_money).count() as u64;
        let Some(own) = rows.iter().find(|row| first && row.record == offset) else { return };
        match own.outcome {
            Outcome::Posted => self.posted += 1,
            Outcome::Duplicate { .. } => self.duplicate += 1,
            Outcome::Parked(_) => self.parked += 1,
            Outcome::Refused { .. } => self.refused += 1,
            Outcome::Quarantined { .. } => self.quarantined += 1,
        }
    }

    /// Adds what one commit did.
    pub(super) fn add(&mut self, more: &Self) {
        self.records += more.records;
        self.bytes += more.bytes;
        self.posted += more.posted;
        self.duplicate += more.duplicate;
        self.parked += more.parked;
        self.refused += more.refused;
        self.money_refused += more.money_refused;
        self.quarantined += more.quarantined;
        self.entries += more.entries;
        self.commits += more.commits;
        self.commit_micros += more.commit_micros;
        self.commit_micros_max = self.commit_micros_max.max(more.commit_micros);
        self.fold_micros += more.fold_micros;
        self.log_failures += more.log_failures;
    }
}

/// A shard at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Which partition.
    pub partition: u32,
    /// What it does.
    pub state: State,
    /// Why it is halted, or cannot follow.
    pub code: Option<Code>,
    /// The same for the operator, with the way out.
    pub detail: Option<String>,
    /// Since when that code holds; of an open transaction and a reader that stands still, since when nothing came.
    pub since: Option<Timestamp>,
    /// Whether it goes on by itself once the cause is gone.
    pub retrying: bool,
    /// Whether the log was found to be the one that was folded, since the start.
    pub checked: bool,
    /// The offset of the last record folded; `None` before the first.
    pub position: Option<i64>,
    /// Offsets between the position and the log's end, when last looked.
    pub lag: u64,
    /// How many entries there are.
    pub entries: u64,
    /// The chain up to the last one.
    pub head: Hash,
    /// The open business date, once the fold is restored and the partition opened.
    pub open_date: Option<Date>,
    /// Bytes of the fold's committed state in memory, about.
    pub state_bytes: u64,
    /// What was done since the start.
    pub counters: Counters,
}

struct Written {
    status: Status,
    stopping: bool,
    ended: bool,
}

/// Where the shard's thread writes its status and others read and wait.
pub(super) struct Board {
    written: Mutex<Written>,
    changed: Condvar,
}

impl Board {
    pub fn new(partition: u32, cursor: i64, entries: u64, head: Hash) -> Self {
        let status = Status {
            partition,
            state: State::CatchingUp,
            code: None,
            detail: None,
            since: None,
            retrying: false,
            checked: false,
            position: cursor.checked_sub(1).filter(|position| *position >= 0),
            lag: 0,
            entries,
            head,
            open_date: None,
            state_bytes: 0,
            counters: Counters::default(),
        };
        Self { written: Mutex::new(Written { status, stopping: false, ended: false }), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        // The status is written field by field from values that are complete, so it is readable after any panic.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn status(&self) -> Status {
        self.lock().status.clone()
    }

    /// Changes the status, and wakes who waits.
    pub fn change(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.lock().status);
        self.changed.notify_all();
    }

    /// The journal was opened, later than the shard was started.
    pub fn opened(&self, cursor: i64, entries: u64, head: Hash) {
        self.change(|status| {
            status.state = State::CatchingUp;
            (status.code, status.detail, status.retrying) = (None, None, false);
            status.position = cursor.checked_sub(1).filter(|position| *position >= 0);
            (status.entries, status.head) = (entries, head);
        });
    }

    /// A commit was made.
    pub fn committed(&self, committed: &Committed, open_date: Option<Date>, state_bytes: usize, count: impl FnOnce(&mut Counters)) {
        self.change(|status| {
            // The lag was counted at the last look, from where the cursor was then: what was read since is no lag any more.
            let before = status.position.map_or(0, |position| position.saturating_add(1));
            let read = u64::try_from(committed.cursor.saturating_sub(before)).unwrap_or(0);
            status.lag = status.lag.saturating_sub(read);
            status.position = committed.cursor.checked_sub(1).filter(|position| *position >= 0);
            status.entries = committed.entries;
            status.head = committed.head;
            status.open_date = open_date;
            status.state_bytes = state_bytes as u64;
            count(&mut status.counters);
        });
    }

    /// The end of the log was seen.
    pub fn looked(&self, lag: u64, following_lag_max: u64) {
        self.change(|status| {
            status.lag = lag;
            status.state = if lag <= following_lag_max { State::Following } else { State::CatchingUp };
            (status.code, status.detail, status.since) = (None, None, None);
            (status.retrying, status.checked) = (false, true);
        });
    }

    /// The end of the log was seen, and nothing comes up to there.
    pub fn waits(&self, lag: u64, error: &Error, since: Timestamp) {
        self.change(|status| {
            status.lag = lag;
            status.state = State::CatchingUp;
            status.code = Some(error.code);
            status.detail = Some(error.detail.clone());
            status.since = Some(since);
            (status.retrying, status.checked) = (true, true);
        });
    }

    /// Nothing is folded for now, or until a restart.
    pub fn halted(&self, error: &Error, retrying: bool) {
        self.change(|status| {
            status.state = State::Halted;
            // The same trouble, met again, began when it was met first.
            if status.code != Some(error.code) {
                status.since = Some(Timestamp::now());
            }
            status.code = Some(error.code);
            status.detail = Some(error.detail.clone());
            status.retrying = retrying;
        });
    }

    /// Asks the thread to end.
    pub fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    /// Whether the thread was asked to end.
    pub fn stopping(&self) -> bool {
        self.lock().stopping
    }

    /// The thread has ended; nobody waits for it any more.
    pub fn ended(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Sleeps so long, or until the thread is asked to end.
    pub fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut written = self.lock();
        while !written.stopping {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            written = self.changed.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the log was compared with what was folded, or the shard is halted, at most so long; its status then.
    pub fn wait_checked(&self, time: Duration) -> Status {
        let until = Instant::now() + time;
        let mut written = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if written.status.checked || written.status.state == State::Halted || written.ended || left.is_zero() {
                return written.status.clone();
            }
            written = self.changed.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the record at an offset was folded, at most so long. Whether it was.
    pub fn wait_for(&self, offset: i64, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut written = self.lock();
        loop {
            if written.status.position.is_some_and(|position| position >= offset) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if written.ended || left.is_zero() {
                return false;
            }
            written = self.changed.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
