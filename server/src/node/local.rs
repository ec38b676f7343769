//! A partition that lies on this machine: its shard, the follower of its views, and how far both are; and, where this node owns it,
//! what is written out of it.

use super::error::Error;
use super::freshness::Freshness;
use super::progress::Progress;
use super::reliance::{Ends, Reached, behind};
use crate::streams::Streams;
use ledger::journal::{Hash, Reader};
use ledger::log::Code;
use ledger::shard::{Counters, Handle, State, Status};
use ledger::tree::Tree;
use projections::answers::Shard;
use projections::follower::Follower;
use projections::views::Views;
use schemas::time::Date;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The code of views that are being folded anew from the first entry.
pub const VIEWS_ANEW: &str = "views_folded_anew";

/// Makes the follower of a journal, once that is open.
pub(super) type Attach = Box<dyn Fn(&Arc<Handle>, Reader) -> Result<Arc<Follower>, Error> + Send>;
/// Starts what is written out of a partition.
pub(super) type Write = Box<dyn Fn(&Arc<Handle>, Reader, &Arc<Follower>) -> Result<Streams, Error> + Send>;

/// What is written out of a partition by the node that owns it.
struct Output {
    write: Write,
    /// Whether this node owns the partition.
    owned: bool,
    streams: Option<Arc<Streams>>,
}

/// One partition.
pub struct Local {
    shard: Arc<Handle>,
    /// None as long as the journal could not be opened, so that there is nothing to follow.
    follower: OnceLock<Arc<Follower>>,
    attach: Mutex<Attach>,
    output: Mutex<Output>,
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

impl Local {
    /// Of a shard; `owned` says whether its streams are written here.
    pub(super) fn new(shard: Arc<Handle>, (attach, write): (Attach, Write), progress: Arc<Progress>, tree: Tree, owned: bool) -> Result<Self, Error> {
        let (freshness, end_at_start, is_settled) = (Mutex::default(), OnceLock::new(), AtomicBool::new(false));
        let (attach, output) = (Mutex::new(attach), Mutex::new(Output { write, owned, streams: None }));
        let local = Self { shard, follower: OnceLock::new(), attach, output, progress, freshness, end_at_start, is_settled, tree: Mutex::new(tree) };
        local.attached()?;
        Ok(local)
    }

    /// The follower, made as soon as the journal is open.
    fn attached(&self) -> Result<Option<&Arc<Follower>>, Error> {
        if let Some(follower) = self.follower.get() {
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
            self.write()?;
        }
        Ok(self.follower.get())
    }

    /// What is written out of it; none as long as the journal could not be opened, or where another node owns it.
    pub fn streams(&self) -> Option<Arc<Streams>> {
        self.output().streams.clone()
    }

    /// Says whether this node owns it, and so writes its streams and calls its webhooks; answers what was written until now, which
    /// is to be stopped.
    pub(super) fn own(&self, owned: bool) -> Result<Option<Arc<Streams>>, Error> {
        let mut output = self.output();
        output.owned = owned;
        if !owned {
            return Ok(output.streams.take());
        }
        drop(output);
        self.write().map(|()| None)
    }

    /// Starts to write, where that is this node's and was not begun.
    fn write(&self) -> Result<(), Error> {
        let mut output = self.output();
        if output.owned
            && output.streams.is_none()
            && let (Some(follower), Some(reader)) = (self.follower.get(), self.shard.reader())
        {
            output.streams = Some(Arc::new((output.write)(&self.shard, reader, follower)?));
        }
        Ok(())
    }

    /// Whether this node owns it.
    pub(super) fn is_owned(&self) -> bool {
        self.output().owned
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its answers have had everything that was there when it was opened.
    pub fn is_settled(&self) -> bool {
        self.is_settled.load(Ordering::Relaxed)
    }

    /// Which partition.
    pub fn partition(&self) -> u32 {
        self.shard.partition()
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
    pub fn follower(&self) -> Result<&Arc<Follower>, Error> {
        self.attached()?.ok_or_else(|| self.unavailable())
    }

    /// Asks one snapshot of the views, with the journal beside it.
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

    /// Bytes of records and entries that the shard has in hand, about.
    pub fn bytes_in_hand(&self) -> usize {
        self.shard.bytes_in_hand()
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
        // The end of the log is not known before the shard has looked: then it follows, or something lies ahead of it.
        let is_end_known = state == State::Following || lag > 0;
        let ends = Ends::of(folded, lag, position);
        if state != State::Halted {
            let reached = self.reached(&ends, is_end_known, settled);
            if let Some((told, why)) = behind(reached) {
                state = State::CatchingUp;
                // A code of its own says more.
                if code.is_none() {
                    (code, detail) = (Some(told), Some(why));
                }
            }
        }
        let lag = ends.lag();
        ShardStatus { partition, state, code, detail, since, position, lag, entries, viewed, views_anew, head, business_date: open_date, state_bytes, counters }
    }

    /// How far answers are now, which is noted: whoever asks often enough is told how long they have been behind.
    fn reached(&self, ends: &Ends, is_end_known: bool, are_views_settled: bool) -> Reached {
        let behind = self.freshness.lock().unwrap_or_else(PoisonError::into_inner).note(Instant::now(), ends.log, ends.viewed);
        if is_end_known {
            let end_at_start = *self.end_at_start.get_or_init(|| ends.log);
            if ends.viewed >= end_at_start && are_views_settled {
                self.is_settled.store(true, Ordering::Relaxed);
            }
        }
        Reached { is_settled: self.is_settled.load(Ordering::Relaxed), views_behind: ends.views_behind(), lag: ends.lag(), behind }
    }

    pub(super) fn stop(&self) {
        self.shard.stop();
        if let Some(streams) = self.output().streams.take() {
            streams.stop();
        }
        if let Some(follower) = self.follower.get() {
            follower.stop();
        }
    }
}
