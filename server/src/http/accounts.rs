//! `GET /v1/accounts`: the trial balance, now or at any moment before, by any of its keys.

use super::Service;
use super::everywhere;
use super::file::{Facts, FileQuery, file};
use super::grouped::{FIRST, Figure, First, FirstQuery, Shape, Told, group_by, key_column};
use super::names;
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::ReadQuery;
use crate::shape::position_text;
use crate::table::Column;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ledger::entry::Code;
use projections::answers::{self, AccountKeyName, AccountQuery, AccountRows, AsOf};
use projections::folds::accounts::Sums;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// What accounts are grouped and filtered by.
const KEYS: &[AccountKeyName] =
    &[AccountKeyName::Book, AccountKeyName::Code, AccountKeyName::Currency, AccountKeyName::Party, AccountKeyName::Detail, AccountKeyName::Merchant];

/// What rows tell.
const FIGURES: &[Column] = &[Column::money("debits"), Column::money("credits"), Column::money("balance")];

/// By what, and as of when.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct AccountsQuery {
    /// A list of `book`, `code`, `currency`, `party`, `detail`, `merchant`; `currency` is always a key.
    #[param(pattern = "^(book|code|currency|party|detail|merchant)(,(book|code|currency|party|detail|merchant))*$", example = "book,code,currency")]
    group_by: Option<String>,
    /// A closed date, as it closed; the open date; or positions, such as `0:812,3:1482300`: partitions that they leave out
    /// are told as they are now. Of a date before the ledger was opened there is nothing.
    #[param(pattern = "^((19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]+:(-1|[0-9]+)(,[0-9]+:(-1|[0-9]+))*)$")]
    at: Option<String>,
    /// Only this book.
    #[param(min_length = 1, example = "bank")]
    book: Option<String>,
    /// Only this code of the chart of accounts.
    #[param(pattern = "^[0-9]{4}$", example = "2020")]
    code: Option<String>,
    /// Only this currency.
    #[param(pattern = "^[A-Z]{3}$", example = "CNY")]
    currency: Option<String>,
    /// Only this party's.
    #[param(min_length = 1)]
    party: Option<String>,
    /// Only this detail.
    #[param(min_length = 1)]
    detail: Option<String>,
    /// Only this merchant's.
    #[param(min_length = 1, example = "M100001")]
    merchant: Option<String>,
}

/// A trial balance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accounts {
    /// Up to where of each partition every event is in.
    position: Vec<String>,
    /// The business date of the moment, of several partitions the oldest; `null` before the ledger is opened.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
    /// The rows, by their keys in the order asked. Each has its keys (and beside `code` and `merchant` their names), and `debits`, `credits` and `balance` (debits less
    /// credits) as decimal strings.
    #[schema(value_type = Vec<Object>, example = json!([{"book": "bank", "code": "1010", "currency": "CNY", "debits": "1200.00", "credits": "105.60", "balance": "1094.40"}]))]
    rows: Vec<Value>,
    /// With `sort` or `limit`: what all rows come to, by currency and by book where that is a key; `rows` is their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    total: Option<Vec<Map<String, Value>>>,
    /// The same of the rows that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    rest: Option<Vec<Map<String, Value>>>,
}

/// Trial balance
///
/// Debits and credits of every account since inception, memo accounts included, by any of their keys.
#[utoipa::path(
    get, path = "/v1/accounts", tag = "bank", params(AccountsQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "The trial balance", body = Accounts),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn accounts(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let names: Vec<&str> = KEYS.iter().map(|key| key.as_str()).collect();
    parameters.only(&[READ, FIRST, &["group_by", "at"], &names])?;
    let (form, cut) = (parameters.file_form()?, First::read(&parameters, FIGURES)?);
    parameters.currency()?;
    parameters.read("code", "a code of the chart of accounts, such as 2020", is_code)?;
    let query = AccountQuery {
        group_by: group_by(&parameters, KEYS, AccountKeyName::as_str)?,
        filters: KEYS.iter().filter_map(|key| parameters.text(key.as_str()).map(|value| (*key, value.to_owned()))).collect(),
        limited: cut.is_limited(),
    };
    let instant = parameters.moment("at", service.node.partitions())?;
    let node = service.node.clone();
    let asked = everywhere::together(service, &parameters, move |shards| {
        let (mut position, mut rows, mut business_date) = (Vec::new(), AccountRows::of(&query), None);
        for shard in shards {
            let as_of = instant.on(shard.partition).unwrap_or(AsOf::Now);
            let (found, moment) = answers::accounts(shard, &query, as_of).map_err(|error| everywhere::of(shard, error))?;
            position.push(position_text(shard.partition, moment.position));
            business_date = business_date.into_iter().chain(moment.business_date).min();
            rows.merge(found).map_err(|error| everywhere::of(shard, error))?;
        }
        let mut told = told(&rows, &cut);
        names::beside(&node, &mut told.table)?;
        Ok((position, business_date.map(|date| date.to_string()), told))
    });
    let (position, business_date, told) = asked.await?;
    if let Some(form) = form {
        return file(form, "accounts", &told.table, &Facts::at(&position).and("ledger-business-date", business_date));
    }
    Ok(Json(Accounts { position, business_date, rows: told.table.rows, total: told.total, rest: told.rest }).into_response())
}

/// Whether a text is a code of the chart of accounts, written as rows have it.
fn is_code(text: &str) -> Option<()> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_number).and_then(Code::from_number).map(drop)
}

fn told(found: &AccountRows, cut: &First) -> Told {
    // Sums are far below 2^127.
    let minor = |sum: u128| Figure::Money(i128::try_from(sum).unwrap_or(i128::MAX));
    let shape = Shape {
        keys: found.keys.iter().map(|key| key_column(key.as_str(), false)).collect(),
        figures: FIGURES,
        read: &|sums: &Sums| vec![minor(sums.debits), minor(sums.credits), Figure::Money(sums.balance())],
        add: &|sums, other| sums.add(*other),
        count: "rows",
    };
    shape.tell(&found.rows, cut)
}
