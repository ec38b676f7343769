//! `GET /v1/events/{id}`: what became of one event.

use super::Service;
use super::became::{Became, EventOutcome, OnPartition, Told, WaitsFor};
use super::one_or_many::OneOrMany;
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody, shown};
use super::read::{ReadQuery, blocking};
use crate::access::Role;
use crate::node::{FoundEvent, Node, Scope};
use crate::shape::{amount, business_date, position_text};
use axum::Json;
use axum::extract::{Path, State};
use ledger::entry::Note;
use projections::answers::Cut;
use schemas::event::EventType;
use schemas::ids::{EventId, MerchantId, Reference};
use schemas::report::ReportLine;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// So many of those who know an id are named.
const OWNERS_NAMED_MAX: usize = 5;

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
    /// What became of it; of an event that went to every partition and ended differently on them: `mixed`.
    outcome: EventOutcome,
    /// Where its record lies: a list for an event that went to every partition.
    position: Option<OneOrMany>,
    /// The entry that tells it: a list for an event that went to every partition.
    entry: Option<OneOrMany>,
    /// The business date that it was booked on; of several partitions, the oldest.
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
    /// Each partition that has it, of an event that went to every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    partitions: Option<Vec<OnPartition>>,
    /// Partitions that do not have an event which others have and which belongs on all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_on: Option<Vec<u32>>,
    /// What a line of a report says, of an event that is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reported: Option<ReportedLine>,
}

/// What a line of a report says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportedLine {
    /// The file.
    #[schema(example = "ZM20261123")]
    report: String,
    /// Its number in the file, from 1.
    #[schema(example = 17)]
    line: u64,
    /// What it is about.
    #[schema(example = "sale")]
    kind: &'static str,
    /// `credit` where the source owes us or pays us, else `debit`.
    #[schema(example = "credit")]
    direction: &'static str,
    /// How much.
    #[schema(example = "100.00")]
    amount: String,
    /// In what.
    #[schema(example = "CNY")]
    currency: String,
    /// The report's own date of it.
    #[schema(example = "2026-11-23")]
    date: String,
    /// How the source names it.
    reference: Option<String>,
    /// The payment.
    payment: Option<String>,
    /// The payout.
    payout: Option<String>,
}

impl ReportedLine {
    fn of(line: &ReportLine, reference: Option<&Reference>) -> Self {
        Self {
            report: line.report.to_string(),
            line: line.line,
            kind: line.kind.as_str(),
            direction: if line.credit { "credit" } else { "debit" },
            amount: amount(i128::from(line.amount.minor), line.amount.currency),
            currency: line.amount.currency.code().to_owned(),
            date: line.date.to_string(),
            reference: reference.map(ToString::to_string),
            payment: line.payment.as_ref().map(ToString::to_string),
            payout: line.payout.as_ref().map(ToString::to_string),
        }
    }
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
    let cut = parameters.caller().cut.clone();
    // Nobody but the bank is told of a merchant that it did not name.
    let names_owners = parameters.caller().roles.has(Role::Bank);
    blocking(move || {
        let mut found = service.node.find_event(scope.as_ref(), &id).map_err(Problem::from)?;
        if !cut.is_everything() {
            keep(&service.node, &cut, &mut found)?;
        }
        if let [first, others @ ..] = found.as_slice()
            && others.iter().any(|other| other.scope != first.scope)
        {
            if !names_owners {
                return Err(Problem::parameter("merchant", format!("is needed: several know the event {id}")));
            }
            let owner = |scope: &Scope| match scope {
                Scope::Merchant(merchant) => merchant.to_string(),
                Scope::House => crate::node::HOUSE_KEY.to_owned(),
                Scope::Partition => "a control event".to_owned(),
            };
            let mut owners: Vec<String> = found.iter().map(|found| owner(&found.scope)).collect();
            owners.dedup();
            owners.truncate(OWNERS_NAMED_MAX);
            return Err(Problem::parameter("merchant", format!("is needed: several know the event {id}, such as {}", owners.join(", "))));
        }
        told(&id, &found, service.node.partitions()).map(Json).ok_or_else(|| nothing(id.as_str()))
    })
    .await
}

/// Keeps what is of the merchants that a caller is cut to: the house's events and the partitions' are of none of them.
fn keep(node: &Node, cut: &Cut, found: &mut Vec<FoundEvent>) -> Result<(), Problem> {
    let mut kept = Vec::with_capacity(found.len());
    for event in found.drain(..) {
        if let Scope::Merchant(merchant) = &event.scope
            && node.home(merchant.as_str())?.answer(|shard| cut.has(shard, merchant))?
        {
            kept.push(event);
        }
    }
    *found = kept;
    Ok(())
}

fn nothing(id: &str) -> Problem {
    Problem::not_found(format!("nothing was folded under the event id {:?}", shown(id)))
}

/// Of one partition, the record that owns the id rather than one that was set aside; an event that goes to every partition is told
/// of each.
fn told(id: &EventId, found: &[FoundEvent], partitions: u32) -> Option<EventStatus> {
    let first = found.iter().find(|found| !found.is_set_aside()).or(found.first())?;
    let is_everywhere = first.scope == Scope::Partition || first.recorded.row.event_type == Some(EventType::CustomerErased) && first.scope == Scope::House;
    let of: Vec<&FoundEvent> = if is_everywhere { found.iter().collect() } else { vec![first] };
    let record =
        |found: &&FoundEvent| Became { partition: found.partition, offset: found.recorded.row.record, recorded: Some(found.recorded.clone()), of: None };
    let records: Vec<Became> = of.iter().map(record).collect();
    // A record that could not be read is on the partition that it came to.
    let is_control = is_everywhere && !first.is_set_aside();
    let missing: Vec<u32> = (0..partitions).filter(|partition| is_control && of.iter().all(|found| found.partition != *partition)).collect();
    let Told { outcome, entry, waits_for, code, detail, partitions, of: _, in_the_end: _ } = Told::new(&records, is_everywhere);
    let row = &first.recorded.row;
    let reported = if let Note::ReportLine { line } = &row.note { Some(ReportedLine::of(line, row.reference.as_ref())) } else { None };
    Some(EventStatus {
        id: id.to_string(),
        merchant: match &first.scope {
            Scope::Merchant(merchant) => Some(merchant.to_string()),
            Scope::House => Some(crate::node::HOUSE_KEY.to_owned()),
            Scope::Partition => None,
        },
        outcome: outcome?,
        position: OneOrMany::of(records.iter().map(|record| position_text(record.partition, record.offset)), is_everywhere),
        entry,
        business_date: of.iter().filter_map(|found| business_date(&found.recorded.row)).min().map(|date| date.to_string()),
        duplicates: of.iter().map(|found| found.duplicates).max().unwrap_or(0),
        conflicts: of.iter().map(|found| found.conflicts).max().unwrap_or(0),
        waits_for,
        code,
        detail,
        partitions,
        missing_on: Some(missing).filter(|missing| !missing.is_empty()),
        reported,
    })
}
