//! `GET /v1/merchants/{merchant}/payouts`: every payout to a merchant.

use super::ask::filtered;
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::lists::{AmountFilters, PAYOUT_FILTERS, PayoutFilters};
use crate::http::page::Page;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use crate::shape::amount;
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers::lists::{PAYOUT_STATES, Payouts};
use projections::folds::objects;
use schemas::ids::MerchantId;
use serde::Serialize;
use utoipa::ToSchema;

/// A payout to a merchant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payout {
    /// The merchant.
    #[schema(example = "M100001")]
    merchant: String,
    /// Its id.
    payout: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// How much.
    amount: String,
    /// `initiated`, `paid`, `failed` or `returned`.
    #[schema(example = "paid")]
    state: &'static str,
    /// To where.
    destination: Option<String>,
    /// The business date on which it was initiated.
    initiated_on: String,
    /// The business date on which it was paid, failed or returned.
    closed_on: Option<String>,
}

impl Payout {
    /// Of a merchant.
    pub fn of(merchant: &MerchantId, found: objects::Payout) -> Self {
        Self {
            merchant: merchant.to_string(),
            payout: found.payout.to_string(),
            currency: found.currency.code().to_owned(),
            amount: amount(found.amount, found.currency),
            state: found.state.as_str(),
            destination: found.destination,
            initiated_on: found.initiated_on.to_string(),
            closed_on: found.closed_on.map(|date| date.to_string()),
        }
    }
}

impl Row for Payout {
    const COLUMNS: &'static [Column] = &[
        Column::text("merchant"),
        Column::text("payout"),
        Column::text("currency"),
        Column::money("amount"),
        Column::text("state"),
        Column::text("destination"),
        Column::date("initiated_on"),
        Column::date("closed_on"),
    ];
}

/// Payouts
///
/// Every payout to a merchant, newest first. `from` and `to` are of the date of initiation.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/payouts", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), PayoutFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = Page<Payout>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn payouts(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    let row = |_, (merchant, found): (MerchantId, objects::Payout)| Payout::of(&merchant, found);
    filtered(service, &id, "payouts", &parameters, (PAYOUT_FILTERS, &PAYOUT_STATES), Payouts, row).await
}
