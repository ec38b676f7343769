//! Lists: a page as JSON, a page or the whole list as a file.
//!
//! A file without `limit` and `cursor` is the whole list, from one commit, so that what is added up from it is all there is;
//! its pages are read and written one after the other. Bounds: [`FILE_BYTES_MAX`] of a file, [`ROWS_PER_PART`] rows in
//! memory besides it, and [`SPARSE_PAGES_MAX`] pages that a filter leaves nearly nothing of. It is one answer, or none: a file
//! that breaks off would be added up as if it were whole.

use super::cursor;
use super::file::{self, Facts, Range, Span};
use super::page::{self, At};
use super::parameters::{PAGE_ROWS_MAX, Parameters};
use super::problem::{Code, Problem};
use super::question::tells_rows;
use crate::table::{self, FileForm, Row, Writer};
use axum::response::Response;
use projections::answers::{self, Window};
use schemas::time::Date;
use utoipa::ToSchema;

/// The longest file of a whole list.
const FILE_BYTES_MAX: usize = 64 << 20;
/// Pages of a file that end before they are full, because so few of what they looked at fit the filter.
const SPARSE_PAGES_MAX: usize = 50;
/// Rows of a file that are written at a time.
const ROWS_PER_PART: usize = 10_000;

/// What is asked of a list.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The list, so that another one's cursor is refused.
    scope: String,
    /// What a file of it is called.
    name: &'static str,
    /// The file's form; JSON without.
    form: Option<FileForm>,
    /// The part of the list.
    window: Window,
    /// The dates that it is told to be of.
    dates: Range,
    /// Whether a file is the whole list.
    whole: bool,
}

impl Asked {
    /// Reads the form and the part of the list; `scope` tells lists apart, `name` is what a file is called.
    pub fn read(parameters: &Parameters, name: &'static str, scope: String) -> Result<Self, Problem> {
        let form = parameters.file_form()?;
        let window = parameters.window(&scope)?;
        let whole = form.is_some() && parameters.text("limit").or(parameters.text("cursor")).is_none();
        let dates = (window.from, window.to);
        Ok(Self { scope, name, form, window, dates, whole })
    }

    /// The part of the list that the first question is about.
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// The same list read between other dates, and told as of these.
    pub fn within(mut self, (from, to): Range, told: Range) -> Self {
        (self.window.from, self.window.to) = (from, to);
        self.dates = told;
        self
    }

    /// Asks for a page after the other, as far as they are needed, and writes the answer. `row` makes of what is found what
    /// is told; it may be none.
    pub fn tell<R, T: Row + ToSchema>(
        &self,
        at: At,
        open: Option<Date>,
        mut question: impl FnMut(&Window) -> Result<answers::Page<R>, Problem>,
        row: impl Fn(R) -> Option<T>,
    ) -> Result<Response, Problem> {
        let span = Span::asked(self.dates, open);
        let mut window = self.window.clone();
        if self.whole {
            window.limit = PAGE_ROWS_MAX;
        }
        let first = question(&window)?;
        let write = |next: &answers::Cursor| cursor::write(&self.scope, next);
        let Some(form) = self.form else {
            return Ok(page::json(at, span, first.rows.into_iter().filter_map(row).collect(), first.next.as_ref().map(write)));
        };
        let mut facts = Facts::at(at.all()).of(&span);
        if !self.whole {
            facts = facts.and("ledger-next", first.next.as_ref().map(write));
        }
        let mut file = File::begin::<T>(form, &facts)?;
        let (mut page, mut sparse) = (first, 0);
        loop {
            sparse += usize::from(page.rows.len() < window.limit);
            file.add(page.rows.into_iter().filter_map(&row))?;
            let Some(cursor) = page.next.filter(|_| self.whole) else { break };
            if sparse >= SPARSE_PAGES_MAX {
                let detail = "too much is looked at for what fits the filter; narrow from and to, or ask for pages by limit and cursor";
                return Err(Problem::new(Code::TooManyRows, detail));
            }
            window.cursor = Some(cursor);
            page = question(&window)?;
        }
        Ok(file::response(form, self.name, file.end()?, &facts))
    }
}

/// A file that is being written.
struct File {
    writer: Writer,
    written: Vec<u8>,
    waiting: Vec<serde_json::Value>,
}

impl File {
    fn begin<T: Row>(form: FileForm, facts: &Facts) -> Result<Self, Problem> {
        let writer = Writer::new(form, T::COLUMNS, facts.all()).map_err(failed)?;
        Ok(Self { writer, written: Vec::new(), waiting: Vec::new() })
    }

    fn add<T: Row>(&mut self, rows: impl Iterator<Item = T>) -> Result<(), Problem> {
        for row in rows {
            let rows = row.rows().map_err(|error| failed(error.into()))?;
            tells_rows(rows.len());
            self.waiting.extend(rows);
            if self.waiting.len() >= ROWS_PER_PART {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Problem> {
        self.writer.write(&std::mem::take(&mut self.waiting)).map_err(failed)?;
        self.written.append(&mut self.writer.take());
        if self.written.len() > FILE_BYTES_MAX {
            let detail = format!("the file would be longer than {} MiB; narrow from and to, or ask for pages by limit and cursor", FILE_BYTES_MAX >> 20);
            return Err(Problem::new(Code::TooManyRows, detail));
        }
        Ok(())
    }

    fn end(mut self) -> Result<Vec<u8>, Problem> {
        self.flush()?;
        self.written.append(&mut self.writer.end().map_err(failed)?);
        Ok(self.written)
    }
}

fn failed(error: table::Error) -> Problem {
    Problem::internal(&error)
}

#[cfg(test)]
mod tests {
    use super::super::quarantine::Quarantined;
    use super::*;
    use answers::{Cursor, Page};

    /// A file of a filter that nothing fits ends, however long the ledger is.
    #[test]
    fn a_file_of_nearly_nothing_is_bounded() {
        let window = Window { from: None, to: None, limit: 100, cursor: None };
        let asked = Asked { scope: "x".to_owned(), name: "x", form: Some(FileForm::Csv), window, dates: (None, None), whole: true };
        let tell = |pages: usize| {
            let mut asked_for = 0;
            let question = |_: &Window| {
                asked_for += 1;
                let next = (asked_for < pages).then(|| Cursor::parse("00").expect("a cursor"));
                Ok(Page { rows: Vec::<()>::new(), next })
            };
            let told = asked.tell(At::Many(Vec::new()), None, question, |()| None::<Quarantined>);
            (told.map_err(|problem| problem.code()).map(|response| response.status().as_u16()), asked_for)
        };
        assert_eq!(tell(SPARSE_PAGES_MAX), (Ok(200), SPARSE_PAGES_MAX));
        assert_eq!(tell(SPARSE_PAGES_MAX + 1), (Err("too_many_rows"), SPARSE_PAGES_MAX));
    }
}
