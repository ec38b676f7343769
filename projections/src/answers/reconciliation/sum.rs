//! What pairs add up to.

/// What pairs of one row add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairSum {
    /// How many pairs.
    pub count: i64,
    /// Ours.
    pub ours: i128,
    /// Theirs.
    pub theirs: i128,
    /// Fees of ours, of pairs that have some.
    pub fees_ours: Fees,
    /// Fees of theirs, likewise.
    pub fees_theirs: Fees,
}

/// Fees of the pairs that have some: counted, so that none are left where the last such pair is taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    pairs: i64,
    minor: i128,
}

impl Fees {
    /// Fees of so many pairs.
    pub const fn of(pairs: i64, minor: i128) -> Self {
        Self { pairs, minor }
    }

    /// What they come to; `None` where no pair has any.
    pub fn told(self) -> Option<i128> {
        (self.pairs != 0).then_some(self.minor)
    }

    fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.minor += other.minor;
    }

    const fn negated(self) -> Self {
        Self { pairs: -self.pairs, minor: -self.minor }
    }
}

impl From<Option<i128>> for Fees {
    fn from(fees: Option<i128>) -> Self {
        fees.map_or_else(Self::default, |minor| Self::of(1, minor))
    }
}

impl PairSum {
    /// The same, to be taken away.
    pub fn negated(self) -> Self {
        let Self { count, ours, theirs, fees_ours, fees_theirs } = self;
        Self { count: -count, ours: -ours, theirs: -theirs, fees_ours: fees_ours.negated(), fees_theirs: fees_theirs.negated() }
    }

    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.ours += other.ours;
        self.theirs += other.theirs;
        self.fees_ours.add(other.fees_ours);
        self.fees_theirs.add(other.fees_theirs);
    }
}
