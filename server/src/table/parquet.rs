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
    // Row by row: a row is a map somewhere in memory, and looked at once.
    let mut read: Vec<Cells> = columns.iter().map(|column| Cells::new(column.kind)).collect();
    for row in rows {
        for (column, cells) in columns.iter().zip(&mut read) {
            cells.push(column, column.cell(row))?;
        }
    }
    let mut group = file.next_row_group()?;
    for cells in read {
        let Some(mut writer) = group.next_column()? else { break };
        cells.write(&mut writer)?;
        writer.close()?;
    }
    group.close()?;
    Ok(())
}

/// The cells of a column.
struct Cells {
    /// Of each row: 1 where its cell is there, 0 where it is absent.
    levels: Vec<i16>,
    values: Values,
}

/// Those that are there.
enum Values {
    Text(Vec<ByteArray>),
    Days(Vec<i32>),
    Whole(Vec<i64>),
    Decimal(u8, Vec<FixedLenByteArray>),
    Flag(Vec<bool>),
}

impl Cells {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Date => Values::Days(Vec::new()),
            Kind::Instant | Kind::Whole => Values::Whole(Vec::new()),
            Kind::Money | Kind::Decimal(_) => Values::Decimal(kind.decimals().unwrap_or(0), Vec::new()),
            Kind::Flag => Values::Flag(Vec::new()),
        };
        Self { levels: Vec::new(), values }
    }

    fn push(&mut self, column: &Column, cell: &Value) -> Result<(), Error> {
        let is_there = !cell.is_null();
        self.levels.push(i16::from(is_there));
        if !is_there {
            return Ok(());
        }
        let text = cell.as_str();
        let is_read = match &mut self.values {
            Values::Text(values) => keep(values, text.map(ByteArray::from)),
            Values::Days(values) => keep(values, text.and_then(days)),
            Values::Whole(values) if column.kind == Kind::Instant => keep(values, text.and_then(micros)),
            Values::Whole(values) => keep(values, cell.as_i64()),
            Values::Decimal(decimals, values) => keep(values, text.and_then(|text| scaled(text, *decimals)).and_then(twelve_bytes)),
            Values::Flag(values) => keep(values, cell.as_bool()),
        };
        if is_read { Ok(()) } else { Err(Error::Cell { column: column.name, kind: column.kind, value: cell.to_string() }) }
    }

    fn write(self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), Error> {
        let levels = Some(self.levels.as_slice());
        match self.values {
            Values::Text(values) => writer.typed::<ByteArrayType>().write_batch(&values, levels, None)?,
            Values::Days(values) => writer.typed::<Int32Type>().write_batch(&values, levels, None)?,
            Values::Whole(values) => writer.typed::<Int64Type>().write_batch(&values, levels, None)?,
            Values::Decimal(_, values) => writer.typed::<FixedLenByteArrayType>().write_batch(&values, levels, None)?,
            Values::Flag(values) => writer.typed::<BoolType>().write_batch(&values, levels, None)?,
        };
        Ok(())
    }
}

/// Keeps a value, if it could be read, and says whether.
fn keep<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_read = value.is_some();
    values.extend(value);
    is_read
}

/// A number of [`DECIMAL_DIGITS`] digits, which is what [`scaled`] reads, in two's complement.
fn twelve_bytes(number: i128) -> Option<FixedLenByteArray> {
    let bytes = number.to_be_bytes();
    bytes.get(bytes.len() - DECIMAL_BYTES as usize..).map(|bytes| FixedLenByteArray::from(bytes.to_vec()))
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
