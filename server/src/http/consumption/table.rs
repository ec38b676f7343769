//! Rows and columns of an answer, before it is written in one form or another.

use crate::table;
use projections::answers::consumption::{Count, Key, Value as KeyValue};
use schemas::money::format_scaled;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As in every table.
    Plain(table::Kind),
    /// Distinct customers: a whole number, and its error.
    Customers,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
    /// Whether the figures of rows may be added: visits and sales, not customers, who are in several rows.
    adds: bool,
}

impl Column {
    const fn plain(name: &'static str, kind: table::Kind) -> Self {
        Self { name, kind: Kind::Plain(kind), adds: false }
    }

    /// Whole numbers.
    pub const fn whole(name: &'static str) -> Self {
        Self::plain(name, table::Kind::Whole)
    }

    /// Dates.
    pub const fn date(name: &'static str) -> Self {
        Self::plain(name, table::Kind::Date)
    }

    /// Texts.
    pub const fn text(name: &'static str) -> Self {
        Self::plain(name, table::Kind::Text)
    }

    /// Amounts.
    pub const fn money(name: &'static str) -> Self {
        Self::plain(name, table::Kind::Money)
    }

    /// Decimals, two of a percentage.
    pub const fn decimal(name: &'static str, decimals: u8) -> Self {
        Self::plain(name, table::Kind::Decimal(decimals))
    }

    /// Distinct customers.
    pub const fn customers(name: &'static str) -> Self {
        Self { name, kind: Kind::Customers, adds: false }
    }

    /// The same column, whose figures may be added.
    pub const fn added(self) -> Self {
        Self { adds: true, ..self }
    }

    /// The column of a key.
    pub const fn of(key: Key) -> Self {
        match key {
            Key::Weekday | Key::Hour => Self::whole(key.as_str()),
            Key::Day | Key::Week => Self::plain(key.as_str(), table::Kind::Date),
            Key::Month | Key::Merchant | Key::Mcc | Key::Region | Key::Card | Key::EntryMode => Self::text(key.as_str()),
        }
    }

    /// The columns of a file: customers are two, the number and its error.
    fn of_file(&self) -> Vec<table::Column> {
        match (self.kind, self.name) {
            (Kind::Plain(kind), name) => vec![table::Column::new(name, kind)],
            (Kind::Customers, "new") => customers("new", "new.estimate", "new_error_percent", "new.error_percent"),
            (Kind::Customers, "returning") => customers("returning", "returning.estimate", "returning_error_percent", "returning.error_percent"),
            (Kind::Customers, name) => customers(name, "customers.estimate", "customers_error_percent", "customers.error_percent"),
        }
    }
}

fn customers(name: &'static str, estimate: &'static str, error_name: &'static str, error: &'static str) -> Vec<table::Column> {
    vec![table::Column::whole(name).at(estimate), table::Column::percent(error_name).at(error)]
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A number.
    Whole(u64),
    /// Distinct customers.
    Count(Count),
    /// A text.
    Text(String),
    /// Nothing.
    Null,
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<Count> for Cell {
    fn from(count: Count) -> Self {
        Self::Count(count)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&KeyValue> for Cell {
    fn from(value: &KeyValue) -> Self {
        match value {
            KeyValue::Number(number) => Self::Whole(u64::from(*number)),
            KeyValue::Text(text) => Self::Text(text.clone()),
            KeyValue::Null => Self::Null,
        }
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows are left out.
    pub suppressed: u64,
}

impl Table {
    /// The figures that rows can be sorted by.
    pub fn figures(columns: &[Column]) -> Vec<table::Column> {
        let is_figure = |column: &table::Column| !matches!(column.kind, table::Kind::Text | table::Kind::Date | table::Kind::Instant | table::Kind::Flag);
        columns.iter().flat_map(Column::of_file).filter(is_figure).collect()
    }

    /// The rows as they stand in JSON.
    pub fn plain(self) -> table::Table {
        let row = |cells: Vec<Cell>| self.columns.iter().zip(cells).map(|(column, cell)| (column.name.to_owned(), value(cell))).collect();
        let rows = self.rows.into_iter().map(row).map(Value::Object).collect();
        table::Table { columns: self.columns.iter().flat_map(Column::of_file).collect(), rows }
    }

    /// The columns whose figures may be added.
    pub fn added(columns: &[Column]) -> Vec<table::Column> {
        columns.iter().filter(|column| column.adds).flat_map(Column::of_file).collect()
    }
}

/// Figures by the keys asked, of purchases by their local date.
#[derive(Debug, Serialize, ToSchema)]
pub struct Consumption {
    /// Up to where of each partition every event is in.
    #[schema(example = json!(["0:812", "1:77"]))]
    pub position: Vec<String>,
    /// The first local date that purchases are of; `null` before the ledger is opened, unless it was asked.
    #[schema(example = "2026-11-01")]
    pub from: Option<String>,
    /// The last one, likewise.
    #[schema(example = "2026-11-23")]
    pub to: Option<String>,
    /// The open business date, of several partitions the oldest; `null` before the ledger is opened.
    #[schema(example = "2026-11-23")]
    pub business_date: Option<String>,
    /// The fewest customers that a row may have.
    #[schema(example = 10)]
    pub k: u32,
    /// The rows, by their keys in the order asked. Customers are `{"estimate": 25, "error_percent": "0.00"}`.
    #[schema(value_type = Vec<Object>)]
    pub rows: Vec<Value>,
    /// With `sort` or `limit`: what all rows come to that are not left out, by currency; `rows` is their number. Customers are
    /// in several rows, and have no sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub total: Option<Vec<Map<String, Value>>>,
    /// The same of the rows that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub rest: Option<Vec<Map<String, Value>>>,
    /// How many rows are left out, because they or others would tell of fewer customers.
    pub suppressed: u64,
}

/// The standard error of a number of customers, in percent.
pub fn error_percent(count: Count) -> String {
    format_scaled(i128::from(count.error), 2)
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Count(count) => json!({"estimate": count.estimate, "error_percent": error_percent(count)}),
        Cell::Whole(number) => Value::from(number),
        Cell::Text(text) => Value::String(text),
        Cell::Null => Value::Null,
    }
}
