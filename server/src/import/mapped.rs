//! Any CSV, by a mapping, a record at a time: a row is one line, or several where a line's end is within quotes.
//!
//! A row that cannot be read does not end the reading: the rest is looked at, too, and all of it is told. Bounds: [`RECORD_LINES_MAX`],
//! [`LINE_BYTES_MAX`].

use super::cells::Cells;
use super::input::{Input, LINE_BYTES_MAX};
use super::mapping::{LineEnd, Mapping, Trailer};
use super::{Each, Facts, Line, NO_LINE_END, Wrong, names};
use rust_decimal::Decimal;
use schemas::report::ReportKind;
use schemas::time::Date;

/// The most lines of one record: a quote that is never closed would take in the rest of the file.
const RECORD_LINES_MAX: u64 = 200;

/// A row as the file has it.
struct Record {
    /// The number of its first line.
    number: u64,
    bytes: Vec<u8>,
    text: String,
    cells: Vec<String>,
    has_end: bool,
}

/// The next record; none at the end of the file.
fn record(input: &mut Input, mapping: &Mapping, reader: &mut Cells) -> Result<Option<Record>, Wrong> {
    let Some(first) = input.line()? else { return Ok(None) };
    let (number, mut bytes, mut has_end) = (first.number, first.bytes, first.has_end);
    for _ in 0..RECORD_LINES_MAX {
        let text = mapping.encoding.text(number, &bytes)?;
        if let Some(cells) = reader.of(&text) {
            return Ok(Some(Record { number, bytes, text, cells, has_end }));
        }
        let Some(more) = input.line()? else { return Err(Wrong::at(number, "a quote is never closed: the file is cut off")) };
        bytes.push(b'\n');
        bytes.extend(more.bytes);
        has_end = more.has_end;
        if bytes.len() as u64 > LINE_BYTES_MAX {
            return Err(Wrong::at(number, format!("the row has more than {LINE_BYTES_MAX} bytes: a quote in it is never closed")));
        }
    }
    Err(Wrong::at(number, format!("a quote is not closed within {RECORD_LINES_MAX} lines")))
}

/// Which way money of a kind goes where nothing else says it.
const fn usual(kind: ReportKind) -> bool {
    match kind {
        ReportKind::Sale | ReportKind::Representment | ReportKind::Settlement | ReportKind::Other => true,
        ReportKind::Refund | ReportKind::Chargeback | ReportKind::Fee | ReportKind::Payout => false,
    }
}

/// What is wrong with a file of lines that no reader of CSV here tells apart.
const CR_ALONE: &str = "its lines end with CR alone, which is not read: end them with LF (tr '\\r' '\\n')";

/// A mapping, and the names of the columns of a file.
struct Table<'m> {
    mapping: &'m Mapping,
    names: Vec<String>,
}

impl<'m> Table<'m> {
    /// Finds the columns that the mapping names.
    fn new(mapping: &'m Mapping, first: &Record) -> Result<Self, Wrong> {
        if first.text.contains('\r') && !first.text.contains('\n') {
            return Err(Wrong::at(first.number, CR_ALONE));
        }
        let names: Vec<String> = first.cells.iter().map(|name| name.trim().to_owned()).collect();
        let columns = &mapping.columns;
        let all = [&columns.amount, &columns.currency, &columns.date, &columns.kind, &columns.direction, &columns.reference];
        let rest = [&columns.payment, &columns.payout, &columns.fee, &columns.merchant, &columns.scheme, &columns.text];
        for name in all.into_iter().chain(rest).flatten() {
            match names.iter().filter(|other| *other == name).count() {
                0 => return Err(Wrong::at(first.number, format!("there is no column {name:?}"))),
                1 => {}
                count => return Err(Wrong::at(first.number, format!("{count} columns have the name {name:?}, and nothing says which is meant"))),
            }
        }
        Ok(Self { mapping, names })
    }

