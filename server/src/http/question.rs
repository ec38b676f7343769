//! A question while it is answered: whether its client still waits, and on which threads it reads.
//!
//! | threads | who | bound |
//! |---|---|---|
//! | of the connection | a merchant's balances of now: four rows | – |
//! | of the runtime | a merchant's own rows, small reads | `command::serve::BLOCKING_THREADS_MAX` |
//! | `expensive` | what reads many merchants | as many as processors; `limits.expensive` questions a caller, [`EXPENSIVE_MAX`] in all |
//! | `append` | writing to the log, which may not answer | [`APPEND_THREADS`] |
//! | `node` | what other nodes ask | [`NODE_THREADS`] |
//! | `hand-on` | waiting for other nodes' answers to clients | [`FORWARD_THREADS`] |
//! | `told` | what the service says of itself: `/readyz`, `/metrics` | [`TOLD_THREADS`] |
//! | `hooks` | changes of webhooks, which wait for where they are kept, and for receivers | [`HOOKS_THREADS`] |
//!
//! None of them waits for another's. Who finds no thread free within a moment is told so, and may ask again ([`Problem::busy`]): of another
//! node's answer after [`HAND_ON_TURN_WAIT`], of the log after [`APPEND_TURN_WAIT`], which many writers at once may take together. A stream from
//! another node keeps its thread as long as it lasts: [`FORWARD_STREAMS_MAX`] leave the rest to questions. A question whose client has gone is told so, and reads no further row.

use super::forward::{FORWARD_STREAMS_MAX, FORWARD_THREADS};
use super::internal::NODE_THREADS;
use super::problem::Problem;
use crate::node::Stop;
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

/// The most expensive questions at once, of all callers.
pub const EXPENSIVE_MAX: usize = 64;
/// Threads that wait for the log.
const APPEND_THREADS: usize = 32;
/// Threads that say how the service is: what others wait for keeps nobody from learning that.
const TOLD_THREADS: usize = 2;
/// Threads that change webhooks.
const HOOKS_THREADS: usize = 8;
/// How long what the service says of itself, or a change of a webhook, waits for one of them.
const TURN_WAIT: Duration = Duration::from_secs(2);
/// How long what is to be appended waits for one of them.
const APPEND_TURN_WAIT: Duration = Duration::from_secs(10);
/// How long another node's question waits for a thread: less than that node waits for an answer.
const NODE_TURN_WAIT: Duration = Duration::from_secs(1);
/// How long a question that is handed on waits for a thread.
const HAND_ON_TURN_WAIT: Duration = Duration::from_secs(1);

tokio::task_local! {
    static CURRENT: Arc<Question>;
}

/// Threads of their own, and who keeps those of expensive questions busy.
pub struct Pools {
    expensive: Pool,
    append: Pool,
    node: Pool,
    hand_on: Pool,
    told: Pool,
    hooks: Pool,
    /// Streams that may still be handed on.
    handed_streams: Arc<Semaphore>,
    busy: Arc<Busy>,
}

/// Expensive questions that are being answered, by caller.
struct Busy {
    each_at_most: usize,
    by_caller: Mutex<HashMap<Arc<str>, usize>>,
}

/// Threads for what waits, which end when this is dropped.
struct Pool {
    runtime: Option<Runtime>,
    /// One for each thread: what has none would wait for one behind all others, with nobody to bound that.
    turns: Arc<Semaphore>,
}

impl Pool {
    fn new(name: &str, threads: usize) -> std::io::Result<Self> {
        // One that only has the threads for what blocks: nothing is polled on it.
        let runtime = Builder::new_current_thread().thread_name(name).max_blocking_threads(threads).build()?;
        Ok(Self { runtime: Some(runtime), turns: Arc::new(Semaphore::new(threads)) })
    }

    fn handle(&self) -> Option<Handle> {
        self.runtime.as_ref().map(|runtime| runtime.handle().clone())
    }

