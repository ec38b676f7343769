//! Rows and columns of an answer, before it is written in one form or another.

use projections::answers::consumption::{Count, Key, Value as KeyValue};
use schemas::money::format_scaled;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Whole,
    /// A text, a decimal string among them.
    Text,
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
}

impl Column {
    /// A column of whole numbers.
    pub const fn whole(name: &'static str) -> Self {
        Self { name, kind: Kind::Whole }
    }

    /// A column of texts.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    /// A column of distinct customers.
    pub const fn customers(name: &'static str) -> Self {
        Self { name, kind: Kind::Customers }
    }

    /// The column of a key.
    pub const fn of(key: Key) -> Self {
        match key {
            Key::Weekday | Key::Hour => Self::whole(key.as_str()),
            _ => Self::text(key.as_str()),
        }
    }
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

/// Figures by the keys asked, of purchases by their local date.
#[derive(Debug, Serialize, ToSchema)]
pub struct Consumption {
    /// Up to where of each partition every event is in.
    #[schema(example = json!(["0:812", "1:77"]))]
    position: Vec<String>,
    /// The fewest customers that a row may have.
    #[schema(example = 10)]
    k: u32,
    /// The rows, by their keys in the order asked. Customers are `{"estimate": 25, "error_percent": "0.00"}`.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Map<String, Value>>,
    /// How many rows are left out, because they or others would tell of fewer customers.
    suppressed: u64,
}

impl Consumption {
    /// The JSON form.
    pub fn of(table: Table, position: Vec<String>, k: u32) -> Self {
        let row = |cells: Vec<Cell>| table.columns.iter().zip(cells).map(|(column, cell)| (column.name.to_owned(), value(cell))).collect();
        let suppressed = table.suppressed;
        let rows = table.rows.into_iter().map(row).collect();
        Self { position, k, rows, suppressed }
    }
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
