//! Tables: one description of the columns, from which the rows of a JSON answer become CSV and Parquet.
//!
//! | file | what it knows |
//! |---|---|
//! | `column` | names, kinds, and where in a JSON row a cell lies |
//! | `csv` | RFC 4180, and what keeps spreadsheets from reading a text as a formula |
//! | `parquet` | DECIMAL, DATE, TIMESTAMP, INT64 and strings |
//! | `writer` | either of them, part by part |
//!
//! The JSON row is what is told; a file has the same figures, flat. So a row is described once, and no form can tell another
//! amount than the next. Money is DECIMAL(28, 4) in every file, whatever its currencies: ISO 4217 has at most four decimals,
//! and files of several days or answers have one schema and can be read together. Sums of it are exact in DuckDB, pandas and
//! polars, and there is room to multiply it by a rate.

mod column;
pub mod csv;
mod parquet;
mod writer;

pub use column::{Column, Kind, MONEY_DECIMALS, joined, scaled};
pub use writer::{FileForm, Writer};

use serde::Serialize;
use serde_json::Value;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A cell is not of its column's kind.
    #[error("column {column}: {value} is not {kind:?}")]
    Cell {
        /// The column's name.
        column: &'static str,
        /// What it should be.
        kind: Kind,
        /// What it is.
        value: String,
    },
    /// The writer of CSV failed.
    #[error("CSV: {0}")]
    Csv(#[from] ::csv::Error),
    /// The writer of Parquet failed.
    #[error("Parquet: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// Bytes could not be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A row could not be made JSON.
    #[error("a row is no JSON: {0}")]
    Row(#[from] serde_json::Error),
}

/// A row of a JSON list that has a form as rows of a table.
pub trait Row: Serialize {
    /// The columns, in order.
    const COLUMNS: &'static [Column];

    /// The rows of the table: itself, or several, where it holds a list that the table is about.
    ///
    /// # Errors
    /// Only where it cannot be written as JSON.
    fn rows(&self) -> Result<Vec<Value>, serde_json::Error> {
        Ok(vec![serde_json::to_value(self)?])
    }
}

/// A table: columns, and rows as they stand in the JSON answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Value>,
}

impl Table {
    /// The table of a list's rows.
    ///
    /// # Errors
    /// Only where a row cannot be written as JSON.
    pub fn of<'a, R: Row + 'a>(rows: impl IntoIterator<Item = &'a R>) -> Result<Self, serde_json::Error> {
        let mut all = Vec::new();
        for row in rows {
            all.extend(row.rows()?);
        }
        Ok(Self { columns: R::COLUMNS.to_vec(), rows: all })
    }

    /// The whole file; `facts` are what the answer says besides its rows, which a file can only carry where its form allows it.
    ///
    /// # Errors
    /// A cell that is not of its column's kind.
    pub fn write(&self, form: FileForm, facts: &[(&'static str, String)]) -> Result<Vec<u8>, Error> {
        let mut writer = Writer::new(form, &self.columns, facts)?;
        writer.write(&self.rows)?;
        writer.end()
    }
}