    fn cell<'c>(&self, record: &'c Record, column: Option<&String>) -> &'c str {
        column.and_then(|name| self.names.iter().position(|other| other == name)).and_then(|at| record.cells.get(at)).map_or("", |text| text.trim())
    }

    /// A row as a line, with its amount as the file has it.
    fn line(&self, record: &Record) -> Result<(Line, Decimal), Wrong> {
        let (number, mapping, columns) = (record.number, self.mapping, &self.mapping.columns);
        if record.cells.len() != self.names.len() {
            return Err(Wrong::at(number, format!("the row has {} cells, the file {}: it is cut off", record.cells.len(), self.names.len())));
        }
        let cell = |column: &Option<String>| self.cell(record, column.as_ref());
        let currency = mapping.currency(number, columns.currency.is_some().then(|| cell(&columns.currency)))?;
        let amount = mapping.amount(number, "amount", cell(&columns.amount))?.ok_or_else(|| Wrong::at(number, "the row has no amount"))?;
        let day = mapping.day(number, columns.date.as_deref().unwrap_or("date"), cell(&columns.date))?;
        let kind = mapping.kind(number, cell(&columns.kind))?;
        let said = cell(&columns.direction);
        let direction = mapping.directions.get(said).map_or(said, String::as_str);
        let credit = match direction {
            "credit" => !amount.is_sign_negative(),
            "debit" => amount.is_sign_negative(),
            "" if amount.is_sign_negative() => false,
            "" => usual(kind),
            other => return Err(Wrong::at(number, format!("{other:?} is no direction that [directions] has"))),
        };
        let mut told = Line::new(number, &record.bytes, kind, (credit, amount.abs(), currency), day);
        told.fee = mapping.amount(number, "fee", cell(&columns.fee))?;
        let (own, payment, payout) = (cell(&columns.reference), cell(&columns.payment), cell(&columns.payout));
        (told.reference, told.payment, told.payout) = (names::reference(own), names::id(payment), names::id(payout));
        told.left_out = names::is_too_long(&[own, payment, payout]);
        // A payout leaves us: what comes in is one that came back.
        told.returned = credit && kind == ReportKind::Payout;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (told.scheme, told.text) = (some(cell(&columns.scheme)), some(cell(&columns.text)));
        told.merchants = some(cell(&columns.merchant)).into_iter().collect();
        Ok((told, amount))
    }
}

/// Reads a file.
pub fn read(input: &mut Input, mapping: &Mapping, each: Each<'_>) -> Result<Facts, Wrong> {
    for _ in 0..mapping.skip {
        if let Some(line) = input.line()?.filter(|line| line.bytes.contains(&b'\r') && !line.has_end) {
            return Err(Wrong::at(line.number, CR_ALONE));
        }
    }
    let mut reader = Cells::new(mapping.delimiter());
    let first = record(input, mapping, &mut reader)?.ok_or_else(|| Wrong::at(1, "the file has no names of columns"))?;
    let table = Table::new(mapping, &first)?;
    let (mut count, mut sum, mut date, mut facts, mut ended, mut number) = (0u64, Decimal::ZERO, None::<Date>, Facts::default(), false, first.number);
    let mut has_end = first.has_end;
    while let Some(row) = record(input, mapping, &mut reader)? {
        if row.text.trim().is_empty() {
            continue;
        }
        (number, has_end) = (row.number, row.has_end);
        if ended {
            return Err(Wrong::at(number, "a line after the totals"));
        }
        if let Some(trailer) = mapping.trailer.as_ref().filter(|trailer| is_trailer(trailer, &row)) {
            ended = true;
            // What the rows come to is not known where one of them could not be read.
            if facts.wrong.count == 0 {
                facts.trailer = compared(mapping, trailer, &row.cells, (number, count, sum))?;
            }
            continue;
        }
        match table.line(&row) {
            Ok((line, amount)) => {
                (count, sum, date) = (count + 1, sum + amount, date.max(Some(line.date)));
                each(line)?;
            }
            Err(wrong) => facts.wrong.add(wrong),
        }
    }
    if mapping.trailer.is_some() && !ended {
        return Err(Wrong::at(number, "the file has no line of totals: it is cut off"));
    }
    if !has_end {
        match mapping.line_end() {
            LineEnd::Needed => facts.wrong.add(Wrong::at(number, NO_LINE_END)),
            LineEnd::Unsaid => {
                facts.warnings.push(format!("{NO_LINE_END}; last_line_end in the mapping says that such a file is refused (true), or whole (false)"));
            }
            LineEnd::Free => {}
        }
    }
    facts.date = date;
    Ok(facts)
}

/// Whether a row has the totals: by its text, or by its first cell, which may be in quotes.
fn is_trailer(trailer: &Trailer, row: &Record) -> bool {
    row.text.starts_with(&trailer.starts) || row.cells.first().is_some_and(|cell| cell.trim_start().starts_with(&trailer.starts))
}

fn compared(mapping: &Mapping, trailer: &Trailer, cells: &[String], (line, count, sum): (u64, u64, Decimal)) -> Result<Vec<(String, String, String)>, Wrong> {
    let cell = |at: usize| at.checked_sub(1).and_then(|at| cells.get(at)).map_or("", |text| text.trim());
    let mut told = Vec::new();
    for (name, at, counted) in [("count", trailer.count, Decimal::from(count)), ("sum", trailer.sum, sum)] {
        let Some(at) = at else { continue };
        let says = mapping.amount(line, name, cell(at))?.ok_or_else(|| Wrong::at(line, format!("the totals have no {name}")))?;
        if says != counted {
            return Err(Wrong::at(line, format!("{name}: the file says {says}, its rows {counted}")));
        }
        told.push((name.to_owned(), says.to_string(), counted.to_string()));
    }
    Ok(told)
}
