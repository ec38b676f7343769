//! What the lives reached: how often each type ended how, under which model. Holes are meant to be seen.

use crate::model::Model;
use crate::model::said::Said;
use schemas::wire::event_type::RULES;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The columns of merchants' models; house and control events have none.
const MODELS: &[&str] = &["bank_pos", "joint_build", "referral", "third_party_pos", "personal_pos", "second_clearing", "-"];

/// Counts of entries by type, outcome with code, and model.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    counts: BTreeMap<(String, String), BTreeMap<String, u64>>,
    sources: BTreeMap<String, BTreeMap<u16, u64>>,
}

/// The columns of where merchants' money came from.
const SOURCES: &[(u16, &str)] =
    &[(2010, "pending"), (2020, "available"), (2030, "reserve"), (2040, "hold"), (2045, "provisional"), (2050, "transit"), (1050, "owed")];
/// Two more: money that repaid a debt, and money that fed a hold.
const SETTLED: &[(u16, &str)] = &[(1, "repaid"), (2, "swept")];

impl Coverage {
    /// Counts what was said of a record; the model is as it stands after it.
    pub fn count(&mut self, model: &Model, said: &[Said]) {
        for entry in said {
            let kind = entry.kind.clone().unwrap_or_else(|| "(unreadable)".to_owned());
            let outcome = match &entry.code {
                Some(code) => format!("{} {code}", entry.outcome.as_str()),
                None => entry.outcome.as_str().to_owned(),
            };
            let contract = entry.subject.as_ref().and_then(|name| model.merchants.get(name)).and_then(|merchant| merchant.contract.as_ref());
            let column = contract.map_or("-", |contract| contract.model()).to_owned();
            *self.counts.entry((kind.clone(), outcome)).or_default().entry(column).or_default() += 1;
            self.count_sources(kind, entry);
        }
    }

    /// Counts which of the merchant's buckets an entry took from: how deep the waterfall went.
    fn count_sources(&mut self, kind: String, entry: &Said) {
        let row = self.sources.entry(kind).or_default();
        let columns: BTreeSet<u16> = entry
            .lines
            .iter()
            .filter_map(|line| match (line.debit.code, line.credit.code) {
                (2020, 1050) => Some(1),
                (2020, 2040) => Some(2),
                _ if line.debit.is_bucket() => Some(line.debit.code),
                _ => None,
            })
            .collect();
        for column in columns {
            *row.entry(column).or_default() += 1;
        }
    }

    /// Adds another count to this one.
    pub fn merge(&mut self, other: Self) {
        for (row, columns) in other.counts {
            let mine = self.counts.entry(row).or_default();
            for (column, count) in columns {
                *mine.entry(column).or_default() += count;
            }
        }
        for (kind, columns) in other.sources {
            let mine = self.sources.entry(kind).or_default();
            for (column, count) in columns {
                *mine.entry(column).or_default() += count;
            }
        }
    }

    /// The second table: entries by type and by the buckets that they took from.
    pub fn source_table(&self) -> String {
        let mut table = format!("{:<24}", "took from");
        for (_, name) in SOURCES.iter().chain(SETTLED) {
            let _ = write!(table, "{name:>12}");
        }
        for (kind, columns) in self.sources.iter().filter(|(_, columns)| !columns.is_empty()) {
            let _ = write!(table, "\n{kind:<24}");
            for (code, _) in SOURCES.iter().chain(SETTLED) {
                let count = columns.get(code).map_or_else(|| ".".to_owned(), ToString::to_string);
                let _ = write!(table, "{count:>12}");
            }
        }
        table
    }

    /// How many entries were counted.
    pub fn entries(&self) -> u64 {
        self.counts.values().flat_map(|columns| columns.values()).sum()
    }

    /// The table, zeros as dots; then the types that were never posted.
    pub fn table(&self) -> String {
        let mut table = format!("{:<24}{:<34}", "type", "outcome");
        for column in MODELS {
            let _ = write!(table, "{column:>16}");
        }
        for ((kind, outcome), columns) in &self.counts {
            let _ = write!(table, "\n{kind:<24}{outcome:<34}");
            for column in MODELS {
                let count = columns.get(*column).map_or_else(|| ".".to_owned(), ToString::to_string);
                let _ = write!(table, "{count:>16}");
            }
        }
        let posted: BTreeSet<&str> = self.counts.keys().filter(|(_, outcome)| outcome == "posted").map(|(kind, _)| kind.as_str()).collect();
        let holes: Vec<&str> = RULES.iter().map(|rule| rule.name).filter(|name| !posted.contains(name)).collect();
        let _ = write!(table, "\nnever posted: {}", if holes.is_empty() { "none".to_owned() } else { holes.join(", ") });
        table
    }
}
