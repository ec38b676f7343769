//! Whether somebody still waits for what is read.
//!
//! Whoever asks keeps a [`Stop`] and says when it is no longer interested. Every scan of a snapshot that was taken while it
//! was in force looks at it once a row, and ends with [`Error::Stopped`](super::Error::Stopped).

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    static CURRENT: RefCell<Stop> = const { RefCell::new(Stop(None)) };
}

/// Told to stop, or not yet; the default never is.
#[derive(Clone, Debug, Default)]
pub struct Stop(Option<Arc<AtomicBool>>);

impl Stop {
    /// One that can be told.
    pub fn new() -> Self {
        Self(Some(Arc::new(AtomicBool::new(false))))
    }

    /// Tells it.
    pub fn stop(&self) {
        if let Some(stopped) = &self.0 {
            stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was told.
    pub fn is_stopped(&self) -> bool {
        self.0.as_ref().is_some_and(|stopped| stopped.load(Ordering::Relaxed))
    }

    /// The one that is in force on this thread.
    pub fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Is in force on this thread while `read` runs.
    pub fn during<T>(&self, read: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(self.clone());
        let _restored = Restored(before);
        read()
    }
}

/// Puts the one before back, also where reading ends in a panic.
struct Restored(Stop);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_in_force_while_it_lasts() {
        let stop = Stop::new();
        let seen = stop.during(|| {
            stop.stop();
            Stop::current().is_stopped()
        });
        assert!(seen && stop.is_stopped() && !Stop::current().is_stopped());
        Stop::default().stop();
        assert!(!Stop::default().is_stopped());
    }
}
