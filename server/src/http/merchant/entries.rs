//! `GET /v1/merchants/{merchant}/entries`: the journal lines behind every figure.

use super::ask::{known, of_owner, page, unknown};
use crate::http::Service;
use crate::http::everywhere::{include, of};
use crate::http::file::FileQuery;
use crate::http::list::Asked;
use crate::http::lists::{AMOUNT_FILTERS, AmountFilters, ENTRY_FILTERS, EntryFilters, filter};
use crate::http::page::{At, Page};
use crate::http::parameters::{LIST, Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery, blocking};
use crate::node::HOUSE_KEY;
pub use crate::shape::Entry;
use crate::shape::position_text;
use crate::table::{Column, Row};
use axum::extract::{Path, State};
use axum::response::Response;
use projections::answers::Window;
use projections::answers::lists::Entries;
use schemas::ids::MerchantId;
use serde_json::{Value, json};

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
        Column::text("merchant"),
        Column::text("reference"),
        Column::text("terminal"),
        Column::text("maker"),
        Column::text("checker"),
        Column::text("reason"),
        Column::text("order"),
        Column::text("leg"),
    ];

    fn rows(&self) -> Result<Vec<Value>, serde_json::Error> {
        let mut rows = Vec::with_capacity(self.lines.len());
        for (line, number) in self.lines.iter().zip(1..) {
            let mut row = json!({
                "entry": self.entry, "line": number, "position": self.position, "event": self.event, "type": self.event_type,
                "business_date": self.business_date, "occurred_at": self.occurred_at, "payment": self.payment,
                "merchant": self.merchant, "reference": self.reference, "terminal": self.terminal,
                "maker": self.maker, "checker": self.checker, "reason": self.reason, "order": self.order,
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
    params(("merchant" = String, Path, description = "The merchant, or `@house`", example = "M100001"), EntryFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of entries", body = Page<Entry>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn entries(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, AMOUNT_FILTERS, ENTRY_FILTERS])?;
    let merchant = if id == HOUSE_KEY { None } else { Some(merchant(&id)?) };
    let asked = Asked::read(&parameters, "entries", format!("entries {id}"))?;
    let (lines, filter) = (parameters.caller().lines(), filter(&parameters, &[])?);
    let (at_least, roles) = (parameters.caught_up(&service.node).await?, parameters.caller().roles);
    blocking(move || {
        let place = service.node.home(merchant.as_ref().map_or(HOUSE_KEY, MerchantId::as_str))?;
        place.read(|shard| {
            include(std::slice::from_ref(shard), &at_least)?;
            if let Some(merchant) = &merchant {
                known(shard, merchant).map_err(|error| unknown(shard, error, merchant, roles))?;
            }
            let (partition, checkpoint) = (shard.partition, shard.checkpoint());
            let at = At::One(position_text(partition, checkpoint.position));
            let told = |window: &Window| page(shard, &mut Entries, &of_owner(&id, window, &filter)).map_err(|error| of(shard, error));
            asked.tell(at, checkpoint.open, told, |recorded| Some(Entry::of(partition, &recorded, lines)))
        })
    })
    .await
}
