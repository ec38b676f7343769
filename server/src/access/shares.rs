//! How much of something each caller has at once, up to a bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What callers have of one thing.
#[derive(Debug)]
pub struct Shares {
    each_at_most: usize,
    by_caller: Mutex<HashMap<Arc<str>, usize>>,
}

/// One of the things of a caller, until it is dropped.
#[derive(Debug)]
pub struct Share {
    of: Arc<Shares>,
    caller: Arc<str>,
}

impl Shares {
    /// Where each caller may have so many at once.
    pub fn new(each_at_most: usize) -> Arc<Self> {
        Arc::new(Self { each_at_most, by_caller: Mutex::default() })
    }

    /// One more for a caller; none where it has as many as it may.
    pub fn take(self: &Arc<Self>, caller: &Arc<str>) -> Option<Share> {
        let mut by_caller = self.lock();
        let count = by_caller.get(caller).copied().unwrap_or(0);
        if count >= self.each_at_most {
            return None;
        }
        by_caller.insert(Arc::clone(caller), count + 1);
        drop(by_caller);
        Some(Share { of: Arc::clone(self), caller: Arc::clone(caller) })
    }

    /// Every change of it is whole, also after a panic elsewhere.
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.by_caller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut by_caller = self.of.lock();
        let left = by_caller.get(&self.caller).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            by_caller.remove(&self.caller);
        } else {
            by_caller.insert(Arc::clone(&self.caller), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_its_own_and_gives_them_back() {
        let shares = Shares::new(2);
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        let (first, second) = (shares.take(&one), shares.take(&one));
        assert!(first.is_some() && second.is_some() && shares.take(&one).is_none());
        let others = shares.take(&other);
        assert!(others.is_some(), "another caller's");
        drop(first);
        assert!(shares.take(&one).is_some(), "and given back at once");
        drop((second, others));
        assert!(shares.lock().is_empty(), "nobody who has none is remembered");
    }
}