    /// A thread that is free within this time, until what is returned is dropped.
    async fn turn(&self, within: Duration) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = tokio::time::timeout(within, Arc::clone(&self.turns).acquire_owned()).await;
        turn.map_err(|_| Problem::busy())?.map_err(|error| Problem::internal(&error))
    }

    /// Runs something on the thread of a turn.
    async fn run<T: Send + 'static>(&self, turn: OwnedSemaphorePermit, work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
        let handle = self.handle().ok_or_else(|| Problem::internal(&"the pool has ended"))?;
        let running = handle.spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        running.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Pools {
    /// Pools where one caller may have so many expensive questions at once.
    pub fn new(expensive_each: usize) -> std::io::Result<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            expensive: Pool::new("expensive", processors)?,
            append: Pool::new("append", APPEND_THREADS)?,
            node: Pool::new("node", NODE_THREADS)?,
            hand_on: Pool::new("hand-on", FORWARD_THREADS)?,
            told: Pool::new("told", TOLD_THREADS)?,
            hooks: Pool::new("hooks", HOOKS_THREADS)?,
            handed_streams: Arc::new(Semaphore::new(FORWARD_STREAMS_MAX)),
            busy: Arc::new(Busy { each_at_most: expensive_each, by_caller: Mutex::new(HashMap::new()) }),
        })
    }

    /// A small question.
    pub fn small(&self) -> Question {
        Question { stop: Stop::default(), threads: None, told: Told::default(), _turn: None }
    }

    /// An expensive one; none where the caller, or everybody together, has as many as there may be.
    pub fn expensive(&self, caller: &Arc<str>) -> Option<Question> {
        let mut by_caller = self.busy.lock();
        if by_caller.values().sum::<usize>() >= EXPENSIVE_MAX || by_caller.get(caller).is_some_and(|count| *count >= self.busy.each_at_most) {
            return None;
        }
        *by_caller.entry(Arc::clone(caller)).or_insert(0) += 1;
        let turn = Turn { busy: Arc::clone(&self.busy), caller: Arc::clone(caller) };
        Some(Question { stop: Stop::new(), threads: self.expensive.handle(), told: Told::default(), _turn: Some(turn) })
    }

    /// How many expensive questions are being answered.
    pub fn busy(&self) -> usize {
        self.busy.lock().values().sum()
    }

    /// Runs what answers another node.
    pub async fn node<T: Send + 'static>(&self, answer: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
        let turn = self.node.turn(NODE_TURN_WAIT).await?;
        self.node.run(turn, answer).await
    }

    /// Starts what waits for another node's answer to a client; a stream is refused where there are as many as there may be.
    pub async fn hand_on(&self, is_stream: bool, wait: impl FnOnce() + Send + 'static) -> Result<(), Problem> {
        let stream = is_stream.then(|| Arc::clone(&self.handed_streams).try_acquire_owned()).transpose().map_err(|_| Problem::busy())?;
        let turn = self.hand_on.turn(HAND_ON_TURN_WAIT).await?;
        let handle = self.hand_on.handle().ok_or_else(|| Problem::internal(&"the pool has ended"))?;
        drop(handle.spawn_blocking(move || {
            let _turns = (turn, stream);
            wait();
        }));
        Ok(())
    }

    /// Runs what says how the service is.
    pub async fn told<T: Send + 'static>(&self, tell: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
        let turn = self.told.turn(TURN_WAIT).await?;
        self.told.run(turn, tell).await
    }

    /// Runs what changes a webhook, or reads those of other nodes.
    pub async fn hooks<T: Send + 'static>(&self, change: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
        let turn = self.hooks.turn(TURN_WAIT).await?;
        self.hooks.run(turn, change).await
    }

    /// Runs what writes to the log.
    pub async fn append<T: Send + 'static>(&self, write: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
        let turn = self.append.turn(APPEND_TURN_WAIT).await?;
        self.append.run(turn, write).await
    }

    /// Runs what writes the rest of an event that some partitions have: for a thread it waits as long as that takes.
    pub async fn append_rest<T: Send + 'static>(&self, write: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
        let turn = Arc::clone(&self.append.turns).acquire_owned().await.map_err(|error| Problem::internal(&error))?;
        self.append.run(turn, write).await
    }
}

impl Busy {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.by_caller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the expensive questions of a caller, until it is dropped.
struct Turn {
    busy: Arc<Busy>,
    caller: Arc<str>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut by_caller = self.busy.lock();
        if let Some(count) = by_caller.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                by_caller.remove(&self.caller);
            }
        }
    }
}

/// A question that is being answered.
pub struct Question {
    stop: Stop,
    threads: Option<Handle>,
    told: Told,
    _turn: Option<Turn>,
}

/// How many rows an answer has, where it has some: a table, or a list.
#[derive(Clone, Debug)]
pub struct Told(Arc<AtomicUsize>);

/// No answer has so many.
const NO_ROWS: usize = usize::MAX;

impl Default for Told {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(NO_ROWS)))
    }
}

impl Told {
    /// The number, where one was said.
    pub fn rows(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|rows| *rows != NO_ROWS)
    }
}

