//! One partition of the node: its shard, the follower of its views, and how far both are.

use super::error::Error;
use super::progress::Progress;
use ledger::journal::{Hash, Reader};
use ledger::log::Code;
use ledger::shard::{Counters, Handle, State, Status};
use projections::answers::{self, Shard};
use projections::follower::Follower;
use projections::views::{self, Views};
use schemas::time::Date;
use std::sync::Arc;

/// Records that views may be behind their journal and still be said to follow: about a second's work. After an upgrade they
/// may have all of it to fold again.
const VIEWS_BEHIND_MAX: u64 = 65_536;

/// One partition.
pub struct Place {
    shard: Handle,
    /// None where the journal could not be opened, so that there is nothing to follow.
    follower: Option<Follower>,
    progress: Arc<Progress>,
}

/// What a shard and its views do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardStatus {
    /// Which partition.
    pub partition: u32,
    /// What the shard does.
    pub state: State,
    /// Why it is halted.
    pub code: Option<&'static str>,
    /// The same for the operator, with the way out.
    pub detail: Option<String>,
    /// The offset up to which answers include everything; −1 before the first.
    pub position: i64,
    /// How many offsets lie between that and the end of the log.
    pub lag: u64,
    /// How many entries the journal has.
    pub entries: u64,
    /// How many of them the views have.
    pub viewed: u64,
    /// The chain up to the last one.
    pub head: Hash,
    /// The open business date.
    pub business_date: Option<Date>,
    /// What was done since the start.
    pub counters: Counters,
}

/// What a shard does, where its views are so many records behind its journal: who asks is answered from the views.
const fn with_views(state: State, behind: u64) -> State {
    match state {
        State::Following if behind > VIEWS_BEHIND_MAX => State::CatchingUp,
        state => state,
    }
}

impl Place {
    pub(super) const fn new(shard: Handle, follower: Option<Follower>, progress: Arc<Progress>) -> Self {
        Self { shard, follower, progress }
    }

    /// Which partition.
    pub const fn partition(&self) -> u32 {
        self.shard.partition()
    }

    /// How far it is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The journal, to read.
    pub fn journal(&self) -> Result<Reader, Error> {
        self.shard.reader().ok_or_else(|| self.unavailable())
    }

    /// The views, to read.
    pub fn views(&self) -> Result<&Views, Error> {
        Ok(self.follower()?.views())
    }

    /// The follower of the views.
    pub fn follower(&self) -> Result<&Follower, Error> {
        self.follower.as_ref().ok_or_else(|| self.unavailable())
    }

    /// Asks one snapshot of the views, with the journal beside it.
    pub fn answer<T>(&self, ask: impl FnOnce(&Shard<'_>) -> Result<T, answers::Error>) -> Result<T, Error> {
        let (journal, views) = (self.journal()?, self.views()?);
        let told = |error| Error::Answer { partition: self.partition(), error };
        let shard = Shard::new(self.partition(), views, &journal).map_err(told)?;
        ask(&shard).map_err(told)
    }

    fn unavailable(&self) -> Error {
        let detail = self.shard.status().detail.unwrap_or_else(|| "the journal could not be opened".to_owned());
        Error::Unavailable { partition: self.partition(), detail }
    }

    /// What the shard and its views do now. Answers include what the views include.
    pub fn status(&self) -> ShardStatus {
        let Status { partition, mut state, code, mut detail, position: folded, lag, entries, head, open_date, counters, .. } = self.shard.status();
        let folded = folded.unwrap_or(-1);
        let mut code = code.map(Code::as_str);
        let (mut position, mut viewed) = (-1, 0);
        if let Some(follower) = &self.follower {
            let progress = follower.progress();
            (position, viewed) = (progress.checkpoint.position, progress.checkpoint.next_entry);
            if let Some(error) = progress.halted {
                (state, code, detail) = (State::Halted, Some(code_of(&error).as_str()), Some(error.to_string()));
            }
        }
        // The views trail the journal by a batch; what they miss is behind, too.
        let behind = u64::try_from(folded.saturating_sub(position)).unwrap_or(0);
        let lag = lag.saturating_add(behind);
        state = with_views(state, behind);
        ShardStatus { partition, state, code, detail, position, lag, entries, viewed, head, business_date: open_date, counters }
    }

    pub(super) fn stop(&self) {
        self.shard.stop();
        if let Some(follower) = &self.follower {
            follower.stop();
        }
    }
}

/// The code of views that stand still: whatever it is, an operator must look.
const fn code_of(error: &views::Error) -> Code {
    match error {
        views::Error::DiskFull(_) => Code::DiskFull,
        _ => Code::Corrupt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_far_behind_their_journal_are_catching_up() {
        assert_eq!(with_views(State::Following, VIEWS_BEHIND_MAX), State::Following);
        assert_eq!(with_views(State::Following, VIEWS_BEHIND_MAX + 1), State::CatchingUp);
        assert_eq!(with_views(State::Halted, u64::MAX), State::Halted);
    }
}
