//! What was asked and how often.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Counts of one kind of question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Questions.
    pub asked: u64,
    /// Figures that were compared.
    pub figures: u64,
    /// Answers in which something differs.
    pub differ: u64,
}

/// Counts by kind of question.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<String, Count>,
}

impl Tally {
    /// Counts a question.
    pub fn count(&mut self, kind: &str, compared: Option<u64>) {
        let count = self.counts.entry(kind.to_owned()).or_default();
        count.asked += 1;
        count.figures += compared.unwrap_or(0);
        count.differ += u64::from(compared.is_none());
    }

    /// Adds another tally to this one.
    pub fn merge(&mut self, other: &Self) {
        for (kind, count) in &other.counts {
            let mine = self.counts.entry(kind.clone()).or_default();
            (mine.asked, mine.figures, mine.differ) = (mine.asked + count.asked, mine.figures + count.figures, mine.differ + count.differ);
        }
    }

    /// All together.
    pub fn total(&self) -> Count {
        let mut total = Count::default();
        for count in self.counts.values() {
            (total.asked, total.figures, total.differ) = (total.asked + count.asked, total.figures + count.figures, total.differ + count.differ);
        }
        total
    }

    /// How often a kind was asked.
    pub fn of(&self, kind: &str) -> Count {
        self.counts.get(kind).copied().unwrap_or_default()
    }

    /// As a table.
    pub fn table(&self) -> String {
        let mut table = format!("{:<28}{:>10}{:>12}{:>10}", "question", "asked", "figures", "differ");
        for (kind, count) in self.counts.iter().map(|(kind, count)| (kind.as_str(), *count)).chain([("all", self.total())]) {
            let _ = write!(table, "\n{kind:<28}{:>10}{:>12}{:>10}", count.asked, count.figures, count.differ);
        }
        table
    }
}
