//! `POST /v1/events`: appends one event, or one a line, and tells where; with `wait=true` what became of each.
//!
//! An event is read before anything is appended. Bounds: [`BODY_BYTES_MAX`], [`BATCH_EVENTS_MAX`](super::body::BATCH_EVENTS_MAX),
//! and `wait_ms`.

mod append;
mod in_turn;
mod outcomes;

pub use append::append;
pub use in_turn::on_all;

use super::Service;
use super::became::{EventOutcome, First, OnPartition, WaitsFor};
use super::body::{self, BODY_BYTES_MAX, Batch};
use super::encoding;
use super::guard;
use super::one_or_many::OneOrMany;
use super::parameters::Parameters;
use super::problem::{Code, Problem, ProblemBody};
use crate::access::{Caller, Role};
use crate::node::{Intake, Node};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use schemas::error::Unreadable;
use schemas::event::{EventType, Subject};
use schemas::ids::EventId;
use schemas::wire::event_type::Scope;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// Whether to wait for what becomes of the events.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct PostEventsQuery {
    /// Wait until the events were folded, and answer what became of each. What is read next includes them, as far as `wait_ms` allows, but where
    /// they lie behind the close of a day that answers do not include yet: what became of them is told all the same, and what is read with
    /// `at_least` their position includes them.
    #[param(default = false)]
    wait: Option<bool>,
    /// How long to wait at most, in milliseconds.
    #[param(default = 2000, minimum = 0, maximum = 60000)]
    wait_ms: Option<u64>,
    /// With `wait=true`: answer 409 unless every event was posted, now or before; 422 where one was quarantined, or was not appended since it
    /// cannot be read; 503 where one was not, since its partition takes none. Of several that failed it is the first one's. `results` are in the
    /// problem: what could be appended was.
    #[param(default = false)]
    strict: Option<bool>,
}

/// Whether and how a request waits for what becomes of its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How long at most; `None`: not at all.
    at_most: Option<Duration>,
    /// Whether an event that was not posted is a failure.
    strict: bool,
}

impl Waiting {
    /// Reads what [`PostEventsQuery`] documents.
    pub fn read(parameters: &Parameters) -> Result<Self, Problem> {
        parameters.only(&[&["wait", "wait_ms", "strict"]])?;
        // Read in any case: a wrong one is refused also where nothing is waited for.
        let at_most = parameters.wait()?;
        let at_most = parameters.flag("wait")?.then_some(at_most);
        let strict = parameters.flag("strict")?;
        if strict && at_most.is_none() {
            return Err(Problem::parameter("strict", "needs wait=true: without it nobody knows yet what becomes of the event"));
        }
        Ok(Self { at_most, strict })
    }
}

/// A problem of a strict request, with what became of each event.
#[derive(Debug, Serialize, ToSchema)]
pub struct StrictProblem {
    #[serde(flatten)]
    problem: ProblemBody,
    /// One for each event.
    results: Vec<PostedEvent>,
}

impl StrictProblem {
    fn new(problem: Problem) -> Self {
        Self { problem: problem.into_body(), results: Vec::new() }
    }

    fn with_results(mut self, results: Vec<PostedEvent>) -> Response {
        self.results = results;
        Problem::answer(self.problem.status(), &self)
    }
}

/// A problem of a request, with what became of each event where the request was strict.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "documents the answer; it is a problem, or one of a strict request")]
pub struct EventsProblem {
    #[serde(flatten)]
    problem: ProblemBody,
    /// With `strict=true`: one for each event. Absent where the request as a whole was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<PostedEvent>>,
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
    /// With `wait=true`: what became of it when its own record was folded. So an event that was parked is `parked` here also where a later
    /// one of the same request let it be posted; `of` of a duplicate, and `GET /v1/events/{id}`, tell what has become of it since. Absent
    /// where it was not folded in time, or where no node answered for its partition just then: it is appended all the same; `mixed` where
    /// a control event did not end alike on every partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<EventOutcome>,
    /// The entry that tells it: a list for a control event.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<OneOrMany>,
    /// What a parked event waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsFor>,
    /// Why it was refused or quarantined, or why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Of a duplicate, and of a conflict: what became of the first event of this id; of a control event, on the first partition that says
    /// so (`partitions` has each).
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<First>,
    /// With `wait=true`, of a control event: what became of it on each partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    partitions: Option<Vec<OnPartition>>,
    /// Where the code is explained, with the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/docs/codes#insufficient_funds")]
    help: Option<String>,
}

