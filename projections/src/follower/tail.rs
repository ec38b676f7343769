//! The thread of a sink: reads the journal, hands its entries over, and opens the sink again after a growing pause.

use super::PAGE_ENTRIES_MAX;
use super::sink::{Following, REST_MAX, Sink, SinkProgress, Yield};
use jiff::Timestamp;
use ledger::log::{self, Code};
use ledger::priority;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The shortest pause after something failed; each is twice the one before.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How long the thread sleeps at most before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a sink that waits for its turn sleeps at most.
const TURN_LOOK_EVERY: Duration = Duration::from_millis(100);

impl Yield {
    /// Waits for a turn, as long as the fold has much to do. Whether it is to stop.
    fn wait(&self, inner: &Inner) -> bool {
        while (self.busy)() {
            let wait = self.turns.ask();
            if wait.is_zero() {
                return false;
            }
            if inner.pause(wait.min(TURN_LOOK_EVERY)) {
                return true;
            }
        }
        false
    }
}

#[derive(Default)]
struct State {
    stop: bool,
    news: bool,
    progress: SinkProgress,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    wake: Condvar,
}

impl Inner {
    /// Every change of the state is whole, also after a panic elsewhere.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for news, or to be stopped, at most so long. Whether it is stopped.
    fn wait(&self, most: Duration) -> bool {
        let state = self.lock();
        let (mut state, _) = self.wake.wait_timeout_while(state, most, |state| !state.news && !state.stop).unwrap_or_else(PoisonError::into_inner);
        state.news = false;
        state.stop
    }

    /// Waits for so long, or to be stopped. Whether it is stopped.
    fn pause(&self, time: Duration) -> bool {
        let (state, _) = self.wake.wait_timeout_while(self.lock(), time, |state| !state.stop).unwrap_or_else(PoisonError::into_inner);
        state.stop
    }
}

/// Wakes a sink; cheap to keep and to call.
#[derive(Clone)]
pub struct Waker(Arc<Inner>);

impl Waker {
    /// Says that there may be more to take.
    pub fn wake(&self) {
        self.0.lock().news = true;
        self.0.wake.notify_all();
    }
}

/// A sink with its thread. Dropping it stops the thread, after the entries in hand.
pub struct Tail {
    inner: Arc<Inner>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Tail {
    /// Starts to follow.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn spawn(following: Following, sink: Box<dyn Sink>) -> Result<Self, log::Error> {
        let inner = Arc::new(Inner::default());
        let its_inner = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name(following.name.clone())
            .spawn(move || {
                priority::give_way();
                run(&following, sink, &its_inner);
            })
            .map_err(|error| log::Error::new(Code::TooManyFiles, format!("no thread for a sink of the journal: {error}")))?;
        Ok(Self { inner, thread: Mutex::new(Some(thread)) })
    }

    /// How far it is.
    pub fn progress(&self) -> SinkProgress {
        self.inner.lock().progress.clone()
    }

