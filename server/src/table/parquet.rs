//! Parquet: a row group a part. Money and decimals are DECIMAL(28, s) on twelve bytes, dates DATE, moments TIMESTAMP in
//! microseconds of UTC, whole numbers INT64, flags BOOLEAN, texts UTF-8 strings. Every column may have nulls. What an answer
//! says besides its rows (position, dates) is in the file's metadata.

use super::column::{DECIMAL_DIGITS, days, micros, scaled};
use super::{Column, Error, Kind};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::Value;
use std::sync::Arc;

/// Digits of a DECIMAL.
const DIGITS: i32 = DECIMAL_DIGITS as i32;
/// Bytes of a DECIMAL of so many digits.
const DECIMAL_BYTES: i32 = 12;

/// A file that is being written.
pub type File = SerializedFileWriter<Vec<u8>>;

/// Begins a file.
pub fn begin(columns: &[Column], facts: &[(&'static str, String)]) -> Result<File, Error> {
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("rows").with_fields(fields).build()?);
    let facts = facts.iter().map(|(name, value)| KeyValue::new((*name).to_owned(), value.clone())).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("merchant-ledger ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(facts));
    Ok(SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?)
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let of = |physical| Type::primitive_type_builder(column.name, physical);
    let field = match column.kind {
        Kind::Text => of(Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)),
        Kind::Date => of(Physical::INT32).with_logical_type(Some(LogicalType::Date)),
        Kind::Instant => of(Physical::INT64).with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Kind::Money => decimal(column.name, super::MONEY_DECIMALS),
        Kind::Decimal(decimals) => decimal(column.name, decimals),
        Kind::Whole => of(Physical::INT64),
        Kind::Flag => of(Physical::BOOLEAN),
    };
    Ok(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?))
}

fn decimal(name: &str, decimals: u8) -> parquet::schema::types::PrimitiveTypeBuilder<'_> {
    Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
        .with_length(DECIMAL_BYTES)
        .with_precision(DIGITS)
        .with_scale(i32::from(decimals))
        .with_logical_type(Some(LogicalType::decimal(i32::from(decimals), DIGITS)))
}

/// Writes rows as one row group; none where there are no rows.
pub fn write(file: &mut File, columns: &[Column], rows: &[Value]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut group = file.next_row_group()?;
    for column in columns {
        let Some(mut writer) = group.next_column()? else { break };
        write_column(column, rows, &mut writer)?;
        writer.close()?;
    }
    group.close()?;
    Ok(())
}

fn write_column(column: &Column, rows: &[Value], writer: &mut SerializedColumnWriter<'_>) -> Result<(), Error> {
    // A cell is there at level 1 and absent at level 0.
    let levels: Vec<i16> = rows.iter().map(|row| i16::from(!column.cell(row).is_null())).collect();
    let levels = Some(levels.as_slice());
    match column.kind {
        Kind::Text => {
            let values = values(column, rows, |value| value.as_str().map(ByteArray::from))?;
            writer.typed::<ByteArrayType>().write_batch(&values, levels, None)?;
        }
        Kind::Date => {
            let values = values(column, rows, |value| value.as_str().and_then(days))?;
            writer.typed::<Int32Type>().write_batch(&values, levels, None)?;
        }
        Kind::Instant => {
            let values = values(column, rows, |value| value.as_str().and_then(micros))?;
            writer.typed::<Int64Type>().write_batch(&values, levels, None)?;
        }
        Kind::Money | Kind::Decimal(_) => {
            let decimals = column.kind.decimals().unwrap_or(0);
            let values = values(column, rows, |value| value.as_str().and_then(|text| scaled(text, decimals)).and_then(twelve_bytes))?;
            writer.typed::<FixedLenByteArrayType>().write_batch(&values, levels, None)?;
        }
        Kind::Whole => {
            let values = values(column, rows, Value::as_i64)?;
            writer.typed::<Int64Type>().write_batch(&values, levels, None)?;
        }
        Kind::Flag => {
            let values = values(column, rows, Value::as_bool)?;
            writer.typed::<BoolType>().write_batch(&values, levels, None)?;
        }
    }
    Ok(())
}

/// A number of [`DECIMAL_DIGITS`] digits, which is what [`scaled`] reads, in two's complement.
fn twelve_bytes(number: i128) -> Option<FixedLenByteArray> {
    let bytes = number.to_be_bytes();
    bytes.get(bytes.len() - DECIMAL_BYTES as usize..).map(|bytes| FixedLenByteArray::from(bytes.to_vec()))
}

/// The cells that are there; `read` makes of each what is written.
fn values<T>(column: &Column, rows: &[Value], read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, Error> {
    let there = rows.iter().map(|row| column.cell(row)).filter(|cell| !cell.is_null());
    there.map(|cell| read(cell).ok_or_else(|| Error::Cell { column: column.name, kind: column.kind, value: cell.to_string() })).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{FileForm, Table};
    use super::*;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use serde_json::json;
    use std::io::Write;

    fn read(table: &Table) -> SerializedFileReader<std::fs::File> {
        let bytes = table.write(FileForm::Parquet, &[("ledger-position", "0:1,1:2".to_owned())]).expect("Parquet");
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&bytes).expect("written");
        SerializedFileReader::new(file).expect("a file of Parquet")
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let columns = vec![
            Column::text("id"),
            Column::money("amount"),
            Column::percent("share"),
            Column::date("day"),
            Column::instant("at"),
            Column::whole("count"),
            Column::flag("open"),
        ];
        let rows = vec![
            json!({"id": "=1", "amount": "-12.5", "share": "0.60", "day": "2026-11-23", "at": "2026-11-23T08:00:00.25+08:00", "count": 7, "open": true}),
            json!({}),
        ];
        let table = Table { columns, rows };
        let reader = read(&table);
        let read_back: Vec<String> = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row").to_string()).collect();
        assert_eq!(
            read_back,
            [
                "{id: \"=1\", amount: -12.5000, share: 0.60, day: 2026-11-23, at: 2026-11-23 00:00:00.250000 +00:00, count: 7, open: true}",
                "{id: null, amount: null, share: null, day: null, at: null, count: null, open: null}"
            ]
        );
        let facts = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
        assert!(facts.iter().any(|fact| fact.key == "ledger-position" && fact.value.as_deref() == Some("0:1,1:2")), "{facts:?}");
        let empty = Table { rows: Vec::new(), ..table };
        let (reader, columns) = (read(&empty), empty.columns.len());
        assert_eq!((reader.metadata().file_metadata().num_rows(), reader.metadata().file_metadata().schema_descr().num_columns()), (0, columns));
    }

    #[test]
    fn a_cell_of_another_kind_is_an_error() {
        let table = Table { columns: vec![Column::money("amount")], rows: vec![json!({"amount": "1.23456"})] };
        assert!(matches!(table.write(FileForm::Parquet, &[]), Err(Error::Cell { column: "amount", .. })));
    }
}
