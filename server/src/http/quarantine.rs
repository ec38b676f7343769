//! `GET /v1/quarantine` and `POST /v1/quarantine/{position}/replay`: what was set aside and why, and sending it again.

use super::Service;
use super::everywhere;
use super::file::FileQuery;
use super::list::Asked;
use super::page::{At, PageOfMany};
use super::parameters::{LIST, Parameters, READ};
use super::post_events::{EventsProblem, PostEventsQuery, PostedEvents, Waiting, append};
use super::problem::{Code, Problem, ProblemBody};
use super::read::{ListQuery, RangeQuery, ReadQuery, blocking};
use crate::node::{self, Intake};
use crate::shape::{Position, parse_positions, position_text};
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers::{self, Page, QuarantinedRecord, Window, merge_quarantine};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long the log is waited for when a record is read again.
const READ_AGAIN_WAIT: Duration = Duration::from_secs(5);

/// A record that was set aside.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quarantined {
    /// Where it lies.
    #[schema(example = "3:1482212")]
    position: String,
    /// The event's id, where one could be read.
    id: Option<String>,
    /// Why it was set aside.
    #[schema(example = "bad_amount")]
    code: &'static str,
    /// The same, for people.
    #[schema(example = "1.234: CNY has two decimals")]
    detail: String,
    /// Its first 1000 characters, card data masked.
    value: String,
    /// Where it was sent again; of a record on a wrong partition, where an event of its id lies on the right one.
    replayed_as: Option<String>,
}

impl Quarantined {
    fn of(record: &QuarantinedRecord, again: Option<Position>) -> Option<Self> {
        let (code, detail, value, _) = record.reason()?;
        Some(Self {
            position: position_text(record.partition, record.offset),
            id: record.entry.row.event.as_ref().map(ToString::to_string),
            code: code.as_str(),
            detail: detail.to_owned(),
            value: value.to_owned(),
            replayed_as: again.map(|again| again.to_string()),
        })
    }
}

impl Row for Quarantined {
    const COLUMNS: &'static [Column] =
        &[Column::text("position"), Column::text("id"), Column::text("code"), Column::text("detail"), Column::text("value"), Column::text("replayed_as")];
}

/// What was set aside
///
/// Records that could not be read, or whose id another event has, newest first: by their business date, and of one date by partition.
#[utoipa::path(
    get, path = "/v1/quarantine", tag = "events", params(RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of records", body = PageOfMany<Quarantined>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn quarantine(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST])?;
    let asked = Asked::read(&parameters, "quarantine", "quarantine".to_owned())?;
    let node = service.node.clone();
    everywhere::together(service, &parameters, move |shards| {
        let page = |window: &Window| {
            let found = shards.iter().map(|shard| answers::quarantine(shard, window).map_err(|error| everywhere::of(shard, error)));
            let Page { rows, next } = merge_quarantine(window, found.collect::<Result<Vec<_>, Problem>>()?);
            let rows = rows.into_iter().map(|record| node.sent_again(&record).map(|again| (again, record)));
            Ok(Page { rows: rows.collect::<Result<Vec<_>, node::Error>>()?, next })
        };
        let row = |(again, record): (Option<Position>, QuarantinedRecord)| Quarantined::of(&record, again);
        asked.tell(At::Many(everywhere::positions(shards)), everywhere::open_date(shards), page, row)
    })
    .await
}

/// Send it again
///
/// Appends the record's value to the log again, whole and as it came, and answers as `POST /v1/events` does. A value that
/// still cannot be read is answered with 422; one with card data is not sent again.
#[utoipa::path(
    post, path = "/v1/quarantine/{position}/replay", tag = "events",
    params(("position" = String, Path, description = "Where the record lies", pattern = "^[0-9]+:[0-9]+$"), PostEventsQuery),
    responses(
        (status = 200, description = "Appended", body = PostedEvents),
        (status = 202, description = "Appended, but not folded in time, or nobody could be asked what became of it", body = PostedEvents),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing was set aside there", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was sent again before, or has card data. With `strict=true` also where it was refused, or waits; then with `results`", body = EventsProblem, content_type = "application/problem+json"),
        (status = 422, description = "It still cannot be read. With `strict=true` also where it was quarantined again; then with `results`", body = EventsProblem, content_type = "application/problem+json"),
        (status = 503, description = "The log does not answer", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn replay(State(service): State<Service>, Path(text): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    let wait = Waiting::read(&parameters)?;
    let positions = parse_positions(&text, service.node.partitions()).map_err(|error| Problem::parameter("position", error))?;
    let &[position] = positions.as_slice() else { return Err(Problem::parameter("position", "one position is needed")) };
    let (node, cut) = (service.node.clone(), parameters.caller().cut.clone());
    let value = blocking(move || {
        let place = node.place(position.partition).ok_or(node::Error::NoLog)?;
        let found = place.answer_cut(&cut, |shard| answers::quarantined_at(shard, position.offset))?;
        let again = found.as_ref().map(|record| node.sent_again(record)).transpose()?.flatten();
        check(found.as_ref(), position, again)?;
        Ok(node.record(position, READ_AGAIN_WAIT)?)
    });
    let value = value.await?.ok_or_else(|| Problem::not_found(format!("the log no longer has the record at {position}")))?;
    let intake = Intake::read(&value, service.node.partitions()).map_err(|error| Problem::unreadable(&error))?;
    append(&service, None, vec![Ok(intake)], wait).await
}

/// Whether a record may be sent again.
fn check(found: Option<&QuarantinedRecord>, position: Position, again: Option<Position>) -> Result<(), Problem> {
    let Some(record) = found else { return Err(Problem::not_found(format!("nothing was set aside at {position}"))) };
    if let Some((_, _, _, true)) = record.reason() {
        return Err(Problem::new(Code::Masked, format!("{position} has card data, which is not kept; send the event again without it")));
    }
    match again {
        None => Ok(()),
        Some(again) if again.partition == position.partition => Err(Problem::new(Code::AlreadyReplayed, format!("{position} was sent again as {again}"))),
        Some(again) => Err(Problem::new(Code::AlreadyReplayed, format!("an event of the id of {position} lies at {again}, on the partition where it belongs"))),
    }
}
