//! `GET /v1/merchants/{merchant}/payouts/{payout}/items` and `…/payouts/next/items`: the items of a payout, one by one.

use super::ask::{known, unknown};
use super::payout::{NextQuery, WHOSE, next};
use crate::http::Service;
use crate::http::everywhere::{include, of};
use crate::http::file::FileQuery;
use crate::http::list::Asked;
use crate::http::page::{At, Page};
use crate::http::parameters::{Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody, shown};
use crate::http::read::{ListQuery, ReadQuery, blocking};
use crate::shape::{amount, position_text};
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers::{self, Error, PayoutItem, WhichPayout, Window};
use projections::folds::payouts::{self, Cause};
use schemas::ids::PayoutId;
use schemas::money::Currency;
use schemas::wire::shape;
use serde::Serialize;
use utoipa::ToSchema;

/// What a list of items takes, besides what every read does: it has no dates.
const PAGES: &[&str] = &["limit", "cursor"];

/// An item of a payout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutItem)]
pub struct Item {
    /// `payment`, `hold`, `payout` (one that failed), `debt` or `event` (a fee, an adjustment …).
    #[schema(example = "payment")]
    kind: &'static str,
    /// Its id; `null` of a debt.
    #[schema(example = "P1")]
    id: Option<String>,
    /// The type of an event.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(example = "fee_charged")]
    event_type: Option<&'static str>,
    /// Of a payment: when its sale or completion happened.
    occurred_at: Option<String>,
    /// Of a payment: its terminal.
    terminal: Option<String>,
    /// Of a payment: how the scheme or PSP names its sale or completion.
    reference: Option<String>,
    /// Its parts, of a payment.
    #[serde(flatten)]
    parts: Option<Parts>,
    /// What it adds to the payout; below zero, takes from it.
    #[schema(example = "804.60")]
    net: String,
}

/// What payments add to a payout, by what it is. They are the net together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutParts)]
pub struct Parts {
    /// What was captured, with tips, less reversals and voids.
    #[schema(example = "1000.00")]
    gross: String,
    /// Paid back to customers, less what failed.
    #[schema(example = "-100.00")]
    refunds: String,
    /// Charged back, less what came back.
    #[schema(example = "0.00")]
    disputes: String,
    /// Fees with VAT, less what came back.
    #[schema(example = "-5.40")]
    fees: String,
    /// Put by as reserve, less what was released.
    #[schema(example = "-90.00")]
    reserve: String,
    /// The rest.
    #[schema(example = "0.00")]
    other: String,
}

impl Parts {
    /// As they are told.
    pub fn of(parts: &payouts::Parts, currency: Currency) -> Self {
        let text = |minor: i128| amount(minor, currency);
        Self {
            gross: text(parts.gross),
            refunds: text(parts.refunds),
            disputes: text(parts.disputes),
            fees: text(parts.fees),
            reserve: text(parts.reserve),
            other: text(parts.other),
        }
    }
}

impl Item {
    fn of(found: PayoutItem, currency: Currency) -> Self {
        let PayoutItem { cause, parts, occurred_at, terminal, reference } = found;
        Self {
            kind: cause.kind().as_str(),
            id: cause.id().map(str::to_owned),
            event_type: match &cause {
                Cause::Event(_, event_type) => Some(event_type.as_str()),
                Cause::Payment(_) | Cause::Hold(_) | Cause::Payout(_) | Cause::Debt => None,
            },
            occurred_at: occurred_at.map(|at| at.to_string()),
            terminal: terminal.map(|terminal| terminal.as_str().to_owned()),
            reference: reference.map(|reference| reference.to_string()),
            parts: matches!(cause, Cause::Payment(_)).then(|| Parts::of(&parts, currency)),
            net: amount(parts.net(), currency),
        }
    }
}

impl Row for Item {
    const COLUMNS: &'static [Column] = &[
        Column::text("kind"),
        Column::text("id"),
        Column::text("type"),
        Column::instant("occurred_at"),
        Column::text("terminal"),
        Column::text("reference"),
        Column::money("gross"),
        Column::money("refunds"),
        Column::money("disputes"),
        Column::money("fees"),
        Column::money("reserve"),
        Column::money("other"),
        Column::money("net"),
    ];
}

/// Which payout, and what its list is called.
pub struct Which {
    /// The payout.
    pub payout: WhichPayout,
    /// What tells its list from others.
    pub name: String,
}

/// One that was initiated. An id that no payout can have is one that is not there, which is told as late as of any other.
pub async fn initiated(service: &Service, merchant: &str, payout: &str, parameters: &Parameters) -> Result<Which, Problem> {
    if let Some(found) = shape::payout(payout) {
        return Ok(Which { payout: WhichPayout::Initiated(found), name: payout.to_owned() });
    }
    parameters.caught_up(&service.node).await?;
    Err(no_payout(merchant, payout))
}

fn no_payout(merchant: &str, payout: &str) -> Problem {
    Problem::not_found(format!("merchant {} has no payout {:?}", shown(merchant), shown(payout)))
}

/// Items of a payout
///
/// Every payment, hold, failed payout, repaid debt and event whose money a payout took, the last arrival first. An item whose
/// net is nothing is told where a part of it is not. Without `limit` and `cursor`, CSV and Parquet are all of them.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/payouts/{payout}/items", tag = "merchants",
    params(
        ("merchant" = String, Path, description = "The merchant", example = "M100001"),
        ("payout" = String, Path, description = "The payout", example = "O1"),
        ListQuery, FileQuery, ReadQuery,
    ),
    responses(
        (status = 200, description = "A page", body = Page<Item>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant or payout", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn payout_items(State(service): State<Service>, Path((id, payout)): Path<(String, String)>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, PAGES])?;
    let which = initiated(&service, &id, &payout, &parameters).await?;
    items(service, &id, which, &parameters).await
}

/// Items of what would be paid out next
///
/// The items of what would go if all that is payable were paid out now, the last arrival first.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/payouts/next/items", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), NextQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = Page<Item>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn payout_next_items(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, PAGES, WHOSE])?;
    let which = next(&parameters)?;
    items(service, &id, which, &parameters).await
}

/// The list of items of a payout, or a page of it.
pub async fn items(service: Service, id: &str, which: Which, parameters: &Parameters) -> Result<Response, Problem> {
    let merchant = merchant(id)?;
    let asked = Asked::read(parameters, "payout-items", format!("payout items {merchant} {}", which.name))?;
    let (at_least, roles) = (parameters.caught_up(&service.node).await?, parameters.caller().roles);
    blocking(move || {
        let place = service.node.home(merchant.as_str())?;
        place.read(|shard| {
            include(std::slice::from_ref(shard), &at_least)?;
            known(shard, &merchant).map_err(|error| unknown(shard, error, &merchant, roles))?;
            let found = answers::composed_payout(shard, &merchant, &which.payout).map_err(|error| match (error, &which.payout) {
                (Error::NotFound, WhichPayout::Initiated(payout)) => missing(&merchant, payout),
                (error, _) => unknown(shard, error, &merchant, roles),
            })?;
            let at = At::One(position_text(shard.partition, shard.checkpoint().position));
            let page = |window: &Window| answers::payout_items(shard, &found, window).map_err(|error| of(shard, error));
            asked.tell(at, shard.checkpoint().open, page, |item| Some(Item::of(item, found.currency)))
        })
    })
    .await
}

fn missing(merchant: &schemas::ids::MerchantId, payout: &PayoutId) -> Problem {
    no_payout(merchant.as_str(), payout.as_str())
}
