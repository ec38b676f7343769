//! A file that is written part by part, so that a long list takes no more memory than a part of it.

use super::{Column, Error, csv, parquet};
use serde_json::Value;

/// A form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// `text/csv`.
    Csv,
    /// `application/vnd.apache.parquet`.
    Parquet,
}

/// A file that is being written. Its bytes are taken by [`Writer::take`] as they come, the rest by [`Writer::end`].
pub struct Writer {
    columns: Vec<Column>,
    form: Written,
}

enum Written {
    Csv(Vec<u8>),
    Parquet(Box<parquet::File>),
}

impl Writer {
    /// Begins a file; Parquet keeps `facts` in its metadata.
    ///
    /// # Errors
    /// The columns make no schema.
    pub fn new(form: FileForm, columns: &[Column], facts: &[(&'static str, String)]) -> Result<Self, Error> {
        let form = match form {
            FileForm::Csv => {
                let mut lines = csv::writer(Vec::new());
                csv::write_names(columns, &mut lines)?;
                Written::Csv(bytes(lines)?)
            }
            FileForm::Parquet => Written::Parquet(Box::new(parquet::begin(columns, facts)?)),
        };
        Ok(Self { columns: columns.to_vec(), form })
    }

    /// Writes rows: of Parquet, a row group.
    ///
    /// # Errors
    /// A cell that is not of its column's kind.
    pub fn write(&mut self, rows: &[Value]) -> Result<(), Error> {
        match &mut self.form {
            Written::Csv(written) => {
                let mut lines = csv::writer(std::mem::take(written));
                for row in rows {
                    csv::write_row(&self.columns, row, &mut lines)?;
                }
                *written = bytes(lines)?;
                Ok(())
            }
            Written::Parquet(file) => parquet::write(file, &self.columns, rows),
        }
    }

    /// The bytes since it was asked last.
    pub fn take(&mut self) -> Vec<u8> {
        match &mut self.form {
            Written::Csv(written) => std::mem::take(written),
            Written::Parquet(file) => std::mem::take(file.inner_mut()),
        }
    }

    /// Ends the file, and answers the bytes that were not taken yet.
    ///
    /// # Errors
    /// What the writer says.
    pub fn end(self) -> Result<Vec<u8>, Error> {
        match self.form {
            Written::Csv(written) => Ok(written),
            Written::Parquet(file) => Ok(file.into_inner()?),
        }
    }
}

fn bytes(lines: ::csv::Writer<Vec<u8>>) -> Result<Vec<u8>, Error> {
    lines.into_inner().map_err(|error| Error::Io(error.into_error()))
}
