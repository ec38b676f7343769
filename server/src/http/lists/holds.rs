//! `GET /v1/holds`: every hold on any merchant's money.

use super::page;
use super::query::{AMOUNT_FILTERS, AmountFilters, HOLD_FILTERS, HoldFilters, OWNER_FILTER, OwnerFilter, filter};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::merchant::Hold;
use crate::http::page::PageOfMany;
use crate::http::parameters::{LIST, Parameters, READ};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use axum::extract::State;
use axum::response::Response;
use projections::answers::lists::{HOLD_STATES, Holds};

/// Holds of all merchants
///
/// Every hold, newest first: what it took, gave back and lost. `from` and `to` are of the date of placing.
#[utoipa::path(
    get, path = "/v1/holds", tag = "bank", params(OwnerFilter, HoldFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = PageOfMany<Hold>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn all_holds(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, AMOUNT_FILTERS, OWNER_FILTER, HOLD_FILTERS])?;
    let filter = filter(&parameters, &HOLD_STATES)?;
    page(service, "holds", &parameters, filter, Holds, |_, (merchant, hold)| Hold::of(&merchant, hold)).await
}
