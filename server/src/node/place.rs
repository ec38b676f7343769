//! One partition of the node: its shard, the follower of its views, and how far both are.

use super::error::Error;
use super::freshness::Freshness;
use super::progress::Progress;
use super::reliance::{Reached, behind};
use crate::streams::Streams;
use ledger::journal::{Hash, Reader};
use ledger::log::Code;
use ledger::shard::{Counters, Handle, State, Status};
use ledger::tree::Tree;
use projections::answers::{self, Cut, Shard};
use projections::follower::Follower;
use projections::views::Views;
use schemas::time::Date;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The code of views that are being folded anew from the first entry.
pub const VIEWS_ANEW: &str = "views_folded_anew";

/// Makes the follower of a journal and what is written out of it, once that is open.
pub(super) type Attach = Box<dyn Fn(&Arc<Handle>, Reader) -> Result<(Arc<Follower>, Streams), Error> + Send>;

/// One partition.
pub struct Place {
    shard: Arc<Handle>,
    /// None as long as the journal could not be opened, so that there is nothing to follow.
    follower: OnceLock<(Arc<Follower>, Streams)>,
    attach: Mutex<Attach>,
    progress: Arc<Progress>,
    /// How long answers have been behind the log.
    freshness: Mutex<Freshness>,
    /// The end of the log when it was first seen; none before.
    end_at_start: OnceLock<i64>,
    /// Whether everything that was there at the start is in the answers.
    is_settled: AtomicBool,
    pub(super) tree: Mutex<Tree>,
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
    /// Since when.
    pub since: Option<jiff::Timestamp>,
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

impl Place {
    pub(super) fn new(shard: Arc<Handle>, attach: Attach, progress: Arc<Progress>, tree: Tree) -> Result<Self, Error> {
        let (freshness, end_at_start, is_settled) = (Mutex::default(), OnceLock::new(), AtomicBool::new(false));
        let place =
            Self { shard, follower: OnceLock::new(), attach: Mutex::new(attach), progress, freshness, end_at_start, is_settled, tree: Mutex::new(tree) };
        place.attached()?;
        Ok(place)
    }

    /// The follower, made as soon as the journal is open.
    fn attached(&self) -> Result<Option<&Follower>, Error> {
        if let Some((follower, _)) = self.follower.get() {
            return Ok(Some(follower));
        }
        let attach = self.attach.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have made it meanwhile.
        if self.follower.get().is_none()
            && let Some(reader) = self.shard.reader()
        {
            let snapshot = reader.snapshot();
            self.progress.folded(snapshot.cursor(), snapshot.count());
            let follower = attach(&self.shard, reader)?;
            self.follower.get_or_init(|| follower);
        }
        Ok(self.follower.get().map(|(follower, _)| &**follower))
    }

    /// What is written out of it; none as long as the journal could not be opened.
    pub fn streams(&self) -> Option<&Streams> {
        self.follower.get().map(|(_, streams)| streams)
    }

    /// Which partition.
    pub fn partition(&self) -> u32 {
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
        self.answer_cut(&Cut::default(), ask)
    }

    /// The same, for somebody who is cut to a part of it.
    pub fn answer_cut<T>(&self, cut: &Cut, ask: impl FnOnce(&Shard<'_>) -> Result<T, answers::Error>) -> Result<T, Error> {
        let (journal, views) = (self.journal()?, self.views()?);
        let told = |error| Error::Answer { partition: self.partition(), error };
        let shard = Shard::new(self.partition(), &views, &journal).map_err(told)?.cut_to(cut);
        ask(&shard).map_err(told)
    }

    /// The same for what may fail in a way of its own.
    pub fn read<T, E: From<Error>>(&self, ask: impl FnOnce(&Shard<'_>) -> Result<T, E>) -> Result<T, E> {
        let (journal, views) = (self.journal()?, self.views()?);
        let told = |error| Error::Answer { partition: self.partition(), error };
        ask(&Shard::new(self.partition(), &views, &journal).map_err(told)?)
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
        let Status { partition, mut state, code, mut detail, mut since, position: folded, lag, entries, head, open_date, counters, state_bytes, .. } =
            self.shard.status();
        let folded = folded.unwrap_or(-1);
        let mut code = code.map(Code::as_str);
        // A block that cannot be read fails who asks for it, while all else goes on.
        if code.is_none()
            && let Some(error) = self.shard.reader().and_then(|reader| reader.trouble())
        {
            (code, detail, since) = (Some(error.code.as_str()), Some(error.detail), None);
        }
        let (mut position, mut viewed, mut views_anew, mut settled) = (-1, 0, 0, false);
        match self.attached() {
            Ok(None) => {}
            Err(error) => (state, code, detail, since) = (State::Halted, Some(Code::TooManyFiles.as_str()), Some(error.to_string()), None),
            Ok(Some(follower)) => {
                let progress = follower.progress();
                (position, viewed, views_anew, settled) = (progress.checkpoint.position, progress.checkpoint.next_entry, progress.anew_count, progress.settled);
                // Views that have every entry are as far as the shard has read, also over offsets that are no records.
                if viewed >= entries {
                    position = position.max(folded);
                }
                if let Some(error) = progress.halted {
                    (state, code, detail, since) = (State::Halted, Some(error.code().as_str()), Some(error.to_string()), None);
                } else if let Some(reason) = progress.anew.filter(|_| code.is_none()) {
                    let told = format!("the views are folded anew, {viewed} of {entries} entries: {reason}. Nothing need be done");
                    (code, detail) = (Some(VIEWS_ANEW), Some(told));
                }
            }
        }
        // The views trail the journal by a batch; what they miss is behind, too.
        let views_behind = u64::try_from(folded.saturating_sub(position)).unwrap_or(0);
        let lag = lag.saturating_add(views_behind);
        if state != State::Halted {
            let reached = self.reached(state, position, settled, views_behind, lag);
            if let Some((told, why)) = behind(reached) {
                state = State::CatchingUp;
                // A code of its own says more.
                if code.is_none() {
                    (code, detail) = (Some(told), Some(why));
                }
            }
        }
        ShardStatus { partition, state, code, detail, since, position, lag, entries, viewed, views_anew, head, business_date: open_date, state_bytes, counters }
    }

    /// How far answers are now, which is noted: whoever asks often enough is told how long they have been behind.
    fn reached(&self, state: State, position: i64, are_views_settled: bool, views_behind: u64, lag: u64) -> Reached {
        let reached = position.saturating_add(1);
        let end = reached.saturating_add(i64::try_from(lag).unwrap_or(i64::MAX));
        let behind = self.freshness.lock().unwrap_or_else(PoisonError::into_inner).note(Instant::now(), end, reached);
        // The end of the log is not known before the shard has looked: then it follows, or something lies ahead of it.
        if state == State::Following || lag > views_behind {
            let end_at_start = *self.end_at_start.get_or_init(|| end);
            if reached >= end_at_start && are_views_settled {
                self.is_settled.store(true, Ordering::Relaxed);
            }
        }
        Reached { is_settled: self.is_settled.load(Ordering::Relaxed), views_behind, lag, behind }
    }

    pub(super) fn stop(&self) {
        self.shard.stop();
        if let Some((follower, streams)) = self.follower.get() {
            streams.stop();
            follower.stop();
        }
    }
}
