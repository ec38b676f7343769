//! CSV as RFC 4180 has it: lines that end with CR LF, quotes where a text needs them. A text that a spreadsheet would take
//! for a formula has an apostrophe before it; numbers and dates have none.

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
