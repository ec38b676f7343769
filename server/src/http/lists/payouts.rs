//! `GET /v1/payouts`: every payout to any merchant.

use super::page;
use super::query::{AMOUNT_FILTERS, AmountFilters, OWNER_FILTER, OwnerFilter, PAYOUT_FILTERS, PayoutFilters, filter};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::merchant::Payout;
use crate::http::page::PageOfMany;
use crate::http::parameters::{LIST, Parameters, READ};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use axum::extract::State;
use axum::response::Response;
use projections::answers::lists::{PAYOUT_STATES, Payouts};

/// Payouts to all merchants
///
/// Every payout, newest first. `from` and `to` are of the date of initiation.
#[utoipa::path(
    get, path = "/v1/payouts", tag = "bank", params(OwnerFilter, PayoutFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = PageOfMany<Payout>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn all_payouts(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, AMOUNT_FILTERS, OWNER_FILTER, PAYOUT_FILTERS])?;
    let filter = filter(&parameters, &PAYOUT_STATES)?;
    page(service, "payouts", &parameters, filter, Payouts, |_, (merchant, payout)| Payout::of(&merchant, payout)).await
}
