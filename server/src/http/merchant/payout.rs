//! `GET /v1/merchants/{merchant}/payouts/{payout}` and `…/payouts/next`: what a payout consists of, and what would go now.

use super::ask::ask;
use super::payout_items::{self, Which};
use crate::export::payout::Camt054;
use crate::http::Service;
use crate::http::accept::{self, Form};
use crate::http::file::{Facts, FileQuery};
use crate::http::parameters::{Parameters, READ, merchant};
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::read::ReadQuery;
use crate::shape::{amount, entry_text, position_text};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use projections::answers::{self, ComposedPayout, Error, LIMIT_MAX, Shard, WhichPayout, Window};
use projections::folds::payouts::{CauseKind, Sum};
use schemas::event::Book;
use schemas::ids::{MerchantId, PayoutId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::Serialize;
use std::io;
use utoipa::{IntoParams, ToSchema};

/// As ISO 20022.
const CAMT: Form = Form { name: "camt", media: "application/xml", also: &["text/xml"] };
/// What a payout can be told as: the first one where a client takes anything. CSV and Parquet are of its items.
const FORMS: &[Form] = &[accept::JSON, accept::CSV, accept::PARQUET, CAMT];
/// The longest message.
const MESSAGE_BYTES_MAX: usize = 128 << 20;
/// Which of a merchant's money.
pub const WHOSE: &[&str] = &["currency", "book"];

/// Which of a merchant's money would go.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct NextQuery {
    /// In this currency; without it, in that of the contract in force.
    #[param(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// In this book: `bank`, or `psp:` and the PSP's id; without it, in that of the contract in force.
    #[param(pattern = "^(bank|psp:.+)$")]
    book: Option<String>,
}

/// The form of a payout.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct PayoutQuery {
    /// The form of the answer, where a header cannot be set: `json`, `csv`, `parquet` or `camt`. It goes before `Accept`.
    #[param(pattern = "^(json|csv|parquet|camt)$")]
    format: Option<String>,
}

/// What a payout consists of. `amount` is `carried_over` and every `net` of the summary, less `carried_on`.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutComposed {
    /// The merchant.
    #[schema(example = "M100001")]
    merchant: String,
    /// Its id; `next` of what would be paid out now.
    #[schema(example = "O1")]
    payout: String,
    /// Up to where every event is in.
    #[schema(example = "3:14")]
    position: String,
    /// The open business date.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
    /// Whose book.
    #[schema(example = "bank")]
    book: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// How much.
    #[schema(example = "500.00")]
    amount: String,
    /// `initiated`, `paid`, `failed` or `returned`; `null` of what would be paid out now, as all that follows down to `entry`.
    #[schema(example = "paid")]
    state: Option<&'static str>,
    /// To where.
    destination: Option<String>,
    /// The business date on which it was initiated.
    initiated_on: Option<String>,
    /// The business date on which it was paid, failed or returned.
    closed_on: Option<String>,
    /// The entry that initiated it.
    #[schema(example = "3:12")]
    entry: Option<String>,
    /// What the payout before had left.
    #[schema(example = "0.00")]
    carried_over: String,
    /// What this one leaves.
    #[schema(example = "274.60")]
    carried_on: String,
    /// What none of it explains: always nothing.
    #[schema(example = "0.00")]
    unattributed: String,
    /// The items by kind.
    summary: Vec<PayoutSummary>,
}

/// The items of a kind, summed up. Only payments have parts.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutSummary {
    /// `payment`, `hold`, `payout`, `debt` or `event`.
    #[schema(example = "payment")]
    kind: &'static str,
    /// How many items.
    count: u64,
    /// Their parts, of payments.
    #[serde(flatten)]
    parts: Option<payout_items::Parts>,
    /// All of it.
    #[schema(example = "804.60")]
    net: String,
}

impl PayoutSummary {
    fn of((kind, sum): (&CauseKind, &Sum), currency: Currency) -> Self {
        let parts = (*kind == CauseKind::Payment).then(|| payout_items::Parts::of(&sum.parts, currency));
        Self { kind: kind.as_str(), count: sum.count, parts, net: amount(sum.parts.net(), currency) }
    }
}

impl PayoutComposed {
    fn of(found: &ComposedPayout, partition: u32, (position, open): (i64, Option<Date>)) -> Self {
        let text = |minor: i128| amount(minor, found.currency);
        let payout = found.payout.as_ref();
        Self {
            merchant: found.merchant.to_string(),
            payout: payout.map_or_else(|| "next".to_owned(), |(payout, _)| payout.payout.to_string()),
            position: position_text(partition, position),
            business_date: open.map(|date| date.to_string()),
            book: found.book.to_string(),
            currency: found.currency.code().to_owned(),
            amount: text(found.amount),
            state: payout.map(|(payout, _)| payout.state.as_str()),
            destination: payout.and_then(|(payout, _)| payout.destination.clone()),
            initiated_on: payout.map(|(payout, _)| payout.initiated_on.to_string()),
            closed_on: payout.and_then(|(payout, _)| payout.closed_on).map(|date| date.to_string()),
            entry: payout.map(|(_, entry)| entry_text(partition, *entry)),
            carried_over: text(found.carried_over),
            carried_on: text(found.carried_on),
            unattributed: text(found.unattributed()),
            summary: found.totals.0.iter().filter(|(_, sum)| sum.count > 0).map(|sum| PayoutSummary::of(sum, found.currency)).collect(),
        }
    }
}

