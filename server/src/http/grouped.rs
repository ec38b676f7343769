//! What grouped answers have in common: keys, filters, rows; the first rows by a figure, with what all come to and what is left.
//!
//! Bounds: [`LIMIT_MAX`] rows are shown; how many there may be in all is the projections' bound.

use super::parameters::Parameters;
use super::problem::Problem;
use super::question::tells_rows;
use crate::shape::amount;
use crate::table::{Column, Kind, MONEY_DECIMALS, Table, scaled};
use projections::answers::{GroupValue, ROWS_MAX};
use schemas::money::{Currency, format_scaled};
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::IntoParams;

/// The most rows that may be asked for, and that are told without asking.
pub const LIMIT_MAX: usize = ROWS_MAX;
/// The names of what [`First::read`] reads.
pub const FIRST: &[&str] = &["sort", "limit"];

/// Which of the rows, and in which order.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct FirstQuery {
    /// A figure of the rows that they follow, the smallest first; with `-` before it the largest first. Figures within others
    /// are named as in CSV: `sales_volume`. Rows of several currencies are compared by their numbers: filter by `currency`.
    #[param(pattern = "^-?[a-z][a-z0-9_]*$")]
    sort: Option<String>,
    /// How many rows at most, the first ones. `total` is what all of them come to, `rest` what those come to that are not
    /// shown, each currency by itself, and by itself, as `null`, what is in none. Without it, more than 10 000 rows are `too_many_rows`.
    #[param(minimum = 1, maximum = 10000)]
    limit: Option<u32>,
}

/// The keys of `group_by`, in the order asked; each once.
pub fn group_by<K: Copy + PartialEq>(parameters: &Parameters, keys: &[K], name_of: impl Fn(K) -> &'static str) -> Result<Vec<K>, Problem> {
    keys_of(parameters, "group_by", keys, name_of)
}

