//! `GET /v1/consumption/segments`: customers by recency, frequency and spending.

use super::ask::{Asked, PurchasesQuery, answer, refused};
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
use projections::answers::consumption::{SEGMENT_KEYS_DEFAULT, SegmentKey, SegmentRow, parse_segment_keys, segments as told};
use utoipa::IntoParams;

/// What customers are told apart by.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct SegmentsQuery {
    /// At most two of `recency`, `frequency`, `monetary`; the first two where nothing is asked.
    #[param(pattern = "^(recency|frequency|monetary)(,(recency|frequency|monetary))?$", example = "recency,frequency")]
    group_by: Option<String>,
    /// Only customers whose last visit is so many days before `to`: `0-7`, `8-30`, `31-90`, `>90`.
    #[param(pattern = "^(0-7|8-30|31-90|>90)$", example = "0-7")]
    recency: Option<String>,
    /// Only customers with visits on so many dates: `1`, `2-3`, `4-9`, `>9`.
    #[param(pattern = "^(1|2-3|4-9|>9)$", example = "1")]
    frequency: Option<String>,
    /// Only customers who spent so many whole units of the currency: `0-99`, `100-499`, `500-1999`, `>1999`.
    #[param(pattern = "^(0-99|100-499|500-1999|>1999)$", example = "0-99")]
    monetary: Option<String>,
}

/// Segments
///
/// Customers of the range by recency, frequency and spending. A row:
/// `{"recency":"0-7","frequency":"1","currency":"CNY","customers":{…},"visit_days":25,"sales":"1559.50"}`.
#[utoipa::path(
    get, path = "/v1/consumption/segments", tag = "consumption", params(SegmentsQuery, PurchasesQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Rows", body = Consumption),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn segments(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let names = SegmentKey::ALL.map(SegmentKey::as_str);
    let asked = Asked::read(&service, &parameters, &[&names[..], &["group_by"]].concat())?;
    let keys = match parameters.text("group_by") {
        Some(text) => parse_segment_keys(text).map_err(refused)?,
        None => SEGMENT_KEYS_DEFAULT.to_vec(),
    };
    let mut only = Vec::new();
    for key in SegmentKey::ALL {
        only.extend(parameters.read(key.as_str(), &format!("one of {}", key.names().join(", ")), |text| key.parse(text))?);
    }
    let figures = [Column::text("currency"), Column::customers("customers"), Column::whole("visit_days").added(), Column::money("sales").added()];
    let columns: Vec<Column> = keys.iter().map(|key| Column::text(key.as_str())).chain(figures).collect();
    answer(service, &parameters, "segments", asked, columns.clone(), move |shards, query| {
        let told = told(shards, query, &keys, &only)?;
        Ok(Table { columns, rows: told.rows.iter().map(cells).collect(), suppressed: told.suppressed })
    })
    .await
}

fn cells(row: &SegmentRow) -> Vec<Cell> {
    let figures = [row.currency.code().to_owned().into(), row.customers.into(), row.visit_days.into(), amount(row.sales, row.currency).into()];
    row.segments.iter().map(|segment| segment.name().to_owned().into()).chain(figures).collect()
}
