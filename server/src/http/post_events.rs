//! `POST /v1/events`: appends one event, or one a line, and tells where; with `wait=true` what became of each.
//!
//! An event is read before anything is appended. Bounds: [`BODY_BYTES_MAX`](super::body::BODY_BYTES_MAX),
//! [`BATCH_EVENTS_MAX`](super::body::BATCH_EVENTS_MAX), and `wait_ms`.

use super::Service;
use super::body::{self, Batch};
use super::one_or_many::OneOrMany;
use super::parameters::Parameters;
use super::problem::{Code, Problem, ProblemBody};
use crate::node::{self, Intake, Node, Refused, Target, is_of};
use crate::shape::{OutcomeName, Position, code_of, detail_of, entry_text, outcome_name};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ledger::entry::Recorded;
use schemas::error::Unreadable;
use serde::Serialize;
use std::time::{Duration, Instant};
use utoipa::{IntoParams, ToSchema};

/// Whether to wait for what becomes of the events.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct PostEventsQuery {
    /// Wait until the events were folded, and answer what became of each. What is read next includes them, as far as `wait_ms` allows.
    #[param(default = false)]
    wait: Option<bool>,
    /// How long to wait at most, in milliseconds.
    #[param(default = 2000, minimum = 0, maximum = 60000)]
    wait_ms: Option<u64>,
}

/// What became of each event, in the order they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostedEvents {
    /// One for each event.
    results: Vec<PostedEvent>,
}

/// One event: where it lies in the log, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostedEvent {
    /// The event's id; `null` where it could not be read.
    id: Option<String>,
    /// Where it was appended: a list for a control event, `null` where it cannot be read and nothing was appended.
    position: Option<OneOrMany>,
    /// With `wait=true`: what became of it. Absent where it was not folded in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeName>,
    /// The entry that tells it: a list for a control event.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<OneOrMany>,
    /// Why it was refused or quarantined, or why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Append events