/// The keys of a parameter that lists some, in the order asked; each once.
pub fn keys_of<K: Copy + PartialEq>(parameters: &Parameters, parameter: &str, keys: &[K], name_of: impl Fn(K) -> &'static str) -> Result<Vec<K>, Problem> {
    let all = keys;
    let mut keys = Vec::new();
    for name in parameters.text(parameter).into_iter().flat_map(|text| text.split(',')) {
        let key = all.iter().copied().find(|key| name_of(*key) == name);
        let key = key.ok_or_else(|| Problem::no_such(parameter, "key", name, all.iter().map(|key| name_of(*key))))?;
        if keys.contains(&key) {
            return Err(Problem::parameter(parameter, format!("{name} stands twice")));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// The keys that are filters, each with its value; `values` says which there are, where they are few and fixed.
pub fn filters<K: Copy>(
    parameters: &Parameters,
    keys: &[K],
    name: impl Fn(K) -> &'static str,
    values: impl Fn(K) -> Option<&'static [&'static str]>,
) -> Result<Vec<(K, String)>, Problem> {
    let mut filters = Vec::new();
    for key in keys {
        let Some(value) = parameters.text(name(*key)) else { continue };
        if let Some(values) = values(*key)
            && !values.contains(&value)
        {
            return Err(Problem::no_such(name(*key), "value", value, values.iter().copied()));
        }
        filters.push((*key, value.to_owned()));
    }
    Ok(filters)
}

/// A row that begins with its keys.
pub fn keyed<'a>(keys: impl Iterator<Item = &'static str>, values: impl Iterator<Item = &'a GroupValue>) -> Map<String, Value> {
    keys.zip(values).map(|(key, value)| (key.to_owned(), value.as_str().map_or(Value::Null, |text| Value::String(text.to_owned())))).collect()
}

/// The first rows by a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct First {
    /// The figure's name, and whether the largest is first.
    sort: Option<(&'static str, bool)>,
    limit: Option<usize>,
}

impl First {
    /// Reads `sort` and `limit`; `figures` are all columns that rows can be sorted by.
    pub fn read(parameters: &Parameters, figures: &[Column]) -> Result<Self, Problem> {
        let sort = match parameters.text("sort") {
            None => None,
            Some(text) => {
                let (name, falls) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
                let found = figures.iter().find(|column| column.name == name).map(|column| (column.name, falls));
                Some(found.ok_or_else(|| Problem::no_such("sort", "figure", name, figures.iter().map(|column| column.name)))?)
            }
        };
        let limit = parameters.whole("limit", 1, LIMIT_MAX as u64)?.and_then(|limit| usize::try_from(limit).ok());
        Ok(Self { sort, limit })
    }

    /// Whether only the first rows are asked for, so that there may be more of them.
    pub const fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Whether the total and the rest are told.
    const fn is_asked(&self) -> bool {
        self.sort.is_some() || self.limit.is_some()
    }

    /// How many of so many rows are shown.
    fn shown(&self, rows: usize) -> usize {
        self.limit.map_or(rows, |limit| limit.min(rows))
    }

    /// Cuts rows that are made already: few, and in the order of their keys. `added` are the columns that may be added.
    pub fn of_table(&self, table: Table, added: &[Column]) -> Told {
        let Table { columns, mut rows } = table;
        let sort = self.sort.and_then(|(name, falls)| Some((columns.iter().find(|column| column.name == name)?, falls)));
        if let Some((column, falls)) = sort {
            rows.sort_by_cached_key(|row| order(weight(column, row), falls));
        }
        let shown = self.shown(rows.len());
        let has_currency = columns.iter().any(|column| column.name == "currency");
        let from = |place: usize| -> Vec<Map<String, Value>> {
            let currencies: BTreeSet<Option<&str>> = rows.iter().map(|row| row.get("currency").and_then(Value::as_str)).collect();
            let sums_of = if has_currency { keyed_sums } else { sums };
            currencies.into_iter().map(|currency| sums_of(&rows, place, currency, added)).collect()
        };
        let (total, rest) = (self.is_asked().then(|| from(0)), self.is_asked().then(|| from(shown)));
        rows.truncate(shown);
        tells_rows(rows.len());
        Told { table: Table { columns, rows }, total, rest }
    }
}

/// Where a row stands by its figure; one without it is last, either way.
fn order(weight: Option<i128>, falls: bool) -> (bool, Result<Option<i128>, Reverse<Option<i128>>>) {
    (weight.is_none(), if falls { Err(Reverse(weight)) } else { Ok(weight) })
}

/// The number of a cell, with as many decimals as money has at most; money and decimals are strings.
fn weight(column: &Column, row: &Value) -> Option<i128> {
    match column.cell(row) {
        Value::String(text) => scaled(text, MONEY_DECIMALS),
        Value::Number(number) => number.as_i64().map(|number| i128::from(number) * 10i128.pow(u32::from(MONEY_DECIMALS))),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What the rows of a currency from a place on come to, under its name as the rows have it: `null` where they are in none.
fn keyed_sums(rows: &[Value], from: usize, currency: Option<&str>, added: &[Column]) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("currency".to_owned(), currency.map_or(Value::Null, Value::from));
    row.extend(sums(rows, from, currency, added));
    row
}

/// What the rows of a currency from a place on come to.
fn sums(rows: &[Value], from: usize, currency: Option<&str>, added: &[Column]) -> Map<String, Value> {
    let of: Vec<&Value> = rows.iter().skip(from).filter(|row| row.get("currency").and_then(Value::as_str) == currency).collect();
    let mut sums = Map::new();
    for column in added {
        let sum: i128 = of.iter().filter_map(|row| weight(column, row)).sum();
        let decimals = currency.and_then(Currency::from_code).map_or(0, |currency| currency.exponent());
        let sum = match column.kind {
            // Rows without a currency have no amounts.
            Kind::Money if currency.is_none() => Value::Null,
            Kind::Money => Value::String(format_scaled(sum / 10i128.pow(u32::from(MONEY_DECIMALS - decimals)), decimals)),
            Kind::Whole | Kind::Decimal(_) | Kind::Text | Kind::Date | Kind::Instant | Kind::Flag => {
                Value::from(i64::try_from(sum / 10i128.pow(u32::from(MONEY_DECIMALS))).unwrap_or(i64::MAX))
            }
        };
        column.put(&mut sums, sum);
    }
    sums.insert("rows".to_owned(), Value::from(of.len()));
    sums
}

/// A figure of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Minor units of the row's currency.
    Money(i128),
    /// Minor units of the row's currency, or none.
    Maybe(Option<i128>),
    /// A number of things.
    Count(i128),
    /// Scaled as its column says; `None` where there is nothing to divide by.
    Ratio(Option<i128>),
}

impl Figure {
    fn value(self, column: &Column, currency: Currency) -> Value {
        match self {
            Self::Money(minor) => Value::String(amount(minor, currency)),
            Self::Maybe(minor) => minor.map_or(Value::Null, |minor| Value::String(amount(minor, currency))),
            // Counts are far below 2^63.
            Self::Count(count) => Value::from(i64::try_from(count).unwrap_or(i64::MAX)),
            Self::Ratio(ratio) => ratio.map_or(Value::Null, |ratio| Value::String(format_scaled(ratio, column.kind.decimals().unwrap_or(0)))),
        }
    }

    /// What rows are compared by: the number, with as many decimals as money has at most.
    fn weight(self, column: &Column, currency: Currency) -> Option<i128> {
        let lifted = |number: i128, decimals: u8| number.saturating_mul(10i128.pow(u32::from(MONEY_DECIMALS.saturating_sub(decimals))));
        match self {
            Self::Money(minor) => Some(lifted(minor, currency.exponent())),
            Self::Maybe(minor) => minor.map(|minor| lifted(minor, currency.exponent())),
            Self::Count(count) => Some(lifted(count, 0)),
            Self::Ratio(ratio) => ratio.map(|ratio| lifted(ratio, column.kind.decimals().unwrap_or(0))),
        }
    }
}

/// The value of a key in a row.
pub trait KeyValue: Clone + Ord {
    /// As on the wire; `None` is `null`.
    fn text(&self) -> Option<&str>;

    /// The value in a row.
    fn value(&self) -> Value {
        self.text().map_or(Value::Null, |text| Value::String(text.to_owned()))
    }
}

impl KeyValue for GroupValue {
    fn text(&self) -> Option<&str> {
        self.as_str()
    }

    fn value(&self) -> Value {
        match self {
            Self::Number(number) => Value::from(*number),
            Self::Text(_) | Self::Ranked(..) | Self::Null => self.text().map_or(Value::Null, |text| Value::String(text.to_owned())),
        }
    }
}

impl KeyValue for projections::answers::KeyValue {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null => None,
        }
    }
}

