//! Tables as files: CSV and Parquet. What a JSON answer says besides its rows travels in headers `Ledger-…`, and in the
//! metadata of a Parquet file.

use super::problem::Problem;
use crate::table::{FileForm, Table};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemas::time::Date;
use utoipa::IntoParams;

/// The form of a table.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct FileQuery {
    /// The form of the answer, where a header cannot be set: `json`, `csv` or `parquet`. It goes before `Accept`.
    #[param(pattern = "^(json|csv|parquet)$", example = "json")]
    format: Option<String>,
}

/// What an answer says besides its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// Up to where of each partition every event is in.
    pub fn at(positions: &[String]) -> Self {
        Self(vec![("ledger-position", positions.join(","))])
    }

    /// One fact more, where there is one; its name is a header's, in lower case.
    pub fn and(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// The dates that the rows are of, and the open one.
    pub fn of(self, span: &Span) -> Self {
        self.and("ledger-from", span.from).and("ledger-to", span.to).and("ledger-business-date", span.business_date)
    }

    /// As the headers of an answer.
    pub fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }

    /// All of them.
    pub fn all(&self) -> &[(&'static str, String)] {
        &self.0
    }
}

/// The first and the last date, each where it is asked for.
pub type Range = (Option<Date>, Option<Date>);

/// The business dates that an answer is about, both inclusive, and the date that is open: of several partitions, the oldest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: Option<Date>,
    /// The last.
    pub to: Option<Date>,
    /// The open one; none before the ledger is opened.
    pub business_date: Option<Date>,
}

/// How many dates before the last one an answer is about where it is not asked from when.
const DAYS_BEFORE: i32 = 29;

impl Span {
    /// The dates that are asked for, else up to the open one and from 29 days before the last. Before the ledger is opened there are none
    /// that nobody asked for.
    ///
    /// # Errors
    /// The first lies after the last.
    pub fn of((from, to): (Option<Date>, Option<Date>), business_date: Option<Date>) -> Result<Self, Problem> {
        let Some(last) = to.or(business_date).or(from) else { return Ok(Self::default()) };
        let from = from.unwrap_or_else(|| last.plus_days(-DAYS_BEFORE));
        if from > last {
            let what = if to.is_some() { "" } else { ", the business date that the answer is of" };
            return Err(Problem::parameter("from", format!("{from} is after {last}{what}")));
        }
        Ok(Self { from: Some(from), to: Some(last), business_date })
    }

    /// The dates that are asked for, which may be none: there is no first one by itself, and a last one only where a first is asked for. That
    /// is the open one, unless the first is later.
    pub fn asked((from, to): (Option<Date>, Option<Date>), business_date: Option<Date>) -> Self {
        let last = || from.map(|from| business_date.map_or(from, |open| open.max(from)));
        Self { from, to: to.or_else(last), business_date }
    }

    /// The first and the last for a question; of a span without dates, one on which nothing ever is.
    pub fn dates(&self) -> (Date, Date) {
        let never = Date::from_days(0);
        (self.from.unwrap_or(never), self.to.unwrap_or(never))
    }

    /// The first, the last and the open date, as JSON tells them.
    pub fn texts(&self) -> [Option<String>; 3] {
        [self.from, self.to, self.business_date].map(|date| date.map(|date| date.to_string()))
    }
}

/// A table as a file; `name` is what a browser saves it as, without the ending.
pub fn file(form: FileForm, name: &str, table: &Table, facts: &Facts) -> Result<Response, Problem> {
    let bytes = table.write(form, facts.all()).map_err(|error| Problem::internal(&error))?;
    Ok(response(form, name, bytes, facts))
}

/// A file that is written already.
pub fn response(form: FileForm, name: &str, bytes: Vec<u8>, facts: &Facts) -> Response {
    let (media, ending) = match form {
        FileForm::Csv => ("text/csv; charset=utf-8", "csv"),
        FileForm::Parquet => (super::accept::PARQUET.media, "parquet"),
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    facts.write(headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<Date> {
        Some(Date::parse(text).expect("a date"))
    }

    #[test]
    fn what_is_asked_for_begins_before_it_ends() {
        let ends = |from, to| {
            let Span { from, to, .. } = Span::asked((from, to), date("2026-11-23"));
            (from, to)
        };
        assert_eq!(ends(None, None), (None, None));
        assert_eq!(ends(None, date("2026-11-20")), (None, date("2026-11-20")));
        assert_eq!(ends(date("2026-11-20"), None), (date("2026-11-20"), date("2026-11-23")));
        assert_eq!(ends(date("2026-12-01"), None), (date("2026-12-01"), date("2026-12-01")));
    }

    #[test]
    fn a_first_date_after_the_last_is_told_what_the_last_one_is() {
        let told = |to: Option<Date>| Span::of((date("2026-11-25"), to), date("2026-11-23")).map_err(|problem| problem.body_text());
        let without_to = told(None).expect_err("after the open date");
        assert!(without_to.contains("2026-11-25 is after 2026-11-23, the business date that the answer is of"), "{without_to}");
        let with_to = told(date("2026-11-24")).expect_err("after the last one");
        assert!(with_to.contains("2026-11-25 is after 2026-11-24\""), "{with_to}");
        assert_eq!(told(date("2026-11-25")), Ok(Span { from: date("2026-11-25"), to: date("2026-11-25"), business_date: date("2026-11-23") }));
    }
}
