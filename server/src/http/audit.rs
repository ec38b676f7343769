//! `GET /v1/audit/heads`: how far each journal is, and the hash of everything in it.

use super::Service;
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody};
use crate::shape::position_text;
use axum::Json;
use axum::extract::State;
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
}

/// Heads of the journals
///
/// Two machines that folded the same log have equal heads at an equal number of entries.
#[utoipa::path(
    get, path = "/v1/audit/heads", tag = "audit", params(super::read::ReadQuery),
    responses(
        (status = 200, description = "The heads", body = Heads),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn heads(State(service): State<Service>, parameters: Parameters) -> Result<Json<Heads>, Problem> {
    parameters.only(&[READ])?;
    parameters.caught_up(&service.node).await?;
    let rows = service.node.heads();
    Ok(Json(Heads {
        rows: rows
            .into_iter()
            .map(|head| Head { partition: head.partition, entries: head.entries, position: position_text(head.partition, head.position), head: head.head })
            .collect(),
    }))
}
