//! `GET /v1/consumption/cohorts`: who came first when, and how many of them came again.

use super::ask::{Asked, PurchasesQuery, answer};
use super::table::{Cell, Column, Consumption, Table};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::grouped::FirstQuery;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::ReadQuery;
use axum::extract::State;
use axum::response::Response;
use projections::answers::consumption::{CohortRow, Period, cohorts as told};
use schemas::money::format_scaled;
use utoipa::IntoParams;

/// How long periods are.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct CohortsQuery {
    /// `week` (the default, from Monday on) or `month`.
    #[param(pattern = "^(week|month)$", example = "week")]
    period: Option<String>,
}

/// Cohorts
///
/// Customers by the period of their first visit ever, where that lies within the dates asked, and how many of them had a
/// visit so many periods later. A row: `{"cohort":"2026-11-23","after":0,"customers":{…},"retention_percent":"100.00"}`.
#[utoipa::path(
    get, path = "/v1/consumption/cohorts", tag = "consumption", params(CohortsQuery, PurchasesQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Rows", body = Consumption),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn cohorts(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let asked = Asked::read(&service, &parameters, &["period"])?;
    let period = parameters.read("period", "week or month", Period::find)?.unwrap_or_default();
    // A month is named by its first day here.
    let columns = vec![Column::date("cohort"), Column::whole("after"), Column::customers("customers"), Column::decimal("retention_percent", 2)];
    answer(service, &parameters, "cohorts", asked, columns.clone(), move |shards, query| {
        let told = told(shards, query, period)?;
        Ok(Table { columns, rows: told.rows.iter().map(cells).collect(), suppressed: told.suppressed })
    })
    .await
}

fn cells(row: &CohortRow) -> Vec<Cell> {
    let retention = row.retention_percent.map(|percent| format_scaled(percent, 2));
    vec![row.cohort.to_string().into(), u64::from(row.after).into(), row.customers.into(), retention.into()]
}
