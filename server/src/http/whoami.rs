//! `GET /v1/whoami`: what the server knows of who asks, so that a client shows what may be seen and nothing else.

use super::Service;
use super::parameters::Parameters;
use super::problem::{Problem, ProblemBody};
use crate::access::Role;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Whoami {
    /// The id of the key, `jwt:` and the subject of the token, or `-` where the server has no keys.
    #[schema(example = "k7Qm2xVb")]
    who: String,
    /// Whether the server has neither keys nor tokens, and so answers its own machine alone.
    open: bool,
    /// What the caller may do: `bank`, `merchant`, `marketing`, `operator`, `ingest`.
    #[schema(example = json!(["bank"]))]
    roles: Vec<&'static str>,
    /// The only merchants that the caller is told of; absent where it is told of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["M100001"]))]
    merchants: Option<Vec<String>>,
    /// The only partner whose merchants the caller is told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "isv-9")]
    partner: Option<String>,
    /// The only merchant category code that the caller is told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "5812")]
    mcc: Option<String>,
}

/// Who asks
///
/// The roles of the key or token, and what it is cut to. 401 where nobody knows it.
#[utoipa::path(
    get, path = "/v1/whoami", tag = "service",
    responses(
        (status = 200, description = "Who asks", body = Whoami),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn whoami(State(service): State<Service>, parameters: Parameters) -> Result<Json<Whoami>, Problem> {
    parameters.only(&[])?;
    let caller = parameters.caller();
    let merchants = caller.cut.merchants.as_ref().map(|merchants| merchants.iter().map(|merchant| merchant.as_str().to_owned()).collect());
    Ok(Json(Whoami {
        who: caller.who.to_string(),
        open: service.gate.is_open(),
        roles: Role::ALL.into_iter().filter(|role| caller.roles.has(*role)).map(Role::as_str).collect(),
        merchants,
        partner: caller.cut.partner.as_ref().map(ToString::to_string),
        mcc: caller.cut.mcc.clone(),
    }))
}
