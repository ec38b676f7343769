//! One partition of the node: its shard, the follower of its views, and how far both are.

use super::error::Error;
use super::progress::Progress;
use ledger::journal::{Hash, Reader};
use ledger::log::Code;
use ledger::shard::{Counters, Handle, State, Status};
use projections::answers::{self, Shard};
use projections::follower::Follower;
use projections::views::Views;
use schemas::time::Date;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Records that views may be behind their journal and still be said to follow: about a second's work. After an upgrade they
/// may have all of it to fold again.
const VIEWS_BEHIND_MAX: u64 = 65_536;
/// The code of views that are being folded anew from the first entry.
pub const VIEWS_ANEW: &str = "views_folded_anew";

/// Makes the follower of a journal, once that is open.
pub(super) type Attach = Box<dyn Fn(&Handle, Reader) -> Result<Follower, projections::views::Error> + Send>;

/// One partition.
pub struct Place {
    shard: Handle,
    /// None as long as the journal could not be opened, so that there is nothing to follow.
    follower: OnceLock<Follower>,
    attach: Mutex<Attach>,
    progress: Arc<Progress>,
}

/// What a shard and its views do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardStatus {
    /// Which partition.
    pub partition: u32,
    /// What the shard does.
    pub state: State,
    /// Why it is halted, or why not everything can be relied on.
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
    /// How often the views were folded anew since the start.
    pub views_anew: u64,
    /// The chain up to the last one.
    pub head: Hash,
    /// The open business date.
    pub business_date: Option<Date>,
    /// Bytes of the fold's state in memory, about.
    pub state_bytes: u64,
    /// What was done since the start.
    pub counters: Counters,
}

/// What a shard does, where its views are so many records behind its journal: who asks is answered from the views.
const fn with_views(state: State, behind: u64, settled: bool) -> State {
    match state {
        State::Following if behind > VIEWS_BEHIND_MAX || !settled => State::CatchingUp,
        state => state,
    }
}

impl Place {
    pub(super) fn new(shard: Handle, attach: Attach, progress: Arc<Progress>) -> Result<Self, Error> {
        let place = Self { shard, follower: OnceLock::new(), attach: Mutex::new(attach), progress };
        place.attached()?;
        Ok(place)
    }

    /// The follower, made as soon as the journal is open.
    fn attached(&self) -> Result<Option<&Follower>, Error> {
        if let Some(follower) = self.follower.get() {
            return Ok(Some(follower));
        }
        let attach = self.attach.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have made it meanwhile.
        if self.follower.get().is_none()
            && let Some(reader) = self.shard.reader()
        {
            self.progress.folded(reader.cursor());
            let follower = attach(&self.shard, reader)?;
            self.follower.get_or_init(|| follower);
        }
        Ok(self.follower.get())
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
    pub fn views(&self) -> Result<Views, Error> {
        self.follower()?.views().ok_or_else(|| self.unavailable())
    }

    /// The follower of the views.
    pub fn follower(&self) -> Result<&Follower, Error> {
        self.attached()?.ok_or_else(|| self.unavailable())
    }

    /// Asks one snapshot of the views, with the journal beside it.
    pub fn answer<T>(&self, ask: impl FnOnce(&Shard<'_>) -> Result<T, answers::Error>) -> Result<T, Error> {
        let (journal, views) = (self.journal()?, self.views()?);
        let told = |error| Error::Answer { partition: self.partition(), error };
        let shard = Shard::new(self.partition(), &views, &journal).map_err(told)?;
        ask(&shard).map_err(told)
    }

    fn unavailable(&self) -> Error {
        let ShardStatus { partition, code, detail, .. } = self.status();
        Error::Unavailable { partition, code, detail: detail.unwrap_or_else(|| "the views are being opened".to_owned()) }
    }

    /// What the shard alone does, once it has compared the log with what it folded; waits at most so long for that.
    pub(super) fn wait_checked(&self, time: Duration) -> Status {
        self.shard.wait_checked(time)
    }

    /// What the shard and its views do now. Answers include what the views include.
    pub fn status(&self) -> ShardStatus {
        let Status { partition, mut state, code, mut detail, position: folded, lag, entries, head, open_date, counters, state_bytes, .. } = self.shard.status();
        let folded = folded.unwrap_or(-1);
        let mut code = code.map(Code::as_str);
        // A block that cannot be read fails who asks for it, while all else goes on.
        if code.is_none()
            && let Some(error) = self.shard.reader().and_then(|reader| reader.trouble())
        {
            (code, detail) = (Some(error.code.as_str()), Some(error.detail));
        }
        let (mut position, mut viewed, mut views_anew, mut settled) = (-1, 0, 0, false);
        match self.attached() {
            Ok(None) => {}
            Err(error) => (state, code, detail) = (State::Halted, Some(Code::TooManyFiles.as_str()), Some(error.to_string())),
            Ok(Some(follower)) => {
                let progress = follower.progress();
                (position, viewed, views_anew, settled) = (progress.checkpoint.position, progress.checkpoint.next_entry, progress.anew_count, progress.settled);
                if let Some(error) = progress.halted {
                    (state, code, detail) = (State::Halted, Some(error.code().as_str()), Some(error.to_string()));
                } else if let Some(reason) = progress.anew.filter(|_| code.is_none()) {
                    let told = format!("the views are folded anew, {viewed} of {entries} entries: {reason}. Nothing need be done");
                    (code, detail) = (Some(VIEWS_ANEW), Some(told));
                }
            }
        }
        // The views trail the journal by a batch; what they miss is behind, too.
        let behind = u64::try_from(folded.saturating_sub(position)).unwrap_or(0);
        let lag = lag.saturating_add(behind);
        state = with_views(state, behind, settled);
        ShardStatus { partition, state, code, detail, position, lag, entries, viewed, views_anew, head, business_date: open_date, state_bytes, counters }
    }

    pub(super) fn stop(&self) {
        self.shard.stop();
        if let Some(follower) = self.follower.get() {
            follower.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_far_behind_their_journal_are_catching_up() {
        assert_eq!(with_views(State::Following, VIEWS_BEHIND_MAX, true), State::Following);
        assert_eq!(with_views(State::Following, VIEWS_BEHIND_MAX + 1, true), State::CatchingUp);
        assert_eq!(with_views(State::Following, 0, false), State::CatchingUp);
        assert_eq!(with_views(State::Halted, u64::MAX, true), State::Halted);
    }
}
