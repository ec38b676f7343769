//! Answers as CSV (RFC 4180) and as Parquet. Position and the number of rows left out travel in headers.

use super::table::{Cell, Kind, Table, error_percent};
use crate::http::problem::Problem;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use projections::answers::consumption::Count;
use std::sync::Arc;

/// The media type of Parquet.
pub const PARQUET: &str = "application/vnd.apache.parquet";
/// Up to where of each partition every event is in.
const POSITION: HeaderName = HeaderName::from_static("ledger-position");
/// How many rows are left out.
const SUPPRESSED: HeaderName = HeaderName::from_static("ledger-suppressed");

/// A column of plain cells.
struct Flat {
    name: String,
    is_whole: bool,
    cells: Vec<Cell>,
}

/// Every column with its cells; customers become two: the number, and its error.
fn flat(table: &Table) -> Vec<Flat> {
    let mut all = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        let cells: Vec<Cell> = table.rows.iter().map(|row| row.get(at).cloned().unwrap_or(Cell::Null)).collect();
        let error = |cell: &Cell| if let Cell::Count(count) = cell { Cell::Text(error_percent(*count)) } else { Cell::Null };
        let errors = cells.iter().map(error).collect();
        all.push(Flat { name: column.name.to_owned(), is_whole: column.kind != Kind::Text, cells });
        if column.kind == Kind::Customers {
            all.push(Flat { name: format!("{}_error_percent", column.name), is_whole: false, cells: errors });
        }
    }
    all
}

/// The CSV form.
pub fn csv(table: &Table, position: &[String]) -> Response {
    let columns = flat(table);
    let mut text = line(columns.iter().map(|column| column.name.clone()));
    for row in 0..table.rows.len() {
        text.push_str(&line(columns.iter().map(|column| match column.cells.get(row) {
            Some(Cell::Whole(number)) => number.to_string(),
            Some(Cell::Count(count)) => count.estimate.to_string(),
            Some(Cell::Text(text)) => quoted(text),
            Some(Cell::Null) | None => String::new(),
        })));
    }
    told(table, position, "text/csv; charset=utf-8", text.into_bytes())
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut line = cells.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A text that no reader takes for several cells, nor a spreadsheet for a formula.
fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '@', '\t']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The Parquet form: one row group, whole numbers as INT64, all else as strings.
pub fn parquet(table: &Table, position: &[String]) -> Result<Response, Problem> {
    let bytes = write(table).map_err(|error| Problem::internal(&error))?;
    Ok(told(table, position, PARQUET, bytes))
}

fn write(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let columns = flat(table);
    let mut fields = Vec::with_capacity(columns.len());
    for column in &columns {
        let field = match column.is_whole {
            true => Type::primitive_type_builder(&column.name, Physical::INT64),
            false => Type::primitive_type_builder(&column.name, Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)),
        };
        fields.push(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?));
    }
    let schema = Arc::new(Type::group_type_builder("consumption").with_fields(fields).build()?);
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, properties)?;
    let mut rows = file.next_row_group()?;
    for column in &columns {
        let Some(mut writer) = rows.next_column()? else { break };
        // A cell is there at level 1 and absent at level 0.
        let levels: Vec<i16> = column.cells.iter().map(|cell| i16::from(*cell != Cell::Null)).collect();
        if column.is_whole {
            let numbers: Vec<i64> = column.cells.iter().filter_map(number).collect();
            writer.typed::<Int64Type>().write_batch(&numbers, Some(&levels), None)?;
        } else {
            let texts: Vec<ByteArray> = column.cells.iter().filter_map(text).collect();
            writer.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None)?;
        }
        writer.close()?;
    }
    rows.close()?;
    file.close()?;
    Ok(bytes)
}

/// Counts are far below 2^63.
fn number(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Whole(number) | Cell::Count(Count { estimate: number, .. }) => Some(i64::try_from(*number).unwrap_or(i64::MAX)),
        Cell::Text(_) | Cell::Null => None,
    }
}

fn text(cell: &Cell) -> Option<ByteArray> {
    match cell {
        Cell::Text(text) => Some(ByteArray::from(text.as_str())),
        Cell::Whole(_) | Cell::Count(_) | Cell::Null => None,
    }
}

fn told(table: &Table, position: &[String], content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(SUPPRESSED, HeaderValue::from(table.suppressed));
    if let Ok(position) = HeaderValue::from_str(&position.join(",")) {
        headers.insert(POSITION, position);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::super::table::Column;
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    fn table() -> Table {
        Table {
            columns: vec![Column::text("mcc"), Column::whole("visits"), Column::customers("customers")],
            rows: vec![
                vec![Cell::Text("a,\"b\"".into()), Cell::Whole(7), Cell::Count(Count::exact(25))],
                vec![Cell::Null, Cell::Whole(8), Cell::Count(Count { estimate: 70_000, error: 79 })],
                vec![Cell::Text("=1".into()), Cell::Whole(9), Cell::Count(Count::exact(12))],
            ],
            suppressed: 2,
        }
    }

    #[test]
    fn csv_is_quoted() {
        let columns = flat(&table());
        assert_eq!(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["mcc", "visits", "customers", "customers_error_percent"]);
        assert_eq!((quoted("a,\"b\""), quoted("=1"), quoted("CN-31")), ("\"a,\"\"b\"\"\"".to_owned(), "'=1".to_owned(), "CN-31".to_owned()));
        let response = csv(&table(), &["0:1".to_owned(), "1:2".to_owned()]);
        assert_eq!((response.headers()["ledger-position"].to_str().ok(), response.headers()["ledger-suppressed"].to_str().ok()), (Some("0:1,1:2"), Some("2")));
    }

    #[test]
    fn parquet_is_read_back_as_it_was_written() {
        let reader = SerializedFileReader::new(axum::body::Bytes::from(write(&table()).expect("bytes"))).expect("a file");
        let rows: Vec<_> = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].get_string(0).map(String::as_str).ok(), Some("a,\"b\""));
        assert!(rows[1].get_string(0).is_err(), "nothing is nothing");
        assert_eq!((rows[1].get_long(2).ok(), rows[1].get_string(3).map(String::as_str).ok()), (Some(70_000), Some("0.79")));
        assert_eq!((rows[2].get_long(1).ok(), rows[2].get_long(2).ok(), rows[2].get_string(3).map(String::as_str).ok()), (Some(9), Some(12), Some("0.00")));
        let empty = Table { rows: Vec::new(), ..table() };
        let reader = SerializedFileReader::new(axum::body::Bytes::from(write(&empty).expect("bytes"))).expect("a file");
        assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    }
}
