//! What a file has: lines and sums by kind and direction, ends by currency, merchants that nobody names.

use super::{Line, Wrong, money};
use rust_decimal::Decimal;
use schemas::ids::Reference;
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The most names of merchants that are told.
const NAMES_MAX: usize = 20;
/// The most days that the lines of a file are usually of.
const DAYS_MAX: i32 = 31;

/// Lines, credits and debits by currency: what the end of a report says.
pub type Ends = BTreeMap<Currency, (u64, Decimal, Decimal)>;

/// Counts a line in them.
pub fn count(ends: &mut Ends, line: &Line) {
    let end = ends.entry(line.currency).or_default();
    end.0 += 1;
    if line.credit { end.1 += line.amount } else { end.2 += line.amount }
}

/// Merchants by how a source names them; those that two contracts name are nobody's.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    known: BTreeMap<String, Option<String>>,
    /// The merchant of every line that names none.
    all: Option<String>,
}

impl Aliases {
    /// No names yet; a merchant for every line that names none, if there is one.
    pub fn of(all: Option<String>) -> Self {
        Self { known: BTreeMap::new(), all }
    }

    /// Notes a name of a merchant.
    pub fn add(&mut self, alias: &str, merchant: &str) {
        let known = self.known.entry(alias.to_owned()).or_insert_with(|| Some(merchant.to_owned()));
        if known.as_deref() != Some(merchant) {
            *known = None;
        }
    }

    /// The merchant of a line; none: it is the house's.
    pub fn merchant(&self, line: &Line) -> Option<String> {
        let named = line.merchants.iter().find_map(|name| self.known.get(name).cloned());
        named.flatten().or_else(|| self.all.clone())
    }

    fn is_of_two(&self, name: &str) -> bool {
        matches!(self.known.get(name), Some(None))
    }
}

/// What a file has.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Lines and sums, by kind, direction and currency.
    pub sums: BTreeMap<(ReportKind, bool, Currency), (u64, Decimal)>,
    /// Lines, credits and debits by currency: what the report's end says.
    pub ends: Ends,
    /// The first and the last date of a line.
    pub days: Option<(Date, Date)>,
    unknown: BTreeSet<String>,
    doubtful: BTreeSet<String>,
    unknown_count: u64,
    /// Of lines of which an id was left out: how many, and the first.
    left_out: Option<(u64, u64)>,
    /// Lines that are the house's.
    pub of_house: u64,
}

impl Found {
    /// Counts a line. Its amount must be one of its currency.
    pub fn add(&mut self, line: &Line, aliases: &Aliases) -> Result<(), Wrong> {
        money::text(line.number, line.amount, line.currency)?;
        let sum = self.sums.entry((line.kind, line.credit, line.currency)).or_default();
        (sum.0, sum.1) = (sum.0 + 1, sum.1 + line.amount);
        count(&mut self.ends, line);
        let (first, last) = self.days.unwrap_or((line.date, line.date));
        self.days = Some((first.min(line.date), last.max(line.date)));
        if line.left_out {
            let (count, first) = self.left_out.unwrap_or((0, line.number));
            self.left_out = Some((count + 1, first));
        }
        if aliases.merchant(line).is_none() {
            self.of_house += 1;
            for name in &line.merchants {
                let names = if aliases.is_of_two(name) { &mut self.doubtful } else { &mut self.unknown };
                if names.len() < NAMES_MAX || names.contains(name) {
                    names.insert(name.clone());
                } else {
                    self.unknown_count += 1;
                }
            }
        }
        Ok(())
    }

    /// How many lines there are.
    pub fn lines(&self) -> u64 {
        self.ends.values().map(|(count, ..)| count).sum()
    }

    /// What was found, a sentence a line.
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        let days = self.days.map_or_else(String::new, |(first, last)| format!(", dates {first} to {last}"));
        told.push(format!("{} lines{days}", self.lines()));
        for ((kind, credit, currency), (count, sum)) in &self.sums {
            let direction = if *credit { "credit" } else { "debit" };
            let sum = money::text(0, *sum, *currency).unwrap_or_else(|_| sum.to_string());
            told.push(format!("  {:<14} {direction:<6} {count:>9} {sum:>20} {currency}", kind.as_str()));
        }
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        if !self.unknown.is_empty() {
            let more = if self.unknown_count > 0 { " and others" } else { "" };
            told.push(format!("no alias names {}{more}: their lines are @house's", list(&self.unknown)));
        }
        if !self.doubtful.is_empty() {
            told.push(format!("two contracts name {}: they are nobody's, and their lines @house's", list(&self.doubtful)));
        }
        told.extend(self.warnings().into_iter().map(|warning| format!("  warning: {warning}")));
        told
    }

    /// What somebody should look at.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some((count, first)) = self.left_out {
            let (max, lines) = (Reference::MAX_LENGTH, if count == 1 { "line has" } else { "lines have" });
            warnings
                .push(format!("{count} {lines} a reference, payment or payout of more than {max} characters as ids are written; it is left out: line {first}"));
        }
        // Dates are of the years 1900 to 9000: their difference is one of 32 bits.
        if let Some((first, last, days)) = self.days.map(|(first, last)| (first, last, last.days() - first.days() + 1))
            && days > DAYS_MAX
        {
            warnings.push(format!(
                "the lines are of {days} days, {first} to {last}: once they are taken, all that the ledger has since {first} is expected in reports of this source; \
                 is that date right?"
            ));
        }
        warnings
    }
}
