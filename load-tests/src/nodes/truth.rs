//! What every answer must be: the independent model, one for each partition, with its figures after each record.
//!
//! Records are applied before they are sent, so that whatever an answer has is known here. Of the trial balance only a check sum is
//! kept, which adds up over partitions: each account's debits and credits, times a number of its own.

use crate::kafka::producer::Outgoing;
use crate::model::Model;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The figures of a row of balances that are compared all the time.
const FIGURES: [&str; 11] = ["currency", "book", "pending", "available", "payable", "reserved", "held", "disputed", "in_transit", "owed", "preauthorised"];

/// A trial balance in short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Debits and credits of each account, times its number.
    pub check: i128,
    /// All debits, which only grow.
    pub debits: i128,
}

impl Sums {
    fn add(&mut self, book: &str, code: &str, currency: &str, debits: i128, credits: i128) {
        let number = |side: &str| i128::from(hash((book, code, currency, side)));
        self.check = self.check.wrapping_add(debits.wrapping_mul(number("debits"))).wrapping_add(credits.wrapping_mul(number("credits")));
        self.debits += debits;
    }

    /// Of the rows of an answer that is grouped by book, code and currency; nothing where a row is none.
    pub fn of_rows(rows: &[Value]) -> Option<Self> {
        let mut sums = Self::default();
        for row in rows {
            let minor = |name: &str| row[name].as_str()?.replace('.', "").parse::<i128>().ok();
            sums.add(row["book"].as_str()?, row["code"].as_str()?, row["currency"].as_str()?, minor("debits")?, minor("credits")?);
        }
        Some(sums)
    }
}

