//! `GET /v1/merchants/{merchant}/fees`: what a merchant was charged, by day.

use super::ask::list;
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::page::Page;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use crate::shape::amount;
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers;
use serde::Serialize;
use utoipa::ToSchema;

/// What a day charged a merchant, of one kind and currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fee {
    /// The business date.
    #[schema(example = "2026-11-23")]
    day: String,
    /// `mdr`, `gateway`, `monthly`, `dispute`, `early_release`, `subsidy` or `waiver`.
    #[schema(example = "mdr")]
    kind: &'static str,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// Entries that charged or gave back.
    count: u64,
    /// What the merchant paid, VAT included.
    amount: String,
    /// The VAT in it.
    vat: String,
}

impl Row for Fee {
    const COLUMNS: &'static [Column] =
        &[Column::date("day"), Column::text("kind"), Column::text("currency"), Column::whole("count"), Column::money("amount"), Column::money("vat")];
}

/// Fees
///
/// What a merchant was charged, by day, kind and currency, newest day first: VAT included, less what came back.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/fees", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = Page<Fee>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn fees(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    let row = |_, found: answers::FeeRow| Fee {
        day: found.day.to_string(),
        kind: found.kind.as_str(),
        currency: found.currency.code().to_owned(),
        count: found.fee.count,
        amount: amount(found.fee.amount, found.currency),
        vat: amount(found.fee.vat, found.currency),
    };
    list(service, &id, "fees", &parameters, answers::fees, row).await
}
