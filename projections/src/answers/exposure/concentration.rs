//! Concentration: how much of what is held lies with the largest.
//!
//! HHI is Σ share² = Σ amount² ÷ total². Squares are summed in 256 bits, so that sums of merchants merge over shards
//! exactly without naming all merchants.

use std::collections::BTreeMap;

/// How many of the largest are told.
pub const TOP: usize = 10;

/// What concentration is measured over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum By {
    Mcc,
    Merchant,
    Partner,
    Psp,
}

impl By {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mcc => "mcc",
            Self::Merchant => "merchant",
            Self::Partner => "partner",
            Self::Psp => "psp",
        }
    }
}

/// Amounts by key, of one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    amounts: BTreeMap<String, i128>,
    /// Where a key is whole in one shard (a merchant), only the largest are named: the sum and the squares of all.
    whole: Option<(i128, Squares)>,
}

impl Shares {
    /// Adds an amount of a key that other shards may have, too.
    pub(super) fn add(&mut self, key: &str, amount: i128) {
        if amount != 0 {
            *self.amounts.entry(key.to_owned()).or_default() += amount;
        }
    }

    /// Of keys that no other shard has, each named once: all are counted, the largest are named.
    pub(super) fn whole<'a>(all: impl Iterator<Item = (&'a str, i128)>) -> Self {
        let mut shares = Self::default();
        let (mut total, mut squares) = (0, Squares::default());
        // What is smaller than ten others is not kept: most are looked at and forgotten.
        let mut floor = 0;
        for (key, amount) in all.filter(|(_, amount)| *amount != 0) {
            total += amount;
            squares.add_square(amount.unsigned_abs());
            if amount < floor {
                continue;
            }
            shares.amounts.insert(key.to_owned(), amount);
            if shares.amounts.len() > TOP * 20 {
                shares.whole = Some((total, squares));
                shares.trim();
                floor = shares.amounts.values().copied().min().unwrap_or(0);
            }
        }
        shares.whole = Some((total, squares));
        shares.trim();
        shares
    }

    /// Adds those of another shard.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, amount) in other.amounts {
            *self.amounts.entry(key).or_default() += amount;
        }
        if let Some((sum, squares)) = other.whole {
            let whole = self.whole.get_or_insert_default();
            whole.0 += sum;
            whole.1.add(squares);
        }
        self.trim();
    }

    /// Forgets all but the largest, where the rest is in the sums.
    fn trim(&mut self) {
        if self.whole.is_some() && self.amounts.len() > TOP {
            self.amounts = self.largest().into_iter().map(|(key, amount)| (key.to_owned(), amount)).collect();
        }
    }

    /// The sum of all.
    pub fn total(&self) -> i128 {
        self.whole.map_or_else(|| self.amounts.values().sum(), |(sum, _)| sum)
    }

    /// The ten largest, largest first; equal ones by their key.
    pub fn largest(&self) -> Vec<(&str, i128)> {
        let mut all: Vec<_> = self.amounts.iter().map(|(key, amount)| (key.as_str(), *amount)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all.truncate(TOP);
        all
    }

    /// Σ share², in ten-thousandths, rounded half up; `None` where there is nothing.
    pub fn hhi(&self) -> Option<i128> {
        let squares = self.whole.map_or_else(
            || {
                let mut squares = Squares::default();
                self.amounts.values().for_each(|amount| squares.add_square(amount.unsigned_abs()));
                squares
            },
            |(_, squares)| squares,
        );
        squares.over_square(self.total().unsigned_abs(), 10_000)
    }
}

/// A sum of squares: `high × 2^128 + low`. It is at most the square of the sum of the amounts, which is below 2^127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Squares {
    high: u128,
    low: u128,
}

impl Squares {
    const fn add(&mut self, other: Self) {
        let (low, carry) = self.low.overflowing_add(other.low);
        self.low = low;
        self.high += other.high + carry as u128;
    }

    const fn add_square(&mut self, amount: u128) {
        // (a·2^64 + b)² = a²·2^128 + 2ab·2^64 + b²; a is below 2^63, so 2ab is below 2^128.
        let (a, b) = (amount >> 64, amount & (u64::MAX as u128));
        let middle = 2 * a * b;
        self.add(Self { high: a * a + (middle >> 64), low: 0 });
        self.add(Self { high: 0, low: middle << 64 });
        self.add(Self { high: 0, low: b * b });
    }

    /// `self × scale ÷ total²`, rounded half up. What is beyond 56 bits of the total is left out of both, which is far
    /// below what is told.
    fn over_square(self, total: u128, scale: u128) -> Option<i128> {
        let shift = (128 - total.leading_zeros()).saturating_sub(56);
        let whole = total >> shift;
        if whole == 0 {
            return None;
        }
        // The sum of squares is at most the square of the sum: after the shift it is below 2^114.
        let part = match 2 * shift {
            0 => self.low,
            by if by < 128 => (self.low >> by) | (self.high << (128 - by)),
            by => self.high >> (by - 128),
        };
        i128::try_from((part * scale * 2 + whole * whole) / (whole * whole * 2)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example() {
        let mut shares = Shares::default();
        shares.add("7011", 597_500);
        shares.add("5812", 59_360);
        assert_eq!(shares.hhi(), Some(8_356));
        assert_eq!(shares.largest(), [("7011", 597_500), ("5812", 59_360)]);
        assert_eq!(Shares::default().hhi(), None);
    }

    #[test]
    fn huge_amounts_have_the_same_shares() {
        for scale in [1, 1 << 40, 1 << 78] {
            let mut one = Shares::whole([("A", 597_500 * scale)].into_iter());
            one.merge(Shares::whole([("B", 59_360 * scale)].into_iter()));
            assert_eq!(one.hhi(), Some(8_356), "{scale}");
        }
    }

    #[test]
    fn only_the_largest_are_named_and_all_are_counted() {
        let names: Vec<(String, i128)> = (1..=1000).map(|at| (format!("M{at:04}"), at)).collect();
        let third = |rest: bool| Shares::whole(names.iter().filter(|(_, at)| (at % 3 == 0) != rest).map(|(name, at)| (name.as_str(), *at)));
        let mut one = third(false);
        one.merge(third(true));
        assert_eq!(one.total(), 500_500);
        assert_eq!(one.largest().first(), Some(&("M1000", 1000)));
        assert_eq!(one.largest().last(), Some(&("M0991", 991)));
        // Σ n² ÷ (Σ n)² = 333 833 500 ÷ 250 500 250 000 = 0.00133…
        assert_eq!(one.hhi(), Some(13));
    }
}
