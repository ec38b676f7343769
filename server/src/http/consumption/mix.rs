//! `GET /v1/consumption/mix`: what the sales are made of.

use super::ask::{Asked, KeysQuery, PurchasesQuery, answer};
use super::footfall::{cells, columns};
use super::table::{Cell, Column, Consumption, Table};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::grouped::FirstQuery;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::ReadQuery;
use axum::extract::State;
use axum::response::Response;
use projections::answers::consumption::{Key, mix as told};
use schemas::money::format_scaled;

/// Mix
///
/// Visits, distinct customers, sales and their share of all sales of the currency, by the keys asked; without any, by MCC.
/// A row: `{"mcc":"5812","currency":"CNY","visits":39,"customers":{…},"sales":"1559.50","share_percent":"100.00"}`.
#[utoipa::path(
    get, path = "/v1/consumption/mix", tag = "consumption", params(KeysQuery, PurchasesQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Rows", body = Consumption),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn mix(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let asked = Asked::read(&service, &parameters, &["group_by"])?.keyed(&parameters, &[Key::Mcc])?;
    let mut columns = columns(&asked.keys());
    columns.push(Column::decimal("share_percent", 2));
    answer(service, &parameters, "mix", asked, columns.clone(), move |shards, query| {
        let told = told(shards, query)?;
        let row = |row: &projections::answers::consumption::MixRow| {
            let share: Cell = row.share_percent.map(|share| format_scaled(share, 2)).into();
            cells(&row.part).into_iter().chain([share]).collect()
        };
        Ok(Table { columns, rows: told.rows.iter().map(row).collect(), suppressed: told.suppressed })
    })
    .await
}