    /// Wakes it when there is more.
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.inner))
    }

    /// Asks it to stop, without waiting.
    pub fn ask_to_stop(&self) {
        self.inner.lock().stop = true;
        self.inner.wake.notify_all();
    }

    /// Stops after the entries in hand, and waits for the thread.
    pub fn stop(&self) {
        self.ask_to_stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("a sink of the journal ended in a panic");
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Opens the sink and hands entries over until it is stopped.
fn run(following: &Following, mut sink: Box<dyn Sink>, inner: &Inner) {
    let (mut pause, mut told) = (PAUSE_MIN, None);
    loop {
        if inner.lock().stop {
            return;
        }
        let before = inner.lock().progress.taken;
        let error = match sink.open() {
            Ok(next) => {
                inner.lock().progress.next_entry = Some(next);
                match follow(following, &mut *sink, inner, next) {
                    Ok(()) => return,
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let mut state = inner.lock();
        // Who got on has met something new.
        if state.progress.taken > before {
            (pause, told) = (PAUSE_MIN, None);
        }
        if told != Some(error.code) {
            tracing::warn!(sink = following.name, code = error.code.as_str(), detail = error.detail, "a sink of the journal stands still; it is tried again");
            told = Some(error.code);
        }
        let since = state.progress.halted.take().filter(|(held, _)| held.code == error.code).map_or_else(Timestamp::now, |(_, since)| since);
        state.progress.halted = Some((error, since));
        state.progress.reopened += 1;
        drop(state);
        if inner.pause(pause) {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Hands entries over, from one on, until it is stopped.
fn follow(following: &Following, sink: &mut dyn Sink, inner: &Inner, mut next: u64) -> Result<(), log::Error> {
    loop {
        if inner.lock().stop {
            return Ok(());
        }
        let (count, limit) = (following.entries.count(), (following.limit)());
        let most = usize::try_from(limit.min(count).saturating_sub(next)).unwrap_or(usize::MAX).min(PAGE_ENTRIES_MAX);
        if most > 0 && following.yields.as_ref().is_some_and(|yields| yields.wait(inner)) {
            return Ok(());
        }
        let started = Instant::now();
        let entries = match most {
            0 => Vec::new(),
            most => following.entries.read(next, most).map_err(|error| log::Error::new(error.code(), error.to_string()))?,
        };
        if entries.is_empty() {
            sink.idle()?;
            inner.lock().progress.halted = waiting(next, count, limit);
            if inner.wait(LOOK_EVERY) {
                return Ok(());
            }
            continue;
        }
        sink.take(&entries)?;
        next += entries.len() as u64;
        let mut state = inner.lock();
        state.progress.next_entry = Some(next);
        state.progress.taken += entries.len() as u64;
        state.progress.halted = None;
        drop(state);
        let took = started.elapsed();
        // What is done while the fold has caught up is paid for by nobody.
        if let Some(yields) = following.yields.as_ref().filter(|yields| (yields.busy)()) {
            yields.turns.worked(took);
        }
        let rest = rest(following.apart, took);
        if most < PAGE_ENTRIES_MAX && !rest.is_zero() && inner.pause(rest) {
            return Ok(());
        }
    }
}

/// How long a sink rests after a take, where there are some between which time is to pass: as long as it took at least, so that an output that
/// is slow, since it has much to do, is asked for less often.
fn rest(apart: Duration, took: Duration) -> Duration {
    if apart.is_zero() { Duration::ZERO } else { apart.saturating_sub(took).max(took).min(REST_MAX) }
}

/// Why a sink waits although there is no failure.
fn waiting(next: u64, count: u64, limit: u64) -> Option<(log::Error, Timestamp)> {
    let error = if next > count {
        let detail =
            format!("the output has entries up to {}, the journal {count}: it is being folded again, and the output goes on once it gets there", next - 1);
        log::Error::new(Code::StreamAhead, detail)
    } else if limit < count && count - limit > PAGE_ENTRIES_MAX as u64 {
        log::Error::new(Code::ViewsBehind, format!("the views have {limit} of {count} entries, and the output tells what they say"))
    } else {
        return None;
    };
    Some((error, Timestamp::now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::entry::{Outcome, Recorded, Row};
    use schemas::time::Date;
    use std::sync::mpsc::{Receiver, Sender, channel};

    #[test]
    fn a_sink_rests_longer_where_its_output_is_slow_and_never_long() {
        let ms = Duration::from_millis;
        assert_eq!([0, 5, 20, 30, 1000].map(|took| rest(ms(40), ms(took))), [40, 35, 20, 30, 80].map(ms));
        assert_eq!(rest(ms(0), ms(1000)), ms(0));
    }

    fn journal(count: u64) -> Vec<Recorded> {
        let entry = |number| Recorded { number, row: Row::of(i64::try_from(number).expect("small"), 0, Date::from_days(1), Outcome::Posted) };
        (0..count).map(entry).collect()
    }

    /// Fails once in the middle, having taken a part of what it was given.
    struct Flaky {
        taken: Vec<u64>,
        failures: u32,
        told: Sender<Vec<u64>>,
    }

    impl Sink for Flaky {
        fn open(&mut self) -> Result<u64, log::Error> {
            Ok(self.taken.len() as u64)
        }

        fn take(&mut self, entries: &[Recorded]) -> Result<(), log::Error> {
            if self.failures > 0 {
                self.failures -= 1;
                self.taken.extend(entries.iter().take(3).map(|entry| entry.number));
                return Err(log::Error::new(Code::KafkaUnreachable, "away"));
            }
            self.taken.extend(entries.iter().map(|entry| entry.number));
            Ok(())
        }

        fn idle(&mut self) -> Result<(), log::Error> {
            let _ = self.told.send(self.taken.clone());
            Ok(())
        }
    }

    fn follow(count: u64, failures: u32) -> (Tail, Receiver<Vec<u64>>) {
        let (told, taken) = channel();
        let yields = Some(Yield { busy: Box::new(|| false), turns: Arc::default() });
        let following = Following { name: "test".to_owned(), entries: Arc::new(journal(count)), limit: Box::new(|| u64::MAX), yields, apart: Duration::ZERO };
        (Tail::spawn(following, Box::new(Flaky { taken: Vec::new(), failures, told })).expect("a thread"), taken)
    }

    #[test]
    fn every_entry_is_taken_once_although_taking_fails() {
        let (tail, taken) = follow(10_000, 2);
        let taken = taken.recv_timeout(Duration::from_secs(60)).expect("it is done");
        assert_eq!(taken, (0..10_000).collect::<Vec<_>>());
        let progress = tail.progress();
        assert_eq!((progress.next_entry, progress.reopened), (Some(10_000), 2));
    }

    #[test]
    fn an_output_ahead_of_the_journal_waits_for_it() {
        let (told, _) = waiting(7, 5, 5).expect("it waits");
        assert_eq!(told.code, Code::StreamAhead);
        assert!(waiting(5, 5, 5).is_none() && waiting(4, 5, 4).is_none());
        assert_eq!(waiting(4, 50_000, 4).expect("it waits").0.code, Code::ViewsBehind);
    }
}
