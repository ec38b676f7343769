//! `GET /v1/events/{id}`: what became of one event.

use super::Service;
use super::one_or_many::OneOrMany;
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{ReadQuery, blocking};
use crate::node::{FoundEvent, Scope};
use crate::shape::{OutcomeName, business_date, code_of, detail_of, entry_text, outcome_name, position_text};
use axum::Json;
use axum::extract::{Path, State};
use ledger::entry::{Outcome, Wait};
use schemas::ids::{EventId, MerchantId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Whose event.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct EventQuery {
    /// The merchant of the event, or `@house`. Without it every partition is asked.
    #[param(pattern = "^(@house|[A-Za-z0-9._-]{1,32})$", example = "M100001")]
    merchant: Option<String>,
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventStatus {
    /// The event's id.
    #[schema(example = "r1")]
    id: String,
    /// The merchant it is of, or `@house`; `null` for a control event.
    merchant: Option<String>,
    /// What became of it.
    outcome: OutcomeName,
    /// Where its record lies: a list for a control event.
    position: Option<OneOrMany>,
    /// The entry that tells it: a list for a control event.
    entry: Option<OneOrMany>,
    /// The business date that it was booked on.
    business_date: Option<String>,
    /// How often the same content came again.
    duplicates: u64,
    /// How often other content came under its id.
    conflicts: u64,
    /// What a parked event waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsFor>,
    /// Why it was refused or quarantined.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What a parked event waits for; one of these.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct WaitsFor {
    /// Its merchant's contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<String>,
    /// Its payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<String>,
    /// Its hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<String>,
    /// Its payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    payout: Option<String>,
    /// Its dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispute: Option<String>,
    /// The refund that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<String>,
}

/// What became of an event
///
/// Posted, parked, refused, or quarantined; how often the same id came again. Without `merchant` every partition is
/// asked; where several merchants know the id, the request is refused.
#[utoipa::path(
    get, path = "/v1/events/{id}", tag = "events", params(("id" = String, Path, description = "The event's id", pattern = "^[A-Za-z0-9._:@/-]{1,64}$", example = "r1"), EventQuery, ReadQuery),
    responses(
        (status = 200, description = "What became of it", body = EventStatus),
        (status = 400, description = "A parameter is wrong, or several merchants know the id", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing was folded under this id", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn event_status(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Json<EventStatus>, Problem> {
    parameters.only(&[READ, &["merchant"]])?;
    let scope = parameters.read("merchant", "a merchant's id or @house", |text| match text {
        crate::node::HOUSE_KEY => Some(Scope::House),
        _ => MerchantId::new(text).map(Scope::Merchant),
    })?;
    let id = EventId::new(&id).ok_or_else(|| nothing(&id))?;
    parameters.caught_up(&service.node).await?;
    blocking(move || {
        let found = service.node.find_event(scope.as_ref(), &id).map_err(Problem::from)?;
        let Some(first) = found.first() else { return Err(nothing(id.as_str())) };
        if found.iter().any(|other| other.scope != first.scope) {
            return Err(Problem::parameter("merchant", format!("is needed: several merchants know the event {id}")));
        }
        Ok(Json(told(&id, first, &found)))
    })
    .await
}

fn nothing(id: &str) -> Problem {
    Problem::not_found(format!("nothing was folded under the event id {id:?}"))
}

/// A control event has its place on each partition; what differs between them is told of the first.
fn told(id: &EventId, first: &FoundEvent, found: &[FoundEvent]) -> EventStatus {
    let many = first.scope == Scope::Partition;
    let row = &first.recorded.row;
    EventStatus {
        id: id.to_string(),
        merchant: match &first.scope {
            Scope::Merchant(merchant) => Some(merchant.to_string()),
            Scope::House => Some(crate::node::HOUSE_KEY.to_owned()),
            Scope::Partition => None,
        },
        outcome: outcome_name(&row.outcome),
        position: OneOrMany::of(found.iter().map(|event| position_text(event.partition, event.recorded.row.record)), many),
        entry: OneOrMany::of(found.iter().map(|event| entry_text(event.partition, event.recorded.number)), many),
        business_date: business_date(row).map(|date| date.to_string()),
        duplicates: found.iter().map(|event| u64::from(event.duplicates)).max().unwrap_or(0),
        conflicts: found.iter().map(|event| u64::from(event.conflicts)).max().unwrap_or(0),
        waits_for: match &row.outcome {
            Outcome::Parked(wait) => Some(waits_for(wait)),
            _ => None,
        },
        code: code_of(&row.outcome),
        detail: detail_of(&row.outcome).map(str::to_owned),
    }
}

fn waits_for(wait: &Wait) -> WaitsFor {
    let nothing = WaitsFor::default();
    match wait {
        Wait::Merchant(id) => WaitsFor { merchant: Some(id.to_string()), ..nothing },
        Wait::Payment(id) => WaitsFor { payment: Some(id.to_string()), ..nothing },
        Wait::Hold(id) => WaitsFor { hold: Some(id.to_string()), ..nothing },
        Wait::Payout(id) => WaitsFor { payout: Some(id.to_string()), ..nothing },
        Wait::Dispute(id) => WaitsFor { dispute: Some(id.to_string()), ..nothing },
        Wait::Refund(id) => WaitsFor { refund: Some(id.to_string()), ..nothing },
    }
}