/// How sums become a row.
pub struct Shape<'a, S> {
    /// The keys of each row, in order; one of them is `currency`.
    pub keys: Vec<Column>,
    /// The figures, in order.
    pub figures: &'static [Column],
    /// Their values, in the same order.
    pub read: &'a dyn Fn(&S) -> Vec<Figure>,
    /// Adds sums to others.
    pub add: &'a dyn Fn(&mut S, &S),
    /// What the number of rows is called in totals.
    pub count: &'static str,
}

/// What is told of sums by keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The rows that are shown.
    pub table: Table,
    /// What all rows come to, by currency (and book, where it is a key); nothing where neither an order nor the first rows are asked for.
    pub total: Option<Vec<Map<String, Value>>>,
    /// What the rows come to that are not shown, likewise.
    pub rest: Option<Vec<Map<String, Value>>>,
}

impl<S: Clone + Default> Shape<'_, S> {
    /// The rows, cut as asked. Without `sort` they follow their keys; of equal figures, too, and rows without the figure are last.
    pub fn tell<V: KeyValue>(&self, rows: &BTreeMap<Vec<V>, (Currency, S)>, cut: &First) -> Told {
        let mut rows: Vec<_> = rows.iter().collect();
        let figure = cut.sort.and_then(|(name, falls)| Some((self.figures.iter().position(|column| column.name == name)?, falls)));
        if let Some((place, falls)) = figure {
            rows.sort_by_cached_key(|(_, (currency, sums))| {
                let weight = (self.read)(sums).get(place).zip(self.figures.get(place)).and_then(|(figure, column)| figure.weight(column, *currency));
                order(weight, falls)
            });
        }
        let shown = cut.shown(rows.len());
        let columns = self.keys.iter().chain(self.figures).copied().collect();
        let row = |(values, (currency, sums)): &(&Vec<V>, &(Currency, S))| Value::Object(self.row(&self.keys, values, *currency, sums));
        let table = Table { columns, rows: rows.iter().take(shown).map(row).collect() };
        tells_rows(shown);
        if !cut.is_asked() {
            return Told { table, total: None, rest: None };
        }
        let mut totals = BTreeMap::<Vec<V>, (Currency, [(usize, S); 2])>::new();
        let wallet: Vec<usize> = (0..self.keys.len()).filter(|place| self.keys.get(*place).is_some_and(is_of_wallet)).collect();
        for (place, (values, (currency, sums))) in rows.iter().enumerate() {
            let key = wallet.iter().filter_map(|at| values.get(*at).cloned()).collect();
            let (_, [total, rest]) = totals.entry(key).or_insert_with(|| (*currency, Default::default()));
            for (count, sum) in [Some(total), (place >= shown).then_some(rest)].into_iter().flatten() {
                *count += 1;
                (self.add)(sum, sums);
            }
        }
        let keys: Vec<Column> = self.keys.iter().filter(|key| is_of_wallet(key)).copied().collect();
        let row = |values: &Vec<V>, currency: Currency, (count, sums): &(usize, S)| {
            let mut row = self.row(&keys, values, currency, sums);
            row.insert(self.count.to_owned(), Value::from(*count));
            row
        };
        let total = totals.iter().map(|(values, (currency, [total, _]))| row(values, *currency, total)).collect();
        let rest = totals.iter().map(|(values, (currency, [_, rest]))| row(values, *currency, rest)).collect();
        Told { table, total: Some(total), rest: Some(rest) }
    }

    fn row<V: KeyValue>(&self, keys: &[Column], values: &[V], currency: Currency, sums: &S) -> Map<String, Value> {
        let mut row = Map::new();
        for (key, value) in keys.iter().zip(values) {
            row.insert(key.name.to_owned(), value.value());
        }
        for (column, figure) in self.figures.iter().zip((self.read)(sums)) {
            column.put(&mut row, figure.value(column, currency));
        }
        row
    }
}

/// Amounts of two currencies, or incomes of two firms, are never added.
fn is_of_wallet(key: &Column) -> bool {
    matches!(key.name, "currency" | "book")
}

/// The column of a key: dates are DATE, all others texts.
pub const fn key_column(name: &'static str, is_date: bool) -> Column {
    Column::new(name, if is_date { Kind::Date } else { Kind::Text })
}