///
/// One event as JSON, or several as NDJSON, one a line. Each is read first. One that cannot be read is answered with
/// 422 and the code that would have quarantined it, and nothing is appended; of several, those that can be read are
/// appended and each line has its result. Without `wait` the answer says where each event lies in the log; with
/// `wait=true` it also says what became of it, or is 202 where some were not folded within `wait_ms`; every answer that
/// is asked for afterwards includes them, unless `wait_ms` was too short for that.
#[utoipa::path(
    post, path = "/v1/events", tag = "events", params(PostEventsQuery),
    request_body(content(
        (serde_json::Value = "application/json"),
        (String = "application/x-ndjson"),
    ), description = "One event, or one event a line: `terminal-event.schema.json`"),
    responses(
        (status = 200, description = "Appended", body = PostedEvents),
        (status = 202, description = "Appended, but some were not folded in time", body = PostedEvents),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long, or has too many events", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The event cannot be read: the code that would have quarantined it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The log does not take events", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn post_events(State(service): State<Service>, parameters: Parameters, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    parameters.only(&[&["wait", "wait_ms"]])?;
    // Read in any case: a wrong one is refused also where nothing is waited for.
    let wait_at_most = parameters.wait()?;
    let wait = parameters.flag("wait")?.then_some(wait_at_most);
    let events = match body::split(&headers, body::read(body).await?)? {
        Batch::One(event) => vec![Ok(read(&service.node, &event)?.map_err(|error| Problem::unreadable(&error))?)],
        Batch::Lines(lines) => lines.iter().map(|line| read(&service.node, line)).collect::<Result<_, _>>()?,
    };
    append(&service, events, wait).await
}

/// Reads an event; a server that does not know its log yet cannot say where it belongs.
fn read(node: &Node, event: &Bytes) -> Result<Result<Intake, Unreadable>, Problem> {
    match node.partitions() {
        0 => Err(Problem::new(Code::Unavailable, "the log has not been reached yet")),
        partitions => Ok(Intake::read(event, partitions)),
    }
}

/// Appends what could be read, and answers for each.
pub async fn append(service: &Service, events: Vec<Result<Intake, Unreadable>>, wait: Option<Duration>) -> Result<Response, Problem> {
    let readable: Vec<Intake> = events.iter().filter_map(|event| event.as_ref().ok().cloned()).collect();
    let mut taken = Node::take(&service.node, readable).await.map_err(Problem::from)?;
    // Where nothing at all is taken, the request as a whole is refused.
    if taken.iter().all(Result::is_err)
        && let Some(Err(refused)) = taken.pop()
    {
        return Err(node::Error::from(refused).into());
    }
    let mut taken = taken.into_iter();
    let mut results = Vec::with_capacity(events.len());
    let mut places = Vec::new();
    for event in &events {
        let (id, positions, many, error) = match event {
            Ok(intake) => {
                let (positions, error) = match taken.next() {
                    Some(Err(Refused { code, detail, .. })) => (Vec::new(), Some((code.to_owned(), detail))),
                    Some(Ok(positions)) => (positions, None),
                    None => (Vec::new(), None),
                };
                (Some(intake.id.to_string()), positions, intake.target == Target::Every, error)
            }
            Err(error) => (error.id.as_ref().map(ToString::to_string), Vec::new(), false, Some((error.code.as_str().to_owned(), error.detail.clone()))),
        };
        let (code, detail) = error.unzip();
        results.push(PostedEvent { id, position: OneOrMany::of(positions.iter().map(Position::to_string), many), outcome: None, entry: None, code, detail });
        places.push((positions, many));
    }
    let mut status = StatusCode::OK;
    if let Some(wait) = wait {
        let furthest = furthest(&places);
        let started = Instant::now();
        let folded = service.node.folded(&furthest, wait).await;
        // Whoever waits reads its own write next: the views follow within the same time. What became of each is known without them.
        service.node.reach(&furthest, wait.saturating_sub(started.elapsed())).await.ok();
        let node = service.node.clone();
        let asked = places.clone();
        let entries = super::read::blocking(move || Ok(node.entries_of(asked.into_iter().flat_map(|(positions, _)| positions))?)).await?;
        for ((result, event), (positions, many)) in results.iter_mut().zip(&events).zip(places) {
            let outcomes: Vec<_> = positions.iter().filter_map(|position| Some((position.partition, entries.get(position)?))).collect();
            let others = outcomes.iter().find(|(_, recorded)| event.as_ref().is_ok_and(|event| !is_of(recorded, event)));
            if let Some((partition, _)) = others {
                let detail = format!("the log has another record where the event {} was appended: it was cut off, or made again", event_id(event));
                return Err(node::Error::Unavailable { partition: *partition, code: Some("log_truncated"), detail }.into());
            }
            tell(result, &outcomes, many);
        }
        if !folded {
            status = StatusCode::ACCEPTED;
        }
    }
    Ok((status, Json(PostedEvents { results })).into_response())
}

fn event_id(event: &Result<Intake, Unreadable>) -> &str {
    event.as_ref().map_or("", |event| event.id.as_str())
}

/// The furthest position of each partition.
fn furthest(places: &[(Vec<Position>, bool)]) -> Vec<Position> {
    let mut furthest = std::collections::BTreeMap::new();
    for position in places.iter().flat_map(|(positions, _)| positions) {
        let offset = furthest.entry(position.partition).or_insert(position.offset);
        *offset = position.offset.max(*offset);
    }
    furthest.into_iter().map(|(partition, offset)| Position { partition, offset }).collect()
}

/// Adds what became of an event. One that went to every partition is told by the outcome that needs most attention.
fn tell(result: &mut PostedEvent, outcomes: &[(u32, &Recorded)], many: bool) {
    let weight = |recorded: &Recorded| match outcome_name(&recorded.row.outcome) {
        OutcomeName::Quarantined => 4,
        OutcomeName::Refused => 3,
        OutcomeName::Parked => 2,
        OutcomeName::Posted => 1,
        OutcomeName::Duplicate => 0,
    };
    let Some((_, weightiest)) = outcomes.iter().max_by_key(|(_, recorded)| weight(recorded)) else { return };
    let outcome = &weightiest.row.outcome;
    result.outcome = Some(outcome_name(outcome));
    result.entry = OneOrMany::of(outcomes.iter().map(|(partition, recorded)| entry_text(*partition, recorded.number)), many);
    result.code = code_of(outcome).map(str::to_owned);
    result.detail = detail_of(outcome).map(str::to_owned);
}
