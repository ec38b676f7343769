//! Why a hook cannot be told what is next: its entry cannot be read, or the views do not answer.

use std::time::{Duration, Instant};

/// The pause before it is looked again.
const PAUSE: Duration = Duration::from_millis(500);
/// The pause once it has waited for long.
const LONG_PAUSE: Duration = Duration::from_secs(5);
/// Views that fall behind for a moment are nobody's affair; from then on it is told.
const LONG: Duration = Duration::from_secs(10);

/// What a hook waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// As of the last look.
    why: String,
    since: Instant,
    /// Whether it was logged.
    pub(super) is_said: bool,
}

impl Waits {
    /// From now on.
    pub(super) const fn new(why: String, since: Instant) -> Self {
        Self { why, since, is_said: false }
    }

    /// It was looked again, to no avail.
    pub(super) fn again(&mut self, why: String) {
        self.why = why;
    }

    /// Why, where it has gone on for so long that it is told.
    pub(super) fn told(&self, now: Instant) -> Option<&str> {
        (now.saturating_duration_since(self.since) >= LONG).then_some(self.why.as_str())
    }

    /// How long until it is looked again.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        if self.told(now).is_some() { LONG_PAUSE } else { PAUSE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_not_told_and_what_goes_on_is() {
        let begun = Instant::now();
        let mut waits = Waits::new("the partition is not open".to_owned(), begun);
        assert_eq!((waits.told(begun), waits.pause(begun)), (None, PAUSE));
        let later = begun + LONG;
        waits.again("entry 7 cannot be read".to_owned());
        assert_eq!((waits.told(later), waits.pause(later)), (Some("entry 7 cannot be read"), LONG_PAUSE));
    }
}
