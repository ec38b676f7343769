//! Appends events that were read, waits as long as was asked for, and tells what became of each.
//!
//! Their bytes are handed over to the log, and here is only what tells one from another. The room of their body is theirs until the log
//! has them, also where their client has gone.

use super::in_turn::take;
use super::outcomes::{Outcomes, outcomes};
use super::{PostedEvent, PostedEvents, StrictProblem, Waiting};
use crate::http::Service;
use crate::http::became::{Became, EventOutcome, Told};
use crate::http::bodies::Room;
use crate::http::codes;
use crate::http::one_or_many::OneOrMany;
use crate::http::problem::{Code, Problem};
use crate::http::read::blocking;
use crate::node::{self, Intake, Refused, Target, is_of};
use crate::shape::Position;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemas::error::Unreadable;
use std::time::Instant;
use tracing::Instrument;

/// Appends what could be read, and answers for each. `room` is that of the body that they came in.
pub async fn append(service: &Service, room: Option<Room>, mut events: Vec<Result<Intake, Unreadable>>, waiting: Waiting) -> Result<Response, Problem> {
    let readable: Vec<Intake> = events.iter_mut().filter_map(|event| event.as_mut().ok().map(Intake::hand_over)).collect();
    let appending = service.clone();
    let task = async move {
        let taken = take(&appending, readable).await;
        drop(room);
        taken
    };
    let mut taken = tokio::spawn(task.in_current_span()).await.unwrap_or_else(|error| Err(Problem::internal(&error)))?;
    // Where nothing at all is taken, the request as a whole is refused.
    if taken.iter().all(Result::is_err)
        && let Some(Err(refused)) = taken.pop()
    {
        return Err(node::Error::from(refused).into());
    }
    let mut taken = taken.into_iter();
    let mut results = Vec::with_capacity(events.len());
    let mut places = Vec::new();
    let mut problems = Vec::with_capacity(events.len());
    for event in &events {
        let (id, positions, many, left) = match event {
            Ok(intake) => {
                let (positions, left) = match taken.next() {
                    Some(Err(refused)) => (Vec::new(), Some(not_taken(refused))),
                    Some(Ok(positions)) => (positions, None),
                    None => (Vec::new(), None),
                };
                (Some(intake.id.to_string()), positions, intake.target == Target::Every, left)
            }
            Err(error) => (error.id.as_ref().map(ToString::to_string), Vec::new(), false, Some(not_read(error))),
        };
        let (code, detail, problem) = left.map_or((None, None, None), |Left { code, detail, problem }| (Some(code), Some(detail), Some(problem)));
        problems.push(problem);
        let position = OneOrMany::of(positions.iter().map(Position::to_string), many);
        let help = code.as_deref().map(codes::help);
        results.push(PostedEvent { id, position, outcome: None, entry: None, waits_for: None, code, detail, of: None, partitions: None, help });
        places.push((positions, many));
    }
    let mut status = StatusCode::OK;
    let mut failed = None;
    if let Some(wait) = waiting.at_most {
        let furthest = furthest(&places);
        let started = Instant::now();
        let folded = service.node.folded(&furthest, wait).await;
        // Whoever waits reads its own write next: the views follow within the same time. What became of each is known without them.
        service.node.seen(&furthest, wait.saturating_sub(started.elapsed())).await;
        let node = service.node.clone();
        let asked = places.clone();
        // They are in the log: whatever cannot be asked of them now costs nobody the positions.
        let Outcomes { records, unanswered } = blocking(move || Ok(outcomes(&*node, &asked))).await?;
        for ((((result, event), (_, many)), records), problem) in results.iter_mut().zip(&events).zip(&places).zip(records).zip(problems) {
            if waiting.strict && failed.is_none() {
                failed = problem.map(StrictProblem::new);
            }
            let is_other = |record: &&Became| record.recorded.as_ref().is_some_and(|recorded| event.as_ref().is_ok_and(|event| !is_of(recorded, event)));
            if let Some(other) = records.iter().find(is_other) {
                let detail = format!("the log has another record where the event {} was appended: it was cut off, or made again", event_id(event));
                return Err(node::Error::Unavailable { partition: other.partition, code: Some("log_truncated"), detail }.into());
            }
            if records.is_empty() {
                continue;
            }
            let told = Told::new(&records, *many);
            if waiting.strict && failed.is_none() {
                failed = failure(&told);
            }
            tell(result, told);
        }
        if !folded || !unanswered.is_empty() {
            status = StatusCode::ACCEPTED;
        }
    }
    Ok(match failed {
        None => (status, Json(PostedEvents { results })).into_response(),
        Some(problem) => problem.with_results(results),
    })
}

/// Why an event was not appended, for its result and for a strict request.
struct Left {
    code: String,
    detail: String,
    problem: Problem,
}

/// It cannot be read.
fn not_read(error: &Unreadable) -> Left {
    Left { code: error.code.as_str().to_owned(), detail: error.detail.clone(), problem: Problem::unreadable(error) }
}

/// Its partition takes nothing.
fn not_taken(refused: Refused) -> Left {
    Left { code: refused.code.to_owned(), detail: refused.detail.clone(), problem: node::Error::from(refused).into() }
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

/// Adds what became of an event.
fn tell(result: &mut PostedEvent, told: Told) {
    let Told { outcome, entry, waits_for, code, detail, of, partitions, in_the_end: _ } = told;
    (result.outcome, result.entry, result.waits_for, result.of, result.partitions) = (outcome, entry, waits_for, of, partitions);
    (result.code, result.detail, result.help) = (code.map(str::to_owned), codes::detail(code, detail), code.map(codes::help));
}

/// Why a strict request fails for this event; a retry fails as the first did.
fn failure(told: &Told) -> Option<StrictProblem> {
    let end = told.in_the_end.as_ref()?;
    let detail = end.detail.as_deref().unwrap_or_default();
    let problem = match end.outcome {
        EventOutcome::Posted | EventOutcome::Duplicate => return None,
        EventOutcome::Parked => Problem::new(Code::Parked, "the event waits for something that has not come; `waits_for` says for what"),
        EventOutcome::Refused => Problem::refused(end.code.unwrap_or("refused"), detail),
        EventOutcome::Mixed => Problem::new(Code::Mixed, detail),
        EventOutcome::Quarantined => Problem::set_aside(end.code.unwrap_or("quarantined"), detail),
    };
    Some(StrictProblem::new(problem))
}
