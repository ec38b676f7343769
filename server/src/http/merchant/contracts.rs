//! `GET /v1/merchants/{merchant}/contracts`: every version of a merchant's contract.

use super::ask::list;
use crate::http::Service;
use crate::http::categories;
use crate::http::file::FileQuery;
use crate::http::page::Page;
use crate::http::parameters::Parameters;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use crate::shape::{entry_text, position_text};
use crate::table::{Column, Row, joined};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers::{self, ContractRow, Shard, Window};
use schemas::ids::MerchantId;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A version of a merchant's contract: in force from its entry on, until the next one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContractVersion {
    /// The merchant.
    #[schema(example = "M100001")]
    merchant: String,
    /// The id of the event that set it, by which payments and fee income name it.
    #[schema(example = "c-1")]
    contract_version: String,
    /// The entry that set it.
    #[schema(example = "3:2")]
    entry: String,
    /// Where the event's record lies.
    #[schema(example = "3:2")]
    position: String,
    /// The business date on which it came into force.
    #[schema(example = "2026-11-20")]
    business_date: String,
    /// When it was set, as the event says.
    occurred_at: Option<String>,
    /// What its merchant category is called.
    #[schema(example = "Eating places and restaurants")]
    mcc_name: Option<&'static str>,
    /// The contract, as it came.
    #[schema(value_type = Option<Object>)]
    contract: Option<Box<RawValue>>,
}

impl ContractVersion {
    fn of(partition: u32, found: ContractRow) -> Self {
        let ContractRow { version, recorded } = found;
        Self {
            merchant: version.merchant.to_string(),
            contract_version: version.event.to_string(),
            entry: entry_text(partition, recorded.number),
            position: position_text(partition, recorded.row.record),
            business_date: recorded.row.date.to_string(),
            occurred_at: recorded.row.occurred_at.map(|at| at.to_string()),
            mcc_name: categories::name(&version.contract.mcc),
            contract: RawValue::from_string(version.json.clone()).ok(),
        }
    }
}

/// What a row of a contract has of its terms: what it is mostly looked up for.
pub const CONTRACT_COLUMNS: &[Column] = &[
    Column::text("mcc").at("contract.mcc"),
    Column::text("mcc_name"),
    Column::text("region").at("contract.region"),
    Column::text("time_zone").at("contract.time_zone"),
    Column::text("currency").at("contract.currency"),
    Column::text("funds_flow").at("contract.funds_flow.kind"),
    Column::text("psp").at("contract.funds_flow.psp"),
    Column::text("partner").at("contract.partner.id"),
    Column::text("plan").at("contract.plan"),
];

/// What it has of the version.
const VERSION: &[Column] = &[
    Column::text("merchant"),
    Column::text("contract_version"),
    Column::text("entry"),
    Column::text("position"),
    Column::date("business_date"),
    Column::instant("occurred_at"),
    Column::text("name").at("contract.name"),
];

/// A version a row.
impl Row for ContractVersion {
    const COLUMNS: &'static [Column] = &joined::<{ VERSION.len() + CONTRACT_COLUMNS.len() }>(VERSION, CONTRACT_COLUMNS);
}

/// Contracts
///
/// Every version of a merchant's contract, newest first: the first row is the one in force. `from` and `to` are of the date on
/// which it came into force.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/contracts", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = Page<ContractVersion>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn contracts(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    let question = |shard: &Shard<'_>, merchant: &MerchantId, window: &Window| answers::contracts(shard, merchant, window);
    list(service, &id, "contracts", &parameters, question, ContractVersion::of).await
}
