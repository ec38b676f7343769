//! Everything that speaks HTTP; the only room that names axum. Its types are its own: no type of the domain is told as
//! it is.
//!
//! A handler, its documentation, its request and its answer are one file. Bounds: a body
//! ([`body::BODY_BYTES_MAX`], [`body::BATCH_EVENTS_MAX`]), a page ([`parameters::PAGE_ROWS_MAX`]), a wait
//! ([`parameters::WAIT_MS_MAX`]), a query ([`parameters::QUERY_BYTES_MAX`]), streams ([`balances_stream::STREAMS_MAX`]).

mod audit;
mod body;
mod caller;
mod cursor;
mod event_status;
mod health;
mod metrics;
mod one_or_many;
pub mod openapi;
mod parameters;
mod post_events;
mod problem;
mod read;

use crate::node::Node;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use metrics::Counted;
use std::future::Future;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// What every handler has.
#[derive(Clone)]
pub struct Service {
    node: Arc<Node>,
    counted: Arc<Counted>,
}

/// Every route.
pub fn router(node: Arc<Node>) -> Router {
    let service = Service { node, counted: Arc::new(Counted::default()) };
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(openapi::openapi_json))
        .route("/v1/events", post(post_events::post_events))
        .route("/v1/events/{id}", get(event_status::event_status))
        .route("/v1/audit/heads", get(audit::heads))
        .merge(openapi::page())
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(from_fn(caller::identify))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(Arc::clone(&service.counted), metrics::count))
        .with_state(service)
}

/// Answers on a listener until `shutdown` is done, then finishes what it is at.
pub async fn serve(listener: tokio::net::TcpListener, node: Arc<Node>, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    axum::serve(listener, router(node)).with_graceful_shutdown(shutdown).await
}
