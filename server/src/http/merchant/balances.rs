//! `GET /v1/merchants/{merchant}/balances`: what a merchant has, now or at any moment before.

use super::ask::{ask, ask_few};
use super::balance_form::{Balance, Holder};
use crate::http::Service;
use crate::http::file::{Facts, FileQuery, file};
use crate::http::parameters::{Instant, Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::ReadQuery;
use crate::shape::position_text;
use crate::table::Table;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use projections::answers::{self, AsOf, MerchantBalances, Shard};
use schemas::ids::MerchantId;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// As of when.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct BalancesQuery {
    /// A closed date, as it closed; the open date; or the position of the merchant's partition, such as `3:1482211`. Of a date before
    /// the ledger was opened there is nothing.
    #[param(pattern = "^((19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]+:(-1|[0-9]+)(,[0-9]+:(-1|[0-9]+))*)$", example = "2026-11-20")]
    as_of: Option<String>,
}

/// What a merchant has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Balances {
    /// The merchant.
    #[schema(example = "M100001")]
    merchant: String,
    /// Up to where every event is in.
    #[schema(example = "3:1482211")]
    position: String,
    /// The business date; none before the ledger is opened.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
    /// Who holds the funds, by the contract in force; `bank` where there was none yet, and so nothing to hold.
    holder: Holder,
    /// Years among the dates shown that no calendar covers, such as `CN-2027`.
    calendar_missing: Vec<String>,
    /// One row for each currency and book in which anything ever moved.
    balances: Vec<Balance>,
}

impl Balances {
    /// The balances of a merchant on a partition.
    pub fn of(partition: u32, balances: &MerchantBalances) -> Self {
        Self {
            merchant: balances.merchant.to_string(),
            position: position_text(partition, balances.position),
            business_date: balances.business_date.map(|date| date.to_string()),
            holder: Holder::of(&balances.holder()),
            calendar_missing: balances.calendar_missing.clone(),
            balances: Balance::all(&balances.purses),
        }
    }
}

/// Balances
///
/// What a merchant has in each currency and book: pending by date, available and payable, reserved by date, held, disputed,
/// in transit, owed, pre-authorised; and who holds it. A date is told as it closed, before the moves to the next. As CSV or
/// Parquet: a row for each currency and book, without dates and holds.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/balances", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), BalancesQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "The balances", body = Balances),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn balances(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, &["as_of"]])?;
    let form = parameters.file_form()?;
    let merchant = merchant(&id)?;
    let instant = parameters.moment("as_of", service.node.partitions())?;
    let partition = service.node.home(merchant.as_str())?.partition();
    let as_of = on(&instant, partition, "as_of")?;
    let read = move |shard: &Shard<'_>, merchant: &MerchantId| answers::balances(shard, merchant, as_of);
    let found = match as_of {
        AsOf::Now => ask_few(service, merchant, &parameters, read).await?,
        AsOf::Date(_) | AsOf::Position(_) => ask(service, merchant, &parameters, read).await?,
    };
    let told = Balances::of(partition, &found);
    let Some(form) = form else { return Ok(Json(told).into_response()) };
    let table = Table::of(&told.balances).map_err(|error| Problem::internal(&error))?;
    file(form, "balances", &table, &Facts::at(&[told.position]).and("ledger-business-date", told.business_date))
}

/// The moment on a merchant's own partition, which positions must name.
fn on(instant: &Instant, partition: u32, parameter: &str) -> Result<answers::AsOf, Problem> {
    instant.on(partition).ok_or_else(|| Problem::parameter(parameter, format!("no position of partition {partition}, where the merchant is")))
}
