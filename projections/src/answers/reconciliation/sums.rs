//! Pairs added up by their keys.

use super::asked::{PairKey, PairQuery};
use super::by_dates;
use super::gather::Which;
use super::sum::PairSum;
use super::terms::ReconciliationTerms;
use super::told::{Pair, Question};
use crate::answers::each_shard::each_shard;
use crate::answers::group::{GroupValue, ROWS_MAX, check_rows, keys_of_rows};
use crate::answers::{Error, Shard};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// Sums by the values of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairSums {
    /// The keys of each row, in order.
    pub keys: Vec<PairKey>,
    /// The rows, in the order of their keys.
    pub rows: BTreeMap<Vec<GroupValue>, (Currency, PairSum)>,
}

/// The pairs added up by `keys`; currency is added where it is missing.
///
/// # Errors
/// [`Error::TooManyRows`], and what the views say.
pub fn pair_sums(shards: &[Shard<'_>], terms: &ReconciliationTerms, query: &PairQuery, keys: &[PairKey], open: Date) -> Result<PairSums, Error> {
    let question = Question::new(shards, terms, query, open, false)?;
    let keys = keys_of_rows(keys, &[PairKey::Currency]);
    let rows = each_shard(
        shards,
        Sums::default(),
        |shard| question.sums(shard, &keys),
        |all, rows| rows.0.into_iter().try_for_each(|(key, (currency, sum))| all.add(key, currency, sum)),
    )?;
    let rows = rows.0.into_iter().filter(|(_, (_, sum))| sum.count != 0).collect();
    Ok(PairSums { keys, rows })
}

/// Sums by the values of their keys, as they are added up.
#[derive(Default)]
struct Sums(BTreeMap<Vec<GroupValue>, (Currency, PairSum)>);

impl Sums {
    fn add(&mut self, key: Vec<GroupValue>, currency: Currency, sum: PairSum) -> Result<(), Error> {
        self.0.entry(key).or_insert((currency, PairSum::default())).1.add(sum);
        check_rows(self.0.len(), ROWS_MAX)
    }
}

impl Question<'_> {
    /// The sums of a partition: of what its dates tell, and of the pairs one by one that these do not.
    fn sums(&self, shard: &Shard<'_>, keys: &[PairKey]) -> Result<Sums, Error> {
        let mut sums = Sums::default();
        let asks_dates = keys.iter().chain(self.query.filters.iter().map(|(key, _)| key)).all(|key| by_dates::tells(*key));
        if !asks_dates || self.query.is_merchants || shard.merchants_of_cut()?.is_some() {
            self.each(shard, Which::All, |pair| self.add(&mut sums, keys, pair, self.query.open, false))?;
            return Ok(sums);
        }
        if self.query.open != Some(false) {
            by_dates::each(&self.context, shard, |dated, sum| {
                let is_outside = self.query.from.is_some_and(|from| dated.day < from) || self.query.to.is_some_and(|to| dated.day > to);
                let fits = |(key, wanted): &(PairKey, String)| dated.value(*key).to_text().as_deref() == Some(wanted.as_str());
                if is_outside || !self.query.filters.iter().all(fits) {
                    return Ok(());
                }
                sums.add(keys.iter().map(|key| dated.value(*key)).collect(), dated.currency, sum)
            })?;
        }
        self.each(shard, Which::Odd, |pair| self.add(&mut sums, keys, pair, self.query.open, false))?;
        // Of those that the dates tell, the closed ones.
        if self.query.open.is_some() && self.context.has_closings() {
            let closed_are_asked = self.query.open == Some(false);
            self.each(shard, Which::Closed, |pair| self.add(&mut sums, keys, pair, Some(false), !closed_are_asked))?;
        }
        Ok(sums)
    }

    /// Adds a pair, or takes it away, where it is open or closed as asked.
    fn add(&self, sums: &mut Sums, keys: &[PairKey], pair: &Pair<'_>, open: Option<bool>, is_taken: bool) -> Result<(), Error> {
        // Only closed ones where `false`; where `true` all but them.
        if let Some(open) = open
            && open == self.closed(pair)?.is_some()
        {
            return Ok(());
        }
        let (fees_ours, fees_theirs) = pair.stood.fees();
        let mut sum = PairSum { count: 1, ours: pair.stood.ours, theirs: pair.stood.theirs, fees_ours: fees_ours.into(), fees_theirs: fees_theirs.into() };
        if is_taken {
            sum = sum.negated();
        }
        sums.add(keys.iter().map(|key| pair.value(*key)).collect(), pair.stood.currency, sum)
    }
}
