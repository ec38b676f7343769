//! `GET /v1/consumption/affinity`: which shops, and which trades, share customers.

use super::ask::{Asked, PurchasesQuery, answer};
use super::table::{Cell, Column, Consumption, Table};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::grouped::FirstQuery;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody, shown};
use crate::http::read::ReadQuery;
use axum::extract::State;
use axum::response::Response;
use projections::answers::consumption::{AffinityKey, AffinityRow, affinity as told};
use schemas::money::format_scaled;
use utoipa::IntoParams;

/// What is paired.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct AffinityQuery {
    /// `merchant` (the default) or `mcc`. For a merchant it is always itself against MCCs.
    #[param(pattern = "^(merchant|mcc)$", example = "merchant")]
    group_by: Option<String>,
}

/// Affinity
///
/// Pairs of merchants or MCCs with common customers: Jaccard index |A∩B| ÷ |A∪B|, and lift |A∩B|·N ÷ (|A|·|B|). A filter by
/// what is paired chooses pairs. A row: `{"a":"M0007","b":"M0010","customers":{…},"jaccard":"0.2000","lift":"2.43"}`.
#[utoipa::path(
    get, path = "/v1/consumption/affinity", tag = "consumption", params(AffinityQuery, PurchasesQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Rows", body = Consumption),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn affinity(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let asked = Asked::read(&service, &parameters, &["group_by"])?;
    if parameters.caller().cut.merchants.as_ref().is_some_and(|merchants| merchants.len() > 1) && parameters.text("merchant").is_none() {
        return Err(Problem::parameter("merchant", "is needed: a merchant is told of itself, one at a time"));
    }
    let key = match parameters.text("group_by") {
        None => AffinityKey::default(),
        Some(text) => AffinityKey::find(text)
            .ok_or_else(|| Problem::parameter("group_by", format!("no key {:?}; there are merchant and mcc, one at a time", shown(text))))?,
    };
    let columns = vec![Column::text("a"), Column::text("b"), Column::customers("customers"), Column::decimal("jaccard", 4), Column::decimal("lift", 2)];
    answer(service, &parameters, "affinity", asked, columns.clone(), move |shards, query| {
        let told = told(shards, query, key)?;
        Ok(Table { columns, rows: told.rows.iter().map(cells).collect(), suppressed: told.suppressed })
    })
    .await
}

fn cells(row: &AffinityRow) -> Vec<Cell> {
    let jaccard = row.jaccard.map(|ratio| format_scaled(ratio, 4));
    let lift = row.lift.map(|ratio| format_scaled(ratio, 2));
    vec![row.a.clone().into(), row.b.clone().into(), row.customers.into(), jaccard.into(), lift.into()]
}
