//! `GET /v1/projections` and `…/{name}/rebuild`: which projections there are, and folding one again.

use super::Service;
use super::file::{Facts, FileQuery, file};
use super::parameters::Parameters;
use super::problem::{Problem, ProblemBody, shown};
use super::read::blocking;
use crate::node::RebuildStatus;
use crate::table::{Column, Row, Table};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Which projections there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Projections {
    /// In the order in which they fold an entry.
    rows: Vec<Projection>,
}

/// A projection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Projection {
    /// Its name.
    #[schema(example = "balances")]
    name: &'static str,
    /// The version of its fold.
    version: u32,
}

impl Row for Projection {
    const COLUMNS: &'static [Column] = &[Column::text("name"), Column::whole("version")];
}

/// How far a rebuild is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rebuild {
    /// Which projection.
    projection: String,
    /// `running`, `done` or `failed`.
    #[schema(example = "running")]
    state: &'static str,
    /// Entries folded, on all partitions.
    entries: u64,
    /// Entries to fold, as of now.
    of: u64,
    /// Rows that differ from those before: none, if all is well.
    differences: u64,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Rebuild {
    fn of(projection: String, status: RebuildStatus) -> Self {
        let state = match (&status.failed, status.is_running()) {
            (Some(_), _) => "failed",
            (None, true) => "running",
            (None, false) => "done",
        };
        Self { projection, state, entries: status.entries, of: status.of, differences: status.differences, detail: status.failed }
    }
}

/// Projections
///
/// What is folded from the journal, and can be folded again.
#[utoipa::path(get, path = "/v1/projections", tag = "service", params(FileQuery), responses((status = 200, description = "The projections", body = Projections)))]
pub async fn projections(parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let form = parameters.file_form()?;
    let rows: Vec<Projection> = ::projections::folds::all().iter().map(|fold| Projection { name: fold.id().name, version: fold.id().version }).collect();
    let Some(form) = form else { return Ok(Json(Projections { rows }).into_response()) };
    let table = Table::of(&rows).map_err(|error| Problem::internal(&error))?;
    file(form, "projections", &table, &Facts::default())
}

/// Rebuild a projection
///
/// Folds it again from the first entry, beside the live one, on every partition; live traffic goes on. The copy is compared
/// and takes the old one's place. One that runs already goes on.
#[utoipa::path(
    post, path = "/v1/projections/{name}/rebuild", tag = "service", params(("name" = String, Path, description = "The projection", example = "balances")),
    responses(
        (status = 202, description = "It runs", body = Rebuild),
        (status = 404, description = "There is no such projection", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Another one is being rebuilt, or a partition could not begin: nothing was started", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn rebuild(State(service): State<Service>, Path(name): Path<String>, parameters: Parameters) -> Result<(StatusCode, Json<Rebuild>), Problem> {
    parameters.only(&[])?;
    known(&name)?;
    let asked = name.clone();
    let status = blocking(move || Ok(service.node.rebuilds().start(&asked, &service.node.locals())?)).await?;
    Ok((StatusCode::ACCEPTED, Json(Rebuild::of(name, status))))
}

/// How far a rebuild is
///
/// Of the last rebuild of a projection since the server was started.
#[utoipa::path(
    get, path = "/v1/projections/{name}/rebuild", tag = "service", params(("name" = String, Path, description = "The projection", example = "balances")),
    responses(
        (status = 200, description = "How far it is", body = Rebuild),
        (status = 404, description = "It was not rebuilt since the start", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn rebuild_status(State(service): State<Service>, Path(name): Path<String>, parameters: Parameters) -> Result<Json<Rebuild>, Problem> {
    parameters.only(&[])?;
    known(&name)?;
    match service.node.rebuilds().status(&name) {
        Some(status) => Ok(Json(Rebuild::of(name, status))),
        None => Err(Problem::not_found(format!("{name} was not rebuilt since the start"))),
    }
}

fn known(name: &str) -> Result<(), Problem> {
    let names: Vec<_> = ::projections::folds::all().iter().map(|fold| fold.id().name).collect();
    if names.contains(&name) { Ok(()) } else { Err(Problem::not_found(format!("there is no projection {:?}; there are {}", shown(name), names.join(", ")))) }
}
