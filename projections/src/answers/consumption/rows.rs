//! Footfall, tickets, customers and mix: purchases by keys.

use super::Told;
use super::crowd::{Count, Crowd};
use super::gather::{Group, GroupKey, Groups, Wanted, gather};
use super::history::{Question, seen_before};
use super::key::{Key, Value};
use super::query::Query;
use super::suppression::{Row, left_out};
use crate::answers::calendar::first_of_month;
use crate::answers::ratio::{percent_of, ratio_of};
use crate::answers::{Error, Shard};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// The percentiles of tickets that are told.
pub const PERCENTILES: [u8; 7] = [10, 25, 50, 75, 90, 95, 99];

/// How many came and what they spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FootfallRow {
    /// Values of the keys asked, in order.
    pub values: Vec<Value>,
    /// What amounts are in.
    pub currency: Currency,
    /// Purchases, whatever became of them.
    pub visits: u64,
    /// Distinct customers.
    pub customers: Count,
    /// The sum of the nets, in minor units.
    pub sales: i128,
}

/// What a purchase comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketsRow {
    /// Values of the keys asked, in order.
    pub values: Vec<Value>,
    /// What amounts are in.
    pub currency: Currency,
    /// Purchases with a net above zero.
    pub count: u64,
    /// Their mean, rounded half up to minor units.
    pub mean: i128,
    /// The tickets at [`PERCENTILES`], in minor units.
    pub percentiles: [u128; 7],
}

/// Who came, and who was new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomersRow {
    /// Values of the keys asked, in order.
    pub values: Vec<Value>,
    /// Distinct customers.
    pub customers: Count,
    /// Those who were not there before the row's period.
    pub new: Count,
    /// The others.
    pub returning: Count,
}

/// A part of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixRow {
    /// What it is.
    pub part: FootfallRow,
    /// Its share of the sales of its currency, in hundredths of a percent; `None` where there are none.
    pub share_percent: Option<i128>,
}

/// Purchases, customers and sales by the keys asked.
///
/// # Errors
/// [`Error::TooManyRows`], and views that do not answer.
pub fn footfall(shards: &[Shard], query: &Query) -> Result<Told<FootfallRow>, Error> {
    let groups = gather(shards, query, Wanted { by_currency: true, tickets: false })?;
    Ok(told(&groups, query.k(), footfall_row))
}

/// Tickets and their quantiles by the keys asked. A row without a ticket is left out as all-zero.
///
/// # Errors
/// [`Error::TooManyRows`], and views that do not answer.
pub fn tickets(shards: &[Shard], query: &Query) -> Result<Told<TicketsRow>, Error> {
    let groups = gather(shards, query, Wanted { by_currency: true, tickets: true })?;
    Ok(told(&groups, query.k(), |(values, currency), group| {
        let count = group.tickets.count();
        let mean = ratio_of(u128::try_from(group.sales).unwrap_or(0), count.into(), 1)?;
        Some(TicketsRow { values: values.clone(), currency: (*currency)?, count, mean, percentiles: PERCENTILES.map(|of| group.tickets.percentile(of)) })
    }))
}

/// Customers by the keys asked, and which of them were new.
///
/// # Errors
/// [`Error::TooManyRows`], and views that do not answer.
pub fn customers(shards: &[Shard], query: &Query) -> Result<Told<CustomersRow>, Error> {
    let groups = gather(shards, query, Wanted { by_currency: false, tickets: false })?;
    let shown = told(&groups, query.k(), |key, group| Some((key.clone(), group.clone())));
    let questions: Vec<Question> = shown.rows.iter().map(|((values, _), group)| question(query, values, group)).collect();
    let before = seen_before(shards, query, &questions)?;
    let rows = shown.rows.iter().zip(before).map(|((key, group), before)| {
        let members = group.customers.members().len();
        let [new, returning] = [members - before.len(), before.len()].map(|of| group.customers.of(of));
        CustomersRow { values: key.0.clone(), customers: group.customers.count(), new, returning }
    });
    Ok(Told { rows: rows.collect(), suppressed: shown.suppressed })
}

/// Shares of the sales by the keys asked.
///
/// # Errors
/// [`Error::TooManyRows`], and views that do not answer.
pub fn mix(shards: &[Shard], query: &Query) -> Result<Told<MixRow>, Error> {
    let groups = gather(shards, query, Wanted { by_currency: true, tickets: false })?;
    let mut sales: BTreeMap<Option<Currency>, i128> = BTreeMap::new();
    for ((_, currency), group) in &groups {
        *sales.entry(*currency).or_insert(0) += group.sales;
    }
    Ok(told(&groups, query.k(), |key, group| {
        let whole = sales.get(&key.1).copied().unwrap_or(0);
        let share_percent = percent_of(u128::try_from(group.sales).unwrap_or(0), u128::try_from(whole).unwrap_or(0));
        Some(MixRow { part: footfall_row(key, group)?, share_percent })
    }))
}

fn footfall_row((values, currency): &GroupKey, group: &Group) -> Option<FootfallRow> {
    let customers = group.customers.count();
    Some(FootfallRow { values: values.clone(), currency: (*currency)?, visits: group.visits, customers, sales: group.sales })
}

/// What a row describes, and since when its customers are new: its day, week or month, else the first date asked.
fn question<'a>(query: &Query, values: &[Value], group: &'a Group) -> Question<'a> {
    let mut question = Question { before: query.from, of: Vec::new(), customers: group.customers.members() };
    for (key, value) in query.group_by.iter().zip(values) {
        let start = match (key, value) {
            (Key::Day | Key::Week, Value::Text(text)) => Date::parse(text),
            (Key::Month, Value::Text(text)) => first_of_month(text),
            _ => None,
        };
        match start {
            Some(start) => question.before = start,
            None => question.of.push((*key, value.clone())),
        }
    }
    question
}

/// A row before it is decided.
pub(super) fn row_of<'a, V>(values: &'a [V], customers: &'a Crowd) -> Row<'a, V> {
    Row { values, customers: customers.members(), size: customers.count().estimate }
}

/// The rows that may be told, in order of their keys; currencies by themselves.
fn told<T>(groups: &Groups, k: usize, row: impl Fn(&GroupKey, &Group) -> Option<T>) -> Told<T> {
    let mut by_currency: BTreeMap<Option<Currency>, Vec<(&GroupKey, &Group)>> = BTreeMap::new();
    for (key, group) in groups {
        by_currency.entry(key.1).or_default().push((key, group));
    }
    let mut shown = BTreeMap::new();
    let mut suppressed = 0;
    for rows in by_currency.values() {
        let given: Vec<Row<Value>> = rows.iter().map(|((values, _), group)| row_of(values, &group.customers)).collect();
        for ((key, group), hidden) in rows.iter().zip(left_out(&given, k)) {
            if hidden {
                suppressed += 1;
            } else if let Some(row) = row(key, group) {
                shown.insert(*key, row);
            }
        }
    }
    Told { rows: shown.into_values().collect(), suppressed }
}
