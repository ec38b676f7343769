//! `GET /v1/consumption/customers`: who came, and who was new.

use super::ask::{Asked, KeysQuery, PurchasesQuery, answer};
use super::table::{Cell, Column, Consumption, Table};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::grouped::FirstQuery;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::ReadQuery;
use axum::extract::State;
use axum::response::Response;
use projections::answers::consumption::{CustomersRow, customers as told};

/// Customers
///
/// Distinct customers by the keys asked, and how many of them were new: not there before the row's day, week or month, else
/// before `from`. A row: `{"customers":{…},"new":{…},"returning":{…}}`.
#[utoipa::path(
    get, path = "/v1/consumption/customers", tag = "consumption", params(KeysQuery, PurchasesQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Rows", body = Consumption),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn customers(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let asked = Asked::read(&service, &parameters, &["group_by"])?.keyed(&parameters, &[])?;
    let figures = [Column::customers("customers"), Column::customers("new"), Column::customers("returning")];
    let columns: Vec<Column> = asked.keys().into_iter().map(Column::of).chain(figures).collect();
    answer(service, &parameters, "customers", asked, columns.clone(), move |shards, query| {
        let told = told(shards, query)?;
        let cells = |row: &CustomersRow| row.values.iter().map(Cell::from).chain([row.customers, row.new, row.returning].map(Cell::from)).collect();
        Ok(Table { columns, rows: told.rows.iter().map(cells).collect(), suppressed: told.suppressed })
    })
    .await
}
