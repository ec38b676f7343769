//! `GET /v1/reconciliation/reports`: the files that came, and whether they are whole.

use super::super::file::FileQuery;
use super::super::list::Asked;
use super::super::page::{At, PageOfMany};
use super::super::parameters::{LIST, Parameters, READ};
use super::super::problem::{Code, Problem, ProblemBody};
use super::super::read::{ListQuery, RangeQuery, ReadQuery};
use super::super::{Service, everywhere};
use super::{as_of, at, past};
use crate::node;
use crate::shape::amount;
use crate::table::{Column, Row};
use axum::extract::State;
use axum::response::Response;
use projections::answers::reconciliation::{ReportRow, ReportState, reports as list};
use projections::answers::{Cursor, Page, Window};
use schemas::time::Date;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// The states that a report may be in.
const STATES: [&str; 3] = [ReportState::Complete.as_str(), ReportState::Incomplete.as_str(), ReportState::Open.as_str()];

/// Which reports.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct ReportsQuery {
    /// As this business date closed, or as it is on the open one.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    as_of: Option<String>,
    /// Only of this source.
    #[param(min_length = 1, example = "scheme:unionpay")]
    source: Option<String>,
    /// Only of this name.
    #[param(min_length = 1, example = "ZM20261123")]
    report: Option<String>,
    /// Only in this state.
    #[param(pattern = "^(complete|incomplete|open)$", example = "incomplete")]
    state: Option<String>,
}

/// A report in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// Who reports.
    #[schema(example = "scheme:unionpay")]
    source: String,
    /// The file.
    #[schema(example = "ZM20261123")]
    report: String,
    /// Its date: as its end says, else that of its first line.
    #[schema(example = "2026-11-23")]
    date: Option<String>,
    /// In what.
    #[schema(example = "CNY")]
    currency: String,
    /// Lines that came, of every merchant.
    #[schema(example = 8)]
    lines: u64,
    /// What their credits add up to.
    #[schema(example = "13227.00")]
    credits: String,
    /// What their debits add up to.
    #[schema(example = "0.00")]
    debits: String,
    /// `complete`, `incomplete` (its end says another number or sum), `open` (no end has come yet).
    #[schema(example = "complete")]
    state: &'static str,
}

impl Row for Report {
    const COLUMNS: &'static [Column] = &[
        Column::text("source"),
        Column::text("report"),
        Column::date("date"),
        Column::text("currency"),
        Column::whole("lines"),
        Column::money("credits"),
        Column::money("debits"),
        Column::text("state"),
    ];
}

/// Reports
///
/// The files of schemes, payment companies and banks, the newest first, each currency by itself. `from` and `to` are dates of reports.
#[utoipa::path(
    get, path = "/v1/reconciliation/reports", tag = "bank", params(ReportsQuery, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of reports", body = PageOfMany<Report>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn reports(service: State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let State(service) = service;
    parameters.only(&[READ, LIST, &["as_of", "source", "report", "state"]])?;
    if !parameters.caller().cut.is_everything() {
        return Err(Problem::new(Code::Forbidden, "a report is of many merchants, and the caller is cut to some"));
    }
    let (asked, date) = (Asked::read(&parameters, "reports", "reports".to_owned())?, as_of(&parameters)?);
    if let Some(state) = parameters.text("state").filter(|state| !STATES.contains(state)) {
        return Err(Problem::no_such("state", "value", state, STATES));
    }
    let wanted = ["source", "report", "state"].map(|name| parameters.text(name).map(str::to_owned));
    let node = service.node.clone();
    everywhere::together(service, &parameters, move |shards| {
        let (position, open) = at(shards, date)?;
        let rows = list(shards, &node.config().reconciliation, past(shards, date), open.unwrap_or(Date::from_days(0)));
        let rows = rows.map_err(|error| Problem::from(node::Error::Answer { partition: 0, error }))?;
        let is_wanted = |row: &&ReportRow| {
            let values = [row.source.as_str(), row.report.as_str(), row.state.as_str()];
            wanted.iter().zip(values).all(|(wanted, value)| wanted.as_deref().is_none_or(|wanted| wanted == value))
        };
        let rows: Vec<ReportRow> = rows.iter().filter(is_wanted).cloned().collect();
        asked.tell(At::Many(position), open, |window: &Window| page(&rows, window), |row| Some(told(&row)))
    })
    .await
}

/// The part of all reports that is asked for; the cursor is the number of those before it.
fn page(rows: &[ReportRow], window: &Window) -> Result<Page<ReportRow>, Problem> {
    let begin = match &window.cursor {
        None => 0,
        Some(cursor) => cursor.key::<u64>().map_err(|error| Problem::from(node::Error::Answer { partition: 0, error }))?,
    };
    let is_within =
        |row: &&ReportRow| window.from.is_none_or(|from| row.date >= Some(from)) && window.to.is_none_or(|to| row.date.is_some_and(|date| date <= to));
    let mut found = rows.iter().filter(is_within).skip(usize::try_from(begin).unwrap_or(usize::MAX));
    let page: Vec<ReportRow> = found.by_ref().take(window.rows_max()).cloned().collect();
    let next = found.next().map(|_| Cursor::at(&(begin + page.len() as u64)));
    Ok(Page { rows: page, next })
}

fn told(row: &ReportRow) -> Report {
    Report {
        source: row.source.clone(),
        report: row.report.clone(),
        date: row.date.map(|date| date.to_string()),
        currency: row.currency.code().to_owned(),
        lines: row.lines,
        credits: amount(row.credits, row.currency),
        debits: amount(row.debits, row.currency),
        state: row.state.as_str(),
    }
}
