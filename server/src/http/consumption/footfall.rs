//! `GET /v1/consumption/footfall`: how many came, when, and what they spent.

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
use projections::answers::consumption::{FootfallRow, Key, footfall as told};

/// Footfall
///
/// Visits, distinct customers and sales by the keys asked; without any, by weekday and hour. A visit is a purchase, whatever
/// became of it; sales are captured less refunded. A row: `{"hour":12,"currency":"CNY","visits":25,"customers":{…},"sales":"912.00"}`.
#[utoipa::path(
    get, path = "/v1/consumption/footfall", tag = "consumption", params(KeysQuery, PurchasesQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Rows", body = Consumption),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn footfall(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let asked = Asked::read(&service, &parameters, &["group_by"])?.keyed(&parameters, &[Key::Weekday, Key::Hour])?;
    let columns = columns(&asked.keys());
    answer(service, &parameters, "footfall", asked, columns.clone(), move |shards, query| {
        let told = told(shards, query)?;
        Ok(Table { columns, rows: told.rows.iter().map(cells).collect(), suppressed: told.suppressed })
    })
    .await
}

/// The columns of visits by keys.
pub(super) fn columns(keys: &[Key]) -> Vec<Column> {
    let figures = [Column::text("currency"), Column::whole("visits").added(), Column::customers("customers"), Column::money("sales").added()];
    keys.iter().map(|key| Column::of(*key)).chain(figures).collect()
}

/// The cells of visits by keys.
pub(super) fn cells(row: &FootfallRow) -> Vec<Cell> {
    let figures = [row.currency.code().to_owned().into(), row.visits.into(), row.customers.into(), amount(row.sales, row.currency).into()];
    row.values.iter().map(Cell::from).chain(figures).collect()
}