/// The figures of a merchant in short; nothing where there are none.
pub fn figures_of(balances: &Value) -> Option<u64> {
    let text = |row: &Value| FIGURES.iter().map(|name| row[*name].as_str().map(str::to_owned)).collect::<Option<Vec<String>>>();
    let mut rows = balances["balances"].as_array()?.iter().map(text).collect::<Option<Vec<_>>>()?;
    rows.sort();
    Some(hash(rows))
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[derive(Default)]
struct Partition {
    model: Model,
    /// After each record.
    sums: Vec<Sums>,
    /// The figures of some merchants, from each offset on at which they changed.
    merchants: BTreeMap<String, Vec<(i64, u64)>>,
}

impl Partition {
    /// The offset of the last record.
    fn position(&self) -> i64 {
        i64::try_from(self.sums.len()).unwrap_or(i64::MAX) - 1
    }

    fn note(&mut self, merchant: &str) {
        let (position, figures) = (self.position(), figures_of(&self.model.balances(merchant)));
        if let (Some(changes), Some(figures)) = (self.merchants.get_mut(merchant), figures) {
            changes.push((position, figures));
        }
    }
}

/// All partitions.
pub struct Truth {
    partitions: Vec<Partition>,
    closes: u64,
}

impl Truth {
    /// Of so many partitions.
    pub fn new(partitions: u32) -> Self {
        Self { partitions: (0..partitions).map(|_| Partition::default()).collect(), closes: 0 }
    }

    /// Takes the next record of its partition.
    pub fn apply(&mut self, record: &Outgoing) {
        let Some(of) = usize::try_from(record.partition).ok().and_then(|place| self.partitions.get_mut(place)) else { return };
        let offset = of.position() + 1;
        let (mut sums, mut changed, before) = (of.sums.last().copied().unwrap_or_default(), BTreeSet::new(), of.model.open);
        for said in of.model.apply(offset, &record.value) {
            for line in &said.lines {
                for (account, debits, credits) in [(&line.debit, line.amount, 0), (&line.credit, 0, line.amount)] {
                    sums.add(&line.book, &account.code.to_string(), line.currency.code(), debits, credits);
                }
            }
            changed.extend(said.subject);
        }
        of.sums.push(sums);
        for merchant in changed.into_iter().filter(|merchant| of.merchants.contains_key(merchant)).collect::<Vec<_>>() {
            of.note(&merchant);
        }
        self.closes += u64::from(before.is_some() && of.model.open != before);
    }

    /// Keeps the figures of some merchants from now on, so many of each partition, of the first and the last by name: of the traffic, and of
    /// the life. Answers who they are.
    pub fn follow(&mut self, of_each: usize) -> Vec<(String, u32)> {
        let all = self.merchants();
        let mut followed = Vec::new();
        for (partition, of) in (0..).zip(&mut self.partitions) {
            let names: Vec<&String> = all.iter().filter(|(_, at)| *at == partition).map(|(name, _)| name).collect();
            let (first, last) = names.split_at(names.len() / 2);
            for name in first.iter().take(of_each / 2).chain(last.iter().rev().take(of_each.div_ceil(2))) {
                of.merchants.insert((*name).clone(), Vec::new());
                of.note(name);
                followed.push(((*name).clone(), partition));
            }
        }
        followed
    }

    /// How often a day was closed, on any partition.
    pub const fn closes(&self) -> u64 {
        self.closes
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.partitions.iter().map(|of| of.sums.len()).sum()
    }

    /// The trial balance at a position of each partition.
    pub fn bank(&self, at: &BTreeMap<u32, i64>) -> Option<Sums> {
        let mut all = Sums::default();
        for (partition, offset) in at {
            let of = self.partitions.get(usize::try_from(*partition).ok()?)?;
            let sums = if *offset < 0 { Sums::default() } else { *of.sums.get(usize::try_from(*offset).ok()?)? };
            all = Sums { check: all.check.wrapping_add(sums.check), debits: all.debits + sums.debits };
        }
        (at.len() == self.partitions.len()).then_some(all)
    }

    /// A merchant's figures at a position of its partition.
    pub fn merchant(&self, name: &str, partition: u32, offset: i64) -> Option<u64> {
        let of = self.partitions.get(usize::try_from(partition).ok()?)?;
        if offset >= i64::try_from(of.sums.len()).ok()? {
            return None;
        }
        let changes = of.merchants.get(name)?;
        let count = changes.partition_point(|(at, _)| *at <= offset);
        changes.get(count.checked_sub(1)?).map(|(_, figures)| *figures)
    }

    /// Merchants that have a contract now, with their partitions.
    pub fn merchants(&self) -> Vec<(String, u32)> {
        let of = |(partition, of): (u32, &Partition)| {
            let named = of.model.merchants.iter().filter(|(_, merchant)| merchant.contract.is_some());
            named.map(|(name, _)| (name.clone(), partition)).collect::<Vec<_>>()
        };
        (0..).zip(&self.partitions).flat_map(of).collect()
    }

    /// What a merchant has now.
    pub fn balances(&self, name: &str, partition: u32) -> Value {
        let of = usize::try_from(partition).ok().and_then(|place| self.partitions.get(place));
        of.map(|of| of.model.balances(name)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash::stream::Stream;
    use crate::model::money::text;
    use schemas::money::Currency;
    use serde_json::json;

    /// The rows that a service would tell, added up anew from the model's accounts.
    fn rows(truth: &Truth) -> Vec<Value> {
        let mut sums = BTreeMap::<(String, String, Currency), (i128, i128)>::new();
        for ((book, code, currency, ..), (debits, credits)) in truth.partitions.iter().flat_map(|of| &of.model.accounts) {
            let sum = sums.entry((book.clone(), code.to_string(), *currency)).or_default();
            *sum = (sum.0 + debits, sum.1 + credits);
        }
        let row = |((book, code, currency), (debits, credits)): ((String, String, Currency), (i128, i128))| json!({"book": book, "code": code, "currency": currency.code(), "debits": text(debits, currency), "credits": text(credits, currency)});
        sums.into_iter().map(row).collect()
    }

    #[test]
    fn sums_kept_by_record_are_those_of_the_accounts_and_a_unit_more_is_seen() {
        let mut truth = Truth::new(3);
        let (mut at, mut merchants, mut followed) = (BTreeMap::new(), 0, 0);
        for (number, record) in Stream::new(3, 600, 3).take(3000).flatten().enumerate() {
            if number == 1500 {
                assert_eq!(truth.follow(10).len(), 30);
            }
            truth.apply(&record);
            *at.entry(record.partition).or_insert(-1_i64) += 1;
        }
        let mut told = rows(&truth);
        let (bank, sums) = (truth.bank(&at).expect("known"), Sums::of_rows(&told).expect("rows"));
        assert!(bank == sums && bank.debits > 0, "{bank:?} {sums:?}");
        for (name, partition) in truth.merchants() {
            merchants += 1;
            if truth.merchant(&name, partition, at[&partition]).is_none() {
                continue;
            }
            followed += 1;
            assert_eq!(truth.merchant(&name, partition, at[&partition]), figures_of(&truth.balances(&name, partition)), "{name}");
            assert_eq!(truth.merchant(&name, partition, at[&partition] + 1), None, "it is not sent yet");
        }
        assert!(merchants > 250 && followed == 30 && truth.closes() > 0, "{merchants} {followed} {}", truth.closes());
        let row = told.iter_mut().find(|row| row["currency"] == "CNY").expect("a row");
        let more = format!("{}1", row["debits"].as_str().expect("text"));
        row["debits"] = json!(more);
        assert_ne!(Sums::of_rows(&told), Some(bank));
        assert_eq!(truth.bank(&BTreeMap::from([(0, 1)])), None, "a partition is missing");
    }
}