/// Append events
///
/// One event as JSON, or several as NDJSON, one a line. Each is read first. One that cannot be read is answered with
/// 422 and the code that would have quarantined it, and nothing is appended; of several, those that can be read are
/// appended and each line has its result. Without `wait` the answer says where each event lies in the log; with
/// `wait=true` it also says what became of it, or is 202 where some were not folded within `wait_ms`, or where what became of them could
/// not be asked since the node that had their partition has gone; every answer that
/// is asked for afterwards includes them, unless `wait_ms` was too short for that, or the close of a day with very many merchants lies before
/// them in their partition, which answers include a few seconds later: ask with `at_least` and their position then. A close is appended to a
/// few partitions after the others, and answered when it is on all of them. A retry is a duplicate, and tells in `of` what
/// became of the first. With `strict=true` an event that was refused or waits is answered 409, one of
/// several that cannot be read 422, as one by itself is.
/// A body may come as gzip or deflate by its
/// `Content-Encoding`; the bound is that of what it is decompressed to.
#[utoipa::path(
    post, path = "/v1/events", tag = "events", params(PostEventsQuery),
    request_body(content(
        (serde_json::Value = "application/json"),
        (String = "application/x-ndjson"),
    ), description = "One event, or one event a line: `terminal-event.schema.json`"),
    responses(
        (status = 200, description = "Appended", body = PostedEvents),
        (status = 202, description = "Appended, but some were not folded in time, or nobody could be asked what became of them", body = PostedEvents),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "With `strict=true`: an event was refused, or waits; the code says why", body = StrictProblem, content_type = "application/problem+json",
            example = json!({"type": "about:blank", "title": "Insufficient funds", "status": 409, "code": "insufficient_funds", "detail": "0.00 CNY is payable",
                "help": "/docs/codes#insufficient_funds",
                "results": [{"id": "o1", "position": "3:9", "outcome": "refused", "entry": "3:8", "code": "insufficient_funds", "detail": "0.00 CNY is payable",
                    "help": "/docs/codes#insufficient_funds"}]})),
        (status = 413, description = "The body is too long, or has too many events", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body's content type or encoding is not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The event cannot be read: the code that would have quarantined it. With `strict=true` also where one of several cannot, or was quarantined; then with `results`", body = EventsProblem, content_type = "application/problem+json"),
        (status = 503, description = "The log does not take events, or there is no room for the body now. With `strict=true` also where it did not take one of several; then with `results`", body = EventsProblem, content_type = "application/problem+json"),
    ),
)]
pub async fn post_events(State(service): State<Service>, parameters: Parameters, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let wait = Waiting::read(&parameters)?;
    if let Some(refused) = encoding::refused(&headers) {
        return Ok(refused);
    }
    let content_type = body::content_type(&headers)?;
    let (body, room) = body::read(&service, body, BODY_BYTES_MAX).await?;
    let (came, is_one) = match body::split(&content_type, body)? {
        Batch::One(event) => (vec![event], true),
        Batch::Lines(lines) => (lines, false),
    };
    let events = came.iter().map(|event| read(&service.node, event)).collect::<Result<Vec<_>, _>>()?;
    may_post(&service, parameters.caller(), &came, &events).await?;
    if let (true, Some(Err(unreadable))) = (is_one, events.first()) {
        return Err(Problem::unreadable(unreadable));
    }
    // Each event that was read has its own bytes.
    drop(came);
    append(&service, Some(room), events, wait).await
}

/// Whether a caller may post events of a type: `ingest` of all, `operator` control events, `bank` a `break_closed`.
fn may_post_type(caller: &Caller, event_type: EventType) -> bool {
    let roles = &caller.roles;
    roles.has(Role::Ingest)
        || match event_type.rule().scope {
            Scope::Control => roles.has(Role::Operator),
            Scope::Merchant | Scope::House | Scope::MerchantOrHouse => event_type == EventType::BreakClosed && roles.has(Role::Bank),
        }
}

/// The type that an event which cannot be read names all the same.
fn type_of(event: &[u8]) -> Option<EventType> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(rename = "type", borrow)]
        name: Cow<'a, str>,
    }
    EventType::from_name(&serde_json::from_slice::<Named>(event).ok()?.name)
}

/// Whether a caller may post all of it, see [`may_post_type`]. One that is cut to merchants posts their events alone. What cannot be read is
/// nobody's, and is not appended; but where it names a type that the caller may not post, it is refused as if it were read.
async fn may_post(service: &Service, caller: &Caller, came: &[Bytes], events: &[Result<Intake, Unreadable>]) -> Result<(), Problem> {
    if caller.roles.has(Role::Ingest) && caller.cut.is_everything() {
        return Ok(());
    }
    let (mut merchants, mut of_none, mut other) = (BTreeSet::new(), false, None);
    for (event, came) in events.iter().zip(came) {
        let event = match event {
            Ok(event) => event,
            Err(unreadable) => {
                if type_of(came).is_some_and(|event_type| !may_post_type(caller, event_type)) {
                    other = Some(unreadable.id.as_ref().map_or("without an id", EventId::as_str));
                }
                continue;
            }
        };
        let (subject, event_type) = event.read_again().map_err(|error| Problem::unreadable(&error))?;
        if !may_post_type(caller, event_type) {
            other = Some(event.id.as_str());
        }
        match subject {
            Subject::Partition | Subject::House => of_none = true,
            Subject::Merchant(merchant) => {
                merchants.insert(merchant);
            }
        }
    }
    if !caller.cut.is_everything() {
        for merchant in &merchants {
            guard::has(service, caller, merchant.as_str()).await?;
        }
        if of_none {
            return Err(Problem::new(Code::Forbidden, "an event is of no merchant, and the caller is cut to some; nothing was appended"));
        }
    }
    match other {
        None => Ok(()),
        Some(id) => {
            let detail = format!(
                "event {id}: this needs the role ingest; the role operator posts control events alone, the role bank break_closed; nothing was appended"
            );
            Err(Problem::new(Code::Forbidden, detail))
        }
    }
}

/// Reads an event; a server that does not know its log yet cannot say where it belongs.
fn read(node: &Node, event: &Bytes) -> Result<Result<Intake, Unreadable>, Problem> {
    match node.partitions() {
        0 => Err(Problem::new(Code::Unavailable, "the log has not been reached yet")),
        partitions => Ok(Intake::read(event, partitions)),
    }
}
