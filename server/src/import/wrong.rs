//! What is wrong with a file: where, why, and of many rows the first ones.

/// The most wrong rows of a file that are told one by one.
pub const TOLD_MAX: usize = 20;

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where.
    pub line: u64,
    /// What is wrong there.
    pub why: String,
}

impl Wrong {
    /// Something at a line.
    pub fn at(line: u64, why: impl Into<String>) -> Self {
        Self { line, why: why.into() }
    }
}

/// Rows that are wrong, in the order in which they were found: whoever mends a file wants to see more than its first one. Bounded by
/// [`TOLD_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrongs {
    /// The first ones.
    pub first: Vec<Wrong>,
    /// How many there are.
    pub count: u64,
}

impl Wrongs {
    /// Takes in another one.
    pub fn add(&mut self, wrong: Wrong) {
        self.count += 1;
        if self.first.len() < TOLD_MAX {
            self.first.push(wrong);
        }
    }
}
