//! The clock of a simulated node: a little slow or fast, and stopped while its machine is.

use std::time::{Duration, Instant};

/// Turns the world's time, in milliseconds, into a node's.
#[derive(Clone, Debug)]
pub struct Clock {
    base: Instant,
    /// Microseconds of this clock in a millisecond of the world.
    rate: u64,
    /// At this time of the world …
    since: u64,
    /// … it showed so many microseconds.
    shown: u64,
    stopped: bool,
}

impl Clock {
    pub const fn new(base: Instant, rate: u64) -> Self {
        Self { base, rate, since: 0, shown: 0, stopped: false }
    }

    pub fn now(&self, world: u64) -> Instant {
        self.base + Duration::from_micros(self.micros(world))
    }

    const fn micros(&self, world: u64) -> u64 {
        if self.stopped { self.shown } else { self.shown + (world - self.since) * self.rate }
    }

    /// How many of the world's milliseconds pass while this clock shows so much.
    pub fn takes(&self, time: Duration) -> u64 {
        u64::try_from(time.as_micros()).unwrap_or(u64::MAX).div_ceil(self.rate).max(1)
    }

    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub const fn stop(&mut self, world: u64) {
        (self.shown, self.since, self.stopped) = (self.micros(world), world, true);
    }

    pub const fn go_on(&mut self, world: u64) {
        (self.shown, self.since, self.stopped) = (self.micros(world), world, false);
    }
}

#[test]
fn a_clock_that_stopped_goes_on_from_where_it_was() {
    let base = Instant::now();
    let mut clock = Clock::new(base, 1010);
    let shows = |clock: &Clock, world| clock.now(world).duration_since(base).as_micros();
    assert_eq!(shows(&clock, 1000), 1_010_000);
    clock.stop(1000);
    assert_eq!(shows(&clock, 5000), 1_010_000);
    clock.go_on(5000);
    assert_eq!(shows(&clock, 6000), 2_020_000);
    assert_eq!(clock.takes(Duration::from_millis(101)), 100);
}
