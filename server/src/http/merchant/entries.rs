//! `GET /v1/merchants/{merchant}/entries`: the journal lines behind every figure.

use super::ask::{ask, known};
use crate::http::Service;
use crate::http::cursor;
use crate::http::page::Page;
use crate::http::parameters::{LIST, Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery, blocking};
use crate::node::HOUSE_KEY;
use crate::shape::{LineForm, Lines, entry_text, lines_of, position_text};
use axum::Json;
use axum::extract::{Path, State};
use ledger::entry::Recorded;
use projections::answers::{self, EntryQuery, Error, Shard};
use schemas::event::EventType;
use schemas::ids::PaymentId;
use schemas::wire::event_type::RULES;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Which entries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct EntriesQuery {
    /// Of one payment only.
    #[param(pattern = "^[A-Za-z0-9._:@/-]{1,64}$", example = "P-88231")]
    payment: Option<String>,
    /// Of one type of event only.
    #[param(example = "refund")]
    r#type: Option<String>,
}

/// What was booked for one event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// The entry.
    #[schema(example = "3:99120")]
    entry: String,
    /// Where the event's record lies.
    #[schema(example = "3:1482211")]
    position: String,
    /// The event's id.
    event: Option<String>,
    /// The event's type.
    #[serde(rename = "type")]
    #[schema(example = "refund")]
    event_type: Option<&'static str>,
    /// The business date it is booked on.
    business_date: String,
    /// When it happened.
    occurred_at: Option<String>,
    /// The payment it is about.
    payment: Option<String>,
    /// The lines, in the order posted.
    lines: Vec<LineForm>,
}

impl Entry {
    fn of(partition: u32, recorded: &Recorded, lines: Lines) -> Self {
        let row = &recorded.row;
        Self {
            entry: entry_text(partition, recorded.number),
            position: position_text(partition, row.record),
            event: row.event.as_ref().map(ToString::to_string),
            event_type: row.event_type.map(EventType::as_str),
            business_date: row.date.to_string(),
            occurred_at: row.occurred_at.map(|at| at.to_string()),
            payment: row.payment.as_ref().map(ToString::to_string),
            lines: lines_of(row, lines),
        }
    }
}

/// Journal entries
///
/// What was booked for a merchant, newest first, with every line; a merchant is told the lines that touch its own accounts.
/// `@house` tells what concerns the bank itself.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/entries", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant, or `@house`", example = "M100001"), EntriesQuery, RangeQuery, ListQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of entries", body = Page<Entry>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn entries(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Json<Page<Entry>>, Problem> {
    parameters.only(&[READ, LIST, &["payment", "type"]])?;
    let merchant = if id == HOUSE_KEY { None } else { Some(merchant(&id)?) };
    let scope = format!("entries {id}");
    let lines = parameters.caller().lines();
    let query = EntryQuery {
        payment: parameters.read("payment", "the id of a payment", PaymentId::new)?,
        event_type: parameters.text("type").map(event_type).transpose()?,
        window: parameters.window(&scope)?,
        merchant: merchant.clone(),
    };
    let question = move |shard: &Shard<'_>| {
        if let Some(merchant) = &query.merchant {
            known(shard, merchant)?;
        }
        Ok::<_, Error>((shard.partition, shard.checkpoint().position, answers::entries(shard, &query)?))
    };
    let (partition, position, page) = match merchant {
        Some(merchant) => ask(service, merchant, &parameters, move |shard, _| question(shard)).await?,
        None => {
            parameters.caught_up(&service.node).await?;
            blocking(move || Ok(service.node.home(HOUSE_KEY)?.answer(question)?)).await?
        }
    };
    Ok(Json(Page {
        position: position_text(partition, position),
        rows: page.rows.iter().map(|recorded| Entry::of(partition, recorded, lines)).collect(),
        next: page.next.as_ref().map(|next| cursor::write(&scope, next)),
    }))
}

fn event_type(name: &str) -> Result<EventType, Problem> {
    EventType::from_name(name).ok_or_else(|| Problem::no_such("type", "type of event", name, RULES.iter().map(|rule| rule.name)))
}
