//! Records that make very many entries, such as the close of a day: how many of them are folded at once, and who leaves them the machine.
//!
//! All shards of a process share one [`Large`]. A record shows that it is large when the first part of its entries is there and more are
//! to come. Before the next part its shard takes a turn: there are as many turns as processors, and whoever asked first has the
//! next one. So twelve partitions that have the same close before them fold it two by two on two processors, and those that come first are
//! done while the others wait; all at once, each would take as long as all. A record that is not large asks for nothing.
//!
//! What follows the journal looks at [`Large::is_busy`] and holds back meanwhile: nobody can see the last entry of a close before the fold has
//! made it.
//!
//! Nothing here changes what is folded. No wait is without end: who is to stop, or waited for [`TURN_WAIT_MAX`], goes on without a turn.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The longest that a shard waits for its turn: one that stands still in the middle of its own keeps others no longer.
pub const TURN_WAIT_MAX: Duration = Duration::from_secs(10);
/// How often who waits for a turn looks whether it is to stop.
const STOP_LOOK_EVERY: Duration = Duration::from_millis(50);

/// What the shards of a process know of each other's large records.
#[derive(Debug)]
pub struct Large {
    at_once: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The number of who asks next.
    next: u64,
    /// Who waits, in the order they asked.
    waiting: VecDeque<u64>,
    /// Turns that are taken, those without a place included.
    taken: usize,
    /// Large records that somebody says are about to come.
    expected: usize,
}

impl Default for Large {
    fn default() -> Self {
        Self::of(std::thread::available_parallelism().map_or(1, NonZero::get))
    }
}

impl Large {
    /// Of a machine with so many processors.
    pub fn of(processors: usize) -> Self {
        Self { at_once: processors.max(1), state: Mutex::default(), changed: Condvar::new() }
    }

    /// How many are folded at once.
    pub const fn at_once(&self) -> usize {
        self.at_once
    }

    /// Whether a large record is being folded, waits for its turn, or is about to come.
    pub fn is_busy(&self) -> bool {
        let state = self.lock();
        state.taken > 0 || state.expected > 0 || !state.waiting.is_empty()
    }

    /// How many wait for a turn.
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Says that large records are about to come, until what it answers is dropped.
    #[must_use]
    pub fn expect(self: &Arc<Self>) -> Expected {
        self.lock().expected += 1;
        Expected(Arc::clone(self))
    }

    /// Takes a turn, once one is free and all who asked before have had theirs; without a place where `stops` says so meanwhile, or after
    /// [`TURN_WAIT_MAX`].
    pub(super) fn turn(self: &Arc<Self>, stops: impl Fn() -> bool) -> Turn {
        let until = Instant::now() + TURN_WAIT_MAX;
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.waiting.push_back(number);
        loop {
            let is_next = state.taken < self.at_once && state.waiting.front() == Some(&number);
            let left = until.saturating_duration_since(Instant::now());
            if is_next || left.is_zero() || stops() {
                break;
            }
            state = self.changed.wait_timeout(state, left.min(STOP_LOOK_EVERY)).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.waiting.retain(|waiting| *waiting != number);
        state.taken += 1;
        drop(state);
        // There may be a place for the next one, too.
        self.changed.notify_all();
        Turn(Arc::clone(self))
    }

    /// Every change to it is whole, also where somebody panicked.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Large>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().taken -= 1;
        self.0.changed.notify_all();
    }
}

/// Large records are about to come, until this is dropped.
#[derive(Debug)]
pub struct Expected(Arc<Large>);

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.lock().expected -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};
    use std::thread::{JoinHandle, yield_now};

    const SOON: Duration = Duration::from_secs(60);

    /// Somebody who asks for a turn, and keeps it until it is told to give it back.
    struct Asker {
        has: Receiver<()>,
        give_back: std::sync::mpsc::Sender<()>,
        thread: JoinHandle<()>,
    }

    impl Asker {
        /// Returns once it waits, or has its turn.
        fn asks(large: &Arc<Large>) -> Self {
            let before = large.lock().next;
            let ((told, has), (give_back, end), its) = (channel(), channel(), Arc::clone(large));
            let thread = std::thread::spawn(move || {
                let turn = its.turn(|| false);
                told.send(()).expect("somebody listens");
                end.recv().expect("somebody tells");
                drop(turn);
            });
            while large.lock().next == before {
                yield_now();
            }
            Self { has, give_back, thread }
        }

        fn gets_its_turn(&self) {
            self.has.recv_timeout(SOON).expect("its turn comes");
        }

        fn gives_back(self) {
            self.give_back.send(()).expect("it waits for this");
            self.thread.join().expect("no panic");
        }
    }

    #[test]
    fn turns_are_as_many_as_processors_and_in_the_order_they_were_asked_for() {
        let large = Arc::new(Large::of(2));
        assert!(!large.is_busy());
        let mut askers: VecDeque<Asker> = (0..5).map(|_| Asker::asks(&large)).collect();
        for asker in askers.iter().take(2) {
            asker.gets_its_turn();
        }
        for left in (0..=2).rev() {
            // Who waits has not got it: each that gives back lets in the one that asked first.
            assert_eq!((large.waiting(), large.lock().taken), (left + 1, 2));
            assert!(askers.iter().skip(2).all(|asker| asker.has.try_recv().is_err()));
            askers.pop_front().expect("five").gives_back();
            askers[1].gets_its_turn();
        }
        assert_eq!(large.waiting(), 0);
        askers.into_iter().for_each(Asker::gives_back);
        assert!(!large.is_busy());
    }

    #[test]
    fn who_is_to_stop_goes_on_without_and_a_panic_gives_a_turn_back() {
        let large = Arc::new(Large::of(1));
        let first = large.turn(|| false);
        let stopped = large.turn(|| true);
        assert_eq!((large.waiting(), large.lock().taken), (0, 2));
        drop((first, stopped));
        let its = Arc::clone(&large);
        let panicked = std::thread::spawn(move || {
            let _turn = its.turn(|| false);
            panic!("in the middle of a record");
        });
        assert!(panicked.join().is_err() && !large.is_busy());
        drop(large.turn(|| unreachable!("a turn is free")));
    }

    #[test]
    fn what_is_expected_is_busy_and_takes_nobodys_turn() {
        let large = Arc::new(Large::of(1));
        let expected = (large.expect(), large.expect());
        drop(expected.0);
        assert!(large.is_busy());
        let turn = large.turn(|| unreachable!("a turn is free"));
        drop(expected.1);
        assert!(large.is_busy());
        drop(turn);
        assert!(!large.is_busy());
    }
}
