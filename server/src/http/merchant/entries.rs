//! `GET /v1/merchants/{merchant}/entries`: the journal lines behind every figure.

use super::ask::{known, unknown};
use crate::http::Service;
use crate::http::everywhere::of;
use crate::http::file::FileQuery;
use crate::http::list::Asked;
use crate::http::page::{At, Page};
use crate::http::parameters::{LIST, Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery, blocking};
use crate::node::HOUSE_KEY;
use crate::shape::{LineForm, Lines, entry_text, lines_of, position_text};
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use ledger::entry::Recorded;
use projections::answers::{self, EntryQuery, Window};
use schemas::event::EventType;
use schemas::ids::{MerchantId, PaymentId};
use schemas::wire::event_type::RULES;
use serde::Serialize;
use serde_json::{Value, json};
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

/// A line a row: a file of a list of entries is one of their lines.
impl Row for Entry {
    const COLUMNS: &'static [Column] = &[
        Column::text("entry"),
        Column::whole("line"),
        Column::text("position"),
        Column::text("event"),
        Column::text("type"),
        Column::date("business_date"),
        Column::instant("occurred_at"),
        Column::text("payment"),
        Column::text("book"),
        Column::text("currency"),
        Column::text("debit_code").at("debit.code"),
        Column::text("debit_party").at("debit.party"),
        Column::text("debit_detail").at("debit.detail"),
        Column::text("credit_code").at("credit.code"),
        Column::text("credit_party").at("credit.party"),
        Column::text("credit_detail").at("credit.detail"),
        Column::money("amount"),
    ];

    fn rows(&self) -> Result<Vec<Value>, serde_json::Error> {
        let mut rows = Vec::with_capacity(self.lines.len());
        for (line, number) in self.lines.iter().zip(1..) {
            let mut row = json!({
                "entry": self.entry, "line": number, "position": self.position, "event": self.event, "type": self.event_type,
                "business_date": self.business_date, "occurred_at": self.occurred_at, "payment": self.payment,
            });
            if let (Value::Object(row), Value::Object(line)) = (&mut row, serde_json::to_value(line)?) {
                row.extend(line);
            }
            rows.push(row);
        }
        Ok(rows)
    }
}

/// Journal entries
///
/// What was booked for a merchant, newest first, with every line; a merchant is told the lines that touch its own accounts.
/// `@house` tells what concerns the bank itself. As CSV or Parquet it is a line a row, and without `limit` all of them between
/// `from` and `to`.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/entries", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant, or `@house`", example = "M100001"), EntriesQuery, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of entries", body = Page<Entry>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn entries(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, &["payment", "type"]])?;
    let merchant = if id == HOUSE_KEY { None } else { Some(merchant(&id)?) };
    let asked = Asked::read(&parameters, "entries", format!("entries {id}"))?;
    let lines = parameters.caller().lines();
    let query = EntryQuery {
        payment: parameters.read("payment", "the id of a payment", PaymentId::new)?,
        event_type: parameters.text("type").map(event_type).transpose()?,
        window: asked.window().clone(),
        merchant,
    };
    parameters.caught_up(&service.node).await?;
    blocking(move || {
        let place = service.node.home(query.merchant.as_ref().map_or(HOUSE_KEY, MerchantId::as_str))?;
        place.read(|shard| {
            if let Some(merchant) = &query.merchant {
                known(shard, merchant).map_err(|error| unknown(shard, error, merchant))?;
            }
            let (partition, checkpoint) = (shard.partition, shard.checkpoint());
            let at = At::One(position_text(partition, checkpoint.position));
            let page = |window: &Window| {
                let query = EntryQuery { window: window.clone(), ..query.clone() };
                answers::entries(shard, &query).map_err(|error| of(shard, error))
            };
            asked.tell(at, checkpoint.open, page, |recorded| Some(Entry::of(partition, &recorded, lines)))
        })
    })
    .await
}

fn event_type(name: &str) -> Result<EventType, Problem> {
    EventType::from_name(name).ok_or_else(|| Problem::no_such("type", "type of event", name, RULES.iter().map(|rule| rule.name)))
}
