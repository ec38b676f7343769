//! `GET /v1/disputes`: every dispute of any merchant's payments.

use super::page;
use super::query::{AMOUNT_FILTERS, AmountFilters, DISPUTE_FILTERS, DisputeFilters, OWNER_FILTER, OwnerFilter, filter};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::merchant::Dispute;
use crate::http::page::PageOfMany;
use crate::http::parameters::{LIST, Parameters, READ};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use axum::extract::State;
use axum::response::Response;
use projections::answers::lists::{DISPUTE_STATES, Disputes};

/// Disputes of all merchants
///
/// Every dispute, newest first. `from` and `to` are of the date on which it came.
#[utoipa::path(
    get, path = "/v1/disputes", tag = "bank", params(OwnerFilter, DisputeFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = PageOfMany<Dispute>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn all_disputes(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, AMOUNT_FILTERS, OWNER_FILTER, DISPUTE_FILTERS])?;
    let filter = filter(&parameters, &DISPUTE_STATES)?;
    page(service, "disputes", &parameters, filter, Disputes, |_, (merchant, dispute)| Dispute::of(&merchant, dispute)).await
}
