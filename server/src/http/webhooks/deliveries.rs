//! `GET /v1/webhooks/{id}/deliveries` and `…/{n}/retry`: what was sent, and having it sent again.

use super::{Service, find, problem};
use crate::http::cursor;
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem, ProblemBody, shown};
use crate::shape::entry_text;
use crate::webhooks;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use projections::answers::Cursor;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deliveries {
    /// The newest first: of the last 1000 since the node that calls the webhook started; of fewer where there are more than 200 webhooks.
    rows: Vec<Delivery>,
    /// The `cursor` of the next page; `null` at the end.
    next: Option<String>,
}

/// One message to a receiver.
// A contract has deliveries, too, which are another thing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    /// Its number.
    #[schema(example = 12)]
    n: u64,
    /// The header `webhook-id`: the same at every attempt.
    id: String,
    /// What it tells of.
    #[schema(example = "3:99120")]
    entry: String,
    /// What about.
    #[serde(rename = "type")]
    #[schema(example = "payout.paid")]
    kind: String,
    /// `delivered`, `retrying`, or `failed` where it was tried for as long as that goes on.
    #[schema(example = "delivered")]
    state: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// What the last attempt was answered; `null` where there was no answer.
    #[schema(example = 200)]
    status: Option<u16>,
    /// Why the last attempt failed.
    error: Option<String>,
    /// When it was tried first, whatever came since.
    #[schema(example = "2026-11-23T10:15:00.250Z")]
    first_attempt: String,
    /// When it was tried last.
    #[schema(example = "2026-11-23T10:15:00.250Z")]
    last_attempt: String,
    /// When it is tried next.
    #[schema(example = "2026-11-23T10:15:00.450Z")]
    next_attempt: Option<String>,
}

impl Delivery {
    fn of(partition: u32, delivery: webhooks::Delivery) -> Self {
        let webhooks::Delivery { number, id, entry, part: _, kind, state, attempts, status, error, first_at, last_at, next_at } = delivery;
        let time = |at: jiff::Timestamp| format!("{at:.3}");
        Self {
            n: number,
            id,
            entry: entry_text(partition, entry),
            kind,
            state: state.as_str(),
            attempts,
            status,
            error,
            first_attempt: time(first_at),
            last_attempt: time(last_at),
            next_attempt: next_at.map(time),
        }
    }
}

/// Deliveries of a webhook
///
/// What was sent since the service started, newest first: each message once, with what became of its last attempt. They are kept in
/// memory, of each webhook the last 1000 (200 000 in all, shared evenly, where there are more than 200 webhooks); how far the webhook is, is kept for good.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks",
    params(
        ("id" = String, Path, description = "The webhook", example = "wh_5f0c1a2b3c4d5e6f70819203"),
        ("limit" = Option<u64>, Query, description = "At most so many", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "`next` of the page before", max_length = 4096),
    ),
    responses(
        (status = 200, description = "The deliveries", body = Deliveries),
        (status = 400, description = "A parameter is not what is expected", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such webhook", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn deliveries(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Json<Deliveries>, Problem> {
    parameters.only(&[&["limit", "cursor"]])?;
    let scope = format!("deliveries {id}");
    let bad_cursor = |_| Problem::new(Code::BadCursor, "the cursor is not one of this list; begin without one");
    let below: Option<u64> = cursor::read(&parameters, &scope)?.map(|at| at.key()).transpose().map_err(bad_cursor)?;
    let limit = parameters.limit()?;
    let cell = find(&service, parameters.caller(), &id).await?;
    let running = cell.lock();
    let mut left = running.deliveries.iter().rev().filter(|delivery| below.is_none_or(|below| delivery.number < below));
    let page: Vec<_> = left.by_ref().take(limit).cloned().collect();
    let next = left.next().and(page.last()).map(|last| cursor::write(&scope, &Cursor::at(&last.number)));
    drop(running);
    let rows = page.into_iter().map(|delivery| Delivery::of(cell.partition, delivery)).collect();
    Ok(Json(Deliveries { rows, next }))
}

/// Try a delivery now
///
/// One that waits for its next attempt is tried at once, also of a webhook that is off, which is on again. One that was delivered is sent
/// again, under the same `webhook-id`, and the answer says what became of that.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/deliveries/{n}/retry", tag = "webhooks",
    params(
        ("id" = String, Path, description = "The webhook", example = "wh_5f0c1a2b3c4d5e6f70819203"),
        ("n" = u64, Path, description = "The delivery", example = 12),
    ),
    responses(
        (status = 202, description = "It is tried", body = Delivery),
        (status = 404, description = "There is no such webhook or delivery", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The entry cannot be told now", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn retry(
    State(service): State<Service>,
    Path((id, number)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<(StatusCode, Json<Delivery>), Problem> {
    parameters.only(&[])?;
    let cell = find(&service, parameters.caller(), &id).await?;
    let number: u64 = number.parse().map_err(|_| Problem::not_found(format!("there is no delivery {}", shown(&number))))?;
    let partition = cell.partition;
    let pools = Arc::clone(&service.pools);
    let delivery = pools.hooks(move || service.node.webhooks().retry(&cell, number).map_err(problem)).await?;
    Ok((StatusCode::ACCEPTED, Json(Delivery::of(partition, delivery))))
}
