//! Whether customers were there before: at what a row describes, before its period.

use super::key::{Key, Seen, Value};
use super::query::Query;
use super::read::Shops;
use crate::answers::{Error, Shard};
use crate::folds::consumption::{CustomerNumber, HISTORY};
use crate::views::{Order, Within};
use schemas::time::Date;

/// What is asked about the customers of a row.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Only visits before this date count.
    pub before: Date,
    /// What the row describes: values of its keys, the period aside.
    pub of: Vec<(Key, Value)>,
    /// Its customers, ascending.
    pub customers: &'a [CustomerNumber],
}

impl Question<'_> {
    fn is_answered_by(&self, seen: &Seen) -> bool {
        seen.date < self.before && self.of.iter().all(|(key, value)| key.is(seen, value))
    }
}

/// Of each question, its customers that were there before, on any shard, ascending.
///
/// # Errors
/// Views that do not answer.
pub fn seen_before(shards: &[Shard], query: &Query, questions: &[Question]) -> Result<Vec<Vec<CustomerNumber>>, Error> {
    // Who is asked about, and by which questions: in the order of their rows, which are read once from front to back.
    let mut asked: Vec<(CustomerNumber, usize)> = Vec::new();
    for (at, question) in questions.iter().enumerate() {
        asked.extend(question.customers.iter().map(|customer| (*customer, at)));
    }
    asked.sort_unstable();
    let mut before: Vec<Vec<CustomerNumber>> = vec![Vec::new(); questions.len()];
    for shard in shards {
        let mut shops = if query.merchant().is_none() { Shops::all(shard)? } else { Shops::default() };
        let mut history = shard.snapshot.range(&HISTORY, &(), Within::default(), Order::Ascending)?;
        for of_customer in asked.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((customer, _)) = of_customer.first() else { continue };
            let mut open: Vec<usize> = of_customer.iter().map(|(_, at)| *at).filter(|at| before[*at].last() != Some(customer)).collect();
            let last = open.iter().map(|at| questions[*at].before).max();
            history.skip_to(customer);
            // Its visits are read from the first on, until nothing is open.
            while let Some(last) = last.filter(|_| !open.is_empty()) {
                let Some(row) = history.next() else { break };
                let ((of, date, contract, hour, card, entry_mode, currency), ()) = row?;
                if of != *customer || date >= last {
                    break;
                }
                let seen = Seen { date, hour, shop: shops.get(shard, contract)?, card, entry_mode, currency };
                if query.matches(&seen) {
                    open.retain(|at| {
                        let is_answered = questions[*at].is_answered_by(&seen);
                        if is_answered {
                            before[*at].push(*customer);
                        }
                        !is_answered
                    });
                }
            }
        }
    }
    if shards.len() > 1 {
        before.iter_mut().for_each(|customers| {
            customers.sort_unstable();
            customers.dedup();
        });
    }
    Ok(before)
}