/// Says that the answer to the question that is being answered has so many rows, or so many more; the access log tells it.
pub fn tells_rows(rows: usize) {
    let add = |told: usize| Some(if told == NO_ROWS { rows } else { told.saturating_add(rows) });
    // Outside of a question, in a test of a part of it, nobody wants to know.
    let _ = CURRENT.try_with(|question| question.told.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add));
}

/// Tells a question that nobody waits for its answer.
struct Waiting(Stop);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Question {
    /// Where the number of its rows will be said.
    pub fn told(&self) -> Told {
        self.told.clone()
    }

    /// Answers it. Should the client go away, this future is dropped, and what still reads for it is told.
    pub async fn answer<T>(self, answering: impl Future<Output = T>) -> T {
        let waiting = Waiting(self.stop.clone());
        let answer = CURRENT.scope(Arc::new(self), answering).await;
        drop(waiting);
        answer
    }
}

/// Runs what reads a few rows, mostly from memory, at once: handing it over to another thread and back costs more than reading.
pub fn at_once<T>(read: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let span = tracing::trace_span!(target: crate::traces::TARGET, "answer");
    span.in_scope(|| match CURRENT.try_with(Arc::clone) {
        Ok(question) => question.stop.during(read),
        Err(_) => read(),
    })
}

/// Runs what reads from the disk on the threads of the question that is being answered.
pub async fn blocking<T: Send + 'static>(read: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    let span = tracing::trace_span!(target: crate::traces::TARGET, "answer");
    async {
        let question = CURRENT.try_with(Arc::clone).ok();
        let threads = question.as_ref().and_then(|question| question.threads.clone()).unwrap_or_else(Handle::current);
        let reading = threads.spawn_blocking(move || match &question {
            // The turn ends with the reading, also where nobody waits any more.
            Some(question) => CURRENT.sync_scope(Arc::clone(question), || question.stop.during(read)),
            None => read(),
        });
        reading.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
    }
    .instrument(span)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_has_its_own_bound_and_gives_back_what_it_took() {
        let pools = Pools::new(2).expect("pools");
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        let first = pools.expensive(&one).expect("a turn");
        let second = pools.expensive(&one).expect("a turn");
        assert!(pools.expensive(&one).is_none(), "a third of the same caller");
        let others = pools.expensive(&other).expect("another caller's turn");
        assert_eq!(pools.busy(), 3);
        drop((first, others));
        assert!(pools.expensive(&one).is_some());
        drop(second);
        assert_eq!(pools.busy(), 0);
    }

    #[tokio::test]
    async fn what_finds_no_thread_is_told_so_and_streams_leave_some_to_questions() {
        let pools = Pools::new(1).expect("pools");
        let streams = u32::try_from(FORWARD_STREAMS_MAX).expect("a few");
        let held = Arc::clone(&pools.handed_streams).acquire_many_owned(streams).await.expect("all of them");
        let refused = pools.hand_on(true, || ()).await.expect_err("one stream more");
        assert_eq!(refused.code(), "unavailable");
        let (answered, answer) = tokio::sync::oneshot::channel();
        pools.hand_on(false, move || answered.send(()).unwrap_or_default()).await.expect("a thread for a question");
        answer.await.expect("it ran");
        drop(held);
        pools.hand_on(true, || ()).await.expect("a stream has ended");

        // Nothing waits for a thread without an end, and what ran gives its turn back.
        let pool = Pool::new("few", 1).expect("a pool");
        let turn = pool.turn(Duration::ZERO).await.expect("a thread");
        assert_eq!(pool.turn(Duration::from_millis(1)).await.expect_err("it is taken").code(), "unavailable");
        pool.run(turn, || Ok(())).await.expect("it runs");
        drop(pool.turn(Duration::from_secs(60)).await.expect("it is free again"));
    }

    #[tokio::test]
    async fn what_reads_for_a_client_that_has_gone_is_told_and_keeps_its_turn_until_it_ends() {
        let pools = Pools::new(1).expect("pools");
        let caller: Arc<str> = "one".into();
        let (started, has_started) = std::sync::mpsc::channel();
        let (ended, has_ended) = tokio::sync::oneshot::channel();
        let question = pools.expensive(&caller).expect("a turn");
        let answering = tokio::spawn(question.answer(blocking(move || {
            started.send(()).ok();
            while !Stop::current().is_stopped() {
                std::thread::yield_now();
            }
            ended.send(()).ok();
            Ok(())
        })));
        tokio::task::spawn_blocking(move || has_started.recv()).await.expect("a thread").expect("reading has begun");
        assert!(pools.expensive(&caller).is_none());
        answering.abort();
        has_ended.await.expect("it ends although nobody waits");
        while pools.busy() > 0 {
            tokio::task::yield_now().await;
        }
    }
}
