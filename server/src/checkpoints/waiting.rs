//! A thread that may hold on to a place that does not answer: it is waited for at the end of the node, but not for ever.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{Builder, JoinHandle, current};
use std::time::Duration;

/// So long it is waited for. What it leaves on this machine's disk is removed at the next start.
const END_WAIT_MAX: Duration = Duration::from_secs(5);

/// A thread that runs beside the rest.
pub(super) struct Beside {
    thread: JoinHandle<()>,
    /// Says nothing; its other end goes with the thread.
    ended: Receiver<()>,
}

impl Beside {
    /// Starts one.
    pub fn start(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let (held, ended) = channel::<()>();
        let thread = Builder::new().name(name.to_owned()).spawn(move || {
            let _held = held;
            run();
        })?;
        Ok(Self { thread, ended })
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until it has ended; it was told to.
    pub fn end(self) {
        let name = self.thread.thread().name().unwrap_or_default().to_owned();
        // It may hold the last reference to the node, and then must not wait for itself.
        if self.thread.thread().id() == current().id() {
            return;
        }
        if matches!(self.ended.recv_timeout(END_WAIT_MAX), Err(RecvTimeoutError::Timeout)) {
            tracing::warn!(thread = name, "the place of the checkpoints does not answer: the node ends without waiting for it");
        } else if self.thread.join().is_err() {
            tracing::error!(thread = name, "a thread of the checkpoints ended in a panic");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn one_that_ends_is_waited_for_and_one_that_does_not_is_left() {
        let quick = Beside::start("quick", || {}).expect("a thread");
        quick.end();
        let (go_on, held) = channel::<()>();
        let stuck = Beside::start("stuck", move || while held.recv().is_ok() {}).expect("a thread");
        let begun = Instant::now();
        assert!(!stuck.is_over());
        stuck.end();
        assert!(begun.elapsed() >= END_WAIT_MAX);
        drop(go_on);
    }
}
