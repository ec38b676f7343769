//! Chance, from a seed: the same seed throws the same dice on any machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seeded source of decisions.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64().checked_rem(end).unwrap_or(0)
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last.saturating_sub(first) + 1)
    }

    /// True in `percent` of 100 throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A place in a list of `length`; `None` where that is 0.
    pub fn place(&mut self, length: usize) -> Option<usize> {
        let place = self.below(length as u64);
        (length > 0).then(|| usize::try_from(place).unwrap_or(0))
    }

    /// One of these; the list is not empty.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let place = self.place(from.len()).unwrap_or(0);
        from[place].clone()
    }

    /// One of these by weight; the list is not empty.
    pub fn weighted<T: Copy>(&mut self, from: &[(T, u64)]) -> T {
        let mut left = self.below(from.iter().map(|(_, weight)| weight).sum());
        for (choice, weight) in from {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        from[0].0
    }
}
