//! What the trader tells while it trades, and what it is told: a board that the screen reads, and the word to stop.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What the city is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Waits for the log and its shards.
    #[default]
    Opening,
    /// Plays past days as fast as they are taken.
    History,
    /// Plays days on the clock.
    Live,
    /// Everything that was asked for was played, or it was told to stop.
    Ended,
}

impl Phase {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::History => "history",
            Self::Live => "live",
            Self::Ended => "ended",
        }
    }
}

/// How far the city is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What it is at.
    pub phase: Phase,
    /// The date that is played.
    pub date: Option<String>,
    /// Days that were closed.
    pub days: u32,
    /// Records that were appended.
    pub sent: u64,
    /// Records that the embedded log did not take, because they have card numbers.
    pub turned_away: u64,
    /// Why it ended early.
    pub failure: Option<String>,
}

/// Shared by the trader, the screen, and whoever stops both.
#[derive(Debug)]
pub struct Board {
    told: Mutex<Told>,
    stopping: Mutex<bool>,
    wake: Condvar,
    ended: watch::Sender<bool>,
}

impl Default for Board {
    fn default() -> Self {
        Self { told: Mutex::default(), stopping: Mutex::new(false), wake: Condvar::new(), ended: watch::Sender::new(false) }
    }
}

impl Board {
    /// How far it is.
    pub fn told(&self) -> Told {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is told.
    pub fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Nothing more will be traded.
    pub fn end(&self, failure: Option<String>) {
        self.tell(|told| {
            told.phase = Phase::Ended;
            told.failure = failure;
        });
        self.ended.send_replace(true);
    }

    /// Waits until nothing more will be traded.
    pub async fn ended(&self) {
        // The sender lives as long as the board.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// Everybody is to stop.
    pub fn stop(&self) {
        *self.stopping.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    /// Waits so long, or until everybody is to stop. Whether that is so.
    pub fn pause(&self, time: Duration) -> bool {
        let stopping = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
        *self.wake.wait_timeout_while(stopping, time, |stopping| !*stopping).unwrap_or_else(PoisonError::into_inner).0
    }
}