/// What a payout consists of, for those who are told without having asked.
pub fn composed(shard: &Shard<'_>, merchant: &MerchantId, payout: &PayoutId) -> Result<Option<serde_json::Value>, Error> {
    match answers::composed_payout(shard, merchant, &WhichPayout::Initiated(payout.clone())) {
        Ok(found) => {
            let at = shard.checkpoint();
            Ok(serde_json::to_value(PayoutComposed::of(&found, shard.partition, (at.position, at.open))).ok())
        }
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A payout
///
/// What a payout consists of: what the one before it left, every payment, hold and event whose money came since, and what it
/// left itself; to the unit. As CSV and Parquet its items; as `application/xml` an ISO 20022 camt.054.001.08 with one batch
/// entry and a `TxDtls` for each item, of which those that add to the payout are debits as the entry is.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/payouts/{payout}", tag = "merchants",
    params(
        ("merchant" = String, Path, description = "The merchant", example = "M100001"),
        ("payout" = String, Path, description = "The payout", example = "O1"),
        PayoutQuery,
        ReadQuery,
    ),
    responses(
        (status = 200, description = "The payout", content((PayoutComposed = "application/json"), (String = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet"), (String = "application/xml"))),
        (status = 400, description = "A parameter is wrong, or the message would be too long", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant or payout", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn payout(State(service): State<Service>, Path((id, payout)): Path<(String, String)>, parameters: Parameters) -> Result<Response, Problem> {
    let form = parameters.form(FORMS)?;
    parameters.only(&[READ])?;
    let which = payout_items::initiated(&service, &id, &payout, &parameters).await?;
    if form == CAMT { message(service, &id, which, &parameters).await } else { told(service, id, which, &parameters, form).await }
}

/// What would be paid out next
///
/// What would go if all that is payable were paid out now: the same as of a payout, with `payout` `next` and without what only
/// a payout has.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/payouts/next", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), NextQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "What would go", content((PayoutComposed = "application/json"), (String = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn payout_next(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    let form = parameters.form(accept::TABLE)?;
    parameters.only(&[READ, WHOSE])?;
    let which = next(&parameters)?;
    told(service, id, which, &parameters, form).await
}

/// What would go now, of the money that is asked for.
pub fn next(parameters: &Parameters) -> Result<Which, Problem> {
    let currency = parameters.read("currency", "an ISO 4217 code", Currency::from_code)?;
    let book = parameters.read("book", "bank, or psp: and an id", Book::from_name)?;
    let name = format!(
        "next {} {}",
        currency.map(|currency| currency.code().to_owned()).unwrap_or_default(),
        book.as_ref().map(ToString::to_string).unwrap_or_default()
    );
    Ok(Which { payout: WhichPayout::Next { currency, book }, name })
}

async fn told(service: Service, id: String, which: Which, parameters: &Parameters, form: Form) -> Result<Response, Problem> {
    if form != accept::JSON {
        return payout_items::items(service, &id, which, parameters).await;
    }
    let found = ask(service, merchant(&id)?, parameters, move |shard, merchant| {
        let found = answers::composed_payout(shard, merchant, &which.payout)?;
        let at = shard.checkpoint();
        Ok(PayoutComposed::of(&found, shard.partition, (at.position, at.open)))
    });
    Ok(Json(found.await?).into_response())
}

async fn message(service: Service, id: &str, which: Which, parameters: &Parameters) -> Result<Response, Problem> {
    let created_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let written = ask(service, merchant(id)?, parameters, move |shard, merchant| {
        let found = answers::composed_payout(shard, merchant, &which.payout)?;
        let at = shard.checkpoint();
        let facts = Facts::at(&[position_text(shard.partition, at.position)]).and("ledger-business-date", at.open);
        Ok(write(shard, &found, created_at).map(|bytes| (bytes, facts)))
    });
    let (bytes, facts) = written.await?.map_err(|error| match error {
        Unwritten::TooLong => {
            Problem::new(Code::TooManyRows, format!("the message would be longer than {} MiB; ask for the items as CSV", MESSAGE_BYTES_MAX >> 20))
        }
        Unwritten::Error(error) => Problem::internal(&error),
    })?;
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CAMT.media));
    facts.write(response.headers_mut());
    Ok(response)
}

/// Why there is no message.
enum Unwritten {
    TooLong,
    Error(io::Error),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Error(error)
    }
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        Self::Error(io::Error::other(error))
    }
}

fn write(shard: &Shard<'_>, found: &ComposedPayout, created_at: String) -> Result<Vec<u8>, Unwritten> {
    let Some((payout, entry)) = &found.payout else { return Err(io::Error::other("a message of what was not initiated").into()) };
    let message = Camt054 { composed: found, payout, entry: entry_text(shard.partition, *entry), created_at };
    let mut written = Vec::new();
    message.begin(&mut written)?;
    let mut window = Window::newest(LIMIT_MAX);
    loop {
        let page = answers::payout_items(shard, found, &window)?;
        page.rows.iter().try_for_each(|item| message.item(item, &mut written))?;
        if written.len() > MESSAGE_BYTES_MAX {
            return Err(Unwritten::TooLong);
        }
        match page.next {
            Some(next) => window.cursor = Some(next),
            None => break,
        }
    }
    message.end(&mut written)?;
    Ok(written)
}
