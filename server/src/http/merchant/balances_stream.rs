//! `GET /v1/merchants/{merchant}/balances/stream`: the balances, then each change, as server-sent events.
//!
//! Between two looks several records may have changed something: `changes` finds each of them. A stream ends when the key or token that
//! opened it does, and when another node has come to answer for the merchant, where its client finds the rest. Bounds: at most
//! [`STREAMS_MAX`] streams, `limits.streams` of one caller, [`PAUSE`] between two looks of one stream, and the changes that `changes` tells one by one.

mod changes;

use super::ask::ask;
use super::balances::Balances;
use crate::access::{Caller, LOOK_EVERY, Share};
use crate::http::Service;
use crate::http::guard;
use crate::http::parameters::{Parameters, READ, merchant};
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::read::{ReadQuery, blocking};
use crate::node::{Others, Reached, Route};
use crate::shape::{parse_positions, position_text};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use changes::Seen;
use futures_util::stream::{Stream, unfold};
use projections::answers::MerchantBalances;
use schemas::ids::MerchantId;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};

/// The most streams at a time.
pub const STREAMS_MAX: usize = 1000;
/// How often a quiet stream says that it lives.
pub const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// The shortest time between two looks of one stream.
const PAUSE: Duration = Duration::from_millis(100);

/// Balances, live
///
/// The balances of a merchant as an event `balances` whose `id` is the position, then each change: the balances after every record that
/// moved them, in order, under its position; what one record moved is one event. A client that comes back with `Last-Event-ID` is told
/// each change since then. Where more than 64 changes wait, or more than 256 entries of the merchant lie between, after a long absence or
/// within a tenth of a second, the last balances alone are told. A comment every 15 seconds keeps the connection open. A stream ends where another node has come to answer for the merchant:
/// come back with `Last-Event-ID`.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/balances/stream", tag = "merchants",
    params(
        ("merchant" = String, Path, description = "The merchant", example = "M100001"), ReadQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The position of the last event that was received"),
    ),
    responses(
        (status = 200, description = "Server-sent events", body = Balances, content_type = "text/event-stream"),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many streams, of this caller or of all", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn balances_stream(
    State(service): State<Service>,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    parameters.only_of_text(&[READ])?;
    let merchant = merchant(&id)?;
    let place = service.node.home(merchant.as_str())?;
    let (partition, changes) = (place.partition(), place.progress().subscribe());
    let known = last_event(&headers, partition, service.node.partitions())?;
    let at_most = service.node.config().limits.streams;
    let too_many = || format!("{at_most} streams of this caller are open, as many as there may be at once (limits.streams); ask again when one has ended");
    let share = service.gate.stream(parameters.caller()).ok_or_else(|| Problem::new(Code::TooManyRequests, too_many()))?;
    let permit =
        service.streams.clone().try_acquire_owned().map_err(|_| Problem::new(Code::TooManyRequests, format!("there are {STREAMS_MAX} streams already")))?;
    let (next, seen) = ask(service.clone(), merchant.clone(), &parameters, move |shard, merchant| changes::first(shard, merchant, known)).await?;
    let ending = service.ending.clone();
    let caller = parameters.caller().clone();
    let watching = Watching { service, caller, merchant, partition, changes, ending, seen, next: next.into(), _share: share, _permit: permit };
    Ok(Sse::new(unfold(watching, next_event)).keep_alive(KeepAlive::new().interval(COMMENT_EVERY).text("still here")))
}

/// The position that a client has, on the partition of its merchant.
fn last_event(headers: &HeaderMap, partition: u32, partitions: u32) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let wrong = || Problem::parameter("Last-Event-ID", format!("is not a position of partition {partition}, such as {}", position_text(partition, 0)));
    let positions = value.to_str().ok().and_then(|text| parse_positions(text, partitions).ok()).ok_or_else(wrong)?;
    positions.iter().find(|position| position.partition == partition).map(|position| Some(position.offset)).ok_or_else(wrong)
}

/// A stream between two events.
struct Watching {
    service: Service,
    caller: Caller,
    merchant: MerchantId,
    partition: u32,
    changes: watch::Receiver<Reached>,
    ending: watch::Receiver<bool>,
    seen: Seen,
    /// Changes that were found and are not told yet.
    next: VecDeque<MerchantBalances>,
    _share: Share,
    _permit: OwnedSemaphorePermit,
}

/// Waits for the next change. The stream ends with the service, where the balances cannot be read, and when its caller may not
/// read them any more.
async fn next_event(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    loop {
        if let Some(balances) = watching.next.pop_front() {
            let told = Balances::of(watching.partition, &balances);
            let id = position_text(watching.partition, balances.position);
            let event = Event::default().id(id).event("balances").json_data(told).ok()?;
            return Some((Ok(event), watching));
        }
        tokio::time::sleep(PAUSE).await;
        tokio::select! {
            changed = watching.changes.changed() => changed.ok()?,
            () = let_go(&watching.service, &watching.caller) => return None,
            () = leaves(&watching.service, watching.partition) => return None,
            _ = watching.ending.wait_for(|ending| *ending) => return None,
        }
        guard::has(&watching.service, &watching.caller, watching.merchant.as_str()).await.ok()?;
        let (node, merchant, partition) = (watching.service.node.clone(), watching.merchant.clone(), watching.partition);
        let seen = std::mem::take(&mut watching.seen);
        let read = blocking(move || {
            let place = node.place(partition).ok_or(crate::node::Error::NoLog)?;
            Ok(place.answer(|shard| changes::since(shard, &merchant, seen))?)
        });
        let (next, seen) = read.await.ok()?;
        (watching.next, watching.seen) = (next.into(), seen);
    }
}

/// Waits until a caller is nobody any more: its key was revoked or changed, or has ended.
async fn let_go(service: &Service, caller: &Caller) {
    while service.gate.is_in_force(caller) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until another node answers for a partition: how far it is there is not told here.
async fn leaves(service: &Service, partition: u32) {
    let Some(nodes) = service.node.nodes() else { return std::future::pending().await };
    while !matches!(nodes.route(partition), Route::At(_)) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
