//! CSV as RFC 4180 has it: a line of names, lines that end with CR LF, quotes where a text needs them. A text that a
//! spreadsheet would take for a formula has an apostrophe before it; numbers and dates have none.

use super::{Column, Error, Kind};
use serde_json::Value;
use std::borrow::Cow;
use std::io::Write;

/// What a formula begins with, as spreadsheets read it; the wide forms are those of East Asian ones.
const FORMULA_STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A text as it may stand in a cell: ids are free to begin with `-` or `@`, and `-2+3` is a formula.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// A writer of lines.
pub fn writer<W: Write>(output: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(output)
}

/// Writes the line of names.
pub fn write_names<W: Write>(columns: &[Column], output: &mut csv::Writer<W>) -> Result<(), Error> {
    Ok(output.write_record(columns.iter().map(|column| column.name))?)
}

/// Writes a line.
pub fn write_row<W: Write>(columns: &[Column], row: &Value, output: &mut csv::Writer<W>) -> Result<(), Error> {
    for column in columns {
        output.write_field(cell(column, column.cell(row))?.as_ref())?;
    }
    Ok(output.write_record(None::<&[u8]>)?)
}

fn cell<'a>(column: &Column, value: &'a Value) -> Result<Cow<'a, str>, Error> {
    match (column.kind, value) {
        (_, Value::Null) => Ok(Cow::Borrowed("")),
        (Kind::Text, Value::String(text)) => Ok(guarded(text)),
        (Kind::Date | Kind::Instant | Kind::Money | Kind::Decimal(_), Value::String(text)) => Ok(Cow::Borrowed(text)),
        (Kind::Whole, Value::Number(number)) => Ok(Cow::Owned(number.to_string())),
        (Kind::Flag, Value::Bool(flag)) => Ok(Cow::Borrowed(if *flag { "true" } else { "false" })),
        (kind, other) => Err(Error::Cell { column: column.name, kind, value: other.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileForm, Table};
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_that_look_like_formulas_are_guarded_and_numbers_are_not() {
        for (text, expected) in
            [("M1", "M1"), ("-2+3", "'-2+3"), ("@house", "'@house"), ("=1", "'=1"), ("+1", "'+1"), ("\t=1", "'\t=1"), ("＝1", "'＝1"), ("a-1", "a-1"), ("", "")]
        {
            assert_eq!(guarded(text), expected);
        }
        let columns = vec![Column::text("id"), Column::money("amount"), Column::whole("count"), Column::date("day"), Column::flag("open")];
        let rows = vec![json!({"id": "-1", "amount": "-12.50", "count": -3, "day": "2026-11-23", "open": true}), json!({"id": "say \"hi\", you"})];
        let bytes = Table { columns, rows }.write(FileForm::Csv, &[]).expect("CSV");
        let expected = "id,amount,count,day,open\r\n'-1,-12.50,-3,2026-11-23,true\r\n\"say \"\"hi\"\", you\",,,,\r\n";
        assert_eq!(String::from_utf8(bytes).expect("UTF-8"), expected);
    }

    #[test]
    fn a_cell_of_another_kind_is_an_error() {
        let table = Table { columns: vec![Column::whole("count")], rows: vec![json!({"count": "7"})] };
        assert!(matches!(table.write(FileForm::Csv, &[]), Err(Error::Cell { column: "count", .. })));
    }
}
