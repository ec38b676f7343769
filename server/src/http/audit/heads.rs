//! `GET /v1/audit/heads`: how far each journal is, and the hash of everything in it.

use crate::http::Service;
use crate::http::everywhere::reaches;
use crate::http::file::{Facts, FileQuery, file};
use crate::http::parameters::{Parameters, READ};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ReadQuery, blocking};
use crate::node::JournalHead;
use crate::shape::position_text;
use crate::table::{Column, Row, Table};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The head of every partition.
#[derive(Debug, Serialize, ToSchema)]
pub struct Heads {
    /// One for each partition.
    rows: Vec<Head>,
}

/// The head of one partition.
#[derive(Debug, Serialize, ToSchema)]
pub struct Head {
    /// Which partition.
    partition: u32,
    /// How many entries its journal has.
    entries: u64,
    /// Up to where the log is in it.
    #[schema(example = "3:1482211")]
    position: String,
    /// The chain of hashes up to the last entry: equal on every machine with as many entries.
    head: String,
    /// The root of the tree of RFC 6962 over all entries, which proofs lead to: likewise equal. `null` while the tree is far behind, which
    /// it is after a fast load.
    root: Option<String>,
}

impl Row for Head {
    const COLUMNS: &'static [Column] =
        &[Column::whole("partition"), Column::whole("entries"), Column::text("position"), Column::text("head"), Column::text("root")];
}

/// Heads of the journals
///
/// Two machines that folded the same log have equal heads at an equal number of entries.
#[utoipa::path(
    get, path = "/v1/audit/heads", tag = "audit", params(FileQuery, ReadQuery),
    responses(
        (status = 200, description = "The heads", body = Heads),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up, or a partition cannot be told", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn heads(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ])?;
    let form = parameters.file_form()?;
    let at_least = parameters.caught_up(&service.node).await?;
    let heads = blocking(move || Ok(service.node.heads_everywhere()?)).await?;
    heads.iter().try_for_each(|head| reaches(head.partition, head.position, &at_least))?;
    let rows: Vec<Head> = heads.into_iter().map(told).collect();
    let Some(form) = form else { return Ok(Json(Heads { rows }).into_response()) };
    let positions: Vec<String> = rows.iter().map(|head| head.position.clone()).collect();
    let table = Table::of(&rows).map_err(|error| Problem::internal(&error))?;
    file(form, "heads", &table, &Facts::at(&positions))
}

fn told(JournalHead { partition, entries, position, head, root }: JournalHead) -> Head {
    Head { partition, entries, position: position_text(partition, position), head, root }
}
