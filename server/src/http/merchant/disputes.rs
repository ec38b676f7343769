//! `GET /v1/merchants/{merchant}/disputes`: every dispute of a merchant's payments.

use super::ask::filtered;
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::lists::{AmountFilters, DISPUTE_FILTERS, DisputeFilters};
use crate::http::page::Page;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use crate::shape::amount;
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers::lists::{DISPUTE_STATES, Disputes};
use projections::folds::objects;
use schemas::ids::MerchantId;
use serde::Serialize;
use utoipa::ToSchema;

/// A dispute of a payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dispute {
    /// The merchant.
    #[schema(example = "M100001")]
    merchant: String,
    /// Its id; the payment's where it has none of its own.
    dispute: String,
    /// The payment.
    payment: String,
    /// The currency of the sale.
    #[schema(example = "CNY")]
    currency: String,
    /// `opened`, `charged`, `represented`, `won` or `lost`.
    #[schema(example = "opened")]
    state: &'static str,
    /// What is disputed.
    amount: String,
    /// The dispute fee, in the currency that the merchant is paid in.
    fee: String,
    /// The business date on which it came.
    opened_on: String,
    /// The business date of its last change.
    changed_on: String,
}

impl Dispute {
    /// Of a merchant.
    pub fn of(merchant: &MerchantId, found: objects::Dispute) -> Self {
        Self {
            merchant: merchant.to_string(),
            dispute: found.dispute.to_string(),
            payment: found.payment.to_string(),
            currency: found.currency.code().to_owned(),
            state: found.state(),
            amount: amount(found.amount, found.currency),
            fee: amount(found.fee, found.fee_currency),
            opened_on: found.opened_on.to_string(),
            changed_on: found.changed_on.to_string(),
        }
    }
}

impl Row for Dispute {
    const COLUMNS: &'static [Column] = &[
        Column::text("merchant"),
        Column::text("dispute"),
        Column::text("payment"),
        Column::text("currency"),
        Column::text("state"),
        Column::money("amount"),
        Column::money("fee"),
        Column::date("opened_on"),
        Column::date("changed_on"),
    ];
}

/// Disputes
///
/// Every dispute of a merchant's payments, newest first. `from` and `to` are of the date on which it came.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/disputes", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), DisputeFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = Page<Dispute>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn disputes(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    let row = |_, (merchant, found): (MerchantId, objects::Dispute)| Dispute::of(&merchant, found);
    filtered(service, &id, "disputes", &parameters, (DISPUTE_FILTERS, &DISPUTE_STATES), Disputes, row).await
}
