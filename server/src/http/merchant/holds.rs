//! `GET /v1/merchants/{merchant}/holds`: every hold on a merchant's money.

use super::ask::filtered;
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::lists::{AmountFilters, HOLD_FILTERS, HoldFilters};
use crate::http::page::Page;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use crate::shape::amount;
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers::lists::{HOLD_STATES, Holds};
use projections::folds::objects;
use schemas::ids::MerchantId;
use serde::Serialize;
use utoipa::ToSchema;

/// A hold on a merchant's money.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hold {
    /// The merchant.
    #[schema(example = "M100001")]
    merchant: String,
    /// Its id.
    hold: String,
    /// Why: `risk`, `legal`, `kyc` or `payout_returned`.
    #[schema(example = "risk")]
    reason: &'static str,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// All that ever went in.
    placed: String,
    /// What was given back.
    released: String,
    /// What was taken on an order.
    seized: String,
    /// What is in it.
    amount: String,
    /// What a sweep still misses.
    missing: String,
    /// The business date on which it was placed.
    since: String,
    /// Until when, as far as one knows.
    expected_release: Option<String>,
    /// `open` or `closed`.
    #[schema(example = "open")]
    state: &'static str,
}

impl Hold {
    /// Of a merchant.
    pub fn of(merchant: &MerchantId, found: objects::Hold) -> Self {
        Self {
            merchant: merchant.to_string(),
            hold: found.hold.to_string(),
            reason: found.reason.as_str(),
            currency: found.currency.code().to_owned(),
            placed: amount(found.placed, found.currency),
            released: amount(found.released, found.currency),
            seized: amount(found.seized, found.currency),
            amount: amount(found.amount(), found.currency),
            missing: amount(found.missing, found.currency),
            since: found.since.to_string(),
            expected_release: found.expected_release.map(|date| date.to_string()),
            state: found.state(),
        }
    }
}

impl Row for Hold {
    const COLUMNS: &'static [Column] = &[
        Column::text("merchant"),
        Column::text("hold"),
        Column::text("reason"),
        Column::text("currency"),
        Column::money("placed"),
        Column::money("released"),
        Column::money("seized"),
        Column::money("amount"),
        Column::money("missing"),
        Column::date("since"),
        Column::date("expected_release"),
        Column::text("state"),
    ];
}

/// Holds
///
/// Every hold on a merchant's money, newest first: what it took, gave back and lost. `from` and `to` are of the date of placing.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/holds", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), HoldFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = Page<Hold>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn holds(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    let row = |_, (merchant, found): (MerchantId, objects::Hold)| Hold::of(&merchant, found);
    filtered(service, &id, "holds", &parameters, (HOLD_FILTERS, &HOLD_STATES), Holds, row).await
}
