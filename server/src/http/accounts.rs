//! `GET /v1/accounts`: the trial balance, now or at any moment before, by any of its keys.

use super::Service;
use super::grouped::group_by;
use super::parameters::{Instant, Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{ReadQuery, blocking};
use crate::node;
use crate::shape::{amount, position_text};
use axum::Json;
use axum::extract::State;
use projections::answers::{self, AccountKeyName, AccountQuery, AccountRows, AsOf, Cut, KeyValue};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// What accounts are grouped and filtered by.
const KEYS: &[AccountKeyName] =
    &[AccountKeyName::Book, AccountKeyName::Code, AccountKeyName::Currency, AccountKeyName::Party, AccountKeyName::Detail, AccountKeyName::Merchant];

/// By what, and as of when.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct AccountsQuery {
    /// A list of `book`, `code`, `currency`, `party`, `detail`, `merchant`; `currency` is always a key.
    #[param(pattern = "^(book|code|currency|party|detail|merchant)(,(book|code|currency|party|detail|merchant))*$", example = "book,code,currency")]
    group_by: Option<String>,
    /// A closed date, as it closed; the open date; or positions, such as `0:812,3:1482300`: partitions that they leave out
    /// are told as they are now.
    #[param(pattern = "^((19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]+:(-1|[0-9]+)(,[0-9]+:(-1|[0-9]+))*)$")]
    at: Option<String>,
    /// Only this book.
    #[param(min_length = 1, example = "bank")]
    book: Option<String>,
    /// Only this code of the chart of accounts.
    #[param(min_length = 1, example = "2020")]
    code: Option<String>,
    /// Only this currency.
    #[param(min_length = 1, example = "CNY")]
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
    /// The rows, by their keys in the order asked. Each has its keys, and `debits`, `credits` and `balance` (debits less
    /// credits) as decimal strings.
    #[schema(value_type = Vec<Object>, example = json!([{"book": "bank", "code": "1010", "currency": "CNY", "debits": "1200.00", "credits": "105.60", "balance": "1094.40"}]))]
    rows: Vec<Map<String, Value>>,
}

/// Trial balance
///
/// Debits and credits of every account since inception, memo accounts included, by any of their keys.
#[utoipa::path(
    get, path = "/v1/accounts", tag = "bank", params(AccountsQuery, ReadQuery),
    responses(
        (status = 200, description = "The trial balance", body = Accounts),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn accounts(State(service): State<Service>, parameters: Parameters) -> Result<Json<Accounts>, Problem> {
    let names: Vec<&str> = KEYS.iter().map(|key| key.as_str()).collect();
    parameters.only(&[READ, &["group_by", "at"], &names])?;
    let query = AccountQuery {
        group_by: group_by(&parameters, KEYS, AccountKeyName::as_str)?,
        filters: KEYS.iter().filter_map(|key| parameters.text(key.as_str()).map(|value| (*key, value.to_owned()))).collect(),
    };
    let instant = parameters.moment("at", service.node.partitions())?;
    parameters.caught_up(&service.node).await?;
    let cut = parameters.caller().cut.clone();
    let answered = blocking(move || ask(&service, &cut, &query, &instant));
    let (position, rows) = answered.await?;
    Ok(Json(Accounts { position, rows: told(&rows) }))
}

fn ask(service: &Service, cut: &Cut, query: &AccountQuery, instant: &Instant) -> Result<(Vec<String>, AccountRows), Problem> {
    let (mut position, mut rows) = (Vec::new(), None::<AccountRows>);
    for place in service.node.places() {
        let as_of = instant.on(place.partition()).unwrap_or(AsOf::Now);
        let (found, moment) = place.answer_cut(cut, |shard| answers::accounts(shard, query, as_of))?;
        position.push(position_text(place.partition(), moment.position));
        match &mut rows {
            None => rows = Some(found),
            Some(rows) => rows.merge(found).map_err(|error| node::Error::Answer { partition: place.partition(), error })?,
        }
    }
    rows.map(|rows| (position, rows)).ok_or_else(|| node::Error::NoLog.into())
}

fn told(found: &AccountRows) -> Vec<Map<String, Value>> {
    let mut rows = Vec::with_capacity(found.rows.len());
    for (values, (currency, sums)) in &found.rows {
        let mut row = Map::new();
        for (key, value) in found.keys.iter().zip(values) {
            let value = match value {
                KeyValue::Text(text) => Value::String(text.clone()),
                KeyValue::Null => Value::Null,
            };
            row.insert(key.as_str().to_owned(), value);
        }
        // Sums are far below 2^127.
        let text = |minor: u128| Value::String(amount(i128::try_from(minor).unwrap_or(i128::MAX), *currency));
        row.insert("debits".to_owned(), text(sums.debits));
        row.insert("credits".to_owned(), text(sums.credits));
        row.insert("balance".to_owned(), Value::String(amount(sums.balance(), *currency)));
        rows.push(row);
    }
    rows
}
