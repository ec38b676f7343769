//! Distinct customers, in bounded memory: every one of them while they are few, a fair sample of many.
//!
//! A tuple sketch of the DataSketches family: it keeps the customers whose hashes are below a threshold, which falls as
//! more come. What it says of so many customers is true of all in proportion; the sample is cut to its nominal size at the
//! end, so that it is the same in whatever order they came.

use crate::folds::consumption::CustomerNumber;
use crate::views;
use datasketches::tuple::{SummaryCombinePolicy, SummaryPolicy, SummaryUpdatePolicy, TupleSketch, TupleSketchBuilder, TupleUnion, TupleUnionBuilder};

/// The binary logarithm of the customers up to which a crowd is exact: 16 384.
const EXACT_BITS: u8 = 14;
/// The threshold that no hash reaches.
const WHOLE: u64 = i64::MAX as u64;

/// Keeps which customer a hash is of.
#[derive(Debug)]
struct Number;

impl SummaryPolicy for Number {
    type Summary = CustomerNumber;

    fn create(&self) -> CustomerNumber {
        0
    }
}

impl SummaryUpdatePolicy<CustomerNumber> for Number {
    fn update(&self, summary: &mut CustomerNumber, value: CustomerNumber) {
        *summary = value;
    }
}

impl SummaryCombinePolicy for Number {
    fn combine(&self, _summary: &mut CustomerNumber, _other: &CustomerNumber) {
        // One customer has one number.
    }
}

/// Customers as they come: on one shard, or on several, once some have been merged.
#[derive(Debug)]
pub struct Gathering {
    own: TupleSketch<Number>,
    all: Option<TupleUnion<Number>>,
}

impl Gathering {
    /// Nobody yet.
    ///
    /// # Errors
    /// Where the sketch refuses its parameters, which it does not.
    pub fn new() -> Result<Self, views::Error> {
        let sketch = TupleSketchBuilder::new(Number).lg_k(EXACT_BITS).build();
        Ok(Self { own: sketch.map_err(refused)?, all: None })
    }

    /// One comes, perhaps not for the first time.
    pub fn add(&mut self, customer: CustomerNumber) {
        self.own.update(customer, customer);
    }

    /// Those of another shard come; nobody is added here any more.
    ///
    /// # Errors
    /// Where the sketches do not go together, which they do.
    pub fn merge(&mut self, mut other: Self) -> Result<(), views::Error> {
        let mut all = match self.all.take() {
            Some(all) => all,
            None => {
                let mut all = TupleUnionBuilder::new(Number).lg_k(EXACT_BITS).build().map_err(refused)?;
                self.own.trim();
                all.update(&self.own).map_err(refused)?;
                self.own.reset();
                all
            }
        };
        other.own.trim();
        all.update(&other.own).map_err(refused)?;
        if let Some(others) = other.all {
            all.update(&others.to_sketch(false)).map_err(refused)?;
        }
        self.all = Some(all);
        Ok(())
    }

    /// All who came.
    pub fn crowd(mut self) -> Crowd {
        match self.all {
            None => {
                self.own.trim();
                Crowd::of_members(self.own.iter().map(|entry| *entry.summary()), self.own.theta64())
            }
            Some(all) => {
                let all = all.to_sketch(false);
                Crowd::of_members(all.iter().map(|entry| *entry.summary()), all.theta64())
            }
        }
    }
}

fn refused(error: datasketches::error::Error) -> views::Error {
    views::Error::Corrupt(format!("a sketch cannot be made: {error}"))
}

/// Customers, or a sample of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Each once, ascending.
    members: Vec<CustomerNumber>,
    /// The threshold of their hashes: the sample is as many of all as this is of [`WHOLE`].
    below: u64,
}

/// How many, and how exactly that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// How many, about.
    pub estimate: u64,
    /// One standard error, in hundredths of a percent of it; 0: it is exact.
    pub error: u64,
}

impl Count {
    /// A number that was counted.
    pub const fn exact(number: u64) -> Self {
        Self { estimate: number, error: 0 }
    }

    /// Of so many in a sample that has all whose hashes are below a threshold.
    pub(super) fn sampled(members: u64, below: u64) -> Self {
        if below >= WHOLE || below == 0 {
            return Self::exact(members);
        }
        let (sample, below, whole) = (u128::from(members), u128::from(below), u128::from(WHOLE));
        // Below 2^24 members times 2^63.
        let estimate = (sample * whole + below / 2) / below;
        // Members are drawn with p = below ÷ whole, so that their number varies by n·(1 − p), of n² in units of 10⁻⁸.
        let error = if sample == 0 { 0 } else { (((whole - below) * 100_000_000) / (whole * sample)).isqrt() + 1 };
        Self { estimate: u64::try_from(estimate).unwrap_or(u64::MAX), error: u64::try_from(error).unwrap_or(u64::MAX) }
    }
}

impl Crowd {
    fn of_members(members: impl Iterator<Item = CustomerNumber>, below: u64) -> Self {
        let mut members: Vec<CustomerNumber> = members.collect();
        members.sort_unstable();
        Self { members, below }
    }

    /// Who is in it, ascending: all, or the sample.
    pub fn members(&self) -> &[CustomerNumber] {
        &self.members
    }

    /// How many there are.
    pub fn count(&self) -> Count {
        self.of(self.members.len())
    }

    /// How many there are of whom so many are in [`Crowd::members`].
    pub fn of(&self, members: usize) -> Count {
        Count::sampled(members as u64, self.below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    fn gather(customers: impl Iterator<Item = u64>) -> Crowd {
        let mut gathering = Gathering::new().expect("a sketch");
        customers.for_each(|customer| gathering.add(customer));
        gathering.crowd()
    }

    #[test]
    fn few_are_counted() {
        for number in [0, 1, 100, 16_384] {
            let crowd = gather((0..number).chain(0..number));
            assert_eq!(crowd.count(), Count::exact(number));
            assert_eq!(crowd.members(), (0..number).collect::<Vec<_>>());
        }
    }

    #[test]
    fn many_are_estimated_within_four_errors_in_any_order() {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        for number in [16_385u64, 50_000, 400_000] {
            let customers: Vec<u64> = (0..number).map(|_| random.next_u64()).collect();
            let crowd = gather(customers.iter().copied());
            assert_eq!(gather(customers.iter().rev().copied()), crowd, "{number} of seed 7 backwards");
            let mut parts = Gathering::new().expect("a sketch");
            for part in customers.chunks(9_999) {
                let mut of_part = Gathering::new().expect("a sketch");
                part.iter().for_each(|customer| of_part.add(*customer));
                parts.merge(of_part).expect("merged");
            }
            assert_eq!(parts.crowd(), crowd, "{number} of seed 7 in parts");
            let Count { estimate, error } = crowd.count();
            assert!((1..=79).contains(&error), "{number}: an error of {error} hundredths");
            assert!(estimate.abs_diff(number) * 10_000 <= number * error * 4, "{number} of seed 7 are told as {estimate}, give or take {error}");
            let even = crowd.of(crowd.members().iter().filter(|customer| *customer % 2 == 0).count());
            let is = customers.iter().filter(|customer| *customer % 2 == 0).count() as u64;
            assert!(even.error > error && even.estimate.abs_diff(is) * 10_000 <= is * even.error * 4, "{is} of {number} are told as {even:?}");
        }
    }
}
