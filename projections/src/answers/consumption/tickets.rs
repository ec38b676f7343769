//! A multiset of amounts that amounts can be removed from, and its quantiles.
//!
//! Up to [`EXACT_AMOUNTS_MAX`] different amounts are kept as they are. With more, each is rounded to the middle of a
//! bucket whose bounds are integers: the leading seven binary digits of the amount. A bucket is at most 1/64 of its lower
//! bound wide, so its middle is within 1/128 (0.79 %) of every amount in it, which is less than [`ERROR_PERCENT`]. The
//! rounding is a function of the amount alone: what was put in can be taken out again.

use std::collections::BTreeMap;

/// Different amounts that are kept as they are.
pub const EXACT_AMOUNTS_MAX: usize = 4096;
/// How far a quantile may be from the amount at its rank, in percent of it.
pub const ERROR_PERCENT: &str = "1.00";
/// Binary digits that a rounded amount keeps.
const DIGITS: u32 = 7;

/// The multiset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tickets {
    /// Whether amounts are rounded; it stays so.
    rounded: bool,
    /// How often each amount is there, in minor units.
    amounts: BTreeMap<u128, u64>,
}

impl Tickets {
    /// Takes out what a purchase's net was and puts in what it is; a net that is not above zero is no ticket.
    pub fn change(&mut self, before: i128, after: i128) {
        if before == after {
            return;
        }
        if before > 0 {
            self.remove(before.unsigned_abs());
        }
        if after > 0 {
            self.add(after.unsigned_abs(), 1);
        }
    }

    fn remove(&mut self, amount: u128) {
        let amount = if self.rounded { rounded(amount) } else { amount };
        let count = self.amounts.entry(amount).or_default();
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.amounts.remove(&amount);
        }
    }

    fn add(&mut self, amount: u128, count: u64) {
        let amount = if self.rounded { rounded(amount) } else { amount };
        *self.amounts.entry(amount).or_default() += count;
        if !self.rounded && self.amounts.len() > EXACT_AMOUNTS_MAX {
            self.round();
        }
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        if other.rounded && !self.rounded {
            self.round();
        }
        other.amounts.into_iter().for_each(|(amount, count)| self.add(amount, count));
    }

    fn round(&mut self) {
        self.rounded = true;
        for (amount, count) in std::mem::take(&mut self.amounts) {
            self.add(amount, count);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.amounts.values().sum()
    }

    /// The amount at a percentile, by nearest rank; 0 where there is none.
    pub fn percentile(&self, of: u8) -> u128 {
        let rank = (u128::from(self.count()) * u128::from(of)).div_ceil(100).max(1);
        let mut passed = 0u128;
        for (amount, times) in &self.amounts {
            passed += u128::from(*times);
            if passed >= rank {
                return *amount;
            }
        }
        0
    }
}

/// The middle of the bucket of an amount; small amounts are their own.
fn rounded(amount: u128) -> u128 {
    let length = u128::BITS - amount.leading_zeros();
    match length.checked_sub(DIGITS) {
        None | Some(0) => amount,
        Some(shift) => ((amount >> shift) << shift) + (1 << (shift - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, RngExt, SeedableRng};

    #[test]
    fn a_rounded_amount_is_within_its_error_and_a_fixed_point() {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for round in 0..100_000u32 {
            let amount = u128::from(random.next_u64()) >> random.random_range(0..64);
            let middle = rounded(amount);
            assert!(amount.abs_diff(middle) * 100 <= amount, "round {round} of seed 1: {amount} became {middle}");
            assert_eq!(rounded(middle), middle, "round {round} of seed 1");
        }
        assert_eq!((rounded(0), rounded(127), rounded(128), rounded(129), rounded(130)), (0, 127, 129, 129, 131));
    }

    #[test]
    fn what_was_put_in_can_be_taken_out() {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(2);
        let mut tickets = Tickets::default();
        let amounts: Vec<i128> = (0..20_000).map(|_| random.random_range(1..1_000_000)).collect();
        amounts.iter().for_each(|amount| tickets.change(0, *amount));
        assert_eq!((tickets.count(), tickets.rounded), (20_000, true));
        amounts.iter().skip(1).for_each(|amount| tickets.change(*amount, 0));
        assert_eq!(tickets.amounts.iter().collect::<Vec<_>>(), [(&rounded(amounts[0].unsigned_abs()), &1)]);
        tickets.change(amounts[0], -5);
        assert_eq!(tickets.count(), 0, "a net below zero is no ticket");
    }

    #[test]
    fn few_amounts_are_exact() {
        let mut tickets = Tickets::default();
        for amount in [3800, 3800, 4250, 6000] {
            tickets.change(0, amount);
        }
        tickets.change(6000, 5999);
        assert_eq!([1, 50, 75, 76, 99].map(|of| tickets.percentile(of)), [3800, 3800, 4250, 5999, 5999]);
        assert_eq!((tickets.count(), Tickets::default().percentile(50)), (4, 0));
    }
}
