//! `GET /v1/merchants`: who there is, with contract and balances.

use super::Service;
use super::categories;
use super::everywhere;
use super::file::FileQuery;
use super::list::Asked;
use super::merchant::{Balance, CONTRACT_COLUMNS};
use super::page::{At, PageOfMany};
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{ListQuery, ReadQuery};
use crate::table::{Column, Row, joined};
use axum::extract::State;
use axum::response::Response;
use projections::answers::{self, MerchantQuery, MerchantRow, Window, merge_merchants};
use schemas::contract::Model;
use schemas::event::Book;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

/// Which merchants.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct MerchantsQuery {
    /// The id from its start, or a part of the name.
    #[param(example = "noodle")]
    q: Option<String>,
    /// Merchant category code.
    #[param(pattern = "^[0-9]{4}$", example = "5812")]
    mcc: Option<String>,
    /// ISO 3166-2.
    #[param(min_length = 1, example = "CN-31")]
    region: Option<String>,
    /// The partner of the contract.
    #[param(min_length = 1, example = "isv-9")]
    partner: Option<String>,
    /// Who holds the funds: `bank` or `psp:<id>`.
    #[param(pattern = "^(bank|psp:[A-Za-z0-9._-]{1,32})$", example = "bank")]
    holder: Option<String>,
    /// `bank_pos`, `joint_build`, `referral`, `second_clearing`, `personal_pos` or `third_party_pos`.
    #[param(pattern = "^(bank_pos|joint_build|referral|second_clearing|personal_pos|third_party_pos)$", example = "referral")]
    model: Option<String>,
}

/// A merchant with its contract in force and its balances.
#[derive(Debug, Serialize, ToSchema)]
pub struct Merchant {
    /// Its id.
    #[schema(example = "M100001")]
    merchant: String,
    /// Its name.
    name: String,
    /// What its merchant category is called, by the contract in force.
    #[schema(example = "Eating places and restaurants")]
    mcc_name: Option<&'static str>,
    /// The form of the relationship.
    #[schema(example = "referral")]
    model: &'static str,
    /// The event that set the contract in force.
    contract_version: Option<String>,
    /// That contract, as it came.
    #[schema(value_type = Option<Object>)]
    contract: Option<Box<RawValue>>,
    /// What it has, in each currency and book.
    balances: Vec<Balance>,
}

/// A merchant a row; its balances are a table of their own, `/v1/merchants/{merchant}/balances`.
impl Row for Merchant {
    const COLUMNS: &'static [Column] = &joined::<{ OWN.len() + CONTRACT_COLUMNS.len() }>(OWN, CONTRACT_COLUMNS);
}

/// What a row has besides its contract.
const OWN: &[Column] = &[Column::text("merchant"), Column::text("name"), Column::text("model"), Column::text("contract_version")];

/// Merchants
///
/// Search and list: by the start of the id or a part of the name, and by what the contract in force says. In the order of
/// their ids.
#[utoipa::path(
    get, path = "/v1/merchants", tag = "bank", params(MerchantsQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of merchants", body = PageOfMany<Merchant>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn merchants(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, &["limit", "cursor", "q", "mcc", "region", "partner", "holder", "model"]])?;
    parameters.category()?;
    let asked = Asked::read(&parameters, "merchants", "merchants".to_owned())?;
    let owned = |name: &str| parameters.text(name).map(str::to_owned);
    let query = MerchantQuery {
        text: owned("q").filter(|text| !text.is_empty()),
        mcc: owned("mcc"),
        region: owned("region"),
        partner: owned("partner"),
        holder: parameters.read("holder", "bank or psp:<id>", Book::from_name)?,
        model: parameters.read("model", "one of bank_pos, joint_build, referral, second_clearing, personal_pos, third_party_pos", model)?,
        limit: asked.window().limit,
        cursor: asked.window().cursor.clone(),
    };
    everywhere::together(service, &parameters, move |shards| {
        let page = |window: &Window| {
            let query = MerchantQuery { limit: window.limit, cursor: window.cursor.clone(), ..query.clone() };
            let found = shards.iter().map(|shard| answers::merchants(shard, &query).map_err(|error| everywhere::of(shard, error)));
            Ok(merge_merchants(&query, found.collect::<Result<Vec<_>, _>>()?))
        };
        asked.tell(At::Many(everywhere::positions(shards)), everywhere::open_date(shards), page, |row| Some(Merchant::of(row)))
    })
    .await
}

fn model(text: &str) -> Option<Model> {
    Model::from_name(text)
}

impl Merchant {
    fn of(row: MerchantRow) -> Self {
        let model = row.listing.model.as_str();
        Self {
            merchant: row.merchant.to_string(),
            mcc_name: row.contract.as_ref().and_then(|version| categories::name(&version.contract.mcc)),
            name: row.listing.name,
            model,
            contract_version: row.contract.as_ref().map(|version| version.event.to_string()),
            contract: row.contract.and_then(|version| RawValue::from_string(version.json.clone()).ok()),
            balances: Balance::all(&row.purses),
        }
    }
}
