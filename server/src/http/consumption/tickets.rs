//! `GET /v1/consumption/tickets`: what a purchase comes to.

use super::ask::{Asked, KeysQuery, PurchasesQuery, answer};
use super::table::{Cell, Column, Consumption, Table};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::grouped::FirstQuery;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::ReadQuery;
use crate::shape::amount;
use axum::extract::State;
use axum::response::Response;
use projections::answers::consumption::{PERCENTILES, QUANTILE_ERROR_PERCENT, TicketsRow, tickets as told};

/// The names of [`PERCENTILES`].
const NAMES: [&str; PERCENTILES.len()] = ["p10", "p25", "p50", "p75", "p90", "p95", "p99"];

/// Tickets
///
/// Purchases with something left of them, their mean and quantiles (nearest rank, within `error_percent` of the value), by
/// the keys asked. A row: `{"currency":"CNY","count":38,"mean":"41.04","p10":"38.00",…,"p99":"60.00","error_percent":"1.00"}`.
#[utoipa::path(
    get, path = "/v1/consumption/tickets", tag = "consumption", params(KeysQuery, PurchasesQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Rows", body = Consumption),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn tickets(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let asked = Asked::read(&service, &parameters, &["group_by"])?.keyed(&parameters, &[])?;
    let figures = [Column::text("currency"), Column::whole("count").added(), Column::money("mean")];
    let quantiles = NAMES.map(Column::money).into_iter().chain([Column::decimal("error_percent", 2)]);
    let columns: Vec<Column> = asked.keys().iter().map(|key| Column::of(*key)).chain(figures).chain(quantiles).collect();
    answer(service, &parameters, "tickets", asked, columns.clone(), move |shards, query| {
        let told = told(shards, query)?;
        Ok(Table { columns, rows: told.rows.iter().map(cells).collect(), suppressed: told.suppressed })
    })
    .await
}

fn cells(row: &TicketsRow) -> Vec<Cell> {
    // A ticket is an amount of the ledger: far below 2^127.
    let text = |minor: u128| Cell::from(amount(i128::try_from(minor).unwrap_or(i128::MAX), row.currency));
    let figures = [row.currency.code().to_owned().into(), row.count.into(), amount(row.mean, row.currency).into()];
    let quantiles = row.percentiles.map(text).into_iter().chain([QUANTILE_ERROR_PERCENT.to_owned().into()]);
    row.values.iter().map(Cell::from).chain(figures).chain(quantiles).collect()
}
