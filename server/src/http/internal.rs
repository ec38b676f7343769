//! What nodes of one group ask each other. Nobody else gets anything here: who neither knows the shared secret nor has shown a node's
//! certificate is answered as if there were no such route. Bounds: a question of [`ASK_BYTES_MAX`], [`NODE_THREADS`] at once.

use super::Service;
use super::problem::{self, Problem};
use super::tls::OfNode;
use crate::cluster::client::{ASK_PATH, REPORT_PATH};
use crate::cluster::secret;
use crate::cluster::wire::{Ask, PROTOCOL, Reply, Report};
use crate::node::Nodes;
use crate::shape::Position;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use std::sync::Arc;
use std::time::Duration;

/// Threads that answer other nodes: they wait for nobody.
pub const NODE_THREADS: usize = 64;
/// Bytes of one question, or report.
const ASK_BYTES_MAX: usize = 4 << 20;
/// How long another node may have this one wait.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// The routes, which are in no document: they are no part of what others rely on.
pub fn routes() -> Router<Service> {
    Router::new().route(REPORT_PATH, post(report)).route(ASK_PATH, post(ask))
}

/// The node's place among others, where whoever asks is one of them: by the connection that it asks over, or by the secret.
pub fn among<'a>(service: &'a Service, parts: &Parts) -> Option<&'a Arc<Nodes>> {
    let nodes = service.node.nodes()?;
    let said = || parts.headers.get(secret::HEADER)?.to_str().ok();
    let is_node = parts.extensions.get::<OfNode>().is_some() || said().is_some_and(|said| nodes.knows(said));
    is_node.then_some(nodes)
}

/// Another node says how far it is, and hears how far this one is.
async fn report(State(service): State<Service>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(nodes) = among(&service, &parts) else { return nothing(parts.uri).await };
    match read::<Report>(body, |bytes| serde_json::from_slice(bytes).map_err(|error| error.to_string())).await {
        Ok(other) => Json(nodes.met(&other)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Another node asks for what this one has.
async fn ask(State(service): State<Service>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if among(&service, &parts).is_none() {
        return nothing(parts.uri).await;
    }
    let reply = if parts.uri.query() == Some(&format!("protocol={PROTOCOL}")) {
        match read::<Ask>(body, |bytes| postcard::from_bytes(bytes).map_err(|error| error.to_string())).await {
            Err(problem) => return problem.into_response(),
            Ok(Ask::Wait { partition, offset, viewed, wait_ms }) => {
                service.node.waited(Position { partition, offset }, viewed, Duration::from_millis(wait_ms).min(WAIT_MAX)).await
            }
            Ok(ask) => {
                let node = service.node.clone();
                match service.pools.node(move || Ok(node.answer_node(ask))).await {
                    Ok(reply) => reply,
                    Err(problem) => return problem.into_response(),
                }
            }
        }
    } else {
        Reply::Refused { code: None, detail: format!("this node speaks the protocol {PROTOCOL}") }
    };
    match postcard::to_stdvec(&reply) {
        Ok(bytes) => bytes.into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

async fn read<T>(body: Body, decode: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<T, Problem> {
    let bytes = to_bytes(body, ASK_BYTES_MAX).await.map_err(|error| Problem::parameter("body", error))?;
    decode(&bytes).map_err(|error| Problem::parameter("body", error))
}

async fn nothing(uri: Uri) -> Response {
    problem::no_route(uri).await.into_response()
}
