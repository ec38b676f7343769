//! `GET /v1/merchants`: who there is, with contract and balances.

use super::Service;
use super::everywhere;
use super::file::FileQuery;
use super::list::Asked;
use super::merchant::Balance;
use super::page::{At, PageOfMany};
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{ListQuery, ReadQuery};
use crate::table::{Column, Row};
use axum::extract::State;
use axum::response::Response;
use projections::answers::{self, MerchantQuery, MerchantRow, Window, merge_merchants};
use schemas::contract::Model;
use schemas::event::Book;
use schemas::ids::PspId;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

/// The names of the forms of an acquiring relationship.
const MODELS: &[(&str, Model)] = &[
    ("bank_pos", Model::BankPos),
    ("joint_build", Model::JointBuild),
    ("referral", Model::Referral),
    ("second_clearing", Model::SecondClearing),
    ("personal_pos", Model::PersonalPos),
    ("third_party_pos", Model::ThirdPartyPos),
];

/// Which merchants.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct MerchantsQuery {
    /// The id from its start, or a part of the name.
    #[param(example = "noodle")]
    q: Option<String>,
    /// Merchant category code.
    #[param(min_length = 1, example = "5812")]
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
    const COLUMNS: &'static [Column] = &[
        Column::text("merchant"),
        Column::text("name"),
        Column::text("model"),
        Column::text("contract_version"),
        Column::text("mcc").at("contract.mcc"),
        Column::text("region").at("contract.region"),
        Column::text("time_zone").at("contract.time_zone"),
        Column::text("currency").at("contract.currency"),
        Column::text("funds_flow").at("contract.funds_flow.kind"),
        Column::text("psp").at("contract.funds_flow.psp"),
        Column::text("partner").at("contract.partner.id"),
        Column::text("plan").at("contract.plan"),
    ];
}

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
    let asked = Asked::read(&parameters, "merchants", "merchants".to_owned())?;
    let owned = |name: &str| parameters.text(name).map(str::to_owned);
    let query = MerchantQuery {
        text: owned("q").filter(|text| !text.is_empty()),
        mcc: owned("mcc"),
        region: owned("region"),
        partner: owned("partner"),
        holder: parameters.read("holder", "bank or psp:<id>", holder)?,
        model: parameters.read("model", "bank_pos, joint_build, referral, second_clearing, personal_pos or third_party_pos", model)?,
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

fn holder(text: &str) -> Option<Book> {
    match text.strip_prefix("psp:") {
        Some(psp) => PspId::new(psp).map(Book::Psp),
        None => (text == "bank").then_some(Book::Bank),
    }
}

fn model(text: &str) -> Option<Model> {
    MODELS.iter().find(|(name, _)| *name == text).map(|(_, model)| *model)
}

impl Merchant {
    fn of(row: MerchantRow) -> Self {
        let model = MODELS.iter().find(|(_, model)| *model == row.listing.model).map_or("", |(name, _)| name);
        Self {
            merchant: row.merchant.to_string(),
            name: row.listing.name,
            model,
            contract_version: row.contract.as_ref().map(|version| version.event.to_string()),
            contract: row.contract.and_then(|version| RawValue::from_string(version.json.clone()).ok()),
            balances: Balance::all(&row.purses),
        }
    }
}
