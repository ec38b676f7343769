//! Which faults a simulated log shows how often, and the dice that decide.

/// How often, in per cent of the occasions, each fault happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// A fetch answers fewer records than it could.
    pub tear_percent: u64,
    /// A fetch begins with records that were given before: below the reader's place.
    pub repeat_percent: u64,
    /// A fetch answers nothing although there is something.
    pub stall_percent: u64,
    /// A fetch fails with `kafka_unreachable`.
    pub fail_percent: u64,
    /// An appended record leaves an unused offset before it.
    pub gap_percent: u64,
}

impl Faults {
    /// None at all.
    pub const NONE: Self = Self { tear_percent: 0, repeat_percent: 0, stall_percent: 0, fail_percent: 0, gap_percent: 0 };
    /// All of them, often.
    pub const ALL: Self = Self { tear_percent: 40, repeat_percent: 25, stall_percent: 20, fail_percent: 15, gap_percent: 10 };
}

/// `SplitMix64`: small, and the same on every machine.
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// True in so many cases of a hundred.
    pub(super) const fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// A number from 1 to `max`; 1 where that is 0.
    pub(super) fn up_to(&mut self, max: usize) -> usize {
        let max = u64::try_from(max).unwrap_or(u64::MAX).max(1);
        usize::try_from(1 + self.next() % max).unwrap_or(1)
    }
}
