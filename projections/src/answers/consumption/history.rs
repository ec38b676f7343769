//! Whether customers were there before: at what a row describes, before its period.

use super::gather::{Contracts, seen};
use super::key::{Key, Value};
use super::query::{Audience, Query};
use crate::answers::{Error, Shard};
use crate::folds::consumption::CustomerNumber;
use crate::folds::consumption::{HISTORY, VISITORS};
use crate::views::Order;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked about the customers of a row.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Only visits before this date count.
    pub before: Date,
    /// What the row describes: values of its keys, the period aside.
    pub of: Vec<(Key, Value)>,
    /// The currency that it describes, where it has one.
    pub currency: Option<Currency>,
    /// Its customers.
    pub customers: &'a [CustomerNumber],
}

/// Of each question, its customers that were there before, on any shard.
pub fn seen_before(shards: &[Shard], query: &Query, questions: &[Question]) -> Result<Vec<BTreeSet<CustomerNumber>>, Error> {
    let mut asked: BTreeMap<CustomerNumber, Vec<usize>> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        for customer in question.customers {
            asked.entry(*customer).or_default().push(at);
        }
    }
    let mut before: Vec<BTreeSet<CustomerNumber>> = vec![BTreeSet::new(); questions.len()];
    for shard in shards {
        let mut contracts = Contracts::default();
        for (customer, of) in &asked {
            let open: Vec<usize> = of.iter().copied().filter(|at| !before[*at].contains(customer)).collect();
            for at in of_customer(shard, query, questions, *customer, open, &mut contracts)? {
                before[at].insert(*customer);
            }
        }
    }
    Ok(before)
}

/// The questions among `open` that one shard answers with yes for a customer: its visits are read from the first on, until
/// nothing is open.
fn of_customer(
    shard: &Shard,
    query: &Query,
    questions: &[Question],
    customer: CustomerNumber,
    mut open: Vec<usize>,
    contracts: &mut Contracts,
) -> Result<Vec<usize>, Error> {
    let mut answered = Vec::new();
    let Some(last) = open.iter().map(|at| questions[*at].before).max() else { return Ok(answered) };
    for row in shard.snapshot.scan(&HISTORY, &customer, Order::Ascending)? {
        let ((_, date, merchant), ()) = row?;
        if date >= last || open.is_empty() {
            break;
        }
        if matches!(&query.audience, Audience::Merchant(own) if *own != merchant) {
            continue;
        }
        for visits in shard.snapshot.get(&VISITORS, &(date, merchant.clone(), customer))?.unwrap_or_default() {
            let version = contracts.get(shard, visits.cell.contract)?;
            let seen = seen(date, &merchant, &visits.cell, &version);
            if !query.matches(&seen) {
                continue;
            }
            open.retain(|at| {
                let question = &questions[*at];
                let is_answer = date < question.before
                    && question.currency.is_none_or(|currency| currency == seen.currency)
                    && question.of.iter().all(|(key, value)| key.is(&seen, value));
                if is_answer {
                    answered.push(*at);
                }
                !is_answer
            });
        }
    }
    Ok(answered)
}
